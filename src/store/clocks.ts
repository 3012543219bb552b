import type { ClockKind } from '../referral/clocks.ts';
import type { Part, Prepared } from './commit/writes.ts';
import type { Store } from './store.ts';

/** A journey's clocks as a whole, and the steps of clocks that ran out; parts of the commit's one statement. */
export function clockParts(batch: readonly Prepared[]): Part[] {
  const set = batch.filter(({ change }) => change.clocks !== undefined && change.journey !== undefined);
  return [
    {
      name: 'cd',
      exact: false,
      columns: 'journey_id uuid, kinds text',
      rows: set.map(({ change }) => [change.journey, (change.clocks ?? []).map((one) => one.kind).join(' ')]),
      sql: `delete from clock c using n where c.journey_id = n.journey_id and c.kind <> all(string_to_array(n.kinds, ' ')) returning 1`,
    },
    {
      name: 'cs',
      exact: true,
      columns: 'practice_id text, journey_id uuid, kind text, due_on date',
      rows: set.flatMap(({ change }) =>
        (change.clocks ?? []).map((one) => [change.scope.practice, change.journey, one.kind, one.dueOn]),
      ),
      sql: `insert into clock as c (practice_id, journey_id, kind, due_on, next_on)
            select n.practice_id, n.journey_id, n.kind, n.due_on, n.due_on + 1 from n
            on conflict (journey_id, kind) do update set due_on = excluded.due_on,
              level = case when c.due_on = excluded.due_on then c.level else 0 end,
              next_on = case when c.due_on = excluded.due_on then c.next_on else excluded.next_on end returning 1`,
    },
    {
      name: 'ct',
      exact: true,
      columns: 'journey_id uuid, kind text, due_on date, level int, next_on date',
      rows: batch.flatMap(({ change }) =>
        change.clockStep
          ? [
              [
                change.journey,
                change.clockStep.kind,
                change.clockStep.dueOn,
                change.clockStep.level,
                change.clockStep.nextOn,
              ],
            ]
          : [],
      ),
      sql: `update clock c set level = n.level + 1, next_on = n.next_on from n
            where c.journey_id = n.journey_id and c.kind = n.kind and c.due_on = n.due_on and c.level = n.level returning 1`,
    },
  ];
}

/** A clock that ran out, on the day of its next step. */
export interface DueClock {
  readonly practice: string;
  readonly journey: string;
  readonly kind: ClockKind;
  readonly dueOn: string;
  readonly level: number;
}

/** Clocks whose next step is due on a day, longest waiting first. */
export async function dueClocks(store: Store, day: string, limit: number): Promise<DueClock[]> {
  const { rows } = await store.pool.query<DueClock>({
    name: 'due-clocks',
    text: `select practice_id as practice, journey_id as journey, kind, due_on::text as "dueOn", level from clock
            where next_on <= $1 order by next_on, journey_id, kind limit $2`,
    values: [day, limit],
  });
  return rows;
}
