import type { Bundle } from '@medplum/fhirtypes';
import type { Connector } from '../delivery/connector.ts';
import { Failure, fromStatus, retryAfter } from '../delivery/failure.ts';
import { standingAfter } from '../referral/case-copy.ts';
import type { Send } from './outbound.ts';

/** The answer when it did all of it: one per entry, each a yes (FHIR R4 http.html#transaction-response). */
function doneIn(text: string, asked: number): Bundle | undefined {
  try {
    const answer = JSON.parse(text) as Bundle;
    const isDone =
      answer.type === 'transaction-response' &&
      answer.entry?.length === asked &&
      answer.entry.every((one) => one.response?.status?.startsWith('2') === true);
    return isDone ? answer : undefined;
  } catch {
    return undefined;
  }
}

/** It changed there since we looked (RFC 9110 §15.5.13; some answer 409): we look again before we write. */
const isMoved = (status: number, { entry = [] }: Bundle) =>
  (status === 412 || status === 409) && entry.some((one) => one.request?.ifMatch !== undefined);

/**
 * A referral to the FHIR R4 server of a case system, as one transaction of conditional updates. It says how things are, not
 * what happened: after an ambiguous end it is sent again, and changes nothing the second time.
 */
export function caseSystemConnector(send: Send, clock: () => Date): Connector {
  return {
    send: async ({ address, document, ours = 0, secret, messageId }, signal) => {
      if (!address || document?.resourceType !== 'Bundle') throw new Failure('permanent', 'no-address');
      const { status, headers, text } = await send({
        method: 'POST',
        url: address.replace(/\/$/, ''),
        headers: {
          accept: 'application/fhir+json',
          'content-type': 'application/fhir+json; charset=utf-8',
          prefer: 'return=representation',
          'x-request-id': messageId,
          ...(secret && { authorization: `Bearer ${secret}` }),
        },
        body: JSON.stringify(document),
        signal,
      });
      if (isMoved(status, document)) throw new Failure('transient', 'changed-there');
      if (status < 200 || status >= 300)
        throw fromStatus(status, retryAfter(headers.get('retry-after'), clock()), text);
      const answer = doneIn(text, document.entry?.length ?? 0);
      if (!answer) throw new Failure('permanent', 'not-confirmed', undefined, text);
      const copy = standingAfter(document, answer);
      return { proof: 'application', ...(copy && { copy: { ...copy, ours } }) };
    },
  };
}
