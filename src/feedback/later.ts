import type { DocumentReference, ServiceRequest, Task } from '@medplum/fhirtypes';
import { codeSystems, extensions, identifiers } from '../fhir/systems.ts';
import { assign } from '../referral/assignment.ts';
import { toResources } from '../referral/bundle.ts';
import type { Arrival, Change } from '../referral/change.ts';
import { consentIssues } from '../referral/consent.ts';
import { callBefore, localDay, periodUntil } from '../referral/deadlines.ts';
import type { About, MappedCancellation, MappedReferral, MappedSupplement } from '../referral/format.ts';
import type { Journey, Written } from '../referral/journey.ts';
import { keepLetters } from '../referral/letters.ts';
import { isOpen, transition } from '../referral/lifecycle/lifecycle.ts';
import { isRefusal, type Refusal, refusals, refuse } from '../referral/refusal.ts';
import { type Acting, concept, step } from './moves.ts';
import { takeBack } from './take-back.ts';
import { tellOwner } from './tell.ts';

/** The received message that a later part came in; kept sealed with the journey. */
export interface Arrived {
  readonly arrival: Arrival;
  readonly source: { readonly contentType: string; readonly base64: string };
}

const folded = (name: string) =>
  name
    .normalize('NFD')
    .toLowerCase()
    .replaceAll(/[^\p{L}]/gu, '');

/** Whether a later message is about the person of this journey (H3): whatever it names must agree, and it must name something. */
export function isAbout({ patient }: Journey, about: About): boolean {
  const { birthDate, name } = patient.resource;
  const families = (name ?? []).flatMap((one) => (one.family ? [folded(one.family)] : []));
  const named = about.family !== undefined && about.family !== '' ? folded(about.family) : undefined;
  if (named === undefined && about.birthDate === undefined) return false;
  // A prefix may stand with the family name in one system and apart in another.
  const agrees = named === undefined || families.some((one) => one.endsWith(named) || named.endsWith(one));
  return agrees && (about.birthDate === undefined || about.birthDate === birthDate);
}

function sourceOf({ source }: Arrived, newId: () => string): Written {
  const { contentType, base64: data } = source;
  return { resource: { resourceType: 'Binary', id: newId(), contentType, data }, version: 1 };
}

const asIs = ({ task }: Journey) => ({ status: task.resource.status ?? ('requested' as const) });

function replacing(request: ServiceRequest & { id: string }, journey: Journey, newId: () => string) {
  const { resource: before } = journey.serviceRequest;
  const reason = [
    { url: extensions.requestStatusReason, valueCodeableConcept: { text: 'Vervangen door een correctie' } },
  ];
  const next = { ...request, id: newId(), replaces: [{ reference: `ServiceRequest/${before.id}` }] };
  const revoked: ServiceRequest & { id: string } = {
    ...before,
    status: 'revoked',
    extension: [...(before.extension ?? []).filter((one) => one.url !== extensions.requestStatusReason), ...reason],
  };
  return { next, revoked };
}

/**
 * A correction by the practice: its parts become new versions under the same ids; with `replaces` a new ServiceRequest
 * takes the place of the old one, which is revoked (referral-guides (d)). Who has it and how far it is do not change.
 */
export function correct(journey: Journey, mapped: MappedReferral, arrived: Arrived, acting: Acting): Change | Refusal {
  const { referral, places } = mapped;
  const { name, birthDate } = referral.patient;
  const day = localDay(acting.now);
  const issues = consentIssues(referral, day, { by: places.consentBy, on: places.consentOn });
  if (!isAbout(journey, { family: name.family, birthDate })) issues.push(refusals.otherPerson(places.birthDate));
  if (!isOpen(journey.task.resource.status ?? '')) issues.push(refusals.alreadyClosed(places.number));
  const assignment = assign(acting.directory, journey.practice, journey.index.requesterAgb ?? undefined, day, [], {
    rule: journey.index.rule,
  });
  if (!assignment) issues.push(refusals.unknownPractice(places.practice));
  if (!assignment || issues.length > 0) return refuse(...issues);
  const { index, patient, consent, serviceRequest, task } = journey;
  const now = acting.now.toISOString();
  const raised = referral.priority !== index.priority;
  const before = raised ? callBefore(day, referral.priority) : index.callBefore;
  const ids = [patient.resource.id, consent.resource.id, serviceRequest.resource.id, task.resource.id];
  const made = toResources(referral, {
    journey: journey.id,
    number: index.number,
    practice: journey.practice,
    requesterRole: /^PractitionerRole\/(.+)$/.exec(serviceRequest.resource.requester?.reference ?? '')?.[1],
    assignment,
    callBefore: before,
    now,
    newId: () => ids.shift() ?? acting.newId(),
    sourceHash: Buffer.from(arrived.arrival.hash).toString('hex'),
    receivedBy: arrived.arrival.door,
  });
  const isNewNumber = referral.practiceReferralId.value !== index.practiceReferral.value;
  // Letters that came before stay with it: a correction names only what it brings.
  const kept = (serviceRequest.resource.supportingInfo ?? []).filter((one) =>
    one.reference?.startsWith('DocumentReference/'),
  );
  const request = { ...made.serviceRequest, supportingInfo: [...(made.serviceRequest.supportingInfo ?? []), ...kept] };
  const replaced = isNewNumber ? replacing(request, journey, acting.newId) : undefined;
  const current = replaced?.next ?? request;
  const focus = { reference: `ServiceRequest/${current.id}` };
  return step(journey, asIs(journey), 'referral-corrected', acting, {
    task: {
      priority: referral.priority,
      ...(replaced && { focus, basedOn: [focus] }),
      ...(raised && { restriction: { ...task.resource.restriction, period: periodUntil(acting.now, before) } }),
    },
    resources: [
      { resource: made.patient, version: patient.version + 1 },
      { resource: made.consent, version: consent.version + 1 },
      ...(replaced
        ? [
            { resource: replaced.next, version: 1 },
            { resource: replaced.revoked, version: serviceRequest.version + 1 },
          ]
        : [{ resource: current, version: serviceRequest.version + 1 }]),
      ...made.letters.flatMap(({ bytes, reference }) => [
        { resource: bytes, version: 1 },
        { resource: reference, version: 1 },
      ]),
      sourceOf(arrived, acting.newId),
    ],
    index: { practiceReferral: referral.practiceReferralId, referralHash: arrived.arrival.hash, callBefore: before },
    events: [{ kind: 'corrected', at: now, route: arrived.arrival.door }],
    rest: {
      arrival: arrived.arrival,
      ...(isNewNumber && { numbers: [{ value: referral.practiceReferralId.value }] }),
      outbox: tellOwner(journey, acting),
      ...(raised &&
        ['stat', 'asap'].includes(referral.priority) && {
          alarms: [{ kind: 'acute', team: index.team, raise: true, at: now }],
        }),
    },
  });
}

