import type { Provenance, ServiceRequest, Task } from '@medplum/fhirtypes';
import { codeSystems } from '../fhir/systems.ts';
import type { Actor } from '../referral/actor.ts';
import { actorInLine } from '../referral/audit-line.ts';
import type { AuditLine, Change, JourneyEvent } from '../referral/change.ts';
import { clocksOf } from '../referral/clocks.ts';
import { renewalDue } from '../referral/consent.ts';
import { localDay, periodUntil } from '../referral/deadlines.ts';
import type { Directory } from '../referral/directory/directory.ts';
import { afterWriting, indexOf, type Journey, type Written } from '../referral/journey.ts';
import { isOpen, type Moving, transition } from '../referral/lifecycle/lifecycle.ts';
import { isRefusal, type Refusal } from '../referral/refusal.ts';

/** Who acts, when, with which directory: what every decider gets besides the journey. */
export interface Acting {
  readonly actor: Actor;
  /** The application that a person's own system speaks by; absent where the person is here, or acts as itself. */
  readonly via?: string;
  readonly now: Date;
  readonly newId: () => string;
  readonly directory: Directory;
}

export const concept = (system: string, code: string) => ({ coding: [{ system, code }] });

/** The audit line of an act on a journey's Task (NEN 7513). */
export function auditOf(event: string, journey: Journey, acting: Acting, action: AuditLine['action']): AuditLine {
  const { actor } = acting;
  return {
    event,
    at: acting.now.toISOString(),
    actor: { ...actorInLine(actor), ...(acting.via && { via: acting.via }) },
    action,
    outcome: 'ok',
    object: `Task/${journey.task.resource.id}`,
    purpose: 'TREAT',
  };
}

/** The Task's period with its promises counted from now; one that is past already ends today (R4 per-1). */
export function countedFrom({ restriction }: Task, now: Date, end = restriction?.period?.end): Task['restriction'] {
  const today = localDay(now);
  const last = end === undefined || end.slice(0, 10) < today ? today : end;
  return { ...restriction, period: { ...restriction?.period, ...periodUntil(now, last) } };
}

const overdueResolved = ({ index }: Journey, at: string) => ({
  kind: 'overdue' as const,
  team: index.team,
  raise: false,
  at,
});

/** Parts of a step beyond the Task itself. */
export interface Step {
  /** A key that is there as undefined goes off the Task (an owner, why it rested). */
  readonly task?: { readonly [K in keyof Task]?: Task[K] | undefined };
  readonly serviceRequest?: ServiceRequest & { id: string };
  readonly resources?: readonly Written[];
  readonly events?: readonly JourneyEvent[];
  readonly rest?: Pick<
    Change,
    'outbox' | 'links' | 'deliveries' | 'alarms' | 'visible' | 'expected' | 'arrival' | 'numbers' | 'joined'
  >;
  /** Why a team lead did this in the owner's place (H18): audited, shown. */
  readonly deviating?: string;
  readonly index?: Partial<Omit<Journey['index'], 'taskId' | 'taskStatus' | 'businessStatus' | 'identity'>>;
}

function agentOf({ patient }: Journey, { actor }: Acting): Provenance['agent'][number]['who'] {
  if (actor.role === 'resident') return { reference: `Patient/${patient.resource.id}` };
  if (actor.role === 'line') return { display: actor.name };
  if (actor.role === 'practice-system' || actor.role === 'organisation')
    return { reference: `Organization/${actor.organization}`, display: actor.name };
  return { reference: `PractitionerRole/${actor.id}` };
}

/** What was asked about work that has ended otherwise: it can no longer be done (referral-guides (d): failed). */
function unanswered(journey: Journey, status: string, written: readonly Written[], now: string): Written[] {
  if (isOpen(status)) return [];
  const isWritten = (id: string) => written.some((one) => one.resource.id === id);
  return journey.requests
    .filter(({ resource }) => resource.status === 'requested' && !isWritten(resource.id))
    .map(({ resource, version }) => ({
      resource: { ...resource, status: 'failed', statusReason: { text: 'already-ended' }, lastModified: now },
      version: version + 1,
    }));
}

/** Whether a step itself gives up what is on its way to the practice. */
const givesUpLetters = ({ rest }: Step): boolean =>
  rest?.deliveries?.some((one) => one.to === 'abandon-all' && one.kinds.includes('feedback')) === true;

/**
 * One move of a Task as a Change: its new version, Provenance, index, event and audit line. The version it was
 * decided on is the version it must still have at commit, so of two people who act at once one is told to look again.
 */
