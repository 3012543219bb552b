import { z } from 'zod';
import { validBsn } from '../../src/fhir/identifiers.ts';
import type { Said } from '../../src/fhir/outcome.ts';
import { identifiers } from '../../src/fhir/systems.ts';
import type { Parts } from './gather.ts';

/** Base R4 has been checked before; here stands only what this project asks beyond it. */
const reference = z.looseObject({
  reference: z.string().optional(),
  display: z.string().optional(),
  type: z.string().optional(),
});
const coding = z.looseObject({
  system: z.string().optional(),
  code: z.string().optional(),
  display: z.string().optional(),
});
const concept = z.looseObject({ coding: z.array(coding).optional(), text: z.string().optional() });
/** FHIR allows a year or a month; what a referral is counted from needs a day. */
const wholeDay = /^\d{4}-\d{2}-\d{2}/;
const bsnSystems: readonly string[] = [identifiers.bsn, identifiers.bsnOid];

const identifier = z
  .looseObject({
    system: z.string().optional(),
    value: z.string().optional(),
    use: z.string().optional(),
    type: concept.optional(),
  })
  .refine((one) => !bsnSystems.includes(one.system ?? '') || one.value === undefined || validBsn(one.value), {
    path: ['value'],
    error: 'bsn-invalid',
  });

const patient = z.looseObject(
  {
    resourceType: z.literal('Patient', 'required:patient'),
    identifier: z.array(identifier).optional(),
    name: z
      .array(
        z.looseObject({
          use: z.string().optional(),
          text: z.string().optional(),
          family: z.string().optional(),
          given: z.array(z.string()).optional(),
        }),
        'required:patient-name',
      )
      .refine((names) => names.some((name) => name.family || name.text), 'required:patient-name'),
    birthDate: z.iso.date({
      error: (problem) => (problem.input === undefined ? 'required:birth-date' : 'impossible-date'),
    }),
    gender: z.string().optional(),
    telecom: z
      .array(z.looseObject({ system: z.string().optional(), value: z.string().optional(), use: z.string().optional() }))
      .optional(),
    address: z
      .array(
        z.looseObject({
          use: z.string().optional(),
          line: z.array(z.string()).optional(),
          postalCode: z.string().optional(),
          city: z.string().optional(),
        }),
      )
      .optional(),
  },
  'required:patient',
);

const consent = z
  .looseObject(
    {
      status: z.literal('active', 'consent-missing'),
      dateTime: z.string('required:consent-date').regex(wholeDay, 'value:whole-day'),
      performer: z.array(reference, 'required:consent-by').min(1, 'required:consent-by'),
      extension: z.array(z.looseObject({ url: z.string(), valueCode: z.string().optional() })).optional(),
      sourceAttachment: z.unknown().optional(),
      sourceReference: z.unknown().optional(),
      provision: z.looseObject({ type: z.string().optional(), code: z.array(concept).optional() }).optional(),
    },
    'consent-missing',
  )
  .refine((one) => one.provision?.type !== 'deny', { path: ['provision', 'type'], error: 'consent-missing' });

const serviceRequest = z.looseObject({
  resourceType: z.literal('ServiceRequest'),
  identifier: z
    .array(identifier, 'required:referral-number')
    .refine((all) => all.some((one) => one.system && one.value), 'required:referral-number'),
  status: z.enum(['active', 'completed'], 'value:status'),
  intent: z.enum(['order', 'original-order', 'filler-order'], 'value:intent'),
  authoredOn: z.string('required:authored-on').regex(wholeDay, 'value:whole-day'),
  priority: z.string().optional(),
  subject: reference,
});

const shape = z.looseObject({ serviceRequest, patient, consent });

export type Message = Omit<Parts, 'serviceRequest' | 'patient' | 'consent'> & z.infer<typeof shape>;

/** What this project requires of a FHIR R4 referral; the shape is that of `Parts`, taken apart by gather. */
export const contract = shape as unknown as z.ZodType<Message>;

export const says: Record<string, Said> = {
  'required:patient': {
    nl: 'De gegevens van de inwoner (Patient) ontbreken of zijn niet te vinden bij subject. Stuur ze mee in dit bericht.',
    en: 'The data of the resident (Patient) are missing or cannot be found at subject. Send them in this message.',
  },
  'required:patient-name': {
    nl: 'De naam van de inwoner ontbreekt. Vul de achternaam in.',
    en: 'The name of the resident is missing. Fill in the family name.',
  },
  'required:birth-date': {
    nl: 'De geboortedatum ontbreekt. Zonder geboortedatum kunnen wij personen niet uit elkaar houden.',
    en: 'The birth date is missing. Without it we cannot tell people apart.',
  },
  'required:consent-by': {
    nl: 'Er staat niet bij wie toestemming gaf (Consent.performer). Leg dat vast en stuur de verwijzing opnieuw.',
    en: 'It does not say who gave consent (Consent.performer). Record that and send the referral again.',
  },
  'required:consent-date': {
    nl: 'De datum van de toestemming ontbreekt (Consent.dateTime).',
    en: 'The date of the consent is missing (Consent.dateTime).',
  },
  'required:consent-how': {
    nl: 'Er staat niet bij hoe de toestemming is gegeven: mondeling (spoken) of schriftelijk (written).',
    en: 'It does not say how consent was given: spoken or written.',
  },
  'required:referral-number': {
    nl: 'De verwijzing heeft geen eigen nummer met systeem (ServiceRequest.identifier). Dat is nodig om dubbele verwijzingen te herkennen en het antwoord in het dossier te zetten.',
    en: 'The referral has no number of its own with a system (ServiceRequest.identifier). We need it to recognise duplicates and to file the answer.',
  },
  'required:authored-on': {
    nl: 'De datum van de verwijzing ontbreekt (ServiceRequest.authoredOn).',
    en: 'The date of the referral is missing (ServiceRequest.authoredOn).',
  },
  'value:whole-day': {
    nl: 'Deze datum moet een hele dag zijn: jaar, maand en dag.',
    en: 'This date must be a whole day: year, month and day.',
  },
  'required:reason': {
    nl: 'De reden van de verwijzing ontbreekt. Schrijf in uw eigen woorden waarom u verwijst (ServiceRequest.reasonCode.text, zonder medische code).',
    en: 'The reason for the referral is missing. Write in your own words why you refer (ServiceRequest.reasonCode.text, without a medical code).',
  },
  'value:status': {
    nl: 'Een nieuwe verwijzing heeft status active. Concepten en ingetrokken verwijzingen nemen wij niet aan.',
    en: 'A new referral has status active. We do not take drafts or revoked referrals.',
  },
  'value:intent': {
    nl: 'Een verwijzing heeft intent order. Voorstellen en plannen nemen wij niet aan.',
    en: 'A referral has intent order. We do not take proposals or plans.',
  },
};
