import type { KeepingMove } from '../referral/keeping-move.ts';
import { openStatuses } from '../referral/lifecycle/statuses.ts';
import type { Part, Prepared } from './commit/writes.ts';
import { type Scope, scopeCondition } from './scope.ts';
import type { Store } from './store.ts';

const open = openStatuses.map((one) => `'${one}'`).join(', ');
/** H16: the work on the journey `j` is over, and nothing of it is still to be sent. */
const OVER = `j.task_status not in (${open}) and not exists (
  select from delivery d where d.journey_id = j.id and d.state in ('pending', 'queued', 'sent', 'held'))`;

/** Moves of one kind, with the journey they are about. */
function movesTo<To extends KeepingMove['to']>(batch: readonly Prepared[], to: To) {
  return batch.flatMap(({ change }) =>
    change.keeping?.to === to && change.journey
      ? [{ journey: change.journey, move: change.keeping as Extract<KeepingMove, { to: To }> }]
      : [],
  );
}

function part(name: string, columns: string, rows: Part['rows'], set: string, where: string): Part {
  const sql = `update journey_key k set ${set} from n where k.journey_id = n.journey_id and ${where} returning 1`;
  return { name, columns, rows, sql, exact: true };
}

/**
 * Transfer, hold and erasure: parts of the commit's one statement. Their conditions stand on the row of the key itself, so
 * that of a hold and an erasure at one moment the later one sees the earlier.
 */
export function keepingParts(batch: readonly Prepared[]): Part[] {
  const erased = movesTo(batch, 'erased');
  return [
    part(
      'kt',
      'journey_id uuid, at timestamptz, by text',
      movesTo(batch, 'transferred').map(({ journey, move }) => [journey, move.at, move.by]),
      // The last one counts: it is about the newest content.
      'transferred_at = n.at, transferred_by = n.by',
      'k.wrapped is not null',
    ),
    part(
      'ku',
      'journey_id uuid',
      movesTo(batch, 'not-transferred').map(({ journey }) => [journey]),
      'transferred_at = null, transferred_by = null',
      'k.wrapped is not null',
    ),
    part(
      'kh',
      'journey_id uuid, at timestamptz, reference text',
      movesTo(batch, 'held').map(({ journey, move }) => [journey, move.at, move.reference]),
      'held_at = n.at, held_for = n.reference',
      'k.wrapped is not null',
    ),
    part(
      'kr',
      'journey_id uuid',
      movesTo(batch, 'released').map(({ journey }) => [journey]),
      'held_at = null, held_for = null',
      'k.held_at is not null',
    ),
    part(
      'ko',
      'journey_id uuid, at timestamptz',
      movesTo(batch, 'objected').map(({ journey, move }) => [journey, move.at]),
      'objected_at = n.at',
      'true',
    ),
    part(
      'ke',
      'journey_id uuid, at timestamptz',
      erased.map(({ journey, move }) => [journey, move.at]),
      'wrapped = null, destroyed_at = n.at',
      `k.wrapped is not null and k.held_at is null and exists (select from journey j where j.id = k.journey_id and ${OVER})`,
    ),
    {
      name: 'kf',
      columns: 'journey_id uuid',
      rows: erased.filter(({ move }) => move.forget).map(({ journey }) => [journey]),
      sql: `update journey j set bsn_hmac = null, family_hmac = '', birth_date_hmac = '', postcode_hmac = null
              from n where j.id = n.journey_id returning 1`,
      exact: true,
    },
    {
      // Where it stands in another's system is theirs to say from now on.
      name: 'ky',
      columns: 'journey_id uuid',
      rows: erased.map(({ journey }) => [journey]),
      sql: 'delete from case_copy c using n where c.journey_id = n.journey_id returning 1',
      exact: false,
    },
    {
      // What content could be found by goes with it.
      name: 'kw',
      columns: 'journey_id uuid',
      rows: erased.map(({ journey }) => [journey]),
      sql: `update resource r set words = '{}', dates = '{}' from n where r.journey_id = n.journey_id returning 1`,
      exact: false,
    },
    {
      // Nobody can be reminded of what nobody can read any more.
      name: 'kc',
      columns: 'journey_id uuid',
      rows: erased.map(({ journey }) => [journey]),
      sql: 'delete from clock c using n where c.journey_id = n.journey_id returning 1',
      exact: false,
    },
    {
      name: 'ka',
      columns: 'journey_id uuid, at timestamptz',
      rows: erased.map(({ journey, move }) => [journey, move.at]),
      sql: `update alarm a set resolved_at = n.at from n
             where a.journey_id = n.journey_id and a.resolved_at is null returning 1`,
      exact: false,
    },
    {
      // What came before its referral and was not joined yet is content too.
      name: 'km',
      columns: 'journey_id uuid',
      rows: erased.map(({ journey }) => [journey]),
      sql: `delete from early_message e using n, referral_number r
             where r.journey_id = n.journey_id and e.practice_id = r.practice_id and e.number = r.value returning 1`,
      exact: false,
    },
  ];
}

/**
 * It stands in the receiver's own record, of key `k` and journey `j`: said since the journey last moved, for what came
 * after it (a supplement may) is not in it.
 */
