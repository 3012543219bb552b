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

/** How many requirements of levels 1 and 2 each section of ASVS 5.0.0 has: 253, numbered from 1; those of level 3 come behind. */
const asvs: Readonly<Record<string, number>> = {
  ...{ '1.1': 2, '1.2': 9, '1.3': 11, '1.4': 3, '1.5': 2, '2.1': 3, '2.2': 3, '2.3': 4, '2.4': 1 },
  ...{ '3.2': 2, '3.3': 4, '3.4': 6, '3.5': 5, '3.7': 2, '4.1': 3, '4.2': 1, '4.3': 2, '4.4': 4 },
  ...{ '5.1': 1, '5.2': 3, '5.3': 2, '5.4': 3 },
  ...{ '6.1': 3, '6.2': 12, '6.3': 4, '6.4': 4, '6.5': 5, '6.6': 3, '6.8': 4 },
  ...{ '7.1': 3, '7.2': 4, '7.3': 2, '7.4': 5, '7.5': 2, '7.6': 2, '8.1': 2, '8.2': 3, '8.3': 1, '8.4': 1 },
  ...{ '9.1': 3, '9.2': 4, '10.1': 2, '10.2': 2, '10.3': 4, '10.4': 11, '10.5': 5, '10.6': 2, '10.7': 3 },
  ...{ '11.1': 2, '11.2': 3, '11.3': 3, '11.4': 4, '11.5': 1, '11.6': 1, '12.1': 3, '12.2': 2, '12.3': 4 },
  ...{ '13.1': 1, '13.2': 5, '13.3': 2, '13.4': 5, '14.1': 2, '14.2': 4, '14.3': 3, '15.1': 3, '15.2': 3, '15.3': 7 },
  ...{ '16.1': 1, '16.2': 5, '16.3': 4, '16.4': 3, '16.5': 3, '17.1': 1, '17.2': 4, '17.3': 2 },
};

/** Lines of the page: the numbers each is about (`1.2.6–1.2.8, 1.3.8` is four), where it stands, and why. */
const lines = read('docs/asvs.md')
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, numbers = '', about = '', kind = '', why = '']) => ({
    numbers: numbers.split(', ').flatMap(spread),
    about,
    kind,
    why,
  }));

function spread(range: string): string[] {
  const [first = '', last = first] = range.split('–');
  const [section, from, to] = [first.replace(/\.\d+$/, ''), Number(first.split('.')[2]), Number(last.split('.')[2])];
  return Array.from({ length: to - from + 1 }, (_, nth) => `${section}.${from + nth}`);
}

describe('docs/asvs.md', () => {
  test('has every requirement of levels 1 and 2 once, and nothing else', () => {
    const wanted = Object.entries(asvs).flatMap(([section, count]) => spread(`${section}.1–${section}.${count}`));
    expect(wanted).toHaveLength(253);
    const named = lines.flatMap((line) => line.numbers);
    expect(named.filter((one, nth) => named.indexOf(one) !== nth)).toEqual([]);
    expect(wanted.filter((one) => !named.includes(one))).toEqual([]);
    expect(named.filter((one) => !wanted.includes(one))).toEqual([]);
  });

  test('says of each where it stands: what is tested names a test, what is read or open a reason', () => {
    expect(lines.filter(({ about, kind }) => about === '' || !/^(tested|read|outside|open|none)$/.test(kind))).toEqual(
      [],
    );
    expect(lines.filter(({ kind, why }) => kind === 'tested' && !why.includes(' › '))).toEqual([]);
    expect(lines.filter(({ kind, why }) => /^(read|open)$/.test(kind) && why.length < 15)).toEqual([]);
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
