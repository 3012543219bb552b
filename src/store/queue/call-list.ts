import { type Scope, scopeCondition } from '../scope.ts';
import type { Store } from '../store.ts';
import { COLUMNS, type ListedDelivery } from './deliveries.ts';

/** Why somebody must be called, in the order in which it is shown. */
export const callKinds = ['unlanded', 'refused', 'mail', 'link'] as const;
/**
 * `unlanded`: feedback to be read aloud; `refused`: a message whose channel has no synchronous no; `mail`, `link`: a notice, or a
 * link for who has no account, that cannot be delivered.
 */
export type CallKind = (typeof callKinds)[number];

/** One thing for which somebody must be called: whom, about which number, since when; nothing of a resident. */
export interface ToCall {
  /** Its place in the list of its kind: the next page begins after it. */
  readonly id: string;
  readonly practice: string;
  /** Our number, where there is a referral of it. */
  readonly number: string | null;
  /** Of a mail: the role or practice that did not get it. */
  readonly recipient: string | null;
  /** The delivery, where there is one. */
  readonly delivery: string | null;
  readonly since: Date;
}

const asLink = `d.document_type in ('Link', 'LinkCode')`;
const unlanded = (before: '$1' | '$2') =>
  `d.kind = 'feedback' and d.state in ('pending', 'queued', 'sent', 'held') and (d.created_at < ${before} or d.reason = 'to-call')`;
const heldMail = (link: boolean) =>
  `$1::timestamptz is not null and d.kind = 'notify' and d.state = 'held' and (${asLink}) is ${link ? '' : 'not '}true`;
const ofDeliveries = (condition: string, recipient: string) =>
  `select d.id, d.practice_id as practice, j.number, ${recipient} as recipient, d.id::text as delivery, d.created_at as since
     from delivery d left join journey j on j.id = d.journey_id where ${condition}`;
const lists: Readonly<Record<CallKind, string>> = {
  unlanded: ofDeliveries(unlanded('$1'), 'null'),
  refused: `select a.id, a.practice_id as practice, j.number, null as recipient, null as delivery, a.raised_at as since
     from alarm a left join journey j on j.id = a.journey_id
    where $1::timestamptz is not null and a.kind = 'call-practice' and a.resolved_at is null`,
  mail: ofDeliveries(heldMail(false), 'd.recipient'),
  link: ofDeliveries(heldMail(true), 'd.recipient'),
};

/**
 * Everything of a kind for which a telephone is the way that is left, oldest first, from after a place on: feedback that has not
 * landed since `unlandedBefore` or of which somebody said so, refused messages of channels without a synchronous no
 * (decision 13), mails that were refused.
 */
export async function listToCall(
  store: Store,
  kind: CallKind,
  unlandedBefore: Date,
  limit: number,
  after = '0',
): Promise<ToCall[]> {
  const { rows } = await store.pool.query<ToCall>({
    name: `to-call-${kind}`,
    text: `select id::text, practice, number, recipient, delivery, since from (${lists[kind]}) c where id > $3::bigint order by c.id limit $2`,
    values: [unlandedBefore, limit, after],
  });
  return rows;
}

/** How many there are of each kind, however many a page shows. */
export async function countToCall(store: Store, unlandedBefore: Date): Promise<Record<CallKind, number>> {
  const { rows } = await store.pool.query<Record<CallKind, number>>({
    name: 'count-to-call',
    text: `select ${callKinds.map((kind) => `(select count(*) from (${lists[kind]}) c) as "${kind}"`).join(', ')}`,
    values: [unlandedBefore],
  });
  const [found] = rows;
  if (!found) throw new Error('a count without a row');
  return found;
}

/**
 * Feedback within a scope that has not landed and has been on its way since before a moment, or of which somebody said that
 * the practice is to be called; oldest first (promise 3). From after a delivery on, or that delivery alone.
 */
export async function listUnlanded(
  store: Store,
  scope: Scope,
  before: Date,
  limit: number,
  at: { readonly after?: string | undefined; readonly only?: string } = {},
): Promise<ListedDelivery[]> {
  const { sql, value } = scopeCondition(scope);
  const { rows } = await store.pool.query<ListedDelivery>({
    name: `unlanded-${scope.kind}`,
    text: `select ${COLUMNS} from delivery d join journey j on j.id = d.journey_id
            where ${sql} and ${unlanded('$2')} and d.id > $4::bigint and d.id = coalesce($5::bigint, d.id) order by d.id limit $3`,
    values: [value, before, limit, at.after ?? '0', at.only ?? null],
  });
  return rows;
}

/** How many those are. */
export async function countUnlanded(store: Store, scope: Scope, before: Date): Promise<number> {
  const { sql, value } = scopeCondition(scope);
  const { rows } = await store.pool.query<{ count: number }>({
    name: `count-unlanded-${scope.kind}`,
    text: `select count(*) from delivery d join journey j on j.id = d.journey_id where ${sql} and ${unlanded('$2')}`,
    values: [value, before],
  });
  return rows[0]?.count ?? 0;
}

/** One line of a team's phone list: a call about one referral, or about all of a practice that wait for the same reason. */
export interface TeamCall {
  readonly kind: string;
  readonly practice: string;
  readonly count: number;
  /** The first of their numbers. */
  readonly numbers: readonly string[];
  /** Of the first: its journey, and who has it. */
  readonly journey: string | null;
  readonly owner: string | null;
  readonly since: Date;
  /** Where it stands: the next page begins after it. */
  readonly place: string;
}

// What is late is grouped by whose it is, in a part of its own: never a flood. Acute, and a refused message, are a call each.
const CALLS = `
  select kind, practice, count(*) as count, min(raised_at) as since, min(id) as first,
         (array_agg(number order by id) filter (where number is not null))[1:$2] as numbers,
         (array_agg(journey order by id))[1] as journey, (array_agg(owner order by id))[1] as owner,
         case kind when 'acute' then 0 when 'nobody-present' then 1 else 2 end as rank
    from (select a.id, a.kind, a.practice_id as practice, a.raised_at, a.journey_id::text as journey, j.number, j.owner_id as owner
            from alarm a left join journey j on j.id = a.journey_id
           where a.team_id = $1 and a.resolved_at is null and a.kind <> 'overdue') a
   group by kind, practice, case when kind in ('acute', 'call-practice') then id end`;
const numbersShown = 10;

/** Whom a team must call now, acute first and then the longest waiting; `after`: from a place on. */
export async function listTeamCalls(
  store: Store,
  team: string,
  limit: number,
  after = { rank: -1, first: '0' },
): Promise<TeamCall[]> {
  const { rows } = await store.pool.query<TeamCall>({
    name: 'team-calls',
    text: `select kind, practice, count, coalesce(numbers, '{}') as numbers, journey, owner, since, rank || '.' || first as place
             from (${CALLS}) c where (rank, first) > ($4::int, $5::bigint) order by rank, first limit $3`,
    values: [team, numbersShown, limit, after.rank, after.first],
  });
  return rows;
}

/** How many lines that list has, and how many referrals and messages they are about. */
export async function countTeamCalls(
  store: Store,
  team: string,
): Promise<{ readonly lines: number; readonly about: number }> {
  const { rows } = await store.pool.query<{ lines: number; about: number }>({
    name: 'count-team-calls',
    text: `select count(*) as lines, coalesce(sum(count), 0)::bigint as about from (${CALLS}) c`,
    values: [team, 1],
  });
  return rows[0] ?? { lines: 0, about: 0 };
}
