import type { Appointment } from '@medplum/fhirtypes';
import { bookedAppointment } from '../referral/appointment.ts';
import type { Journey, Written } from '../referral/journey.ts';
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
  return bookedAppointment({
    id,
    start: start.toISOString(),
    end: (at.until ? new Date(at.until) : new Date(start.getTime() + usualMs)).toISOString(),
    place: at.place,
    serviceRequest: journey.serviceRequest.resource.id,
    patient: journey.patient.resource.id,
    role: acting.actor.id,
  });
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
