import type { Store } from '../store.ts';

/** What one version of a mapping read since a moment. */
export interface MappingUse {
  /** `name@version+hash`. */
  readonly mapping: string;
  readonly messages: number;
  readonly first: Date;
  readonly last: Date;
}

/** Every version that read something since a moment, the newest use first. */
export async function readMappingUse(store: Store, since: Date): Promise<MappingUse[]> {
  const { rows } = await store.pool.query<MappingUse>(
    `select mapping, count(*)::int as messages, min(received_at) as first, max(received_at) as last
       from inbound where received_at >= $1 and mapping is not null group by mapping order by last desc, mapping`,
    [since],
  );
  return rows;
}

/** A place that a mapping did not carry, and in how many messages of how many practices. */
export interface CountedLoss {
  /** The name of the mapping, whatever its version. */
  readonly mapping: string;
  readonly why: string;
  readonly place: string;
  readonly messages: number;
  readonly practices: number;
  readonly last: Date;
}

/** What messages said since a moment that one mapping (or, undefined, any) did not carry, the most frequent first. */
export async function countLosses(
  store: Store,
  name: string | undefined,
  since: Date,
  limit: number,
): Promise<CountedLoss[]> {
  const { rows } = await store.pool.query<CountedLoss>(
    `select split_part(mapping, '@', 1) as mapping, split_part(lost, ' ', 1) as why,
      substr(lost, strpos(lost, ' ') + 1) as place, count(*)::int as messages,
            count(distinct practice_id)::int as practices, max(received_at) as last
       from inbound, unnest(losses) as lost
      where received_at >= $1 and ($2::text is null or split_part(mapping, '@', 1) = $2)
      group by 1, 2, 3 order by messages desc, mapping, place, why limit $3`,
    [since, name ?? null, limit],
  );
  return rows;
}
