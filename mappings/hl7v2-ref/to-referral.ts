import { normaliseBsn, validAgb } from '../../src/fhir/identifiers.ts';
import type { Issue } from '../../src/fhir/outcome.ts';
import { toSystem } from '../../src/hl7v2/authority.ts';
import { readDay, readInstant } from '../../src/hl7v2/date.ts';
import { headerOf } from '../../src/hl7v2/header.ts';
import {
  fieldOf,
  type Message,
  partOf,
  type Received,
  repetitionsOf,
  segmentOf,
  segmentsOf,
} from '../../src/hl7v2/message.ts';
import type { Format, Gathered, MappedReferral, Translate } from '../../src/referral/format.ts';
import { isLifeArea, type LifeArea } from '../../src/referral/life-area.ts';
import type { Consent, Loss, Patient, Referral } from '../../src/referral/referral.ts';
import { issue } from '../../src/referral/refusal.ts';
import { consentOf } from './consent.ts';
import { type Checked, contract, says } from './contract.ts';
import { fromFeedback } from './from-feedback.ts';
import { allCoded, gather, place, translated } from './gather.ts';
import { lossesOf } from './losses.ts';
import { addressOf, contactOf, nameText, reachOf } from './person.ts';
import { textPartsOf } from './texts.ts';

const phonesMax = 5;
const isAgb = (authority: string) => authority === 'VEKTIS' || authority === 'AGB';
const said = (name: string) => says[name] ?? { nl: '', en: '' };

function patientOf(checked: Checked, translate: Translate): { patient: Patient; losses: Loss[] } {
  const { message, patient } = checked;
  const pid = segmentOf(message, 'PID');
  const reach = reachOf(message, pid, [13, 14]);
  const sex = fieldOf(message, pid, 8);
  const gender = translate('gender', 'http://terminology.hl7.org/CodeSystem/v2-0001', sex);
  const bsn = patient.identifiers.find((one) => one.isBsn && one.value)?.value;
  const local = patient.identifiers.find((one) => !one.isBsn && one.value && one.system);
  const others = patient.identifiers.flatMap((one, n) => (one.isBsn || one === local || !one.value ? [] : [n]));
  const address = addressOf(message, pid);
  const deceased = fieldOf(message, pid, 30) === 'Y' || fieldOf(message, pid, 29) !== '';
  return {
    patient: {
      name: patient.name ?? { family: '', text: '' },
      birthDate: readDay(patient.birthDate) ?? '',
      phones: reach.phones.slice(0, phonesMax),
      ...(bsn && { bsn: normaliseBsn(bsn) }),
      ...(local && { localId: { system: local.system, value: local.value } }),
      ...(gender && { gender: gender as Patient['gender'] }),
      ...(deceased && { deceased }),
      ...(reach.email && { email: reach.email }),
      ...(address && { address }),
    },
    losses: [
      ...others.map((n): Loss => ({ path: n > 0 ? `PID-3[${n + 1}]` : 'PID-3', why: 'kept-with-source' })),
      ...(sex && !gender ? [{ path: 'PID-8', why: 'unknown-code' } as const] : []),
      ...(reach.phones.length > phonesMax ? [{ path: 'PID-13', why: 'kept-with-source' } as const] : []),
    ],
  };
}

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

/** The consent of the CON segments; without any, what the practice agreed on beforehand, which speaks for residents only. */
function agreedConsent(checked: Checked, day: string, translate: Translate): Consent | { readonly issues: Issue[] } {
  const { message, agreement } = checked;
  if (checked.consent.segments > 0 || !agreement) return consentOf(message, day, translate);
  const { how, medicalCodes, feedback } = agreement;
  return { by: 'resident', how, on: day, medicalCodes, feedback };
}

/** A REF^I12 as our Referral. Nothing is guessed: what has no place stays with the source and is reported as a loss. */
function toReferral(
  checked: Checked,
  _gathered: Gathered,
  translate: Translate,
): MappedReferral | { refused: Issue[] } {
  const { message, number, agreement } = checked;
  const authoredOn = readInstant(checked.writtenAt) ?? '';
  const day = authoredOn.slice(0, 10);
  const consent = agreedConsent(checked, day, translate);
  const texts = textPartsOf(message, translate);
  const priority = priorityOf(message, translate);
  const problems = [
    ...('issues' in consent ? consent.issues : []),
    ...(texts.reason ? [] : [issue('required', 'required-reason', 'OBX', said('required:reason'))]),
    ...(priority ? [] : [issue('value', 'value-priority', 'RF1-2', said('value:priority'))]),
    ...texts.issues,
  ];
  if ('issues' in consent || !texts.reason || !priority || problems.length > 0) return { refused: problems };
  const { patient, losses: patientLosses } = patientOf(checked, translate);
  const { requester, practiceAgb } = requesterOf(message);
  const codes = codesOf(message, translate);
  const [first, ...others] = segmentsOf(message, 'NK1');
  const contactPerson = contactOf(message, first);
  const pv1 = segmentOf(message, 'PV1');
  const episode = fieldOf(message, pv1, 19);
  const episodeSystem = toSystem({ namespace: fieldOf(message, pv1, 19, 4) });
  const byAgreement = checked.consent.segments === 0 && agreement;
  return {
    intent: 'refer',
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
      notes: [
        ...texts.notes,
        ...codes.notes,
        ...(byAgreement ? [`Toestemming volgens de afspraak met de praktijk van ${byAgreement.since}.`] : []),
      ],
    },
    losses: [
      ...lossesOf(message),
      ...patientLosses,
      ...codes.losses,
      ...texts.losses,
      ...[...(contactPerson || !first ? [] : [first]), ...others].map(
        (one): Loss => ({ path: place(one), why: 'kept-with-source' }),
      ),
    ],
    places: {
      consentBy: byAgreement ? 'CON' : 'CON-25',
      consentOn: byAgreement ? 'CON' : 'CON-13',
      practice: 'MSH-4',
      birthDate: 'PID-7',
      number: 'RF1-6',
    },
    ...(practiceAgb && { practiceAgb }),
  };
}

const eventCode = issue('not-supported', 'event-code', 'MSH-9.2', {
  nl: 'Deze soort verwijzing (REF) kennen wij niet. Wij nemen I12 aan: een nieuwe verwijzing.',
  en: 'We do not know this kind of referral (REF). We take I12: a new referral.',
});

/** REF is ours, whatever its event: which of them we do not take is said by name. */
function claims(received: unknown): boolean | readonly Issue[] {
  const { type, event } = headerOf((received as Received).message);
  if (type !== 'REF') return false;
  return event === 'I12' || [eventCode];
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
  fromFeedback,
};
