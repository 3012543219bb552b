import type { Patient } from '@medplum/fhirtypes';
import type { Clock } from '../../referral/clocks.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { Proof } from '../../referral/directory/channels.ts';
import { TRANSFERRED } from '../keeping.ts';
import { type Scope, scopeCondition } from '../scope.ts';
import { documentContext, openJson } from '../sealed.ts';
import type { Store } from '../store.ts';
import { APPOINTMENT, CALLED, type Folder, folders, type Narrowed, orders, READABLE, visibleTo } from './folders.ts';
import { narrowing } from './narrow.ts';
import { type ListPlace, type OrderAsked, ordering } from './order.ts';

/** How far the feedback of a journey is on its way into the practice's record; what H4's four words are made of. */
export interface Carriage {
  readonly kind: string;
  readonly destination: string;
  readonly recipient: string;
  readonly state: 'pending' | 'queued' | 'sent' | 'landed' | 'held' | 'abandoned';
  readonly proof: Proof | null;
  readonly attempts: number;
  readonly documentId: string | null;
  readonly createdAt: Date;
  readonly firstSentAt: Date | null;
  readonly landedAt: Date | null;
  /** Why it was given up. */
  readonly reason?: string | null;
}

/** One line of a list of referrals. The name is opened for this reader only; it is in no index. */
export interface ListedReferral {
  readonly journey: string;
  readonly number: string;
  readonly practice: string;
  readonly practiceReferralId: string;
  readonly patientName: string;
  readonly birthDate: string;
  readonly taskStatus: string;
  readonly businessStatus: string;
  readonly owner: string | null;
  readonly priority: string;
  readonly unsafeContact: boolean;
  readonly callBefore: string;
  readonly undoUntil: Date | null;
  readonly receivedAt: Date;
  /** The fixed Wally for whom the owner acts, and the colleague to whom it was offered. */
  readonly actingFor: string | null;
  readonly proposed: string | null;
  readonly barred: readonly string[];
  /** Someone called the resident, reached or not, or agreed on a rest: the promise "belt vóór" was kept (H13). */
  readonly called: boolean;
  /** What must happen before a day, first due first. */
  readonly clocks: readonly Clock[];
  /** The day of the appointment that stands. */
  readonly appointmentOn: string | null;
  readonly feedback: Pick<Carriage, 'state' | 'proof' | 'attempts' | 'reason'> | undefined;
  /** Someone there said that it stands in their own record (H16). */
  readonly transferred: boolean;
  /** Where it stands in its list: the next page begins after it. */
  readonly place: ListPlace;
}

interface ListRow {
  id: string;
  number: string;
  practice_id: string;
  practice_referral_id: string;
  task_status: string;
  business_status: string;
  owner_id: string | null;
  acting_for_id: string | null;
  proposed_id: string | null;
  barred_ids: string[];
  priority: string;
  unsafe_contact: boolean;
  call_before: string;
  undo_until: Date | null;
  received_at: Date;
  rank: number;
  arrived: number;
  called: boolean;
  clocks: Clock[] | null;
  appointment_on: string | null;
  patient_id: string;
  patient_version: number;
  patient_sealed: Buffer;
  wrapped: Buffer;
  transferred: boolean;
  feedback: { state: Carriage['state']; proof: Proof | null; attempts: number; reason: string | null } | null;
}

/** A row of a list with the resident's name, which stands sealed. */
async function opened(store: Store, row: ListRow): Promise<ListedReferral> {
  const key = await store.journeyKey(row.id, row.wrapped);
  const patient = openJson<Patient>(
    key,
    row.patient_sealed,
    documentContext(row.practice_id, 'Patient', row.patient_id, row.patient_version),
  );
  return {
    journey: row.id,
    number: row.number,
    practice: row.practice_id,
    practiceReferralId: row.practice_referral_id,
    patientName: patient.name?.[0]?.text ?? '',
    birthDate: patient.birthDate ?? '',
    taskStatus: row.task_status,
    businessStatus: row.business_status,
    owner: row.owner_id,
    actingFor: row.acting_for_id,
    proposed: row.proposed_id,
    barred: row.barred_ids,
    priority: row.priority,
    unsafeContact: row.unsafe_contact,
    callBefore: row.call_before,
    undoUntil: row.undo_until,
    receivedAt: row.received_at,
    called: row.called,
    clocks: row.clocks ?? [],
    appointmentOn: row.appointment_on,
    feedback: row.feedback ?? undefined,
    transferred: row.transferred,
    place: { rank: row.rank, day: row.call_before, arrived: row.arrived, journey: row.id },
  };
}

