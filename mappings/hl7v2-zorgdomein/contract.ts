import { z } from 'zod';
import type { Said } from '../../src/fhir/outcome.ts';
import { readInstant } from '../../src/hl7v2/date.ts';
import type { Received } from '../../src/hl7v2/message.ts';
import { aboutShape, patientSays, patientShape } from '../../src/hl7v2/patient.ts';
import type { Parts } from './gather.ts';

const number = z.looseObject({ value: z.string().min(1, 'required:zd-number') });
const document = z
  .looseObject({ problem: z.string() })
  .refine((one) => one.problem !== 'encoding', 'value:encoding')
  .refine((one) => one.problem !== 'base64', 'value:base64')
  .refine((one) => one.problem !== 'not-pdf', 'value:not-pdf');
const documents = z.array(document);

const referral = z.looseObject({
  kind: z.enum(['letter', 'announcement']),
  number,
  documents,
  writtenAt: z
    .string()
    .min(1, 'required:written-at')
    .refine((text) => text === '' || readInstant(text) !== undefined, 'impossible-date'),
  patient: patientShape,
  consent: z
    .looseObject({ segments: z.number(), agreed: z.boolean() })
    .refine((one) => one.segments > 0 || one.agreed, 'consent-missing'),
});

/** What comes later need not say it all again: which referral, and about whom. */
const attachment = z.looseObject({ kind: z.literal('attachment'), number, documents, patient: aboutShape });
const cancellation = z.looseObject({ kind: z.literal('cancellation'), number, patient: aboutShape });

/** What was gathered, with the message that it came from. */
export type Checked = Parts & Received;

/** What this project requires of a message from ZorgDomein; the shape is that of `Parts`, made by gather. */
export const contract = z.discriminatedUnion('kind', [
  referral,
  attachment,
  cancellation,
]) as unknown as z.ZodType<Checked>;

export const says: Record<string, Said> = {
  ...patientSays,
  'required:zd-number': {
    nl: 'Het ZorgDomein-nummer ontbreekt (ORC-2 of ARQ-1). Dat is nodig om dubbele verwijzingen te herkennen.',
    en: 'The ZorgDomein number is missing (ORC-2 or ARQ-1). We need it to recognise duplicates.',
  },
  'required:written-at': {
    nl: 'De datum van de verwijzing ontbreekt (ORC-9 of MSH-7).',
    en: 'The date of the referral is missing (ORC-9 or MSH-7).',
  },
  'required:reason': {
    nl: 'Er is geen brief en geen tekst: wij kunnen de Wally niet vertellen waarom u verwijst. Voeg de brief als PDF toe, of schrijf op het formulier waarom u verwijst.',
    en: 'There is no letter and no text: we cannot tell the Wally why you refer. Add the letter as a PDF, or write on the form why you refer.',
  },
  'value:encoding': {
    nl: 'Dit bestand kunnen wij niet lezen: er staat niet bij dat het Base64 is (OBX-5.4).',
    en: 'We cannot read this file: it does not say that it is Base64 (OBX-5.4).',
  },
  'value:base64': {
    nl: 'Dit bestand is beschadigd: het is geen geldige Base64. Stuur de verwijzing opnieuw.',
    en: 'This file is damaged: it is not valid Base64. Send the referral again.',
  },
  'value:not-pdf': {
    nl: 'Dit bestand heet een PDF, maar het is er geen. Stuur de brief opnieuw als PDF.',
    en: 'This file is called a PDF, but it is none. Send the letter again as a PDF.',
  },
  'value:priority': {
    nl: 'Wij kennen deze urgentie niet. Bij gevaar: bel nu.',
    en: 'We do not know this priority. In danger: call now.',
  },
};
