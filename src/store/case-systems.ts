import type { CaseCopy, KeptCopy } from '../referral/case-copy.ts';
import type { CaseParty, FedSystem } from '../referral/directory/fed-systems.ts';
import { openStatuses } from '../referral/lifecycle/statuses.ts';
import { visibleTo } from './lists/folders.ts';
import { openNow } from './outbox/destinations.ts';
import { scopeCondition } from './scope.ts';
import { copyContext, openJson } from './sealed.ts';
import { ContentErased, type Store } from './store.ts';

/** Where a case system is in the numbers of the changes (null: it has not begun), and the last number there is. */
export async function readFollowed(
  store: Store,
  destination: string,
): Promise<{ readonly followed: number | null; readonly last: number } | undefined> {
  const { rows } = await store.pool.query<{ followed: number | null; last: number }>({
    name: 'case-followed',
    text: `select followed, (select coalesce(max(seq), 0) from resource_change) as last from destination where id = $1`,
    values: [destination],
  });
  return rows[0];
}

/** A journey that a case system is to be told of. */
export interface CaseJourney {
  readonly id: string;
  readonly practice: string;
  readonly task: string;
  /** Null: whose system it is does not have it any more. */
  readonly assignment: number | null;
}

/** On the worklist of whose case system it is, and not of a Wally with one of her own; her ids as $2. */
function has(party: CaseParty): { readonly sql: string; readonly value: string } {
  const { sql, value } = scopeCondition(party);
  return { sql: `(${sql} and coalesce(j.owner_id <> all($2::text[]), true))`, value };
}

const open = openStatuses.map((one) => `'${one}'`).join(', ');

/**
 * Of some journeys those that are news to a case system: on the worklist of whose it is and not as it stands there already, or
 * gone from it since the last time that the system was told. `beside`: of these something else than the Task changed. Opens no content.
 */
export async function caseJourneys(
  store: Store,
  { party, destination, apart }: FedSystem,
  journeys: readonly string[],
  beside: readonly string[],
): Promise<CaseJourney[]> {
  const { sql, value } = has(party);
  const { rows } = await store.pool.query<CaseJourney>({
    name: `case-journeys-${party.kind}`,
    text: `select j.id, j.practice_id as practice, j.task_id as task, case when ${sql} then j.assignment end as assignment
             from journey j join resource r on r.practice_id = j.practice_id and r.type = 'Task' and r.id = j.task_id
             left join case_copy c on c.destination = $3 and c.journey_id = j.id
             left join lateral (select d.assignment from delivery d where d.journey_id = j.id and d.destination = $3
                                 order by d.id desc limit 1) told on true
            where j.id = any($4::uuid[])
              and ((${sql} and ${visibleTo(party)} and (c.ours is null or r.version > c.ours or j.id = any($5::uuid[])))
                or (not ${sql} and told.assignment is not null))`,
    values: [value, apart, destination, journeys, beside],
  });
  return rows;
}

/** A journey that stands where it does not belong by now; `told`: the last delivery about it there, if there was one. */
export interface UnevenJourney extends CaseJourney {
  readonly told: string | null;
}

/**
 * Open journeys that a case system does not have although they are on the worklist of whose it is (it is new, or became
 * theirs again), and those that stand there and are elsewhere by now: what no change of the journey itself tells of.
 */
export async function unevenJourneys(
  store: Store,
  { party, destination, apart }: FedSystem,
  limit: number,
): Promise<UnevenJourney[]> {
  const { sql, value } = has(party);
  const from = `journey j join journey_key k on k.journey_id = j.id and k.wrapped is not null
      left join lateral (select d.id, d.assignment from delivery d where d.journey_id = j.id and d.destination = $3
                          order by d.id desc limit 1) told on true`;
  const columns = 'j.id, j.practice_id as practice, j.task_id as task';
  const { rows } = await store.pool.query<UnevenJourney>({
    name: `case-uneven-${party.kind}`,
    text: `select ${columns}, j.assignment, told.id::text as told from ${from}
            where ${sql} and ${visibleTo(party)} and j.task_status in (${open}) and told.assignment is null
           union all
           select ${columns}, null, told.id::text from ${from}
            where j.id in (select c.journey_id from case_copy c where c.destination = $3)
              and not ${sql} and j.task_status in (${open}) and told.assignment is not null
           limit $4`,
    values: [value, apart, destination, limit],
  });
  return rows;
}

