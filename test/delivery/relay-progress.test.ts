import { expect, test } from 'vitest';
import type { DeliveryQueue } from '../../src/delivery/queue.ts';
import { startRelay } from '../../src/delivery/relay.ts';
import { openLog } from '../../src/log.ts';
import { openClient } from '../../src/store/database.ts';
import { openTestStore } from '../doubles/database.ts';
import { until } from '../doubles/made.ts';

test('a relay that holds the lock and makes no progress is not healthy, until it moves again', async () => {
  const at = await openTestStore();
  let hangs: Promise<void> | undefined;
  let rounds = 0;
  let nowMs = 0;
  // The only part of a queue that a round asks for when nothing is due: here it can be made to hang.
  const queue = {
    epoch: async () => {
      rounds += 1;
      await hangs;
      return 'epoch';
    },
  } as unknown as DeliveryQueue;
  const relay = startRelay({
    store: at.store,
    queue,
    log: openLog('silent'),
    newClient: () => openClient(at.connection, 'kortelijn_app'),
    elapsed: () => nowMs,
  });
  const roundAt = async (ms: number) => {
    const before = rounds;
    nowMs = ms;
    relay.kick();
    await until('a round asked the queue', () => rounds > before);
  };
  const gate = Promise.withResolvers<void>();
  try {
    await until('the first round asked the queue', () => rounds > 0);
    await roundAt(2_000);
    expect(relay.healthy()).toBe(true);
    hangs = gate.promise;
    await roundAt(60_000);
    nowMs = 120_000;
    expect(relay.healthy()).toBe(false);
    expect(relay.sinceRoundS()).toBeGreaterThanOrEqual(60);
    hangs = undefined;
    gate.resolve();
    await until('it moves again', () => relay.healthy());
  } finally {
    gate.resolve();
    await relay.stop();
    await at.close();
  }
});
