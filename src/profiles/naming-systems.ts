import type { NamingSystem } from '@medplum/fhirtypes';
import { identifiers } from '../fhir/systems.ts';
import { idOf, nameOf, type Published, published } from './published.ts';

const names: readonly (readonly [url: string, description: string])[] = [
  [
    identifiers.journey,
    'All hops of one referral: ServiceRequest.requisition and Task.groupIdentifier, a urn:uuid. It stays when the referral goes on to someone else.',
  ],
  [
    identifiers.journeyNumber,
    'The referral number that people read aloud, as KL-00000-00001; derived from the journey.',
  ],
  [identifiers.task, 'A Task of ours, as urn:uuid.'],
  [
    identifiers.message,
    "One per message that we send, as urn:uuid: the receiver's key against doing the same thing twice.",
  ],
  [identifiers.inboundMessage, 'What a referral was made from: sha256 of the mapped message, in Provenance.entity.'],
];

/** The identifier systems that we give out, with what they are for. */
export const namingSystems: readonly Published<NamingSystem>[] = names.map(([url, description]) => ({
  resourceType: 'NamingSystem',
  id: idOf(url),
  name: nameOf(url),
  status: 'active',
  kind: 'identifier',
  date: published.date,
  publisher: published.publisher,
  description,
  uniqueId: [{ type: 'uri', value: url, preferred: true }],
}));
