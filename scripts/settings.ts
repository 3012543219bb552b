// Writes the table of settings in OPERATING.md from src/settings.ts, so that the two cannot say different things.
import { readFileSync, writeFileSync } from 'node:fs';
import { settings } from '../src/settings.ts';

const file = new URL('../OPERATING.md', import.meta.url);
const rows = Object.entries(settings).map(([name, { schema, what }]) => {
  const usual = schema.safeParse(undefined);
  const value = usual.success && usual.data !== undefined ? String(usual.data) : '';
  return `| \`${name}\` | ${value ? `\`${value}\`` : ''} | ${what} |`;
});
const table = [
  '<!-- settings: npm run settings -->',
  '| setting | default | what it is for |',
  '|---|---|---|',
  ...rows,
  '<!-- end of settings -->',
].join('\n');

/** The page with the table as it should be; a test compares it with the page as it is. */
export function withSettings(page: string): string {
  return page.replace(/<!-- settings: [\s\S]*<!-- end of settings -->/, () => table);
}

if (import.meta.main) writeFileSync(file, withSettings(readFileSync(file, 'utf8')));
