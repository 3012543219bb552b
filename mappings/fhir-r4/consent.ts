import { codeSystems, extensions } from '../../src/fhir/systems.ts';
import type { Consent } from '../../src/referral/referral.ts';
import type { Message } from './contract.ts';

const parentWords = /\b(parents?|ouders?|moeder|vader|mother|father|voogd|guardian|PRN|MTH|FTH|GUARD)\b/i;

/**
 * Who said yes: performers that are the Patient are the resident; others are parents when they say so
 * (display of the reference, or type RelatedPerson with such a display), else a representative (mentor, curator).
 */
function consentBy(
  performers: Message['consent']['performer'],
  patientId: string | undefined,
  subject: string | undefined,
): Consent['by'] {
  const isResident = (reference: string | undefined) =>
    reference !== undefined &&
    (reference === subject || reference === `#${patientId}` || reference.startsWith('Patient/'));
  const resident = performers.some((one) => isResident(one.reference) || one.type === 'Patient');
  const others = performers.filter((one) => !(isResident(one.reference) || one.type === 'Patient'));
  const parents = others.some((one) => parentWords.test(one.display ?? ''));
  if (parents) return resident ? 'resident-and-parents' : 'parents';
  return resident ? 'resident' : 'representative';
}

/** How it was given: our extension says so, or a signed document that came along; undefined when the message does not say. */
function consentHow(consent: Message['consent']): Consent['how'] | undefined {
  const said = consent.extension?.find((one) => one.url === extensions.consentMethod)?.valueCode;
  if (said === 'spoken' || said === 'written') return said;
  return consent.sourceAttachment || consent.sourceReference ? 'written' : undefined;
}

/** The consent of the message; `how` may be missing, which the caller refuses. Scope not named is scope not given. */
export function toConsent(message: Message): Omit<Consent, 'how'> & { how: Consent['how'] | undefined } {
  const { consent, patient, serviceRequest } = message;
  const details = (consent.provision?.code ?? [])
    .flatMap((one) => one.coding ?? [])
    .filter((one) => one.system === codeSystems.consentDetail)
    .map((one) => one.code);
  return {
    by: consentBy(
      consent.performer,
      typeof patient.id === 'string' ? patient.id : undefined,
      serviceRequest.subject.reference,
    ),
    how: consentHow(consent),
    on: consent.dateTime.slice(0, 10),
    medicalCodes: details.includes('share-medical-codes'),
    feedback: details.includes('feedback-content') ? 'content' : 'closure-only',
  };
}
