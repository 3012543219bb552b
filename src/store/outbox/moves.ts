import type { DeliveryMove } from '../../referral/delivery-move.ts';
import { type Part, type Prepared, textArray } from '../commit/writes.ts';
import { mayBeUndone } from '../queue/undo.ts';

/** How a move ends the attempt that it names by its lease: delivery, lease, outcome and code; undefined when it ends none. */
function endOf(move: DeliveryMove): readonly (string | null)[] | undefined {
  if (move.to === 'sent' || move.to === 'landed') return [move.id, move.lease, move.proof, null];
  if (move.to === 'abandoned') return move.lease ? [move.id, move.lease, move.reason, move.code ?? null] : undefined;
  if (move.to !== 'pending' && move.to !== 'held') return undefined;
  return [move.id, move.lease, move.outcome ?? (move.ambiguous ? 'ambiguous' : 'transient'), move.code];
}

/** A delivery `d` as a person's press found it; kept by the statement that moves it, so that nothing comes between. */
const keepAsWas = (generation: string) =>
  `was_state = d.state, was_reason = d.reason, was_generation = ${generation}, was_at = now()`;

/** A move with the journey and the practice of its change. */
interface Moved {
  readonly move: DeliveryMove;
  readonly journey: string | undefined;
  readonly practice: string;
}

/** How attempts ended; a lease that is no longer ours makes the change stale. */
function attemptMoves(moves: readonly Moved[]): Part[] {
  const ended = moves.flatMap(({ move }) =>
    move.to === 'sent' || move.to === 'landed'
      ? [[move.id, move.lease, move.to, move.proof, move.lookAgainInMs ?? null, move.at]]
      : [],
  );
  const failed = moves.flatMap(({ move }) =>
    move.to === 'pending' || move.to === 'held'
      ? [
          [
            move.id,
            move.lease,
            move.to,
            move.code,
            move.ambiguous,
            move.to === 'pending' ? move.retryInMs : null,
            move.to === 'pending' && move.untried === true,
          ],
        ]
      : [],
  );
  return [
    {
      name: 'm',
      exact: true,
      rows: ended,
      columns: 'id bigint, lease uuid, state text, proof text, look_again_in_ms double precision, moved_at timestamptz',
      sql: `update delivery d set state = n.state, proof = n.proof, sent_at = coalesce(d.sent_at, n.moved_at),
              landed_at = case when n.state = 'landed' then n.moved_at end,
              next_at = coalesce(now() + n.look_again_in_ms * interval '1 millisecond', d.next_at),
              lease_until = null, queued_at = null, failure_code = null, reason = null, ambiguous = (n.state = 'sent'),
              generation = d.generation + case when n.state = 'sent' then 1 else 0 end
            from n where d.id = n.id and d.lease = n.lease and d.state not in ('landed', 'abandoned') returning 1`,
    },
    {
      name: 'f',
      exact: true,
      rows: failed,
      columns:
        'id bigint, lease uuid, state text, code text, ambiguous boolean, retry_in_ms double precision, untried boolean',
      // PostgreSQL's clock rules leases and retries: the clocks of our processes may differ (decision 16).
      sql: `update delivery d set state = n.state, failure_code = n.code, ambiguous = n.ambiguous, generation = d.generation + 1,
              next_at = case when n.retry_in_ms is null then d.next_at else now() + n.retry_in_ms * interval '1 millisecond' end,
              trying_since = case when not n.untried then d.trying_since end, lease_until = null, queued_at = null
            from n where d.id = n.id and d.lease = n.lease and d.state not in ('landed', 'abandoned') returning 1`,
    },
  ];
}

