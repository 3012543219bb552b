import { v7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openPool } from '../../src/store/database.ts';
import { masterKeyFrom } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import {
  type Claimed,
  claim,
  type Due,
  offerDue,
  putBackAllQueued,
  reconcile,
  untilNextDue,
} from '../../src/store/outbox/outbox.ts';
import type { TestStore } from '../doubles/database.ts';
import { until } from '../doubles/made.ts';
import { brink, type OutboxBench, openOutboxBench } from './outbox-bench.ts';

let bench: OutboxBench;
let at: TestStore;
let one: string;
let two: string;
beforeAll(async () => {
  bench = await openOutboxBench();
  ({ at, one, two } = bench);
});
beforeEach(() => bench.fresh());
afterAll(() => bench.close());

describe('what is offered to the queue', () => {
  test('what is due, once; when the queue refuses, nothing is marked and the same job comes again', async () => {
    const ids = [await bench.put(one), await bench.put(two)];
    const later = await bench.put(two, { recipient: 'other', delayMs: 3_600_000 });
    const refused: Due[] = [];
    const no = offerDue(at.store, async (jobs) => {
      refused.push(...jobs);
      throw new Error('the queue is away');
    });
    await expect(no).rejects.toThrow('the queue is away');
    expect(refused.map((job) => job.id)).toEqual(ids);
    for (const id of ids) expect(await bench.look(id)).toMatchObject({ state: 'pending', generation: 0 });
    const again: Due[] = [];
    expect(await offerDue(at.store, async (jobs) => void again.push(...jobs))).toBe(2);
    expect(again).toEqual(refused);
    expect(await bench.offered()).toEqual([]);
    expect(await bench.look(later)).toMatchObject({ state: 'pending' });
    expect(await untilNextDue(at.store)).toBeGreaterThan(3_000_000);
  });

  test('no more than the window of a destination; another destination is not kept waiting', async () => {
    await at.owner.query(`update destination set max_inflight = 3 where id = $1`, [brink]);
    const full: string[] = [];
    for (let n = 0; n < 8; n += 1) full.push(await bench.put(n % 2 ? one : two, { recipient: `r${n}` }));
    const elsewhere = await bench.put(one, { destination: 'mail', recipient: 'wally-sanne' });
    expect(await bench.offered()).toEqual([...full.slice(0, 3), elsewhere]);
    expect(await bench.offered()).toEqual([]);
    const first = await bench.claimed(full[0] ?? '');
    expect(await bench.offered()).toEqual([]);
    expect(await bench.move(two, bench.landing(first))).toEqual({ ok: true });
    expect(await bench.offered()).toEqual([full[3]]);
  });

  test('a paused destination and an open breaker: nothing, or one to try', async () => {
    const ids = [await bench.put(one), await bench.put(two)];
    await at.owner.query(`update destination set paused = true where id = $1`, [brink]);
    expect(await bench.offered()).toEqual([]);
    await at.owner.query(
      `update destination set paused = false, breaker = 'open', open_until = now() + interval '1 minute' where id = $1`,
      [brink],
    );
    expect(await bench.offered()).toEqual([]);
    await at.owner.query(`update destination set open_until = now() where id = $1`, [brink]);
    expect(await bench.offered()).toEqual([ids[0]]);
    expect(await bench.offered()).toEqual([]);
  });

  test('in order per receiver and journey: a later one waits until the earlier was sent, is held, or given up', async () => {
    const [first, second, third] = [await bench.put(one), await bench.put(one), await bench.put(one)];
    const beside = await bench.put(two);
    expect(await bench.offered()).toEqual([first, beside]);
    const held = await bench.claimed(first);
    expect(
      await bench.move(one, { to: 'held', id: first, lease: held.lease, code: 'rejected', ambiguous: false }),
    ).toEqual({
      ok: true,
    });
    expect(await bench.offered()).toEqual([]);
    expect(await bench.move(one, { to: 'abandoned', id: first, reason: 'by a person' })).toEqual({ ok: true });
    expect(await bench.offered()).toEqual([second]);
    expect(await bench.move(one, bench.sending(await bench.claimed(second), 60_000))).toEqual({ ok: true });
    expect(await bench.offered()).toEqual([third]);
  });

  test('two relays at one moment never offer the same delivery', async () => {
    const pool = openPool(at.connection, 'kortelijn_app', 4);
    const other = openStore(pool, masterKeyFrom(Buffer.alloc(32, 7)), () => at.now, v7);
    for (let n = 0; n < 20; n += 1) await bench.put(one, { recipient: `r${n}` });
    const both = await Promise.all(
      [at.store, other].map(async (store) => {
        const ids: string[] = [];
        await offerDue(store, async (jobs) => void ids.push(...jobs.map((job) => job.id)));
        return ids;
      }),
    );
    expect(new Set(both.flat()).size).toBe(both.flat().length);
    expect(both.flat().length).toBe(20);
    await pool.end();
  });
});

