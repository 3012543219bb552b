import type { Bundle, Communication, Patient, Resource } from '@medplum/fhirtypes';
import type { Journey } from '../referral/journey.ts';
import { minimisePatient, type Receiver, receiverSees } from '../referral/minimise.ts';

/** A message as its reader may keep it: the resident inside it is minimised as anywhere else. */
function minimised(message: Communication & { id: string }, receiver: Receiver): Communication & { id: string } {
  const { contained, ...rest } = message;
  if (!contained) return message;
  return {
    ...rest,
    contained: contained.map((one) =>
      one.resourceType === 'Patient' ? minimisePatient(one as Patient, receiver) : one,
    ),
  };
}

/**
 * The whole journey as its receiver may see it, for the receiver's own record: a FHIR collection Bundle. What the page
 * withholds is withheld here by the same rule. `timestamp` is ISO 8601.
 */
export function journeyFile(journey: Journey, receiver: Receiver, timestamp: string): Bundle {
  const seen = receiverSees(journey, receiver);
  const resources: (Resource & { id?: string })[] = [
    { ...seen.patient },
    seen.request,
    journey.consent.resource,
    journey.task.resource,
    ...[
      ...journey.requests,
      ...journey.children,
      ...journey.childRequests,
      ...(journey.childConsents ?? []),
      ...journey.appointments,
      ...seen.letters,
    ].map((one) => one.resource),
    ...journey.communications.map((one) => minimised(one.resource, receiver)),
  ];
  return {
    resourceType: 'Bundle',
    type: 'collection',
    timestamp,
    entry: resources.map((resource) => ({ fullUrl: `urn:uuid:${resource.id}`, resource })),
  };
}
