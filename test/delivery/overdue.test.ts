import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { overseeClocks } from '../../src/delivery/overdue.ts';
import { attempt, contactMade } from '../../src/feedback/contact.ts';
import { type Acting, accept } from '../../src/feedback/moves.ts';
import { hold, resume } from '../../src/feedback/rest.ts';
import { openLog } from '../../src/log.ts';
import type { Change } from '../../src/referral/change.ts';
import { addWorkingDays } from '../../src/referral/deadlines.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { isRefusal, type Refusal } from '../../src/referral/refusal.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { readJourney } from '../../src/store/referrals.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { takeIn } from '../doubles/made.ts';
import { sanne } from '../feedback/journeys.ts';

let at: TestStore;
let parts: Parameters<typeof overseeClocks>[0];
let journey: string;
let count = 0;
beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  parts = { store: at.store, directory: directoryReader(at.store), log: openLog('silent') };
});
afterAll(() => at.close());
beforeEach(async () => {
  await at.owner.query('delete from clock');
  at.now = new Date('2026-11-23T09:00:00+01:00');
  count += 1;
  journey = await takeIn(at.store, { number: `overdue-${count}` });
});

const now = async (): Promise<Journey> => {
  const found = await readJourney(at.store, { kind: 'line' }, journey);
  if (!found) throw new Error('no journey');
  return found;
};
async function move(decide: (journey: Journey, acting: Acting) => Change | Refusal): Promise<void> {
  const directory = await parts.directory();
  const change = decide(await now(), { actor: sanne, now: at.now, newId: at.store.newId, directory });
  if (isRefusal(change)) throw new Error(change.refused[0]?.reason);
  expect(await at.store.commit(change)).toEqual({ ok: true });
}
/** What is done on a day: who is told, by what. */
async function on(day: string): Promise<{ taken: number; told: string[]; alarms: number }> {
  at.now = new Date(`${day}T09:30:00+01:00`);
  const { rows: before } = await at.owner.query<{ id: string }>('select coalesce(max(id), 0) as id from delivery');
  const taken = await overseeClocks(parts);
  const { rows } = await at.owner.query<{ told: string }>(
    `select kind || ' ' || recipient as told from delivery where journey_id = $1 and id > $2 order by id`,
    [journey, before[0]?.id],
  );
  const { rows: alarms } = await at.owner.query<{ n: number }>(
    `select count(*)::int as n from alarm where journey_id = $1 and kind = 'overdue' and resolved_at is null`,
    [journey],
  );
  return { taken, told: rows.map((one) => one.told), alarms: alarms[0]?.n ?? 0 };
}

describe('H5: a referral that nobody opens', () => {
  test('reminder → substitute → team lead and phone list → the GP is told; weekend and repeats take no step', async () => {
    expect(await on('2026-11-24')).toEqual({ taken: 0, told: [], alarms: 0 });
    expect(await on('2026-11-25')).toEqual({ taken: 1, told: ['notify wally-sanne'], alarms: 0 });
    // The same day again, in another process or by another beat.
    expect(await on('2026-11-25')).toEqual({ taken: 0, told: [], alarms: 0 });
    await at.owner.query(`delete from clock where kind <> 'open'`);
    expect(await on('2026-11-26')).toEqual({ taken: 1, told: ['notify wally-karim'], alarms: 0 });
    expect(await on('2026-11-27')).toEqual({ taken: 1, told: ['notify lead-marijke'], alarms: 1 });
    expect(await on('2026-11-28')).toEqual({ taken: 0, told: [], alarms: 1 });
    expect(await on('2026-11-30')).toEqual({ taken: 1, told: ['feedback de-brink'], alarms: 1 });
    expect(await on('2026-12-01')).toEqual({ taken: 0, told: [], alarms: 1 });
    const { communications } = await now();
    expect(communications.map(({ resource }) => resource.payload?.[0]?.contentString)).toEqual([
      'Nog geen antwoord: de Wally heeft uw verwijzing nog niet geopend.',
    ]);
    expect(communications[0]?.resource.category?.[0]?.coding?.[0]?.code).toBe('system-notice');
  });

  test('many processes at the same beat take one step', async () => {
    at.now = new Date('2026-11-25T09:30:00+01:00');
    const taken = await Promise.all(Array.from({ length: 5 }, () => overseeClocks(parts)));
    expect(taken.reduce((sum, one) => sum + one, 0)).toBe(1);
  });

  test('after days of standstill each clock takes one step a day, not all at once', async () => {
    const { taken, told } = await on('2026-12-10');
    // open, attempt and contact each remind once.
    expect({ taken, told: new Set(told) }).toEqual({ taken: 3, told: new Set(['notify wally-sanne']) });
  });
});