/** Referrals of a scope in a folder, in its order, as far as it may see them and they were not erased. */
export async function listReferrals(
  store: Store,
  scope: Scope,
  folder: Folder,
  limit: number,
  {
    narrow = {},
    sought,
    present,
    after,
  }: Narrowed & Pick<OrderAsked, 'after'> & { readonly present?: readonly string[] } = {},
): Promise<ListedReferral[]> {
  const { sql, value } = scopeCondition(scope);
  const values: unknown[] = [value, localDay(store.clock()), limit];
  const team = present && { present, overdue: folders.overdue };
  const { rank, arrived, by, beyond } = ordering(orders[folder], { after, team }, (one) => `$${values.push(one)}`);
  const narrowed = narrowing(store, narrow, sought, values.length + 1);
  const variant = [present && '-present', after && '-after'].filter(Boolean).join('');
  const { rows } = await store.pool.query<ListRow>({
    ...(narrowed.values.length === 0 && { name: `list-${scope.kind}-${folder}${variant}` }),
    // Only what is shown is joined to its documents, however much the folder holds.
    text: `
      select j.id, j.number, j.practice_id, j.practice_referral_id, j.task_status, j.business_status, j.owner_id, j.priority,
             j.acting_for_id, j.proposed_id, j.barred_ids, j.unsafe_contact, j.call_before, j.undo_until, j.received_at,
             j.rank, j.arrived, ${CALLED} as called, ${APPOINTMENT} as appointment_on,
             (select json_agg(json_build_object('kind', c.kind, 'dueOn', c.due_on::text) order by c.due_on, c.kind)
                from clock c where c.journey_id = j.id) as clocks,
             d.id as patient_id, d.version as patient_version, d.sealed as patient_sealed, k.wrapped, ${TRANSFERRED} as transferred,
             (select json_build_object('state', f.state, 'proof', f.proof, 'attempts', f.attempts, 'reason', f.reason) from delivery f
               where f.journey_id = j.id and f.kind = 'feedback' order by f.id desc limit 1) as feedback
        from (select j.*, ${rank} as rank, ${arrived} as arrived from journey j
               where ${sql} and $2::text is not null and ${folders[folder]} and ${narrowed.sql} and ${beyond} and ${visibleTo(scope)}
                 and ${READABLE} order by ${by} limit $3) j
        join journey_key k on k.journey_id = j.id and k.wrapped is not null
        join resource r on r.journey_id = j.id and r.type = 'Patient'
        join document d on d.practice_id = r.practice_id and d.type = r.type and d.id = r.id and d.version = r.version
       order by ${by}`,
    values: [...values, ...narrowed.values],
  });
  return Promise.all(rows.map((row) => opened(store, row)));
}

/** Whether the referral was delivered to the worklist of its present owner or team. */
export async function isVisible(store: Store, journey: string, assignment: number): Promise<boolean> {
  const { rows } = await store.pool.query({
    name: 'is-visible',
    text: 'select from worklist_entry where journey_id = $1 and assignment = $2',
    values: [journey, assignment],
  });
  return rows.length > 0;
}

/** What was sent on behalf of one journey, in order. */
export async function readCarriages(store: Store, journey: string): Promise<Carriage[]> {
  const { rows } = await store.pool.query<Carriage>({
    name: 'carriages',
    text: `select kind, destination, recipient, state, proof, attempts, document_id as "documentId", created_at as "createdAt",
                  first_sent_at as "firstSentAt", landed_at as "landedAt", reason from delivery where journey_id = $1 order by id`,
    values: [journey],
  });
  return rows;
}

/** An open referral, and who has it: what presence is compared with. */
export interface OpenJourney {
  readonly journey: string;
  readonly owner: string | null;
  readonly practice: string;
  readonly requesterAgb: string | null;
  readonly rule: string | null;
  readonly route: string;
  /** Someone accepted it: it does not move, a substitute acts. */
  readonly begun: boolean;
}

const openAtOnce = 1_000;

/** Every open referral, oldest first, a page in memory at a time; no content is opened. */
export async function* openJourneys(store: Store): AsyncGenerator<OpenJourney> {
  for (let after = { at: new Date(0), journey: '00000000-0000-0000-0000-000000000000' }; ; ) {
    const { rows } = await store.pool.query<OpenJourney & { at: Date }>({
      name: 'open-journeys',
      text: `select id as journey, owner_id as owner, practice_id as practice, requester_agb as "requesterAgb", rule_id as rule, route,
                    task_status in ('accepted', 'in-progress', 'on-hold') as begun, received_at as at from journey
              where task_status in ('requested', 'received', 'accepted', 'in-progress', 'on-hold')
                and (received_at, id) > ($1, $2::uuid) order by received_at, id limit ${openAtOnce}`,
      values: [after.at, after.journey],
    });
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < openAtOnce) return;
    after = last;
  }
}

export interface OpenAlarm {
  readonly kind: string;
  readonly journey: string | null;
  readonly number: string | null;
  readonly practice: string;
  readonly owner: string | null;
  readonly raisedAt: Date;
}

/** Alarms of a team that nobody has resolved yet, oldest first. */
export async function openAlarms(store: Store, team: string): Promise<OpenAlarm[]> {
  const { rows } = await store.pool.query<OpenAlarm>({
    name: 'open-alarms',
    text: `select a.kind, a.journey_id as journey, j.number, a.practice_id as practice, j.owner_id as owner, a.raised_at as "raisedAt"
             from alarm a left join journey j on j.id = a.journey_id where a.team_id = $1 and a.resolved_at is null order by a.raised_at`,
    values: [team],
  });
  return rows;
}
