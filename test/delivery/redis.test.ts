import { rename } from 'node:fs/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  type DeliveryQueue,
  migrateQueue,
  openPostgresQueue,
  openRedisQueue,
  QueueAway,
} from '../../src/delivery/queue.ts';
import { type Relay, relayOnce, startRelay } from '../../src/delivery/relay.ts';
import { openLog } from '../../src/log.ts';
import { openClient } from '../../src/store/database.ts';
import { openApp } from '../doubles/app.ts';
import { openTestLine, type TestLine } from '../doubles/line.ts';
import { canaries, reportBack, takeIn, until } from '../doubles/made.ts';
import { openTestRedis, redisMissing, type TestRedis } from '../doubles/redis.ts';
import { openOutboxBench } from '../store/outbox-bench.ts';
import { people } from '../web/harness.ts';
import { queueSuite } from './queue.suite.ts';

const prefix = 'kortelijn-test';

/** How each type of key is read whole. */
const readers: Record<string, (client: Redis, key: string) => Promise<unknown>> = {
  string: (client, key) => client.get(key),
  hash: (client, key) => client.hgetall(key),
  list: (client, key) => client.lrange(key, 0, -1),
  set: (client, key) => client.smembers(key),
  zset: (client, key) => client.zrange(key, '0', '-1', 'WITHSCORES'),
  stream: (client, key) => client.xrange(key, '-', '+'),
};

/** Every key with every value, as text. */
async function dumpOf(url: string): Promise<string> {
  const client = new Redis(url);
  const found: unknown[] = [];
  for await (const keys of client.scanStream({ count: 1_000 })) {
    for (const key of keys as string[]) {
      const type = await client.type(key);
      const read = readers[type];
      if (!read) throw new Error(`a ${type} was not looked into`);
      found.push([key, await read(client, key)]);
    }
  }
  client.disconnect();
  return JSON.stringify(found);
}

const named = (what: string) => (redisMissing ? `${what} (not run: ${redisMissing})` : what);

describe.skipIf(redisMissing)(named('Redis as the queue'), () => {
  queueSuite(async () => {
    const redis = await openTestRedis(false);
    await redis.start();
    const admin = new Redis(redis.url);
    return {
      open: () => openRedisQueue({ url: redis.url, prefix }),
      forget: async () => void (await admin.flushall()),
      dump: () => dumpOf(redis.url),
      close: async () => {
        admin.disconnect();
        await redis.close();
      },
    };
  });

  test('shows itself to administrators only, to look at: ids and generations, no words of a failure; gone, it says a code', async () => {
    const redis = await openTestRedis(false);
    await redis.start();
    const opened: DeliveryQueue[] = [];
    const app = await openApp({
      queue: async () => {
        opened.push(await openRedisQueue({ url: redis.url, prefix }));
        return opened[0] as DeliveryQueue;
      },
    });
    const [queue] = opened as [DeliveryQueue];
    onTestFinished(async () => {
      await app.close();
      await redis.close();
    });
    const admin = await app.signedIn(people.admin);
    const board = (path: string, cookie = admin, method = 'GET') =>
      app.ask(method, `/admin/bull${path}`, { headers: { cookie } });
    for (const other of ['', await app.signedIn(people.sanne), await app.signedIn(people.marijke)])
      for (const path of ['', '/api/queues']) expect((await board(path, other)).status).not.toBe(200);
    expect((await board('')).status).toBe(200);

    const began: string[] = [];
    const stop = queue.work(async ({ id }) => {
      began.push(id);
      throw new Error(canaries.letter);
    }, 2);
    await queue.add([{ id: '1', generation: 0 }]);
    await until('its job has failed', async () => began.length === 1 && (await queue.counts()).active === 0);
    await stop();
    await queue.add([{ id: '2', generation: 7 }]);
    const answers = await Promise.all(
      ['waiting', 'failed', 'completed', 'latest'].map(async (status) =>
        (await board(`/api/queues?activeQueue=deliver&status=${status}`)).text(),
      ),
    );
    const [waiting] = answers.map((text) => JSON.parse(text) as { queues: { jobs: { data: unknown }[] }[] });
    expect(waiting?.queues[0]?.jobs.map(({ data }) => data)).toEqual([{ id: '2', generation: 7 }]);
    for (const text of [...answers, await dumpOf(redis.url)]) expect(text).not.toContain(canaries.letter);
    const form = await (await app.ask('GET', '/admin', { headers: { cookie: admin } })).text();
    const csrf = /name="csrf" value="([\w-]+)"/.exec(form)?.[1] ?? '';
    for (const act of ['pause', 'obliterate', 'empty'])
      expect([
        act,
        (
          await app.ask('PUT', `/admin/bull/api/queues/deliver/${act}`, {
            headers: { cookie: admin },
            body: new URLSearchParams({ csrf }),
          })
        ).status,
      ]).toEqual([act, 405]);
    expect((await queue.counts()).waiting).toBe(1);

    await redis.kill();
    const gone = await board('/api/queues?activeQueue=deliver&status=waiting');
    expect([gone.status, await gone.text()]).toEqual([500, '{"error":"QUEUE_AWAY"}']);
  });

  test('that refuses is no queue that is away: its code is told, nothing is marked, and it goes on when it can', async () => {
    const redis = await openTestRedis(false);
    await redis.start();
    const queue = await openRedisQueue({ url: redis.url, prefix });
    const admin = new Redis(redis.url);
    const bench = await openOutboxBench();
    onTestFinished(async () => {
      admin.disconnect();
      await queue.close();
      await redis.close();
      await bench.close();
    });
    await bench.fresh();
    const id = await bench.put(bench.one);
    await admin.config('SET', 'maxmemory', '1');
    const parts = { store: bench.at.store, queue };
    await expect(relayOnce(parts)).rejects.toMatchObject({ message: 'the queue refuses', code: 'OOM' });
    expect(await bench.look(id)).toMatchObject({ state: 'pending', generation: 0 });
    await admin.config('SET', 'maxmemory', '0');
    expect(await relayOnce(parts)).toBe(1);
  });

  test('follows its address: when another server has taken it over, the old one is let go', async () => {
    const [one, two] = [await openTestRedis(false), await openTestRedis(false)];
    await Promise.all([one.start(), two.start()]);
    const queue = await openRedisQueue({ url: one.url, prefix });
    const got: string[] = [];
    const stop = queue.work(async (due) => void got.push(due.id), 2);
    const admin = new Redis(one.url);
    onTestFinished(async () => {
      admin.disconnect();
      await stop();
      await queue.close();
      await Promise.all([one.close(), two.close()]);
    });
    await queue.add([{ id: '1', generation: 0 }]);
    await until('the first server is used', () => got.length === 1);
    // As after a failover behind one name: connections to the old one stay open, and it only reads.
    await rename(two.url, one.url);
    await admin.replicaof('127.0.0.1', 1);
    await until('the other server is used', () =>
      queue.add([{ id: '2', generation: 0 }]).then(
        () => true,
        () => false,
      ),
    );
    await until('its jobs are worked on', () => got.includes('2'));
  });

  test('has room for several records: the jobs of one are not given to another', async () => {
    const redis = await openTestRedis(false);
    await redis.start();
    const [one, two] = await Promise.all(['a', 'b'].map((own) => openRedisQueue({ url: redis.url, prefix: own })));
    onTestFinished(async () => {
      await Promise.all([one?.close(), two?.close()]);
      await redis.close();
    });
    await one?.add([{ id: '1', generation: 0 }]);
    expect(await two?.known([{ id: '1', generation: 0 }])).toEqual(new Set());
    expect(await two?.epoch()).not.toBe(await one?.epoch());
  });
});

