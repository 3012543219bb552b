import { localDay } from '../../referral/deadlines.ts';
import { TRANSFERRED } from '../keeping.ts';
import { type Scope, scopeCondition } from '../scope.ts';
import type { Store } from '../store.ts';
import { type Narrow, narrowing, type Sought } from './narrow.ts';
import type { ListOrder } from './order.ts';

/**
 * `new`, `me`, `others`: what someone has; `me` and `others` is begun work that waits for its reader or for someone else. `owned` is
 * all that someone has, `unassigned` what nobody has, `open` both. `overdue` cuts across the rest. `unconfirmed`: done, and
 * nobody said yet that it stands in the receiver's own record (H16).
 */
export type Folder =
  | ('new' | 'me' | 'others' | 'overdue' | 'owned' | 'unassigned' | 'open')
  | ('done' | 'unconfirmed' | 'all');

export const CALLED = `exists (select from journey_event c where c.journey_id = j.id and c.kind in ('contact', 'attempt', 'rest'))`;
// The last word on appointments counts: booked again, cancelled, or nobody came.
export const APPOINTMENT = `(select case when e.outcome = 'booked' then e.on_day::text end from journey_event e
   where e.journey_id = j.id and e.kind in ('appointment', 'no-show') order by e.id desc limit 1)`;
const clock = (condition: string) => `exists (select from clock c where c.journey_id = j.id and ${condition})`;
const OPEN = `j.task_status in ('requested', 'received', 'accepted', 'in-progress', 'on-hold')`;
const BEGUN = `j.task_status in ('accepted', 'in-progress', 'on-hold') and j.owner_id is not null`;
/** Offered to this reader, or done in her place: then she is the one who must do something. */
const FOR_ME = `$1 in (coalesce(j.proposed_id, ''), coalesce(j.acting_for_id, ''))`;
// A request to stop waits for the Wally whatever else is asked of others.
const ELSEWHERE = `not ${clock(`c.kind = 'stop'`)} and (${clock(`c.kind in ('answer', 'onward', 'rest')`)}
  or coalesce(${APPOINTMENT} >= $2::text, false))`;

/** $1 is whose list it is, $2 today. */
export const folders: Record<Folder, string> = {
  new: `j.task_status in ('requested', 'received') and j.owner_id is not null and j.proposed_id is distinct from $1`,
  open: OPEN,
  owned: `${OPEN} and j.owner_id is not null`,
  me: `${OPEN} and (${FOR_ME} or (${BEGUN} and not (${ELSEWHERE})))`,
  others: `${BEGUN} and not ${FOR_ME} and ${ELSEWHERE}`,
  overdue: `${OPEN} and (${clock('c.due_on < $2::date')} or (j.task_status <> 'on-hold' and j.call_before <= $2::date and not ${CALLED}))`,
  done: `not ${OPEN}`,
  unconfirmed: `not ${OPEN} and not exists (select from journey_key k where k.journey_id = j.id and ${TRANSFERRED})`,
  all: 'true',
  unassigned: `j.owner_id is null and ${OPEN}`,
};

/** What the reader works on goes by what presses; a register is read from its newest end. */
export const orders: Record<Folder, ListOrder> = {
  new: 'pressing',
  me: 'pressing',
  others: 'pressing',
  overdue: 'pressing',
  owned: 'pressing',
  unassigned: 'pressing',
  open: 'newest',
  done: 'newest',
  all: 'newest',
  unconfirmed: 'oldest',
};

/** A Wally and a team see a referral only once it was delivered to their worklist (decision 12); the practice at once. */
export function visibleTo(scope: Scope): string {
  return scope.kind === 'practice' || scope.kind === 'line'
    ? 'true'
    : `exists (select from worklist_entry v where v.practice_id = j.practice_id and v.task_id = j.task_id and v.assignment = j.assignment)`;
}

/** What a list or a count is narrowed to, by codes or by who is looked for. */
export interface Narrowed {
  readonly narrow?: Narrow;
  readonly sought?: Sought | undefined;
}

/** What was erased is on no list. */
export const READABLE = `exists (select from journey_key k where k.journey_id = j.id and k.wrapped is not null)`;

/** How many referrals each folder holds for this scope, however many a list would show. */
export async function countFolders(
  store: Store,
  scope: Scope,
  { narrow = {}, sought }: Narrowed = {},
): Promise<Record<Folder, number>> {
  const { sql, value } = scopeCondition(scope);
  const narrowed = narrowing(store, narrow, sought, 3);
  const counted = Object.entries(folders).map(
    ([folder, condition]) => `count(*) filter (where ${condition}) as "${folder}"`,
  );
  const { rows } = await store.pool.query<Record<Folder, number>>({
    // A statement that is narrowed has many texts: none of them is worth a plan of its own.
    ...(narrowed.values.length === 0 && { name: `count-${scope.kind}` }),
    text: `select ${counted.join(', ')} from journey j where ${sql} and $2::text is not null and ${narrowed.sql} and ${visibleTo(scope)}
             and ${READABLE}`,
    values: [value, localDay(store.clock()), ...narrowed.values],
  });
  const [found] = rows;
  if (!found) throw new Error('a count without a row');
  return found;
}

/** How much is late for this scope, by whose it is; most first. */
export async function countOverdue(
  store: Store,
  scope: Scope,
): Promise<{ readonly owner: string | null; readonly count: number }[]> {
  const { sql, value } = scopeCondition(scope);
  const { rows } = await store.pool.query<{ owner: string | null; count: number }>({
    name: `overdue-${scope.kind}`,
    text: `select j.owner_id as owner, count(*) as count from journey j where ${sql} and ${folders.overdue} and ${visibleTo(scope)}
             and ${READABLE} group by j.owner_id order by count(*) desc, j.owner_id`,
    values: [value, localDay(store.clock())],
  });
  return rows;
}
