import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Referral, referralHash, referralSchema } from '../../src/referral/referral.ts';
import { referralOf } from '../doubles/made.ts';

const full: Referral = {
  ...referralOf('2026-000001'),
  patient: {
    ...referralOf('1').patient,
    localId: { system: 'http://de-brink.his.example/patient', value: '10311' },
    gender: 'female',
    name: { family: 'van den Heuvel', given: 'Gerarda', callName: 'Gerda', text: 'G. van den Heuvel' },
    phones: ['099 910 31 11', '06-00001031'],
  },
  reasonCodes: [{ system: 'http://hl7.org/fhir/sid/icpc-1-nl', code: 'Z04', display: 'x' }],
  safeContact: { unsafe: true, phone: '06-00001299', times: 'ochtend', noVoicemail: true, noLetters: true },
  episode: { system: 'http://de-brink.his.example/episode', value: 'e3' },
  notes: ['een', 'twee'],
  letters: [{ title: 'Verwijsbrief', contentType: 'application/pdf', base64: 'JVBERi0=' }],
};
const hash = (referral: unknown) => Buffer.from(referralHash(referral as Referral)).toString('hex');

interface Leaf {
  readonly holder: Record<string, unknown>;
  readonly key: string;
  readonly path: string;
}
function leaves(value: unknown, path: string): Leaf[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.entries(holder).flatMap(([key, one]) =>
    typeof one === 'object' ? leaves(one, `${path}.${key}`) : [{ holder, key, path: `${path}.${key}` }],
  );
}
const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, one]) => [key, shuffled(one)]),
  );
};

describe('the hash of a referral (decision 2)', () => {
  test('it is a referral that has everything', () => {
    expect(referralSchema.safeParse(full).success).toBe(true);
    const { patient, ...rest } = referralSchema.shape;
    expect(Object.keys(full).sort()).toEqual(Object.keys({ patient, ...rest }).sort());
  });

  test.each(leaves(full, '').map((one) => one.path))('%s counts, but for the moment of writing', (path) => {
    const copy = structuredClone(full);
    const leaf = leaves(copy, '').find((one) => one.path === path);
    if (!leaf) throw new Error('no such place');
    const before = leaf.holder[leaf.key];
    leaf.holder[leaf.key] = typeof before === 'boolean' ? !before : `${before}x`;
    expect(hash(copy) === hash(full)).toBe(path === '.authoredOn');
    delete leaf.holder[leaf.key];
    expect(hash(copy) === hash(full)).toBe(path === '.authoredOn');
  });

  test('the order of fields does not count, the order of lists does', () => {
    expect(hash(shuffled(full))).toBe(hash(full));
    expect(hash({ ...full, notes: ['twee', 'een'] })).not.toBe(hash(full));
    expect(hash({ ...full, episode: undefined })).toBe(hash((({ episode: _episode, ...rest }) => rest)(full)));
  });

  test('two texts that only look alike when joined are not the same', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (a, b) => {
        expect(hash({ ...full, notes: [a, b] })).not.toBe(hash({ ...full, notes: [a + b] }));
        expect(
          hash({ ...full, reason: a, residentQuestion: b }) === hash({ ...full, reason: b, residentQuestion: a }),
        ).toBe(a === b);
      }),
    );
  });
});
