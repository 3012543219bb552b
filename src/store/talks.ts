import type { Appointment } from '@medplum/fhirtypes';
import { isLifeArea, type LifeArea } from '../referral/life-area.ts';
import type { Talk } from '../referral/talk.ts';
import type { Part, Prepared } from './commit/writes.ts';
import type { Store } from './store.ts';

/** The rows of talks, reminders of them, and what was followed of agreements; parts of the commit's one statement. */
export function talkParts(batch: readonly Prepared[]): Part[] {
  return [
    {
      name: 'tk',
      exact: true,
      columns:
        'practice_id text, id uuid, version int, status text, starts_at timestamptz, doc jsonb, recorded_at timestamptz',
      rows: batch.flatMap(({ change: { scope, talk }, at }) =>
        talk?.to === 'written'
          ? [
              [
                scope.practice,
                talk.talk.id,
                talk.version,
                talk.talk.status,
                talk.talk.start,
                JSON.stringify(talk.talk),
                at,
              ],
            ]
          : [],
      ),
      sql: `insert into talk (practice_id, id, version, status, starts_at, doc, recorded_at) select * from n
            where n.version = 1 or exists (select from talk o where o.practice_id = n.practice_id and o.id = n.id
              and o.version = n.version - 1)
            returning 1`,
    },
    {
      name: 'tr',
      exact: true,
      columns: 'practice_id text, quarter text, reminded_at timestamptz',
      rows: batch.flatMap(({ change: { scope, talk }, at }) =>
        talk?.to === 'reminded' ? [[scope.practice, talk.quarter, at]] : [],
      ),
      sql: 'insert into talk_reminder (practice_id, quarter, reminded_at) select * from n returning 1',
    },
    {
      name: 'pf',
      exact: true,
      columns: 'practice_id text, levels text, wally text',
      rows: batch.flatMap(({ change: { scope, followed } }) =>
        followed ? [[scope.practice, followed.levels, followed.wally]] : [],
      ),
      // Of two that followed the same change, one was earlier and told who must know.
      sql: `insert into practice_followed as f (practice_id, levels, wally) select * from n
            on conflict (practice_id) do update set levels = excluded.levels, wally = excluded.wally
              where (f.levels, f.wally) is distinct from (excluded.levels, excluded.wally) returning 1`,
    },
  ];
}

const NEWEST = 'select distinct on (id) practice_id as practice, id, version, doc as resource from talk';

/** The talks of these practices as they now are, newest first. */
export async function readTalks(store: Store, practices: readonly string[]): Promise<Talk[]> {
  const { rows } = await store.pool.query<Talk & { resource: Appointment & { id: string } }>({
    name: 'talks',
    text: `select practice, version, resource from (${NEWEST} where practice_id = any($1::text[]) order by id, version desc) t
            order by resource->>'start' desc limit 200`,
    values: [practices],
  });
  return rows;
}

/** Practices that were reminded in a quarter that no talk is planned. */
export async function remindedIn(store: Store, quarter: string): Promise<ReadonlySet<string>> {
  const { rows } = await store.pool.query<{ practice: string }>(
    'select practice_id as practice from talk_reminder where quarter = $1',
    [quarter],
  );
  return new Set(rows.map((one) => one.practice));
}

/** A referral as a line of the agenda: no name, nothing that was opened. */
export interface AgendaLine {
  readonly journey: string;
  readonly number: string;
  readonly owner: string | null;
  readonly isOpen: boolean;
  readonly isLate: boolean;
  /** The practice still has to answer a question of the Wally. */
  readonly awaitsPractice: boolean;
  readonly isNew: boolean;
  readonly wasSpoken: boolean;
  readonly closed: boolean;
  readonly lifeAreas: readonly LifeArea[];
}

/**
 * What a talk is about: referrals of the practice between two instants, and whatever is open now. Read at viewing and
 * never kept. `for`: a Wally sees none that she is barred from (H11), nor what
 * the practice may still take back unseen (H3).
 */
export async function readAgenda(
  store: Store,
  at: {
    readonly practice: string;
    readonly from: Date;
    readonly until: Date;
    readonly today: string;
    readonly for: string;
  },
): Promise<AgendaLine[]> {
  const { rows } = await store.pool.query<AgendaLine>({
    name: 'agenda',
    text: `select j.id as journey, j.number, j.owner_id as owner, o.is_open as "isOpen", j.life_areas as "lifeAreas",
                  o.is_open and exists (select from clock c where c.journey_id = j.id and c.due_on < $4::date) as "isLate",
                  exists (select from clock c where c.journey_id = j.id and c.kind = 'answer') as "awaitsPractice",
                  j.received_at >= $2 and j.received_at < $3 as "isNew",
                  exists (select from journey_event e where e.journey_id = j.id and e.kind = 'contact'
                    and e.outcome = 'made') as "wasSpoken",
                  j.task_status in ('completed', 'failed') as closed
             from journey j, lateral (select j.task_status in ('requested', 'received', 'accepted', 'in-progress', 'on-hold') as is_open) o
            where j.practice_id = $1 and $5 <> all(j.barred_ids) and j.task_status <> 'entered-in-error'
              and j.business_status <> 'taken-back'
              and (j.undo_until is null or j.undo_until <= $6)
              and (o.is_open or (j.received_at >= $2 and j.received_at < $3))
            order by j.received_at limit 500`,
    values: [at.practice, at.from, at.until, at.today, at.for, store.clock()],
  });
  return rows.map((row) => ({ ...row, lifeAreas: row.lifeAreas.filter(isLifeArea) }));
}

/** What was last followed of what each practice agreed. */
export async function readFollowed(
  store: Store,
): Promise<ReadonlyMap<string, { readonly levels: string; readonly wally: string | null }>> {
  const { rows } = await store.pool.query<{ practice: string; levels: string; wally: string | null }>(
    'select practice_id as practice, levels, wally from practice_followed',
  );
  return new Map(rows.map((one) => [one.practice, one]));
}
