import type { Carriage } from './lists.ts';
import { type Scope, type Store, scopeCondition } from './store.ts';

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

/**
 * Feedback within a scope that has not landed and has been on its way since before a moment, or of which somebody said that
 * the practice is to be called; oldest first (promise 3).
 */
export async function listUnlanded(store: Store, scope: Scope, before: Date, limit: number): Promise<ListedDelivery[]> {
  const { sql, value } = scopeCondition(scope);
  const { rows } = await store.pool.query<ListedDelivery>({
    name: `unlanded-${scope.kind}`,
    text: `select ${COLUMNS} from delivery d join journey j on j.id = d.journey_id
            where ${sql} and d.kind = 'feedback' and d.state not in ('landed', 'abandoned') and (d.created_at < $2 or d.reason = 'to-call')
            order by d.created_at, d.id limit $3`,
    values: [value, before, limit],
  });
  return rows;
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