/** A letter or a few words that belong to a referral sent earlier; taken at any time, also after the work has ended. */
export function supplement(
  journey: Journey,
  mapped: Pick<MappedSupplement, 'letters' | 'text' | 'about' | 'places'>,
  arrived: Partial<Arrived> & { readonly joined?: string },
  acting: Acting,
): Change | Refusal {
  if (!isAbout(journey, mapped.about)) return refuse(refusals.otherPerson(mapped.places.birthDate));
  const { serviceRequest, patient, practice } = journey;
  const now = acting.now.toISOString();
  const letters = keepLetters(mapped.letters, { patient: patient.resource.id, practice, now, newId: acting.newId });
  const request: ServiceRequest & { id: string } = {
    ...serviceRequest.resource,
    supportingInfo: [
      ...(serviceRequest.resource.supportingInfo ?? []),
      ...letters.map(({ reference }) => ({ reference: `DocumentReference/${reference.id}` })),
    ],
    ...(mapped.text && { note: [...(serviceRequest.resource.note ?? []), { time: now, text: mapped.text }] }),
  };
  const { arrival, source, joined } = arrived;
  return step(journey, asIs(journey), 'referral-supplemented', acting, {
    serviceRequest: request,
    resources: [
      ...letters.flatMap(({ bytes, reference }): Written[] => [
        { resource: bytes, version: 1 },
        { resource: reference as DocumentReference & { id: string }, version: 1 },
      ]),
      ...(arrival && source ? [sourceOf({ arrival, source }, acting.newId)] : []),
    ],
    events: [{ kind: 'supplemented', at: now, ...(arrival && { route: arrival.door }) }],
    rest: { ...(arrival && { arrival }), ...(joined && { joined: [joined] }), outbox: tellOwner(journey, acting) },
  });
}

/** A request to stop work that has begun: a Task of its own (code abort) that the Wally answers; never a command. */
export function askToStop(
  journey: Journey,
  reason: string | undefined,
  acting: Acting,
  arrival?: Arrival,
): Change | Refusal {
  const { resource: task } = journey.task;
  const row = transition(journey, 'ask-to-stop', acting.actor);
  if (isRefusal(row)) return row;
  const now = acting.now.toISOString();
  const id = acting.newId();
  const request: Task & { id: string } = {
    resourceType: 'Task',
    id,
    identifier: [{ system: identifiers.task, value: `urn:uuid:${id}` }],
    ...(task.groupIdentifier && { groupIdentifier: task.groupIdentifier }),
    status: 'requested',
    intent: 'order',
    code: concept(codeSystems.taskCode, 'abort'),
    focus: { reference: `Task/${task.id}` },
    ...(task.for && { for: task.for }),
    authoredOn: now,
    lastModified: now,
    requester: { reference: `Organization/${journey.practice}` },
    ...(task.owner && { owner: task.owner }),
    reasonCode: { text: reason ?? 'De praktijk vraagt om te stoppen' },
  };
  return step(journey, row, 'stop-asked', acting, {
    resources: [{ resource: request, version: 1 }],
    events: [{ kind: 'stop-asked', at: now, route: arrival?.door ?? 'page' }],
    rest: { ...(arrival && { arrival }), outbox: tellOwner(journey, acting) },
  });
}

/** The practice cancels: at once as long as nobody has begun, as a request to the Wally after that. */
export function cancel(
  journey: Journey,
  mapped: MappedCancellation,
  arrival: Arrival,
  acting: Acting,
): { readonly outcome: 'cancelled' | 'stop-asked'; readonly change: Change } | Refusal {
  const { places, about, reason } = mapped;
  if (!isAbout(journey, about)) return refuse(refusals.otherPerson(places.birthDate));
  if (!isOpen(journey.task.resource.status ?? '')) return refuse(refusals.alreadyClosed(places.number));
  const isBegun = ['in-progress', 'on-hold'].includes(journey.task.resource.status ?? '');
  const change = isBegun
    ? askToStop(journey, reason, acting, arrival)
    : takeBack(journey, 'withdraw', acting, { ...(reason && { reason }), rest: { arrival } });
  return isRefusal(change) ? change : { outcome: isBegun ? 'stop-asked' : 'cancelled', change };
}
