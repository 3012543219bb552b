import type { Connector } from '../delivery/connector.ts';
import { Failure, fromStatus, retryAfter } from '../delivery/failure.ts';
import type { Send } from './outbound.ts';

/**
 * Tells a system that something changed (R4 rest-hook): a POST with its own headers and a number, empty or with ids. Any 2xx
 * is a yes. The same number may come twice: after a broken connection it is sent again, and who counts sees that.
 */
export function subscriptionConnector(send: Send, clock: () => Date): Connector {
  return {
    send: async ({ address, notice }, signal) => {
      if (!address || !notice) throw new Failure('permanent', 'no-address');
      const { bundle } = notice;
      const { status, headers } = await send({
        method: 'POST',
        url: address,
        headers: { ...notice.headers, ...(bundle && { 'content-type': 'application/fhir+json; charset=utf-8' }) },
        ...(bundle && { body: JSON.stringify(bundle) }),
        signal,
      });
      if (status < 200 || status >= 300) throw fromStatus(status, retryAfter(headers.get('retry-after'), clock()));
      return { proof: 'application' };
    },
  };
}
