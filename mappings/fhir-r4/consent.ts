import { codeSystems, extensions } from '../../src/fhir/systems.ts';
import { type Custody, isCustody } from '../../src/referral/custody.ts';
import type { Consent } from '../../src/referral/referral.ts';
import type { ReferralMessage as Message } from './contract.ts';

const parentWords = /\b(parents?|ouders?|moeder|vader|mother|father|voogd|guardian|N?PRN|N?MTH|N?FTH|GUARD)\b/i;
/** A parent may be the mentor of a grown child (H7): what they are by law counts. */
const appointedWords = /\b(mentor|curator|gemachtigde)\b/i;
/** They write down that someone agreed; they cannot agree for them. */
const carers = ['Organization', 'Practitioner', 'PractitionerRole'];

type Performer = Message['consent']['performer'][number];
type Person = 'resident' | 'parent' | 'appointed';

/** Who one performer is; undefined when it is nobody who can consent, or the message does not say who it is. */
function personOf(
  performer: Performer,
  found: NonNullable<Message['performers']>[number],
  message: Message,
): Person | undefined {
  const named = found === 'subject' ? undefined : found;
  const { reference = '', display } = performer;
  const type = performer.type ?? named?.resourceType ?? /(?:^|\/)([A-Z]\w+)\/[^/]+$/.exec(reference)?.[1] ?? '';
  if (found === 'subject' || (reference && reference === message.serviceRequest.subject.reference)) return 'resident';
  if (named?.resourceType === 'Patient') return undefined;
  if (type === 'Patient') return 'resident';
  if (carers.includes(type)) return undefined;
  const relations = named?.resourceType === 'RelatedPerson' ? (named.relationship ?? []) : [];
  const words = [
    display,
    ...relations.flatMap((one) => [
      one.text,
      ...(one.coding ?? []).flatMap(({ code, display: title }) => [code, title]),
    ]),
  ].filter((one) => one !== undefined);
  if (words.length === 0) return undefined;
  const said = words.join(' ');
  return parentWords.test(said) && !appointedWords.test(said) ? 'parent' : 'appointed';
}

/** Who said yes, of all performers; undefined when none of them is somebody who can. */
function consentBy(message: Message): Consent['by'] | undefined {
  const people = message.consent.performer.map((one, n) => personOf(one, message.performers?.[n], message));
  const resident = people.includes('resident');
  if (people.includes('parent')) return resident ? 'resident-and-parents' : 'parents';
  if (resident) return 'resident';
  return people.includes('appointed') ? 'representative' : undefined;
}

/** How it was given: our extension says so, or a signed document that came along; undefined when the message does not say. */
function consentHow(consent: Message['consent']): Consent['how'] | undefined {
  const said = consent.extension?.find((one) => one.url === extensions.consentMethod)?.valueCode;
  if (said === 'spoken' || said === 'written') return said;
  return consent.sourceAttachment || consent.sourceReference ? 'written' : undefined;
}

/** Who has custody, when our extension says so with a code of ours; what it says with another is a loss. */
function custodyIn(consent: Message['consent']): Custody | undefined {
  const codes = (consent.extension ?? []).map((one) => (one.url === extensions.custody ? one.valueCode : undefined));
  return codes.find(isCustody);
}

/** The consent of the message; who and how may be missing, which the caller refuses. Scope not named is scope not given. */
export function toConsent(message: Message): Omit<Consent, 'by' | 'how'> & {
  by: Consent['by'] | undefined;
  how: Consent['how'] | undefined;
} {
  const { consent } = message;
  const custody = custodyIn(consent);
  const details = (consent.provision?.code ?? [])
    .flatMap((one) => one.coding ?? [])
    .filter((one) => one.system === codeSystems.consentDetail)
    .map((one) => one.code);
  return {
    by: consentBy(message),
    ...(custody && { custody }),
    how: consentHow(consent),
    on: consent.dateTime.slice(0, 10),
    medicalCodes: details.includes('share-medical-codes'),
    feedback: details.includes('feedback-content') ? 'content' : 'closure-only',
  };
}
