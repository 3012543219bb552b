import { randomBytes, randomUUID } from 'node:crypto';
import { createPostgresBackend, type Job, Queue, runMigrations, type Telemetry, Worker } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';
import { Redis } from 'ioredis';
import type pg from 'pg';
import type { Log } from '../log.ts';
import { readOrMakeSetting } from '../store/access/sessions.ts';
import type { ConnectionConfig } from '../store/database.ts';
import type { Due } from '../store/outbox/outbox.ts';
import { prepareQueuePlace, readQueueEpoch } from '../store/outbox/queue-place.ts';
import type { Store } from '../store/store.ts';
import {
  atMost,
  closeMsMax,
  codeOf,
  commandTimeoutMs,
  reconnectOnError,
  retryStrategy,
  silentMsMax,
  watch,
} from './redis-line.ts';

/** The queue as relay and workers use it. It carries ids and generations; the record is PostgreSQL (decision 10). */
export interface DeliveryQueue {
  add(due: readonly Due[]): Promise<void>;
  /** The ids of those that the queue still has. */
  known(due: readonly Due[]): Promise<ReadonlySet<string>>;
  /** Changes when the queue's memory was lost. */
  epoch(): Promise<string>;
  /** Whether it answers now: what readyz asks. */
  reachable(): Promise<boolean>;
  /** Starts working; gives a stop that lets running jobs end. */
  work(handle: (due: Due) => Promise<void>, concurrency: number): () => Promise<void>;
  /**
   * Runs a duty on a rhythm: a job scheduler of the queue wakes one of all processes each time. May be called again and
   * again (a queue that lost its memory lost the rhythm too); the first call starts the worker. Gives its stop.
   */
  rhythm(everyMs: number, duty: () => Promise<unknown>): Promise<() => Promise<void>>;
  /** How many jobs BullMQ has, by its own states; rejects while it cannot be reached. */
  counts(): Promise<Readonly<Record<string, number>>>;
  /** BullMQ's own queues, for a page that only looks. */
  readonly boards: readonly unknown[];
  close(): Promise<void>;
}

/** The queue cannot be reached. No fault of a delivery: it waits in PostgreSQL until the queue is back. */
export class QueueAway extends Error {
  constructor() {
    super('the queue is away');
  }
}

/** The queue is there and says no (no memory left, no right to): somebody must look. Only the code of its answer is kept. */
class QueueRefused extends Error {
  readonly code: string;
  constructor(code: string) {
    super('the queue refuses');
    this.code = code;
  }
}

const name = 'deliver';
/** The queue of the rhythm; it holds nothing but the beat itself. */
const beats = 'clock';
const jobId = (due: Due) => `d-${due.id}-${due.generation}`;
const jobsOf = (due: readonly Due[]) =>
  due.map((one) => ({ name, data: { id: one.id, generation: one.generation }, opts: { jobId: jobId(one) } }));

/** A job whose process died is offered again after lockDuration; the delivery's own lease decides whether it may start. */
const workerOptions = { lockDuration: 30_000, stalledInterval: 5_000, maxStalledCount: 100, runRetryDelay: 1_000 };
// A failed job leaves nothing behind: the same id can be added again, and no text of an error is kept anywhere.
const jobOptions = { attempts: 1, removeOnComplete: { count: 100 }, removeOnFail: true };

async function knownOf(queue: Queue<Due>, due: readonly Due[]): Promise<ReadonlySet<string>> {
  const states = await Promise.all(due.map(async (one) => [one.id, await queue.getJobState(jobId(one))] as const));
  const gone = new Set(['unknown', 'completed', 'failed']);
  return new Set(states.filter(([, state]) => !gone.has(state)).map(([id]) => id));
}

interface Working {
  readonly worker: Worker<Due>;
  /** Ends when no job of ours runs any more. */
  idle(): Promise<void>;
}

