import type { Resource } from '@medplum/fhirtypes';
import { extensions } from '../../src/fhir/systems.ts';
import { isCustody } from '../../src/referral/custody.ts';
import type { Loss } from '../../src/referral/referral.ts';
import type { Part, Resolve } from './parts.ts';
import { agbDeviations, personLosses } from './person-losses.ts';

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
    'replaces',
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
  Composition: ['identifier', 'status', 'type', 'subject', 'date', 'author', 'title', 'section', 'custodian'],
  DocumentReference: [
    'masterIdentifier',
    'identifier',
    'status',
    'docStatus',
    'type',
    'category',
    'subject',
    'date',
    'author',
    'custodian',
    'description',
    'securityLabel',
    'content',
    'context',
  ],
  Binary: ['contentType', 'securityContext', 'data'],
  MessageHeader: [
    'eventCoding',
    'eventUri',
    'destination',
    'sender',
    'enterer',
    'author',
    'source',
    'responsible',
    'reason',
    'focus',
    'definition',
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
/** What becomes ours; people and organisations of the practice are only matched. */
const ours = new Set(['ServiceRequest', 'Patient', 'Consent']);
/** Taken only where the referral leads to them. */
const ledTo = new Set(['Patient', 'Consent', 'Condition', 'Composition', 'DocumentReference', 'ServiceRequest']);
const everywhere = new Set(['resourceType', 'id', 'meta', 'text', 'language', 'contained', 'implicitRules']);

const lost = (path: string): Loss => ({ path, why: 'kept-with-source' });

/** Extensions that this mapping reads; any other is lost, whatever it says. */
const readExtensions: readonly string[] = [
  extensions.residentQuestion,
  extensions.safeContact,
  extensions.consentMethod,
  extensions.custody,
  // What the sender may have from our answer, and sends back with an update.
  extensions.promise,
];

interface Pointer {
  readonly type?: string;
  readonly reference?: string;
  readonly identifier?: { readonly value?: string };
}
interface Extended {
  readonly url: string;
  readonly valueCode?: string;
}
/** One that says a code which we do not have is not read. */
const isRead = ({ url, valueCode }: Extended) =>
  readExtensions.includes(url) && (url !== extensions.custody || isCustody(valueCode));
interface Repeated {
  readonly extension?: readonly Extended[];
  readonly supportingInfo?: readonly Pointer[];
  readonly reasonReference?: readonly Pointer[];
  readonly replaces?: readonly unknown[];
}

/** What is lost inside elements that we do carry: of a list the ones after the one we take, references that lead nowhere. */
function lossesWithin(part: Part, known: readonly string[], resolve: Resolve): Loss[] {
  const { resource, path } = part;
  const { extension = [], supportingInfo = [], reasonReference = [], replaces = [] } = resource as Repeated;
  const here = (one: Pointer) => {
    const { reference } = one;
    return reference !== undefined && (/^(urn:|#)/.test(reference) || resolve({ reference }, part) !== undefined);
  };
  const isConsent = ({ reference = '' }: Pointer) => reference.startsWith('Consent/');
  const isEpisode = ({ type, identifier }: Pointer) => type === 'EpisodeOfCare' && identifier?.value !== undefined;
  const each = <T>(name: string, list: readonly T[], kept: (one: T, n: number) => boolean) =>
    known.includes(name) ? list.flatMap((one, n) => (kept(one, n) ? [] : [lost(`${path}.${name}[${n}]`)])) : [];
  return [
    ...each('extension', extension, isRead),
    ...each('supportingInfo', supportingInfo, (one) => here(one) || isConsent(one) || isEpisode(one)),
    ...each('reasonReference', reasonReference, here),
    ...each('replaces', replaces, (_, n) => n === 0),
    ...(resource.resourceType === 'Patient' ? personLosses(resource, path) : []),
  ];
}

/**
 * What of the message has no place in the referral: resources that we do not know or that nothing leads to, elements and
 * parts that we do not carry; and what was written in another way than was agreed. `used`: what the referral was made of.
 */
export function lossesOf(all: readonly Part[], used: readonly Resource[], resolve: Resolve): Loss[] {
  return all.flatMap((part): Loss[] => {
    const { resourceType } = part.resource;
    const known = carried[resourceType];
    if (!known || (ledTo.has(resourceType) && !used.includes(part.resource))) return [lost(part.path)];
    const elements = Object.keys(part.resource)
      .filter((name) => !everywhere.has(name) && !known.includes(name.replace(/^_/, '')))
      .map((name) => lost(`${part.path}.${name}`));
    if (!ours.has(resourceType)) return [...elements, ...agbDeviations(part.resource, part.path)];
    return [...elements, ...lossesWithin(part, known, resolve)];
  });
}
