import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { type His, startHis } from '../../demo/his.ts';
import { type MailCatcher, startMailCatcher } from '../../demo/mail.ts';
import { practicesFileSchema } from '../../demo/model.ts';
import { fhirConnector } from '../../src/connectors/fhir.ts';
import { mllpConnector } from '../../src/connectors/mllp.ts';
import { notifyMailConnector } from '../../src/connectors/notify-mail.ts';
import { openOutbound } from '../../src/connectors/outbound.ts';
import { worklistConnector } from '../../src/connectors/worklist.ts';
import { claimsTogether } from '../../src/delivery/batch.ts';
import { deliver } from '../../src/delivery/deliver.ts';
import type { DeliveryQueue } from '../../src/delivery/queue.ts';
import { openRounds } from '../../src/delivery/relay.ts';
import { fhirRouter } from '../../src/intake/fhir/rest.ts';
import { openLog } from '../../src/log.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import type { Directory } from '../../src/referral/directory/directory.ts';
import { loadDemoAccess, pointEndpointsAt } from '../../src/region/load.ts';
import { openClient, openPool } from '../../src/store/database.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Due } from '../../src/store/outbox/outbox.ts';
import type { Store } from '../../src/store/store.ts';
import { loadTestRegion, openTestStore, type TestStore } from './database.ts';
import { Faults, openRoute, spoilClient, spoiledClients, spoilMail, spoilQueue } from './faults.ts';

const region = new URL('../../fixtures/region/', import.meta.url);
const role = 'kortelijn_app';
const jobMsMax = 10_000;

/** Where a kind of queue lives. */
export interface QueuePlace {
  open(): Promise<DeliveryQueue>;
  /** It loses everything it knew, as at a crash with its data. */
  forget(): Promise<void>;
  close(): Promise<void>;
}

/** Everything of ours between a start and a stop: pool, store, relay, workers, door. */
export interface Life {
  readonly store: Store;
  directory(): Promise<Directory>;
  /** One round of the relay, and then the jobs that came of it, one by one. Gives how many it offered. */
  round(): Promise<number>;
  close(): Promise<void>;
}

/** The line with everything around it that outlives it: database, the queue's own server, HIS, mail server, senders. */
export interface FaultyLine {
  readonly faults: Faults;
  readonly at: TestStore;
  readonly his: His;
  readonly mail: MailCatcher;
  /** Where senders knock. */
  readonly url: string;
  /** As the first process of a run. It finds the queue and its worker open: to load BullMQ's functions costs too much. */
  openLife(): Promise<Life>;
  /** Closes everything of ours, the queue and its worker too, and opens it again; `forgets`: the queue has lost its memory. */
  restart(life: Life, forgets: boolean): Promise<Life>;
  /** Everything whose time must come has its time now: retries, leases of the dead, what waits in the queue too long. */
  passTime(): Promise<void>;
  /** Takes out what a run has put in. */
  wipe(): Promise<void>;
  close(): Promise<void>;
}

/** Jobs that went into the queue and have not been worked on: what a round waits for, instead of sleeping. */
class Jobs {
  readonly #waiting = new Set<string>();
  // A queue takes an id once: offered again it changes nothing.
  readonly #seen = new Set<string>();
  #wake: () => void = () => undefined;
  /** Jobs wait here while the relay's round is under way: the order of all calls is then the same in every run. */
  gate: Promise<void> = Promise.resolve();

