import { z } from 'zod';
import { normaliseBsn, validBsn } from '../fhir/identifiers.ts';
import type { Said } from '../fhir/outcome.ts';
import type { About, Translate } from '../referral/format.ts';
import type { Loss, Patient } from '../referral/referral.ts';
import { type Authority, toSystem } from './authority.ts';
import { readDay } from './date.ts';
import { fieldOf, type Message, partOf, repetitionsOf, type Segment, segmentOf } from './message.ts';
import { addressOf, patientName, reachOf } from './person.ts';

export interface PatientId {
  readonly value: string;
  readonly system: string;
  readonly isBsn: boolean;
}

/** What PID says of who a message is about, for a contract to look at. */
export interface PatientParts {
  readonly identifiers: readonly PatientId[];
  readonly name: Patient['name'] | undefined;
  readonly birthDate: string;
}

const bsnAuthorities = new Set(['NLMINBIZA', '2.16.840.1.113883.2.4.6.3']);

/** PID-3 by who gave it out and what kind it is, never by position: order and presence vary. */
function identifiersOf(message: Message, pid: Segment | undefined): PatientId[] {
  return repetitionsOf(message, pid, 3).map((raw) => {
    const authority: Authority = {
      namespace: partOf(message, raw, 4, 1),
      universalId: partOf(message, raw, 4, 2),
      universalIdType: partOf(message, raw, 4, 3),
    };
    const isBsn =
      bsnAuthorities.has(authority.namespace) ||
      bsnAuthorities.has(authority.universalId ?? '') ||
      partOf(message, raw, 5) === 'NNNLD';
    return { value: partOf(message, raw, 1), system: toSystem(authority), isBsn };
  });
}

export function patientPartsOf(message: Message): PatientParts {
  const pid = segmentOf(message, 'PID');
  return {
    identifiers: identifiersOf(message, pid),
    name: patientName(message, pid),
    birthDate: fieldOf(message, pid, 7),
  };
}

const identifier = z
  .looseObject({ value: z.string(), isBsn: z.boolean() })
  .refine((one) => !one.isBsn || one.value === '' || validBsn(one.value), 'bsn-invalid');
const bsnsOf = (all: readonly { value: string; isBsn: boolean }[]) =>
  all.filter((one) => one.isBsn && one.value).map((one) => normaliseBsn(one.value));
const possible = (text: string) => text === '' || readDay(text) !== undefined;

/** What a referral must say of its resident. */
export const patientShape = z.looseObject({
  identifiers: z.array(identifier).refine((all) => new Set(bsnsOf(all)).size <= 1, 'value:one-bsn'),
  name: z.looseObject({ family: z.string() }, 'required:patient-name'),
  birthDate: z.string().min(1, 'required:birth-date').refine(possible, 'impossible-date'),
});

/** What a later message must say of whom it is about: enough to see that it is not somebody else (H3). */
export const aboutShape = z
  .looseObject({
    name: z.looseObject({ family: z.string() }).optional(),
    birthDate: z.string().refine(possible, 'impossible-date'),
  })
  .refine((one) => one.name !== undefined || one.birthDate !== '', 'required:about');

export const patientSays: Readonly<Record<string, Said>> = {
  'required:patient-name': {
    nl: 'De naam van de inwoner ontbreekt (PID-5). Vul de achternaam in.',
    en: 'The name of the resident is missing (PID-5). Fill in the family name.',
  },
  'required:birth-date': {
    nl: 'De geboortedatum ontbreekt (PID-7). Zonder geboortedatum kunnen wij personen niet uit elkaar houden.',
    en: 'The birth date is missing (PID-7). Without it we cannot tell people apart.',
  },
  'required:about': {
    nl: 'Er staat niet bij over wie dit gaat. Vul de achternaam (PID-5) of de geboortedatum (PID-7) in.',
    en: 'It does not say whom this is about. Fill in the family name (PID-5) or the birth date (PID-7).',
  },
  'value:one-bsn': {
    nl: 'Er staan twee verschillende burgerservicenummers in PID-3. Stuur er één.',
    en: 'There are two different citizen service numbers (BSN) in PID-3. Send one.',
  },
};

/** Where in the message the parts of a patient stand, for refusals: `path` begins after `patient`. */
export function patientOrigin(message: Message, path: readonly string[]): string {
  if (!segmentOf(message, 'PID')) return 'PID';
  const [part, n] = path;
  if (part === 'identifiers' && n !== undefined) return Number(n) > 0 ? `PID-3[${Number(n) + 1}].1` : 'PID-3.1';
  return part === 'name' ? 'PID-5' : part === 'birthDate' ? 'PID-7' : part === 'identifiers' ? 'PID-3' : 'PID';
}

/** Whom a checked message is about. */
export function aboutOf({ name, birthDate }: PatientParts): About {
  const day = readDay(birthDate);
  return { ...(name && { family: name.family }), ...(day && { birthDate: day }) };
}

const phonesMax = 5;

/** PID as our Patient, of parts that a contract has checked; `isLocal` says which number is the practice's own. */
export function patientOf(
  message: Message,
  parts: PatientParts,
  translate: Translate,
  isLocal: (id: PatientId) => boolean,
): { readonly patient: Patient; readonly losses: readonly Loss[] } {
  const pid = segmentOf(message, 'PID');
  const reach = reachOf(message, pid, [13, 14]);
  const sex = fieldOf(message, pid, 8);
  const gender = translate('gender', 'http://terminology.hl7.org/CodeSystem/v2-0001', sex);
  const bsn = bsnsOf(parts.identifiers)[0];
  const local = parts.identifiers.find((one) => !one.isBsn && one.value && one.system && isLocal(one));
  const others = parts.identifiers.flatMap((one, n) => (one.isBsn || one === local || !one.value ? [] : [n]));
  const address = addressOf(message, pid);
  const deceased = fieldOf(message, pid, 30) === 'Y' || fieldOf(message, pid, 29) !== '';
  return {
    patient: {
      name: parts.name ?? { family: '', text: '' },
      birthDate: readDay(parts.birthDate) ?? '',
      phones: reach.phones.slice(0, phonesMax),
      ...(bsn && { bsn }),
      ...(local && { localId: { system: local.system, value: local.value } }),
      ...(gender && { gender: gender as Patient['gender'] }),
      ...(deceased && { deceased }),
      ...(reach.email && { email: reach.email }),
      ...(address && { address }),
    },
    losses: [
      ...others.map((n): Loss => ({ path: n > 0 ? `PID-3[${n + 1}]` : 'PID-3', why: 'kept-with-source' })),
      ...(sex && !gender ? [{ path: 'PID-8', why: 'unknown-code' } as const] : []),
      ...(reach.phones.length > phonesMax || reach.isBroken
        ? [{ path: 'PID-13', why: 'kept-with-source' } as const]
        : []),
    ],
  };
}
