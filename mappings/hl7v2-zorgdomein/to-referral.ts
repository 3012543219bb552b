import { validAgb } from '../../src/fhir/identifiers.ts';
import type { Issue } from '../../src/fhir/outcome.ts';
import { codedOf, place, translated } from '../../src/hl7v2/coded.ts';
import { agreementNote, consentOf } from '../../src/hl7v2/consent.ts';
import { readInstant } from '../../src/hl7v2/date.ts';
import { headerOf } from '../../src/hl7v2/header.ts';
import { lossesOf } from '../../src/hl7v2/losses.ts';
import { fieldOf, type Message, partOf, type Received, repetitionsOf, segmentOf } from '../../src/hl7v2/message.ts';
import { aboutOf, patientOf } from '../../src/hl7v2/patient.ts';
import { carerText } from '../../src/hl7v2/person.ts';
import { type Format, type Gathered, type Mapped, messageHash, type Translate } from '../../src/referral/format.ts';
import type { Referral } from '../../src/referral/referral.ts';
import { issue } from '../../src/referral/refusal.ts';
import { type Checked, contract, says } from './contract.ts';
import { gather } from './gather.ts';
import { lettersOf, toldOf } from './reason.ts';

type Refused = { readonly refused: readonly Issue[] };
const said = (name: string) => says[name] ?? { nl: '', en: '' };

/** Fields that are read, or that only say how the message is built. OBX and NTE are looked at one by one. */
const carried: Readonly<Record<string, readonly number[]>> = {
  PID: [1, 3, 5, 7, 8, 11, 13, 14, 29, 30],
  PV1: [1, 2, 8],
  ORC: [1, 2, 7, 9, 12],
  OBR: [1, 2, 5, 7, 16, 27],
  ARQ: [1, 12, 15],
  CON: [1, 2, 10, 11, 12, 13, 14, 15, 25],
};
const carriedLater: Readonly<Record<string, readonly number[]>> = {
  PID: [1, 5, 7],
  PV1: [1, 2],
  ORC: [1, 2],
  OBR: [1, 2],
  ARQ: [1, 6],
};

/** Who answers for the referral: the first of these that has an AGB, else the first that has a name. */
function requesterOf(message: Message): Referral['requester'] {
  const places = [
    ['ORC', 12],
    ['OBR', 16],
    ['ARQ', 15],
    ['PV1', 8],
  ] as const;
  const all = places.flatMap(([name, field]) => repetitionsOf(message, segmentOf(message, name), field));
  const found = all.map((raw) => {
    const agb = partOf(message, raw, 1);
    const isAgb = [8, 9, 13].some((n) => ['VEKTIS', 'AGB'].includes(partOf(message, raw, n)));
    return { name: carerText(message, raw), agb: isAgb && validAgb(agb) ? agb : '' };
  });
  const { name, agb } = found.find((one) => one.agb) ?? found.find((one) => one.name) ?? { name: '', agb: '' };
  return { ...(name && { name }), ...(agb && { agb }) };
}

/** The first urgency that the message names; routine when it names none. */
function priorityOf(message: Message, translate: Translate): { priority: string | undefined; path: string } {
  const named = (
    [
      ['OBR', 5, 1],
      ['ORC', 7, 6],
      ['OBR', 27, 6],
      ['ARQ', 12, 1],
    ] as const
  ).flatMap(([name, field, component]) => {
    const segment = segmentOf(message, name);
    const [raw] = repetitionsOf(message, segment, field);
    if (!segment || raw === undefined || partOf(message, raw, component) === '') return [];
    const code = component === 1 ? raw : (raw.split(message.delimiters.component)[component - 1] ?? '');
    return [codedOf(message, code, '0485', place(segment, field))];
  });
  const [first] = named;
  return first
    ? { priority: translated(translate, 'priority', first), path: first.path }
    : { priority: 'routine', path: '' };
}

const announced = 'ZorgDomein heeft deze verwijzing aangekondigd. De brief van de verwijzer komt nog.';

function asReferral(checked: Checked, translate: Translate): Mapped | Refused {
  const { message, number, agreement, kind } = checked;
  const authoredOn = readInstant(checked.writtenAt) ?? '';
  const consent = consentOf(message, authoredOn.slice(0, 10), translate, agreement);
  const { priority, path: priorityPath } = priorityOf(message, translate);
  const isShared = !('issues' in consent) && consent.medicalCodes;
  const { letters, losses: fileLosses } = lettersOf(checked, translate, isShared);
  const told = toldOf(checked, translate, isShared, letters.length);
  const reason = told.reason ?? (kind === 'announcement' ? announced : undefined);
  const problems = [
    ...('issues' in consent ? consent.issues : []),
    ...(reason ? [] : [issue('required', 'required-reason', 'OBX', said('required:reason'))]),
    ...(priority ? [] : [issue('value', 'value-priority', priorityPath, said('value:priority'))]),
  ];
  if ('issues' in consent || !reason || !priority || problems.length > 0) return { refused: problems };
  // PID-3 has the number of the receiver's system (ZIS) or of the visit (VN), never the practice's own.
  const { patient, losses: patientLosses } = patientOf(message, checked.patient, translate, () => false);
  const byAgreement = agreementNote(message, agreement);
  const consentPlace = (field: string) => (byAgreement.length > 0 ? 'CON' : field);
  return {
    intent: kind === 'announcement' ? 'announce' : 'refer',
    referral: {
      practiceReferralId: number,
      authoredOn,
      priority: priority as Referral['priority'],
      requester: requesterOf(message),
      patient,
      reason,
      ...(told.question && { residentQuestion: told.question }),
      lifeAreas: [],
      reasonCodes: [],
      consent,
      notes: [...told.notes, ...byAgreement],
      ...(letters.length > 0 && { letters }),
    },
    losses: [...lossesOf(message, carried, ['OBX', 'NTE']), ...patientLosses, ...told.losses, ...fileLosses],
    places: { ...placesOf(checked), consentBy: consentPlace('CON-25'), consentOn: consentPlace('CON-13') },
  };
}

