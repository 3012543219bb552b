import { validAgb } from '../../src/fhir/identifiers.ts';
import type { Issue } from '../../src/fhir/outcome.ts';
import { toSystem } from '../../src/hl7v2/authority.ts';
import { allCoded, place, translated } from '../../src/hl7v2/coded.ts';
import { agreementNote, consentOf } from '../../src/hl7v2/consent.ts';
import { readInstant } from '../../src/hl7v2/date.ts';
import { headerOf } from '../../src/hl7v2/header.ts';
import {
  fieldOf,
  type Message,
  partOf,
  type Received,
  repetitionsOf,
  segmentOf,
  segmentsOf,
  textOf,
} from '../../src/hl7v2/message.ts';
import { aboutOf, patientOf } from '../../src/hl7v2/patient.ts';
import { contactOf, nameText } from '../../src/hl7v2/person.ts';
import type { Format, Gathered, MappedCancellation, MappedReferral, Translate } from '../../src/referral/format.ts';
import { isLifeArea, type LifeArea } from '../../src/referral/life-area.ts';
import type { Loss, Referral } from '../../src/referral/referral.ts';
import { issue } from '../../src/referral/refusal.ts';
import { type Checked, type CheckedReferral, contract, says } from './contract.ts';
import { fromFeedback } from './from-feedback.ts';
import { gather } from './gather.ts';
import { lossesOf } from './losses.ts';
import { textPartsOf } from './texts.ts';

const places = { consentBy: 'CON', consentOn: 'CON', practice: 'MSH-4', birthDate: 'PID-7', number: 'RF1-6' };
const isAgb = (authority: string) => authority === 'VEKTIS' || authority === 'AGB';
const said = (name: string) => says[name] ?? { nl: '', en: '' };

/** PRD with role RP, the referring provider: a person with an AGB, and the practice's AGB where 2.6 and later have it. */
function requesterOf(message: Message): {
  requester: Referral['requester'];
  practiceAgb: MappedReferral['practiceAgb'];
} {
  const prd = segmentsOf(message, 'PRD').find((one) =>
    repetitionsOf(message, one, 1).some((role) => partOf(message, role, 1) === 'RP'),
  );
  const name = nameText(message, repetitionsOf(message, prd, 2)[0]);
  // PLN: the number, its kind, and who says so; systems write VEKTIS in either of the two.
  const agb = repetitionsOf(message, prd, 7)
    .filter((one) => isAgb(partOf(message, one, 2)) || isAgb(partOf(message, one, 3)))
    .map((one) => partOf(message, one, 1))
    .find(validAgb);
  const organisation = isAgb(fieldOf(message, prd, 10, 6)) ? fieldOf(message, prd, 10, 10) : '';
  return {
    requester: { ...(name && { name }), ...(agb && { agb }) },
    practiceAgb: prd && validAgb(organisation) ? { value: organisation, path: `${place(prd, 10)}.10` } : undefined,
  };
}

function codesOf(message: Message, translate: Translate) {
  const areas = new Set<LifeArea>();
  const notes: string[] = [];
  const losses: Loss[] = [];
  for (const one of allCoded(message, 'RF1', 10, '0336')) {
    const area = translated(translate, 'life-area', one);
    if (area && isLifeArea(area)) areas.add(area);
    else {
      notes.push(`Reden volgens de verwijzer: ${one.text}`);
      losses.push({ path: one.path, why: 'unknown-code' });
    }
  }
  const diagnoses = segmentsOf(message, 'DG1').flatMap((segment): Referral['reasonCodes'] => {
    const found = repetitionsOf(message, segment, 3).flatMap((raw) =>
      [1, 4].flatMap((from) => {
        const name = partOf(message, raw, from + 2);
        const system = translate('coding-system', 'http://terminology.hl7.org/CodeSystem/v2-0396', name);
        const [code, display] = [partOf(message, raw, from), partOf(message, raw, from + 1)];
        return code && system ? [{ system, code, ...(display && { display }) }] : [];
      }),
    );
    if (found.length === 0) losses.push({ path: place(segment, 3), why: 'kept-with-source' });
    return found;
  });
  return { areas: [...areas], notes, losses, diagnoses: diagnoses.slice(0, 10) };
}

function priorityOf(message: Message, translate: Translate): string | undefined {
  const [coded] = allCoded(message, 'RF1', 2, '0280');
  return coded ? translated(translate, 'priority', coded) : 'routine';
}

/** MSH-7, where it has its minute: of two messages of one day a bare date would say nothing. */
function sentAt(message: Message): string | undefined {
  const said = fieldOf(message, segmentOf(message, 'MSH'), 7);
  return /^\d{12}/.test(said) ? readInstant(said) : undefined;
}

