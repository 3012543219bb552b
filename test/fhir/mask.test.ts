import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskCode, maskJson } from '../../src/fhir/mask.ts';
import { maskedMessage } from '../../src/intake/masked.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url));
const stories = readdirSync(fixtures, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? [one.name] : []));
const received = stories.flatMap((story) =>
  readdirSync(`${fixtures}${story}`)
    .filter((name) => name.startsWith('0-received'))
    .map((name) => ({ story, name, bytes: readFileSync(`${fixtures}${story}/${name}`) })),
);
const doorOf = (name: string) => (name.endsWith('.json') ? 'fhir' : /\.(hl7|er7)$/.test(name) ? 'mllp' : 'maildrop');

/** What a reader of the page gets to see; the OIDs of our own vocabulary are long numbers about nobody. */
const shown = (places: ReturnType<typeof maskedMessage>) =>
  (places ?? []).map((one) => `${one.path} ${one.value?.startsWith('urn:oid:') ? '' : (one.value ?? '')}`).join('\n');

test('of every message of the fixtures the structure is shown, and no name, number, date or word of it', () => {
  expect(received.length).toBeGreaterThan(5);
  const kinds = new Set<string>();
  for (const { story, name, bytes } of received) {
    const places = maskedMessage(doorOf(name), bytes);
    kinds.add(doorOf(name));
    const text = shown(places);
    expect(places?.length ?? 0, `${story}/${name}`).toBeGreaterThan(5);
    for (const never of [
      'van den Berg',
      'Berg',
      'Annie',
      '999990019',
      'Voorbeeldstraat',
      '0000',
      'Mevrouw',
      '06-0',
      'Z15',
    ])
      expect(text, `${story}/${name}`).not.toContain(never);
    expect(text, `${story}/${name}`).not.toMatch(/\d{6}|(19|20)\d\d-\d\d/);
  }
  expect(kinds.size).toBeGreaterThan(1);
});

test('JSON: names stay, values become kind and length; a code of a known system about the message stays', () => {
  const masked = maskJson({
    resourceType: 'Communication',
    status: 'completed',
    category: [
      { coding: [{ system: 'https://kortelijn.example/fhir/CodeSystem/communication-category', code: 'question' }] },
    ],
    reasonCode: [{ coding: [{ system: 'http://hl7.org/fhir/sid/icpc-1-nl', code: 'P76', display: 'Depressie' }] }],
    birthDate: '1951-04-12',
    deceasedBoolean: true,
    'Jan Jansen': 'x',
    priority: 'Quirijntje',
    intent: 'jansen',
    code: { coding: [{ system: 'https://kortelijn.example/fhir/CodeSystem/role', code: 'Quirijntje' }] },
    identifier: [{ system: 'urn:own:999990019', value: '999990019' }],
  });
  const at = (path: string) => masked.find((one) => one.path === path);
  expect(at('resourceType')).toMatchObject({ value: 'Communication' });
  expect(at('category[0].coding[0].code')).toMatchObject({ value: 'question' });
  expect(at('reasonCode[0].coding[0].code')).toEqual({ path: 'reasonCode[0].coding[0].code', kind: 'text', length: 3 });
  expect(at('birthDate')).toEqual({ path: 'birthDate', kind: 'date', length: 10 });
  expect(at('deceasedBoolean')).toEqual({ path: 'deceasedBoolean', kind: 'boolean', length: 0 });
  // A name that strayed into a place of a code is no code.
  for (const path of ['priority', 'intent', 'code.coding[0].code'])
    expect(at(path)).toEqual({ path, kind: 'text', length: expect.any(Number) });
  expect(at('?')).toBeDefined();
  expect(at('identifier[0].system')).toEqual({ path: 'identifier[0].system', kind: 'text', length: 17 });
});

test('whatever JSON comes: no text of a field that is no code is ever shown, nor a long row of digits', () => {
  fc.assert(
    fc.property(fc.json(), fc.string({ minLength: 6 }), (json, secret) => {
      const text = JSON.stringify(maskJson({ text: secret, inner: JSON.parse(json) }).map((one) => one.value));
      expect(text.includes(JSON.stringify(secret).slice(1, -1)) && !json.includes(secret)).toBe(false);
      expect(text).not.toMatch(/\d{6}/);
    }),
    { numRuns: 200 },
  );
  expect(maskCode('MSH-9', '999990019')).not.toHaveProperty('value');
});

test('what no door could read has no structure', () => {
  expect(maskedMessage('mllp', Buffer.from('no message'))).toBeUndefined();
  expect(maskedMessage('maildrop', Buffer.from('no message'))).toBeUndefined();
  expect(maskedMessage('fhir', Buffer.from('{'))).toBeUndefined();
});
