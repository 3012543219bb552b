import { afterAll, beforeAll, expect, test } from 'vitest';
import { measuresOf } from '../../src/report/measures.ts';
import { readEventsOf } from '../../src/store/events.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { reportBack, takeIn } from '../doubles/made.ts';

let at: TestStore;
beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
});
afterAll(() => at.close());

const quarter = [new Date('2026-09-30T22:00:00Z'), new Date('2026-12-31T23:00:00Z')] as const;
const days = { from: '2026-10-01', to: '2026-12-31' };

test('H13: the figures of a quarter are the same when the content is gone, and count the contact', async () => {
  const journey = await takeIn(at.store, { number: 'figures-1' });
  await reportBack(at.store, journey);
  const before = await readEventsOf(at.store, ...quarter);
  // Erasing is destroying the key; nothing else is read here.
  await at.owner.query('update journey_key set wrapped = null, destroyed_at = now()');
  const after = await readEventsOf(at.store, ...quarter);
  expect(after).toEqual(before);
  expect(measuresOf(after, days)).toEqual([
    {
      practice: 'de-brink',
      team: 'voorbeeldstreek',
      owner: 'wally-sanne',
      ageBand: '65-79',
      lifeAreas: ['loneliness', 'meaning'],
      ending: 'closed',
      outcomes: [['loneliness', 'led-on']],
      toContact: 0,
      toClosed: 0,
    },
  ]);
});

test('a journey of another quarter is not read, also when it ended in this one', async () => {
  expect(await readEventsOf(at.store, new Date('2026-06-30T22:00:00Z'), quarter[0])).toEqual([]);
});
