import type { Appointment } from '@medplum/fhirtypes';
import type { Written } from '../referral/change.ts';
import type { Journey } from '../referral/journey.ts';
import type { Acting } from './moves.ts';

const usualMs = 45 * 60_000;

/** A planned appointment of the Wally with the resident; its description is fit for anyone's eyes (H2). */
export function toAppointment(
  journey: Journey,
  at: { at: string; until?: string | undefined; place?: string | undefined },
  acting: Acting,
  id = acting.newId(),
): Appointment & { id: string } {
  const start = new Date(at.at);
  return {
    resourceType: 'Appointment',
    id,
    status: 'booked',
    // H2: whoever sees a calendar must learn nothing from it.
    description: 'afspraak',
    start: start.toISOString(),
    end: (at.until ? new Date(at.until) : new Date(start.getTime() + usualMs)).toISOString(),
    basedOn: [{ reference: `ServiceRequest/${journey.serviceRequest.resource.id}` }],
    ...(at.place && { comment: at.place }),
    participant: [
      { actor: { reference: `Patient/${journey.patient.resource.id}` }, status: 'accepted' },
      { actor: { reference: `PractitionerRole/${acting.actor.id}` }, status: 'accepted' },
    ],
  };
}

/** What is booked, ended: one that lies ahead gets this status, one that has been took place. */
export function endAppointments(journey: Journey, status: NonNullable<Appointment['status']>, now?: Date): Written[] {
  const isOver = ({ start }: Appointment) => now !== undefined && Date.parse(start ?? '') <= now.getTime();
  return journey.appointments
    .filter((one) => one.resource.status === 'booked')
    .map(({ resource, version }) => ({
      resource: { ...resource, status: isOver(resource) ? ('fulfilled' as const) : status },
      version: version + 1,
    }));
}
