import type {
  FollowedType,
  SubscriptionEntry,
  SubscriptionEvent,
  SubscriptionMove,
} from '../referral/subscription-move.ts';
import type { Part, Prepared } from './commit/writes.ts';
import { openJson, sealJson } from './sealed.ts';
import type { Store } from './store.ts';

/** A subscription as it stands. */
export interface Subscription extends SubscriptionEntry {
  readonly id: string;
  readonly practice: string;
  readonly client: string;
  readonly version: number;
  readonly status: 'requested' | 'active' | 'error' | 'off';
  readonly error: string | null;
  readonly type: FollowedType;
  readonly followed: number;
  readonly events: number;
  readonly changedAt: Date;
}

/** The destination of a subscription: its own window, breaker and order. */
export const subscriptionDestination = (id: string): string => `subscription:${id}`;

type Of<To extends SubscriptionMove['to']> = Extract<SubscriptionMove, { to: To }>;

/** The parts of a commit that move subscriptions and number what they are told. */
export function subscriptionParts(batch: readonly Prepared[]): Part[] {
  const moves = batch.flatMap(({ change: { subscription: move, scope }, at }) =>
    move ? [{ move, practice: scope.practice, at }] : [],
  );
  const of = <To extends SubscriptionMove['to']>(
    to: To,
    row: (move: Of<To>, practice: string, at: string) => unknown[][],
  ) => moves.flatMap(({ move, practice, at }) => (move.to === to ? row(move as Of<To>, practice, at) : []));
  const asked = of('requested', (move, practice, at) => [
    [
      move.id,
      practice,
      move.client,
      move.version,
      move.type,
      move.endsAt ?? null,
      Buffer.from(move.sealed),
      move.handshake,
      at,
    ],
  ]);
  return [
    {
      name: 'sa',
      exact: true,
      columns:
        'id uuid, practice_id text, client_id text, version int, type text, ends_at timestamptz, sealed bytea, ' +
        'handshake uuid, at timestamptz',
      rows: asked,
      // A new one follows what is numbered from now on; one that stopped goes on where it was.
      sql: `insert into subscription (id, practice_id, client_id, version, status, type, ends_at, sealed, handshake, followed, changed_at)
            select id, practice_id, client_id, version + 1, 'requested', type, ends_at, sealed, handshake,
                   (select coalesce(max(seq), 0) from resource_change), at
              from n where version = 0 or exists (select from subscription o where o.id = n.id)
            on conflict (id) do update set version = excluded.version, status = 'requested', error = null, type = excluded.type,
              ends_at = excluded.ends_at, sealed = excluded.sealed, handshake = excluded.handshake, changed_at = excluded.changed_at,
              followed = case when subscription.status = 'off' then excluded.followed else subscription.followed end
              where subscription.version = excluded.version - 1 returning 1`,
    },
    {
      name: 'sd',
      exact: false,
      columns: 'id text',
      rows: asked.map(([id]) => [subscriptionDestination(String(id))]),
      // Who was away and asks again is tried at once.
      sql: `insert into destination (id, kind, best_proof, max_inflight) select id, 'subscription', 'application', 1 from n
            on conflict (id) do update set breaker = 'closed', open_until = null, fails = 0, openings = 0, hold_until = null returning 1`,
    },
    {
      name: 'sy',
      exact: false,
      columns: 'id uuid, handshake uuid, at timestamptz',
      rows: of('active', (move, _practice, at) => [[move.id, move.handshake, at]]),
      sql: `update subscription s set status = 'active', version = s.version + 1, changed_at = n.at from n
            where s.id = n.id and s.handshake = n.handshake and s.status = 'requested' returning 1`,
    },
    {
      name: 'se',
      exact: false,
      columns: 'id uuid, error text, at timestamptz',
      rows: of('error', (move, _practice, at) => [[move.id, move.code, at]]),
      sql: `update subscription s set status = 'error', error = n.error, version = s.version + 1, changed_at = n.at from n
            where s.id = n.id and s.status in ('requested', 'active') returning 1`,
    },
    {
      name: 'so',
      exact: false,
      columns: 'id uuid, at timestamptz',
      rows: of('off', (move, _practice, at) => [[move.id, at]]),
      sql: `update subscription s set status = 'off', error = null, version = s.version + 1, changed_at = n.at from n
            where s.id = n.id and s.status <> 'off' returning 1`,
    },
    {
      name: 'sf',
      exact: true,
      columns: 'id uuid, followed_from bigint, up_to bigint, told int',
      rows: of('followed', (move) => [[move.id, move.from, move.upTo, move.events.length]]),
      sql: `update subscription s set followed = n.up_to, events = s.events + n.told from n
            where s.id = n.id and s.followed = n.followed_from and s.status = 'active' returning 1`,
    },
    {
      name: 'sv1',
      exact: true,
      columns: 'subscription_id uuid, number bigint, type text, resource_id uuid, happened_at timestamptz',
      rows: of('followed', (move) => move.events.map((one) => [move.id, one.number, one.type, one.resource, one.at])),
      sql: `insert into subscription_event (subscription_id, number, type, resource_id, happened_at)
            select subscription_id, number, type, resource_id, happened_at from n returning 1`,
    },
  ];
}

