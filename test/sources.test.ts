import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const root = new URL('../', import.meta.url);
const filesIn = (folder: string, end: RegExp) =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((one) => end.test(one))
    .map((one) => [`${folder}${one}`, readFileSync(new URL(`${folder}${one}`, root), 'utf8')] as const);
const sources = [...filesIn('src/', /\.ts$/), ...filesIn('mappings/', /\.ts$/)];
const inBrowsers = filesIn('src/web/assets/', /\.js$/);

/** `file: what was found`, of each place that an expression finds; what stands in a comment is no code. */
const found = (pattern: RegExp, among = sources): string[] =>
  among.flatMap(([file, text]) =>
    [...text.replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '').matchAll(pattern)].map(
      ([whole, first]) => `${file}: ${first ?? whole}`,
    ),
  );

describe('the source', () => {
  test('is looked through', () => {
    expect([sources.length > 300, inBrowsers.length > 0]).toEqual([true, true]);
    expect(found(/(a place for (\w+))/g, [['x', '// a place for nobody\nthis is a place for somebody']])).toEqual([
      'x: a place for somebody',
    ]);
  });

  test('makes no program out of text', () => {
    const makes = /\beval\s*\(|\bnew Function\b|\bFunction\s*\(|node:vm|\bset(?:Timeout|Interval)\s*\(\s*['"`]/g;
    expect(found(makes, [...sources, ...inBrowsers])).toEqual([]);
    // A module that is not named in the source: only a mapping's, by the name of its folder.
    expect(found(/\bimport\((?!')(.*?)\)/g).map((one) => one.split(':')[0])).toEqual([
      'src/mapping/load-writer.ts',
      'src/mapping/load.ts',
    ]);
  });

  test('starts our own programs only, and never a shell', () => {
    expect(new Set(found(/from 'node:child_process'/g).map((one) => one.split(':')[0]))).toEqual(
      new Set([
        'src/region/his-process.ts',

        'src/store/embedded/embedded.ts',
        'src/store/embedded/process.ts',
        'src/store/embedded/programs.ts',
      ]),
    );
    expect(found(/\bshell\s*:|\bexec\(|\bexecSync\b/g).filter((one) => !one.endsWith(': exec('))).toEqual([]);
    expect(found(/import \{([^}]*)\} from 'node:child_process'/g).join(' ')).toMatch(/^(?!.*\bexec\b).*$/s);
  });

  test('takes from chance that can be guessed nothing but jitter', () => {
    expect(found(/Math\.random/g).map((one) => one.split(':')[0])).toEqual([
      'src/doors.ts',
      'src/line.ts',
      'src/line.ts',
    ]);
    // What must not be guessed has 128 bits at least; eight and six bytes only name things.
    const bytes = found(/randomBytes\((\w+)\)/g).map((one) => one.split(': '));
    expect(bytes.length).toBeGreaterThan(10);
    const short = bytes.filter(([, count]) => !Number.isNaN(Number(count)) && Number(count) < 16).map(([file]) => file);
    expect(short).toEqual(['src/delivery/queue.ts', 'src/store/embedded/place.ts']);
  });

  test('seals, hashes and derives in known ways only', () => {
    const names = found(/\b(?:create(?:Cipheriv|Decipheriv|Hash|Hmac|Sign|Verify)|hkdfSync|pbkdf2\w*)\(\s*([^,)]+)/g);
    expect(names.length).toBeGreaterThan(20);
    expect(new Set(names.map(wayOf))).toEqual(new Set(["'aes-256-gcm'", "'sha256'"]));
    expect(found(/publicEncrypt|privateDecrypt|\becb\b|\bmd5\b|\bsha-?1\b/gi)).toEqual([]);
  });

  test('checks the certificate of whom it speaks to; only what tells of a certificate looks at it unchecked', () => {
    expect(found(/rejectUnauthorized: false|NODE_TLS_REJECT|checkServerIdentity/g)).toEqual([
      'src/connectors/certificate.ts: rejectUnauthorized: false',
      'src/connectors/probe-steps.ts: rejectUnauthorized: false',
    ]);
  });

  test('keeps nothing in a browser and makes no markup there', () => {
    const kept = /localStorage|sessionStorage|indexedDB|document\.cookie|serviceWorker|caches\./g;
    const made = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|postMessage|WebSocket/g;
    expect([...found(kept, inBrowsers), ...found(made, inBrowsers)]).toEqual([]);
  });
});

const wayOf = (one: string) => one.slice(one.indexOf(': ') + 2);
