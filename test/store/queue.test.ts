import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DestinationMove } from '../../src/referral/delivery-move.ts';
import { openJourneys } from '../../src/store/lists/lists.ts';
import { moveDestination } from '../../src/store/outbox/destinations.ts';
import { claim } from '../../src/store/outbox/outbox.ts';
import { countOpen } from '../../src/store/queue/counts.ts';
import { countQueue, listLanes, listQueue, type QueueFilter, queueIds, queuePage } from '../../src/store/queue/list.ts';
import { written } from '../../src/store/writing.ts';
import type { TestStore } from '../doubles/database.ts';
import { brink, type OutboxBench, openOutboxBench } from './outbox-bench.ts';

let bench: OutboxBench;
let at: TestStore;
let one: string;
let two: string;
beforeAll(async () => {
  bench = await openOutboxBench();
  ({ at, one, two } = bench);
});
beforeEach(async () => {
  await bench.fresh();
  await at.owner.query(
    `update destination set drain_to = null, retries = true, window_from = null, window_until = null, down_since = null, patience_from = null`,
  );
});
afterAll(() => bench.close());

const audit = {
  event: 'destination-moved',
  at: '2026-11-23T09:00:00Z',
  actor: { id: 'admin-region', role: 'administrator' },
  action: 'U',
  outcome: 'ok',
  purpose: 'SYSADMIN',
} as const;
type Asked = DestinationMove extends infer M ? (M extends DestinationMove ? Omit<M, 'id'> : never) : never;
const ask = (move: Asked) => moveDestination(at.store, { ...move, id: brink } as DestinationMove, audit);

/** Tries once and fails so that it would be tried again at once. */
async function failOnce(id: string, code = 'unreachable', openForMs = [0]) {
  const held = await bench.claimed(id);
  const strike = { opensAt: 99, openForMs };
  const failed = { to: 'pending', id, lease: held.lease, code, ambiguous: false, retryInMs: 0, strike } as const;
  expect(await bench.move(one, failed)).toEqual({ ok: true });
}

describe('what a person asks of a destination', () => {
  test('draining: what was there goes, what came later waits, until it goes on', async () => {
    const before = await bench.put(one);
    expect(await ask({ to: 'draining' })).toBe(true);
    const later = await bench.put(two);
    expect(await bench.offered()).toEqual([before]);
    expect(await ask({ to: 'resumed' })).toBe(true);
    expect(await bench.offered()).toEqual([later]);
  });

  test('a retry that is switched off is off, for the relay and for what was queued before; a person still can', async () => {
    const tried = await bench.put(one);
    const fresh = await bench.put(two);
    await bench.offered();
    await failOnce(tried);
    expect(await bench.offered()).toEqual([tried]);
    expect(await ask({ to: 'retries-off' })).toBe(true);
    // Queued just before the switch: the claim looks again, and it goes back untried.
    expect(await claim(at.store, await bench.due(tried), 60_000)).toBeUndefined();
    expect(await bench.look(tried)).toMatchObject({ state: 'pending', attempts: 1 });
    expect(await bench.offered()).toEqual([]);
    expect(await claim(at.store, await bench.due(fresh), 60_000)).toMatchObject({ id: fresh });
    expect(await bench.move(one, { to: 'retry', id: tried })).toEqual({ ok: true });
    expect(await bench.offered()).toEqual([tried]);
  });

  test('maintenance: nothing goes between two moments, and then it goes by itself', async () => {
    const id = await bench.put(one);
    const around = (from: number, until: number) => {
      const moment = (ms: number) => new Date(Date.now() + ms).toISOString();
      return ask({ to: 'window', from: moment(from), until: moment(until) });
    };
    await around(-60_000, 60_000);
    expect(await bench.offered()).toEqual([]);
    await around(-60_000, -1_000);
    expect(await bench.offered()).toEqual([id]);
    await around(60_000, 120_000);
    expect(await claim(at.store, await bench.due(id), 60_000)).toMatchObject({ id });
  });

  test('down: one probe at a time whose patience never runs out; the first receipt ends it, and patience begins anew', async () => {
    const ids = [await bench.put(one), await bench.put(two), await bench.put(one, { recipient: 'other' })];
    await bench.offered();
    const first = await bench.claimed(ids[0] ?? '');
    expect(first.waitingSince).toEqual(at.now);
    await at.owner.query(`update delivery set state = 'pending', queued_at = null, lease_until = null`);
    await at.owner.query(`update delivery set trying_since = '2026-01-01'`);
    await ask({ to: 'down' });
    expect(await bench.offered()).toEqual([ids[0]]);
    expect(await bench.offered()).toEqual([]);
    const probe = await bench.claimed(ids[0] ?? '');
    expect(probe.waitingSince).toEqual(at.now);
    expect(await bench.move(one, bench.landing(probe))).toEqual({ ok: true });
    expect(await bench.offered()).toEqual([ids[1], ids[2]]);
    const next = await bench.claimed(ids[1] ?? '');
    expect(next.waitingSince.getTime()).toBeGreaterThan(Date.parse('2026-06-01'));
  });
});

