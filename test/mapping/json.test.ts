import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { contract } from '../../mappings/json/contract.ts';
import { validBsn } from '../../src/fhir/identifiers.ts';
import { loadMapping } from '../../src/mapping/load.ts';
import { runMapping } from '../../src/mapping/run.ts';
import { isRefusal } from '../../src/referral/refusal.ts';

const mapping = await loadMapping('json');
const schema = z.toJSONSchema(contract, { io: 'input' });

type Json = Record<string, unknown>;
const caseOf = (name: string, file = '0-received.json') =>
  JSON.parse(readFileSync(new URL(`../../fixtures/${name}/${file}`, import.meta.url), 'utf8')) as Json;

const full = caseOf('json-loneliness');
const read = (message: unknown) => runMapping(mapping, message, new Map());
const pathsOf = (message: unknown) => {
  const said = read(message);
  return isRefusal(said) ? said.refused.map((one) => `${one.path} ${one.reason}`) : [];
};

describe('the contract', () => {
  test('says everything that is wrong at once, each with its path', () => {
    expect(pathsOf(caseOf('json-incomplete'))).toEqual([
      'writtenAt value-instant',
      'priority value-priority',
      'patient.bsn bsn-invalid',
      'patient.familyName required-patient-name',
      'patient.birthDate impossible-date',
      'consent.by value-consent-by',
      'consent.how required-consent-how',
      'consent.medical value-flag',
      'reason required-reason',
    ]);
  });

  test.each([
    ['no type', { ...full, type: undefined }, 'type value-type'],
    ['another type', { ...full, type: 'order' }, 'type value-type'],
    ['no consent', { ...full, consent: undefined }, 'consent consent-missing'],
    [
      'a consent that was not given',
      { ...full, consent: { ...(full.consent as Json), given: false } },
      'consent.given consent-missing',
    ],
    ['a word where a flag stands', { ...full, safeContact: { unsafe: 'nee' } }, 'safeContact.unsafe value-flag'],
    ['one letter where a list stands', { ...full, letters: {} }, 'letters value-list'],
    [
      'a letter without bytes',
      { ...full, letters: [{ title: 'Brief', contentType: 'text/plain', base64: '' }] },
      'letters[0].base64 required-field',
    ],
    [
      'a prefix that makes the name too long',
      { ...full, patient: { ...(full.patient as Json), prefix: 'x'.repeat(199) } },
      ' does-not-fit',
    ],
    [
      'an empty supplement',
      { type: 'supplement', number: 'x', writtenAt: '2026-11-23T09:00:00Z', patient: { birthDate: '1949-03-14' } },
      'text required-supplement',
    ],
  ])('refuses %s', (_what, message, said) => {
    expect(pathsOf(JSON.parse(JSON.stringify(message)))).toContain(said);
  });

  test('H6: who has custody goes along when it is named, and another word is refused', () => {
    const of = (custody: string | null) => ({ ...full, consent: { ...(full.consent as Json), custody } });
    expect(read(of('both-parents'))).toMatchObject({ referral: { consent: { custody: 'both-parents' } } });
    expect(read(of(null))).not.toHaveProperty('referral.consent.custody');
    expect(pathsOf(of('aunt'))).toEqual(['consent.custody value-custody']);
  });

  test('every message of the contract has a sentence', () => {
    const named = new Set<string>();
    const walk = fc.property(fc.json(), fc.integer({ min: 0, max: 400 }), (json, at) => {
      const result = contract.safeParse(changed(at, JSON.parse(json)));
      for (const { message } of result.error?.issues ?? []) named.add(message);
    });
    fc.assert(walk, { numRuns: 400 });
    const elsewhere = new Set(['bsn-invalid', 'impossible-date', 'consent-missing']);
    expect([...named].filter((one) => !elsewhere.has(one) && !mapping.format.says[one])).toEqual([]);
  });

  test('null is left out, and a field that nobody knows is a loss, never a refusal', () => {
    const message = {
      ...full,
      room: { of: [1] },
      question: null,
      patient: { ...(full.patient as Json), email: null, 'x y': 1 },
    };
    const said = read(message);
    if (isRefusal(said) || !('referral' in said)) throw new Error('refused');
    expect(said.losses).toEqual([
      { path: 'patient["x y"]', why: 'kept-with-source' },
      { path: 'room', why: 'kept-with-source' },
    ]);
    expect(said.referral.residentQuestion).toBeUndefined();
    expect(said.referral.patient.email).toBeUndefined();
  });
});

/** Every place of a message. */
function placesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, one]) => placesOf(one, [...path, key]))];
}

