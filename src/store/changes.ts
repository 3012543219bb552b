import type pg from 'pg';
import type { Part, Prepared } from './commit/writes.ts';
import type { Store } from './store.ts';
import { inTransaction } from './transaction.ts';

/**
 * The part of a commit that tells who follows that a journey was delivered: to its receiver it begins here, whenever its
 * resources were written. Below zero it is no version.
 */
export function shownParts(batch: readonly Prepared[]): Part[] {
  return [
    {
      name: 'vc',
      exact: false,
      columns: 'practice_id text, type text, id uuid, version int, journey_id uuid',
      rows: batch.flatMap(({ change: { visible = [], scope, journey } }) =>
        visible.map((one) => [scope.practice, 'Task', one.taskId, -1 - one.assignment, journey]),
      ),
      sql: `insert into resource_change (practice_id, type, id, version, journey_id)
            select practice_id, type, id, version, journey_id from n on conflict do nothing returning 1`,
    },
  ];
}

/** Held by the one who numbers; the others skip their turn. */
const numberingLock = 7_006;
const batchMax = 2_000;

// Below the snapshot's xmin nothing older can still come. What was written in another cluster, or seems to come from our
// future, came with a restore and is final (as in audit.ts). One moment per batch, to the millisecond that FHIR writes, and
// always later than the last: who has seen a moment has everything up to it.
const NUMBER = `
  with last as (select coalesce(max(seq), 0) as seq, max(changed_at) as at from resource_change),
  ready as (
    select practice_id, type, id, version, row_number() over (order by cluster = here, xid, type, id, version) as nth
      from (select c.*, (pg_control_system()).system_identifier as here from resource_change c where c.seq is null) c
     where cluster <> here or xid < pg_snapshot_xmin(pg_current_snapshot()) or xid >= pg_snapshot_xmax(pg_current_snapshot())
     order by nth limit $1),
  moment as (
    select greatest(date_trunc('milliseconds', clock_timestamp()), last.at + interval '1 millisecond') as at, last.seq from last),
  numbered as (
    update resource_change c set seq = m.seq + r.nth, changed_at = m.at from ready r, moment m
     where (c.practice_id, c.type, c.id, c.version) = (r.practice_id, r.type, r.id, r.version)
     returning c.practice_id, c.type, c.id, c.version, c.journey_id, c.changed_at),
  shown as (
    update resource r set changed_at = n.changed_at from numbered n
     where n.version < 0 and r.journey_id = n.journey_id and r.changed_at is not null returning 1),
  marked as (
    update resource r set changed_at = n.changed_at from numbered n
     where (r.practice_id, r.type, r.id, r.version) = (n.practice_id, n.type, n.id, n.version) returning 1)
  select (select count(*) from numbered) as numbered, (select count(*) from marked) as marked`;

async function number(client: pg.ClientBase): Promise<number> {
  const lock = await client.query<{ locked: boolean }>('select pg_try_advisory_xact_lock($1) as locked', [
    numberingLock,
  ]);
  if (!lock.rows[0]?.locked) return 0;
  // A statement of its own after the lock: its snapshot must see what the last one committed.
  const { rows } = await client.query<{ numbered: number }>({
    name: 'changes-number',
    text: NUMBER,
    values: [batchMax],
  });
  return rows[0]?.numbered ?? 0;
}

/**
 * Numbers the changes of resources that are final, without gaps, and gives them their moment (`meta.lastUpdated`). Gives
 * how many. Called each second, and before every search that looks at moments.
 */
export async function numberChanges(store: Store): Promise<number> {
  const { rowCount } = await store.pool.query({
    name: 'changes-waiting',
    text: 'select from resource_change where seq is null limit 1',
  });
  if (!rowCount) return 0;
  return inTransaction(store.pool, number);
}

/** One new version of a resource, by its number; below zero: all of its journey was delivered to its receiver. */
export interface ResourceChange {
  readonly seq: number;
  readonly practice: string;
  readonly journey: string;
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly changedAt: Date;
}

/**
 * The changes after a number, in their order: every number comes once and none is skipped, whatever commits overlapped.
 * `types` limits them; no content is opened. For who follows (Subscriptions, connectors).
 */
export async function changesAfter(
  store: Store,
  after: number,
  types: readonly string[] | undefined,
  limit: number,
): Promise<ResourceChange[]> {
  const { rows } = await store.pool.query<ResourceChange>({
    name: 'changes-after',
    text: `select seq, practice_id as practice, journey_id as journey, type, id, version, changed_at as "changedAt"
             from resource_change where seq > $1 and ($2::text[] is null or type = any($2)) order by seq limit $3`,
    values: [after, types ?? null, limit],
  });
  return rows;
}
