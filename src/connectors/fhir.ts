import type { Bundle, Communication, Identifier, OperationOutcome, Resource } from '@medplum/fhirtypes';
import type { Connector, Parcel, Receipt } from '../delivery/connector.ts';
import { Failure, fromStatus, retryAfter } from '../delivery/failure.ts';
import type { OutboundAnswer, Send } from './outbound.ts';

const accept = 'application/fhir+json';

function parse(answer: OutboundAnswer): Resource | undefined {
  try {
    return JSON.parse(answer.text) as Resource;
  } catch {
    return undefined;
  }
}

/** Their own words for "we have it already" (BaRS): delivered, stop. */
function isDuplicate(answer: OutboundAnswer): boolean {
  const body = parse(answer);
  return (
    answer.status === 409 &&
    body?.resourceType === 'OperationOutcome' &&
    (body as OperationOutcome).issue?.some((one) => one.code === 'duplicate') === true
  );
}

/** A Communication that carries `received` was filed in the record; one without has only been accepted. */
function proofOf(communication: Communication | undefined): Receipt {
  return { proof: communication?.received ? 'record' : 'application' };
}

/** Answers to a search that say nothing about what is there; 404, 405, 501 and the like say that one cannot ask here. */
const silent = (status: number) => (status >= 500 && status !== 501) || [401, 403, 408, 429].includes(status);

/**
 * Feedback to a practice's FHIR R4 endpoint: conditional create on our message identifier, then read back from the
 * record. After an ambiguous end the receiver is asked by identifier first, so that it is there once (decision 4).
 */
export function fhirConnector(send: Send, clock: () => Date): Connector {
  const look = async (
    parcel: Parcel,
    base: string,
    own: Identifier,
    signal: AbortSignal,
  ): Promise<Communication | undefined> => {
    const query = encodeURIComponent(`${own.system}|${own.value}`);
    const answer = await send({
      method: 'GET',
      url: `${base}/Communication?identifier=${query}`,
      headers: headersOf(parcel),
      signal,
    });
    if (silent(answer.status)) {
      throw fromStatus(answer.status, retryAfter(answer.headers.get('retry-after'), clock()));
    }
    const body = answer.status === 200 ? parse(answer) : undefined;
    const found = body?.resourceType === 'Bundle' ? (body as Bundle).entry?.map((entry) => entry.resource) : [];
    // A server that does not know the parameter answers with everything it has (FHIR R4 search.html#errors).
    return found?.find(
      (one): one is Communication =>
        one?.resourceType === 'Communication' &&
        one.identifier?.some((each) => each.system === own.system && each.value === own.value) === true,
    );
  };
  return {
    async send(parcel, signal) {
      const base = parcel.address?.replace(/\/$/, '');
      const identifier = parcel.document?.identifier?.[0];
      if (!base || !identifier?.value) throw new Failure('permanent', 'no-address');
      if (parcel.ambiguous) {
        const there = await look(parcel, base, identifier, signal);
        if (there) return proofOf(there);
      }
      const answer = await send({
        method: 'POST',
        url: `${base}/Communication`,
        headers: {
          ...headersOf(parcel),
          'content-type': 'application/fhir+json; charset=utf-8',
          'if-none-exist': `identifier=${identifier.system}|${identifier.value}`,
          'x-request-id': parcel.messageId,
        },
        body: JSON.stringify(parcel.document),
        signal,
      });
      const taken = (answer.status >= 200 && answer.status < 300) || isDuplicate(answer);
      // Several match our own identifier: it is there, more than once (FHIR R4 http.html#ccreate).
      if (answer.status === 412) {
        const there = await look(parcel, base, identifier, signal);
        if (there) return proofOf(there);
      }
      if (!taken) throw fromStatus(answer.status, retryAfter(answer.headers.get('retry-after'), clock()));
      // The 2xx says that their application has it; whether it stands in the record only the record can say.
      try {
        return proofOf(await look(parcel, base, identifier, signal));
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