describe('what a person does with a delivery', () => {
  test('set aside it goes nowhere and no retry moves it; released it goes, with the same message id', async () => {
    const id = await bench.put(one);
    const messageOf = async () =>
      (await at.owner.query<{ message_id: string }>('select message_id from delivery where id = $1', [id])).rows[0];
    const message = await messageOf();
    expect(await bench.move(one, { to: 'parked', id, reason: 'parked' })).toEqual({ ok: true });
    expect(await bench.offered()).toEqual([]);
    expect(await bench.move(one, { to: 'retry', id })).toEqual({ ok: false, why: 'stale' });
    expect(await bench.move(one, { to: 'parked', id, reason: 'to-call' })).toEqual({ ok: true });
    expect(await bench.look(id)).toMatchObject({ state: 'held', reason: 'to-call' });
    expect(await bench.move(one, { to: 'released', id })).toEqual({ ok: true });
    expect(await bench.move(one, { to: 'released', id })).toEqual({ ok: false, why: 'stale' });
    expect(await bench.offered()).toEqual([id]);
    expect(await messageOf()).toEqual(message);
  });

  test('what is under way is not set aside', async () => {
    const id = await bench.put(one);
    await bench.offered();
    await bench.claimed(id);
    expect(await bench.move(one, { to: 'parked', id, reason: 'parked' })).toEqual({ ok: false, why: 'stale' });
  });
});

