import { readFile } from 'node:fs/promises';
import type { LetterFonts } from '../feedback/pdf/sheet.ts';

const read = async (name: string): Promise<Uint8Array> =>
  new Uint8Array(await readFile(new URL(import.meta.resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`))));

/**
 * The two fonts of the letter, once at the start: 1.3 MB in memory. DejaVu, because it holds Latin with every accent,
 * Greek, Cyrillic, Arabic and Hebrew in one font, and may be embedded freely.
 */
export async function readLetterFonts(): Promise<LetterFonts> {
  const [regular, bold] = await Promise.all([read('DejaVuSansCondensed'), read('DejaVuSansCondensed-Bold')]);
  return { regular, bold };
}
