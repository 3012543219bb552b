import type { Carriage } from '../lists/lists.ts';
import type { Store } from '../store.ts';

/** One delivery as an administrator sees it: ids, states, counts and codes, never content (promise 4). */
export interface ListedDelivery extends Carriage {
  readonly id: string;
  readonly number: string;
  readonly practice: string;
  readonly journey: string;
  readonly nextAt: Date;
  readonly failureCode: string | null;
  readonly reason: string | null;
  readonly messageId: string;
}

export type DeliveryState = Carriage['state'];

/** The columns of a ListedDelivery, of delivery `d` and its journey `j`. */
export const COLUMNS = `
  d.id::text, coalesce(j.number, '') as number, d.practice_id as practice, d.journey_id as journey, d.kind,
  d.destination, d.recipient, d.state, d.proof, d.attempts,
  d.document_id as "documentId", d.created_at as "createdAt", d.first_sent_at as "firstSentAt",
  d.landed_at as "landedAt", d.next_at as "nextAt",
  d.failure_code as "failureCode", d.reason, d.message_id as "messageId"`;

/** One delivery by id; undefined when there is none. A notice to a system, and a mail about a question, have no referral. */
export async function readDelivery(store: Store, id: string): Promise<ListedDelivery | undefined> {
  const { rows } = await store.pool.query<ListedDelivery>({
    name: 'delivery',
    text: `select ${COLUMNS} from delivery d left join journey j on j.id = d.journey_id where d.id = $1`,
    values: [id],
  });
  return rows[0];
}

/** For the journey's own page and the demo: what happened to it, without content. */
export async function readEvents(
  store: Store,
  journey: string,
): Promise<{ kind: string; at: Date; route: string | null; owner: string | null; outcome: string | null }[]> {
  const { rows } = await store.pool.query<{
    kind: string;
    at: Date;
    route: string | null;
    owner: string | null;
    outcome: string | null;
  }>({
    name: 'journey-events',
    text: 'select kind, at, route, owner_id as owner, outcome from journey_event where journey_id = $1 order by id',
    values: [journey],
  });
  return rows;
}
