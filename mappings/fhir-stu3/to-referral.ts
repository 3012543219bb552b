import type { Issue } from '../../src/fhir/outcome.ts';
import { localDay } from '../../src/referral/deadlines.ts';
import type { Format, Gathered, Mapped, MappedReferral, Translate } from '../../src/referral/format.ts';
import { nameFromFhir } from '../../src/referral/name-from-fhir.ts';
import { patientFromFhir } from '../../src/referral/patient-from-fhir.ts';
import type { Consent, Loss } from '../../src/referral/referral.ts';
import { issue, refusals } from '../../src/referral/refusal.ts';
import { type ConsentResource, consentOf, denialOf } from './consent.ts';
import { contract, type DocumentMessage, type Message, says } from './contract.ts';
import { gather } from './gather.ts';
import { lettersOf } from './letters.ts';
import { lossesOf } from './losses.ts';
import { zorgdomein } from './systems.ts';
import { cancelOf } from './task.ts';
import { lifeAreasOf, requestReasons, textsOf } from './texts.ts';

type Refused = { readonly refused: readonly Issue[] };

const said = (name: string) => says[name] ?? { nl: '', en: '' };
const required = (name: string, path: string): Issue =>
  issue('required', `required-${name}`, path, said(`required:${name}`));

function placesOf(gathered: Gathered, byAgreement: boolean, practice: string): MappedReferral['places'] {
  const consent = (element: string) => (byAgreement ? 'Bundle.entry' : gathered.origin(['consent', element]));
  return {
    consentBy: consent('consentingParty'),
    consentOn: consent('dateTime'),
    practice,
    birthDate: gathered.origin(['patient', 'birthDate']),
    number: gathered.origin(['composition', 'identifier']),
  };
}

/** The Consent that came along; without any, what the practice agreed on beforehand, which speaks for residents only. */
function agreedConsent(message: DocumentMessage, gathered: Pick<Gathered, 'origin'>, day: string): Consent | Refused {
  const { agreement, hasConsent, performers } = message;
  const given = message.consent as ConsentResource | undefined;
  if (!hasConsent && agreement && agreement.since <= day) {
    const { how, medicalCodes, feedback } = agreement;
    return { by: 'resident', how, on: day, medicalCodes, feedback };
  }
  if (!given) return { refused: [refusals.noConsent('Bundle.entry')] };
  const denied = denialOf(given, day);
  if (denied) return { refused: [refusals.noConsent(gathered.origin(['consent', ...denied]))] };
  const { by, how, ...rest } = consentOf(given, performers);
  if (by && how) return { by, how, ...rest };
  return {
    refused: [
      ...(by ? [] : [required('consent-by', gathered.origin(['consent', 'consentingParty']))]),
      ...(how ? [] : [required('consent-how', gathered.origin(['consent', 'extension']))]),
    ],
  };
}

/** The first contact with a name; the others stay with the source. */
function contactPersonOf({ patient }: DocumentMessage, path: string) {
  const contacts = patient.contact ?? [];
  const at = contacts.findIndex((one) => one.name?.text ?? one.name?.family);
  const losses = contacts.flatMap((_, n): Loss[] =>
    n === at ? [] : [{ path: `${path}.contact[${n}]`, why: 'kept-with-source' }],
  );
  const contact = contacts[at];
  const name = contact?.name?.text ?? contact?.name?.family;
  if (!name) return { contactPerson: undefined, losses };
  const phone = contact?.telecom?.find((one) => one.system !== 'email')?.value;
  const [kind] = contact?.relationship ?? [];
  const relation = kind?.text ?? kind?.coding?.[0]?.display;
  return { contactPerson: { name, ...(phone && { phone }), ...(relation && { relation }) }, losses };
}

const instantOf = (date: string) => (date.includes('T') ? date : `${date}T00:00:00Z`);
const dayOf = (date: string) => (date.includes('T') ? localDay(new Date(date)) : date);

