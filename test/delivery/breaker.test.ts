import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openForMs, verdictOf } from '../../src/delivery/breaker.ts';
import { Failure, fromNetwork, fromStatus } from '../../src/delivery/failure.ts';
import { theLine } from '../../src/referral/actor.ts';
import type { DeliveryMove } from '../../src/referral/delivery-move.ts';
import { listDestinations, moveDestination } from '../../src/store/outbox/destinations.ts';
import { type Claimed, claimAll, untilNextDue } from '../../src/store/outbox/outbox.ts';
import { brink, type OutboxBench, openOutboxBench } from '../store/outbox-bench.ts';

describe('for how long it opens', () => {
  test('longer each time in a row, from two seconds to five minutes, and never twice alike for two destinations', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(chance, (random) => {
        const times = openForMs(random);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        expect(new Set(times).size).toBe(times.length);
        expect(times[0]).toBeGreaterThanOrEqual(1_000);
        expect(times[0]).toBeLessThanOrEqual(2_000);
        expect(times.at(-1)).toBeGreaterThanOrEqual(150_000);
        expect(times.at(-1)).toBeLessThanOrEqual(300_000);
      }),
    );
    expect(openForMs(0.2)).not.toEqual(openForMs(0.7));
  });
});

describe('what a failure says about the destination', () => {
  const strike = { strike: { opensAt: 5, openForMs: openForMs(0.5) } };
  test.each([
    ['unreachable', fromNetwork('ECONNREFUSED', 'Error'), strike],
    ['no answer in time', fromNetwork(undefined, 'TimeoutError'), strike],
    ['a cut connection', fromNetwork('ECONNRESET', 'Error'), strike],
    ['500', fromStatus(500, undefined), strike],
    ['401: our credential, for all of it', fromStatus(401, undefined), strike],
    ['503 without a moment', fromStatus(503, undefined), strike],
    ['503 with Retry-After: counts, and they named the moment', fromStatus(503, 90_000), { ...strike, holdMs: 90_000 }],
    ['429 with Retry-After: they live, they named the moment', fromStatus(429, 90_000), { holdMs: 90_000 }],
    ['429 without: a moment of ours', fromStatus(429, undefined), { holdMs: 5_000 }],
    ['a no to this one message', fromStatus(422, undefined), {}],
    ['an address that is wrong', fromStatus(404, undefined), {}],
    ['a bug of ours', new Failure('ambiguous', 'fault'), {}],
  ])('%s', (_, failure, expected) => {
    expect(verdictOf(failure, 0.5)).toEqual(expected);
  });
});

