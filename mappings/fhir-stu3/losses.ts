import type { Loss } from '../../src/referral/referral.ts';
import type { Part } from './gather.ts';

/** Elements that this mapping carries or that only say how the message is built; the rest is a loss, kept with the source. */
const carried: Readonly<Record<string, readonly string[]>> = {
  Composition:
    'identifier status type subject date author title section relatesTo custodian confidentiality extension'.split(' '),
  Patient:
    'identifier active name telecom gender birthDate deceasedBoolean deceasedDateTime address contact managingOrganization'.split(
      ' ',
    ),
  ReferralRequest:
    'identifier status intent type priority serviceRequested subject authoredOn requester recipient reasonCode reasonReference description note'.split(
      ' ',
    ),
  ProcedureRequest:
    'identifier requisition status intent priority category code subject authoredOn requester performer reasonCode reasonReference note'.split(
      ' ',
    ),
  Consent:
    'identifier status category patient period dateTime consentingParty organization policy policyRule except extension sourceAttachment sourceIdentifier sourceReference'.split(
      ' ',
    ),
  Condition: 'code subject clinicalStatus verificationStatus category identifier asserter assertedDate'.split(' '),
  DocumentReference:
    'identifier masterIdentifier status type subject indexed created author description content context'.split(' '),
  Binary: ['contentType', 'content', 'data', 'securityContext'],
  // Matched with the directory, never written.
  Organization: ['identifier', 'name', 'type', 'telecom', 'address', 'active'],
  Practitioner: ['identifier', 'name', 'telecom', 'active', 'gender'],
  PractitionerRole: ['identifier', 'practitioner', 'organization', 'code', 'specialty', 'telecom', 'active'],
  RelatedPerson: ['identifier', 'patient', 'relationship', 'name'],
  Task: 'identifier groupIdentifier basedOn status intent code focus for authoredOn lastModified requester owner statusReason'.split(
    ' ',
  ),
};

const everywhere = new Set('resourceType id meta text language contained implicitRules'.split(' '));

/** What has no place in the referral: resources that we do not know, and elements that we do not carry. */
export function lossesOf(all: readonly Part[]): Loss[] {
  return all.flatMap(({ resource, path }): Loss[] => {
    const known = carried[String(resource.resourceType)];
    if (!known) return [{ path, why: 'kept-with-source' }];
    return Object.keys(resource)
      .filter((name) => !everywhere.has(name) && !known.includes(name.replace(/^_/, '')))
      .map((name) => ({ path: `${path}.${name}`, why: 'kept-with-source' }));
  });
}
