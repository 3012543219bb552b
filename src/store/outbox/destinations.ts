import type { AuditLine } from '../../referral/change.ts';
import type { DestinationMove, Strike } from '../../referral/delivery-move.ts';
import { type Part, type Prepared, textArray } from '../commit/writes.ts';
import type { Store } from '../store.ts';

/** May anything go to destination `x` at this moment? The pause, its maintenance, what it asked for itself and the breaker say. */
export const openNow = `(not x.paused and (x.hold_until is null or x.hold_until <= now())
  and (x.open_until is null or x.open_until <= now())
  and (x.window_from is null or now() < x.window_from or now() >= x.window_until))`;

/** May this delivery `d` go there, when anything may? Not what is newer than a drain, nor a retry that is switched off. */
export const mayGo = '(x.drain_to is null or d.id <= x.drain_to) and (x.retries or d.trying_since is null)';

// A receipt closes the breaker; of a batch with both, the receipt counts. What fails while it is open had begun before
// and changes nothing; what fails after (the probe) opens it for longer. Rows are locked in order, and only when there
// is something to change: receipts of a healthy destination never wait for each other.
const verdicts = (id: string, from: string) => `,
  s as (
    select ${id} as id, bool_or(n.ok) as ok, count(n.opens_at) as strikes, min(n.opens_at) as opens_at,
           min(n.open_for)::float8[] as open_for, max(n.hold_ms) * interval '1 millisecond' as hold
      from ${from} group by ${id}),
  l as (
    select x.id, s.ok, s.hold, s.open_for, x.fails + s.strikes as fails, x.openings,
           not s.ok and x.fails + s.strikes >= s.opens_at and (x.breaker = 'closed' or x.open_until <= now()) as opens
      from destination x join s on s.id = x.id
     where s.hold is not null or case when s.ok then x.breaker = 'open' or x.fails > 0 or x.down_since is not null else s.strikes > 0 end
     order by x.id for update of x)
  update destination x
     set hold_until = greatest(x.hold_until, now() + l.hold),
         fails = case when l.ok then 0 else l.fails end,
         breaker = case when l.ok then 'closed' when l.opens then 'open' else x.breaker end,
         patience_from = case when l.ok and x.down_since is not null then now() else x.patience_from end,
         down_since = case when l.ok then null else x.down_since end,
         openings = case when l.ok then 0 when l.opens then l.openings + 1 else l.openings end,
         open_until = case when l.ok then null when l.opens
           then now() + l.open_for[least(l.openings + 1, cardinality(l.open_for))] * interval '1 millisecond' else x.open_until end
    from l where x.id = l.id returning 1`;

/** What a person asked of destination `x` before, kept by the statement that changes it; `act` names what was asked now. */
const keepAsWas = (
  act: string,
) => `was = jsonb_build_object('act', ${act}, 'at', now(), 'paused', x.paused, 'drain_to', x.drain_to,
  'down_since', x.down_since, 'retries', x.retries, 'window_from', x.window_from, 'window_until', x.window_until)`;

/** Whether what was asked of destination `x` last can be undone: for a day. */
const mayBeUndone = `(x.was is not null and (x.was->>'at')::timestamptz > now() - interval '1 day')`;