const placesOf = ({ numberPath }: Checked) => ({
  consentBy: 'CON',
  consentOn: 'CON',
  practice: 'MSH-4',
  birthDate: 'PID-7',
  number: numberPath,
});

/** Files that belong to a letter, and the practice that takes a referral back. */
function asLater(checked: Checked, translate: Translate): Mapped {
  const { message, number, agreement } = checked;
  const about = aboutOf(checked.patient);
  const unread = checked.unread.map((path) => ({ path, why: 'kept-with-source' }) as const);
  const lost = [...lossesOf(message, carriedLater, ['OBX', 'NTE']), ...unread];
  const shared = { number, about, places: placesOf(checked) };
  const notes = checked.notes.map((one) => one.text).join('\n');
  if (checked.kind === 'attachment') {
    const { letters, losses } = lettersOf(checked, translate, agreement?.medicalCodes !== false);
    return { ...shared, intent: 'supplement', letters, losses: [...lost, ...losses], ...(notes && { text: notes }) };
  }
  const reason = fieldOf(message, segmentOf(message, 'ARQ'), 6, 2) || notes;
  const rest = [...checked.answers, ...checked.documents].map(
    ({ path }) => ({ path, why: 'kept-with-source' }) as const,
  );
  return { ...shared, intent: 'cancel', losses: [...lost, ...rest], ...(reason && { reason }) };
}

/** A message from ZorgDomein. Its MSH-10 is the ZD number, the same for each of a referral: content tells them apart. */
function toReferral(checked: Checked, _gathered: Gathered, translate: Translate): Mapped | Refused {
  const isReferral = checked.kind === 'letter' || checked.kind === 'announcement';
  const mapped = isReferral ? asReferral(checked, translate) : asLater(checked, translate);
  if ('refused' in mapped) return mapped;
  const content = Buffer.from(messageHash(mapped)).toString('hex').slice(0, 32);
  return { ...mapped, messageKey: `${checked.number.value.slice(0, 100)} ${content}` };
}

const diagnosticOrder = issue('not-supported', 'diagnostic-order', 'MSH-9.1', {
  nl:
    'Dit is een aanvraag voor onderzoek, zoals bloedprikken of een foto. ' +
    'Die kan de Wally niet uitvoeren, en wij sturen haar niet door. ' +
    'Stuur de aanvraag naar het laboratorium of het ziekenhuis. Hierheen gaan alleen verwijzingen naar de Wally.',
  en:
    'This is an order for a test, such as a blood test or an X-ray. ' +
    'The Wally cannot carry it out and we do not pass it on. Send the order to the laboratory or the hospital. ' +
    'Only referrals to the Wally go here.',
});
const otherEvent = issue('not-supported', 'event-code', 'MSH-9.2', {
  nl: 'Dit bericht van ZorgDomein kennen wij niet. Wij nemen aan: ORU^R01 (brief of bijlage), SRM^S01 (aankondiging) en SRM^S04 (intrekking).',
  en: 'We do not know this message from ZorgDomein. We take ORU^R01 (letter or attachment), SRM^S01 (announcement) and SRM^S04 (cancellation).',
});

/** ORU and SRM from ZorgDomein; an order for tests is nobody's here, whoever sends it. */
function claims(received: unknown): boolean | readonly Issue[] {
  const { type, event, application } = headerOf((received as Received).message);
  if (['ORM', 'OML', 'OMG'].includes(type)) return [diagnosticOrder];
  if (application.toLowerCase() !== 'zorgdomein' || !['ORU', 'SRM'].includes(type)) return false;
  return ['ORU^R01', 'SRM^S01', 'SRM^S04'].includes(`${type}^${event}`) || [otherEvent];
}

export const format: Format<Checked> = {
  name: 'hl7v2-zorgdomein',
  version: '1',
  syntax: 'hl7v2',
  claims,
  gather,
  contract,
  says,
  toReferral,
  lacksConsent: ({ kind, message, agreement }, translate) =>
    (kind === 'letter' || kind === 'announcement') && 'issues' in consentOf(message, '', translate, agreement),
};