describe.skipIf(redisMissing)(named('a Redis that dies'), () => {
  let redis: TestRedis;
  let line: TestLine;
  let relays: Relay[];
  const logged: string[] = [];
  const log = openLog('info', { write: (text: string) => void logged.push(text) });
  const open = async (keeps: boolean, begin = true) => {
    redis = await openTestRedis(keeps);
    if (begin) await redis.start();
    line = await openTestLine(() => openRedisQueue({ url: redis.url, prefix }, log));
  };
  beforeEach(() => {
    logged.length = 0;
    relays = [];
  });
  afterEach(async () => {
    for (const relay of relays) await relay.stop();
    await line.close();
    await redis.close();
  });
  const relay = (queue = line.queue) => {
    const started = startRelay({
      store: line.at.store,
      queue,
      log,
      newClient: () => openClient(line.at.connection, 'kortelijn_app'),
    });
    relays.push(started);
    return started;
  };
  const deliveries = async () => {
    const { rows } = await line.at.owner.query<{ kind: string; state: string; attempts: number; generation: number }>(
      'select kind, state, attempts, generation from delivery order by id',
    );
    return rows;
  };
  const allLanded = (count: number) =>
    until(`all ${count} have landed`, async () => {
      // As after every commit in the service itself.
      for (const one of relays) one.kick();
      const seen = await deliveries();
      return seen.length === count && seen.every((one) => one.state === 'landed');
    });
  const practices = ['de-brink', 'zuidrand', 'aan-de-kade'] as const;
  const inHis = async (path: string, body: unknown) => {
    const answer = await fetch(`${line.his.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(answer.ok).toBe(true);
  };
  /** A referral that the practice's own system knows, so that the letter can file itself. */
  const refer = async (number: string, practice: (typeof practices)[number] = 'de-brink') => {
    const patient = { id: `x${number}`, given: [canaries.given], ownName: canaries.family, birthDate: '1951-04-12' };
    await inHis('/api/patients', { practice, patients: [patient] });
    const referral = { system: 'http://de-brink.his.example/referral', value: number, patientId: patient.id };
    await inHis('/api/referrals', { practice, referrals: [referral] });
    return takeIn(line.at.store, { number, practice });
  };
  /** Each brings two deliveries: to the worklist, and a mail. */
  const referred = async (count: number) => {
    const journeys: string[] = [];
    for (let n = 0; n < count; n += 1) journeys.push(await refer(`r-${n}`, practices[n % practices.length]));
    return journeys;
  };
  const once = async () => {
    expect((await deliveries()).map((one) => one.attempts)).toEqual((await deliveries()).map(() => 1));
    for (const count of Object.values(line.his.counts())) expect(count.duplicateEffects).toBe(0);
    const effects = Object.values(line.his.counts()).reduce((sum, one) => sum + one.effects, 0);
    expect(effects).toBe((await deliveries()).filter((one) => one.kind === 'feedback').length);
  };

  /** Feedback of which some is with the receivers, who have it and have not answered; the rest waits. */
  const underWay = async () => {
    const running = relay();
    const journeys = await referred(15);
    running.kick();
    await allLanded(30);
    const gate = Promise.withResolvers<void>();
    let inside = 0;
    line.his.onEffect = () => {
      inside += 1;
      return gate.promise;
    };
    for (const journey of journeys) await reportBack(line.at.store, journey);
    running.kick();
    await until('the worker is full', () => inside === 10);
    return { running, letGo: gate.resolve };
  };

  test('with everything in it: nothing is lost, nothing is sent twice, and intake does not notice', async () => {
    await open(false);
    const { running, letGo } = await underWay();
    await redis.kill();
    // What is under way ends in the record, whether or not there is a queue to tell.
    letGo();
    await until('what was under way has landed', async () => {
      const seen = await deliveries();
      return seen.filter((one) => one.kind === 'feedback' && one.state === 'landed').length === 10;
    });
    expect(await line.queue.reachable()).toBe(false);
    await refer('while-away');
    running.kick();
    await redis.start();
    await allLanded(15 * 3 + 2);
    await once();
    expect(running.healthy()).toBe(true);
    const events = logged.map((text) => JSON.parse(text).event);
    expect(events.filter((event) => event === 'queue-lost')).toHaveLength(1);
    expect(events.filter((event) => event === 'queue-back')).toHaveLength(1);
    expect(events).not.toContain('relay-round');
  });

  test('and keeps what it had on disk: the same', async () => {
    await open(true);
    const { running, letGo } = await underWay();
    await redis.kill();
    await redis.start();
    letGo();
    running.kick();
    await allLanded(15 * 3);
    await once();
  });

  test('without closing anything, and comes back: the same', async () => {
    await open(false);
    const { running, letGo } = await underWay();
    redis.freeze();
    letGo();
    await refer('while-frozen');
    running.kick();
    await expect(line.queue.epoch()).rejects.toBeInstanceOf(QueueAway);
    redis.thaw();
    await allLanded(15 * 3 + 2);
    await once();
  });

  test('before anything began: the line starts without it, what is due waits unmarked, and goes when it is there', async () => {
    await open(false, false);
    await referred(3);
    await expect(relayOnce({ store: line.at.store, queue: line.queue })).rejects.toBeInstanceOf(QueueAway);
    expect(await deliveries()).toEqual(
      Array.from({ length: 6 }, () => expect.objectContaining({ state: 'pending', attempts: 0, generation: 0 })),
    );
    const running = relay();
    await until('the relay is at it', () => running.healthy());
    await redis.start();
    await allLanded(6);
    await once();
  });

  test('never stops a process from stopping', async () => {
    await open(false);
    const stop = line.queue.work(async () => undefined, 5);
    await redis.kill();
    await stop();
    const { at } = line;
    // A worker that never had a connection.
    const never = await openRedisQueue({ url: `${redis.url}.nowhere`, prefix });
    await never.work(async () => undefined, 5)();
    await never.close();
    expect(at).toBeDefined();
  });

  test('and another kind of queue at the next start: what the one had queued goes over to the other, both ways', async () => {
    await open(false);
    const { store, connection } = line.at;
    const owner = new pg.Client(connection);
    await owner.connect();
    await migrateQueue(owner, 'kortelijn_app');
    await owner.end();
    await referred(4);
    // Queued in the database, and nobody works there any more.
    const database = openPostgresQueue(connection, 'kortelijn_app', store.pool);
    expect(await relayOnce({ store, queue: database })).toBe(8);
    const first = relay();
    await allLanded(8);
    await once();
    await first.stop();
    relays = [];

    await refer('back-again');
    const gone = await openRedisQueue({ url: redis.url, prefix: 'nobody-works-here' });
    expect(await relayOnce({ store, queue: gone })).toBe(2);
    await gone.close();
    await redis.kill();
    const stop = database.work(line.handle, 5);
    const second = relay(database);
    await allLanded(10);
    await once();
    await second.stop();
    relays = [];
    await stop();
    await database.close();
  });
});
