import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { DeliveryQueue } from '../../src/delivery/queue.ts';
import { reconcileOnce, relayOnce, startRelay } from '../../src/delivery/relay.ts';
import { openLog } from '../../src/log.ts';
import { openClient } from '../../src/store/database.ts';
import { claim, type Due } from '../../src/store/outbox/outbox.ts';
import type { TestStore } from '../doubles/database.ts';
import { openTestLine, type TestLine } from '../doubles/line.ts';
import { canaries, committed, journeyOf, reportBack, takeIn, until } from '../doubles/made.ts';
import { type OutboxBench, openOutboxBench } from '../store/outbox-bench.ts';

/** Where a kind of queue lives, as a test needs it. */
export interface QueuePlace {
  /** As one process opens it. */
  open(): Promise<DeliveryQueue>;
  /** Its memory is lost while everything runs. */
  forget(): Promise<void>;
  /** Everything that stands in it, keys and values. */
  dump(): Promise<string>;
  close(): Promise<void>;
}

const log = openLog('silent');

/** What every queue must do, whatever it is made of. */
export function queueSuite(placeOf: (at: TestStore) => Promise<QueuePlace>): void {
  let bench: OutboxBench;
  let place: QueuePlace;
  let queue: DeliveryQueue;
  beforeAll(async () => {
    bench = await openOutboxBench();
    place = await placeOf(bench.at);
    queue = await place.open();
  });
  beforeEach(() => bench.fresh());
  afterAll(async () => {
    await queue.close();
    await place.close();
    await bench.close();
  });
  const work = (handle: (due: Due) => Promise<void>, by = queue, concurrency = 5) => {
    const stop = by.work(handle, concurrency);
    onTestFinished(stop);
    return stop;
  };
  const key = (due: Due) => `${due.id}-${due.generation}`;
  let next = 1_000_000;
  /** Ids of no delivery, never used before. */
  const fresh = (count: number): Due[] => Array.from({ length: count }, () => ({ id: String(next++), generation: 0 }));
  const parts = () => ({ store: bench.at.store, queue });

  describe('its rhythm', () => {
    test('beats in one of all processes at a time, goes on when one stops, and survives a duty that fails', async () => {
      const other = await place.open();
      onTestFinished(() => other.close());
      let beats = 0;
      let running = 0;
      let together = 0;
      const duty = async () => {
        running += 1;
        together = Math.max(together, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        beats += 1;
        if (beats === 2) throw new Error('a duty that fails');
      };
      const stopOne = await queue.rhythm(100, duty);
      const stopOther = await other.rhythm(100, duty);
      onTestFinished(stopOther);
      await until('some beats', () => beats >= 4);
      await stopOne();
      const before = beats;
      await until('more beats', () => beats >= before + 2);
      expect(together).toBe(1);
    });
  });

  describe('its jobs', () => {
    test('are given once each, over all workers of all processes', async () => {
      const other = await place.open();
      onTestFinished(() => other.close());
      const got: string[] = [];
      for (const by of [queue, other]) work(async (due) => void got.push(key(due)), by);
      const jobs = fresh(60);
      await queue.add(jobs.slice(0, 40));
      await other.add(jobs.slice(20));
      await until('all of them', () => got.length >= 60);
      expect(got.toSorted()).toEqual(jobs.map(key).toSorted());
    });

    test('that were done are not done again under the same generation, but under the next', async () => {
      const got: string[] = [];
      work(async (due) => void got.push(key(due)));
      const [job] = fresh(1) as [Due];
      await queue.add([job]);
      await until('the first time', () => got.length === 1);
      await queue.add([job, { ...job, generation: 1 }]);
      await until('the next generation', () => got.length > 1);
      expect(got).toEqual([key(job), `${job.id}-1`]);
    });

    test('whose handling fails leave no words behind, and can come again', async () => {
      let times = 0;
      work(async () => {
        times += 1;
        throw new Error(`${canaries.family} ${canaries.bsn}`);
      });
      const [job] = fresh(1) as [Due];
      await queue.add([job]);
      await until('it is gone', async () => times === 1 && (await queue.known([job])).size === 0);
      const all = await place.dump();
      for (const word of [canaries.family, canaries.bsn, 'queue.suite']) expect(all).not.toContain(word);
      await queue.add([job]);
      await until('it came again', () => times === 2);
    });

    test('are known while they wait and while they run, not after', async () => {
      const begun = Promise.withResolvers<void>();
      const end = Promise.withResolvers<void>();
      const [running, waiting, absent] = fresh(3) as [Due, Due, Due];
      await queue.add([running, waiting]);
      const ids = [running.id, waiting.id];
      expect(await queue.known([running, waiting, absent])).toEqual(new Set(ids));
      const done: string[] = [];
      const stop = work(
        async (due) => {
          begun.resolve();
          await end.promise;
          done.push(due.id);
        },
        queue,
        1,
      );
      await begun.promise;
      expect(await queue.known([running, waiting])).toEqual(new Set(ids));
      end.resolve();
      await until('both were done', () => done.length === 2);
      await stop();
      expect(await queue.known([running, waiting])).toEqual(new Set());
    });

    test('that run may end before it stops', async () => {
      const begun = Promise.withResolvers<void>();
      const end = Promise.withResolvers<void>();
      let ended = false;
      const stop = work(async () => {
        begun.resolve();
        await end.promise;
        ended = true;
      });
      await queue.add(fresh(1));
      await begun.promise;
      const stopping = stop();
      end.resolve();
      await stopping;
      expect(ended).toBe(true);
    });
  });

  describe('its epoch', () => {
    test('is one for whoever asks, and another one after its memory was lost', async () => {
      const other = await place.open();
      onTestFinished(() => other.close());
      const first = await queue.epoch();
      expect(first).not.toBe('');
      expect(await Promise.all([queue.epoch(), other.epoch()])).toEqual([first, first]);
      await place.forget();
      const second = await queue.epoch();
      expect(second).not.toBe(first);
      expect(await other.epoch()).toBe(second);
    });

    test('tells that all was lost: what was queued goes back at once, what is under way does not', async () => {
      const [lost, working] = [await bench.put(bench.one), await bench.put(bench.two)];
      await reconcileOnce(parts());
      expect(await relayOnce(parts())).toBe(2);
      await claim(bench.at.store, await bench.due(working), 60_000);
      expect(await reconcileOnce(parts())).toBe(0);
      await place.forget();
      expect(await reconcileOnce(parts())).toBe(1);
      expect(await bench.look(lost)).toMatchObject({ state: 'pending', generation: 1, ambiguous: false });
      expect(await bench.look(working)).toMatchObject({ state: 'queued', generation: 0, leased: true });
    });
  });

  test('loses its memory again and again while the relay and workers go on: everything is sent once', async () => {
    const { store } = bench.at;
    const sent: string[] = [];
    work(async (due) => {
      const held = await claim(store, due, 60_000);
      if (!held) return;
      sent.push(held.id);
      // Of two that delete and write the same rows the database may end one: then it is forgotten at the next try.
      if (sent.length % 15 === 0)
        await until('forgotten', () =>
          place.forget().then(
            () => true,
            () => false,
          ),
        );
      await committed(store, {
        scope: { practice: held.practice },
        journey: held.journey,
        deliveries: [bench.landing(held)],
        audit: [],
      });
      relay.kick();
    });
    const relay = startRelay({
      ...parts(),
      log,
      newClient: () => openClient(bench.at.connection, 'kortelijn_app'),
    });
    onTestFinished(() => relay.stop());
    const ids: string[] = [];
    for (let n = 0; n < 60; n += 1) ids.push(await bench.put(n % 2 ? bench.one : bench.two, { recipient: `r${n}` }));
    relay.kick();
    await until('all have landed', async () => {
      const { rows } = await bench.at.owner.query(`select count(*)::int as n from delivery where state = 'landed'`);
      return rows[0].n === 60;
    });
    expect(sent.toSorted()).toEqual(ids.toSorted());
  });

  describe('a referral and its feedback', () => {
    let line: TestLine;
    let own: QueuePlace;
    beforeAll(async () => {
      line = await openTestLine(async (at) => {
        own = await placeOf(at);
        return own.open();
      });
    });
    afterAll(async () => {
      await line.close();
      await own.close();
    });

    test('travel over it, and nothing of them stands in it', async () => {
      const { store } = line.at;
      const journey = await takeIn(store, { number: 'q-1' });
      await line.drain();
      const letter = await reportBack(store, journey);
      line.his.switches.set({ mode: 'reject' });
      await line.drain();
      const there = await journeyOf(store, journey);
      const { rows } = await line.at.owner.query<{ id: string; state: string }>(
        'select id::text, state from delivery where journey_id = $1 order by id',
        [journey],
      );
      expect(rows.map((row) => row.state)).toEqual(['landed', 'landed', 'held']);
      const all = await own.dump();
      // It did travel over this queue: its deliveries stand there by their numbers.
      for (const { id } of rows) expect(all).toContain(`d-${id}-0`);
      const words = [
        ...Object.values(canaries),
        journey,
        letter,
        there.index.number,
        'de-brink',
        'sanne',
        'q-1',
        'worklist',
        'feedback',
      ];
      for (const word of words) expect([word, all.includes(word)]).toEqual([word, false]);
    });
  });
}
