import { type RawBuilder, sql } from 'kysely';
import type { Store } from '../store.ts';
import { allOf, type Condition, rowsOf } from '../writing.ts';
import { COLUMNS, type DeliveryState, type ListedDelivery } from './deliveries.ts';

/** What a list of the queue is narrowed to; what is absent narrows nothing. */
export interface QueueFilter {
  readonly states?: readonly DeliveryState[] | undefined;
  /** Failure codes of the last attempt; only of what still waits. */
  readonly codes?: readonly string[] | undefined;
  readonly destination?: string | undefined;
  readonly kinds?: readonly string[] | undefined;
  readonly practice?: string | undefined;
  readonly owner?: string | undefined;
  /** Our number of the referral. */
  readonly number?: string | undefined;
  /** Control id of a message that the referral came in, or the message id of what goes out. */
  readonly control?: string | undefined;
  /** Id of the referral's journey, as log lines have it. */
  readonly journey?: string | undefined;
  readonly ids?: readonly string[] | undefined;
  readonly before?: Date | undefined;
}

/** Where the page before ended. */
export interface Place {
  readonly at: Date;
  readonly id: string;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The deliveries that carry something of a message: of ours by its id, of theirs by its control id. */
function byControl(control: string): RawBuilder<unknown> {
  const theirs = sql`select e.id from inbound i join delivery e on e.journey_id = i.journey_id where i.control_id = ${control}`;
  if (!uuid.test(control)) return sql`d.id in (${theirs})`;
  return sql`d.id in (${theirs} union all select id from delivery where message_id = ${control}::uuid)`;
}

function conditions(filter: QueueFilter): Condition[] {
  const { states, codes, destination, kinds, practice, owner, number, control, journey, ids, before } = filter;
  return [
    // The words of the partial index, or PostgreSQL would not know that it may use it.
    codes &&
      sql`d.failure_code = any(${codes}::text[]) and d.failure_code is not null and d.state in ('pending', 'queued', 'held')`,
    // Of one state the order of its index is the order of the list.
    states?.length === 1 ? sql`d.state = ${states[0]}` : states && sql`d.state = any(${states}::text[])`,
    destination !== undefined && sql`d.destination = ${destination}`,
    kinds && sql`d.kind = any(${kinds}::text[])`,
    practice !== undefined && sql`d.practice_id = ${practice}`,
    owner !== undefined && sql`d.journey_id in (select id from journey where owner_id = ${owner})`,
    number !== undefined && sql`d.journey_id = (select id from journey where number = ${number})`,
    control !== undefined && byControl(control),
    journey !== undefined && sql`d.journey_id = ${journey}::uuid`,
    ids && sql`d.id = any(${ids}::bigint[])`,
    before && sql`d.created_at < ${before}`,
  ];
}

/** The statement of a page of deliveries, oldest first, from just after `after`. */
export function queuePage(filter: QueueFilter, limit: number, after?: Place): RawBuilder<ListedDelivery> {
  const where = allOf([...conditions(filter), after && sql`(d.created_at, d.id) > (${after.at}, ${after.id}::bigint)`]);
  return sql<ListedDelivery>`select ${sql.raw(COLUMNS)} from delivery d left join journey j on j.id = d.journey_id
    where ${where} order by d.created_at, d.id limit ${limit}`;
}

/** A page of deliveries. A mail about no referral has no journey, and then no number. */
export function listQueue(store: Store, filter: QueueFilter, limit: number, after?: Place): Promise<ListedDelivery[]> {
  return rowsOf(store, queuePage(filter, limit, after));
}

/** How many a filter holds, counted up to `limit`. */
export async function countQueue(store: Store, filter: QueueFilter, limit: number): Promise<number> {
  const query = sql<{ count: number }>`select count(*) as count from
    (select from delivery d where ${allOf(conditions(filter))} limit ${limit}) found`;
  return (await rowsOf(store, query))[0]?.count ?? 0;
}

/** The ids of the oldest that a filter holds. */
export async function queueIds(store: Store, filter: QueueFilter, limit: number): Promise<string[]> {
  const query = sql<{ id: string }>`select d.id::text from delivery d where ${allOf(conditions(filter))}
    order by d.created_at, d.id limit ${limit}`;
  return (await rowsOf(store, query)).map((row) => row.id);
}

/** One referral and how far it is, hop by hop: moments, or null where it has not been. */
export interface Lane {
  readonly journey: string;
  readonly number: string;
  readonly practice: string;
  readonly owner: string | null;
  readonly taskStatus: string;
  readonly committedAt: Date;
  readonly receivedAt: Date | null;
  /** The door, which is the mapping's name where a door has several. */
  readonly door: string | null;
  /** With which mapping its first message was read. */
  readonly mapping: string | null;
  readonly queuedAt: Date | null;
  readonly visibleAt: Date | null;
  readonly seenAt: Date | null;
  readonly feedbackAt: Date | null;
  readonly landedAt: Date | null;
  /** What of it waits with a failure, held before waiting. */
  readonly stuck: { readonly id: string; readonly kind: string; readonly state: string; readonly code: string } | null;
}

type LaneFilter = Pick<QueueFilter, 'practice' | 'owner' | 'number' | 'control' | 'journey'> & {
  readonly open?: boolean;
  /** With which mapping a message of it was read. */
  readonly mapping?: string | undefined;
};

// Each of the two ways of being open walks its own partial index: one condition with `or` would walk all that ended.
const openWays: readonly Condition[] = [
  sql`j.task_status in ('requested', 'received', 'accepted', 'in-progress', 'on-hold')`,
  sql`j.id in (select journey_id from delivery where state in ('pending', 'queued', 'sent', 'held'))`,
];

/** The query behind listLanes: which referrals first, then their hops. */
function lanesPage(filter: LaneFilter, limit: number, after?: Place) {
  const { practice, owner, number, control, journey, open, mapping } = filter;
  const narrowed = [
    practice !== undefined && sql`j.practice_id = ${practice}`,
    owner !== undefined && sql`j.owner_id = ${owner}`,
    number !== undefined && sql`j.number = ${number}`,
    control !== undefined && sql`j.id in (select journey_id from inbound where control_id = ${control})`,
    journey !== undefined && sql`j.id = ${journey}::uuid`,
    mapping !== undefined && sql`j.id in (select journey_id from inbound where mapping = ${mapping})`,
    after && sql`(j.received_at, j.id) > (${after.at}, ${after.id}::uuid)`,
  ];
  const page = (way: Condition | false) =>
    sql`(select j.received_at, j.id from journey j where ${allOf([...narrowed, way])} order by j.received_at, j.id limit ${limit})`;
  const found = open ? sql.join(openWays.map(page), sql` union `) : page(false);
  return sql<Lane>`select j.id as journey, j.number, j.practice_id as practice, j.owner_id as owner, j.task_status as "taskStatus",
        j.received_at as "committedAt", i.received_at as "receivedAt", i.door, i.mapping, d.queued as "queuedAt", w.visible as "visibleAt",
        e.seen as "seenAt", e.feedback as "feedbackAt", e.landed as "landedAt", s.stuck
      from (select id from (${found}) found order by received_at, id limit ${limit}) first join journey j on j.id = first.id
      left join lateral (select received_at, door, mapping from inbound where journey_id = j.id order by received_at limit 1) i on true
      left join lateral (select min(first_sent_at) as queued from delivery where journey_id = j.id and kind = 'worklist') d on true
      left join lateral (select min(visible_at) as visible from worklist_entry v
         where v.practice_id = j.practice_id and v.task_id = j.task_id) w on true
      left join lateral (select min(at) filter (where kind in ('opened', 'accepted')) as seen,
         max(at) filter (where kind in ('feedback', 'closed')) as feedback, max(at) filter (where kind = 'landed') as landed
         from journey_event where journey_id = j.id) e on true
      left join lateral (select json_build_object('id', f.id::text, 'kind', f.kind, 'state', f.state, 'code', f.failure_code) as stuck
         from delivery f where f.journey_id = j.id and f.failure_code is not null and f.state in ('pending', 'queued', 'held')
         order by f.state = 'held' desc, f.id limit 1) s on true
      order by j.received_at, j.id`;
}

/** A page of referrals, oldest first. `open`: only those whose work or feedback has not ended. */
export function listLanes(store: Store, filter: LaneFilter, limit: number, after?: Place): Promise<Lane[]> {
  return rowsOf(store, lanesPage(filter, limit, after));
}