const keyOf = (store: Store) => store.master.derive('subscription');

/** What was asked, sealed for its place: addresses and headers of others stand in no table. */
export function sealSubscription(store: Store, id: string, entry: SubscriptionEntry): Uint8Array {
  return sealJson(keyOf(store), entry, id);
}

interface Row extends Omit<Subscription, keyof SubscriptionEntry> {
  sealed: Buffer;
}

const COLUMNS = `id, practice_id as practice, client_id as client, version, status, error, type, sealed, followed, events,
  changed_at as "changedAt"`;

function opened(store: Store, { sealed, ...row }: Row): Subscription {
  const entry = openJson<SubscriptionEntry>(keyOf(store), sealed, row.id);
  return { ...entry, ...row };
}

/** One subscription; undefined when there is none of that id. */
export async function readSubscription(store: Store, id: string): Promise<Subscription | undefined> {
  const { rows } = await store.pool.query<Row>({
    name: 'subscription',
    text: `select ${COLUMNS} from subscription where id = $1`,
    values: [id],
  });
  return rows[0] && opened(store, rows[0]);
}

/** All that one system asked for, the oldest first. */
export async function listSubscriptions(store: Store, client: string, practice: string): Promise<Subscription[]> {
  const { rows } = await store.pool.query<Row>({
    name: 'subscriptions',
    text: `select ${COLUMNS} from subscription where client_id = $1 and practice_id = $2 order by id`,
    values: [client, practice],
  });
  return rows.map((row) => opened(store, row));
}

/** Those that are asked for or work. */
export async function openSubscriptions(store: Store): Promise<Subscription[]> {
  const { rows } = await store.pool.query<Row>({
    name: 'subscriptions-open',
    text: `select ${COLUMNS} from subscription where status in ('requested', 'active') order by id`,
  });
  return rows.map((row) => opened(store, row));
}

/** A subscription `s` that nobody answers for any more, of a system that may still knock: it asks again, or is ended. */
export const stoppedOne = `s.status = 'error' and (
  exists (select from client c where c.id = s.client_id and c.revoked_at is null)
  or exists (select from credential k where k.practice_id = s.practice_id and k.application = s.client_id and k.revoked_at is null))`;

/** Those that have stopped because nobody answered, the longest ago first. */
export async function stoppedSubscriptions(store: Store): Promise<Subscription[]> {
  const { rows } = await store.pool.query<Row>(
    `select ${COLUMNS} from subscription s where ${stoppedOne} order by changed_at, id limit 200`,
  );
  return rows.map((row) => opened(store, row));
}

/** What was told under some numbers, both included, in their order. */
export async function readSubscriptionEvents(
  store: Store,
  id: string,
  from: number,
  to: number,
  limit: number,
): Promise<SubscriptionEvent[]> {
  const { rows } = await store.pool.query<Omit<SubscriptionEvent, 'at'> & { at: Date }>({
    name: 'subscription-events',
    text: `select number, type, resource_id as resource, happened_at as at from subscription_event
            where subscription_id = $1 and number between $2 and $3 order by number limit $4`,
    values: [id, from, to, limit],
  });
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}

/** The resources of a type in some journeys: what a receiver sees of them from the moment that they are delivered. */
export async function idsInJourneys(
  store: Store,
  journeys: readonly string[],
  type: string,
): Promise<Map<string, string>> {
  const { rows } = await store.pool.query<{ id: string; journey: string }>({
    name: 'ids-in-journeys',
    text: 'select id, journey_id as journey from resource where journey_id = any($1::uuid[]) and type = $2 order by id',
    values: [journeys, type],
  });
  return new Map(rows.map((row) => [row.id, row.journey]));
}

/** Of some journeys those with a consent in force. */
export async function consentedAmong(store: Store, journeys: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await store.pool.query<{ journey: string }>({
    name: 'consented-among',
    text: `select journey_id as journey from resource where journey_id = any($1::uuid[]) and type = 'Consent'
            and words && array['Consent.status active', '!Consent.status active']`,
    values: [journeys],
  });
  return new Set(rows.map((row) => row.journey));
}

/** Removes what is too old to be asked for: numbers of 30 days ago, subscriptions that are off since then. Gives how many rows. */
export async function removeOldSubscriptions(store: Store): Promise<number> {
  const before = new Date(store.clock().getTime() - 30 * 86_400_000);
  const done = await Promise.all([
    store.pool.query('delete from subscription_event where happened_at < $1', [before]),
    store.pool.query(
      `with gone as (delete from subscription where status = 'off' and changed_at < $1 returning 'subscription:' || id as destination)
       delete from destination x using gone where x.id = gone.destination`,
      [before],
    ),
  ]);
  return done.reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0);
}

/** Whether a credential of this practice's application opens the door. */
export async function hasCredential(store: Store, practice: string, application: string): Promise<boolean> {
  const { rowCount } = await store.pool.query({
    name: 'has-credential',
    text: 'select from credential where practice_id = $1 and application = $2 and revoked_at is null limit 1',
    values: [practice, application],
  });
  return (rowCount ?? 0) > 0;
}
