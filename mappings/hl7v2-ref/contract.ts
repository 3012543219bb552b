import { z } from 'zod';
import type { Said } from '../../src/fhir/outcome.ts';
import { readInstant } from '../../src/hl7v2/date.ts';
import type { Received } from '../../src/hl7v2/message.ts';
import { aboutShape, patientSays, patientShape } from '../../src/hl7v2/patient.ts';
import type { CancellationParts, ReferralParts } from './gather.ts';

const number = z.looseObject({
  value: z.string().min(1, 'required:referral-number'),
  system: z.string().min(1, 'required:referral-system'),
});

const referral = z.looseObject({
  kind: z.literal('referral'),
  number,
  // HL7 table 0283: accepted and pending are under way; a rejected or expired referral is not sent on.
  status: z.enum(['', 'A', 'P'], 'value:referral-status'),
  writtenAt: z
    .string()
    .min(1, 'required:written-at')
    .refine((text) => text === '' || readInstant(text) !== undefined, 'impossible-date'),
  patient: patientShape,
  consent: z
    .looseObject({ segments: z.number(), agreed: z.boolean() })
    .refine((one) => one.segments > 0 || one.agreed, 'consent-missing'),
});

/** Whoever takes a referral back need not say it all again: which one, and about whom. */
const cancellation = z.looseObject({ kind: z.literal('cancellation'), number, patient: aboutShape });

/** What was gathered, with the message that it came from. */
export type CheckedReferral = ReferralParts & Received;
export type Checked = CheckedReferral | (CancellationParts & Received);

/** What this project requires of a REF; the shape is that of `Parts`, taken out of the segments by gather. */
export const contract = z.discriminatedUnion('kind', [referral, cancellation]) as unknown as z.ZodType<Checked>;

export const says: Record<string, Said> = {
  ...patientSays,
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