/** What a batch of changes does to destinations: verdicts of attempts, and pauses by a person. */
export function destinationParts(batch: readonly Prepared[]): Part[] {
  const moves = batch.flatMap(({ change }) => change.deliveries ?? []);
  const asked = batch.flatMap(({ change }) => change.destinations ?? []);
  const paused = asked.filter((one) => one.to === 'paused' || one.to === 'resumed');
  const setting = (name: string, tos: readonly DestinationMove['to'][], set: string): Part => ({
    name,
    exact: true,
    columns: 'id text, moved_to text, begins timestamptz, ends timestamptz',
    rows: asked
      .filter((one) => tos.includes(one.to))
      .map((one) => [one.id, one.to, ...(one.to === 'window' ? [one.from, one.until] : [null, null])]),
    sql: `update destination x set ${set}, ${keepAsWas('n.moved_to')} from n where x.id = n.id returning 1`,
  });
  const verdictPart = (name: string, id: string, rows: Part['rows'], sql: string): Part => ({
    name,
    exact: false,
    columns: `${id}, ok boolean, opens_at int, open_for text, hold_ms double precision`,
    rows,
    sql,
  });
  const struck = ({ strike, holdMs }: { readonly strike?: Strike; readonly holdMs?: number }) => [
    false,
    strike?.opensAt ?? null,
    strike ? textArray(strike.openForMs.map(String)) : null,
    holdMs ?? null,
  ];
  const went = [true, null, null, null];
  return [
    verdictPart(
      'b',
      'id bigint, lease uuid',
      moves.flatMap((move) => {
        if (move.to === 'sent' || move.to === 'landed') return [[move.id, move.lease, ...went]];
        if ((move.to !== 'pending' && move.to !== 'held') || !(move.strike || move.holdMs)) return [];
        return [[move.id, move.lease, ...struck(move)]];
      }),
      verdicts('d.destination', 'n join delivery d on d.id = n.id and d.lease = n.lease'),
    ),
    // Being asked is a try too: who does not answer that is not there.
    verdictPart(
      'ba',
      'id text',
      asked.flatMap((one) =>
        one.to === 'answered' ? [[one.id, ...went]] : one.to === 'silent' ? [[one.id, ...struck(one)]] : [],
      ),
      verdicts('n.id', 'n'),
    ),
    {
      name: 'ds',
      exact: true,
      columns: 'id text, paused boolean',
      rows: paused.map((one) => [one.id, one.to === 'paused']),
      sql: `update destination x set paused = n.paused, hold_until = case when n.paused then x.hold_until end,
              open_until = case when n.paused then x.open_until end, breaker = case when n.paused then x.breaker else 'closed' end,
              fails = case when n.paused then x.fails else 0 end, openings = case when n.paused then x.openings else 0 end,
              drain_to = null, down_since = null, ${keepAsWas("case when n.paused then 'paused' else 'resumed' end")}
            from n where x.id = n.id returning 1`,
    },
    {
      name: 'dt',
      exact: false,
      columns: 'id text',
      rows: asked.filter((one) => one.to === 'resumed' || one.to === 'undone').map((one) => [one.id]),
      // Days of maintenance were no days of trying: what waits gets its full patience again.
      sql: `,
            l as (select d.id from delivery d join n on d.destination = n.id
                   where d.state in ('pending', 'sent') and d.trying_since is not null for update of d skip locked)
            update delivery d set trying_since = null from l where d.id = l.id returning 1`,
    },
    // Ids are given in order: what has a later one came after the drain began.
    setting('dn', ['draining'], 'drain_to = coalesce((select max(id) from delivery), 0), paused = false'),
    setting('dd', ['down'], 'down_since = now(), paused = false'),
    setting('dy', ['retries-off', 'retries-on'], `retries = n.moved_to = 'retries-on'`),
    setting('dw', ['window', 'window-off'], 'window_from = n.begins, window_until = n.ends'),
    {
      name: 'du',
      exact: true,
      columns: 'id text',
      rows: asked.filter((one) => one.to === 'undone').map((one) => [one.id]),
      sql: `update destination x set paused = (x.was->>'paused')::boolean, drain_to = (x.was->>'drain_to')::bigint,
              down_since = (x.was->>'down_since')::timestamptz, retries = (x.was->>'retries')::boolean,
              window_from = (x.was->>'window_from')::timestamptz, window_until = (x.was->>'window_until')::timestamptz, was = null
            from n where x.id = n.id and ${mayBeUndone} returning 1`,
    },
    {
      name: 'df',
      exact: true,
      columns: 'id text, after_number bigint, up_to bigint',
      rows: asked.flatMap((one) => (one.to === 'followed' ? [[one.id, one.after, one.upTo]] : [])),
      sql: `update destination x set followed = n.up_to from n
             where x.id = n.id and x.followed is not distinct from n.after_number returning 1`,
    },
  ];
}

/**
 * Pauses a destination for maintenance at the other side, or resumes it. What is under way ends; what waits keeps its
 * order. False when there is no such destination.
 */
export async function moveDestination(store: Store, move: DestinationMove, audit: AuditLine): Promise<boolean> {
  const done = await store.commit({ scope: { practice: '' }, destinations: [move], audit: [audit] });
  return done.ok;
}

/** A destination as an administrator sees it. */
export interface ListedDestination {
  readonly id: string;
  readonly paused: boolean;
  readonly breaker: 'closed' | 'open';
  readonly fails: number;
  /** Until when nothing goes there: the breaker's moment or the receiver's own, whichever is later. */
  readonly quietUntil: Date | null;
  /** Only what was there when this began goes out. */
  readonly draining: boolean;
  readonly retries: boolean;
  readonly windowFrom: Date | null;
  readonly windowUntil: Date | null;
  readonly downSince: Date | null;
  /** What was asked last, when that can be undone. */
  readonly last: {
    readonly act: Exclude<DestinationMove['to'], 'followed' | 'undone' | 'answered' | 'silent'>;
    readonly at: string;
  } | null;
  /** Of a case system: when it was last asked what was done there. */
  readonly askedAt: Date | null;
}

/** Every destination and whether anything may go there now. */
export async function listDestinations(store: Store): Promise<ListedDestination[]> {
  const { rows } = await store.pool.query<ListedDestination>({
    name: 'destinations',
    text: `select x.id, x.paused, x.breaker, x.fails,
                  case when not (x.hold_until is null or x.hold_until <= now()) or not (x.open_until is null or x.open_until <= now())
                       then greatest(x.hold_until, x.open_until) end as "quietUntil",
                  x.drain_to is not null as draining, x.retries, x.window_from as "windowFrom", x.window_until as "windowUntil",
                  x.down_since as "downSince", x.asked_at as "askedAt",
                  case when ${mayBeUndone} then jsonb_build_object('act', x.was->>'act', 'at', x.was->>'at') end as last
             from destination x order by x.id`,
  });
  return rows;
}

/** How much is on its way to a destination now: what waits for its turn there, and what was sent and has no proof yet. */
export async function openAt(store: Store, id: string): Promise<{ readonly waiting: number; readonly sent: number }> {
  const { rows } = await store.pool.query<{ waiting: number; sent: number }>(
    `select count(*) filter (where state in ('pending', 'queued')) as waiting, count(*) filter (where state = 'sent') as sent
       from delivery where destination = $1 and state in ('pending', 'queued', 'sent')`,
    [id],
  );
  return rows[0] ?? { waiting: 0, sent: 0 };
}
