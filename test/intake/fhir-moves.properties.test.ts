import type { Task } from '@medplum/fhirtypes';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accept } from '../../src/feedback/moves.ts';
import { codeSystems, extensions } from '../../src/fhir/systems.ts';
import { TRANSITIONS } from '../../src/referral/lifecycle/lifecycle.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { type OpenFhirDoor, openFhirDoor, practiceToken } from '../doubles/fhir-door.ts';
import { committed, delivered, journeyOf, notRefused, ownerOf, takeIn } from '../doubles/made.ts';
import { elsewhereToken, sanneToken, teamToken } from '../doubles/wally-systems.ts';

let door: OpenFhirDoor;
beforeAll(async () => {
  door = await openFhirDoor();
});
afterAll(() => door.close());

const statuses = [
  'draft',
  'requested',
  'received',
  'accepted',
  'rejected',
  'ready',
  'cancelled',
  'in-progress',
  'on-hold',
  'failed',
  'completed',
  'entered-in-error',
  'banaan',
];
const words = ['duplicate', 'deceased', 'time', 'moved', 'not-reached', 'te druk', ''];
const roles = ['wally-sanne', 'wally-karim', 'lead-marijke', 'gp-vanleeuwen', 'niemand'];
const concept = (system: string) => (code: string) => ({ coding: [{ system, code }] });
const role = fc.constantFrom(...roles).map((id) => ({ reference: `PractitionerRole/${id}` }));
const note = fc.record({
  type: fc.constantFrom('contact', 'contact-attempt', 'feedback', 'iets').map(concept(codeSystems.taskOutput)),
  valueAnnotation: fc.record({
    time: fc.constantFrom('2026-11-23T08:00:00Z', '2027-01-01T08:00:00Z', 'gisteren'),
    text: fc.constantFrom('phone', 'mail', 'postduif'),
  }),
});

/** Some elements of a Task, right or wrong, as a sender might change them; undefined takes one out. */
const parts = {
  status: fc.constantFrom(...statuses),
  businessStatus: fc
    .constantFrom('no-show', 'resumed', 'seen', 'withdrawn', 'reassigned', 'x')
    .map(concept(codeSystems.businessStatus)),
  statusReason: fc.oneof(
    fc.constantFrom(...words).map((text) => ({ text })),
    fc.constantFrom(...words).map(concept(codeSystems.statusReason)),
  ),
  owner: fc.oneof(role, fc.constant(undefined)),
  output: fc.array(note, { maxLength: 3 }),
  extension: fc.array(
    role.map((valueReference) => ({ url: extensions.proposedOwner, valueReference })),
    { maxLength: 2 },
  ),
  restriction: fc.constantFrom('2026-12-01', '2026-11-01', '2030-01-01').map((end) => ({ period: { end } })),
  note: fc.array(fc.record({ text: fc.string({ maxLength: 20 }) }), { maxLength: 2 }),
  priority: fc.constantFrom('routine', 'stat', 7),
  contained: fc.array(
    fc.json().map((text) => JSON.parse(text)),
    { maxLength: 2 },
  ),
  focus: fc.constantFrom({ reference: 'Task/1' }, 'Task/1'),
  id: fc.constantFrom('anders', undefined),
};
const one = fc.oneof(
  ...Object.entries(parts).map(([key, value]) => (value as fc.Arbitrary<unknown>).map((said) => ({ [key]: said }))),
  { weight: 6, arbitrary: parts.status.map((status) => ({ status })) },
);
/** One element mostly, two or three at times: more are refused all the same. */
const changed = fc.array(one, { minLength: 1, maxLength: 3 }).map((all): object => Object.assign({}, ...all));

describe('whatever Task is sent', () => {
  test('is never a fault of ours, and never a move that the table forbids', async () => {
    const { store } = door.at;
    const directory = await directoryReader(store)();
    let journey = '';
    let count = 0;
    const begin = async () => {
      count += 1;
      journey = await takeIn(store, { number: `q-${count}` });
      const found = await journeyOf(store, journey);
      const acting = { actor: ownerOf(found), now: door.at.now, newId: store.newId, directory };
      if (count % 2 === 0) await committed(store, notRefused(accept(found, acting)));
      await delivered(store, journey);
    };
    await begin();
    const moves = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        changed,
        fc.constantFrom(teamToken, teamToken, sanneToken, practiceToken, elsewhereToken),
        async (change, token) => {
          const { task: before } = await journeyOf(store, journey);
          const sent = await door.ask(
            'PUT',
            `/Task/${before.resource.id}`,
            { ...before.resource, ...change },
            {
              authorization: `Bearer ${token}`,
              'if-match': `W/"${before.version}"`,
            },
          );
          expect(sent.status, sent.text).toBeLessThan(500);
          const { task: after } = await journeyOf(store, journey);
          if (sent.status >= 400) expect(after.version).toBe(before.version);
          if (after.version === before.version) return;
          expect(after.version).toBe(before.version + 1);
          const said = (task: Task) => task.businessStatus?.coding?.[0]?.code;
          const row = TRANSITIONS.find(
            (one) =>
              one.from.includes(before.resource.status ?? 'requested') &&
              (one.to === 'same' ? before.resource.status : one.to) === after.resource.status &&
              (one.businessStatus ?? said(before.resource)) === said(after.resource),
          );
          expect(row, `${before.resource.status} to ${after.resource.status} ${said(after.resource)}`).toBeDefined();
          moves.add(row?.move ?? '');
          if (
            ['completed', 'failed', 'rejected', 'cancelled', 'entered-in-error'].includes(after.resource.status ?? '')
          )
            await begin();
        },
      ),
      { numRuns: 100, seed: 20261122 },
    );
    // A property that never lets anything through says nothing.
    expect(moves.size).toBeGreaterThan(2);
  });
});
