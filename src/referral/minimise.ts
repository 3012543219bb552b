import type { Patient, ServiceRequest } from '@medplum/fhirtypes';
import { codeSystems, identifiers } from '../fhir/systems.ts';

/** What decides how much a receiver may see: the legal basis in its contract, and the consent. */
export interface Receiver {
  /** BSN only where a law prescribes it (Wabvpz 9, Wmo 5.2.9; Jeugdwet 7.2.1). */
  readonly bsn: 'none' | 'allowed';
  readonly medicalCodes: boolean;
}

/** The systems whose codes are not medical. The rest is, also what we do not know: a list of the forbidden would leak. */
const socialSystems: readonly string[] = [codeSystems.lifeArea];

/** Whether a coding says something that goes along only with consent for medical codes (H17). */
export function isMedical(coding: { readonly system?: string | undefined }): boolean {
  return !socialSystems.includes(coding.system ?? '');
}

/** The resident as this receiver may see them: never more than needed to call, meet and recognise them (promise 4). */
export function minimisePatient(patient: Patient, receiver: Receiver): Patient {
  const { identifier, ...rest } = patient;
  const kept = (identifier ?? []).filter((one) => one.system === identifiers.bsn && receiver.bsn === 'allowed');
  return kept.length > 0 ? { ...rest, identifier: kept } : rest;
}

/** The request as this receiver may see it: medical codes and their titles only when the resident agreed (H17). */
export function minimiseRequest(request: ServiceRequest, receiver: Receiver): ServiceRequest {
  if (receiver.medicalCodes || !request.reasonCode) return request;
  const reasonCode = request.reasonCode
    .map((reason) => ({
      ...reason,
      coding: (reason.coding ?? []).filter((one) => !isMedical(one)),
    }))
    .map(({ coding, ...reason }) => (coding.length > 0 ? { ...reason, coding } : reason))
    .filter((reason) => reason.text || 'coding' in reason);
  return { ...request, reasonCode };
}

/** How the consent of a referral limits its Wally: no BSN by default, medical codes only when ticked. */
export function wallySees(medicalCodes: boolean): Receiver {
  return { bsn: 'none', medicalCodes };
}
