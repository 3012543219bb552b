import type { Resource } from '@medplum/fhirtypes';
import type { Edition } from '../referral/change.ts';
import {
  indexOf,
  type Journey,
  type JourneyIndex,
  journeyFrom,
  practiceReferralOf,
  type Versioned,
} from '../referral/journey.ts';
import type { Answer } from '../referral/receive.ts';
import { type Scope, scopeCondition } from './scope.ts';
import { answerContext, documentContext, openJson } from './sealed.ts';
import { ContentErased, type Store } from './store.ts';
import { together } from './together.ts';

/** What is known of a message key or a number: the first answer to it. */
export interface FirstAnswer {
  readonly journey: string;
  readonly answer: Answer;
  /** This very message has been here before (decision 2): by its key, or another with the same content. */
  readonly same: boolean;
  /** It was this very message, by its key; else another one with the same content. */
  readonly again: boolean;
  /** What the journey says now: a correction back to what it said earlier is none of these. */
  readonly current: boolean;
  /** The same key with another content, which no sender may use twice. */
  readonly clash: boolean;
  /** What its journey was made of so far. */
  readonly intents: readonly string[];
  /** The newest that this sender called a correction of it: moment and version, each the highest it has said. */
  readonly corrected: Edition;
  /** The practice took it back or withdrew it since: an old message must not revive it (H15). */
  readonly cancelled: boolean;
}

/** The practice cancelled this number before its referral came (H15). */
export interface CancelledAhead {
  readonly cancelledAhead: true;
}

// The limits keep each question a look in the indexes of its own, however many there are.
const FIRST_ANSWERS = `
  select u.nth, f.* from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[])
    with ordinality as u(practice_id, application, control_id, message_type, number, hash, nth)
  cross join lateral (
    (select 'message' as by, i.hash, j.referral_hash, i.answer, i.journey_id, null::text[] as intents, null::timestamptz as said_at,
            null::int as said_version, j.task_status, k.wrapped
       from inbound i join journey j on j.id = i.journey_id join journey_key k on k.journey_id = i.journey_id
      where i.practice_id = u.practice_id and i.application = u.application and i.control_id = u.control_id
        and i.message_type = u.message_type limit 1)
    union all
    (select 'content', i.hash, j.referral_hash, i.answer, i.journey_id, null, null, null, j.task_status, k.wrapped
       from referral_number n join inbound i on i.journey_id = n.journey_id join journey j on j.id = n.journey_id
       join journey_key k on k.journey_id = n.journey_id
      where n.practice_id = u.practice_id and n.value = u.number and i.hash = u.hash order by i.received_at limit 1)
    union all
    (select 'number', i.hash, j.referral_hash, i.answer, i.journey_id,
            x.intents, x.said_at, x.said_version, j.task_status, k.wrapped
       from referral_number n join inbound i on i.journey_id = n.journey_id join journey j on j.id = n.journey_id
       join journey_key k on k.journey_id = n.journey_id
       cross join lateral (
         select array_agg(distinct x.intent) as intents,
                max(x.said_at) filter (where x.intent = 'correct' and x.application = u.application) as said_at,
                max(x.said_version) filter (where x.intent = 'correct' and x.application = u.application) as said_version
           from inbound x where x.journey_id = n.journey_id) x
      where n.practice_id = u.practice_id and n.value = u.number order by i.received_at limit 1)
    union all
    (select 'cancelled', null, null, null, null, null, null, null, null, null from referral_number n
      where n.practice_id = u.practice_id and n.value = u.number and n.cancelled_at is not null)) f`;

interface FirstAnswerRow {
  nth: number;
  by: 'message' | 'content' | 'number' | 'cancelled';
  hash: Buffer;
  referral_hash: Buffer;
  answer: Buffer;
  journey_id: string;
  intents: string[] | null;
  said_at: Date | null;
  said_version: number | null;
  task_status: string;
  wrapped: Buffer | null;
}

