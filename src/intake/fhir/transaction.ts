import type { Bundle, BundleEntry, Resource } from '@medplum/fhirtypes';
import { type Language, type Said, toOutcome } from '../../fhir/outcome.ts';
import { codeSystems, identifiers } from '../../fhir/systems.ts';
import type { Answer } from '../../referral/receive.ts';
import type { Accepted } from '../arriving.ts';
import { acceptedOutcome, information, promiseExtension } from './answer.ts';
import type { Standing, Standings } from './standing.ts';

type Part = 'serviceRequest' | 'task' | 'patient' | 'consent';
type Joined = Exclude<Accepted, { outcome: 'kept' }>;

const ours: Readonly<Record<string, Part>> = {
  ServiceRequest: 'serviceRequest',
  Task: 'task',
  Patient: 'patient',
  Consent: 'consent',
};

/** What each outcome changed; the other parts were compared with what we have. */
const changed: Readonly<Partial<Record<Joined['outcome'], readonly Part[]>>> = {
  new: ['serviceRequest', 'task', 'patient', 'consent'],
  replayed: ['serviceRequest', 'task', 'patient', 'consent'],
  corrected: ['serviceRequest', 'task', 'patient', 'consent'],
  supplemented: ['serviceRequest', 'task'],
  cancelled: ['serviceRequest', 'task'],
  // The question to stop is a Task of its own; the referral stands as it was.
  'stop-asked': ['task'],
  superseded: [],
};

function keptSaid(type: string): Said {
  if (['Organization', 'Practitioner', 'PractitionerRole'].includes(type))
    return { nl: 'Vergeleken met onze adreslijst, niet opgeslagen.', en: 'Compared with our directory, not stored.' };
  return ours[type]
    ? { nl: 'Vergeleken met wat wij hebben, niet veranderd.', en: 'Compared with what we have, not changed.' }
    : { nl: 'Bewaard bij het ontvangen bericht.', en: 'Kept with the received message.' };
}

/** Of several requests the one that replaces another is the referral; the old one is revoked by it. */
function referralIn(received: Bundle): Resource | undefined {
  const requests = (received.entry ?? []).flatMap(({ resource }) =>
    resource?.resourceType === 'ServiceRequest' ? [resource] : [],
  );
  return requests.find((one) => one.replaces?.length) ?? requests[0];
}

/** Where a part stands after the message: of a first referral everything is a first version. */
function placeOf(part: Part, answer: Answer, outcome: Joined['outcome'], standings: Standings | undefined): Standing {
  if (outcome === 'stop-asked' && part === 'task' && standings?.stop) return standings.stop;
  return standings?.[part] ?? { id: answer.ids[part], version: 1 };
}

/**
 * The transaction-response: one entry per entry of the request, in its order (FHIR R4 http.html#transaction-response).
 * Entries that became ours say where, in which version; people and organisations were matched, the rest stays with the
 * source message. `standings`: where the journey stands, when the message joined one that was there.
 */
export function transactionResponse(
  received: Bundle,
  accepted: Joined,
  base: string,
  language: Language,
  standings?: Standings,
): Bundle {
  const { answer, outcome } = accepted;
  const taken = new Set<Part>();
  const referral = referralIn(received);
  const parts = changed[outcome] ?? [];
  const entry = (received.entry ?? []).map(({ resource }): BundleEntry => {
    const type = resource?.resourceType ?? '';
    const part = ours[type];
    const isFirst = part === 'serviceRequest' ? resource === referral : part && !taken.has(part);
    const told = type === 'ServiceRequest' && resource === referral;
    const said = told ? acceptedOutcome(accepted, language) : undefined;
    if (part && isFirst && parts.includes(part)) {
      taken.add(part);
      const { id, version } = placeOf(part, answer, outcome, standings);
      const isMade = outcome === 'new' || (!accepted.replayed && version === 1);
      const response = {
        status: isMade ? '201 Created' : '200 OK',
        location: `${base}/${type}/${id}/_history/${version}`,
        etag: `W/"${version}"`,
      };
      // Who calls is of no use to whoever withdraws.
      const extension = outcome === 'cancelled' ? undefined : [promiseExtension(answer)];
      if (!said) return { response };
      return { response: { ...response, ...(extension && { extension }), outcome: said } };
    }
    const kept = toOutcome([information('kept-with-source', keptSaid(type))], language, codeSystems.refusal);
    return { response: { status: '200 OK', outcome: said ?? kept } };
  });
  return {
    resourceType: 'Bundle',
    type: 'transaction-response',
    identifier: { system: identifiers.journey, value: `urn:uuid:${answer.journey}` },
    // One entry per entry, no more: our Task, which the sender need not have sent, is told as a link.
    link: [{ relation: 'related', url: `${base}/Task/${answer.ids.task}` }],
    entry,
  };
}