/** A REF^I12 or I13 as our Referral. Nothing is guessed: what has no place stays with the source and is reported as a loss. */
function asReferral(checked: CheckedReferral, translate: Translate): MappedReferral | { refused: Issue[] } {
  const { message, number, agreement, intent, replaces } = checked;
  const authoredOn = readInstant(checked.writtenAt) ?? '';
  const day = authoredOn.slice(0, 10);
  const consent = consentOf(message, day, translate, agreement);
  const texts = textPartsOf(message, translate);
  const priority = priorityOf(message, translate);
  const problems = [
    ...('issues' in consent ? consent.issues : []),
    ...(texts.reason ? [] : [issue('required', 'required-reason', 'OBX', said('required:reason'))]),
    ...(priority ? [] : [issue('value', 'value-priority', 'RF1-2', said('value:priority'))]),
    ...texts.issues,
  ];
  if ('issues' in consent || !texts.reason || !priority || problems.length > 0) return { refused: problems };
  const { patient, losses: patientLosses } = patientOf(message, checked.patient, translate, () => true);
  const { requester, practiceAgb } = requesterOf(message);
  const codes = codesOf(message, translate);
  const [first, ...others] = segmentsOf(message, 'NK1');
  const contactPerson = contactOf(message, first);
  const pv1 = segmentOf(message, 'PV1');
  const episode = fieldOf(message, pv1, 19);
  const episodeSystem = toSystem({ namespace: fieldOf(message, pv1, 19, 4) });
  const byAgreement = agreementNote(message, agreement);
  const at = intent === 'correct' && sentAt(message);
  return {
    intent,
    ...(replaces && { replaces }),
    ...(at && { edition: { at } }),
    referral: {
      practiceReferralId: number,
      authoredOn,
      priority: priority as Referral['priority'],
      requester,
      patient,
      reason: texts.reason,
      ...(texts.question && { residentQuestion: texts.question }),
      lifeAreas: codes.areas,
      reasonCodes: codes.diagnoses,
      consent,
      ...(texts.safeContact && { safeContact: texts.safeContact }),
      ...(contactPerson && { contactPerson }),
      ...(episode && { episode: { value: episode, ...(episodeSystem && { system: episodeSystem }) } }),
      notes: [...texts.notes, ...codes.notes, ...byAgreement],
    },
    losses: [
      ...lossesOf(message, 'referral', replaces ? 2 : 1),
      ...patientLosses,
      ...codes.losses,
      ...texts.losses,
      ...[...(contactPerson || !first ? [] : [first]), ...others].map(
        (one): Loss => ({ path: place(one), why: 'kept-with-source' }),
      ),
    ],
    places: {
      ...places,
      ...(byAgreement.length === 0 && { consentBy: 'CON-25', consentOn: 'CON-13' }),
    },
    ...(practiceAgb && { practiceAgb }),
  };
}

/**
 * Why a referral is taken back: the notes, else RF1-10 where that is no reason for referring, which systems repeat there.
 */
function cancelReason(message: Message, translate: Translate): string | undefined {
  const notes = segmentsOf(message, 'NTE').map((one) => textOf(message, one, 3));
  const codes = allCoded(message, 'RF1', 10, '0336').filter((one) => !translated(translate, 'life-area', one));
  return notes.filter(Boolean).join('\n') || codes.map((one) => one.text).join('; ') || undefined;
}

function toReferral(
  checked: Checked,
  _gathered: Gathered,
  translate: Translate,
): MappedReferral | MappedCancellation | { refused: Issue[] } {
  if (checked.kind === 'referral') return asReferral(checked, translate);
  const { message, number, patient } = checked;
  const reason = cancelReason(message, translate);
  return {
    intent: 'cancel',
    number,
    about: aboutOf(patient),
    ...(reason && { reason }),
    losses: lossesOf(message, 'cancellation', 1),
    places,
  };
}

const eventCode = issue('not-supported', 'event-code', 'MSH-9.2', {
  nl: 'Deze soort verwijzing (REF) kennen wij niet. Wij nemen aan: I12 (nieuw), I13 (wijziging) en I14 (intrekking).',
  en: 'We do not know this kind of referral (REF). We take I12 (new), I13 (change) and I14 (cancellation).',
});

/** REF is ours, whatever its event: which of them we do not take is said by name. */
function claims(received: unknown): boolean | readonly Issue[] {
  const { type, event } = headerOf((received as Received).message);
  if (type !== 'REF') return false;
  return ['I12', 'I13', 'I14'].includes(event) || [eventCode];
}

export const format: Format<Checked> = {
  name: 'hl7v2-ref',
  version: '1',
  syntax: 'hl7v2',
  claims,
  gather,
  contract,
  says,
  toReferral,
  lacksConsent: ({ kind, message, agreement }, translate) =>
    kind === 'referral' && 'issues' in consentOf(message, '', translate, agreement),
  fromFeedback,
};