export interface FirstAnswerKey {
  readonly application: string;
  readonly controlId: string;
  readonly messageType: string;
  readonly practiceReferralId: string;
  readonly hash: Uint8Array;
}

const findFirstAnswers = together(
  async (store: Store, asked: readonly (FirstAnswerKey & { readonly practice: string })[]) => {
    const { rows } = await store.pool.query<FirstAnswerRow>({
      name: 'first-answers',
      text: FIRST_ANSWERS,
      values: [
        asked.map((one) => one.practice),
        asked.map((one) => one.application),
        asked.map((one) => one.controlId),
        asked.map((one) => one.messageType),
        asked.map((one) => one.practiceReferralId),
        asked.map((one) => Buffer.from(one.hash)),
      ],
    });
    return asked.map((_, at) => rows.filter((row) => row.nth === at + 1));
  },
);

/**
 * What was answered to this message key, else to the same content under the practice's own number, else to that number,
 * in any format (decision 2). A message key decides before the number: a resend is a resend whatever else it says.
 */
export async function readFirstAnswer(
  store: Store,
  scope: { readonly practice: string },
  key: FirstAnswerKey,
): Promise<FirstAnswer | CancelledAhead | undefined> {
  const rows = await findFirstAnswers(store, { ...key, practice: scope.practice });
  const by = (what: FirstAnswerRow['by']) => rows.find((one) => one.by === what);
  const row = by('message') ?? by('content') ?? by('number');
  if (!row) return by('cancelled') && { cancelledAhead: true };
  const journeyKey = await store.journeyKey(row.journey_id, row.wrapped);
  const same = row.hash.equals(key.hash);
  const numbered = by('number');
  const at = numbered?.said_at?.toISOString();
  const version = numbered?.said_version ?? undefined;
  return {
    journey: row.journey_id,
    answer: openJson(journeyKey, row.answer, answerContext(scope.practice, row.journey_id)),
    same,
    again: row.by === 'message',
    current: row.referral_hash.equals(key.hash),
    clash: row.by === 'message' && !same,
    intents: numbered?.intents ?? [],
    corrected: { ...(at && { at }), ...(version !== undefined && { version }) },
    cancelled: row.task_status === 'cancelled',
  };
}

interface JourneyRow {
  practice_id: string;
  id: string;
  number: string;
  task_id: string;
  referral_hash: Buffer;
  route: string;
  assignment: number;
  team_id: string;
  fixed_id: string | null;
  rule_id: string | null;
  requester_agb: string | null;
  undo_until: Date | null;
  call_before: string;
  barred_ids: string[];
}

const CURRENT = `
  select r.type, r.id, r.version, d.sealed, k.wrapped
    from resource r join journey_key k on k.journey_id = r.journey_id
    join document d on d.practice_id = r.practice_id and d.type = r.type and d.id = r.id and d.version = r.version
   where r.journey_id = $1 and r.type = any($2::text[])
   order by d.recorded_at, r.id`;

const journeyTypes = [
  'Patient',
  'Consent',
  'ServiceRequest',
  'Task',
  'Communication',
  'Appointment',
  'DocumentReference',
];

async function readResources(
  store: Store,
  practice: string,
  journey: string,
  types: readonly string[],
): Promise<Versioned<Resource>[]> {
  const { rows } = await store.pool.query<{
    type: string;
    id: string;
    version: number;
    sealed: Buffer;
    wrapped: Buffer | null;
  }>({
    name: 'current-resources',
    text: CURRENT,
    values: [journey, types],
  });
  const [first] = rows;
  if (!first) return [];
  const key = await store.journeyKey(journey, first.wrapped);
  return rows.map((row) => ({
    version: row.version,
    resource: openJson<Resource & { id: string }>(
      key,
      row.sealed,
      documentContext(practice, row.type, row.id, row.version),
    ),
  }));
}

