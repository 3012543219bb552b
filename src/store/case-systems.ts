import { visibleTo } from './folders.ts';
import { type Store, scopeCondition } from './store.ts';

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
  /** Null: the organisation does not have it any more. */
  readonly assignment: number | null;
}

/**
 * Of some journeys those that are news to an organisation's case system: on its worklist now, or gone from it since the
 * last time that the system was told of it. Opens no content.
 */
export async function caseJourneys(
  store: Store,
  team: string,
  destination: string,
  journeys: readonly string[],
): Promise<CaseJourney[]> {
  const scope = { kind: 'team', team } as const;
  const { sql, value } = scopeCondition(scope);
  const { rows } = await store.pool.query<CaseJourney>({
    name: 'case-journeys',
    text: `select j.id, j.practice_id as practice, j.task_id as task, case when ${sql} then j.assignment end as assignment
             from journey j
             left join lateral (select d.assignment from delivery d where d.journey_id = j.id and d.destination = $2
                                 order by d.id desc limit 1) told on true
            where j.id = any($3::uuid[]) and ((${sql} and ${visibleTo(scope)}) or (not ${sql} and told.assignment is not null))`,
    values: [value, destination, journeys],
  });
  return rows;
}
