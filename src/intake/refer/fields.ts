import { createHash, randomBytes } from 'node:crypto';
import { normaliseBsn, normalisePostcode, validBsn } from '../../fhir/identifiers.ts';
import { cleanText } from '../../fhir/narrative.ts';
import type { Issue, Said } from '../../fhir/outcome.ts';
import { codeSystems } from '../../fhir/systems.ts';
import type { Actor } from '../../referral/actor.ts';
import { custodyDecides } from '../../referral/consent.ts';
import { isCustody } from '../../referral/custody.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { MappedReferral } from '../../referral/format.ts';
import { lifeAreaCodes } from '../../referral/life-area.ts';
import { type Referral, referralSchema } from '../../referral/referral.ts';
import { issue, type Refusal, refusals, refuse } from '../../referral/refusal.ts';
import type { ReferContext } from './context.ts';

/** What was typed, field by field. */
export type FormFields = Readonly<Record<string, string>>;

export const phoneFields = ['phone1', 'phone2', 'phone3', 'phone4', 'phone5'] as const;
const texts: readonly string[] = ['reason', 'question'];

/** Every field of the form in its order, which is the order in which faults are told; the first row is never seen. */
export const fieldNames: readonly string[] = [
  ...['form', 'localSystem', 'localValue', 'knownFamily', 'knownBirthDate', 'knownIcpc', 'launch', 'numberSystem'],
  ...['danger', 'callName', 'given', 'family', 'birthDate', 'gender', ...phoneFields, 'email'],
  ...[
    'street',
    'houseNumber',
    'postcode',
    'city',
    'bsn',
    ...texts,
    ...lifeAreaCodes.map((code) => `area-${code}`),
    'urgency',
    'slot',
  ],
  ...['safePhone', 'safeTimes', 'noVoicemail', 'noLetters', 'unsafe', 'contactName', 'contactPhone', 'contactRelation'],
  ...['consentBy', 'custody', 'consentHow', 'consentOn', 'feedback', 'medicalCodes', 'icpc', 'number'],
];

/** The fields of the form out of a posted body, trimmed and without control characters; everything else is ignored. */
export function formFields(body: unknown): FormFields {
  const given = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const read = (name: string): string => {
    const value = given[name];
    if (typeof value !== 'string') return '';
    const lines = texts.includes(name) ? value.replaceAll('\r\n', '\n') : value.replaceAll(/\s+/g, ' ');
    return (cleanText(lines) ? lines : lines.toWellFormed().replaceAll(/[^\P{Cc}\n\t]/gu, '')).trim();
  };
  return Object.fromEntries(fieldNames.map((name) => [name, read(name)]));
}

/** A fresh form: its day, and enough chance that nobody guesses it. Sent twice, it is one referral. */
export function newFormId(day: string): string {
  return `${day.replaceAll('-', '')}-${randomBytes(16).toString('base64url')}`;
}

const formIdForm = /^(\d{8})-[\w-]{22}$/;
export function isFormId(text: string | undefined): boolean {
  return formIdForm.test(text ?? '');
}

const dutchDay = (day: string) => day.split('-').toReversed().join('-');

/** The form as it opens for a patient whom the practice's system handed over. */
export function fieldsOf({ patient, practiceReferralId, icpc, launch }: ReferContext): FormFields {
  const { name, address, localId } = patient;
  const filled = {
    localSystem: localId?.system,
    localValue: localId?.value,
    knownFamily: name.family,
    knownBirthDate: patient.birthDate,
    knownIcpc: icpc?.join(' '),
    launch,
    urgency: 'routine',
    callName: name.callName,
    given: name.given,
    family: name.family,
    birthDate: dutchDay(patient.birthDate),
    gender: patient.gender,
    email: patient.email,
    ...Object.fromEntries(phoneFields.map((field, n) => [field, patient.phones[n]])),
    ...address,
    bsn: patient.bsn,
    numberSystem: practiceReferralId?.system,
    number: practiceReferralId?.value,
  };
  return Object.fromEntries(Object.entries(filled).map(([field, value]) => [field, value ?? '']));
}

/** A day as yyyy-mm-dd from that or dd-mm-jjjj (also with / . or spaces); undefined when it does not exist. */
export function readDay(text: string): string | undefined {
  const { year, month, date } =
    /^(?<year>\d{4})-(?<month>\d{1,2})-(?<date>\d{1,2})$/.exec(text)?.groups ??
    /^(?<date>\d{1,2})[-/. ](?<month>\d{1,2})[-/. ](?<year>\d{4})$/.exec(text)?.groups ??
    {};
  if (!year || !month || !date || Number(year) < 1900) return undefined;
  const day = `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`;
  const instant = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(day) ? day : undefined;
}

