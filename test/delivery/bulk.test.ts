import { afterAll, beforeAll, expect, test } from 'vitest';
import { workBulk } from '../../src/delivery/bulk.ts';
import { claimAll, type Due, offerDue } from '../../src/store/outbox/outbox.ts';
import { readJob } from '../../src/store/queue/bulk.ts';
import { queueIds } from '../../src/store/queue/list.ts';
import { brink, type OutboxBench, openOutboxBench } from '../store/outbox-bench.ts';

const many = 2_000;
let bench: OutboxBench;
beforeAll(async () => {
  bench = await openOutboxBench();
  await bench.fresh();
  const { owner } = bench.at;
  // Each has its own receiver: order within one referral is another test's.
  await owner.query(
    `insert into delivery (practice_id, journey_id, message_id, kind, destination, recipient, state, attempts, next_at, failure_code, created_at)
     select 'de-brink', $1, gen_random_uuid(), 'feedback', $2, 'r' || n, 'held', 1, now(), 'rejected', now()
       from generate_series(1, $3::int) n`,
    [bench.one, brink, many],
  );
  await owner.query('update destination set max_inflight = 5000 where id = $1', [brink]);
});
afterAll(() => bench.close());

const audit = {
  event: 'bulk-started',
  at: '2026-11-23T09:00:00Z',
  actor: { id: 'admin-region', role: 'administrator' },
  action: 'U',
  outcome: 'ok',
  purpose: 'SYSADMIN',
} as const;

async function begin(deliveries: readonly string[]): Promise<string> {
  const { store } = bench.at;
  const id = store.newId();
  const by = { id: 'admin-region', role: 'administrator' };
  const move = {
    to: 'job-started',
    id,
    action: 'retry',
    reason: 'mended there',
    by,
    at: audit.at,
    deliveries,
  } as const;
  expect(await store.commit({ scope: { practice: '' }, queue: [move], audit: [audit] })).toEqual({ ok: true });
  return id;
}
const turn = (to: 'job-stopped' | 'job-resumed', id: string) =>
  bench.at.store.commit({ scope: { practice: '' }, queue: [{ to, id }], audit: [] });

/** Begins an attempt for whatever is due, as relay and workers do; gives the message ids. */
async function sendAll(): Promise<string[]> {
  const { store } = bench.at;
  const sent: string[] = [];
  for (;;) {
    const due: Due[] = [];
    if ((await offerDue(store, async (some) => void due.push(...some), 5_000)) === 0) return sent;
    const claimed = (
      await claimAll(
        store,
        due.map((one) => ({ due: one, leaseMs: 60_000 })),
      )
    ).filter((one) => one !== undefined);
    sent.push(...claimed.map((held) => held.messageId));
  }
}

test('two thousand are tried again as one job: stopped halfway, gone on with by two at once, and none is sent twice', async () => {
  const { store, owner } = bench.at;
  const ids = await queueIds(store, { codes: ['rejected'] }, many);
  expect(ids).toHaveLength(many);
  // Someone was earlier with one of them, and one was set aside: these are left alone.
  await bench.move(bench.one, { to: 'abandoned', id: ids[5] ?? '', reason: 'by-phone' });
  const job = await begin(ids);
  await bench.move(bench.one, { to: 'parked', id: ids[1_990] ?? '', reason: 'parked' });
  await workBulk({ store }, 5);
  expect(await readJob(store, job)).toMatchObject({ total: many, done: 999, skipped: 1, state: 'running' });
  // A worker that has its chunk in hand when the stop comes does not do it.
  const [, stopped] = await Promise.all([turn('job-stopped', job), workBulk({ store })]);
  const halfway = await readJob(store, job);
  expect(halfway).toMatchObject({ state: 'stopped', skipped: 1 });
  expect(halfway?.done).toBe(999 + stopped);
  expect(halfway?.done).toBeLessThan(many);
  expect(await workBulk({ store })).toBe(0);
  const first = await sendAll();
  expect(first).toHaveLength(halfway?.done ?? 0);
  await turn('job-resumed', job);
  await Promise.all([workBulk({ store }), workBulk({ store })]);
  expect(await readJob(store, job)).toMatchObject({ done: many - 2, skipped: 2 });
  const sent = [...first, ...(await sendAll())];
  expect(sent).toHaveLength(many - 2);
  expect(new Set(sent).size).toBe(many - 2);
  const { rows } = await owner.query<{ lines: number; attempts: number; messages: number }>(
    `select (select count(*) from audit where line like '%"delivery-retried"%') as lines,
            (select count(*) from attempt) as attempts, (select count(distinct message_id) from delivery) as messages`,
  );
  expect(rows[0]).toEqual({ lines: many - 2, attempts: many - 2, messages: many });
}, 60_000);
