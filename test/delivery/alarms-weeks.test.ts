import { v7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Alarming, lookForAlarms, sendDigest } from '../../src/delivery/alarms.ts';
import { openLog } from '../../src/log.ts';
import { addDays, isWorkingDay } from '../../src/referral/deadlines.ts';
import type { AlarmClass } from '../../src/referral/region-alarm.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { noteSignal } from '../../src/store/queue/alarm-observed.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';

let at: TestStore;
let watch: Alarming;
let nth = 0;

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const monday = new Date('2026-11-30T09:00:00Z');
/** The receiver whose trouble the table is about. */
let destination = '';

beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  const directory = directoryReader(at.store);
  watch = {
    store: at.store,
    directory,
    log: openLog('silent'),
    limits: {
      waitingMinutes: 60,
      breakerMinutes: 30,
      answerHours: 24,
      wallyDays: 3,
      practiceMissed: 6,
      expiryDays: 30,
      diskPercent: 10,
      databaseGb: 50,
    },
    channels: ['mail', 'webhook'],
  };
  const { rows } = await at.owner.query<{ id: string }>(
    `select id from destination where id like 'practice:de-brink%' and best_proof <> 'transport' order by id limit 1`,
  );
  destination = rows[0]?.id ?? '';
});
afterAll(() => at.close());

beforeEach(async () => {
  const tables = [
    'region_alarm',
    'signal',
    'alarm_digest',
    'delivery',
    'journey',
    'worklist_entry',
    'journey_event',
    'subscription',
  ];
  await at.owner.query(tables.map((one) => `delete from ${one}`).join('; '));
  await at.owner.query(`update destination set breaker = 'closed', paused = false`);
  at.now = monday;
  channelsWork = true;
  ailing = undefined;
  ails = undefined;
});

interface Given {
  readonly practice?: string;
  readonly owner?: string | null;
  readonly status?: string;
  readonly at?: Date;
}

/** A referral as the index has it; gives its id. */
async function referral({
  practice = 'de-brink',
  owner = 'wally-sanne',
  status = 'completed',
  at: moment = at.now,
}: Given) {
  nth += 1;
  const id = v7();
  await at.owner.query(
    `with j as (
       insert into journey (practice_id, id, number, practice_referral_system, practice_referral_id, referral_hash, task_id, task_status,
         business_status, assignment, owner_id, team_id, route, priority, life_areas, age_band, unsafe_contact, authored_on, call_before,
         received_at, updated_at, family_hmac, birth_date_hmac)
       values ($1, $2::uuid, $3::text, 'urn:x', $3, '', $2, $4, 'new', 1, $5, 'voorbeeldstreek', 'fixed-wally', 'routine', '{}', '65+', false, $6::timestamptz, $6, $6, $6, '', '')
       returning practice_id, id, owner_id)
     insert into worklist_entry (practice_id, journey_id, task_id, assignment, owner_id, visible_at)
       select practice_id, id, id, 1, owner_id, $6::timestamptz from j`,
    [practice, id, `T-${nth}`, status, owner, moment],
  );
  return id;
}

async function message(state: string, more: { kind?: string; proof?: string; destination?: string } = {}) {
  await at.owner.query(
    `insert into delivery (practice_id, journey_id, message_id, kind, destination, recipient, state, proof, next_at, created_at, first_sent_at)
     values ('de-brink', $1::uuid, $1, $2, $3, 'x', $4, $5, $6::timestamptz, $6, $6)`,
    [v7(), more.kind ?? 'feedback', more.destination ?? destination, state, more.proof ?? null, at.now],
  );
}
const mendMessages = () =>
  at.owner.query(
    `update delivery set state = 'landed', landed_at = created_at where kind <> 'alarm' or state <> 'landed'`,
  );
const signal = (name: string, value: number, subject = 'machine') => noteSignal(at.store, name, subject, value);

/** What a machine that is well says of itself each minute; a fault's own signal is not spoken over. */
async function breathe(ailing: string | undefined): Promise<void> {
  const well = { disk: 0.5, 'queue-away': 0, 'clock-drift': 3, 'database-size': 1e9, 'database-connections': 0.1 };
  const wellDaily = { certificate: at.now.getTime() + 200 * day, audit: 0, key: at.now.getTime() - 10 * day };
  const said = Object.entries({ ...well, ...wellDaily }).filter(([name]) => name !== ailing);
  await at.owner.query(
    `insert into signal as s (name, subject, value, changed_at, seen_at)
       select name, 'machine', value, $3::timestamptz, $3 from unnest($1::text[], $2::float8[]) as u(name, value)
     on conflict (name, subject) do update set value = excluded.value, seen_at = excluded.seen_at,
       changed_at = case when s.value = excluded.value then s.changed_at else excluded.changed_at end`,
    [said.map(([name]) => name), said.map(([, value]) => value), at.now],
  );
}

