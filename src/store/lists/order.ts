/** Where a page of a list ended: what its last referral was ordered by. None of it is content: it may stand in an address. */
export interface ListPlace {
  /** Whom it waits for and how urgent it is: the lower, the sooner. */
  readonly rank: number;
  /** The day before which was promised to call. */
  readonly day: string;
  /** When it came in, in microseconds as the database keeps them. */
  readonly arrived: number;
  readonly journey: string;
}

/**
 * `pressing`: acute first, then by the promised day, then as they came; for who leads a team, what is overdue and what is urgent
 * come before the day, and of each of these what nobody at work has comes first. The others go by arrival alone.
 */
export type ListOrder = 'pressing' | 'newest' | 'oldest';

export interface OrderAsked {
  /** From just after this place; without it from the start. */
  readonly after?: ListPlace | undefined;
  /** For who leads a team: who is at work today, and what makes a referral overdue (SQL on `j`). */
  readonly team?: { readonly present: readonly string[]; readonly overdue: string } | undefined;
}

/** The parts of a statement on `journey j` that make its order; `given` gives a value its placeholder. */
export function ordering(
  order: ListOrder,
  { after, team }: OrderAsked,
  given: (value: unknown) => string,
): { readonly rank: string; readonly arrived: string; readonly by: string; readonly beyond: string } {
  const arrived = `(extract(epoch from j.received_at) * 1000000)::bigint`;
  const acute = `case when j.priority in ('asap', 'stat') then 0 else 1 end`;
  const rank = team
    ? `(case when j.priority in ('asap', 'stat') then 0 when ${team.overdue} then 2 when j.priority = 'urgent' then 4 else 6 end
        + case when j.owner_id = any(${given(team.present)}::text[]) then 1 else 0 end)`
    : `(${acute})`;
  const moment = () => `timestamptz 'epoch' + ${given(after?.arrived)}::bigint * interval '1 microsecond'`;
  if (order === 'pressing')
    return {
      rank,
      arrived,
      by: `${rank}, j.call_before, j.received_at, j.id`,
      beyond: after
        ? `(${rank}, j.call_before, j.received_at, j.id) > (${given(after.rank)}::int, ${given(after.day)}::date,
          ${moment()}, ${given(after.journey)}::uuid)`
        : 'true',
    };
  const [way, than] = order === 'newest' ? ['desc', '<'] : ['asc', '>'];
  return {
    rank,
    arrived,
    by: `j.received_at ${way}, j.id ${way}`,
    beyond: after ? `(j.received_at, j.id) ${than} (${moment()}, ${given(after.journey)}::uuid)` : 'true',
  };
}
