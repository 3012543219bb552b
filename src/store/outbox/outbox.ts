import type { Proof } from '../../referral/directory/channels.ts';
import type { Store } from '../store.ts';
import { inTransaction } from '../transaction.ts';
import { mayGo, openNow } from './destinations.ts';

/** What the queue carries: never more than this (no patient data in the queue). */
export interface Due {
  readonly id: string;
  readonly generation: number;
}

/** A delivery that this attempt holds, until its lease ends. */
export interface Claimed {
  readonly id: string;
  readonly practice: string;
  readonly journey: string;
  readonly messageId: string;
  readonly kind: 'worklist' | 'notify' | 'feedback' | 'alarm' | 'subscription' | 'case';
  readonly destination: string;
  readonly recipient: string;
  readonly document?: { readonly type: string; readonly id: string };
  readonly assignment: number | null;
  readonly attempts: number;
  readonly lease: string;
  /** An earlier attempt may have had its effect: ask before sending again. */
  readonly ambiguous: boolean;
  readonly bestProof: Proof;
  /** The best that earlier attempts have proven. */
  readonly proof: Proof | null;
  /** Since when it is tried, or tried again by a person: what the patience of seven days is counted from. */
  readonly waitingSince: Date;
  readonly createdAt: Date;
  /** The trace it was committed in. */
  readonly traceparent: string | null;
}

/** The most that one round offers. */
export const offeredMax = 500;

// Head of line per (destination, recipient, journey); at most the window of a destination minus what is queued. Each
// failure in a row makes the window smaller, down to one; a half open breaker lets one through. A `sent` one past its
// moment is looked at again. Urgent first within what is due. The order is asked per row, with a limit: as a join it is
// planned over the whole backlog of a destination.
const DUE = `
  select d.id::text, d.generation
    from destination x cross join lateral (
      select d.id, d.generation, d.next_at
        from delivery d
       where d.destination = x.id and d.state in ('pending', 'sent') and d.next_at <= now()
         and (d.lease_until is null or d.lease_until < now()) and ${mayGo}
         and (select e.id from delivery e
               where e.destination = d.destination and e.recipient = d.recipient and e.journey_id = d.journey_id
                 and e.id < d.id and e.sent_at is null and e.state in ('pending', 'queued', 'held') limit 1) is null
       order by d.next_at, d.id
       limit greatest(0, case when x.breaker = 'open' or x.down_since is not null then 1 when x.kind = 'worklist' then x.max_inflight
                                 else greatest(1, least(x.max_inflight, $1::int) - x.fails) end
                         - (select count(*) from delivery q where q.destination = x.id and q.state = 'queued'))
       for update of d skip locked) d
   where ${openNow}
   limit ${offeredMax}`;

// The lease of a crashed attempt ends here: were it kept, the job that waits for a worker would be taken for crashed too.
const MARK_QUEUED = `
  update delivery set state = 'queued', queued_at = now(), lease_until = null,
         ambiguous = ambiguous or state = 'sent' or lease_until is not null
   where id = any($1::bigint[])`;

/**
 * Offers what is due to `add`, then marks it queued, in that order: a crash in between offers the same job again
 * under the same id. Gives how many were offered. When `add` fails nothing is marked. No destination outside has
 * more than `windowMax` under way, however wide its own window is.
 */
export async function offerDue(
  store: Store,
  add: (due: readonly Due[]) => Promise<void>,
  windowMax = 1_000,
): Promise<number> {
  return inTransaction(store.pool, async (client) => {
    const { rows } = await client.query<Due>({ name: 'due', text: DUE, values: [windowMax] });
    if (rows.length > 0) {
      await add(rows);
      await client.query({ name: 'mark-queued', text: MARK_QUEUED, values: [rows.map((row) => row.id)] });
    }
    return rows.length;
  });
}

/** Until when the maintenance of destination `x` lasts, while it does. */
const inWindow = 'case when x.window_from <= now() then x.window_until end';

// What is due and does not go waits for something that wakes the relay itself (a receipt, a person, the end of a pause),
// or for its destination's moment. Looking a little back: what became due since the last round must not be passed over.
const UNTIL_NEXT = `
  select extract(epoch from min(at) - now())::float8 * 1000 as ms from (
    select d.next_at as at from destination x cross join lateral (
      select next_at from delivery where destination = x.id and state in ('pending', 'sent')
         and next_at > now() - interval '100 milliseconds' order by next_at limit 1) d
    union all
    select greatest(x.hold_until, x.open_until, ${inWindow}) from destination x
     where not x.paused and greatest(x.hold_until, x.open_until, ${inWindow}) > now()) soon`;