const messages = [
  full,
  caseOf('json-smallest'),
  ...['0-received.json', '0-received-3.json', '0-received-4.json'].map((file) => caseOf('json-in-parts', file)),
  caseOf('json-cancelled', '0-received-3.json'),
];
const places = messages.flatMap((message) =>
  placesOf(message)
    .slice(1)
    .map((path) => ({ message, path })),
);

/** One of the messages with another value at one of its places; undefined takes it away. */
function changed(at: number, value: unknown): unknown {
  const { message, path } = places[at % places.length] ?? { message: full, path: [] };
  const copy = structuredClone(message);
  const holder = path.slice(0, -1).reduce<Json>((one, key) => one[key] as Json, copy);
  const last = path.at(-1) ?? '';
  if (value !== undefined) holder[last] = value;
  else if (Array.isArray(holder)) holder.splice(Number(last), 1);
  else delete holder[last];
  return copy;
}

const values = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    '',
    ' ',
    '\n',
    0,
    1.5,
    true,
    false,
    [],
    {},
    [null],
    'x'.repeat(200),
    'x'.repeat(201),
  ),
  fc.constantFrom(
    '💶'.repeat(200),
    '💶'.repeat(201),
    'x'.repeat(8_000),
    'x'.repeat(8_001),
    '\u00a0',
    '\ufeff',
    '\u2028',
  ),
  fc.constantFrom('2026-02-29', '2024-02-29', '2026-02-28', '2026-11-31', '20261123', '2026-11-23T09:00:00Z'),
  fc.constantFrom('2026-11-23T09:00:00+01:00', '2026-11-23T09:00Z', '2026-11-23T09:00:00', '2026-11-23T24:00:00Z'),
  fc.constantFrom(
    '999990019',
    '12345678',
    '123456782',
    '99999001',
    '01990101',
    'resident',
    'parents',
    'spoken',
    'stat',
  ),
  fc.constantFrom(
    'referral',
    'correction',
    'announcement',
    'cancellation',
    'supplement',
    'QUJD',
    'QUI=',
    'QUI',
    'a/b',
    'text/plain',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.array(fc.constantFrom('x', 1, null, {}), { maxLength: 32 }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** The one rule that a JSON Schema cannot say. */
const hasRealBsn = (message: unknown): boolean => {
  const bsn = ((message as Json).patient as Json | undefined)?.bsn;
  return typeof bsn !== 'string' || validBsn(bsn);
};

describe('the schema, read by ajv', () => {
  // Formats say what the patterns say too; a sender's validator may look at either.
  const validate = new Ajv2020({ strict: true, strictTypes: false, validateFormats: false }).compile(schema);

  test('accepts every message of the cases that is taken', () => {
    for (const message of messages) expect(validate(message)).toBe(true);
  });

  test('accepts exactly what the contract accepts, but for the 11-proef', () => {
    const seen = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000 }),
        values,
        fc.integer({ min: 0, max: 10_000 }),
        values,
        (a, one, b, other) => {
          const message = b % 3 === 0 ? changed(a, one) : merged(changed(a, one), changed(b, other));
          const accepts = contract.safeParse(message).success;
          seen[accepts ? 'accepted' : 'refused'] += 1;
          expect({ message, accepts: validate(message) && (!isReferral(message) || hasRealBsn(message)) }).toEqual({
            message,
            accepts,
          });
        },
      ),
      { numRuns: 4_000 },
    );
    // A property over one side only proves nothing.
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(300);
  });
});

const isReferral = (message: unknown) =>
  ['referral', 'correction', 'announcement'].includes(String((message as Json).type));

/** The first message with a part of the second: types and fields that do not belong together meet. */
const merged = (one: unknown, other: unknown): unknown => {
  const parts = Object.entries(other as Json).slice(0, 2);
  return { ...(one as Json), ...Object.fromEntries(parts) };
};

test('every field of the schema is described', () => {
  const undescribed: string[] = [];
  const walk = (at: unknown, path: string): void => {
    if (typeof at !== 'object' || at === null) return;
    const { properties, oneOf, anyOf, items } = at as {
      properties?: Json;
      oneOf?: unknown[];
      anyOf?: unknown[];
      items?: unknown;
    };
    for (const [name, one] of Object.entries(properties ?? {})) {
      if (!(one as { description?: string }).description) undescribed.push(`${path}.${name}`);
      walk(one, `${path}.${name}`);
    }
    for (const one of [...(oneOf ?? []), ...(anyOf ?? []), items]) walk(one, path);
  };
  walk(schema, '');
  expect(undescribed).toEqual([]);
});
