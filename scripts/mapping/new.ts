import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadMapping } from '../../src/mapping/load.ts';
import { regionWith } from '../fixture-case.ts';
import { playFormat, readFormatFixture } from '../fixture-play.ts';
import type { Place } from './check.ts';
import { contractText, readmeText, tableText, toReferralText } from './skeleton.ts';
import { refusedMessage, takenMessage } from './skeleton-messages.ts';

const caseText = (format: string, note: string) =>
  `${JSON.stringify({ format, practice: 'de-brink', now: '2026-01-05T09:05:30Z', note }, null, 2)}\n`;

async function write(folder: URL, files: Readonly<Record<string, string>>): Promise<string[]> {
  const paths = Object.entries(files).map(([file, text]) => ({ url: new URL(file, folder), text }));
  for (const { url, text } of paths) {
    await mkdir(dirname(fileURLToPath(url)), { recursive: true });
    // Never over what is there.
    await writeFile(url, text, { flag: 'wx' });
  }
  return paths.map(({ url }) => fileURLToPath(url));
}

/**
 * A folder for a new format that passes its check at once: a JSON message to begin from, its table, its README and two
 * cases with their stages. Gives the files; throws when the name is no name, or is taken.
 */
export async function newMapping(name: string, { mappings, fixtures }: Place): Promise<string[]> {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    throw new Error(`${name}: use lower case letters, digits and hyphens`);
  const isThere = await access(new URL(`${name}/`, mappings)).then(
    () => true,
    () => false,
  );
  if (isThere) throw new Error(`mappings/${name} is there already`);
  const made = await write(new URL(`${name}/`, mappings), {
    'contract.ts': contractText,
    'to-referral.ts': toReferralText(name),
    'codes/life-area.json': tableText(name),
    'README.md': readmeText(name),
  });
  const cases = { [`${name}-taken`]: takenMessage(name), [`${name}-refused`]: refusedMessage(name) };
  const notes = ['The plain walk: a referral that is taken.', 'Without consent nothing passes (decision 13).'];
  const mapping = await loadMapping(name, mappings);
  const region = await regionWith({});
  for (const [n, [folder, message]] of Object.entries(cases).entries()) {
    const here = new URL(`${folder}/`, fixtures);
    made.push(...(await write(here, { 'case.json': caseText(name, notes[n] ?? ''), '0-received.json': message })));
    const stages = playFormat(await readFormatFixture(folder, fixtures), new Map([[name, mapping]]), region);
    made.push(...(await write(here, Object.fromEntries(stages))));
  }
  return made;
}
