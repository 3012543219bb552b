import type { Interchange } from '../../src/edifact/interchange.ts';
import type { Issue } from '../../src/fhir/outcome.ts';
import { readInstant } from '../../src/hl7v2/date.ts';
import type {
  Format,
  Gathered,
  Mapped,
  MappedCancellation,
  MappedReferral,
  MappedSupplement,
  Translate,
} from '../../src/referral/format.ts';
import { hashOf, type Loss, type Referral } from '../../src/referral/referral.ts';
import { issue, refusals } from '../../src/referral/refusal.ts';
import { consentOf } from './consent.ts';
import { type Checked, contract, says } from './contract.ts';
import { gather } from './gather.ts';
import { lossesOf } from './losses.ts';
import { contactOf, residentOf } from './person.ts';
import { textsOf, wholeText } from './texts.ts';

/** A note of a referral holds no more; neither does a supplement. */
const textCharactersMax = 8_000;

function placesOf(gathered: Gathered): MappedReferral['places'] {
  const consent = gathered.origin(['consent']);
  return {
    consentBy: consent,
    consentOn: consent,
    practice: 'UNB-2',
    birthDate: 'PID-1',
    number: gathered.origin(['number']),
  };
}

/** A withdrawal or a supplement: the number, whom it is about, and all that is said in words. */
function laterOf(
  checked: Checked,
  gathered: Gathered,
): MappedCancellation | MappedSupplement | { refused: readonly Issue[] } {
  const { medvri, number, patient } = checked;
  const { text, losses } = wholeText(checked);
  if (text.length > textCharactersMax) return { refused: [refusals.doesNotFit('TXT', 'text')] };
  const isSupplement = checked.intent === 'supplement';
  if (isSupplement && text === '')
    return { refused: [issue('required', 'required-reason', 'TXT', says['required:reason'] ?? { nl: '', en: '' })] };
  const shared = {
    number,
    about: {
      ...(patient.family && { family: patient.family }),
      ...(patient.birthDate && { birthDate: patient.birthDate }),
    },
    losses: [...lossesOf(medvri), ...losses],
    places: placesOf(gathered),
  };
  return isSupplement
    ? { intent: 'supplement', ...shared, text, letters: [] }
    : { intent: 'cancel', ...shared, ...(text && { reason: text }) };
}

/**
 * What a referral says without what its sender changes when it sends the same letter again: the number that we made of the
 * interchange, the moment, and the day of a consent that is an agreement and no line.
 */
function contentOf(
  { practiceReferralId: _number, authoredOn: _at, consent, ...rest }: Referral,
  isAgreed: boolean,
): string {
  const { on, ...agreed } = consent;
  return Buffer.from(hashOf({ ...rest, consent: isAgreed ? agreed : { ...agreed, on } })).toString('hex');
}

/** A MEDVRI as our Referral. Nothing is guessed: what has no place stays as text or with the source, and is a loss. */
function toReferral(
  checked: Checked,
  gathered: Gathered,
  translate: Translate,
): Mapped | { refused: readonly Issue[] } {
  const { medvri, intent, named, agreement } = checked;
  if (intent === 'cancel' || intent === 'supplement') return laterOf(checked, gathered);
  const authoredOn = checked.writtenAt.instant;
  const consent = consentOf(checked, authoredOn.slice(0, 10), translate);
  const texts = textsOf(checked, 'issues' in consent ? false : consent.medicalCodes, translate);
  const problems = [...('issues' in consent ? consent.issues : []), ...texts.issues];
  if ('issues' in consent || problems.length > 0) return { refused: problems };
  const { patient, losses } = residentOf(checked, translate);
  const contact = named.find((one) => one.part === 'contact');
  const contactPerson = contact && contactOf(contact.value);
  const episode = named.find((one) => one.part === 'episode')?.value;
  const requester = { ...(medvri.sender?.name && { name: medvri.sender.name }), ...(texts.agb && { agb: texts.agb }) };
  const byAgreement = checked.consent.named ? undefined : agreement;
  const referral: Referral = {
    practiceReferralId: checked.number,
    authoredOn,
    priority: texts.priority,
    requester,
    patient,
    reason: texts.reason,
    ...(texts.question && { residentQuestion: texts.question }),
    lifeAreas: [...texts.areas],
    reasonCodes: texts.codes,
    consent,
    ...(texts.safeContact && { safeContact: texts.safeContact }),
    ...(contactPerson && { contactPerson }),
    ...(episode && { episode: { value: episode } }),
    notes: [
      ...texts.notes,
      ...(byAgreement ? [`Toestemming volgens de afspraak met de praktijk van ${byAgreement.since}.`] : []),
    ],
  };
  const lostContact: Loss[] = contact?.value && !contactPerson ? [{ path: contact.path, why: 'kept-with-source' }] : [];
  const { day, minute } = medvri.envelope;
  const sentAt = intent === 'correct' && day && minute && readInstant(`${day}${minute}`.replace(/[-:]/g, ''));
  return {
    intent,
    ...(sentAt && { edition: { at: sentAt } }),
    ...(intent === 'refer' && !checked.isNumbered && { content: contentOf(referral, byAgreement !== undefined) }),
    referral,
    ...(checked.replaces && { replaces: checked.replaces }),
    losses: [...lossesOf(medvri), ...losses, ...texts.losses, ...lostContact],
    places: placesOf(gathered),
  };
}

const otherMessage = issue('not-supported', 'message-type', 'UNH-2.1', {
  nl: 'Dit soort bericht nemen wij niet aan. Stuur een verwijzing als MEDVRI.',
  en: 'We do not take this kind of message. Send a referral as MEDVRI.',
});

/** Only MEDVRI; of another message it is said what we do take. */
function claims(received: unknown): boolean | readonly Issue[] {
  return (received as Interchange).messages[0]?.type === 'MEDVRI' || [otherMessage];
}

export const format: Format<Checked> = {
  name: 'medvri',
  version: '1',
  syntax: 'edifact',
  claims,
  gather,
  contract,
  says,
  toReferral,
  lacksConsent: (message, translate) =>
    message.intent !== 'cancel' &&
    message.intent !== 'supplement' &&
    'issues' in consentOf(message, message.writtenAt.instant.slice(0, 10), translate),
};