/** What a person's press does to deliveries, one by one or as part of a job; each keeps how it found them. */
function pressed(moves: readonly Moved[]): Part[] {
  const of = (to: 'retry' | 'released' | 'undone') =>
    moves.flatMap(({ move, practice }) => (move.to === to ? [[move.id, practice, move.job ?? null]] : []));
  const parked = moves.flatMap(({ move, practice }) =>
    move.to === 'parked' ? [[move.id, practice, move.reason, move.job ?? null]] : [],
  );
  return [
    {
      name: 'y',
      exact: true,
      rows: of('retry'),
      columns: 'id bigint, practice_id text, job_id uuid',
      // An attempt that is under way keeps its lease; the new generation waits for it to end. What waited anyway waits for
      // nobody: there is nothing to undo.
      sql: `update delivery d set state = 'pending', generation = d.generation + 1,
        next_at = greatest(now(), coalesce(d.lease_until, now())), queued_at = null,
              trying_since = null, ${keepAsWas('d.generation + 1')}, was_job = n.job_id
            from n where d.id = n.id and d.practice_id = n.practice_id and d.state in ('held', 'pending', 'queued')
              and d.reason is null returning 1`,
    },
    {
      name: 'pk',
      exact: true,
      rows: parked,
      columns: 'id bigint, practice_id text, reason text, job_id uuid',
      sql: `update delivery d set state = 'held', reason = n.reason, generation = d.generation + 1, queued_at = null, lease_until = null,
              ambiguous = d.ambiguous or d.lease_until is not null, ${keepAsWas('d.generation + 1')}, was_job = n.job_id
            from n where d.id = n.id and d.practice_id = n.practice_id and d.state in ('held', 'pending', 'queued')
              and d.reason is distinct from n.reason and (d.lease_until is null or d.lease_until < now()) returning 1`,
    },
    {
      name: 'rl',
      exact: true,
      rows: of('released'),
      columns: 'id bigint, practice_id text, job_id uuid',
      sql: `update delivery d set state = 'pending', reason = null, generation = d.generation + 1, next_at = now(), trying_since = null,
              ${keepAsWas('d.generation + 1')}, was_job = n.job_id
            from n where d.id = n.id and d.practice_id = n.practice_id and d.state = 'held' and d.reason is not null returning 1`,
    },
    {
      name: 'un',
      exact: true,
      rows: of('undone'),
      columns: 'id bigint, practice_id text, job_id uuid',
      sql: `update delivery d set state = case when d.was_state = 'held' then 'held' else 'pending' end, reason = d.was_reason,
              generation = d.generation + 1, was_state = null, was_reason = null, was_generation = null, was_at = null, was_job = null
            from n where d.id = n.id and d.practice_id = n.practice_id and ${mayBeUndone}
              and (n.job_id is null or d.was_job = n.job_id) returning 1`,
    },
  ];
}

/** What is given up: one, by its attempt or a person, or all of a journey that is not under way. */
function givenUp(moves: readonly Moved[]): Part[] {
  const abandoned = moves.flatMap(({ move, practice }) =>
    move.to === 'abandoned' ? [[move.id, move.lease ?? null, practice, move.reason, move.code ?? null]] : [],
  );
  const allAbandoned = moves.flatMap(({ move, journey }) =>
    move.to === 'abandon-all' ? [[journey, textArray(move.kinds), move.reason]] : [],
  );
  return [
    {
      name: 'ab',
      exact: true,
      rows: abandoned,
      columns: 'id bigint, lease uuid, practice_id text, reason text, code text',
      // Of all that ends so only what a person gave up can be put back.
      sql: `update delivery d set state = 'abandoned', reason = n.reason,
        failure_code = coalesce(n.code, d.failure_code), queued_at = null, lease_until = null,
              ${keepAsWas(`case when n.reason = 'given-up' then d.generation end`)}, was_job = null
            from n where d.id = n.id and d.practice_id = n.practice_id and d.state not in ('landed', 'abandoned')
              and (d.lease = n.lease or (n.lease is null and (d.lease_until is null or d.lease_until < now()))) returning 1`,
    },
    {
      name: 'x',
      exact: false,
      rows: allAbandoned,
      columns: 'journey_id uuid, kinds text, reason text',
      sql: `update delivery d set state = 'abandoned', reason = n.reason, queued_at = null
            from n where d.journey_id = n.journey_id and d.kind = any(n.kinds::text[])
              and d.state in ('pending', 'queued', 'sent', 'held') and (d.lease_until is null or d.lease_until < now()) returning 1`,
    },
  ];
}

/** What is kept of each try beside its delivery. */
function endedAttempts(batch: readonly Prepared[]): Part {
  const attempts = batch.flatMap(({ change, sealed }) =>
    (change.deliveries ?? []).flatMap((move) => {
      const end = endOf(move);
      if (!end) return [];
      const nth = change.attempts?.findIndex((one) => one.lease === end[1]) ?? -1;
      return [[...end, change.attempts?.[nth]?.mapping ?? null, sealed.said?.[nth] ?? null]];
    }),
  );
  return {
    name: 'at',
    exact: false,
    rows: attempts,
    columns: 'id bigint, lease uuid, outcome text, code text, mapping text, said bytea',
    // An answer that came later says how it ended, not how it was written.
    sql: `update attempt a set ended_at = now(), outcome = n.outcome, failure_code = n.code,
              mapping = coalesce(n.mapping, a.mapping), said = coalesce(n.said, a.said)
            from n where a.delivery_id = n.id and a.lease = n.lease returning 1`,
  };
}

/** Everything that moves deliveries that are already there. */
export function moveParts(batch: readonly Prepared[]): Part[] {
  const moves = batch.flatMap(({ change }) =>
    (change.deliveries ?? []).map((move) => ({ move, journey: change.journey, practice: change.scope.practice })),
  );
  return [...attemptMoves(moves), ...pressed(moves), ...givenUp(moves), endedAttempts(batch)];
}