/** Milliseconds until something may become due; null when nothing waits for a moment. The relay sleeps no longer than this. */
export async function untilNextDue(store: Store): Promise<number | null> {
  const { rows } = await store.pool.query<{ ms: number | null }>({ name: 'until-next-due', text: UNTIL_NEXT });
  return rows[0]?.ms ?? null;
}

// The generation in the WHERE: a job left over from an earlier round finds nothing to do. A job can run before the
// relay's mark is committed: `pending` is taken too, so that this waits for the relay's row lock instead of missing it.
// A lease of a crashed attempt that has run out is taken over, and what it did is then in doubt. What was queued before
// its destination was paused or its breaker opened goes back untried; a probe was queued after that. Rows are locked in
// the order of their ids, so that two batches never wait for each other.
const CLAIM = `
  with w as (
    select * from unnest($1::bigint[], $2::int[], $3::uuid[], $4::float8[]) as u(id, generation, lease, lease_ms)),
  l as (
    select d.id, w.lease, w.lease_ms,
           ${openNow} and ${mayGo} and (x.breaker = 'closed' or d.queued_at >= x.open_until) as may_go, x.down_since is not null as is_down,
           greatest(x.patience_from, case when x.window_until <= now() then x.window_until end) as patience_from
      from w join delivery d on d.id = w.id and d.generation = w.generation join destination x on x.id = d.destination
     where d.state in ('queued', 'pending', 'sent') and (d.lease_until is null or d.lease_until < now())
     order by d.id for update of d),
  back as (
    update delivery d set state = case when d.state = 'queued' then 'pending' else d.state end,
           generation = d.generation + 1, queued_at = null
      from l where d.id = l.id and not l.may_go),
  c as (
    update delivery d set lease = l.lease, lease_until = now() + l.lease_ms * interval '1 millisecond', attempts = d.attempts + 1,
           ambiguous = d.ambiguous or d.lease_until is not null, first_sent_at = coalesce(d.first_sent_at, $5),
           trying_since = case when l.is_down then $5 else greatest(coalesce(d.trying_since, $5), l.patience_from) end
      from l where d.id = l.id and l.may_go
    returning d.*),
  a as (
    insert into attempt (delivery_id, number, lease, began_at) select id, attempts, lease, now() from c)
  select c.id::text, c.practice_id, c.journey_id, c.message_id, c.kind, c.destination, c.recipient, c.document_type, c.document_id,
         c.assignment, c.attempts, c.lease, c.ambiguous, x.best_proof, c.proof, c.trying_since, c.created_at, c.traceparent
    from c join destination x on x.id = c.destination`;

interface ClaimRow {
  id: string;
  practice_id: string;
  journey_id: string;
  message_id: string;
  kind: Claimed['kind'];
  destination: string;
  recipient: string;
  document_type: string | null;
  document_id: string | null;
  assignment: number | null;
  attempts: number;
  lease: string;
  ambiguous: boolean;
  best_proof: Proof;
  proof: Proof | null;
  trying_since: Date;
  created_at: Date;
  traceparent: string | null;
}

function toClaimed(row: ClaimRow): Claimed {
  return {
    id: row.id,
    practice: row.practice_id,
    journey: row.journey_id,
    messageId: row.message_id,
    kind: row.kind,
    destination: row.destination,
    recipient: row.recipient,
    ...(row.document_type && row.document_id && { document: { type: row.document_type, id: row.document_id } }),
    assignment: row.assignment,
    attempts: row.attempts,
    lease: row.lease,
    ambiguous: row.ambiguous,
    bestProof: row.best_proof,
    proof: row.proof,
    waitingSince: row.trying_since,
    createdAt: row.created_at,
    traceparent: row.traceparent,
  };
}

/**
 * Claims deliveries in one statement, each for its own `leaseMs`. Gives one per wish, in that order; undefined where
 * there is nothing to do (done, given up, an older generation, leased, or its destination takes nothing now).
 */
