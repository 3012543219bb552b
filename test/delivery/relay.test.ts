import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type DeliveryQueue, migrateQueue, openPostgresQueue } from '../../src/delivery/queue.ts';
import { type Relay, reconcileOnce, relayOnce, startRelay } from '../../src/delivery/relay.ts';
import { openLog } from '../../src/log.ts';
import { openClient } from '../../src/store/database.ts';
import { claim, type Due } from '../../src/store/outbox/outbox.ts';
import { commitNotifier } from '../../src/store/outbox/wake-up.ts';
import { until } from '../doubles/made.ts';
import { type OutboxBench, openOutboxBench } from '../store/outbox-bench.ts';

let bench: OutboxBench;
let queue: DeliveryQueue;
beforeAll(async () => {
  bench = await openOutboxBench();
  const owner = new pg.Client(bench.at.connection);
  await owner.connect();
  await migrateQueue(owner, 'kortelijn_app');
  await owner.end();
  queue = openPostgresQueue(bench.at.connection, 'kortelijn_app', bench.at.store.pool);
});
beforeEach(() => bench.fresh());
afterAll(async () => {
  await queue.close();
  await bench.close();
});

const log = openLog('silent');
const relay = (): Relay => {
  const { store, connection } = bench.at;
  const started = startRelay({ store, queue, log, newClient: () => openClient(connection, 'kortelijn_app') });
  onTestFinished(() => started.stop());
  return started;
};
/** A worker that only notes what it is given, until the test is over. */
function worker(): { readonly got: Due[]; stop(): Promise<void> } {
  const got: Due[] = [];
  const stop = queue.work(async (due) => void got.push(due), 5);
  onTestFinished(stop);
  return { got, stop };
}
const holders = async () => {
  const { rows } = await bench.at.owner.query<{ pid: number }>(
    `select l.pid from pg_locks l join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'advisory' and l.objid = 7003 and l.granted and a.datname = current_database()`,
  );
  return rows.map((row) => row.pid);
};

describe('the queue', () => {
  test('carries an id and a generation, nothing else, and gives each job once', async () => {
    const id = await bench.put(bench.one);
    const { got } = worker();
    await relayOnce({ store: bench.at.store, queue });
    await until('the job arrives', () => got.length > 0);
    expect(got).toEqual([{ id, generation: 0 }]);
    // The same job again, as after a crash between adding and marking: it is known and not done twice.
    await queue.add([{ id, generation: 0 }]);
    await queue.add([{ id, generation: 1 }]);
    await until('the next generation arrives', () => got.length > 1);
    expect(got[1]).toEqual({ id, generation: 1 });
  });

  test('lets a running job end before it stops', async () => {
    const id = await bench.put(bench.one);
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    let ended = false;
    const stop = queue.work(async () => {
      begun.resolve();
      await end.promise;
      ended = true;
    }, 1);
    await relayOnce({ store: bench.at.store, queue });
    await begun.promise;
    const stopping = stop();
    end.resolve();
    await stopping;
    expect([ended, id]).toEqual([true, id]);
  });

  test('that lost everything: what was queued comes again', async () => {
    const id = await bench.put(bench.one);
    const parts = { store: bench.at.store, queue };
    await reconcileOnce(parts);
    expect(await relayOnce(parts)).toBe(1);
    expect(await queue.known([{ id, generation: 0 }])).toEqual(new Set([id]));
    expect(await reconcileOnce(parts)).toBe(0);
    // Its schema was made anew: another epoch.
    await bench.at.owner.query(`update bullmq.kortelijn_epoch set epoch = gen_random_uuid()::text`);
    expect(await reconcileOnce(parts)).toBe(1);
    expect(await bench.look(id)).toMatchObject({ state: 'pending', generation: 1 });
  });

  test('that lost one job: it comes again, but not while the queue has it', async () => {
    const [lost, kept] = [await bench.put(bench.one), await bench.put(bench.two)];
    const parts = { store: bench.at.store, queue };
    await reconcileOnce(parts);
    await relayOnce(parts);
    await bench.at.owner.query(`update delivery set queued_at = now() - interval '1 hour'`);
    const { rowCount } = await bench.at.owner.query(`delete from bullmq.job where id = $1`, [`d-${lost}-0`]);
    expect(rowCount).toBe(1);
    expect(await reconcileOnce(parts)).toBe(1);
    expect(await bench.look(lost)).toMatchObject({ state: 'pending', generation: 1 });
    expect(await bench.look(kept)).toMatchObject({ state: 'queued', generation: 0 });
  });
});

describe('the relay', () => {
  test('looks at once when it is kicked, and when another process tells that it committed', async () => {
    const { got } = worker();
    const running = relay();
    await until('it is the relay', async () => (await holders()).length === 1);
    const first = await bench.put(bench.one);
    running.kick();
    await until('the first', () => got.some((due) => due.id === first));
    const second = await bench.put(bench.two);
    commitNotifier(bench.at.store.pool, 0)();
    await until('the second', () => got.some((due) => due.id === second));
    expect(running.healthy()).toBe(true);
  });

  test('is one at a time; when its connection dies another one takes over and finds what was left', async () => {
    const left = await bench.put(bench.one);
    await relayOnce({ store: bench.at.store, queue });
    // Queued, and its job was never taken: the old relay's queue is gone with it.
    const working = await bench.put(bench.two);
    await relayOnce({ store: bench.at.store, queue });
    await claim(bench.at.store, await bench.due(working), 60_000);
    await bench.at.owner.query('delete from bullmq.job');
    const relays = [relay(), relay()];
    const [holder] = await until('one of them is the relay', async () => {
      const found = await holders();
      return found.length === 1 && found;
    });
    await until('what was left is offered anew', async () => (await bench.look(left)).generation >= 1);
    expect(await bench.look(working)).toMatchObject({ state: 'queued', generation: 0, leased: true });
    await bench.at.owner.query('select pg_terminate_backend($1)', [holder]);
    const [next] = await until('another connection is the relay', async () => {
      const found = await holders();
      return found.length === 1 && found[0] !== holder && found;
    });
    expect(next).not.toBe(holder);
    const { got } = worker();
    const later = await bench.put(bench.one, { recipient: 'other' });
    for (const one of relays) one.kick();
    await until('it works on', () => got.some((due) => due.id === later));
  });

  test('goes on after the database was away', async () => {
    const { got } = worker();
    const running = relay();
    await until('it is the relay', async () => (await holders()).length === 1);
    await bench.at.owner.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    const id = await until('the store works again', () => bench.put(bench.one).catch(() => undefined));
    running.kick();
    await until('it is delivered', () => got.some((due) => due.id === id));
  });
});
