import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { classOfFailure, classOfRefusal, errorClasses, failureCodes } from '../../src/referral/error-class.ts';
import { failureSaid } from '../../src/web/admin/failure-words.ts';
import { classSaid } from '../../src/web/queue/words.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const textOf = (...folders: string[]): string =>
  folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !name.startsWith('probe'))
        .map((name) => readFileSync(join(root, folder, name), 'utf8')),
    )
    .join('\n');
const all = (text: string, pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''))];

const failing = all(textOf('src/delivery', 'src/connectors'), /new Failure\(\s*'[a-z]+',\s*'([a-z-]+)'/g);
const refusing = [
  ...all(textOf('src', 'mappings'), /issue\(\s*'[a-z-]+',\s*'([a-z0-9-]+)'/g),
  ...all(textOf('mappings'), /'((?:required|value):[a-z-]+)':/g).map((name) => name.replace(':', '-')),
];

test('every code that an attempt may end in has its class and its sentence, and none is there that nothing gives', () => {
  expect(failing.length).toBeGreaterThan(15);
  expect(failureCodes().toSorted()).toEqual(failing.toSorted());
  for (const code of failing) {
    expect(errorClasses).toContain(classOfFailure(code));
    expect(failureSaid(code).nl).not.toContain(code);
  }
  expect(failing.filter((code) => classOfFailure(code) === 'bug')).toEqual(['fault']);
  expect(classOfFailure('made-up')).toBe('bug');
});

test('every refusal has a class: consent, person, twice, no Wally and access are told apart from what is only badly written', () => {
  expect(refusing.length).toBeGreaterThan(80);
  const of = (name: string) => refusing.filter((code) => classOfRefusal(code) === name).toSorted();
  expect(of('no-wally')).toEqual(['no-wally-service']);
  expect(of('duplicate')).toEqual([
    'cancelled-earlier',
    'envelope-twice',
    'full-url-twice',
    'older-correction',
    'same-id-twice',
    'same-number-other-content',
  ]);
  expect(of('consent-missing')).toContain('required-consent-by');
  expect(of('consent-missing')).toContain('value-consent-words');
  expect(of('consent-missing').every((code) => code.includes('consent'))).toBe(true);
  expect(refusing.filter((code) => /consent/.test(code) && classOfRefusal(code) !== 'consent-missing')).toEqual([]);
  expect(of('unknown-patient')).toContain('other-person');
  expect(of('bug')).toEqual(['bug']);
});

test('every class is the class of something, and has a name, a cause and who must act', () => {
  const used = new Set([...failing.map(classOfFailure), ...refusing.map(classOfRefusal)]);
  expect([...used].toSorted()).toEqual(errorClasses.toSorted());
  for (const one of errorClasses)
    for (const words of Object.values(classSaid[one])) expect(words.nl.length * words.en.length).toBeGreaterThan(0);
});