function startWorker(
  handle: (due: Due) => Promise<void>,
  log: Log | undefined,
  open: (process: (job: Job<Due>) => Promise<void>) => Worker<Due>,
): Working {
  const running = new Set<Promise<void>>();
  const worker = open(async (job) => {
    const work = handle(job.data);
    running.add(work);
    try {
      await work;
    } catch (error) {
      // What the queue is told would stand there in the open: never another text than this one.
      log?.bug('delivery-job', error, { delivery: job.data.id });
      throw new Error('fault');
    } finally {
      running.delete(work);
    }
  });
  // Lost connections are retried by BullMQ itself; what waits in PostgreSQL loses nothing meanwhile.
  worker.on('error', () => undefined);
  return { worker, idle: async () => void (await Promise.allSettled(running)) };
}

/** BullMQ's own counts, `waiting` to `failed`. */
const countsOf = (queue: Queue<Due>) => async () => queue.getJobCounts();

/** Spans of the queue itself, and the trace in a job's options; what a job holds is not in them. */
const traced = (isTraced: boolean | undefined): { telemetry?: Telemetry } =>
  isTraced ? { telemetry: new BullMQOtel({ tracerName: 'kortelijn' }) as unknown as Telemetry } : {};

async function beat(queue: Queue, everyMs: number): Promise<void> {
  const opts = { removeOnComplete: true, removeOnFail: true };
  await queue.upsertJobScheduler('beat', { every: everyMs }, { name: 'beat', data: {}, opts });
}

/** What a duty throws is its own to log; the queue is told nothing of it. */
const quietly = (duty: () => Promise<unknown>) => async () => void (await duty().catch(() => undefined));

/** Makes BullMQ's own schema and tables (its migrations, once per version) and lets the application's role use them. */
export async function migrateQueue(client: pg.Client, role: string | undefined): Promise<void> {
  await runMigrations(client as never);
  await prepareQueuePlace(client, role);
}

/** BullMQ on PostgreSQL, in its own schema of the same database, with connections of its own. */
export function openPostgresQueue(
  connection: ConnectionConfig,
  role: string | undefined,
  pool: pg.Pool,
  log?: Log,
  isTraced = false,
): DeliveryQueue {
  const config = { ...connection, max: 8, ...(role && { options: `-c role=${role}` }) };
  const backend = createPostgresBackend as never;
  const common = { connection: config as never, ...traced(isTraced) };
  const queue = new Queue<Due>(name, { ...common, defaultJobOptions: jobOptions }, backend);
  queue.on('error', () => undefined);
  return {
    add: async (due) => void (await queue.addBulk(jobsOf(due))),
    known: (due) => knownOf(queue, due),
    epoch: () => readQueueEpoch(pool),
    reachable: async () => true,
    work: (handle, concurrency) => {
      const options = { ...workerOptions, ...common, concurrency };
      const { worker } = startWorker(handle, log, (process) => new Worker<Due>(name, process, options, backend));
      return () => worker.close();
    },
    rhythm: async (everyMs, duty) => {
      const clock = new Queue(beats, { connection: config as never }, backend);
      clock.on('error', () => undefined);
      const worker = new Worker(beats, quietly(duty), { ...workerOptions, connection: config as never }, backend);
      worker.on('error', () => undefined);
      await beat(clock, everyMs);
      return async () => {
        await worker.close();
        await clock.close();
      };
    },
    counts: countsOf(queue),
    boards: [queue],
    close: () => queue.close(),
  };
}

/**
 * BullMQ on Redis (redis://, rediss:// or the path of a socket). Comes back when the connection is there or is known not
 * to be: the service starts without Redis, and whatever needs the queue fails fast as QueueAway until it is back.
 * `prefix` keeps apart what several services have in one Redis. The epoch is a key that dies with Redis' memory.
 */
