import type { Patient as FhirPatient } from '@medplum/fhirtypes';
import { extensions } from '../../src/fhir/systems.ts';
import type { Format, Gathered, MappedCancellation, MappedReferral, Translate } from '../../src/referral/format.ts';
import { type Name, nameFromFhir } from '../../src/referral/name-from-fhir.ts';
import { type FhirPatientSource, patientFromFhir } from '../../src/referral/patient-from-fhir.ts';
import { type Point, phonesFrom } from '../../src/referral/reach-from-fhir.ts';
import type { Loss, Referral, SafeContact } from '../../src/referral/referral.ts';
import { issue, type Refusal } from '../../src/referral/refusal.ts';
import { notesOf } from './composition.ts';
import { toConsent } from './consent.ts';
import { type CancelMessage, contract, type Message, type ReferralMessage } from './contract.ts';
import { gather } from './gather.ts';
import { lossesOf } from './losses.ts';
import { practiceNumber } from './meaning.ts';
import { contactIn } from './person-losses.ts';
import { type Concept, lifeAreasOf, reasonsOf } from './reasons.ts';
import { says } from './says.ts';

interface Request {
  category?: Concept[];
  reasonCode?: Concept[];
  orderDetail?: Concept[];
  note?: { text?: string }[];
  supportingInfo?: { type?: string; reference?: string; identifier?: { system?: string; value?: string } }[];
  extension?: {
    url: string;
    valueString?: string;
    extension?: { url: string; valueString?: string; valueBoolean?: boolean }[];
  }[];
}

function safeContactOf(request: Request): SafeContact | undefined {
  const found = request.extension?.find((one) => one.url === extensions.safeContact)?.extension;
  if (!found) return undefined;
  const text = (url: string) => found.find((one) => one.url === url)?.valueString;
  const flag = (url: string) => found.find((one) => one.url === url)?.valueBoolean === true;
  const phone = text('phone');
  const times = text('times');
  return {
    unsafe: flag('unsafe'),
    noVoicemail: flag('noVoicemail'),
    noLetters: flag('noLetters'),
    ...(phone && { phone }),
    ...(times && { times }),
  };
}

interface Contact {
  name?: Name;
  telecom?: Point[];
  relationship?: Concept[];
}

/** The first contact with a name; the others are losses. */
function contactPersonOf(message: ReferralMessage): Referral['contactPerson'] {
  const contacts = (message.patient.contact ?? []) as Contact[];
  const contact = contacts[contactIn(contacts)];
  const name = contact?.name && nameFromFhir([contact.name]).text;
  if (!contact || !name) return undefined;
  const [phone] = phonesFrom(contact.telecom);
  const relation = contact.relationship?.[0]?.text ?? contact.relationship?.[0]?.coding?.[0]?.display;
  return { name, ...(phone && { phone }), ...(relation && { relation }) };
}

const said = (key: string) => says[key] ?? { nl: '', en: '' };

/** Who takes what back, and why; what else the message says of the referral is of no use any more. */
function toCancellation(message: CancelMessage, gathered: Gathered): MappedCancellation | Refusal {
  const number = practiceNumber(message.request.identifier);
  const path = gathered.origin(['request', 'identifier']);
  if (!number)
    return { refused: [issue('required', 'required-referral-number', path, said('required:referral-number'))] };
  const patient = message.patient as FhirPatient | undefined;
  const { family } = nameFromFhir((patient?.name ?? []) as Name[]);
  const person = gathered.origin(['patient']);
  return {
    intent: 'cancel',
    number,
    about: { ...(family && { family }), ...(patient?.birthDate && { birthDate: patient.birthDate }) },
    ...(message.reason && { reason: message.reason }),
    losses: [],
    places: { consentBy: person, consentOn: person, practice: path, birthDate: person, number: path },
  };
}

