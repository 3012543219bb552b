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

/** `pressing`: acute first, then by the promised day, then as they came. The others go by arrival alone. */
export type ListOrder = 'pressing' | 'newest' | 'oldest';

export interface OrderAsked {
  /** From just after this place; without it from the start. */
  readonly after?: ListPlace | undefined;
  /** Who is at work today: what nobody of them has stands before the rest, also before what is acute (promise 2). */
  readonly present?: readonly string[] | undefined;
}

/** The parts of a statement on `journey j` that make its order; `given` gives a value its placeholder. */
export function ordering(
  order: ListOrder,
  { after, present }: OrderAsked,
  given: (value: unknown) => string,
): { readonly rank: string; readonly arrived: string; readonly by: string; readonly beyond: string } {
  const arrived = `(extract(epoch from j.received_at) * 1000000)::bigint`;
  const acute = `case when j.priority in ('asap', 'stat') then 0 else 1 end`;
  const rank = present
    ? `(case when j.owner_id = any(${given(present)}::text[]) then 2 else 0 end + ${acute})`
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