describe('a lease', () => {
  test('is for one; another generation and another holder find nothing to do', async () => {
    const id = await bench.put(one);
    await bench.offered();
    const now = await bench.due(id);
    const claims = await Promise.all(Array.from({ length: 6 }, () => claim(at.store, now, 60_000)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(claims.find(Boolean)).toMatchObject({
      id,
      attempts: 1,
      ambiguous: false,
      practice: 'de-brink',
      bestProof: 'record',
    });
    expect(await claim(at.store, { id, generation: now.generation + 1 }, 60_000)).toBeUndefined();
    expect(await bench.look(id)).toMatchObject({ attempts: 1, leased: true });
  });

  test('a job that runs before the relay has committed waits for it, and does not miss its delivery', async () => {
    const id = await bench.put(one);
    let early: Promise<Claimed | undefined> | undefined;
    await offerDue(at.store, async ([job]) => {
      early = job && claim(at.store, job, 60_000);
      await until('the claim waits', async () => {
        const { rowCount } = await at.owner.query(
          `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%update delivery%' and datname = current_database()`,
        );
        return rowCount === 1;
      });
    });
    expect(await early).toMatchObject({ id, attempts: 1 });
    expect(await bench.look(id)).toMatchObject({ state: 'queued', leased: true });
  });

  test('that ran out is taken over, in doubt; the old holder can settle nothing any more', async () => {
    const id = await bench.put(one);
    await bench.offered();
    const dead = await bench.claimed(id);
    await bench.expire(id);
    const next = await bench.claimed(id);
    expect(next).toMatchObject({ attempts: 2, ambiguous: true });
    expect(next.lease).not.toBe(dead.lease);
    for (const late of [
      bench.landing(dead),
      bench.sending(dead, 0),
      { to: 'held' as const, id, lease: dead.lease, code: 'x', ambiguous: false },
    ]) {
      expect(await bench.move(one, late)).toEqual({ ok: false, why: 'stale' });
    }
    expect(await bench.move(one, bench.landing(next))).toEqual({ ok: true });
    expect(await bench.move(one, bench.landing(next))).toEqual({ ok: false, why: 'stale' });
    expect(await bench.look(id)).toMatchObject({ state: 'landed', proof: 'record' });
    const { rows } = await at.owner.query('select number, lease from attempt where delivery_id = $1 order by number', [
      id,
    ]);
    expect(rows).toEqual([
      { number: 1, lease: dead.lease },
      { number: 2, lease: next.lease },
    ]);
  });

  test('that ran out unnoticed still settles: nobody else was sent', async () => {
    const id = await bench.put(one);
    await bench.offered();
    const slow = await bench.claimed(id);
    await bench.expire(id);
    expect(await bench.move(one, bench.landing(slow))).toEqual({ ok: true });
  });
});

describe('what the queue lost', () => {
  const queue = (epoch: string, ...known: string[]) => ({ epoch, known: async () => new Set(known) });

  test('another epoch: everything queued goes back at once, but what is under way stays', async () => {
    const [lost, working] = [await bench.put(one), await bench.put(two)];
    await bench.offered();
    await reconcile(at.store, queue('first'), 60_000);
    await bench.offered();
    await bench.claimed(working);
    expect(await reconcile(at.store, queue('first', lost), 60_000)).toBe(0);
    expect(await reconcile(at.store, queue('second'), 60_000)).toBe(1);
    expect(await bench.look(lost)).toMatchObject({ state: 'pending', generation: 2, ambiguous: false });
    expect(await bench.look(working)).toMatchObject({ state: 'queued', leased: true });
    expect(await bench.offered()).toEqual([lost]);
  });

  test('a job that the queue does not know goes back after a while; one it knows waits', async () => {
    const [known, lost] = [await bench.put(one), await bench.put(two)];
    await reconcile(at.store, queue('same'), 0);
    await bench.offered();
    expect(await reconcile(at.store, queue('same', known), 60_000)).toBe(0);
    expect(await reconcile(at.store, queue('same', known), 0)).toBe(1);
    expect(await bench.look(lost)).toMatchObject({ state: 'pending', generation: 1 });
    expect(await bench.look(known)).toMatchObject({ state: 'queued', generation: 0 });
    const stale = await claim(at.store, { id: lost, generation: 0 }, 60_000);
    expect(stale).toBeUndefined();
  });

  test('a crashed attempt goes back when its lease has run out, in doubt, whatever the queue knows', async () => {
    const id = await bench.put(one);
    await reconcile(at.store, queue('same'), 0);
    await bench.offered();
    await bench.claimed(id);
    expect(await reconcile(at.store, queue('same', id), 0)).toBe(0);
    await bench.expire(id);
    expect(await reconcile(at.store, queue('same', id), 0)).toBe(1);
    expect(await bench.look(id)).toMatchObject({ state: 'pending', generation: 1, ambiguous: true });
    expect(await bench.offered()).toEqual([id]);
    expect(await bench.claimed(id)).toMatchObject({ attempts: 2, ambiguous: true });
  });

  test('a new relay puts back what the one before it left half done', async () => {
    const [left, working] = [await bench.put(one), await bench.put(two)];
    await bench.offered();
    await bench.claimed(working);
    expect(await putBackAllQueued(at.store)).toBe(1);
    expect(await bench.look(left)).toMatchObject({ state: 'pending', generation: 1 });
  });
});
