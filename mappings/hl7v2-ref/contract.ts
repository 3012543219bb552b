import { z } from 'zod';
import { validBsn } from '../../src/fhir/identifiers.ts';
import type { Said } from '../../src/fhir/outcome.ts';
import { readDay, readInstant } from '../../src/hl7v2/date.ts';
import type { Received } from '../../src/hl7v2/message.ts';
import type { Parts } from './gather.ts';

const identifier = z
  .looseObject({ value: z.string(), isBsn: z.boolean() })
  .refine((one) => !one.isBsn || one.value === '' || validBsn(one.value), 'bsn-invalid');

const patient = z.looseObject({
  identifiers: z
    .array(identifier)
    .refine((all) => new Set(all.filter((one) => one.isBsn).map((one) => one.value)).size <= 1, 'value:one-bsn'),
  name: z.looseObject({ family: z.string() }, 'required:patient-name'),
  birthDate: z
    .string()
    .min(1, 'required:birth-date')
    .refine((text) => text === '' || readDay(text) !== undefined, 'impossible-date'),
});

const shape = z.looseObject({
  number: z.looseObject({
    value: z.string().min(1, 'required:referral-number'),
    system: z.string().min(1, 'required:referral-system'),
  }),
  // HL7 table 0283: accepted and pending are under way; a rejected or expired referral is not sent on.
  status: z.enum(['', 'A', 'P'], 'value:referral-status'),
  writtenAt: z
    .string()
    .min(1, 'required:written-at')
    .refine((text) => text === '' || readInstant(text) !== undefined, 'impossible-date'),
  patient,
  consent: z
    .looseObject({ segments: z.number(), agreed: z.boolean() })
    .refine((one) => one.segments > 0 || one.agreed, 'consent-missing'),
});

/** What was gathered, with the message that it came from. */
export type Checked = Parts & Received;

/** What this project requires of a REF^I12; the shape is that of `Parts`, taken out of the segments by gather. */
export const contract = shape as unknown as z.ZodType<Checked>;

export const says: Record<string, Said> = {
  'required:referral-number': {
    nl: 'De verwijzing heeft geen eigen nummer (RF1-6). Dat is nodig om dubbele verwijzingen te herkennen en het antwoord in het dossier te zetten.',
    en: 'The referral has no number of its own (RF1-6). We need it to recognise duplicates and to file the answer.',
  },
  'required:referral-system': {
    nl: 'Wij weten niet wie het nummer van de verwijzing gaf. Vul RF1-6.2 of MSH-3 in.',
    en: 'We do not know who gave the number of the referral. Fill in RF1-6.2 or MSH-3.',
  },
  'value:referral-status': {
    nl: 'Deze verwijzing is volgens RF1-1 geweigerd of verlopen. Wij nemen alleen verwijzingen aan die lopen.',
    en: 'According to RF1-1 this referral was rejected or has expired. We only take referrals that are under way.',
  },
  'required:written-at': {
    nl: 'De datum van de verwijzing ontbreekt (RF1-7 of MSH-7).',
    en: 'The date of the referral is missing (RF1-7 or MSH-7).',
  },
  'required:patient-name': {
    nl: 'De naam van de inwoner ontbreekt (PID-5). Vul de achternaam in.',
    en: 'The name of the resident is missing (PID-5). Fill in the family name.',
  },
  'required:birth-date': {
    nl: 'De geboortedatum ontbreekt (PID-7). Zonder geboortedatum kunnen wij personen niet uit elkaar houden.',
    en: 'The birth date is missing (PID-7). Without it we cannot tell people apart.',
  },
  'value:one-bsn': {
    nl: 'Er staan twee verschillende burgerservicenummers in PID-3. Stuur er één.',
    en: 'There are two different citizen service numbers (BSN) in PID-3. Send one.',
  },
  'required:consent-by': {
    nl: 'Er staat niet bij wie toestemming gaf (CON-25, tabel 0548), of die persoon mag dat niet. Leg dat vast en stuur de verwijzing opnieuw.',
    en: 'It does not say who gave consent (CON-25, table 0548), or that person may not. Record that and send the referral again.',
  },
  'required:consent-date': {
    nl: 'De datum van de toestemming ontbreekt (CON-13).',
    en: 'The date of the consent is missing (CON-13).',
  },
  'required:consent-how': {
    nl: 'Er staat niet bij hoe de toestemming is gegeven (CON-10): V of T voor mondeling, W voor schriftelijk.',
    en: 'It does not say how consent was given (CON-10): V or T for spoken, W for written.',
  },
  'required:reason': {
    nl: 'De reden van de verwijzing ontbreekt. Schrijf in een OBX met code reason (99KL) of in een NTE waarom u verwijst.',
    en: 'The reason for the referral is missing. Write in an OBX with code reason (99KL) or in an NTE why you refer.',
  },
  'value:priority': {
    nl: 'Wij kennen deze urgentie niet (RF1-2). Bij gevaar: bel nu.',
    en: 'We do not know this priority (RF1-2). In danger: call now.',
  },
  'value:flag': {
    nl: 'Hier staat geen Y of N. Wij raden niet hoe de inwoner veilig te bereiken is.',
    en: 'This is not Y or N. We do not guess how to reach the resident safely.',
  },
};