let channelsWork = true;
let ailing: string | undefined;
let ails: (() => Promise<unknown>) | undefined;

async function look(ms: number): Promise<void> {
  at.now = new Date(monday.getTime() + ms);
  await breathe(ailing);
  // What the watch itself says in the trail is sealed at once; whoever else uses this server may hold that up.
  await at.owner.query('delete from audit_chain; delete from audit');
  await ails?.();
  await lookForAlarms(watch);
  if (channelsWork)
    await at.owner.query(
      `update delivery set state = 'landed', landed_at = now() where kind = 'alarm' and state = 'pending'`,
    );
}

const alarms = async () =>
  (
    await at.owner.query<{ class: AlarmClass; open: boolean; told: number }>(
      `select class, over_at is null as open, (select count(*)::int from delivery d where d.journey_id = a.id) as told
         from region_alarm a order by opened_at`,
    )
  ).rows;

interface Fault {
  readonly what: string;
  readonly class: AlarmClass;
  begin(): Promise<unknown>;
  /** Lines of the trail stay unsealed. */
  readonly sealed?: false;
  /** What says it again each minute, where the trouble is a signal. */
  readonly says?: readonly [name: string, value: () => number];
  mend(): Promise<unknown>;
  /** Nothing yet at this time after it began; an alarm at that. */
  readonly early?: number;
  readonly due: number;
}

const nothing = async () => undefined;
const row = (sql: string, ...values: unknown[]) => at.owner.query(sql, values);

const faults: readonly Fault[] = [
  {
    what: 'work does not leave',
    class: 'waiting',
    begin: () => message('pending'),
    mend: mendMessages,
    early: 50 * minute,
    due: 61 * minute,
  },
  {
    what: 'a pause was forgotten',
    class: 'waiting',
    begin: async () => {
      await message('pending');
      await row('update destination set paused = true where id = $1', destination);
    },
    mend: mendMessages,
    early: 23 * hour,
    due: 25 * hour,
  },
  {
    what: 'two messages are held',
    class: 'held',
    begin: async () => {
      await message('held');
      await message('held');
    },
    mend: mendMessages,
    due: 0,
  },
  {
    what: 'a GP system is down, and work waits for it',
    class: 'breaker',
    begin: async () => {
      await message('pending');
      await row(`update destination set breaker = 'open' where id = $1`, destination);
      await look(0);
    },
    mend: async () => {
      await mendMessages();
      await row(`update destination set breaker = 'closed' where id = $1`, destination);
    },
    early: 29 * minute,
    due: 31 * minute,
  },
  {
    what: 'the queue lost jobs',
    class: 'reconciled',
    begin: () => signal('reconciled', 4),
    mend: () => signal('reconciled', 0),
    due: 0,
  },
  {
    what: 'a practice that refers each day falls silent',
    class: 'practice-silent',
    begin: async () => {
      for (let back = 40; back > 0; back -= 1) {
        const moment = new Date(monday.getTime() - back * day);
        if (isWorkingDay(moment.toISOString().slice(0, 10))) await referral({ at: moment });
      }
    },
    mend: () => referral({}),
    // Six working days without any: on the morning after them.
    early: 7 * day + 20 * hour,
    due: 7 * day + 22 * hour,
  },
  {
    what: 'an application confirms nothing',
    class: 'his-silent',
    begin: () => message('sent', { proof: 'transport' }),
    mend: mendMessages,
    early: 23 * hour,
    due: 25 * hour,
  },
  {
    what: 'a Wally opens nothing, over a weekend',
    class: 'wally-silent',
    begin: () => referral({ status: 'requested', at: new Date(monday.getTime() + 3 * day) }),
    mend: () => row(`update journey set task_status = 'accepted'`),
    // Visible on Thursday: Friday, Monday and Tuesday pass, and on Wednesday morning it is said.
    early: 8 * day + 20 * hour,
    due: 8 * day + 22 * hour,
  },
  {
    what: 'a referral is with nobody',
    class: 'nobody-present',
    begin: () => referral({ owner: null, status: 'requested' }),
    mend: () => row(`update journey set owner_id = 'wally-sanne', task_status = 'accepted'`),
    due: 0,
  },
  {
    what: 'a line of the trail was changed',
    class: 'audit',
    begin: nothing,
    says: ['audit', () => 41],
    mend: nothing,
    due: 0,
  },
  {
    what: 'nobody seals the trail',
    class: 'audit',
    begin: nothing,
    sealed: false,
    mend: nothing,
    early: 14 * minute,
    due: 16 * minute,
  },
  {
    what: 'a certificate ends in three weeks',
    class: 'certificate',
    begin: nothing,
    says: ['certificate', () => monday.getTime() + 21 * day],
    mend: nothing,
    due: 0,
  },
  {
    what: 'keys do not turn',
    class: 'key',
    begin: nothing,
    says: ['key', () => monday.getTime() - 101 * day],
    mend: nothing,
    due: 0,
  },
  {
    what: 'clocks differ',
    class: 'clock-drift',
    begin: nothing,
    says: ['clock-drift', () => 9_000],
    mend: nothing,
    due: 0,
  },
  { what: 'the disk is nearly full', class: 'disk', begin: nothing, says: ['disk', () => 0.04], mend: nothing, due: 0 },
  {
    what: 'the database has no connections left',
    class: 'database',
    begin: nothing,
    says: ['database-connections', () => 0.93],
    mend: nothing,
    due: 0,
  },
  {
    what: 'a system that asked to be told does not answer any more',
    class: 'subscription-stopped',
    begin: async () => {
      await row(
        `insert into client (id, name, kind, scopes, created_at, created_by, changed_at) values ('his', 'HIS', 'team', '{}', $1, 'x', $1)
           on conflict (id) do update set revoked_at = null`,
        at.now,
      );
      await row(
        `insert into subscription (id, practice_id, client_id, version, status, error, type, sealed, followed, changed_at)
           values ($1, '', 'his', 1, 'error', 'address-unknown', 'Task', '', 0, $2)`,
        v7(),
        at.now,
      );
    },
    // Who may not knock any more is not waited for.
    mend: () => row(`update client set revoked_at = $1 where id = 'his'`, at.now),
    due: minute,
  },
  {
    what: 'Redis is away',
    class: 'queue-away',
    begin: () => look(0),
    says: ['queue-away', () => 1],
    mend: nothing,
    early: 2 * minute,
    due: 4 * minute,
  },
];

