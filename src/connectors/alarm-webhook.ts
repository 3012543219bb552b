import { createHmac } from 'node:crypto';
import type { Connector } from '../delivery/connector.ts';
import { Failure, fromStatus, retryAfter } from '../delivery/failure.ts';
import { openOutbound } from './outbound.ts';

export interface WebhookSettings {
  readonly url: string;
  /** Signs the body, so that the receiver knows that it is ours. */
  readonly secret?: string;
  readonly publicUrl: string;
  readonly clock: () => Date;
}

/**
 * Posts an alarm as JSON to the one address of the settings. A receiver knows a repeat by `Idempotency-Key`; 2xx is the
 * receipt.
 */
export function alarmWebhook({ url, secret, publicUrl, clock }: WebhookSettings): Connector {
  const send = openOutbound(new Set([new URL(url).host]));
  return {
    async send(parcel, signal) {
      if (!parcel.news) throw new Failure('permanent', 'no-address');
      const { fields, subject, path } = parcel.news;
      const body = JSON.stringify({ ...fields, text: subject, url: `${publicUrl}${path}` });
      const answer = await send({
        method: 'POST',
        url,
        headers: {
          'Content-Type': 'application/json',
          'Idempotency-Key': parcel.messageId,
          ...(secret && { 'Kortelijn-Signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` }),
        },
        body,
        signal,
      });
      if (answer.status >= 200 && answer.status < 300) return { proof: 'application' };
      throw fromStatus(answer.status, retryAfter(answer.headers.get('retry-after'), clock()));
    },
  };
}
