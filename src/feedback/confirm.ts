import { extensions } from '../fhir/systems.ts';
import type { Change } from '../referral/change.ts';
import type { Journey } from '../referral/journey.ts';
import { transition } from '../referral/lifecycle/lifecycle.ts';
import { isRefusal, type Refusal } from '../referral/refusal.ts';
import { type Acting, step } from './moves.ts';
import { tellOwner } from './tell.ts';

/** The practice says that what a Wally registered for it after a call is right. */
export function confirm(journey: Journey, acting: Acting): Change | Refusal {
  const row = transition(journey, 'confirm', acting.actor);
  if (isRefusal(row)) return row;
  const { resource } = journey.serviceRequest;
  const { extension = [], ...request } = resource;
  const kept = extension.filter((one) => one.url !== extensions.unconfirmed);
  return step(journey, row, 'referral-confirmed', acting, {
    serviceRequest: { ...request, ...(kept.length > 0 && { extension: kept }) },
    events: [{ kind: 'confirmed', at: acting.now.toISOString() }],
    rest: { outbox: tellOwner(journey, acting) },
  });
}
