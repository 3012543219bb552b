import type { Bundle, BundleEntry, Consent, Extension, Reference, Resource, ServiceRequest } from '@medplum/fhirtypes';
import { codeSystems, extensions, identifiers } from '../src/fhir/systems.ts';
import { ownSystems, toFhirPatient } from './fhir-patient.ts';
import type { Gp, Patient, Practice, ReferRequest } from './model.ts';

/** One uuid per resource, given from outside so that the same input always makes the same bytes. */
export interface ReferralIds {
  readonly bundle: string;
  readonly patient: string;
  readonly organization: string;
  readonly practitioner: string;
  readonly practitionerRole: string;
  readonly consent: string;
  readonly condition: string;
  readonly serviceRequest: string;
  readonly task: string;
}

export interface ReferralInput {
  readonly practice: Pick<Practice, 'id' | 'name' | 'agb'>;
  readonly gp: Gp;
  readonly patient: Patient;
  readonly request: ReferRequest;
  readonly ids: ReferralIds;
  /** The practice's own number, like 2026-000123. */
  readonly number: string;
  /** Instant with offset. */
  readonly authoredOn: string;
}

/** Who gave consent, other than the patient: the wording a receiver finds in Consent.performer.display. */
export const performerDisplays = {
  parents: 'Ouders of voogd',
  representative: 'Wettelijk vertegenwoordiger (mentor, curator of gemachtigde)',
} as const;

const urn = (uuid: string) => `urn:uuid:${uuid}`;
const refer = <T extends Resource>(uuid: string, display?: string): Reference<T> => ({
  reference: urn(uuid),
  ...(display && { display }),
});
const coded = (system: string, code: string) => ({ coding: [{ system, code }] });

function consentOf({ practice, request, ids, authoredOn }: ReferralInput): Consent | undefined {
  const given = request.consent;
  if (!given) return undefined;
  const performers: Record<typeof given.by, Consent['performer'] & object> = {
    resident: [refer(ids.patient)],
    parents: [{ type: 'RelatedPerson', display: performerDisplays.parents }],
    'resident-and-parents': [refer(ids.patient), { type: 'RelatedPerson', display: performerDisplays.parents }],
    representative: [{ type: 'RelatedPerson', display: performerDisplays.representative }],
  };
  const details = ['share-reason', ...(given.medical ? ['share-medical-codes'] : [])];
  details.push(given.feedback ? 'feedback-content' : 'feedback-closure-only');
  return {
    resourceType: 'Consent',
    ...(given.how && { extension: [{ url: extensions.consentMethod, valueCode: given.how }] }),
    status: 'active',
    scope: coded(codeSystems.consentScope, 'patient-privacy'),
    category: [coded(codeSystems.actCode, 'IDSCL')],
    patient: refer(ids.patient),
    dateTime: authoredOn,
    performer: performers[given.by],
    organization: [refer(ids.organization, practice.name)],
    policyRule: coded(codeSystems.legalBasis, 'gdpr-9-2-a-explicit-consent'),
    provision: {
      type: 'permit',
      actor: [{ role: coded(codeSystems.participationType, 'IRCP'), reference: { display: 'Wally van de praktijk' } }],
      action: [coded(codeSystems.consentAction, 'disclose')],
      purpose: [{ system: codeSystems.actReason, code: 'TREAT' }],
      code: details.map((code) => coded(codeSystems.consentDetail, code)),
      data: [{ meaning: 'dependents', reference: refer(ids.serviceRequest) }],
    },
  };
}

function extensionsOf({ question, contact }: ReferRequest): Extension[] {
  const out: Extension[] = [];
  if (question) out.push({ url: extensions.residentQuestion, valueString: question });
  if (contact) {
    const parts: Extension[] = [];
    if (contact.phone) parts.push({ url: 'phone', valueString: contact.phone });
    if (contact.times) parts.push({ url: 'times', valueString: contact.times });
    for (const flag of ['noVoicemail', 'noLetters', 'unsafe'] as const)
      parts.push({ url: flag, valueBoolean: contact[flag] });
    out.push({ url: extensions.safeContact, extension: parts });
  }
  return out;
}

