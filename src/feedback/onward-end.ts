import type { Written } from '../referral/change.ts';
import type { Journey } from '../referral/journey.ts';
import { isOpen } from '../referral/lifecycle.ts';
import { revoked } from './revoked.ts';

/** Open Tasks and requests at other organisations, called back: the work that they came of has ended. */
export function recallChildren(
  { children, childRequests }: Journey,
  reason: string,
  now: string,
  status: 'revoked' | 'entered-in-error' = 'revoked',
): Written[] {
  return [
    ...children
      .filter((one) => isOpen(one.resource.status ?? ''))
      .map(({ resource, version }) => ({
        resource: { ...resource, status: 'cancelled' as const, statusReason: { text: reason }, lastModified: now },
        version: version + 1,
      })),
    ...childRequests
      .filter((one) => one.resource.status === 'active')
      .map(({ resource, version }) => ({ resource: revoked(resource, reason, status), version: version + 1 })),
  ];
}
