import type { Consent, Extension, Patient, Provenance, ServiceRequest, Task } from '@medplum/fhirtypes';
import { codeSystems, extensions, identifiers } from '../fhir/systems.ts';
import type { Assignment } from './assignment.ts';
import { giversOf } from './consent.ts';
import { periodUntil } from './deadlines.ts';
import { type KeptLetter, keepLetters } from './letters.ts';
import { type LifeArea, lifeAreas } from './life-area.ts';
import { toPatient } from './patient-resource.ts';
import type { Referral } from './referral.ts';

/** The resources of a new referral, with ids, ready to be committed as version 1. */
export interface ReferralResources {
  readonly patient: Patient & { id: string };
  readonly consent: Consent & { id: string };
  readonly serviceRequest: ServiceRequest & { id: string };
  readonly task: Task & { id: string };
  readonly provenance: Provenance & { id: string };
  readonly letters: readonly KeptLetter[];
}

/** All of them, one by one, ready to be written. */
export function singly({ letters, ...resources }: ReferralResources) {
  return [...Object.values(resources), ...letters.flatMap(({ bytes, reference }) => [bytes, reference])];
}

export interface Making {
  readonly journey: string;
  readonly number: string;
  readonly practice: string;
  readonly requesterRole: string | undefined;
  readonly assignment: Assignment;
  /** The day before which the Wally calls; becomes Task.restriction.period.end. */
  readonly callBefore: string;
  readonly now: string;
  readonly newId: () => string;
  /** SHA-256 of the mapped referral, hex: Provenance says what the resources were made from. */
  readonly sourceHash: string;
  readonly receivedBy: string;
}

const string = (url: string, valueString: string | undefined): Extension[] =>
  valueString ? [{ url, valueString }] : [];
const concept = (system: string, code: string, display?: string) => ({
  coding: [{ system, code, ...(display && { display }) }],
});

/** Consent for both directions: to the Wally, and what may come back (BW 7:457, Wmo 5.3.3). */
function toConsent(referral: Referral, id: string, patientId: string, making: Making): Consent & { id: string } {
  const { consent } = referral;
  const details = [
    'share-reason',
    ...(consent.medicalCodes ? ['share-medical-codes'] : []),
    `feedback-${consent.feedback}`,
  ];
  return {
    resourceType: 'Consent',
    id,
    extension: [
      { url: extensions.consentMethod, valueCode: consent.how },
      ...(consent.custody ? [{ url: extensions.custody, valueCode: consent.custody }] : []),
    ],
    status: 'active',
    scope: concept(codeSystems.consentScope, 'patient-privacy'),
    category: [concept(codeSystems.actCode, 'IDSCL')],
    patient: { reference: `Patient/${patientId}` },
    dateTime: consent.on,
    performer: giversOf(consent.by, patientId),
    organization: [{ reference: `Organization/${making.practice}` }],
    policyRule: concept(codeSystems.legalBasis, 'explicit-consent'),
    provision: {
      type: 'permit',
      actor: [
        {
          role: concept(codeSystems.participationType, 'IRCP'),
          reference: { reference: `Organization/${making.assignment.team}` },
        },
        {
          role: concept(codeSystems.participationType, 'IRCP'),
          reference: { reference: `Organization/${making.practice}` },
        },
      ],
      action: [concept(codeSystems.consentAction, 'disclose')],
      code: details.map((code) => concept(codeSystems.consentDetail, code)),
    },
  };
}

function safeContact(referral: Referral): Extension[] {
  const safe = referral.safeContact;
  if (!safe) return [];
  return [
    {
      url: extensions.safeContact,
      extension: [
        { url: 'unsafe', valueBoolean: safe.unsafe },
        { url: 'noVoicemail', valueBoolean: safe.noVoicemail },
        { url: 'noLetters', valueBoolean: safe.noLetters },
        ...string('phone', safe.phone),
        ...string('times', safe.times),
      ],
    },
  ];
}

