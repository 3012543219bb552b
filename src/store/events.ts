import type { PastEvent } from '../referral/past-event.ts';
import type { Store } from './store.ts';

/** Every event of the journeys that came in between two instants (the second not included), in their order. */
export async function readEventsOf(store: Pick<Store, 'pool'>, from: Date, to: Date): Promise<PastEvent[]> {
  const { rows } = await store.pool.query<PastEvent>(
    `select e.journey_id as journey, e.practice_id as practice, e.kind, e.at, e.on_day::text as on, e.owner_id as owner,
            e.team_id as team, e.outcome, e.age_band as "ageBand", e.life_areas as "lifeAreas"
       from journey_event e
      where e.journey_id in (select r.journey_id from journey_event r where r.kind = 'received' and r.at >= $1 and r.at < $2)
      order by e.journey_id, e.id`,
    [from, to],
  );
  return rows;
}
