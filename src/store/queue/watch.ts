import type { Store } from '../store.ts';

/** What is due and may go, per destination: how long the oldest of it has waited. */
export interface OldestDue {
  readonly destination: string;
  readonly seconds: number;
}

/** How the record stands at this moment, in numbers about nobody. */
export interface Standing {
  readonly due: readonly OldestDue[];
  readonly alarms: readonly { readonly kind: string; readonly count: number }[];
  /** Lines of the trail that are newer than the newest sealed one, and how long the oldest of them waits. */
  readonly unsealed: { readonly count: number; readonly seconds: number };
  readonly bulkOpen: number;
}

const DUE = `
  select x.id as destination, extract(epoch from now() - d.next_at)::float8 as seconds
    from destination x cross join lateral (
      select next_at from delivery where destination = x.id and state = 'pending' and next_at <= now() order by next_at limit 1) d
   order by 1`;

// The chain's own order says which line is the newest sealed one; from there on the trail is walked by time.
const UNSEALED = `
  with head as (select a.recorded_at from audit_chain c join audit a on a.id = c.audit_id order by c.seq desc limit 1)
  select count(*) as count, coalesce(extract(epoch from now() - min(a.recorded_at)), 0)::float8 as seconds
    from audit a where a.recorded_at > coalesce((select recorded_at from head), '-infinity')`;

/** Reads how the record stands: each statement walks an index that ends at what is open. */
export async function readStandingNow(store: Store): Promise<Standing> {
  const [due, alarms, unsealed, bulk] = await Promise.all([
    store.pool.query<OldestDue>({ name: 'watch-due', text: DUE }),
    store.pool.query<{ kind: string; count: number }>(
      `select kind, count(*) as count from (
         select kind from alarm where resolved_at is null union all select class from region_alarm where over_at is null) a
        group by kind order by kind`,
    ),
    store.pool.query<{ count: number; seconds: number }>({ name: 'watch-unsealed', text: UNSEALED }),
    store.pool.query<{ count: number }>(
      `select count(*) as count from bulk_item i join bulk_job j on j.id = i.job_id where i.outcome is null and j.state = 'running'`,
    ),
  ]);
  return {
    due: due.rows,
    alarms: alarms.rows,
    unsealed: unsealed.rows[0] ?? { count: 0, seconds: 0 },
    bulkOpen: bulk.rows[0]?.count ?? 0,
  };
}

/** An alarm that nobody has resolved, of whatever team; no content. */
export interface Alarm {
  readonly kind: string;
  readonly number: string | null;
  readonly practice: string;
  readonly team: string;
  readonly raisedAt: Date;
}

/** Alarms that nobody has resolved, oldest first. */
export async function listAlarms(store: Store, limit: number): Promise<Alarm[]> {
  const { rows } = await store.pool.query<Alarm>(
    `select a.kind, j.number, a.practice_id as practice, a.team_id as team, a.raised_at as "raisedAt"
       from alarm a left join journey j on j.id = a.journey_id where a.resolved_at is null order by a.raised_at limit $1`,
    [limit],
  );
  return rows;
}