function toServiceRequest(
  referral: Referral,
  id: string,
  ids: { patient: string; consent: string; letters: readonly string[] },
  making: Making,
): ServiceRequest & { id: string } {
  const extension = [...string(extensions.residentQuestion, referral.residentQuestion), ...safeContact(referral)];
  return {
    resourceType: 'ServiceRequest',
    id,
    ...(extension.length > 0 && { extension }),
    identifier: [
      {
        use: 'official',
        type: concept(codeSystems.v2IdentifierType, 'PLAC'),
        ...referral.practiceReferralId,
        assigner: { reference: `Organization/${making.practice}` },
      },
      { use: 'usual', system: identifiers.journeyNumber, value: making.number },
    ],
    requisition: { system: identifiers.journey, value: `urn:uuid:${making.journey}` },
    status: 'active',
    intent: 'order',
    category: [
      concept(codeSystems.snomed, '410606002', 'Social service procedure'),
      ...referral.lifeAreas.map((code) => concept(codeSystems.lifeArea, code, lifeAreas[code as LifeArea].nl)),
    ],
    priority: referral.priority,
    code: {
      ...concept(codeSystems.snomed, '308440001', 'Referral to social worker'),
      text: 'Verwijzing naar de Wally',
    },
    subject: { reference: `Patient/${ids.patient}` },
    authoredOn: referral.authoredOn,
    requester: making.requesterRole
      ? { reference: `PractitionerRole/${making.requesterRole}` }
      : {
          reference: `Organization/${making.practice}`,
          ...(referral.requester.name && { display: referral.requester.name }),
        },
    performer: [{ reference: `HealthcareService/${making.assignment.service}` }],
    reasonCode: [
      { text: referral.reason },
      ...referral.reasonCodes.map(({ system, code, display }) => concept(system, code, display)),
    ],
    supportingInfo: [
      { reference: `Consent/${ids.consent}` },
      ...ids.letters.map((letter) => ({ reference: `DocumentReference/${letter}` })),
      ...(referral.episode
        ? [
            {
              type: 'EpisodeOfCare' as const,
              identifier: {
                value: referral.episode.value,
                ...(referral.episode.system && { system: referral.episode.system }),
              },
            },
          ]
        : []),
    ],
    ...(referral.notes.length > 0 && { note: referral.notes.map((text) => ({ text })) }),
  };
}

function toTask(
  referral: Referral,
  id: string,
  ids: { patient: string; request: string; provenance: string },
  making: Making,
): Task & { id: string } {
  const { owner, team, why } = making.assignment;
  return {
    resourceType: 'Task',
    id,
    identifier: [{ system: identifiers.task, value: `urn:uuid:${id}` }],
    basedOn: [{ reference: `ServiceRequest/${ids.request}` }],
    groupIdentifier: { system: identifiers.journey, value: `urn:uuid:${making.journey}` },
    status: 'requested',
    businessStatus: concept(codeSystems.businessStatus, 'new'),
    intent: 'order',
    priority: referral.priority,
    code: concept(codeSystems.taskCode, 'fulfill'),
    focus: { reference: `ServiceRequest/${ids.request}` },
    for: { reference: `Patient/${ids.patient}` },
    // Our own Task, made now: a practice's clock that runs ahead must not break inv-1 (lastModified >= authoredOn).
    authoredOn: making.now,
    lastModified: making.now,
    requester: { reference: `Organization/${making.practice}` },
    performerType: [concept(codeSystems.snomed, '106328005', 'Social worker')],
    ...(owner && { owner: { reference: `PractitionerRole/${owner.id}`, display: owner.name } }),
    reasonCode: { text: why.nl },
    restriction: {
      repetitions: 1,
      period: periodUntil(new Date(making.now), making.callBefore),
      recipient: [{ reference: `Organization/${team}` }],
    },
    relevantHistory: [{ reference: `Provenance/${ids.provenance}` }],
  };
}

/** Patient, Consent, ServiceRequest, Task and Provenance of a referral (fields: referral-guides (c)); ids come from `newId`. */
export function toResources(referral: Referral, making: Making): ReferralResources {
  const [patientId, consentId, requestId, taskId, provenanceId] = [
    making.newId(),
    making.newId(),
    making.newId(),
    making.newId(),
    making.newId(),
  ];
  const { practice, now, newId } = making;
  const letters = keepLetters(referral.letters ?? [], { patient: patientId, practice, now, newId });
  const onBehalfOf = making.assignment.route === 'substitute' && making.assignment.fixed;
  return {
    patient: toPatient(referral, patientId),
    consent: toConsent(referral, consentId, patientId, making),
    serviceRequest: toServiceRequest(
      referral,
      requestId,
      { patient: patientId, consent: consentId, letters: letters.map((one) => one.reference.id) },
      making,
    ),
    task: toTask(referral, taskId, { patient: patientId, request: requestId, provenance: provenanceId }, making),
    provenance: {
      resourceType: 'Provenance',
      id: provenanceId,
      target: [{ reference: `ServiceRequest/${requestId}/_history/1` }, { reference: `Task/${taskId}/_history/1` }],
      recorded: making.now,
      activity: concept(codeSystems.provenanceActivity, 'referral-received'),
      agent: [
        {
          type: concept(codeSystems.provenanceParticipant, 'author'),
          who: { reference: `Organization/${making.practice}` },
        },
        {
          type: concept(codeSystems.provenanceParticipant, 'assembler'),
          who: { display: `Kortelijn (${making.receivedBy})` },
        },
        ...(onBehalfOf && making.assignment.owner
          ? [
              {
                type: concept(codeSystems.provenanceParticipant, 'performer'),
                who: { reference: `PractitionerRole/${making.assignment.owner.id}` },
                onBehalfOf: { reference: `PractitionerRole/${onBehalfOf.id}` },
              },
            ]
          : []),
      ],
      entity: [
        {
          role: 'source',
          what: { identifier: { system: identifiers.inboundMessage, value: `sha256:${making.sourceHash}` } },
        },
      ],
    },
    letters,
  };
}
