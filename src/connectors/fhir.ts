import type {
  Bundle,
  Communication,
  DocumentReference,
  Identifier,
  OperationOutcome,
  Resource,
} from '@medplum/fhirtypes';
import type { Connector, Parcel, Receipt } from '../delivery/connector.ts';
import { Failure, fromStatus, retryAfter } from '../delivery/failure.ts';
import type { Answered } from '../referral/ask.ts';
import type { Send } from './outbound.ts';

const accept = 'application/fhir+json';

function parse(answer: Answered): Resource | undefined {
  try {
    return JSON.parse(answer.text) as Resource;
  } catch {
    return undefined;
  }
}

/** Their own words for "we have it already" (BaRS): delivered, stop. */
function isDuplicate(answer: Answered): boolean {
  const body = parse(answer);
  return (
    answer.status === 409 &&
    body?.resourceType === 'OperationOutcome' &&
    (body as OperationOutcome).issue?.some((one) => one.code === 'duplicate') === true
  );
}

/** What a practice's FHIR system gets from us. */
type Sent = Communication | DocumentReference | Bundle;

const isSendable = (one: Parcel['document']): one is Sent =>
  one?.resourceType === 'Communication' || one?.resourceType === 'DocumentReference' || one?.resourceType === 'Bundle';

const identifiersOf = (one: Sent): readonly Identifier[] => {
  if (one.resourceType === 'Bundle') return one.identifier ? [one.identifier] : [];
  const own = one.identifier ?? [];
  return one.resourceType === 'DocumentReference' && one.masterIdentifier ? [...own, one.masterIdentifier] : own;
};

/**
 * A Communication that carries `received` was filed in the record; one without has only been accepted. A document
 * reference stands in the record's own list, unless the record itself calls it preliminary or wrong. A document that is
 * merely kept is nowhere yet.
 */
function proofOf(found: Sent | undefined): Receipt {
  if (found?.resourceType === 'Communication') return { proof: found.received ? 'record' : 'application' };
  const filed =
    found?.resourceType === 'DocumentReference' && found.status === 'current' && found.docStatus !== 'preliminary';
  return { proof: filed ? 'record' : 'application' };
}

/** Answers to a search that say nothing about what is there; 404, 405, 501 and the like say that one cannot ask here. */
const silent = (status: number) => (status >= 500 && status !== 501) || [401, 403, 408, 429].includes(status);

/**
 * Feedback to a practice's FHIR R4 endpoint, in the form in which it files (Communication, DocumentReference, document
 * Bundle): conditional create on our message identifier, then read back from the record. After an ambiguous end the
 * receiver is asked by identifier first, so that it is there once (decision 4).
 */
export function fhirConnector(send: Send, clock: () => Date): Connector {
  const look = async (
    parcel: Parcel,
    url: string,
    { type, own }: { readonly type: Sent['resourceType']; readonly own: Identifier },
    signal: AbortSignal,
  ): Promise<Sent | undefined> => {
    const query = encodeURIComponent(`${own.system}|${own.value}`);
    const answer = await send({
      method: 'GET',
      url: `${url}?identifier=${query}`,
      headers: headersOf(parcel),
      signal,
    });
    if (silent(answer.status)) {
      throw fromStatus(answer.status, retryAfter(answer.headers.get('retry-after'), clock()), answer.text);
    }
    const body = answer.status === 200 ? parse(answer) : undefined;
    const found = body?.resourceType === 'Bundle' ? (body as Bundle).entry?.map((entry) => entry.resource) : [];
    // A server that does not know the parameter answers with everything it has (FHIR R4 search.html#errors).
    return found?.find(
      (one): one is Sent =>
        one?.resourceType === type &&
        identifiersOf(one as Sent).some((each) => each.system === own.system && each.value === own.value),
    );
  };
  return {
    async send(parcel, signal) {
      const base = parcel.address?.replace(/\/$/, '');
      const { document } = parcel;
      const own = isSendable(document) ? identifiersOf(document)[0] : undefined;
      if (!base || !isSendable(document) || !own?.value) throw new Failure('permanent', 'no-address');
      const url = `${base}/${document.resourceType}`;
      const ours = { type: document.resourceType, own };
      if (parcel.ambiguous) {
        const there = await look(parcel, url, ours, signal);
        if (there) return proofOf(there);
      }
      const answer = await send({
        method: 'POST',
        url,
        headers: {
          ...headersOf(parcel),
          'content-type': 'application/fhir+json; charset=utf-8',
          'if-none-exist': `identifier=${own.system}|${own.value}`,
          'x-request-id': parcel.messageId,
        },
        body: JSON.stringify(document),
        signal,
      });
      const taken = (answer.status >= 200 && answer.status < 300) || isDuplicate(answer);
      // Several match our own identifier: it is there, more than once (FHIR R4 http.html#ccreate).
      if (answer.status === 412) {
        const there = await look(parcel, url, ours, signal);
        if (there) return proofOf(there);
      }
      if (!taken) throw fromStatus(answer.status, retryAfter(answer.headers.get('retry-after'), clock()), answer.text);
      // The 2xx says that their application has it; whether it stands in the record only the record can say.
      try {
        return proofOf(await look(parcel, url, ours, signal));
      } catch (error) {
        if (error instanceof Failure) return { proof: 'application' };
        throw error;
      }
    },
  };
}

function headersOf(parcel: Parcel): Record<string, string> {
  return { accept, ...(parcel.secret && { authorization: `Bearer ${parcel.secret}` }) };
}
