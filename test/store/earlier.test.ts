import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeBack } from '../../src/feedback/take-back.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { earlierReferrals } from '../../src/store/earlier.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { canaries, committed, journeyOf, notRefused, referralOf, takeIn } from '../doubles/made.ts';
import { gp } from '../feedback/journeys.ts';

let at: TestStore;
beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
});
afterAll(() => at.close());

const { patient } = referralOf('x');
const { bsn: _bsn, ...withoutBsn } = patient;
let day = 0;
/** One day later each time, so that before and after are what they say. */
const refer = async (number: string, practice: string, of: Partial<typeof patient> = patient) => {
  day += 1;
  at.now = new Date(Date.UTC(2026, 11, day, 9));
  return takeIn(at.store, { number, practice, referral: { patient: { ...withoutBsn, ...of } } });
};
const numbersBefore = async (journey: string) =>
  (await earlierReferrals(at.store, journey, 5)).map((one) => one.number);
const numberOf = async (journey: string) => (await journeyOf(at.store, journey)).index.number;

test('a resident referred again by the same practice is known; by another practice, or as another person, not', async () => {
  const first = await refer('e-1', 'de-brink');
  await refer('e-2', 'zuidrand');
  await refer('e-3', 'de-brink', { ...patient, birthDate: '1960-01-01' });
  await refer('e-4', 'de-brink', { ...patient, bsn: '111222333' });
  const again = await refer('e-5', 'de-brink', {});
  expect(await numbersBefore(again)).toEqual([await numberOf(await idOf('e-4')), await numberOf(first)]);
  expect(await numbersBefore(first)).toEqual([]);
  const last = await refer('e-6', 'de-brink', {
    ...patient,
    name: { ...patient.name, family: canaries.family.toUpperCase() },
  });
  expect(await numbersBefore(last)).toEqual([await numberOf(again), await numberOf(first)]);
});

test('what was taken back before anybody saw it is no earlier referral', async () => {
  const taken = await refer('e-7', 'aan-de-kade');
  await at.owner.query(`update journey set undo_until = $2 where id = $1`, [
    taken,
    new Date(at.now.getTime() + 60_000),
  ]);
  const directory = await directoryReader(at.store)();
  const acting = { actor: gp, now: at.now, newId: at.store.newId, directory };
  await committed(at.store, notRefused(takeBack(await journeyOf(at.store, taken), 'undo', acting)));
  const next = await refer('e-8', 'aan-de-kade');
  expect(await numbersBefore(next)).toEqual([]);
});

async function idOf(number: string): Promise<string> {
  const { rows } = await at.owner.query<{ id: string }>('select id from journey where practice_referral_id = $1', [
    number,
  ]);
  return rows[0]?.id ?? '';
}