describe('a destination in the record', () => {
  let bench: OutboxBench;
  beforeAll(async () => {
    bench = await openOutboxBench();
  });
  beforeEach(() => bench.fresh());
  afterAll(() => bench.close());

  const openFor = [60_000, 600_000, 6_000_000];
  const failing = (held: Claimed, more: Partial<DeliveryMove> = {}): DeliveryMove =>
    ({
      to: 'pending',
      id: held.id,
      lease: held.lease,
      code: 'unreachable',
      ambiguous: false,
      retryInMs: 0,
      strike: { opensAt: 3, openForMs: openFor },
      ...more,
    }) as DeliveryMove;
  const seen = async () => {
    const { rows } = await bench.at.owner.query<{
      breaker: string;
      fails: number;
      openings: number;
      openS: number | null;
      holdS: number | null;
    }>(
      `select breaker, fails, openings, round(extract(epoch from open_until - now()))::int as "openS",
              round(extract(epoch from hold_until - now()))::int as "holdS" from destination where id = $1`,
      [brink],
    );
    return rows[0];
  };
  const timeIsUp = () =>
    bench.at.owner.query(
      `update destination set open_until = case when open_until is not null then now() end,
              hold_until = case when hold_until is not null then now() end where id = $1`,
      [brink],
    );
  /** Deliveries under way, each of a receiver of its own, so that no order binds them. */
  const underWay = async (count: number) => {
    const ids: string[] = [];
    for (let n = 0; n < count; n += 1) ids.push(await bench.put(n % 2 ? bench.one : bench.two, { recipient: `r${n}` }));
    expect(await bench.offered()).toEqual(ids);
    return Promise.all(ids.map((id) => bench.claimed(id)));
  };
  const fail = async (...held: Claimed[]) => {
    for (const one of held) expect(await bench.move(bench.one, failing(one))).toEqual({ ok: true });
  };

  test('opens at the last failure of a row; then nothing goes, and then one', async () => {
    const [a, b, c] = (await underWay(3)) as [Claimed, Claimed, Claimed];
    await fail(a, b);
    expect(await seen()).toMatchObject({ breaker: 'closed', fails: 2, openings: 0, openS: null });
    await fail(c);
    expect(await seen()).toMatchObject({ breaker: 'open', openings: 1, openS: 60 });
    expect(await bench.offered()).toEqual([]);
    // The relay sleeps until then, and no longer, however long something has been due.
    await bench.at.owner.query(`update delivery set next_at = now() - interval '1 hour'`);
    expect(await untilNextDue(bench.at.store)).toBeGreaterThan(50_000);
    await timeIsUp();
    expect(await bench.offered()).toHaveLength(1);
    expect(await bench.offered()).toEqual([]);
  });

  test('a receipt in between starts the count again', async () => {
    const [a, b, c, d] = (await underWay(4)) as [Claimed, Claimed, Claimed, Claimed];
    await fail(a, b);
    await bench.move(bench.one, bench.landing(c));
    await fail(d);
    expect(await seen()).toMatchObject({ breaker: 'closed', fails: 1 });
  });

  test('each failure in a row leaves fewer under way, down to one', async () => {
    await bench.at.owner.query('update destination set max_inflight = 4');
    for (let n = 0; n < 12; n += 1) await bench.put(bench.one, { recipient: `r${n}` });
    const first = await bench.offered();
    expect(first).toHaveLength(4);
    const held = await Promise.all(first.map((id) => bench.claimed(id)));
    for (const one of held) {
      await bench.move(bench.one, failing(one, { retryInMs: 60_000, strike: { opensAt: 9, openForMs: openFor } }));
    }
    expect(await seen()).toMatchObject({ breaker: 'closed', fails: 4 });
    const [next, ...more] = await bench.offered();
    expect(more).toEqual([]);
    await bench.move(bench.one, bench.landing(await bench.claimed(next ?? '')));
    expect(await bench.offered()).toHaveLength(4);
  });

  test('a probe that fails opens it for longer; one that is received closes it, and all goes on', async () => {
    await fail(...(await underWay(3)));
    for (const [openings, openS] of [
      [2, 600],
      [3, 6_000],
      [4, 6_000],
    ] as const) {
      await timeIsUp();
      const [probe] = await bench.offered();
      await fail(await bench.claimed(probe ?? ''));
      expect(await seen()).toMatchObject({ breaker: 'open', openings, openS });
    }
    await timeIsUp();
    const [probe] = await bench.offered();
    expect(await bench.move(bench.one, bench.landing(await bench.claimed(probe ?? '')))).toEqual({ ok: true });
    expect(await seen()).toEqual({ breaker: 'closed', fails: 0, openings: 0, openS: null, holdS: null });
    expect(await bench.offered()).toHaveLength(2);
  });

  test('what began before it opened and fails after changes nothing', async () => {
    const [a, b, c, ...late] = (await underWay(6)) as [Claimed, Claimed, Claimed, ...Claimed[]];
    await fail(a, b, c);
    const before = await seen();
    await fail(...late);
    expect(await seen()).toMatchObject({ openings: before?.openings, openS: before?.openS });
  });

  test('what was queued before it opened goes back untried, and keeps its place', async () => {
    const held = await underWay(3);
    const waiting = [await bench.put(bench.one, { recipient: 'x' }), await bench.put(bench.two, { recipient: 'y' })];
    expect(await bench.offered()).toEqual(waiting);
    await fail(...held);
    const jobs = await Promise.all(waiting.map((id) => bench.due(id)));
    expect(
      await claimAll(
        bench.at.store,
        jobs.map((due) => ({ due, leaseMs: 1_000 })),
      ),
    ).toEqual([undefined, undefined]);
    for (const id of waiting) {
      expect(await bench.look(id)).toMatchObject({ state: 'pending', generation: 1, attempts: 0, leased: false });
    }
    await timeIsUp();
    // The probe is what has waited longest.
    expect(await bench.offered()).toEqual([waiting[0]]);
    await bench.claimed(waiting[0] ?? '');
  });

  test('of a batch with a receipt and failures, the receipt counts', async () => {
    const held = await underWay(4);
    const [a, ...rest] = held as [Claimed, ...Claimed[]];
    await Promise.all([
      bench.move(bench.one, bench.landing(a)),
      ...rest.map((one) => bench.move(bench.one, failing(one))),
    ]);
    expect((await seen())?.breaker).toBe('closed');
  });

  test('a permanent failure does not count', async () => {
    for (const one of await underWay(4)) {
      const { strike, retryInMs, ...no } = failing(one) as DeliveryMove & { to: 'pending' };
      await bench.move(bench.one, { ...no, to: 'held', code: 'rejected', outcome: 'permanent' });
    }
    expect(await seen()).toMatchObject({ breaker: 'closed', fails: 0 });
  });

  test('that names a moment is left alone until then, all of it; the longest of several counts', async () => {
    const [a, b, c] = (await underWay(3)) as [Claimed, Claimed, Claimed];
    const busy = (held: Claimed, holdMs: number): DeliveryMove => {
      const { strike, ...no } = failing(held) as DeliveryMove & { to: 'pending' };
      return { ...no, code: 'busy', holdMs };
    };
    await bench.move(bench.one, busy(a, 600_000));
    await bench.move(bench.one, busy(b, 60_000));
    // A receipt of what was under way does not shorten it.
    await bench.move(bench.one, bench.landing(c));
    await bench.put(bench.one, { recipient: 'later' });
    expect(await seen()).toMatchObject({ breaker: 'closed', fails: 0, holdS: 600 });
    expect(await bench.offered()).toEqual([]);
    const listed = await listDestinations(bench.at.store);
    expect(listed.find((one) => one.id === brink)?.quietUntil).toBeInstanceOf(Date);
    expect(listed.filter((one) => one.quietUntil)).toHaveLength(1);
    await timeIsUp();
    expect(await bench.offered()).toHaveLength(3);
  });

  describe('under maintenance', () => {
    const audit = {
      event: 'destination-paused',
      at: '2026-11-23T09:00:00Z',
      actor: { id: theLine.id, role: theLine.role },
      action: 'U',
      outcome: 'ok',
      object: brink,
      purpose: 'SYSADMIN',
    } as const;
    const move = (to: 'paused' | 'resumed', id = brink) => moveDestination(bench.at.store, { id, to }, audit);

    test('takes nothing, also not what was queued; keeps its order; and resumes', async () => {
      const first = await bench.put(bench.one);
      const second = await bench.put(bench.one);
      const beside = await bench.put(bench.two);
      expect(await bench.offered()).toEqual([first, beside]);
      expect(await move('paused')).toBe(true);
      const jobs = await Promise.all([first, beside].map((id) => bench.due(id)));
      const claims = await claimAll(
        bench.at.store,
        jobs.map((due) => ({ due, leaseMs: 1_000 })),
      );
      expect(claims).toEqual([undefined, undefined]);
      expect(await bench.offered()).toEqual([]);
      expect((await listDestinations(bench.at.store)).filter((one) => one.paused).map((one) => one.id)).toEqual([
        brink,
      ]);
      expect(await move('resumed')).toBe(true);
      expect(await bench.offered()).toEqual([first, beside]);
      expect(await bench.move(bench.one, bench.landing(await bench.claimed(first)))).toEqual({ ok: true });
      expect(await bench.offered()).toEqual([second]);
      const { rows } = await bench.at.owner.query(
        `select count(*)::int as lines from audit where line::json ->> 'object' = $1`,
        [brink],
      );
      expect(rows[0].lines).toBe(2);
    });

    test('lets an attempt that had begun end', async () => {
      const id = await bench.put(bench.one);
      await bench.offered();
      const held = await bench.claimed(id);
      await move('paused');
      expect(await bench.move(bench.one, bench.landing(held))).toEqual({ ok: true });
    });

    test('starts afresh: breaker and moments forgotten, the full patience for what waits', async () => {
      const day = 86_400_000;
      const start = bench.at.now;
      const [a, b, c] = (await underWay(3)) as [Claimed, Claimed, Claimed];
      await fail(a, b, c);
      await move('paused');
      bench.at.now = new Date(start.getTime() + 8 * day);
      await move('resumed');
      expect(await seen()).toEqual({ breaker: 'closed', fails: 0, openings: 0, openS: null, holdS: null });
      expect(await bench.offered()).toHaveLength(3);
      expect((await bench.claimed(a.id)).waitingSince).toEqual(bench.at.now);
      bench.at.now = start;
    });

    test('of a destination that is not there does nothing', async () => {
      expect(await move('paused', 'practice:nowhere')).toBe(false);
    });
  });

  test('a person who tries again gives it the full patience, and its first moment stays what it was', async () => {
    const start = bench.at.now;
    const [held] = (await underWay(1)) as [Claimed];
    expect(held.waitingSince).toEqual(start);
    await bench.move(bench.one, {
      to: 'held',
      id: held.id,
      lease: held.lease,
      code: 'unreachable',
      ambiguous: false,
    });
    bench.at.now = new Date(start.getTime() + 9 * 86_400_000);
    await bench.move(bench.one, { to: 'retry', id: held.id });
    await bench.offered();
    expect((await bench.claimed(held.id)).waitingSince).toEqual(bench.at.now);
    const { rows } = await bench.at.owner.query('select first_sent_at from delivery where id = $1', [held.id]);
    expect(rows[0].first_sent_at).toEqual(start);
    bench.at.now = start;
  });

  test('the history of an attempt ends with its delivery’s move', async () => {
    const [a, b, c] = (await underWay(3)) as [Claimed, Claimed, Claimed];
    await bench.move(bench.one, bench.landing(a));
    await bench.move(bench.one, failing(b, { outcome: 'ambiguous', code: 'timeout' } as never));
    await bench.move(bench.one, { to: 'abandoned', id: c.id, lease: c.lease, reason: 'superseded' });
    const { rows } = await bench.at.owner.query(
      'select delivery_id::text as id, outcome, failure_code as code, ended_at is not null as ended from attempt order by delivery_id',
    );
    expect(rows).toEqual([
      { id: a.id, outcome: 'record', code: null, ended: true },
      { id: b.id, outcome: 'ambiguous', code: 'timeout', ended: true },
      { id: c.id, outcome: 'superseded', code: null, ended: true },
    ]);
  });

  test('claims that go together: each has its own, none fails for another, and a second wish for one gets nothing', async () => {
    const ids = [await bench.put(bench.one), await bench.put(bench.two)];
    await bench.offered();
    const [a, b] = ids as [string, string];
    const due = (id: string, generation = 0) => ({ due: { id, generation }, leaseMs: 60_000 });
    const claims = await claimAll(bench.at.store, [due(a), due('999999999'), due(b), due(b), due(a, 7)]);
    expect(claims.map((one) => one?.id)).toEqual([
      a,
      undefined,
      ...(claims[2] ? [b, undefined] : [undefined, b]),
      undefined,
    ]);
    expect(await bench.look(b)).toMatchObject({ attempts: 1, leased: true });
    const { rows } = await bench.at.owner.query('select count(*)::int as n from attempt');
    expect(rows[0].n).toBe(2);
  });
});
