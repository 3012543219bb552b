import type { Carriage } from '../lists/lists.ts';
import type { Store } from '../store.ts';

/** What is still open, counted: what has landed or was given up is not looked at. */
export interface OpenCount {
  readonly destination: string;
  readonly kind: string;
  readonly state: Carriage['state'];
  readonly code: string | null;
  readonly practice: string;
  readonly count: number;
  readonly oldest: Date;
  /** How many are older than an hour, a day and a week. */
  readonly hour: number;
  readonly day: number;
  readonly week: number;
}

/** Counts of everything open, from one index. */
export async function countOpen(store: Store): Promise<OpenCount[]> {
  const now = store.clock().getTime();
  const { rows } = await store.pool.query<OpenCount>({
    text: `select destination, kind, state, failure_code as code, practice_id as practice, count(*) as count, min(created_at) as oldest,
                  count(*) filter (where created_at < $1) as hour, count(*) filter (where created_at < $2) as day,
                  count(*) filter (where created_at < $3) as week
             from delivery where state in ('pending', 'queued', 'sent', 'held') group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5`,
    values: [3_600_000, 86_400_000, 7 * 86_400_000].map((ms) => new Date(now - ms)),
  });
  return rows;
}

/** About how many deliveries there are in all, by PostgreSQL's own statistics; undefined before it has any. */
export async function estimateAll(store: Store): Promise<number | undefined> {
  const { rows } = await store.pool.query<{ about: number }>(
    `select reltuples::bigint as about from pg_class where oid = 'delivery'::regclass`,
  );
  const about = rows[0]?.about ?? -1;
  return about < 0 ? undefined : about;
}

/** When attempts ended in a code: first and last of all kept, and how many in the last day and week. */
export interface Seen {
  readonly code: string;
  readonly first: Date;
  readonly last: Date;
  readonly day: number;
  readonly week: number;
}

// Codes are few and attempts many: each code is asked for its two ends, and only the last week is counted.
const SEEN = `
  with recursive codes as (
    (select failure_code as code from attempt where failure_code is not null and ended_at is not null order by failure_code limit 1)
    union all
    select (select a.failure_code from attempt a where a.failure_code is not null and a.ended_at is not null and a.failure_code > c.code
             order by a.failure_code limit 1) from codes c where c.code is not null)
  select c.code, f.at as first, l.at as last, w.day, w.week from codes c
   cross join lateral (select ended_at as at from attempt where failure_code = c.code and ended_at is not null order by ended_at limit 1) f
   cross join lateral (select ended_at as at from attempt where failure_code = c.code and ended_at is not null
     order by ended_at desc limit 1) l
   cross join lateral (select count(*) filter (where ended_at > now() - interval '1 day') as day, count(*) as week
      from attempt where failure_code = c.code and ended_at > now() - interval '7 days') w
   where c.code is not null`;

/** When each failure code was seen at our attempts. */
export async function seenFailures(store: Store): Promise<Seen[]> {
  const { rows } = await store.pool.query<Seen>(SEEN);
  return rows;
}

/** When each first code of a refused message was seen, of those that are kept (30 days), per practice. */
export async function seenRefusals(store: Store): Promise<(Seen & { practice: string; count: number })[]> {
  const now = store.clock().getTime();
  const { rows } = await store.pool.query<Seen & { practice: string; count: number }>({
    text: `select codes[1] as code, practice_id as practice, min(received_at) as first, max(received_at) as last,
                  count(*) filter (where received_at > $1) as day, count(*) filter (where received_at > $2) as week,
                  count(*) filter (where taken_at is null) as count
             from refused where codes[1] is not null group by 1, 2`,
    values: [new Date(now - 86_400_000), new Date(now - 7 * 86_400_000)],
  });
  return rows;
}

/** What people said of a class of errors. */
export interface ClassSaid {
  readonly class: string;
  readonly state: 'new' | 'known' | 'solved';
  readonly reason: string;
  readonly at: Date;
  readonly by: string;
  /** Whether it can be undone (for a day), and whether something was said before it. */
  readonly mayUndo: boolean;
  readonly hadSaid: boolean;
}

export async function readClasses(store: Store): Promise<ClassSaid[]> {
  const { rows } = await store.pool.query<ClassSaid>(
    `select class, state, reason, changed_at as at, changed_by as by, coalesce(jsonb_typeof(was) = 'object', false) as "hadSaid",
            was is not null and changed_at > $1 as "mayUndo" from error_class`,
    [new Date(store.clock().getTime() - 86_400_000)],
  );
  return rows;
}

/** The named filters of one administrator. */
export async function readViews(store: Store, owner: string): Promise<{ name: string; query: string }[]> {
  const { rows } = await store.pool.query<{ name: string; query: string }>(
    'select name, query from saved_view where owner_id = $1 order by name limit 50',
    [owner],
  );
  return rows;
}
