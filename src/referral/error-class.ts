import type { Refusal } from './refusal.ts';

/** What kind of trouble a code is, so that what has one cause is seen and mended together. */
export const errorClasses = [
  'invalid',
  'unauthorised',
  'unreachable',
  'rejected',
  'unknown-patient',
  'duplicate',
  'no-wally',
  'consent-missing',
  'timeout',
  'certificate',
  'bug',
] as const;
export type ErrorClass = (typeof errorClasses)[number];

/** Every code that an attempt may end in (delivery/failure.ts, the connectors); test/referral/error-class looks. */
const failures: Readonly<Record<string, ErrorClass>> = {
  unreachable: 'unreachable',
  'connection-lost': 'unreachable',
  unavailable: 'unreachable',
  busy: 'unreachable',
  'mail-deferred': 'unreachable',
  timeout: 'timeout',
  'not-confirmed': 'timeout',
  unauthorised: 'unauthorised',
  'no-mailbox': 'unauthorised',
  certificate: 'certificate',
  rejected: 'rejected',
  'receiver-fault': 'rejected',
  'answer-too-large': 'rejected',
  'no-fhir': 'rejected',
  'changed-there': 'rejected',
  'mail-rejected': 'rejected',
  // The directory or the settings say something that is not so: nothing that the other side can mend.
  redirected: 'invalid',
  'address-unknown': 'invalid',
  'host-not-allowed': 'invalid',
  'no-address': 'invalid',
  erased: 'invalid',
  'consent-to-renew': 'consent-missing',
  'consent-withdrawn': 'consent-missing',
  recalled: 'invalid',
  fault: 'bug',
};

/** Refusals that are about something else than the message's own form. */
const refusals: Readonly<Record<string, ErrorClass>> = {
  'no-wally-service': 'no-wally',
  'other-person': 'unknown-patient',
  'other-patient': 'unknown-patient',
  'bsn-invalid': 'unknown-patient',
  deceased: 'unknown-patient',
  'required-patient': 'unknown-patient',
  'required-patient-name': 'unknown-patient',
  'required-birth-date': 'unknown-patient',
  'same-number-other-content': 'duplicate',
  'envelope-twice': 'duplicate',
  'same-id-twice': 'duplicate',
  'full-url-twice': 'duplicate',
  'cancelled-earlier': 'duplicate',
  'older-correction': 'duplicate',
  'other-practice': 'unauthorised',
  'unknown-peer': 'unauthorised',
  'unknown-credential': 'unauthorised',
  'form-caller': 'unauthorised',
  'try-again': 'timeout',
  bug: 'bug',
  'not-checked': 'bug',
};

/** Whether a message was refused for want of consent, or had none beside what it was refused for. */
export function wantsConsent({ refused, withoutConsent }: Refusal): boolean {
  return withoutConsent === true || refused.some(({ reason }) => classOfRefusal(reason) === 'consent-missing');
}

/** Every code of a failed attempt, or those of one class. */
export const failureCodes = (of?: ErrorClass): string[] =>
  Object.keys(failures).filter((code) => of === undefined || failures[code] === of);

/** The class of a failed attempt's code. One that is not known is a fault of ours until somebody names it. */
export function classOfFailure(code: string): ErrorClass {
  return failures[code] ?? 'bug';
}

/** The class of a refusal's code (`Issue.reason`). A refusal is about the message, unless it is named as something else. */
export function classOfRefusal(code: string): ErrorClass {
  if (code.startsWith('consent-') || code === 'no-consent-for-organisation' || /^(required|value)-consent/.test(code))
    return 'consent-missing';
  return refusals[code] ?? 'invalid';
}
