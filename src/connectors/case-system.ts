import type { Bundle } from '@medplum/fhirtypes';
import type { Connector } from '../delivery/connector.ts';
import { Failure, fromStatus, retryAfter } from '../delivery/failure.ts';
import type { Send } from './outbound.ts';

/** Whether it did all of it: an answer per entry, each a yes (FHIR R4 http.html#transaction-response). */
function isDone(text: string, asked: number): boolean {
  try {
    const { type, entry } = JSON.parse(text) as Bundle;
    return (
      type === 'transaction-response' &&
      entry?.length === asked &&
      entry.every((one) => one.response?.status?.startsWith('2') === true)
    );
  } catch {
    return false;
  }
}

/**
 * A referral to the FHIR R4 server of a case system, as one transaction of conditional updates. It says how things are, not
 * what happened: after an ambiguous end it is sent again, and changes nothing the second time.
 */
export function caseSystemConnector(send: Send, clock: () => Date): Connector {
  return {
    send: async ({ address, document, secret, messageId }, signal) => {
      if (!address || document?.resourceType !== 'Bundle') throw new Failure('permanent', 'no-address');
      const { status, headers, text } = await send({
        method: 'POST',
        url: address.replace(/\/$/, ''),
        headers: {
          accept: 'application/fhir+json',
          'content-type': 'application/fhir+json; charset=utf-8',
          'x-request-id': messageId,
          ...(secret && { authorization: `Bearer ${secret}` }),
        },
        body: JSON.stringify(document),
        signal,
      });
      if (status < 200 || status >= 300)
        throw fromStatus(status, retryAfter(headers.get('retry-after'), clock()), text);
      if (!isDone(text, document.entry?.length ?? 0)) throw new Failure('permanent', 'not-confirmed', undefined, text);
      return { proof: 'application' };
    },
  };
}