export const TRANSFERRED = '(k.transferred_at is not null and k.transferred_at >= j.updated_at)';

/** What is known of how a journey's content is kept; no content is opened. */
export interface Keeping {
  readonly journey: string;
  readonly practice: string;
  readonly number: string;
  readonly practiceNumber: string;
  readonly taskId: string;
  readonly taskStatus: string;
  readonly receivedAt: Date;
  /** When it was said to stand in the receiver's own record, as it is now. */
  readonly transferredAt: Date | null;
  readonly transferredBy: string | null;
  readonly heldAt: Date | null;
  readonly heldFor: string | null;
  readonly objectedAt: Date | null;
  readonly erasedAt: Date | null;
  /** The work is over and nothing is still to be sent. */
  readonly over: boolean;
  /** It came onto a worklist: someone there may have it to keep. */
  readonly seen: boolean;
}

const SEEN = `exists (select from worklist_entry v where v.practice_id = j.practice_id and v.task_id = j.task_id)`;
const KEEPING = `
  select j.id as journey, j.practice_id as practice, j.number, j.practice_referral_id as "practiceNumber", j.task_id as "taskId",
         j.task_status as "taskStatus", j.received_at as "receivedAt",
         case when ${TRANSFERRED} then k.transferred_at end as "transferredAt",
         case when ${TRANSFERRED} then k.transferred_by end as "transferredBy", k.held_at as "heldAt",
         k.held_for as "heldFor", k.objected_at as "objectedAt",
         k.destroyed_at as "erasedAt", ${OVER} as over, ${SEEN} as seen
    from journey j join journey_key k on k.journey_id = j.id`;

/** How the content of some journeys is kept, oldest first. */
export async function readKeeping(store: Store, journeys: readonly string[]): Promise<Keeping[]> {
  const { rows } = await store.pool.query<Keeping>({
    name: 'keeping',
    text: `${KEEPING} where j.id = any($1::uuid[]) order by j.received_at, j.id`,
    values: [journeys],
  });
  return rows;
}

/** A delivery that arrived: by its channel, or read aloud by telephone to someone who is named. */
const arrived = (delivery: string) =>
  `(${delivery}.state = 'landed' or (${delivery}.state = 'abandoned' and ${delivery}.reason = 'by-phone'))`;
// Feedback that was given up on purpose (H10, H3, H6) need not land; anything else must have, by whichever channel.
const LANDED = `not exists (
    select from delivery d where d.journey_id = j.id and d.kind = 'feedback' and d.state = 'abandoned'
      and d.reason not in ('consent-withdrawn', 'recalled', 'consent-to-renew')
      and not exists (select from delivery e where e.journey_id = j.id and e.document_id = d.document_id and ${arrived('e')}))
  and (j.task_status in ('cancelled', 'entered-in-error')
       or exists (select from delivery d where d.journey_id = j.id and d.kind = 'feedback' and ${arrived('d')}))`;
/** The moment that something must have landed before, for its content to be kept no longer. */
export const landedBefore = ({ clock }: Pick<Store, 'clock'>, days: number): Date =>
  new Date(clock().getTime() - days * 24 * 3_600_000);

/** Over, landed, unheld, and nothing of it has moved since this parameter. */
const ripe = (before: '$1' | '$2') => `k.wrapped is not null and k.held_at is null and ${OVER} and ${LANDED}
  and j.updated_at < ${before} and not exists (select from clock c where c.journey_id = j.id)
  and not exists (select from delivery d where d.journey_id = j.id and d.landed_at >= ${before})
  and not exists (select from journey_event e where e.journey_id = j.id and e.kind = 'landed' and e.at >= ${before})`;
/** In the receiver's own record; what nobody there ever saw has nothing to be kept there. */
const ELSEWHERE = `(${TRANSFERRED} or not ${SEEN})`;

/** Journeys whose content may go: landed before a moment, and in the receiver's own record (H16). Oldest first. */
export async function purgeable(store: Store, before: Date, limit: number): Promise<Keeping[]> {
  const { rows } = await store.pool.query<Keeping>({
    name: 'purgeable',
    text: `${KEEPING} where ${ripe('$1')} and ${ELSEWHERE} order by j.updated_at, j.id limit $2`,
    values: [before, limit],
  });
  return rows;
}

/** Of whom, how many, and since when the oldest of them: numbers only. */
export interface AwaitedWord {
  readonly team: string;
  readonly owner: string | null;
  readonly count: number;
  readonly since: Date;
}

/** Journeys that could go but for the receiver's word that they are in its own record, by who must be asked. */
export async function awaitedWords(store: Store, scope: Scope, before: Date): Promise<AwaitedWord[]> {
  const { sql, value } = scopeCondition(scope);
  const { rows } = await store.pool.query<AwaitedWord>({
    name: `awaited-words-${scope.kind}`,
    text: `select j.team_id as team, j.owner_id as owner, count(*) as count, min(j.updated_at) as since
             from journey j join journey_key k on k.journey_id = j.id
            where ${sql} and ${ripe('$2')} and not ${ELSEWHERE}
            group by j.team_id, j.owner_id order by count(*) desc, j.team_id, j.owner_id`,
    values: [value, before],
  });
  return rows;
}