describe('a fault raises one alarm in time, and it ends with the fault', () => {
  test.each(faults)('$class: $what', async ({ class: kind, begin, says, sealed, mend, early, due }) => {
    ailing = says?.[0];
    const line = () => row(`insert into audit (id, recorded_at, line) values ($1, $2, '{}')`, v7(), monday);
    ails = says ? () => signal(says[0], says[1]()) : sealed === false ? line : undefined;
    await begin();
    if (early !== undefined) {
      await look(early);
      expect(await alarms()).toEqual([]);
    }
    for (const later of [0, minute, 30 * minute]) await look(due + later);
    expect(await alarms()).toEqual([{ class: kind, open: true, told: 2 }]);
    await mend();
    ailing = undefined;
    ails = undefined;
    await look(due + 31 * minute);
    expect(await alarms()).toEqual([{ class: kind, open: false, told: 4 }]);
    await look(due + 32 * minute);
    expect(await alarms()).toHaveLength(1);
  });

  test('one that flaps is one alarm, and nobody is told of it again within the hour', async () => {
    await message('held');
    await look(0);
    await mendMessages();
    await look(minute);
    await message('held');
    await look(2 * minute);
    expect(await alarms()).toEqual([{ class: 'held', open: true, told: 4 }]);
  });

  test('what a person set aside is no alarm', async () => {
    await message('held');
    await row(`update delivery set reason = 'parked'`);
    await look(0);
    expect(await alarms()).toEqual([]);
  });

  test('three processes that look at one moment raise it once', async () => {
    await message('held');
    await Promise.all([lookForAlarms(watch), lookForAlarms(watch), lookForAlarms(watch)]);
    expect(await alarms()).toEqual([{ class: 'held', open: true, told: 2 }]);
  });

  test('an alarm that does not leave is an alarm of its own', async () => {
    channelsWork = false;
    await message('held');
    await look(0);
    await look(20 * minute);
    await look(40 * minute);
    channelsWork = true;
    expect((await alarms()).map((one) => one.class)).toEqual(['held', 'alarm-unsent']);
  });

  test('what nobody is to hear of for a day is told again when the day is over', async () => {
    await message('held');
    await look(0);
    await row(
      `update region_alarm set revision = 2, answered_as = 'snoozed', answered_by = 'admin', answered_at = $1, answer = 'bekend', snoozed_until = $2`,
      at.now,
      new Date(monday.getTime() + day),
    );
    await message('held');
    await look(hour);
    expect(await alarms()).toEqual([{ class: 'held', open: true, told: 2 }]);
    await look(day + minute);
    expect(await alarms()).toEqual([{ class: 'held', open: true, told: 4 }]);
  });
});