/** A FHIR R4 referral as our Referral. Nothing is guessed: what has no place is kept as text and reported as a loss. */
function toRequest(message: ReferralMessage, gathered: Gathered, translate: Translate): MappedReferral | Refusal {
  const request = message.serviceRequest as unknown as Request & ReferralMessage['serviceRequest'];
  const path = gathered.origin(['serviceRequest']);
  const consentPath = gathered.origin(['consent']);
  const areas = lifeAreasOf(request, path, translate);
  const { by, how, ...consent } = toConsent(message);
  const { reason, codes } = reasonsOf(request, message, consent.medicalCodes);
  const { letterhead, letters } = message;
  const reasonPath = letterhead?.reason?.path ?? `${path}.reasonCode`;
  const needed = (has: unknown, key: string, at: string) =>
    has ? [] : [issue('required', key.replace(':', '-'), at, said(key))];
  const problems = [
    ...needed(reason, 'required:reason', reasonPath),
    ...needed(by, 'required:consent-by', `${consentPath}.performer`),
    ...needed(how, 'required:consent-how', `${consentPath}.extension`),
  ];
  const number = practiceNumber(request.identifier);
  if (!reason || !by || !how || !number) return { refused: problems };
  const details = (request.orderDetail ?? []).map((one) => {
    const [coding] = one.coding ?? [];
    return one.text ?? coding?.display ?? coding?.code ?? '';
  });
  const question = request.extension?.find((one) => one.url === extensions.residentQuestion)?.valueString;
  const safeContact = safeContactOf(request);
  const contactPerson = contactPersonOf(message);
  const episode = request.supportingInfo?.find(
    (one) => one.type === 'EpisodeOfCare' && one.identifier?.value,
  )?.identifier;
  const sections = notesOf(letterhead, consent.medicalCodes);
  const replaces = message.replaces && message.replaces.value !== number.value ? message.replaces : undefined;
  return {
    intent: message.intent,
    ...(message.edition && { edition: message.edition }),
    ...(replaces && { replaces: { system: replaces.system, value: replaces.value } }),
    referral: {
      practiceReferralId: number,
      authoredOn: /T/.test(request.authoredOn) ? request.authoredOn : `${request.authoredOn}T00:00:00Z`,
      priority: (request.priority ?? 'routine') as Referral['priority'],
      requester: {
        ...(message.requester?.name && { name: message.requester.name }),
        ...(message.requester?.agb?.length === 8 && { agb: message.requester.agb }),
      },
      patient: patientFromFhir(message.patient as FhirPatientSource),
      reason,
      ...(question && { residentQuestion: question }),
      lifeAreas: areas.areas,
      reasonCodes: codes,
      consent: { ...consent, by, how },
      ...(safeContact && { safeContact }),
      ...(contactPerson && { contactPerson }),
      ...(episode?.value && { episode: { value: episode.value, ...(episode.system && { system: episode.system }) } }),
      notes: [
        ...(request.note ?? []).flatMap((one) => (one.text ? [one.text] : [])),
        ...details.filter(Boolean),
        ...areas.notes,
        ...sections.notes,
      ].slice(0, 50),
      ...(letters.letters.length > 0 && { letters: [...letters.letters] }),
    },
    losses: [
      ...areas.losses,
      ...details.map((one, n): Loss => {
        return { path: `${path}.orderDetail[${n}]`, why: one ? 'kept-as-text' : 'kept-with-source' };
      }),
      ...sections.losses,
      ...letters.losses,
      // The bytes are kept; the Wally sees them only with consent for medical content (H17).
      ...(consent.medicalCodes ? [] : letters.paths.map((one): Loss => ({ path: one, why: 'not-shared' }))),
      ...lossesOf(message.all, message.used, message.resolve),
    ],
    places: {
      consentBy: `${consentPath}.performer`,
      consentOn: `${consentPath}.dateTime`,
      practice: gathered.origin(['requester']),
      birthDate: gathered.origin(['patient', 'birthDate']),
      number: `${path}.identifier`,
    },
    ...(message.practiceAgb && { practiceAgb: message.practiceAgb }),
  };
}

export const format: Format<Message> = {
  name: 'fhir-r4',
  version: '2',
  syntax: 'fhir',
  ownDoor: true,
  gather,
  contract,
  says,
  // A Consent that is absent, or says no, the contract refuses itself.
  lacksConsent: (message) => {
    if (message.kind === 'cancel' || !message.consent) return false;
    const { by, how } = toConsent(message);
    return !by || !how;
  },
  toReferral: (message, gathered, translate) =>
    message.kind === 'cancel' ? toCancellation(message, gathered) : toRequest(message, gathered, translate),
};
