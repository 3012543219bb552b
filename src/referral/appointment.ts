import type { Appointment } from '@medplum/fhirtypes';

/** A planned appointment of a Wally (PractitionerRole) with the resident of a referral; its description is fit for anyone's eyes (H2). */
export function bookedAppointment(of: {
  readonly id: string;
  readonly start: string;
  readonly end: string;
  readonly place?: string | undefined;
  readonly serviceRequest: string;
  readonly patient: string;
  readonly role: string;
}): Appointment & { id: string } {
  return {
    resourceType: 'Appointment',
    id: of.id,
    status: 'booked',
    // H2: whoever sees a calendar must learn nothing from it.
    description: 'afspraak',
    start: of.start,
    end: of.end,
    basedOn: [{ reference: `ServiceRequest/${of.serviceRequest}` }],
    ...(of.place && { comment: of.place }),
    participant: [
      { actor: { reference: `Patient/${of.patient}` }, status: 'accepted' },
      { actor: { reference: `PractitionerRole/${of.role}` }, status: 'accepted' },
    ],
  };
}