describe('what happened in between', () => {
  test('a clock that was met takes no further step, and its alarm goes', async () => {
    for (const day of ['2026-11-25', '2026-11-26', '2026-11-27']) await on(day);
    at.now = new Date('2026-11-27T11:00:00+01:00');
    await move(accept);
    await move((one, acting) => contactMade(one, '2026-11-27T10:30:00+01:00', acting));
    expect(await on('2026-11-30')).toEqual({ taken: 0, told: [], alarms: 0 });
    const { rows } = await at.owner.query('select kind, due_on::text, level from clock where journey_id = $1', [
      journey,
    ]);
    expect(rows).toEqual([{ kind: 'news', due_on: addWorkingDays('2026-11-27', 30), level: 0 }]);
  });

  test('a clock that keeps its day keeps its steps', async () => {
    await move(accept);
    await on('2026-11-26');
    at.now = new Date('2026-11-26T12:00:00+01:00');
    await move((one, acting) => attempt(one, { way: 'phone' }, acting));
    await on('2026-12-01');
    await move((one, acting) => attempt(one, { way: 'phone' }, acting));
    const { rows } = await at.owner.query('select kind, level from clock where journey_id = $1', [journey]);
    expect(rows).toEqual([{ kind: 'contact', level: 1 }]);
  });

  test('"ik wil tijd": a rest stops the promises until its day; then it is taken up again by itself', async () => {
    await move(accept);
    await move((one, acting) => hold(one, { why: 'time', until: '2026-12-18' }, acting));
    expect(await on('2026-12-11')).toEqual({ taken: 0, told: [], alarms: 0 });
    // The 18th is a Friday and still a day of rest.
    expect(await on('2026-12-18')).toEqual({ taken: 0, told: [], alarms: 0 });
    expect(await on('2026-12-21')).toEqual({ taken: 1, told: ['notify wally-sanne'], alarms: 0 });
    const { index } = await now();
    expect([index.taskStatus, index.businessStatus]).toEqual(['in-progress', 'resumed']);
    const { rows } = await at.owner.query('select kind, due_on::text from clock where journey_id = $1 order by kind', [
      journey,
    ]);
    expect(rows).toEqual([
      { kind: 'attempt', due_on: '2026-12-23' },
      { kind: 'contact', due_on: '2026-12-29' },
    ]);
  });

  test('a rest that the Wally ended herself is not ended again', async () => {
    await move(accept);
    await move((one, acting) => hold(one, { why: 'time', until: '2026-12-18' }, acting));
    await move(resume);
    const { rows } = await at.owner.query(
      `select count(*)::int as n from clock where journey_id = $1 and kind = 'rest'`,
      [journey],
    );
    expect(rows).toEqual([{ n: 0 }]);
  });

  test('a clock whose day is another by now is set anew instead of being passed over for ever', async () => {
    // As it stands when a practice has agreed on other days since the journey last moved.
    await at.owner.query(
      `update clock set due_on = '2026-11-20', next_on = '2026-11-21', level = 2 where journey_id = $1 and kind = 'open'`,
      [journey],
    );
    expect(await on('2026-11-23')).toEqual({ taken: 0, told: [], alarms: 0 });
    const { rows } = await at.owner.query(
      `select due_on::text, next_on::text, level from clock where journey_id = $1 and kind = 'open'`,
      [journey],
    );
    expect(rows).toEqual([{ due_on: '2026-11-24', next_on: '2026-11-25', level: 0 }]);
    expect(await on('2026-11-25')).toMatchObject({ told: ['notify wally-sanne'] });
  });

  test('a journey that fails does not keep the others waiting', async () => {
    await at.owner.query(
      `insert into clock (practice_id, journey_id, kind, due_on, next_on)
      select 'de-brink', id, 'open', '2026-11-20', '2026-11-21' from journey where id <> $1 order by id limit 1
      on conflict (journey_id, kind) do update set next_on = '2026-11-21'`,
      [journey],
    );
    await at.owner.query(
      `update journey_key set wrapped = null, destroyed_at = now()
      where journey_id = (select journey_id from clock where journey_id <> $1 limit 1)`,
      [journey],
    );
    expect(await on('2026-11-25')).toMatchObject({ told: ['notify wally-sanne'] });
  });
});
