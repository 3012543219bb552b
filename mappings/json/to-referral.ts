import { normaliseBsn } from '../../src/fhir/identifiers.ts';
import type { Issue } from '../../src/fhir/outcome.ts';
import type { Format, Gathered, Mapped, MappedReferral, ReferralNumber, Translate } from '../../src/referral/format.ts';
import { isLifeArea, type LifeArea } from '../../src/referral/life-area.ts';
import type { Loss, Patient, Referral } from '../../src/referral/referral.ts';
import { issue } from '../../src/referral/refusal.ts';
import { contract, type Message, says } from './contract.ts';
import { lossesOf, pathOf } from './losses.ts';

type About = Extract<Message, { type: 'cancellation' | 'supplement' }>;
type Refers = Exclude<Message, About>;

/** For numbers whose sender names no system: they are unique within the practice. */
const ownNumbers = 'https://kortelijn.example/fhir/NamingSystem/practice-number';
const ownPatients = 'https://kortelijn.example/fhir/NamingSystem/practice-patient';
/** An announcement need not say why yet. */
const announced = 'Aankondiging: de verwijsbrief volgt.';

const places = {
  consentBy: 'consent.by',
  consentOn: 'consent.on',
  practice: 'practice',
  birthDate: 'patient.birthDate',
  number: 'number',
};

const numberOf = ({ number, numberSystem }: Message, value = number): ReferralNumber => ({
  system: numberSystem ?? ownNumbers,
  value,
});

/** An object without what was left out or null. */
function said<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const present = Object.entries(values).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(present) as { [K in keyof T]?: NonNullable<T[K]> };
}

function patientOf({ patient }: Refers): Patient {
  const { number, bsn, familyName, prefix, givenNames: given, callName, birthDate, address } = patient;
  const family = [prefix, familyName].filter(Boolean).join(' ');
  const where = address ? said(address) : {};
  return {
    name: {
      family,
      text: [callName ?? given, family].filter(Boolean).join(' '),
      ...said({ given, callName }),
    },
    birthDate,
    phones: patient.phones ?? [],
    ...(bsn && { bsn: normaliseBsn(bsn) }),
    ...(number && { localId: { system: ownPatients, value: number } }),
    ...said({ gender: patient.gender, deceased: patient.deceased, email: patient.email }),
    ...(Object.keys(where).length > 0 && { address: where }),
  };
}

function areasOf({ lifeAreas }: Refers, translate: Translate) {
  const areas = new Set<LifeArea>();
  const notes: string[] = [];
  const losses: Loss[] = [];
  for (const [n, word] of (lifeAreas ?? []).entries()) {
    const plain = word.trim().toLowerCase();
    const area = isLifeArea(plain) ? plain : translate('life-area', 'urn:kortelijn:json:life-area', plain);
    if (area && isLifeArea(area)) areas.add(area);
    else {
      notes.push(`Leefgebied volgens de verwijzer: ${word}`);
      losses.push({ path: `lifeAreas[${n}]`, why: 'unknown-code' });
    }
  }
  return { areas: [...areas], notes, losses };
}

/** A code needs its system: a URI, or a name that the table knows. Without, it stays with the message. */
function codesOf({ codes, consent }: Refers, translate: Translate) {
  const losses: Loss[] = [];
  const known = (codes ?? []).flatMap(({ system, code, display }, n): Referral['reasonCodes'] => {
    const isUri = /^(https?:\/\/|urn:)\S+$/.test(system);
    const uri = isUri ? system : translate('coding-system', 'urn:kortelijn:json:coding-system', system);
    if (!uri) losses.push({ path: `codes[${n}]`, why: 'kept-with-source' });
    else if (!consent.medical) losses.push({ path: `codes[${n}]`, why: 'not-shared' });
    return uri ? [{ system: uri, code, ...said({ display }) }] : [];
  });
  return { codes: known, losses };
}

const intents = { referral: 'refer', correction: 'correct', announcement: 'announce' } as const;

function refers(message: Refers, unknown: readonly Loss[], translate: Translate): MappedReferral {
  const { consent, safeContact, contactPerson, episode, referrer, letters } = message;
  const { areas, notes, losses } = areasOf(message, translate);
  const coded = codesOf(message, translate);
  const replaces = message.type === 'correction' ? message.replaces : undefined;
  const hidden = consent.medical
    ? []
    : (letters ?? []).map((_, n): Loss => ({ path: `letters[${n}]`, why: 'not-shared' }));
  return {
    intent: intents[message.type],
    ...(message.type === 'correction' && { edition: { at: message.writtenAt } }),
    referral: {
      practiceReferralId: numberOf(message),
      authoredOn: message.writtenAt,
      priority: message.priority ?? 'routine',
      requester: said({ name: referrer?.name, agb: referrer?.agb }),
      patient: patientOf(message),
      reason: message.reason ?? announced,
      ...(message.question && { residentQuestion: message.question }),
      lifeAreas: areas,
      reasonCodes: coded.codes,
      consent: {
        by: consent.by,
        ...said({ custody: consent.custody }),
        how: consent.how,
        on: consent.on,
        // What is not named is not given.
        medicalCodes: consent.medical === true,
        feedback: consent.feedback ?? 'closure-only',
      },
      ...(safeContact && {
        safeContact: {
          unsafe: safeContact.unsafe,
          noVoicemail: safeContact.noVoicemail === true,
          noLetters: safeContact.noLetters === true,
          ...said({ phone: safeContact.phone, times: safeContact.times }),
        },
      }),
      ...(contactPerson && {
        contactPerson: {
          name: contactPerson.name,
          ...said({ phone: contactPerson.phone, relation: contactPerson.relation }),
        },
      }),
      ...(episode && { episode: { value: episode.number, ...said({ system: episode.system }) } }),
      notes: [...(message.notes ?? []), ...notes],
      ...(letters && letters.length > 0 && { letters }),
    },
    losses: [...unknown, ...losses, ...coded.losses, ...hidden],
    places,
    ...practiceOf(message),
    ...(replaces && replaces !== message.number && { replaces: numberOf(message, replaces) }),
  };
}

const practiceOf = ({ practice }: Message) =>
  practice ? { practiceAgb: { value: practice.agb, path: 'practice.agb' } } : {};

/** A message of this format as what it means. Nothing is guessed: fields that the contract does not know are losses. */
function toReferral(message: Message, gathered: Gathered, translate: Translate): Mapped | { refused: Issue[] } {
  const losses = lossesOf(gathered.message, message);
  if (message.type !== 'cancellation' && message.type !== 'supplement') return refers(message, losses, translate);
  const { familyName: family, birthDate } = message.patient;
  const shared = {
    number: numberOf(message),
    about: { birthDate, ...said({ family }) },
    losses,
    places,
    ...practiceOf(message),
  };
  if (message.type === 'cancellation')
    return { intent: 'cancel', ...shared, ...(message.explanation && { reason: message.explanation }) };
  const letters = message.letters ?? [];
  if (!message.text && letters.length === 0) {
    const empty = says['required:supplement'] ?? { nl: '', en: '' };
    return { refused: [issue('required', 'required-supplement', 'text', empty)] };
  }
  return { intent: 'supplement', ...shared, letters, ...(message.text && { text: message.text }) };
}

export const format: Format<Message> = {
  name: 'json',
  version: '1',
  syntax: 'json',
  // What does not fit our referral as a whole has no one place here.
  gather: (received) => ({
    message: received,
    origin: (path) => (path[0] === 'serviceRequest' ? '' : pathOf(path)),
    issues: [],
  }),
  contract,
  wire: contract,
  says,
  toReferral,
};