/** Everything of one journey that the scope may see; undefined when there is none (or it is somebody else's). */
export async function readJourney(store: Store, scope: Scope, journeyId: string): Promise<Journey | undefined> {
  const { sql, value } = scopeCondition(scope);
  const { rows } = await store.pool.query<JourneyRow>({
    name: `journey-${scope.kind}`,
    text: `select j.* from journey j where ${sql} and j.id = $2`,
    values: [value, journeyId],
  });
  const row = rows[0];
  if (!row) return undefined;
  const resources = await readResources(store, row.practice_id, row.id, journeyTypes);
  const made = journeyFrom(row.practice_id, row.id, row.task_id, resources);
  if (!made) throw new Error('a journey without its four resources');
  const { patient, serviceRequest, task } = made;
  const index: JourneyIndex = indexOf(
    { patient: patient.resource, serviceRequest: serviceRequest.resource, task: task.resource },
    {
      number: row.number,
      practiceReferral: practiceReferralOf(serviceRequest.resource),
      referralHash: row.referral_hash,
      route: row.route,
      assignment: row.assignment,
      team: row.team_id,
      fixed: row.fixed_id,
      requesterAgb: row.requester_agb,
      rule: row.rule_id,
      undoUntil: row.undo_until?.toISOString() ?? null,
      callBefore: row.call_before,
      barred: row.barred_ids,
    },
  );
  return { ...made, index };
}

/** Who has a referral now, and how far it is. */
export interface Standing {
  readonly practice: string;
  readonly assignment: number;
  readonly owner: string | null;
  readonly taskStatus: string;
  readonly requesterAgb: string | null;
  readonly rule: string | null;
  readonly route: string;
  /** It was on a worklist, under this owner or one before, or someone was mailed that it waits there. */
  readonly wasVisible: boolean;
}

/** What a delivery looks at before it goes: from the index, no content is opened. Throws ContentErased when it is gone. */
export async function readStanding(store: Store, journeyId: string): Promise<Standing | undefined> {
  const { rows } = await store.pool.query<Standing & { erased: boolean }>({
    name: 'standing',
    text: `select j.practice_id as practice, j.assignment, j.owner_id as owner, j.task_status as "taskStatus",
                  j.requester_agb as "requesterAgb", j.rule_id as rule, j.route, k.wrapped is null as erased,
                  exists (select from worklist_entry v where v.practice_id = j.practice_id and v.task_id = j.task_id)
                    or exists (select from delivery d where d.journey_id = j.id and d.kind = 'notify' and d.assignment is not null
                                and d.sent_at is not null) as "wasVisible"
             from journey j join journey_key k on k.journey_id = j.id where j.id = $1`,
    values: [journeyId],
  });
  if (rows[0]?.erased) throw new ContentErased();
  return rows[0];
}

/** One resource of the FHIR door, its newest version unless one is named, within the practice; undefined when there is none. */
export async function readResource(
  store: Store,
  scope: { readonly practice: string },
  type: string,
  id: string,
  version?: number,
): Promise<(Versioned<Resource> & { journey: string }) | undefined> {
  const { rows } = await store.pool.query<{
    journey_id: string;
    version: number;
    sealed: Buffer;
    wrapped: Buffer | null;
  }>({
    name: 'one-resource',
    text: `select d.journey_id, d.version, d.sealed, k.wrapped
             from resource r join journey_key k on k.journey_id = r.journey_id
             join document d on d.practice_id = r.practice_id and d.type = r.type and d.id = r.id and d.version = coalesce($4, r.version)
            where r.practice_id = $1 and r.type = $2 and r.id = $3`,
    values: [scope.practice, type, id, version ?? null],
  });
  const row = rows[0];
  if (!row) return undefined;
  const key = await store.journeyKey(row.journey_id, row.wrapped);
  return {
    journey: row.journey_id,
    version: row.version,
    resource: openJson(key, row.sealed, documentContext(scope.practice, type, id, row.version)),
  };
}