describe('the lists', () => {
  /** `landed` that are there and over, and `failed` that wait, a minute apart; one in fifty elsewhere. */
  async function fill(landed: number, failed: number): Promise<void> {
    await at.owner.query(
      `insert into delivery (practice_id, journey_id, message_id, kind, destination, recipient, state, attempts, next_at, landed_at, proof,
                             failure_code, created_at)
       select 'de-brink', case when n % 2 = 0 then $1::uuid else $2::uuid end, gen_random_uuid(), case when n % 3 = 0 then 'notify' else 'feedback' end,
              case when n % 50 = 0 then 'mail' else $3 end, 'de-brink', case when n > $4::int then 'held' else 'landed' end, 1, now(),
              case when n <= $4::int then now() end, case when n <= $4::int then 'record' end,
              case when n > $4::int then (array['rejected', 'unreachable', 'certificate'])[n % 3 + 1] end,
              timestamptz '2026-11-01' + n * interval '1 minute'
         from generate_series(1, $4::int + $5::int) n`,
      [one, two, brink, landed, failed],
    );
    await at.owner.query('analyze delivery');
  }

  test('go page by page, oldest first, each row once, whatever they are narrowed to', async () => {
    await fill(40, 130);
    const filter: QueueFilter = { states: ['held'], codes: ['rejected', 'certificate'] };
    const seen: string[] = [];
    for (let after: { at: Date; id: string } | undefined, pages = 0; pages < 10; pages += 1) {
      const page = await listQueue(at.store, filter, 30, after);
      seen.push(...page.map((row) => row.id));
      const last = page.at(-1);
      if (!last || page.length < 30) break;
      after = { at: last.createdAt, id: last.id };
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(await queueIds(at.store, filter, 1_000));
    expect(seen.length).toBe(await countQueue(at.store, filter, 1_000));
    expect(await countQueue(at.store, filter, 7)).toBe(7);
    const counts = await countOpen(at.store);
    expect(counts.reduce((sum, row) => sum + row.count, 0)).toBe(130);
    expect(counts.every((row) => row.state === 'held')).toBe(true);
  });

  test('are found by number, Wally, practice, control id and message id; another practice has none', async () => {
    await fill(4, 6);
    const { rows } = await at.owner.query<{ number: string; owner_id: string; control_id: string; message_id: string }>(
      `select j.number, j.owner_id, i.control_id, d.message_id from journey j join inbound i on i.journey_id = j.id
         join delivery d on d.journey_id = j.id where j.id = $1 order by d.id limit 1`,
      [one],
    );
    const found = rows[0];
    if (!found) throw new Error('nothing to look for');
    const ids = (filter: QueueFilter) => queueIds(at.store, filter, 100);
    expect(await ids({ number: found.number })).toHaveLength(5);
    expect(await ids({ control: found.message_id })).toHaveLength(1);
    expect((await ids({ control: found.control_id })).length).toBeGreaterThanOrEqual(5);
    expect(await ids({ owner: found.owner_id })).toHaveLength(10);
    expect(await ids({ practice: 'de-brink', kinds: ['notify'] })).toHaveLength(3);
    expect(await ids({ practice: 'zuidrand' })).toEqual([]);
    expect(await ids({ before: new Date('2026-11-01T00:03:30Z') })).toHaveLength(3);
    const [lane] = await listLanes(at.store, { number: found.number }, 10);
    expect(lane).toMatchObject({ number: found.number, stuck: { state: 'held' } });
    expect(lane?.receivedAt).toEqual(lane?.committedAt);
  });

  test('of referrals that have not ended: by their work or by what is still to be sent, each once, page by page', async () => {
    await fill(4, 6);
    const ended = (ids: readonly string[]) =>
      at.owner.query(`update journey set task_status = case when id = any($1) then 'completed' else 'requested' end`, [
        ids,
      ]);
    const pageAfter = async (after?: { at: Date; id: string }) => listLanes(at.store, { open: true }, 1, after);
    const walk = async () => {
      const seen: string[] = [];
      for (let [lane] = await pageAfter(); lane; [lane] = await pageAfter({ at: lane.committedAt, id: lane.journey }))
        seen.push(lane.journey);
      return seen;
    };
    const all = await walk();
    expect(new Set(all)).toEqual(new Set([one, two]));
    expect(all).toHaveLength(2);
    await ended([one, two]);
    expect(await walk()).toEqual(all);
    await at.owner.query(
      `update delivery set state = 'abandoned', reason = 'no-longer-needed' where journey_id = $1 and state = 'held'`,
      [one],
    );
    expect(await walk()).toEqual([two]);
    await ended([two]);
    expect(await walk()).toEqual(all);
  });

  test('walk an index in its own order, with thousands that landed beside what waits', async () => {
    await fill(6_000, 300);
    const plan = async (filter: QueueFilter) => {
      const { text, values } = written(queuePage(filter, 50));
      const { rows } = await at.store.pool.query<{ 'QUERY PLAN': string }>(
        `explain (analyze, costs off, timing off) ${text}`,
        values,
      );
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    };
    const filters: readonly (readonly [QueueFilter, RegExp])[] = [
      [{ states: ['held'] }, /delivery_by_state|delivery_open/],
      [{ states: ['landed'] }, /delivery_by_state|delivery_by_time/],
      [{ states: ['landed'], destination: brink }, /delivery_by_destination|delivery_by_state|delivery_by_time/],
      [{ codes: ['certificate'] }, /delivery_in_error|delivery_open/],
      [{ control: '00000000-0000-7000-8000-000000000001' }, /delivery_by_message/],
    ];
    for (const [filter, index] of filters) {
      const text = await plan(filter);
      expect(text).toMatch(index);
      expect(text).not.toMatch(/Seq Scan on delivery d/);
    }
    const { rows } = await at.store.pool.query<{ 'QUERY PLAN': string }>(
      `explain (costs off) select destination, state, failure_code, count(*) from delivery
        where state in ('pending', 'queued', 'sent', 'held') group by 1, 2, 3`,
    );
    // What has landed is not looked at to count what is open.
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/delivery_open|delivery_by_state/);
  });
});

test('every open referral is walked once, however many came at one moment', async () => {
  const { rows } = await at.owner.query<{ id: string }>(
    `insert into journey (practice_id, id, number, practice_referral_system, practice_referral_id, referral_hash, task_id, task_status,
       business_status, assignment, owner_id, team_id, route, priority, life_areas, age_band, unsafe_contact, authored_on, call_before,
       received_at, updated_at, family_hmac, birth_date_hmac)
     select 'de-brink', gen_random_uuid(), 'walked' || n, 's', 'r' || n, '\\x', gen_random_uuid(), case when n % 9 = 0 then 'completed' else 'accepted' end,
       'new', 1, 'w', 't', 'fixed', 'routine', '{}', 'adult', false, now(), now(), timestamptz '2026-11-01' + n / 900 * interval '1 hour', now(), '\\x', '\\x'
       from generate_series(1, 2700) n returning case when task_status = 'completed' then null else id end as id`,
  );
  const open = rows.flatMap(({ id }) => id ?? []);
  const walked = (await Array.fromAsync(openJourneys(at.store))).map((one) => one.journey);
  expect(new Set(walked).size).toBe(walked.length);
  expect(open.filter((id) => !walked.includes(id))).toEqual([]);
  expect(walked.length).toBeGreaterThanOrEqual(2_400);
});
