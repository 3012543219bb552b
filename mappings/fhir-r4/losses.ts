import { extensions } from '../../src/fhir/systems.ts';
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
/** What becomes ours; people and organisations of the practice are only matched. */
const ours = new Set(['ServiceRequest', 'Patient', 'Consent']);
const everywhere = new Set(['resourceType', 'id', 'meta', 'text', 'language', 'contained', 'implicitRules']);

const lost = (path: string): Loss => ({ path, why: 'kept-with-source' });

/** Extensions that this mapping reads; any other is lost, whatever it says. */
const readExtensions: readonly string[] = [
  extensions.residentQuestion,
  extensions.safeContact,
  extensions.consentMethod,
];

interface Pointer {
  readonly type?: string;
  readonly reference?: string;
  readonly identifier?: { readonly value?: string };
}
interface Repeated {
  readonly extension?: readonly { readonly url: string }[];
  readonly contact?: readonly { readonly name?: { readonly text?: string; readonly family?: string } }[];
  readonly address?: readonly { readonly use?: string }[];
  readonly supportingInfo?: readonly Pointer[];
  readonly reasonReference?: readonly Pointer[];
}

/** What is lost inside elements that we do carry: of a list the ones after the one we take, references that lead nowhere. */
function lossesWithin({ resource, path }: Part, known: readonly string[], all: readonly Part[]): Loss[] {
  const {
    extension = [],
    contact = [],
    address = [],
    supportingInfo = [],
    reasonReference = [],
  } = resource as Repeated;
  const here = ({ reference = '' }: Pointer) =>
    /^(urn:|#)/.test(reference) || all.some((one) => reference === `${one.resource.resourceType}/${one.resource.id}`);
  const isConsent = ({ reference = '' }: Pointer) => reference.startsWith('Consent/');
  const isEpisode = ({ type, identifier }: Pointer) => type === 'EpisodeOfCare' && identifier?.value !== undefined;
  const each = <T>(name: string, list: readonly T[], kept: (one: T, n: number) => boolean) =>
    known.includes(name) ? list.flatMap((one, n) => (kept(one, n) ? [] : [lost(`${path}.${name}[${n}]`)])) : [];
  const named = contact.findIndex((one) => one.name?.text ?? one.name?.family);
  const home = Math.max(
    0,
    address.findIndex((one) => one.use === 'home'),
  );
  return [
    ...each('extension', extension, (one) => readExtensions.includes(one.url)),
    ...each('contact', contact, (_, n) => n === named),
    ...each('address', address, (one, n) => n === home || one.use === 'old'),
    ...each('supportingInfo', supportingInfo, (one) => here(one) || isConsent(one) || isEpisode(one)),
    ...each('reasonReference', reasonReference, here),
  ];
}

/** What of the message has no place in the referral: resources that we do not know, elements and parts that we do not carry. */
export function lossesOf(all: readonly Part[]): Loss[] {
  return all.flatMap((part): Loss[] => {
    const known = carried[part.resource.resourceType];
    if (!known) return [lost(part.path)];
    const elements = Object.keys(part.resource)
      .filter((name) => !everywhere.has(name) && !known.includes(name.replace(/^_/, '')))
      .map((name) => lost(`${part.path}.${name}`));
    return ours.has(part.resource.resourceType) ? [...elements, ...lossesWithin(part, known, all)] : elements;
  });
}
