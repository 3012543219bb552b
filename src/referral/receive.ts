import type { Appointment } from '@medplum/fhirtypes';
import type { Issue } from '../fhir/outcome.ts';
import type { Actor } from './actor.ts';
import { bookedAppointment } from './appointment.ts';
import { assign, phoneOf } from './assignment.ts';
import { type ReferralResources, singly, toResources } from './bundle.ts';
import type { Arrival, AuditLine, Change } from './change.ts';
import { clocksOf } from './clocks.ts';
import { consentIssues } from './consent.ts';
import { callBefore, localDay } from './deadlines.ts';
import { type Agenda, takeSlot } from './directory/consulting-hours.ts';
import { type Directory, type Practice, type Role, teamLeads } from './directory/directory.ts';
import { indexOf, journeyFrom, journeyNumber } from './journey.ts';
import { mayHavePage, residentLink } from './link.ts';
import type { OutboxRow } from './outbox-row.ts';
import type { Loss, Referral } from './referral.ts';
import { issue, type Refusal, refusals, refuse } from './refusal.ts';

/** Where in the sender's own message the parts stand that our rules may refuse. */
export interface Places {
  readonly consentBy: string;
  readonly consentOn: string;
  readonly practice: string;
  readonly birthDate: string;
  readonly number: string;
}

/** What a door hands over: the mapped referral, and how it came. */
export interface Received {
  readonly practice: string;
  readonly actor: Actor;
  readonly referral: Referral;
  readonly losses: readonly Loss[];
  readonly places: Places;
  readonly arrival: Omit<Arrival, 'answer'>;
  /** The received message as it came, kept sealed with the journey. */
  readonly source: { readonly contentType: string; readonly base64: string };
  /** Time in which the sender may take it back before anything is delivered (H3); 0 for systems, they use recall. */
  readonly undoMs: number;
  /** The begin of a slot of the consulting hours at the practice, where one is taken at once. */
  readonly slot?: string;
  /** The sender prints a slip for the resident at once. */
  readonly printsSlip?: true;
}

/** The first answer, in no protocol's words: each door renders it. A resend gets it again, unchanged. */
export interface Answer {
  readonly journey: string;
  readonly number: string;
  readonly ids: {
    readonly patient: string;
    readonly consent: string;
    readonly serviceRequest: string;
    readonly task: string;
    readonly provenance: string;
  };
  readonly losses: readonly Loss[];
  /** Priority stat or asap went into a channel that works in working days: the sender must call too (H1). */
  readonly acute: boolean;
  readonly promise: Promised;
}

/** Who calls, on which number, before which day. Without a name the team lead still has to assign someone. */
export interface Promised {
  readonly name?: string;
  readonly team: string;
  readonly phone?: string;
  readonly callBefore: string;
  readonly route: 'fixed-wally' | 'substitute' | 'team-queue';
}

export interface Deciding {
  readonly directory: Directory;
  readonly now: Date;
  readonly newId: () => string;
  /** Of the Wally who holds consulting hours at the practice, where a slot is asked. */
  readonly agenda?: Agenda;
}

/** The mails that tell someone that work is waiting: the owner, or the team leads while nobody is present. */
export function noticesFor(directory: Directory, owner: Role | undefined, team: string): Role[] {
  return owner ? [owner] : teamLeads(directory, team);
}

/** A mail that says only that something waits for a practice; none when the directory has no address of it. */
export function practiceNotice(practice: Practice | undefined, newId: () => string): OutboxRow[] {
  if (!practice?.email) return [];
  return [{ messageId: newId(), kind: 'notify', destination: 'mail', recipient: practice.id }];
}

/** Outbox rows of an assignment: into the worklist, and a mail without content to whoever must look (H5). */
export function assignmentRows(
  directory: Directory,
  at: { owner: Role | undefined; team: string; taskId: string; assignment: number; delayMs?: number },
  newId: () => string,
): OutboxRow[] {
  const shared = {
    document: { type: 'Task', id: at.taskId },
    assignment: at.assignment,
    ...(at.delayMs && { delayMs: at.delayMs }),
  };
  return [
    { messageId: newId(), kind: 'worklist', destination: 'worklist', recipient: at.owner?.id ?? at.team, ...shared },
    ...noticesFor(directory, at.owner, at.team)
      .filter((role) => role.email)
      .map(
        (role): OutboxRow => ({
          messageId: newId(),
          kind: 'notify',
          destination: 'mail',
          recipient: role.id,
          ...shared,
        }),
      ),
  ];
}

function refusalsOf(received: Received, day: string): Issue[] {
  const { referral, places } = received;
  const issues = consentIssues(referral, day, { by: places.consentBy, on: places.consentOn });
  if (referral.patient.birthDate > day) issues.push(refusals.impossibleDate(places.birthDate));
  if (referral.patient.deceased) {
    issues.push(
      issue('business-rule', 'deceased', places.birthDate, {
        nl: 'Volgens het bericht is de inwoner overleden. Er is niets doorgestuurd.',
        en: 'According to the message the resident has died. Nothing was sent on.',
      }),
    );
  }
  return issues;
}

export interface Decided {
  readonly change: Change;
  readonly answer: Answer;
  readonly resources: ReferralResources;
  /** In the slot that was taken. */
  readonly appointment?: Appointment & { id: string };
}

/**
 * Decides on a received referral: the Change that makes it real with its first answer, or why it is refused.
 * Pure: directory, clock and ids come in; the caller commits and only then answers (promise 1).
 */
