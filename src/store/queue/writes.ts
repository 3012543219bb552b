import type { QueueMove } from '../../referral/queue-move.ts';
import { type Part, type Prepared, textArray } from '../commit/writes.ts';

/** What an administrator keeps and does beside the deliveries themselves, in the commit that moves them. */
export function queueParts(batch: readonly Prepared[]): Part[] {
  const moves = batch.flatMap(({ change, at }) => (change.queue ?? []).map((move) => ({ move, at })));
  const rows = (of: (move: QueueMove, at: string) => readonly unknown[] | undefined) =>
    moves.flatMap(({ move, at }) => {
      const row = of(move, at);
      return row ? [row] : [];
    });
  return [
    {
      name: 'ec',
      exact: true,
      columns: 'class text, state text, reason text, changed_at timestamptz, changed_by text',
      rows: rows((move) => (move.to === 'class' ? [move.class, move.state, move.reason, move.at, move.by] : undefined)),
      sql: `insert into error_class as c (class, state, reason, changed_at, changed_by, was)
            select class, state, reason, changed_at, changed_by, 'null'::jsonb from n
            on conflict (class) do update set state = excluded.state, reason = excluded.reason, changed_at = excluded.changed_at,
              changed_by = excluded.changed_by, was = to_jsonb(c) - 'was' returning 1`,
    },
    {
      name: 'eu',
      exact: true,
      columns: 'class text, changed_at timestamptz',
      rows: rows((move) => (move.to === 'class-undone' && move.hadSaid ? [move.class, move.at] : undefined)),
      sql: `update error_class c set state = c.was->>'state', reason = c.was->>'reason', changed_at = (c.was->>'changed_at')::timestamptz,
              changed_by = c.was->>'changed_by', was = null
            from n where c.class = n.class and c.changed_at = n.changed_at and jsonb_typeof(c.was) = 'object' returning 1`,
    },
    {
      name: 'ed',
      exact: true,
      columns: 'class text, changed_at timestamptz',
      rows: rows((move) => (move.to === 'class-undone' && !move.hadSaid ? [move.class, move.at] : undefined)),
      sql: `delete from error_class c using n
             where c.class = n.class and c.changed_at = n.changed_at and jsonb_typeof(c.was) = 'null' returning 1`,
    },
    {
      name: 'bj',
      exact: true,
      columns:
        'id uuid, action text, reason text, started_by text, started_as text, started_at timestamptz, undoes uuid',
      rows: rows((move) =>
        move.to === 'job-started'
          ? [move.id, move.action, move.reason, move.by.id, move.by.role, move.at, move.undoes ?? null]
          : undefined,
      ),
      sql: `insert into bulk_job (id, action, state, reason, started_by, started_as, started_at, undoes)
            select id, action, 'running', reason, started_by, started_as, started_at, undoes from n returning 1`,
    },
    {
      name: 'bx',
      exact: false,
      columns: 'id uuid, deliveries text[]',
      rows: rows((move) => (move.to === 'job-started' ? [move.id, textArray(move.deliveries)] : undefined)),
      sql: `insert into bulk_item (job_id, delivery_id) select n.id, d::bigint from n, unnest(n.deliveries::text[]) d returning 1`,
    },
    {
      name: 'bs',
      exact: true,
      columns: 'id uuid, state text',
      rows: rows((move) => {
        if (move.to !== 'job-stopped' && move.to !== 'job-resumed') return undefined;
        return [move.id, move.to === 'job-stopped' ? 'stopped' : 'running'];
      }),
      // What was undone does not go on.
      sql: `update bulk_job j set state = n.state from n where j.id = n.id and j.state <> n.state
             and (n.state = 'stopped' or not exists (select from bulk_job u where u.undoes = j.id)) returning 1`,
    },
    {
      name: 'bi',
      exact: true,
      columns: 'job_id uuid, delivery_id bigint, outcome text',
      rows: rows((move) => (move.to === 'item-done' ? [move.job, move.delivery, move.outcome] : undefined)),
      sql: `update bulk_item i set outcome = n.outcome from n, bulk_job j
             where i.job_id = n.job_id and i.delivery_id = n.delivery_id and i.outcome is null
               and j.id = n.job_id and j.state = 'running' returning 1`,
    },
    {
      name: 'sv',
      exact: true,
      columns: 'owner_id text, name text, query text, saved_at timestamptz',
      rows: rows((move, at) => (move.to === 'view-saved' ? [move.by, move.name, move.query, at] : undefined)),
      sql: `insert into saved_view (owner_id, name, query, saved_at) select owner_id, name, query, saved_at from n
            on conflict (owner_id, name) do update set query = excluded.query, saved_at = excluded.saved_at returning 1`,
    },
    {
      name: 'su',
      exact: false,
      columns: 'owner_id text, name text',
      rows: rows((move) => (move.to === 'view-removed' ? [move.by, move.name] : undefined)),
      sql: 'delete from saved_view v using n where v.owner_id = n.owner_id and v.name = n.name returning 1',
    },
    {
      name: 'rf',
      exact: true,
      columns: 'id uuid, taken_by text, taken_at timestamptz',
      rows: rows((move, at) => (move.to === 'retaken' ? [move.id, move.by, at] : undefined)),
      sql: `update refused r set taken_at = n.taken_at, taken_by = n.taken_by from n
             where r.id = n.id and r.taken_at is null returning 1`,
    },
  ];
}
