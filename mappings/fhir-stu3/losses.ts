import { extensions } from '../../src/fhir/systems.ts';
import { namesOf } from '../../src/referral/name-from-fhir.ts';
import { numbersIn } from '../../src/referral/patient-from-fhir.ts';
import { emailIn, homeIn, isSecret, phonesIn } from '../../src/referral/reach-from-fhir.ts';
import type { Loss } from '../../src/referral/referral.ts';
import { listOf } from './json.ts';
import type { Part } from './resolve.ts';
import { zorgdomein } from './systems.ts';

/** Elements that this mapping carries or that only say how the message is built; the rest is a loss, kept with the source. */
const carried: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    Composition:
      'identifier status type subject date author title section relatesTo custodian confidentiality extension'.split(
        ' ',
      ),
    Patient:
      'identifier active name telecom gender birthDate deceasedBoolean deceasedDateTime address contact managingOrganization'.split(
        ' ',
      ),
    ReferralRequest: (
      'identifier status intent type priority serviceRequested subject authoredOn requester recipient ' +
      'reasonCode reasonReference description note'
    ).split(' '),
    ProcedureRequest: (
      'identifier requisition status intent priority category code subject authoredOn requester performer ' +
      'reasonCode reasonReference note'
    ).split(' '),
    Consent: (
      'identifier status category patient period dateTime consentingParty organization policy policyRule ' +
      'except extension sourceAttachment sourceIdentifier sourceReference'
    ).split(' '),
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
  }),
);

const everywhere = new Set('resourceType id meta text language contained implicitRules'.split(' '));

const lost = (path: string): Loss => ({ path, why: 'kept-with-source' });
const readExtensions: readonly string[] = [zorgdomein.sender, extensions.consentMethod];

/** Of a person's lists what was not taken: other names than the official and the usual, numbers, addresses. */
function patientLosses({ resource, path }: Part): Loss[] {
  const lists = (name: string) => listOf(resource[name]);
  const { bsn, local } = numbersIn(lists('identifier'));
  const { official, usual } = namesOf(lists('name'));
  const [telecom, addresses] = [lists('telecom'), lists('address')];
  const home = homeIn(addresses);
  const kept: Readonly<Record<string, readonly number[]>> = {
    identifier: [bsn, local],
    name: [official, usual],
    telecom: [...phonesIn(telecom), emailIn(telecom)],
    address: addresses[home] && isSecret(resource, addresses[home]) ? [] : [home],
  };
  return Object.entries(kept).flatMap(([name, at]) =>
    lists(name).flatMap((_, n) => (at.includes(n) ? [] : [lost(`${path}.${name}[${n}]`)])),
  );
}

function withinOf(part: Part): Loss[] {
  const { resource, path } = part;
  if (resource.resourceType === 'Patient') return patientLosses(part);
  if (!carried.get(String(resource.resourceType))?.includes('extension')) return [];
  return listOf(resource.extension).flatMap((one, n) =>
    readExtensions.includes(String(one.url)) ? [] : [lost(`${path}.extension[${n}]`)],
  );
}

/** What has no place in the referral: resources that we do not know, and elements that we do not carry. */
export function lossesOf(all: readonly Part[]): Loss[] {
  return all.flatMap((part): Loss[] => {
    const { resource, path } = part;
    const known = carried.get(String(resource.resourceType));
    if (!known) return [lost(path)];
    const elements = Object.keys(resource).filter(
      (name) => !everywhere.has(name) && !known.includes(name.replace(/^_/, '')),
    );
    return [...elements.map((name) => lost(`${path}.${name}`)), ...withinOf(part)];
  });
}