  added(ids: readonly string[]): void {
    for (const id of ids.filter((one) => !this.#seen.has(one))) this.#waiting.add(id);
    for (const id of ids) this.#seen.add(id);
  }
  /** A job that failed leaves the queue: its id can go in again. */
  ended(id: string, failed: boolean): void {
    this.#waiting.delete(id);
    if (failed) this.#seen.delete(id);
    this.#wake();
  }
  forget(): void {
    this.#waiting.clear();
    this.#seen.clear();
  }
  async done(): Promise<void> {
    const end = performance.now() + jobMsMax;
    while (this.#waiting.size > 0) {
      const late = Promise.withResolvers<void>();
      this.#wake = late.resolve;
      const timer = setTimeout(late.resolve, end - performance.now());
      await late.promise;
      clearTimeout(timer);
      if (performance.now() >= end) throw new Error(`the queue never gave out ${[...this.#waiting].join(' ')}`);
    }
  }
}

export async function openFaultyLine(placeOf: (at: TestStore) => Promise<QueuePlace>): Promise<FaultyLine> {
  const faults = new Faults();
  const at = await openTestStore();
  const folder = await mkdtemp(join(tmpdir(), 'kortelijn-nth-'));
  const { practices } = practicesFileSchema.parse(JSON.parse(await readFile(new URL('demo-his.json', region), 'utf8')));
  let doorPort = 0;
  const door = await openRoute(faults, 'door', () => `http://127.0.0.1:${doorPort}`);
  const his = await startHis({ port: 0, dataDir: folder, kortelijn: door.url, practices });
  const mail = await startMailCatcher({ port: 0 });
  const toHis = await openRoute(faults, 'HIS', () => his.url);
  await loadTestRegion(at.store);
  await loadDemoAccess(at.store, region, false);
  await pointEndpointsAt(at.store, await directoryReader(at.store)(), toHis.url);
  const mapping = (await loadMappings()).get('fhir-r4');
  if (!mapping) throw new Error('no mapping');
  const log = openLog('silent');
  const place = await placeOf(at);
  const jobs = new Jobs();
  const kept = [
    'migration',
    'setting',
    'directory_resource',
    'directory_revision',
    'destination',
    'account',
    'credential',
  ];
  const { rows: tables } = await at.owner.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'kortelijn' and tablename <> all ($1) order by tablename = 'delivery'`,
    [kept],
  );

  let work: (due: Due) => Promise<void> = () => Promise.reject(new Error('nobody works'));
  const openMill = async () => {
    const queue = spoilQueue(faults, await place.open(), (ids) => jobs.added(ids));
    const stopWork = queue.work(async (due) => {
      await jobs.gate;
      let failed = true;
      try {
        await work(due);
        failed = false;
      } finally {
        jobs.ended(`${due.id}-${due.generation}`, failed);
      }
    }, 1);
    const close = async () => {
      await stopWork();
      await queue.close();
    };
    return { queue, close };
  };
  let mill = await openMill();

  const openLife = async (): Promise<Life> => {
    const pool = openPool({ ...at.connection, Client: spoiledClients(faults) }, role, 10);
    const store = openStore(pool, at.store.master, () => at.now, at.store.newId);
    const directory = directoryReader(store);
    const mailer = notifyMailConnector(
      { host: '127.0.0.1', port: mail.port, from: 'Kortelijn <k@localhost>', secure: false },
      door.url,
    );
    const delivering = {
      store,
      directory,
      connectors: {
        worklist: worklistConnector,
        mail: spoilMail(faults, mailer, mail),
        fhir: fhirConnector(openOutbound(new Set([new URL(toHis.url).host])), store.clock),
        mllp: mllpConnector({ allowedHosts: new Set(), write: undefined }),
      },
      claim: claimsTogether(store),
      log,
      timeoutMs: 5_000,
      random: () => 0.5,
    };
    work = (due) => deliver(delivering, due);
    const app = express();
    app.use('/fhir/R4', fhirRouter({ store, directory, mapping, log, publicUrl: door.url, bodyBytesMax: 2_000_000 }));
    const server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    doorPort = (server.address() as AddressInfo).port;
    const newClient = () => spoilClient(faults, openClient(at.connection, role));
    const rounds = openRounds({ store, queue: mill.queue, log, newClient }, () => undefined);
    return {
      store,
      directory,
      round: async () => {
        const gate = Promise.withResolvers<void>();
        jobs.gate = gate.promise;
        let offered = 0;
        try {
          offered = (await rounds.round()) ?? 0;
          // Nobody worked for a while: what waits in the queue is not lost, and must not be taken for it.
          await at.owner.query(
            `update delivery set queued_at = queued_at - interval '11 seconds' where state = 'queued'`,
          );
          await rounds.lookForLost();
        } finally {
          gate.resolve();
        }
        await jobs.done();
        return offered;
      },
      close: async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
        await rounds.close();
        mailer.close();
        await pool.end();
      },
    };
  };

  return {
    faults,
    at,
    his,
    mail,
    url: door.url,
    openLife,
    restart: async (life, forgets) => {
      await mill.close();
      await life.close();
      if (forgets) {
        jobs.forget();
        await place.forget();
      }
      faults.revive();
      mill = await openMill();
      return openLife();
    },
    passTime: async () => {
      await at.owner.query(`
        update delivery set next_at = least(next_at, now()), queued_at = queued_at - interval '11 seconds',
                            lease_until = case when lease_until is not null then least(lease_until, now() - interval '1 second') end
         where state not in ('landed', 'abandoned');
        update destination set open_until = null, hold_until = null`);
    },
    wipe: async () => {
      jobs.forget();
      await place.forget();
      await at.owner.query(`${tables.map(({ name }) => `delete from ${name}`).join(';')};
        update destination set breaker = 'closed', fails = 0, openings = 0, open_until = null, hold_until = null
         where fails > 0 or openings > 0 or open_until is not null or hold_until is not null`);
    },
    close: async () => {
      await mill.close();
      await his.close();
      await mail.close();
      await door.close();
      await toHis.close();
      await place.close();
      await at.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
