import type { Communication } from '@medplum/fhirtypes';
import { z } from 'zod';
import type { Change } from '../referral/change.ts';
import { letterWaits } from '../referral/consent-waits.ts';
import { localDay } from '../referral/deadlines.ts';
import type { Journey } from '../referral/journey.ts';
import type { Refusal } from '../referral/refusal.ts';
import type { Acting } from './moves.ts';
import { renewalFirst } from './renew-consent.ts';
import { noteLanded } from './report.ts';

/** Who at the practice heard it: without a name nobody can be asked whether it is so (H4). */
export const readAloudSchema = z.strictObject({ heardBy: z.string().trim().min(2).max(100) });

/**
 * Feedback that did not arrive was read to the practice by telephone: its delivery is given up, and what it carried has
 * landed, on the word of a person who is named. Undefined when it landed meanwhile; refused while it waits for consent (H6).
 */
export function readAloud(
  journey: Journey,
  delivery: { readonly id: string; readonly communication: string },
  { heardBy }: z.infer<typeof readAloudSchema>,
  acting: Acting,
): Change | Refusal | undefined {
  const letter = journey.communications.find((one) => one.resource.id === delivery.communication)?.resource;
  const day = localDay(acting.now);
  if (letter && letterWaits(journey, letter, day)) return renewalFirst(journey, acting.now);
  const landed = noteLanded(journey, delivery.communication, acting);
  if (!landed) return undefined;
  const at = acting.now.toISOString();
  const note: Communication['note'] = [
    {
      time: at,
      authorReference: { reference: `PractitionerRole/${acting.actor.id}` },
      text: `Voorgelezen per telefoon aan ${heardBy}`,
    },
  ];
  return {
    scope: { practice: journey.practice },
    journey: journey.id,
    resources: (landed.resources ?? []).map(({ resource, version }) => ({
      version,
      resource: resource.resourceType === 'Communication' ? { ...resource, note } : resource,
    })),
    events: (landed.events ?? []).map((event) => ({
      ...event,
      owner: acting.actor.id,
      outcome: `${event.outcome} by-phone`,
    })),
    deliveries: [{ to: 'abandoned', id: delivery.id, reason: 'by-phone' }],
    alarms: [{ kind: 'retry-exhausted', team: journey.index.team, raise: false, at }],
    audit: landed.audit,
  };
}
