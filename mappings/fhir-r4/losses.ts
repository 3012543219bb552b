import type { Loss } from '../../src/referral/referral.ts';
import type { Part } from './gather.ts';

/** Elements that this mapping carries, per resource type; the rest is a loss, kept with the sealed source. */
const carried: Record<string, readonly string[]> = {
  ServiceRequest: [
    'identifier',
    'requisition',
    'status',
    'intent',
    'category',
    'priority',
    'code',
    'subject',
    'authoredOn',
    'requester',
    'performer',
    'performerType',
    'reasonCode',
    'reasonReference',
    'supportingInfo',
    'note',
    'extension',
    'orderDetail',
  ],
  Patient: [
    'identifier',
    'active',
    'name',
    'telecom',
    'gender',
    'birthDate',
    'deceasedBoolean',
    'deceasedDateTime',
    'address',
    'contact',
    'managingOrganization',
  ],
  Consent: [
    'identifier',
    'status',
    'scope',
    'category',
    'patient',
    'dateTime',
    'performer',
    'organization',
    'policy',
    'policyRule',
    'verification',
    'provision',
    'extension',
    'sourceAttachment',
    'sourceReference',
  ],
  Condition: [
    'code',
    'subject',
    'clinicalStatus',
    'verificationStatus',
    'category',
    'identifier',
    'asserter',
    'recordedDate',
  ],
  // Matched with the directory, never written.
  Organization: ['identifier', 'name', 'type', 'telecom', 'address', 'active', 'alias'],
  Practitioner: ['identifier', 'name', 'telecom', 'active', 'gender'],
  PractitionerRole: ['identifier', 'practitioner', 'organization', 'code', 'specialty', 'telecom', 'active'],
  // The sender's own Task says what ours will say (decision 9).
  Task: [
    'identifier',
    'basedOn',
    'groupIdentifier',
    'status',
    'businessStatus',
    'intent',
    'priority',
    'code',
    'focus',
    'for',
    'authoredOn',
    'lastModified',
    'requester',
    'owner',
    'performerType',
    'restriction',
  ],
};
const everywhere = new Set(['resourceType', 'id', 'meta', 'text', 'language', 'contained', 'implicitRules']);

/** What of the message has no place in the referral: whole resources that we do not know, and elements that we do not carry. */
export function lossesOf(all: readonly Part[]): Loss[] {
  return all.flatMap(({ resource, path }): Loss[] => {
    const known = carried[resource.resourceType];
    if (!known) return [{ path, why: 'kept-with-source' }];
    return Object.keys(resource)
      .filter((name) => !everywhere.has(name) && !known.includes(name.replace(/^_/, '')))
      .map((name) => ({ path: `${path}.${name}`, why: 'kept-with-source' }));
  });
}
