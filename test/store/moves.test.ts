import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { claim } from '../../src/store/outbox/outbox.ts';
import type { TestStore } from '../doubles/database.ts';
import { type OutboxBench, openOutboxBench } from './outbox-bench.ts';

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

describe('what happens to a delivery', () => {
  test('held is tried again by a person, at once, as a new generation; landed never', async () => {
    const id = await bench.put(one);
    await bench.offered();
    const held = await bench.claimed(id);
    await bench.move(one, { to: 'held', id, lease: held.lease, code: 'rejected', ambiguous: false });
    expect(await bench.move(one, { to: 'retry', id })).toEqual({ ok: true });
    expect(await bench.look(id)).toMatchObject({ state: 'pending', generation: 2 });
    expect(await bench.offered()).toEqual([id]);
    expect(await bench.move(one, bench.landing(await bench.claimed(id)))).toEqual({ ok: true });
    expect(await bench.move(one, { to: 'retry', id })).toEqual({ ok: false, why: 'stale' });
    expect(await bench.move(one, { to: 'abandoned', id, reason: 'too late' })).toEqual({ ok: false, why: 'stale' });
  });

  test('retry and giving up wait for an attempt that is under way', async () => {
    const id = await bench.put(one);
    await bench.offered();
    const working = await bench.claimed(id);
    expect(await bench.move(one, { to: 'abandoned', id, reason: 'by a person' })).toEqual({ ok: false, why: 'stale' });
    expect(await bench.move(one, { to: 'retry', id })).toEqual({ ok: true });
    expect(await bench.offered()).toEqual([]);
    expect(await bench.move(one, bench.landing(working))).toEqual({ ok: true });
    expect(await bench.offered()).toEqual([]);
  });

  test('a failed one comes again at its time, with its code and its doubt', async () => {
    const id = await bench.put(one);
    await bench.offered();
    const failing = await bench.claimed(id);
    await bench.move(one, {
      to: 'pending',
      id,
      lease: failing.lease,
      code: 'timeout',
      ambiguous: true,
      retryInMs: 3_600_000,
    });
    expect(await bench.offered()).toEqual([]);
    await at.owner.query('update delivery set next_at = now() where id = $1', [id]);
    expect(await bench.offered()).toEqual([id]);
    expect(await bench.claimed(id)).toMatchObject({ ambiguous: true });
  });

  test('sent is looked at again, as an ambiguous one, until it landed', async () => {
    const id = await bench.put(one);
    await bench.offered();
    const first = await bench.claimed(id);
    expect(await bench.move(one, bench.sending(first, 0))).toEqual({ ok: true });
    expect(await bench.look(id)).toMatchObject({ state: 'sent', proof: 'application', leased: false });
    // The job of the first round is of an older generation.
    expect(await claim(at.store, { id, generation: 0 }, 60_000)).toBeUndefined();
    expect(await bench.offered()).toEqual([id]);
    const again = await bench.claimed(id);
    expect(again).toMatchObject({ ambiguous: true, attempts: 2 });
    expect(await bench.move(one, bench.landing(again))).toEqual({ ok: true });
  });

  test('everything of some kinds of a journey is given up, but what is under way or has landed', async () => {
    const [landed, working, waiting] = [
      await bench.put(one),
      await bench.put(one, { recipient: 'b' }),
      await bench.put(one, { recipient: 'c' }),
    ];
    const [otherKind, otherJourney] = [await bench.put(one, { kind: 'notify', recipient: 'd' }), await bench.put(two)];
    await bench.offered();
    await bench.move(one, bench.landing(await bench.claimed(landed)));
    await bench.claimed(working);
    expect(await bench.move(one, { to: 'abandon-all', kinds: ['feedback'], reason: 'withdrawn' })).toEqual({
      ok: true,
    });
    const states = await Promise.all(
      [landed, working, waiting, otherKind, otherJourney].map(async (id) => (await bench.look(id)).state),
    );
    expect(states).toEqual(['landed', 'queued', 'abandoned', 'queued', 'queued']);
    expect(await bench.look(waiting)).toMatchObject({ reason: 'withdrawn' });
  });
});
