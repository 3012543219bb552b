import type { ServiceRequest } from '@medplum/fhirtypes';
import { extensions } from '../fhir/systems.ts';

/** The request as it is once it is taken back or was never right; R4 has no statusReason of its own. */
export function revoked(
  request: ServiceRequest & { id: string },
  reason: string,
  status: 'revoked' | 'entered-in-error' = 'revoked',
): ServiceRequest & { id: string } {
  const kept = (request.extension ?? []).filter((one) => one.url !== extensions.requestStatusReason);
  return {
    ...request,
    status,
    extension: [...kept, { url: extensions.requestStatusReason, valueCodeableConcept: { text: reason } }],
  };
}