export function receive(received: Received, deciding: Deciding): Decided | Refusal {
  const { referral, practice, actor } = received;
  const { directory, newId } = deciding;
  const now = deciding.now.toISOString();
  const day = localDay(deciding.now);
  const issues = refusalsOf(received, day);
  const assignment = assign(directory, practice, referral.requester.agb, day, [], {
    birthDate: referral.patient.birthDate,
    lifeAreas: referral.lifeAreas,
  });
  if (!assignment) issues.push(refusals.unknownPractice(received.places.practice));
  const { slot: wanted } = received;
  const slot =
    wanted && assignment && deciding.agenda
      ? takeSlot(directory, practice, assignment, wanted, deciding.agenda, deciding.now)
      : undefined;
  if (wanted && !slot) issues.push(refusals.slotTaken('slot'));
  if (!assignment || issues.length > 0) return refuse(...issues);

  const journey = newId();
  const number = journeyNumber(journey);
  const before = callBefore(day, referral.priority);
  const requester = [...directory.roles.values()].find(
    (role) => role.organization === practice && role.agb === referral.requester.agb && role.agb,
  );
  const resources = toResources(referral, {
    journey,
    number,
    practice,
    requesterRole: requester?.id,
    assignment,
    callBefore: before,
    now,
    newId,
    sourceHash: Buffer.from(received.arrival.hash).toString('hex'),
    receivedBy: received.arrival.door,
  });
  const phone = phoneOf(directory, assignment);
  const acute = referral.priority === 'stat' || referral.priority === 'asap';
  const answer: Answer = {
    journey,
    number,
    ids: {
      patient: resources.patient.id,
      consent: resources.consent.id,
      serviceRequest: resources.serviceRequest.id,
      task: resources.task.id,
      provenance: resources.provenance.id,
    },
    losses: received.losses,
    acute,
    promise: {
      ...(assignment.owner && { name: assignment.owner.name }),
      team: directory.teams.get(assignment.team)?.name ?? assignment.team,
      ...(phone && { phone }),
      callBefore: before,
      route: assignment.route,
    },
  };
  const undoUntil = received.undoMs > 0 ? new Date(deciding.now.getTime() + received.undoMs).toISOString() : null;
  const owner = assignment.owner?.id ?? null;
  const source = {
    resourceType: 'Binary' as const,
    id: newId(),
    contentType: received.source.contentType,
    data: received.source.base64,
  };
  const appointment =
    slot &&
    bookedAppointment({
      id: newId(),
      start: slot.start,
      end: slot.end,
      role: slot.taking.role,
      place: 'spreekuur in de praktijk',
      serviceRequest: resources.serviceRequest.id,
      patient: resources.patient.id,
    });
  const written = [...singly(resources), source, ...(appointment ? [appointment] : [])].map((resource) => ({
    resource,
    version: 1,
  }));
  const made = journeyFrom(practice, journey, resources.task.id, written);
  const audited = (event: string, object: string): AuditLine => ({
    event,
    at: now,
    actor: { id: actor.id, role: actor.role, organization: practice },
    action: 'C',
    outcome: 'ok',
    object,
    purpose: 'TREAT',
  });
  const index = indexOf(resources, {
    number,
    practiceReferral: referral.practiceReferralId,
    referralHash: received.arrival.hash,
    assignment: 1,
    team: assignment.team,
    fixed: assignment.fixed?.id ?? null,
    requesterAgb: referral.requester.agb ?? null,
    rule: assignment.rule ?? null,
    route: assignment.route,
    undoUntil,
    callBefore: before,
    barred: [],
  });
  const task = resources.task.id;
  // What the practice agreed on: the code stands on the slip at once. Never when home is not safe (H2).
  const hasCode =
    received.printsSlip && directory.practices.get(practice)?.service?.printsCode === true && mayHavePage(index);
  const change: Change = {
    scope: { practice },
    journey,
    arrival: { ...received.arrival, answer },
    numbers: [{ value: referral.practiceReferralId.value }],
    expected: { directoryRevision: directory.revision },
    resources: written,
    ...(slot && { slot: slot.taking }),
    clocks: made ? clocksOf(made, directory.practices.get(practice)?.levels) : [],
    index,
    ...(hasCode && { links: [residentLink({ id: newId(), task, by: actor.id, now: deciding.now })] }),
    events: [
      { kind: 'received', at: now, route: received.arrival.door },
      { kind: 'assigned', at: now, route: assignment.route, owner },
      ...(slot
        ? [{ kind: 'appointment' as const, at: now, on: localDay(new Date(slot.start)), outcome: 'booked' }]
        : []),
    ],
    outbox: assignmentRows(
      directory,
      {
        owner: assignment.owner,
        team: assignment.team,
        taskId: task,
        assignment: 1,
        ...(undoUntil && { delayMs: received.undoMs }),
      },
      newId,
    ),
    alarms: [
      ...(owner ? [] : [{ kind: 'nobody-present' as const, team: assignment.team, raise: true, at: now }]),
      ...(acute ? [{ kind: 'acute' as const, team: assignment.team, raise: true, at: now }] : []),
    ],
    audit: [
      audited('referral-received', `ServiceRequest/${resources.serviceRequest.id}`),
      ...(appointment ? [audited('appointment-booked', `Appointment/${appointment.id}`)] : []),
      ...(hasCode ? [audited('resident-code-made', `Task/${task}`)] : []),
    ],
  };
  return { change, answer, resources, ...(appointment && { appointment }) };
}
