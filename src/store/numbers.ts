import type { Store } from './store.ts';

/** A number of the practice that a journey has, and how far that journey is. */
export interface NumberStanding {
  readonly value: string;
  readonly taskStatus: string;
}

/** Of some numbers of a practice those that a journey has; no content is opened. */
export async function readNumbers(
  store: Store,
  scope: { readonly practice: string },
  values: readonly string[],
): Promise<NumberStanding[]> {
  const { rows } = await store.pool.query<NumberStanding>({
    name: 'numbers',
    text: `select n.value, j.task_status as "taskStatus" from referral_number n join journey j on j.id = n.journey_id
            where n.practice_id = $1 and n.value = any($2::text[])`,
    values: [scope.practice, values],
  });
  return rows;
}
