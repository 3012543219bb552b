import { getDataType } from '@medplum/core';
import type { Resource } from '@medplum/fhirtypes';

/** The elements that R4 marks as summary (Σ), of the types that can be searched. */
const summaries: Readonly<Record<string, string>> = {
  ServiceRequest:
    'identifier instantiatesCanonical instantiatesUri basedOn replaces requisition status intent category priority ' +
    'doNotPerform code orderDetail quantity subject encounter occurrence asNeeded authoredOn requester performerType ' +
    'performer locationCode locationReference reasonCode reasonReference specimen bodySite patientInstruction',
  Task:
    'instantiatesCanonical instantiatesUri basedOn groupIdentifier partOf status statusReason businessStatus intent ' +
    'code description focus for encounter executionPeriod lastModified requester owner location',
  Communication:
    'identifier instantiatesCanonical instantiatesUri basedOn partOf status statusReason priority subject encounter ' +
    'reasonCode reasonReference',
  Appointment:
    'identifier status cancelationReason serviceCategory serviceType specialty appointmentType reasonCode start end',
  Consent:
    'identifier status scope category patient dateTime performer organization source policyRule verification provision',
  Patient: 'identifier active name telecom gender birthDate deceased address managingOrganization link',
  DocumentReference:
    'masterIdentifier identifier status docStatus type category subject date author relatesTo description securityLabel content context',
  Provenance: 'target recorded',
  AuditEvent: 'type subtype action recorded outcome outcomeDesc purposeOfEvent',
  Organization: 'identifier active type name partOf',
  HealthcareService: 'identifier active providedBy category type specialty location name comment photo',
  Practitioner: 'identifier active name telecom address gender birthDate',
  PractitionerRole: 'identifier active period practitioner organization code specialty location telecom',
  Endpoint: 'identifier status connectionType name managingOrganization period payloadType payloadMimeType address',
  CareTeam: 'identifier status category name subject encounter period managingOrganization',
  Location: 'identifier status operationalStatus name description mode type physicalType managingOrganization',
};

const always = ['resourceType', 'id', 'meta'];
const subsetted = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' };

/** Elements without which the resource would not be one: `deceased[x]` is written as its name. */
function mandatory(type: string): string[] {
  return Object.entries(getDataType(type).elements)
    .filter(([name, element]) => element.min > 0 && !name.includes('.'))
    .map(([name]) => name.replace('[x]', ''));
}

/** The element of a JSON key: `_status` and `occurrencePeriod` belong to `status` and `occurrence`. */
function isOf(key: string, element: string): boolean {
  const bare = key.replace(/^_/, '');
  return bare === element || (bare.startsWith(element) && /^[A-Z]/.test(bare.slice(element.length)));
}

/**
 * The part of a resource that `_elements` or `_summary` asks for, always with what is mandatory, and marked as a part
 * (search.html#summary). `loadDefinitions` must have run.
 */
export function subset<T extends Resource>(resource: T, elements: readonly string[], summary: string): T {
  const type = resource.resourceType;
  if (elements.length === 0 && (summary === 'false' || summary === 'count')) return resource;
  const isKept = (key: string) => {
    if (elements.length > 0) return [...elements, ...mandatory(type)].some((one) => isOf(key, one));
    if (summary === 'data') return key !== 'text';
    const wanted = summary === 'text' ? 'text' : (summaries[type] ?? '');
    return [...wanted.split(' '), ...mandatory(type)].some((one) => isOf(key, one));
  };
  const kept = Object.fromEntries(Object.entries(resource).filter(([key]) => always.includes(key) || isKept(key))) as T;
  return { ...kept, meta: { ...kept.meta, tag: [...(kept.meta?.tag ?? []), subsetted] } };
}
