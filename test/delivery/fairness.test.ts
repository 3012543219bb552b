import type { Endpoint } from '@medplum/fhirtypes';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fhirConnector } from '../../src/connectors/fhir.ts';
import { openOutbound } from '../../src/connectors/outbound.ts';
import { claimsTogether } from '../../src/delivery/batch.ts';
import { type Delivering, deliver } from '../../src/delivery/deliver.ts';
import { type DeliveryQueue, migrateQueue, openPostgresQueue } from '../../src/delivery/queue.ts';
import { type Relay, startRelay } from '../../src/delivery/relay.ts';
import { theLine } from '../../src/referral/actor.ts';
import { openClient } from '../../src/store/database.ts';
import { readDirectoryResource } from '../../src/store/directory.ts';
import { moveDestination } from '../../src/store/outbox/destinations.ts';
import { committed, reportBack, takeIn, until } from '../doubles/made.ts';
import { type Receiver, startReceiver } from '../doubles/receiver.ts';
import { type DeliveryBench, openDeliveryBench } from './delivery-bench.ts';

const dead = 'practice:de-brink';
const healthy = ['zuidrand', 'aan-de-kade'] as const;
const windowOfOne = 4;
const opensAt = 5;

let bench: DeliveryBench;
let queue: DeliveryQueue;
let receiver: Receiver;
let relay: Relay;
let stopWork: () => Promise<void>;
let counter = 0;

const audit = {
  event: 'directory-changed',
  at: '2026-11-23T09:00:00Z',
  actor: { id: theLine.id, role: theLine.role },
  action: 'U',
  outcome: 'ok',
  purpose: 'HOPERAT',
} as const;

beforeAll(async () => {
  bench = await openDeliveryBench();
  const { at, delivering } = bench;
  const owner = new pg.Client(at.connection);
  await owner.connect();
  await migrateQueue(owner, 'kortelijn_app');
  await owner.end();
  receiver = await startReceiver(3_600);
  const endpoint = await readDirectoryResource<Endpoint>(at.store, 'Endpoint', 'his-de-brink');
  if (!endpoint) throw new Error('no endpoint');
  const there = { ...endpoint, address: receiver.url };
  await committed(at.store, {
    scope: { practice: '' },
    directory: [{ resource: there, validFrom: at.now.toISOString() }],
    audit: [audit],
  });
  await at.owner.query(`update destination set best_proof = 'application' where id = $1`, [dead]);
  queue = openPostgresQueue(at.connection, 'kortelijn_app', at.store.pool);
  const hosts = new Set([receiver.host, new URL(bench.his.url).host]);
  // As main does it: one queue, twenty at once. An attempt may take longer than any test here.
  const parts: Delivering = {
    ...delivering,
    connectors: { ...delivering.connectors, fhir: fhirConnector(openOutbound(hosts), at.store.clock) },
    timeoutMs: 600_000,
    claim: claimsTogether(at.store),
  };
  stopWork = queue.work((due) => deliver(parts, due), 20);
  const newClient = () => openClient(at.connection, 'kortelijn_app');
  relay = startRelay({ store: at.store, queue, log: delivering.log, newClient, windowMax: 10 });
});
beforeEach(async () => {
  receiver.mode = 'well';
  await bench.dueNow();
});
afterEach(() => receiver.cut());
afterAll(async () => {
  receiver.cut();
  await relay.stop();
  await stopWork();
  await queue.close();
  await receiver.close();
  await bench.close();
});

/** Feedback of a practice that waits to be sent; its worklist and mails are out of the way. */
async function feedback(count: number, practice: string): Promise<void> {
  const { store, owner } = bench.at;
  await Promise.all(
    Array.from({ length: count }, async () => {
      counter += 1;
      const journey = await takeIn(store, { number: `f-${counter}`, practice });
      await reportBack(store, journey);
    }),
  );
  await owner.query(
    `update delivery set state = 'abandoned', reason = 'test', queued_at = null where kind <> 'feedback' and state in ('pending', 'queued')`,
  );
}

interface Seen {
  readonly destination: string;
  readonly state: string;
  readonly attempts: number;
  readonly count: number;
}
async function seen(destination: string): Promise<readonly Seen[]> {
  relay.kick();
  const { rows } = await bench.at.owner.query<Seen>(
    `select state, attempts, count(*)::int as count from delivery where destination = $1 and kind = 'feedback' group by 1, 2`,
    [destination],
  );
  return rows;
}
const allOf = async (destination: string, ...states: string[]) =>
  (await seen(destination)).every((one) => states.includes(one.state));
/** A practice whose system files letters by itself only when it knows the referral: accepted is as far as these go. */
const healthyDone = async () =>
  (await Promise.all(healthy.map((one) => allOf(`practice:${one}`, 'landed', 'sent')))).every(Boolean);
