import type { Resource } from '@medplum/fhirtypes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMessage } from '../../scripts/fixture-case.ts';
import { extensions } from '../../src/fhir/systems.ts';
import { runMapping } from '../../src/mapping/run.ts';
import { referralHash, referralSchema } from '../../src/referral/referral.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { leadsSomewhere, mapping, message, names, type Parts, partsOf, resent, taken } from './messages.ts';

type Spot = { readonly holder: Record<string, unknown>; readonly key: string };

/** Every place in a JSON value that could be dropped or changed. */
function spots(value: unknown): Spot[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...spots(holder[key])]);
}

const drop = ({ holder, key }: Spot) => {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
};
const garbage = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom('', '#', 'urn:uuid:x', '2026-13-45', '9'.repeat(300), '\u0000', {}, []),
);
const someCase = fc.constantFrom(...names);

describe('whatever comes', () => {
  test('drops never throw, and a refusal points at something', () => {
    fc.assert(
      fc.property(someCase, fc.array(fc.nat(), { minLength: 1, maxLength: 6 }), (name, picks) => {
        const received = message(name);
        for (const pick of picks) {
          const all = spots(received);
          const spot = all[pick % all.length];
          if (spot) drop(spot);
        }
        // What a door has checked before, and what it has not: neither may throw.
        if (received.resourceType) runMapping(mapping, received, new Map());
        const found = readMessage(mapping, received);
        if (!isRefusal(found)) return;
        for (const one of found.refused) expect(leadsSomewhere(received, one.path) ? '' : one.path).toBe('');
      }),
      { numRuns: 400 },
    );
  });

  test('changes never throw: mapped, or refused with a place in the message', () => {
    fc.assert(
      fc.property(someCase, fc.array(fc.tuple(fc.nat(), garbage), { minLength: 1, maxLength: 4 }), (name, changes) => {
        const received = message(name);
        for (const [pick, value] of changes) {
          const all = spots(received);
          const spot = all[pick % all.length];
          if (spot) spot.holder[spot.key] = structuredClone(value);
        }
        const found = readMessage(mapping, received);
        if (!isRefusal(found)) {
          expect(referralSchema.safeParse(found.referral).success).toBe(true);
          return;
        }
        expect(found.refused).not.toHaveLength(0);
        for (const one of found.refused) expect(leadsSomewhere(received, one.path) ? '' : one.path).toBe('');
      }),
      { numRuns: 400 },
    );
  });
});

const hashOf = (received: Resource): string => {
  const found = readMessage(mapping, received);
  if (isRefusal(found)) throw new Error('refused');
  return Buffer.from(referralHash(found.referral)).toString('hex');
};

describe('the hash of what a message says (decision 2)', () => {
  test('new uuids, times and message numbers change nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...taken), fc.nat(), fc.integer({ min: 0, max: 59 }), (name, seed, minute) => {
        const at = `2026-12-24T10:${String(minute).padStart(2, '0')}:00+01:00`;
        expect(hashOf(resent(message(name), seed, at))).toBe(hashOf(message(name)));
      }),
      { numRuns: 60 },
    );
  });

  test.each<readonly [string, (parts: Parts) => void]>([
    ['number', ({ request }) => void Object.assign(request.identifier?.[0] ?? {}, { value: '2026-999999' })],
    ['priority', ({ request }) => void Object.assign(request, { priority: 'urgent' })],
    ['reason', ({ request }) => void Object.assign(request.reasonCode?.[0] ?? {}, { text: 'Anders' })],
    ['life area', ({ request }) => void Object.assign(request.category?.[1]?.coding?.[0] ?? {}, { code: 'debts' })],
    ['question', ({ request }) => void Object.assign(request.extension?.[0] ?? {}, { valueString: 'Anders?' })],
    [
      'safe contact',
      ({ request }) =>
        void request.extension?.push({
          url: extensions.safeContact,
          extension: [{ url: 'unsafe', valueBoolean: true }],
        }),
    ],
    ['note', ({ request }) => void Object.assign(request, { note: [{ text: 'Nog iets' }] })],
    ['family name', ({ patient }) => void Object.assign(patient.name?.[0] ?? {}, { family: 'Heuvels' })],
    ['call name', ({ patient }) => void Object.assign(patient.name?.[1] ?? {}, { given: ['Ger'] })],
    ['birth date', ({ patient }) => void Object.assign(patient, { birthDate: '1948-03-13' })],
    ['gender', ({ patient }) => void Object.assign(patient, { gender: 'male' })],
    ['phone', ({ patient }) => void Object.assign(patient.telecom?.[0] ?? {}, { value: '099 910 31 12' })],
    ['postcode', ({ patient }) => void Object.assign(patient.address?.[0] ?? {}, { postalCode: '8299 GB' })],
    ['BSN', ({ patient }) => void patient.identifier?.shift()],
    ['contact person', ({ patient }) => void Object.assign(patient, { contact: [{ name: { text: 'Zus' } }] })],
    ['day of consent', ({ consent }) => void Object.assign(consent, { dateTime: '2026-11-22' })],
    [
      'how consent was given',
      ({ consent }) => void Object.assign(consent.extension?.[0] ?? {}, { valueCode: 'written' }),
    ],
    ['scope of consent', ({ consent }) => void consent.provision?.code?.pop()],
  ])('another %s is another hash', (_, change) => {
    const parts = partsOf(message('fhir-loneliness'));
    change(parts);
    expect(hashOf(parts.bundle)).not.toBe(hashOf(message('fhir-loneliness')));
  });
});