function serviceRequestOf({ practice, gp, request, ids, number, authoredOn }: ReferralInput): ServiceRequest {
  const extension = extensionsOf(request);
  return {
    resourceType: 'ServiceRequest',
    ...(extension.length > 0 && { extension }),
    identifier: [
      {
        use: 'official',
        type: coded(codeSystems.v2IdentifierType, 'PLAC'),
        system: ownSystems(practice.id).referral,
        value: number,
        assigner: refer(ids.organization, practice.name),
      },
    ],
    status: 'active',
    intent: 'order',
    category: [
      coded(codeSystems.snomed, '410606002'),
      ...request.lifeAreas.map((area) => coded(codeSystems.lifeArea, area)),
    ],
    priority: request.priority,
    code: coded(codeSystems.snomed, '308440001'),
    subject: refer(ids.patient),
    authoredOn,
    requester: refer(ids.practitionerRole, gp.name),
    ...(request.reason && { reasonCode: [{ text: request.reason }] }),
    ...(request.icpc && { reasonReference: [refer(ids.condition)] }),
    ...(request.consent && { supportingInfo: [refer(ids.consent)] }),
  };
}

/**
 * The referral as a FHIR R4 transaction Bundle in the manner of nl-core. Pure: the same input gives the same bytes.
 * Without a recorded consent the Bundle carries no Consent; the receiver has to refuse it.
 */
export function buildReferral(input: ReferralInput): Bundle {
  const { practice, gp, patient, request, ids, number, authoredOn } = input;
  const agb = (value: string) => [{ system: identifiers.agb, value }];
  const once = (value: string) => `identifier=${identifiers.agb}|${value}`;
  const entry = (uuid: string, resource: Resource, ifNoneExist?: string): BundleEntry => ({
    fullUrl: urn(uuid),
    resource,
    request: { method: 'POST', url: resource.resourceType, ...(ifNoneExist && { ifNoneExist }) },
  });
  const consent = consentOf(input);
  const entries: BundleEntry[] = [
    entry(ids.patient, toFhirPatient(practice, patient)),
    entry(
      ids.organization,
      { resourceType: 'Organization', identifier: agb(practice.agb), name: practice.name },
      once(practice.agb),
    ),
    entry(
      ids.practitioner,
      { resourceType: 'Practitioner', identifier: agb(gp.agb), name: [{ text: gp.name }] },
      once(gp.agb),
    ),
    entry(
      ids.practitionerRole,
      {
        resourceType: 'PractitionerRole',
        identifier: agb(gp.agb),
        practitioner: refer(ids.practitioner, gp.name),
        organization: refer(ids.organization, practice.name),
      },
      once(gp.agb),
    ),
  ];
  if (consent) entries.push(entry(ids.consent, consent));
  if (request.icpc) {
    // Only code and system: ICPC titles are the NHG's, and the receiver has its own list.
    entries.push(
      entry(ids.condition, {
        resourceType: 'Condition',
        code: coded(codeSystems.icpc1, request.icpc),
        subject: refer(ids.patient),
      }),
    );
  }
  entries.push(
    entry(ids.serviceRequest, serviceRequestOf(input), `identifier=${ownSystems(practice.id).referral}|${number}`),
    entry(ids.task, {
      resourceType: 'Task',
      status: 'requested',
      intent: 'order',
      priority: request.priority,
      code: coded(codeSystems.taskCode, 'fulfill'),
      focus: refer(ids.serviceRequest),
      for: refer(ids.patient),
      authoredOn,
      requester: refer(ids.practitionerRole, gp.name),
    }),
  );
  return {
    resourceType: 'Bundle',
    identifier: { system: ownSystems(practice.id).message, value: urn(ids.bundle) },
    type: 'transaction',
    timestamp: authoredOn,
    entry: entries,
  };
}
