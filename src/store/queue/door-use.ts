import type { Store } from '../store.ts';

/** What came in at one door since a moment: messages taken, by how many practices, and what was refused, by code. */
export interface DoorUse {
  readonly door: string;
  readonly taken: number;
  readonly practices: readonly string[];
  readonly last: Date | null;
  readonly refused: readonly { readonly code: string; readonly count: number }[];
}

/** Every door that was used since, by name. Counts and codes only; of what was refused only what is still kept. */
export async function readDoorUse(store: Store, since: Date): Promise<DoorUse[]> {
  const [{ rows: taken }, { rows: refused }] = await Promise.all([
    store.pool.query<{ door: string; taken: number; practices: string[]; last: Date }>(
      `select door, count(*)::int as taken, array_agg(distinct practice_id order by practice_id) as practices, max(received_at) as last
         from inbound where received_at >= $1 group by door`,
      [since],
    ),
    store.pool.query<{ door: string; code: string; count: number }>(
      `select door, code, count(*)::int as count from refused, unnest(codes) as code
        where received_at >= $1 group by door, code order by count(*) desc, code`,
      [since],
    ),
  ]);
  const doors = [...new Set([...taken, ...refused].map((one) => one.door))].toSorted();
  return doors.map((door) => {
    const own = taken.find((one) => one.door === door);
    return {
      door,
      taken: own?.taken ?? 0,
      practices: own?.practices ?? [],
      last: own?.last ?? null,
      refused: refused.filter((one) => one.door === door).map(({ code, count }) => ({ code, count })),
    };
  });
}