export async function openRedisQueue(
  at: { readonly url: string; readonly prefix: string; readonly isTraced?: boolean },
  log?: Log,
): Promise<DeliveryQueue> {
  const common = {
    retryStrategy,
    reconnectOnError,
    keepAlive: 10_000,
    connectTimeout: 5_000,
    socketTimeout: silentMsMax,
  };
  const client = new Redis(at.url, {
    ...common,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    commandTimeout: commandTimeoutMs,
  });
  watch(client, log);
  const first = Promise.withResolvers<void>();
  for (const event of ['ready', 'close'] as const) client.once(event, () => first.resolve());
  await atMost(commandTimeoutMs, first.promise);
  // The version check would be the first command, and its failure the end of this queue.
  const options = { prefix: at.prefix, skipVersionCheck: true };
  const queue = new Queue<Due>(name, {
    ...options,
    connection: client,
    skipWaitingForReady: true,
    skipMetasUpdate: true,
    defaultJobOptions: jobOptions,
    ...traced(at.isTraced),
  });
  queue.on('error', () => undefined);
  const asking = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw error instanceof Error && error.name === 'ReplyError' ? new QueueRefused(codeOf(error)) : new QueueAway();
    }
  };
  const epochKey = `${at.prefix}:epoch`;
  return {
    add: async (due) => void (await asking(queue.addBulk(jobsOf(due)))),
    known: (due) => asking(knownOf(queue, due)),
    epoch: async () => {
      await asking(client.set(epochKey, randomUUID(), 'NX'));
      const epoch = await asking(client.get(epochKey));
      // Emptied between the two: as good as not asked.
      if (epoch === null) throw new QueueAway();
      return epoch;
    },
    reachable: () =>
      client.ping().then(
        () => true,
        () => false,
      ),
    work: (handle, concurrency) => {
      const own = new Redis(at.url, { ...common, maxRetriesPerRequest: null });
      own.on('error', () => undefined);
      const forWork = { ...workerOptions, ...options, ...traced(at.isTraced), connection: own, concurrency };
      const { worker, idle } = startWorker(handle, log, (process) => new Worker<Due>(name, process, forWork));
      return async () => {
        // Nothing can be said to a Redis that is away: jobs under way end, their connections are dropped.
        const closing = worker.close(own.status !== 'ready');
        await idle();
        await atMost(closeMsMax, closing);
        own.disconnect();
      };
    },
    rhythm: async (everyMs, duty) => {
      const own = new Redis(at.url, { ...common, maxRetriesPerRequest: null });
      own.on('error', () => undefined);
      const clock = new Queue(beats, {
        ...options,
        connection: client,
        skipWaitingForReady: true,
        skipMetasUpdate: true,
      });
      clock.on('error', () => undefined);
      const worker = new Worker(beats, quietly(duty), { ...workerOptions, ...options, connection: own });
      worker.on('error', () => undefined);
      const again = () => void beat(clock, everyMs).catch(() => undefined);
      // Whoever comes back may have come back without its memory.
      client.on('ready', again);
      again();
      return async () => {
        client.off('ready', again);
        await atMost(closeMsMax, worker.close(own.status !== 'ready'));
        own.disconnect();
        await atMost(closeMsMax, clock.close());
      };
    },
    counts: () => asking(countsOf(queue)()),
    boards: [queue],
    close: async () => {
      await atMost(closeMsMax, queue.close());
      client.removeAllListeners('close');
      client.disconnect();
    },
  };
}

/** Redis when it is named, else the database itself. Each record has a place of its own in a Redis that is shared. */
export async function openQueue(
  redisUrl: string | undefined,
  store: Store,
  record: { readonly connection: ConnectionConfig; readonly role: string | undefined },
  log: Log,
  isTraced: boolean,
): Promise<DeliveryQueue> {
  if (!redisUrl) return openPostgresQueue(record.connection, record.role, store.pool, log, isTraced);
  const place = await readOrMakeSetting(store, 'queue', async () => randomBytes(8));
  return openRedisQueue({ url: redisUrl, prefix: `kortelijn-${place.toString('hex')}`, isTraced }, log);
}