function referralOf(
  message: DocumentMessage,
  gathered: Gathered,
  translate: Translate,
  announced: boolean,
): MappedReferral | Refused {
  const { composition, sender } = message;
  const path = gathered.origin(['composition']);
  const requestPath = gathered.origin(['request']);
  const consent = agreedConsent(message, gathered, dayOf(composition.date));
  const medical = !('refused' in consent) && consent.medicalCodes;
  const texts = textsOf(message, path, medical, translate);
  const asked = requestReasons(message, medical);
  // An announcement has logistic data only; what it cannot say is not made up.
  const reason = texts.reason ?? asked.reason ?? (announced ? 'De verwijsbrief volgt.' : undefined);
  const problems = [
    ...('refused' in consent ? consent.refused : []),
    ...(reason ? [] : [required('reason', `${path}.section`)]),
  ];
  if ('refused' in consent || !reason) return { refused: problems };
  const areas = lifeAreasOf(message, requestPath, translate);
  const contact = contactPersonOf(message, gathered.origin(['patient']));
  const { letters, losses: letterLosses } = lettersOf(message.letters);
  const byAgreement = !message.hasConsent && message.agreement;
  const replaced = composition.relatesTo?.find((one) => one.code === 'replaces')?.targetIdentifier;
  const { value, system = zorgdomein.number } = composition.identifier;
  const isCorrection = composition.status === 'amended' || (replaced?.value !== undefined && replaced.value !== value);
  return {
    intent: announced ? 'announce' : isCorrection ? 'correct' : 'refer',
    ...(isCorrection && composition.date.includes('T') && { edition: { at: instantOf(composition.date) } }),
    ...(isCorrection &&
      replaced?.value &&
      replaced.value !== value && {
        replaces: { system: replaced.system ?? zorgdomein.number, value: replaced.value },
      }),
    referral: {
      practiceReferralId: { system, value },
      authoredOn: instantOf(composition.date),
      priority: message.request?.priority ?? 'routine',
      requester: {
        ...(sender.name && { name: sender.name }),
        ...(sender.agb?.length === 8 && { agb: sender.agb }),
      },
      patient: patientFromFhir(message.patient),
      reason,
      ...(texts.question && { residentQuestion: texts.question }),
      lifeAreas: areas.areas,
      reasonCodes: asked.codes,
      consent,
      ...(contact.contactPerson && { contactPerson: contact.contactPerson }),
      notes: [
        ...texts.notes,
        ...(message.request?.note ?? []).flatMap((one) => (one.text ? [one.text] : [])),
        ...(byAgreement ? [`Toestemming volgens de afspraak met de praktijk van ${byAgreement.since}.`] : []),
      ],
      ...(letters.length > 0 && { letters: letters.map(({ path: _path, ...letter }) => letter) }),
    },
    losses: [
      ...texts.losses,
      ...areas.losses,
      ...contact.losses,
      ...letterLosses,
      // Kept with the journey, but the Wally does not see them.
      ...(medical ? [] : letters.map((one): Loss => ({ path: one.path, why: 'not-shared' }))),
      ...lossesOf(message.all),
    ],
    places: placesOf(gathered, Boolean(byAgreement), sender.path),
    ...(message.messageKey && { messageKey: message.messageKey }),
    ...(sender.practiceAgb && { practiceAgb: sender.practiceAgb }),
  };
}

/** A supplement or a cancellation: what belongs to a referral that came or is to come under the same number. */
function laterPart(
  message: DocumentMessage,
  gathered: Gathered,
  translate: Translate,
  intent: 'supplement' | 'cancel',
): Mapped | Refused {
  const { composition, patient, sender } = message;
  const path = gathered.origin(['composition']);
  // What the resident agreed to is known where the referral is, not here.
  const texts = textsOf(message, path, false, translate);
  const { letters, losses } = lettersOf(message.letters);
  const text = [texts.reason, texts.question, ...texts.notes].filter(Boolean).join('\n') || undefined;
  const { value, system = zorgdomein.number } = composition.identifier;
  const { family } = nameFromFhir(patient.name);
  const shared = {
    number: { system, value },
    about: { birthDate: patient.birthDate, ...(family && { family }) },
    losses: [...texts.losses, ...lossesOf(message.all)],
    places: placesOf(gathered, true, sender.path),
    ...(message.messageKey && { messageKey: message.messageKey }),
    ...(sender.practiceAgb && { practiceAgb: sender.practiceAgb }),
  };
  if (intent === 'cancel') {
    const unread = message.letters.map((one): Loss => ({ path: one.path, why: 'kept-with-source' }));
    return { intent, ...shared, losses: [...shared.losses, ...unread], ...(text && { reason: text }) };
  }
  if (letters.length === 0 && !text) return { refused: [required('supplement-content', path)] };
  return {
    intent,
    ...shared,
    losses: [...shared.losses, ...losses],
    letters: letters.map(({ path: _path, ...letter }) => letter),
    ...(text && { text }),
  };
}

/** What a document is by its type, in the words of our table; undefined for a type that it does not know. */
function meaningOf({ composition }: DocumentMessage, translate: Translate): string | undefined {
  return (composition.type.coding ?? [])
    .map(({ system = '', code = '' }) => translate('document-type', system, code))
    .find((one) => one !== undefined);
}

/** A STU3 document or a cancelled Task as what its sender means. Nothing is guessed: what has no place is a loss. */
function toReferral(message: Message, gathered: Gathered, translate: Translate): Mapped | Refused {
  if (message.kind === 'task') return cancelOf(message, gathered);
  const path = gathered.origin(['composition', 'type']);
  const meant = meaningOf(message, translate);
  switch (meant) {
    case 'announce':
    case 'refer':
      return referralOf(message, gathered, translate, meant === 'announce');
    case 'supplement':
    case 'cancel':
      return laterPart(message, gathered, translate, meant);
    case 'other-service':
      return { refused: [issue('not-supported', 'other-service', path, said('value:other-service'))] };
    default:
      return { refused: [issue('not-supported', 'document-type', path, said('value:document-type'))] };
  }
}

const noPlaces = { origin: () => '' };

export const format: Format<Message> = {
  name: 'fhir-stu3',
  version: '1',
  syntax: 'fhir',
  gather,
  contract,
  says,
  toReferral,
  lacksConsent: (message, translate) => {
    if (message.kind === 'task' || !['announce', 'refer'].includes(meaningOf(message, translate) ?? '')) return false;
    return 'refused' in agreedConsent(message, noPlaces, dayOf(message.composition.date));
  },
};