/** Custody is asked of who may be under 16 (H6): by their birth date, and as long as there is none. */
export function asksCustody({ birthDate = '' }: FormFields, today: string): boolean {
  const born = readDay(birthDate);
  return born === undefined || custodyDecides(born, today);
}

const said = {
  form: {
    nl: 'Dit formulier was te oud. Controleer alles en verstuur het opnieuw.',
    en: 'This form was too old. Check everything and send it again.',
  },
  danger: { nl: 'Kies ja of nee: is er nu acuut gevaar?', en: 'Choose yes or no: is there acute danger now?' },
  family: { nl: 'Vul de achternaam in.', en: 'Fill in the family name.' },
  birthDate: { nl: 'Vul de geboortedatum in.', en: 'Fill in the birth date.' },
  reason: { nl: 'Schrijf in uw eigen woorden waarom u verwijst.', en: 'Write in your own words why you refer.' },
  urgency: { nl: 'Kies hoe snel: gewoon of dringend.', en: 'Choose how soon: routine or urgent.' },
  contactName: {
    nl: 'Vul de naam van de contactpersoon in, of haal de rest weg.',
    en: 'Fill in the name of the contact person, or remove the rest.',
  },
  consentHow: {
    nl: 'Kies hoe de toestemming is gegeven: mondeling of schriftelijk.',
    en: 'Choose how consent was given: spoken or in writing.',
  },
  consentOn: { nl: 'Vul in op welke dag de toestemming is gegeven.', en: 'Fill in on which day consent was given.' },
  medicalCodes: {
    nl: 'Kies of de inwoner het goedvindt dat een medische code meegaat.',
    en: 'Choose whether the resident agrees that a medical code goes along.',
  },
  icpcRefused: {
    nl: 'De inwoner wil niet dat een medische code meegaat. Haal de code weg.',
    en: 'The resident does not want a medical code to go along. Remove the code.',
  },
  icpc: {
    nl: 'Dit is geen ICPC-code. Schrijf een letter en twee cijfers, zoals Z01.',
    en: 'This is not an ICPC code. Write a letter and two digits, such as Z01.',
  },
  tooLong: {
    nl: 'Dit is te lang, of heeft een vorm die wij niet kunnen gebruiken. Maak het korter.',
    en: 'This is too long, or has a form we cannot use. Make it shorter.',
  },
  feedback: { nl: 'Kies wat er terug mag naar uw praktijk.', en: 'Choose what may come back to your practice.' },
} as const satisfies Record<string, Said>;

const wrong = (field: string, what: Said): Issue => issue('value', `form-${field.toLowerCase()}`, field, what);

function dayIssue(field: 'birthDate' | 'consentOn', text: string | undefined): Issue[] {
  if (!text) return [wrong(field, said[field])];
  return readDay(text) ? [] : [refusals.impossibleDate(field)];
}

function issuesOf(fields: FormFields): Issue[] {
  const { bsn, icpc, medicalCodes } = fields;
  const choice = (field: 'urgency' | 'consentHow' | 'medicalCodes' | 'feedback', ...choices: string[]) =>
    choices.includes(fields[field] ?? '') ? [] : [wrong(field, said[field])];
  const isGiver = ['resident', 'parents', 'resident-and-parents', 'representative'].includes(fields.consentBy ?? '');
  return [
    ...(isFormId(fields.form) ? [] : [wrong('form', said.form)]),
    ...(fields.danger === 'no' ? [] : [wrong('danger', said.danger)]),
    ...(fields.family ? [] : [wrong('family', said.family)]),
    ...dayIssue('birthDate', fields.birthDate),
    ...(!bsn || validBsn(bsn) ? [] : [refusals.bsn('bsn')]),
    ...(fields.reason ? [] : [wrong('reason', said.reason)]),
    ...choice('urgency', 'routine', 'urgent'),
    ...(!fields.contactName && (fields.contactPhone || fields.contactRelation)
      ? [wrong('contactName', said.contactName)]
      : []),
    ...(isGiver ? [] : [refusals.noConsent('consentBy')]),
    ...choice('consentHow', 'spoken', 'written'),
    ...dayIssue('consentOn', fields.consentOn),
    ...choice('feedback', 'content', 'closure-only'),
    ...choice('medicalCodes', 'yes', 'no'),
    ...(icpc && medicalCodes === 'no' ? [wrong('icpc', said.icpcRefused)] : []),
    ...(!icpc || /^[A-Z]\d{2}(\.\d{2})?$/i.test(icpc) ? [] : [wrong('icpc', said.icpc)]),
  ];
}

/** The fields that were filled in, under the names they have in the referral; undefined when none was. */
function filled<K extends string>(
  fields: FormFields,
  names: Readonly<Record<K, string>>,
): Partial<Record<K, string>> | undefined {
  const entries = Object.entries<string>(names).flatMap(([key, field]) =>
    fields[field] ? [[key, fields[field]]] : [],
  );
  return entries.length > 0 ? (Object.fromEntries(entries) as Partial<Record<K, string>>) : undefined;
}

