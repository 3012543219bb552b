import { createPostgresBackend, Queue, runMigrations, Worker } from 'bullmq';
import type pg from 'pg';
import type { ConnectionConfig } from '../store/database.ts';
import type { Due } from '../store/outbox.ts';
import { prepareQueuePlace, readQueueEpoch } from '../store/queue-place.ts';

/** The queue as relay and workers use it. It carries ids and generations; the record is PostgreSQL (decision 10). */
export interface DeliveryQueue {
  add(due: readonly Due[]): Promise<void>;
  /** The ids of those that the queue still has. */
  known(due: readonly Due[]): Promise<ReadonlySet<string>>;
  /** Changes when the queue's memory was lost. */
  epoch(): Promise<string>;
  /** Starts working; gives a stop that lets running jobs end. */
  work(handle: (due: Due) => Promise<void>, concurrency: number): () => Promise<void>;
  close(): Promise<void>;
}

const name = 'deliver';
const jobId = (due: Due) => `d-${due.id}-${due.generation}`;
/** A job whose process died is offered again after this; the delivery's own lease decides whether it may start. */
const lockMs = 30_000;
const stalledCheckMs = 5_000;

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
): DeliveryQueue {
  const config = { ...connection, max: 8, ...(role && { options: `-c role=${role}` }) };
  const queue = new Queue<Due>(
    name,
    {
      connection: config as never,
      defaultJobOptions: { attempts: 1, removeOnComplete: { count: 100 }, removeOnFail: { count: 1_000 } },
    },
    createPostgresBackend as never,
  );
  // Lost connections are retried by BullMQ itself; what waits in PostgreSQL loses nothing meanwhile.
  queue.on('error', () => undefined);
  return {
    add: async (due) => {
      await queue.addBulk(
        due.map((one) => ({ name, data: { id: one.id, generation: one.generation }, opts: { jobId: jobId(one) } })),
      );
    },
    known: async (due) => {
      const found = await Promise.all(
        due.map(async (one) => ({ id: one.id, state: await queue.getJobState(jobId(one)) })),
      );
      return new Set(
        found
          .filter(({ state }) => state !== 'unknown' && state !== 'completed' && state !== 'failed')
          .map(({ id }) => id),
      );
    },
    epoch: () => readQueueEpoch(pool),
    work: (handle, concurrency) => {
      const worker = new Worker<Due>(
        name,
        async (job) => handle(job.data),
        {
          connection: config as never,
          concurrency,
          lockDuration: lockMs,
          stalledInterval: stalledCheckMs,
          maxStalledCount: 100,
        },
        createPostgresBackend as never,
      );
      worker.on('error', () => undefined);
      return () => worker.close();
    },
    close: () => queue.close(),
  };
}
