import type { BulkAction } from '../../referral/queue-move.ts';
import type { Store } from '../store.ts';
import { inTransaction } from '../transaction.ts';

/** A bulk job and how far it is. */
export interface BulkJob {
  readonly id: string;
  readonly action: BulkAction;
  readonly state: 'running' | 'stopped';
  readonly reason: string;
  readonly by: string;
  readonly role: string;
  readonly startedAt: Date;
  readonly total: number;
  readonly done: number;
  /** Moved meanwhile by someone or something else: left alone. */
  readonly skipped: number;
  /** The job that it undoes, and the one that undoes it. */
  readonly undoes: string | null;
  readonly undoneBy: string | null;
}

const JOB = `
  select j.id, j.action, j.state, j.reason, j.started_by as by, j.started_as as role, j.started_at as "startedAt",
    c.total, c.done, c.skipped,
         j.undoes, (select u.id from bulk_job u where u.undoes = j.id) as "undoneBy"
    from bulk_job j cross join lateral (
      select count(*) as total, count(*) filter (where outcome = 'done') as done, count(*) filter (where outcome = 'skipped') as skipped
        from bulk_item where job_id = j.id) c`;

export async function readJob(store: Store, id: string): Promise<BulkJob | undefined> {
  const { rows } = await store.pool.query<BulkJob>(`${JOB} where j.id = $1`, [id]);
  return rows[0];
}

/** The newest jobs first. */
export async function listJobs(store: Store, limit: number): Promise<BulkJob[]> {
  const { rows } = await store.pool.query<BulkJob>(`${JOB} order by j.started_at desc, j.id desc limit $1`, [limit]);
  return rows;
}

/** One delivery that a running job still has to do, as it is now. */
export interface BulkItem {
  readonly job: string;
  readonly action: BulkAction;
  readonly reason: string;
  readonly by: string;
  readonly role: string;
  readonly delivery: string;
  readonly practice: string;
  readonly journey: string;
  readonly kind: string;
  readonly code: string | null;
  /** The job whose work is put back. */
  readonly undoes: string | null;
}

/** The next deliveries of running jobs, the oldest job first. */
export async function nextItems(store: Store, limit: number): Promise<BulkItem[]> {
  const { rows } = await store.pool.query<BulkItem>(
    `select j.id as job, j.action, j.reason, j.started_by as by, j.started_as as role, i.delivery_id::text as delivery,
            d.practice_id as practice, d.journey_id as journey, d.kind, d.failure_code as code, j.undoes
       from bulk_job j join bulk_item i on i.job_id = j.id and i.outcome is null join delivery d on d.id = i.delivery_id
      where j.state = 'running' order by j.started_at, i.delivery_id limit $1`,
    [limit],
  );
  return rows;
}

/** Advisory lock of who works on bulk jobs: two at once would be right, and slow, since each undoes the other's batches. */
const workLock = 7_007;

/** Does the work unless another is at it; the lock lives as long as its transaction, so a crash gives it back. */
export async function unlessAnother(store: Store, work: () => Promise<number>): Promise<number> {
  return inTransaction(store.pool, async (client) => {
    const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_xact_lock($1) as got', [workLock]);
    return rows[0]?.got ? work() : 0;
  });
}
