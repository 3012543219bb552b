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

/** Whether a file has a test or a case of that title, however its quotes are written: named in a call or a list of cases. */
function hasTest(file: string, title: string): boolean {
  if (!existsSync(new URL(file, root))) return false;
  const text = read(file).replaceAll("\\'", "'");
  const literal = title.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return ["'", '"', '`'].some((quote) => new RegExp(`[([,]\\s*${quote}${literal}${quote},`).test(text));
}

/** Every way in or out that a stranger may try, by the test file that a row about it names. */
const ways = {
  'a link without account': 'test/web/link.test.ts',
  'the code by mail': 'test/delivery/link-mail.test.ts',
  '/mijn': 'test/web/mine.test.ts',
  Subscriptions: 'test/intake/subscriptions.test.ts',
  'case systems': 'test/delivery/case-system.test.ts',
  'SMART launches': 'test/intake/smart-launch.test.ts',
  'signed launches': 'test/intake/jwt-launch.test.ts',
  'CDS Hooks': 'test/intake/cds-hooks.test.ts',
  'the directory as a Bundle': 'test/region/take-in.test.ts',
  'the directory over FHIR': 'test/intake/fhir-directory.test.ts',
  'the directory as a file': 'test/web/directory.test.ts',
  MLLP: 'test/intake/mllp.test.ts',
  'the maildrop': 'test/intake/maildrop.test.ts',
  'formats over HTTP': 'test/intake/format.test.ts',
};

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

  test('has a row about every way in or out', () => {
    const named = new Set(testsNamed('SECURITY.md').map((one) => one.file));
    expect(Object.entries(ways).filter(([, file]) => !named.has(file))).toEqual([]);
  });

  test('a test that is not there is found', () => {
    expect(hasTest('test/security.test.ts', 'a test that is not there is found')).toBe(true);
    expect(hasTest('test/security.test.ts', ['a test that nobody', 'wrote'].join(' '))).toBe(false);
    expect(hasTest('test/nowhere.test.ts', 'x')).toBe(false);
  });
});