/** A copy as it is kept, and the revision that it is decided on. */
export interface StoredCopy extends CaseCopy {
  readonly journey: string;
  readonly practice: string;
  readonly revision: number;
}

async function readCopies(store: Store, condition: string, name: string, values: unknown[]): Promise<StoredCopy[]> {
  const { rows } = await store.pool.query<
    Omit<StoredCopy, 'kept' | 'version'> & { version: string | null; sealed: Buffer; wrapped: Buffer | null }
  >({
    name: `case-copies-${name}`,
    text: `select c.destination, c.journey_id as journey, j.practice_id as practice, c.task, c.version, c.ours,
      c.revision, c.sealed, k.wrapped
             from case_copy c join journey j on j.id = c.journey_id join journey_key k on k.journey_id = j.id where ${condition}`,
    values,
  });
  return Promise.all(
    rows.map(async ({ sealed, wrapped, version, ...row }) => {
      const key = await store.journeyKey(row.journey, wrapped);
      const kept = openJson<KeptCopy>(key, sealed, copyContext(row.destination, row.journey));
      return { ...row, kept, ...(version !== null && { version }) };
    }),
  );
}

/** How a referral stands in a case system; undefined when it was never there. Throws ContentErased. */
export async function readCopy(store: Store, destination: string, journey: string): Promise<StoredCopy | undefined> {
  const [found] = await readCopies(store, 'c.destination = $1 and c.journey_id = $2', 'one', [destination, journey]);
  return found;
}

/** How a referral stands in whichever case systems it was put; nothing once its content is gone. */
export async function copiesOf(store: Store, journey: string): Promise<StoredCopy[]> {
  try {
    return await readCopies(store, 'c.journey_id = $1', 'journey', [journey]);
  } catch (error) {
    if (error instanceof ContentErased) return [];
    throw error;
  }
}

/** The open referrals of whose case system it is that stand there: what is asked for and nothing else. */
export async function followedCopies(store: Store, { party, destination, apart }: FedSystem): Promise<StoredCopy[]> {
  const { sql, value } = has(party);
  const condition = `${sql} and ${visibleTo(party)} and c.destination = $3 and j.task_status in (${open}) and k.wrapped is not null`;
  return readCopies(store, `${condition} order by c.journey_id`, `open-${party.kind}`, [value, apart, destination]);
}

/**
 * Whether it is time to ask a case system what changed there; then it counts as asked, so that of several processes one does. Not
 * while it is paused, in maintenance, or its breaker is open. Gives up to which moment of its own it was read.
 */
export async function askNow(
  store: Store,
  destination: string,
  everyMs: number,
): Promise<{ readonly readTo: string | null } | undefined> {
  const { rows } = await store.pool.query<{ readTo: Date | null }>({
    name: 'case-ask',
    text: `update destination x set asked_at = now()
            where x.id = $1 and ${openNow} and (x.asked_at is null or x.asked_at <= now() - $2 * interval '1 millisecond')
           returning x.read_to as "readTo"`,
    values: [destination, everyMs],
  });
  const [row] = rows;
  return row && { readTo: row.readTo?.toISOString() ?? null };
}

/** Up to which moment of its own a case system was read; never back. */
export async function noteRead(store: Store, destination: string, upTo: string): Promise<void> {
  await store.pool.query({
    name: 'case-read',
    text: 'update destination set read_to = greatest(read_to, $2::timestamptz) where id = $1',
    values: [destination, upTo],
  });
}