export function step(
  journey: Journey,
  row: Pick<Moving, 'status' | 'businessStatus'>,
  activity: string,
  acting: Acting,
  parts: Step,
): Change {
  const now = acting.now.toISOString();
  const version = journey.task.version + 1;
  const provenanceId = acting.newId();
  const before = journey.task.resource;
  const changed = Object.entries(parts.task ?? {});
  const gone = new Set(changed.flatMap(([key, value]) => (value === undefined ? [key] : [])));
  const task: Task & { id: string } = {
    ...(Object.fromEntries(Object.entries(before).filter(([key]) => !gone.has(key))) as Task & { id: string }),
    status: row.status,
    ...(row.businessStatus && { businessStatus: concept(codeSystems.businessStatus, row.businessStatus) }),
    lastModified: now,
    ...Object.fromEntries(changed.filter(([key]) => !gone.has(key))),
    relevantHistory: [...(before.relevantHistory ?? []), { reference: `Provenance/${provenanceId}` }],
  };
  const provenance: Provenance & { id: string } = {
    resourceType: 'Provenance',
    id: provenanceId,
    target: [{ reference: `Task/${task.id}/_history/${version}` }],
    recorded: now,
    activity: concept(codeSystems.provenanceActivity, activity),
    ...(parts.deviating && { reason: [{ text: parts.deviating }] }),
    agent: [
      {
        type: concept(codeSystems.provenanceParticipant, 'author'),
        who: agentOf(journey, acting),
      },
      ...(acting.via
        ? [{ type: concept(codeSystems.provenanceParticipant, 'enterer'), who: { display: acting.via } }]
        : []),
    ],
  };
  const resources: Written[] = [
    { resource: task, version },
    { resource: provenance, version: 1 },
    ...(parts.serviceRequest ? [{ resource: parts.serviceRequest, version: journey.serviceRequest.version + 1 }] : []),
    ...(parts.resources ?? []),
    ...unanswered(journey, row.status, parts.resources ?? [], now),
  ];
  const after = afterWriting(journey, resources);
  const clocks = clocksOf(after, acting.directory.practices.get(journey.practice)?.levels);
  const today = localDay(acting.now);
  const isLate = clocks.some((one) => one.dueOn < today);
  // Nobody asks anew any more: what was written before the birthday and has not gone stays here (H6).
  const waiting: Change['deliveries'] =
    isOpen(before.status ?? '') && !isOpen(row.status) && renewalDue(journey, today) && !givesUpLetters(parts)
      ? [{ to: 'abandon-all', kinds: ['feedback'], reason: 'consent-to-renew' }]
      : [];
  return {
    scope: { practice: journey.practice },
    journey: journey.id,
    resources,
    index: indexOf(
      { patient: after.patient.resource, serviceRequest: after.serviceRequest.resource, task },
      { ...journey.index, ...parts.index },
    ),
    clocks,
    events: [...(parts.events ?? []), ...(parts.deviating ? [{ kind: 'deviated' as const, at: now }] : [])],
    ...parts.rest,
    ...(waiting.length > 0 && { deliveries: [...(parts.rest?.deliveries ?? []), ...waiting] }),
    // What was late is so no longer: nobody has to look for it any more.
    alarms: [...(parts.rest?.alarms ?? []), ...(isLate ? [] : [overdueResolved(journey, now)])],
    audit: [auditOf(activity, journey, acting, 'U')],
  };
}

/** The Wally opened the referral for the first time; undefined when there is nothing to note (already seen). */
export function seen(journey: Journey, acting: Acting): Change | undefined {
  const row = transition(journey, 'open', acting.actor);
  if (isRefusal(row)) return undefined;
  return step(journey, row, 'task-opened', acting, {
    events: [{ kind: 'opened', at: acting.now.toISOString(), owner: acting.actor.id }],
  });
}

/** The Wally takes it on: from now it is hers, also when her absence begins (a substitute's stays the substitute's). */
export function accept(journey: Journey, acting: Acting, deviating?: string): Change | Refusal {
  const row = transition(journey, 'accept', acting.actor, deviating);
  if (isRefusal(row)) return row;
  const now = acting.now.toISOString();
  return step(journey, row, 'task-accepted', acting, {
    task: { executionPeriod: { start: now } },
    events: [{ kind: 'accepted', at: now, owner: journey.index.owner }],
    ...(deviating && { deviating }),
  });
}