export async function claimAll(
  store: Store,
  wishes: readonly { readonly due: Due; readonly leaseMs: number }[],
): Promise<(Claimed | undefined)[]> {
  const leases = wishes.map(() => store.newId());
  const { rows } = await store.pool.query<ClaimRow>({
    name: 'claim',
    text: CLAIM,
    values: [
      wishes.map(({ due }) => due.id),
      wishes.map(({ due }) => due.generation),
      leases,
      wishes.map(({ leaseMs }) => leaseMs),
      store.clock(),
    ],
  });
  // By lease, not by id: of two wishes for one delivery one has it.
  const claimed = new Map(rows.map((row) => [row.lease, toClaimed(row)]));
  return leases.map((lease) => claimed.get(lease));
}

/** Claims one delivery for `leaseMs`. */
export async function claim(store: Store, due: Due, leaseMs: number): Promise<Claimed | undefined> {
  const [claimed] = await claimAll(store, [{ due, leaseMs }]);
  return claimed;
}

/**
 * A feedback delivery whose receiver may still answer, as its last attempt had it; `landed` when it has answered already.
 * By our message id and within the practice: nobody answers for another. Undefined when no attempt was ever made.
 */
export async function readAwaited(
  store: Store,
  practice: string,
  messageId: string,
): Promise<Claimed | 'landed' | undefined> {
  const { rows } = await store.pool.query<ClaimRow & { state: string }>({
    name: 'awaited',
    text: `select c.id::text, c.practice_id, c.journey_id, c.message_id, c.kind, c.destination, c.recipient, c.document_type, c.document_id,
                  c.assignment, c.attempts, c.lease, c.ambiguous, x.best_proof, c.proof, c.trying_since, c.created_at, c.traceparent,
                  c.state
             from delivery c join destination x on x.id = c.destination
            where c.practice_id = $1 and c.message_id = $2 and c.kind = 'feedback' and c.lease is not null and c.state <> 'abandoned'`,
    values: [practice, messageId],
  });
  const [row] = rows;
  return row && (row.state === 'landed' ? 'landed' : toClaimed(row));
}

/** An attempt whose lease another had taken over: the delivery has not moved with it, this is its own history. */
export async function endLostAttempt(store: Store, claimed: Claimed): Promise<void> {
  await store.pool.query({
    name: 'end-lost-attempt',
    text: `update attempt set ended_at = now(), outcome = 'lease-lost' where delivery_id = $1 and lease = $2`,
    values: [claimed.id, claimed.lease],
  });
}

/**
 * Puts back what the queue has lost (decision 10). With another epoch than we knew, everything queued without a live
 * lease goes back at once; else what a crashed attempt left behind (its lease has run out), and what was queued longer
 * than `lostAfterMs` and is no longer known to the queue. Gives how many went back.
 */
export async function reconcile(
  store: Store,
  queue: { readonly epoch: string; known(due: readonly Due[]): Promise<ReadonlySet<string>> },
  lostAfterMs: number,
): Promise<number> {
  const { rows: changed } = await store.pool.query({
    text: `insert into queue_epoch (epoch) values ($1)
           on conflict (only_row) do update set epoch = excluded.epoch where queue_epoch.epoch <> excluded.epoch returning 1`,
    values: [queue.epoch],
  });
  if (changed.length > 0) return putBack(store, null);
  const { rows } = await store.pool.query<Due & { crashed: boolean }>({
    text: `select id::text, generation, lease_until is not null as crashed from delivery
            where state = 'queued' and (lease_until < now() or (lease_until is null and queued_at < now() - $1 * interval '1 millisecond'))
            order by queued_at limit 500`,
    values: [lostAfterMs],
  });
  if (rows.length === 0) return 0;
  const known = await queue.known(rows.filter((row) => !row.crashed));
  const lost = rows.filter((row) => row.crashed || !known.has(row.id)).map((row) => row.id);
  return lost.length > 0 ? putBack(store, lost) : 0;
}

async function putBack(store: Store, ids: readonly string[] | null): Promise<number> {
  const { rowCount } = await store.pool.query(
    // What another holds at this moment is not lost: it is being claimed, or has just ended.
    `with l as materialized (
       select id from delivery
        where state = 'queued' and (lease_until is null or lease_until < now()) and ($1::bigint[] is null or id = any($1))
        for update skip locked)
     update delivery d set state = 'pending', generation = d.generation + 1, queued_at = null, lease_until = null,
            ambiguous = d.ambiguous or d.lease_until is not null
       from l where d.id = l.id`,
    [ids],
  );
  return rowCount ?? 0;
}

/** When the relay lock changes hands, what the old relay had queued may never have reached the queue: it goes back. */
export async function putBackAllQueued(store: Store): Promise<number> {
  return putBack(store, null);
}