test('an ordinary morning with short outages, looked at every minute for two hours, raises nothing', async () => {
  let outages = 0;
  let away = 0;
  ailing = 'queue-away';
  for (let nth = 0; nth < 120; nth += 1) {
    at.now = new Date(monday.getTime() + nth * minute);
    // What waits or was sent lands within forty minutes; referrals are opened within the hour.
    await row(
      `update delivery set state = 'landed', landed_at = $1 where state in ('pending', 'sent') and kind <> 'alarm' and created_at <= $2`,
      at.now,
      new Date(at.now.getTime() - 40 * minute),
    );
    if (nth % 5 === 0) await message('pending');
    if (nth % 5 === 2) await message('sent', { proof: 'transport' });
    if (nth % 15 === 0) await referral({ status: nth % 60 === 0 ? 'requested' : 'accepted' });
    const [isOut, isAway] = [nth % 60 >= 10 && nth % 60 < 35, nth % 30 < 2];
    await row(`update destination set breaker = $2 where id = $1`, destination, isOut ? 'open' : 'closed');
    ails = () => signal('queue-away', isAway ? 1 : 0);
    await look(nth * minute);
    outages += isOut ? 1 : 0;
    away += isAway ? 1 : 0;
  }
  expect([await alarms(), outages, away]).toEqual([[], 50, 8]);
  // The same outage, five minutes longer, is one.
  await row(`update destination set breaker = 'open' where id = $1`, destination);
  for (let nth = 120; nth < 152; nth += 31) await look(nth * minute);
  expect((await alarms()).map((one) => one.class)).toEqual(['breaker']);
});

test('three quiet weeks with weekends, Christmas and practices that refer now and then raise nothing', async () => {
  const rhythms = [
    ['de-brink', 1],
    ['zuidrand', 4],
  ] as const;
  const live = async (today: string) => {
    if (!isWorkingDay(today)) return;
    const moment = new Date(`${today}T10:00:00Z`);
    const count = Math.round(moment.getTime() / day);
    for (const [practice, each] of rhythms)
      if (count % each === 0) await referral({ practice, at: moment, status: 'accepted' });
  };
  for (let back = 60; back > 0; back -= 1) await live(addDays('2026-12-14', -back));
  for (let ahead = 0; ahead < 22; ahead += 1) {
    const today = addDays('2026-12-14', ahead);
    const start = Date.parse(`${today}T00:00:00Z`) - monday.getTime();
    await look(start + 7 * hour);
    await live(today);
    await look(start + 22 * hour);
  }
  expect(await alarms()).toEqual([]);
});

describe('the morning digest', () => {
  const made = async () =>
    (
      await at.owner.query<{ day: string; time: string }>(
        `select day::text, to_char(made_at at time zone 'Europe/Amsterdam', 'HH24:MI') as time from alarm_digest order by day`,
      )
    ).rows;

  test.each([
    ['2026-03-27', ['2026-03-27', '2026-03-30', '2026-03-31']],
    ['2026-10-23', ['2026-10-23', '2026-10-26', '2026-10-27']],
  ])(
    'comes once per working day at seven, from %s over the change of the clock, whoever is first',
    async (from, days) => {
      for (let step = 0; step < 5 * 48; step += 1) {
        at.now = new Date(Date.parse(`${from}T00:00:00Z`) + step * 30 * minute);
        await Promise.all([sendDigest(watch), sendDigest(watch)]);
      }
      expect(await made()).toEqual(days.map((one) => ({ day: one, time: '07:00' })));
      const { rows } = await at.owner.query(`select from delivery where document_type = 'AlarmDigest'`);
      expect(rows).toHaveLength(2 * days.length);
    },
  );
});
