import type { Journey, Written } from '../referral/journey.ts';
import { isOpen } from '../referral/lifecycle/lifecycle.ts';
import type { OutboxRow } from '../referral/outbox-row.ts';
import type { Acting } from './moves.ts';
import { revoked } from './revoked.ts';

/** A mail without content to each organisation that is still asked: what its link was for is over (H3, H10). */
export function tellOrganisations({ children }: Journey, { directory, newId }: Acting): OutboxRow[] {
  return children
    .filter((one) => isOpen(one.resource.status ?? ''))
    .flatMap(({ resource }) => {
      const recipient = resource.restriction?.recipient?.[0]?.reference?.split('/')[1] ?? '';
      if (!directory.teams.get(recipient)?.email) return [];
      const document = { type: 'LinkOver', id: resource.id };
      return [{ messageId: newId(), kind: 'notify', destination: 'mail', recipient, document }];
    });
}

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