/** Ours when the practice gave none: made from the form's id, so that the same form always has the same number. */
function numberOf(fields: FormFields, publicUrl: string): Referral['practiceReferralId'] {
  if (fields.number) return { system: fields.numberSystem || `${publicUrl}/refer`, value: fields.number };
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const bytes = createHash('sha256')
    .update(fields.form ?? '')
    .digest()
    .subarray(0, 8);
  const chance = [...bytes].map((byte) => alphabet[byte % 32]).join('');
  return { system: `${publicUrl}/refer`, value: `F-${fields.form?.slice(0, 8)}-${chance}` };
}

function patientOf(fields: FormFields): unknown {
  const { family = '', callName, given, gender, email, postcode, bsn, localSystem, localValue } = fields;
  const address = filled(fields, { street: 'street', houseNumber: 'houseNumber', city: 'city' });
  return {
    name: {
      family,
      ...filled(fields, { given: 'given', callName: 'callName' }),
      text: [callName || given, family].filter(Boolean).join(' '),
    },
    birthDate: readDay(fields.birthDate ?? ''),
    phones: phoneFields.flatMap((field) => fields[field] || []),
    ...(gender && { gender }),
    ...(email && { email }),
    ...((address || postcode) && {
      address: { ...address, ...(postcode && { postcode: normalisePostcode(postcode) ?? postcode }) },
    }),
    ...(bsn && { bsn: normaliseBsn(bsn) }),
    ...(localSystem && localValue && { localId: { system: localSystem, value: localValue } }),
  };
}

/** Where the parts of a referral stand in the form, for what the referral's own limits refuse. */
function fieldOf(path: readonly PropertyKey[]): string {
  const [first, second, third] = path.map(String);
  if (first === 'patient' && second === 'localId') return 'localValue';
  if (first === 'patient' && second === 'phones') return phoneFields[Number(third)] ?? 'phone1';
  if (first === 'safeContact') return second === 'times' ? 'safeTimes' : 'safePhone';
  if (first === 'contactPerson')
    return { name: 'contactName', phone: 'contactPhone' }[second ?? ''] ?? 'contactRelation';
  const names: Record<string, string> = { practiceReferralId: 'number', residentQuestion: 'question' };
  const last = third ?? second ?? first ?? '';
  return names[first ?? ''] ?? (last === 'text' ? 'family' : last);
}

/** The typed form as a referral, or everything that is wrong with it, each under the name of its field. Pure. */
export function readForm(
  fields: FormFields,
  from: { readonly actor: Actor; readonly agb?: string; readonly now: Date; readonly publicUrl: string },
): MappedReferral | Refusal {
  const issues = issuesOf(fields);
  if (issues.length > 0) return refuse(...issues);
  const ticked = (field: string) => fields[field] === 'yes';
  const safe = {
    unsafe: ticked('unsafe'),
    noVoicemail: ticked('noVoicemail'),
    noLetters: ticked('noLetters'),
    ...filled(fields, { phone: 'safePhone', times: 'safeTimes' }),
  };
  const contactPerson = filled(fields, { name: 'contactName', phone: 'contactPhone', relation: 'contactRelation' });
  const checked = referralSchema.safeParse({
    practiceReferralId: numberOf(fields, from.publicUrl),
    authoredOn: from.now.toISOString(),
    priority: fields.urgency,
    requester: { name: from.actor.name, ...(from.agb && { agb: from.agb }) },
    patient: patientOf(fields),
    reason: fields.reason,
    ...(fields.question && { residentQuestion: fields.question }),
    lifeAreas: lifeAreaCodes.filter((code) => ticked(`area-${code}`)),
    reasonCodes: fields.icpc ? [{ system: codeSystems.icpc1, code: fields.icpc.toUpperCase() }] : [],
    consent: {
      by: fields.consentBy,
      ...(isCustody(fields.custody) && asksCustody(fields, localDay(from.now)) && { custody: fields.custody }),
      how: fields.consentHow,
      on: readDay(fields.consentOn ?? ''),
      medicalCodes: ticked('medicalCodes'),
      feedback: fields.feedback,
    },
    ...(Object.values(safe).some(Boolean) && { safeContact: safe }),
    ...(contactPerson && { contactPerson }),
    notes: [],
  });
  if (!checked.success)
    return refuse(
      ...new Set(checked.error.issues.map((one) => fieldOf(one.path)))
        .values()
        .map((field) => wrong(field, said.tooLong)),
    );
  const places = {
    consentBy: 'consentBy',
    consentOn: 'consentOn',
    practice: '',
    birthDate: 'birthDate',
    number: 'number',
  };
  return { intent: 'refer', referral: checked.data, losses: [], places };
}
