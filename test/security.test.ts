import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const root = new URL('../', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), 'utf8');

/** `test/file.test.ts › title`, as a page names a test. */
function testsNamed(page: string): { file: string; title: string }[] {
  return [...read(page).matchAll(/`(test\/[\w/.-]+\.test\.ts) › ([^`]+)`/g)].map(([, file = '', title = '']) => ({
    file,
    title,
  }));
}

/** Whether a file has a test of that title, however its quotes are written. */
function hasTest(file: string, title: string): boolean {
  if (!existsSync(new URL(file, root))) return false;
  const text = read(file).replaceAll("\\'", "'");
  return ["'", '"', '`'].some((quote) => text.includes(`${quote}${title}${quote}`));
}

const pages = ['SECURITY.md', 'docs/asvs.md'];

describe.each(pages)('%s', (page) => {
  test('names tests that exist', () => {
    const named = testsNamed(page);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(({ file, title }) => !hasTest(file, title))).toEqual([]);
    // What looks like the name of a test and is not written as one would be passed over.
    expect(
      read(page)
        .match(/test\/[\w/.-]+\.test\.ts(?! › )/g)
        ?.filter((one) => one !== 'test/security.test.ts') ?? [],
    ).toEqual([]);
  });
});

describe('the threat model', () => {
  test('has all six kinds of STRIDE, and no row without what stands against it and a test', () => {
    const model = read('SECURITY.md').split('## Threats (STRIDE)')[1]?.split('\n## ')[0] ?? '';
    const kinds = model.split('\n### ').slice(1);
    expect(kinds.map((one) => one.split(':')[0])).toEqual([
      'Spoofing',
      'Tampering',
      'Repudiation',
      'Information disclosure',
      'Denial of service',
      'Elevation of privilege',
    ]);
    for (const kind of kinds) {
      const rows = kind.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| threat'));
      expect(rows.length).toBeGreaterThan(4);
      const bare = rows.filter((row) => !/^\| .+ \| .+ \| (`test\/\S+ › [^`]+` ?)+\|$/.test(row));
      expect(bare).toEqual([]);
    }
  });

  test('a test that is not there is found', () => {
    expect(hasTest('test/security.test.ts', 'a test that is not there is found')).toBe(true);
    expect(hasTest('test/security.test.ts', ['a test that nobody', 'wrote'].join(' '))).toBe(false);
    expect(hasTest('test/nowhere.test.ts', 'x')).toBe(false);
  });
});