const breaker = async () => {
  const { rows } = await bench.at.owner.query<{ breaker: string; openings: number; held: boolean; quiet: boolean }>(
    `select breaker, openings, hold_until is not null as held,
            greatest(open_until, hold_until) > now() as quiet from destination where id = $1`,
    [dead],
  );
  return rows[0] ?? { breaker: '', openings: 0, held: false, quiet: false };
};
const timeIsUp = async () => {
  await bench.at.owner.query(
    `update destination set open_until = case when open_until is not null then now() end,
            hold_until = case when hold_until is not null then now() end where id = $1`,
    [dead],
  );
  await dueAgain();
};
/** What failed need not wait for its next try. */
const dueAgain = () =>
  bench.at.owner.query(
    `update delivery set next_at = now() where id in (
       select id from delivery where destination = $1 and state = 'pending' and next_at > now() for update skip locked)`,
    [dead],
  );

describe('a practice that never answers, with a backlog of hundreds', () => {
  test('costs the others nothing; it gets its window and then probes; when it lives again all of it lands, once', async () => {
    await relayAway(async () => {
      await feedback(200, 'de-brink');
      for (const practice of healthy) await feedback(25, practice);
    });
    receiver.mode = 'never';
    const before = receiver.requests;
    await until('the healthy ones have all of theirs', healthyDone, 60_000);
    // Meanwhile the dead one hangs in its window: no more, and not one of them has ended.
    expect(receiver.requests - before).toBeLessThanOrEqual(windowOfOne);
    await until('its window is full', () => receiver.hanging === windowOfOne);
    expect(await seen(dead)).toEqual(
      expect.arrayContaining([expect.objectContaining({ state: 'pending', attempts: 0, count: 200 - windowOfOne })]),
    );

    receiver.mode = 'broken';
    receiver.cut();
    await until('its breaker has opened', async () => {
      relay.kick();
      return (await breaker()).breaker === 'open';
    });
    const atOpening = receiver.requests - before;
    expect(atOpening).toBeLessThanOrEqual(Math.max(windowOfOne, opensAt));
    for (const openings of [2, 3, 4]) {
      await timeIsUp();
      await until(`the probe has failed`, async () => {
        relay.kick();
        return (await breaker()).openings === openings;
      });
    }
    expect(receiver.requests - before).toBe(atOpening + 3);

    receiver.mode = 'well';
    await timeIsUp();
    await until(
      'all of it has landed',
      async () => {
        await dueAgain();
        return allOf(dead, 'landed');
      },
      60_000,
    );
    expect(await breaker()).toEqual({ breaker: 'closed', openings: 0, held: false, quiet: null });
    expect(receiver.created.size).toBe(200);
    expect([...receiver.created.values()].every((times) => times === 1)).toBe(true);
  }, 120_000);
});

describe('a practice that is too busy', () => {
  test('is left alone until the moment it named, all of it, while the others go on', async () => {
    await relayAway(async () => {
      await feedback(30, 'de-brink');
      for (const practice of healthy) await feedback(5, practice);
    });
    receiver.mode = 'busy';
    const before = receiver.requests;
    await until('the healthy ones have all of theirs', healthyDone);
    await until('it has said so', async () => (await breaker()).held);
    await until('nothing is under way', () => allOf(dead, 'pending', 'landed'));
    expect(await breaker()).toMatchObject({ breaker: 'closed', quiet: true });
    const asked = receiver.requests - before;
    expect(asked).toBeLessThanOrEqual(windowOfOne);
    // Other work goes on, and the relay looks many times: it is not asked again.
    await feedback(5, 'zuidrand');
    await until('more of the others', healthyDone);
    expect(receiver.requests - before).toBe(asked);
    receiver.mode = 'well';
    await timeIsUp();
    await until('all of it has landed', () => allOf(dead, 'landed'));
  }, 60_000);
});

describe('a practice under maintenance', () => {
  test('gets nothing until it is resumed; the others go on', async () => {
    const { store } = bench.at;
    const paused = { ...audit, event: 'destination-paused', object: dead };
    await moveDestination(store, { id: dead, to: 'paused' }, paused);
    const before = receiver.requests;
    await feedback(10, 'de-brink');
    await feedback(5, 'zuidrand');
    await until('the healthy one has its own', healthyDone);
    expect(receiver.requests).toBe(before);
    await moveDestination(store, { id: dead, to: 'resumed' }, paused);
    await until('all of it has landed', () => allOf(dead, 'landed'));
  });
});

/** Lets something be prepared without any of it being offered: what the relay may send is paused meanwhile. */
async function relayAway(prepare: () => Promise<void>): Promise<void> {
  await bench.at.owner.query(`update destination set paused = true where id like 'practice:%'`);
  await prepare();
  await bench.at.owner.query(`update destination set paused = false where id like 'practice:%'`);
}
