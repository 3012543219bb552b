import { z } from 'zod';
import { validBsn } from '../../src/fhir/identifiers.ts';
import type { Said } from '../../src/fhir/outcome.ts';
import { nameFromFhir } from '../../src/referral/name-from-fhir.ts';
import { bsnSystems } from '../../src/referral/patient-from-fhir.ts';
import type { Parts } from './gather.ts';

/** No base definitions stand before this: the form of everything that the mapping reads is checked here. */
const text = z.string().optional();
const coding = z.looseObject({ system: text, code: text, display: text });
const concept = z.looseObject({ coding: z.array(coding).optional(), text });
const identifier = z
  .looseObject({ system: text, value: text, use: text })
  .refine((one) => !bsnSystems.includes(one.system ?? '') || one.value === undefined || validBsn(one.value), {
    path: ['value'],
    error: 'bsn-invalid',
  });
const extension = z.looseObject({ url: z.string(), valueString: text, valueCode: text });
/** What stands beside a primitive (`_family`), and in the place of one in a list that has no value. */
const beside = z.looseObject({ extension: z.array(extension).optional() });
const besides = z.array(beside.nullable()).optional();

const name = z.looseObject({
  use: text,
  text,
  family: text,
  given: z.array(z.string().nullable()).optional(),
  _given: besides,
  _family: beside.optional(),
  extension: z.array(extension).optional(),
});
const telecom = z.array(z.looseObject({ system: text, value: text, use: text })).optional();

const patient = z.looseObject(
  {
    identifier: z.array(identifier).optional(),
    name: z
      .array(name, 'required:patient-name')
      .refine((names) => nameFromFhir(names).family !== '', 'required:patient-name'),
    birthDate: z.iso.date({
      error: (problem) => (problem.input === undefined ? 'required:birth-date' : 'impossible-date'),
    }),
    gender: z.enum(['male', 'female', 'other', 'unknown'], 'value:gender').optional(),
    telecom,
    address: z
      .array(
        z.looseObject({
          use: text,
          line: z
            .array(z.string().nullable())
            .transform((all) => all.map((one) => one ?? ''))
            .optional(),
          _line: besides,
          postalCode: text,
          city: text,
        }),
      )
      .optional(),
    contact: z
      .array(
        z.looseObject({
          name: z.looseObject({ text, family: text }).optional(),
          telecom,
          relationship: z.array(concept).optional(),
        }),
      )
      .optional(),
    deceasedBoolean: z.boolean().optional(),
    deceasedDateTime: text,
  },
  'required:patient',
);

/** A whole day, or an instant with its zone. A year or a month is FHIR, but nothing can be counted from it. */
const moment = (missing: string) =>
  z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
    error: (problem) => (problem.input === undefined ? missing : 'impossible-date'),
  });

const consent = z.looseObject({
  status: z.literal('active', 'consent-missing'),
  dateTime: moment('required:consent-date'),
  period: z.looseObject({ start: text, end: text }).optional(),
  policyRule: text,
  extension: z.array(extension).optional(),
  except: z.array(z.looseObject({ type: z.enum(['deny', 'permit']), code: z.array(coding).optional() })).optional(),
});

const request = z.looseObject({
  status: z.enum(['active', 'completed'], 'value:status').optional(),
  intent: z.enum(['order', 'original-order', 'filler-order'], 'value:intent').optional(),
  priority: z.enum(['routine', 'urgent', 'asap', 'stat'], 'value:priority').optional(),
  identifier: z.array(identifier).optional(),
  reasonCode: z.array(concept).optional(),
  serviceRequested: z.array(concept).optional(),
  category: z.array(concept).optional(),
  description: text,
  note: z.array(z.looseObject({ text })).optional(),
});

const section: z.ZodType<Section> = z.looseObject({
  title: text,
  code: concept.optional(),
  text: z.looseObject({ div: text }).optional(),
  get section() {
    return z.array(section).optional();
  },
});

export interface Section {
  readonly title?: string | undefined;
  readonly code?: z.infer<typeof concept> | undefined;
  readonly text?: { readonly div?: string | undefined } | undefined;
  readonly section?: Section[] | undefined;
}

const composition = z.looseObject({
  status: z.enum(['preliminary', 'final', 'amended'], 'value:status').optional(),
  identifier: z.looseObject(
    { system: text, value: z.string('required:referral-number').min(1, 'required:referral-number') },
    'required:referral-number',
  ),
  type: concept,
  date: moment('required:authored-on'),
  section: z.array(section).optional(),
  relatesTo: z
    .array(z.looseObject({ code: text, targetIdentifier: z.looseObject({ system: text, value: text }).optional() }))
    .optional(),
});

const reference = z.looseObject({ reference: text, display: text, identifier: identifier.optional() });

const task = z.looseObject({
  id: text,
  status: z.literal('cancelled', 'value:task-status'),
  identifier: z.array(identifier).optional(),
  groupIdentifier: identifier.optional(),
  basedOn: z.array(reference).optional(),
  focus: reference.optional(),
  for: reference.optional(),
  statusReason: concept.optional(),
});

const letter = z.looseObject({
  path: z.string(),
  title: text,
  contentType: z
    .string()
    .regex(/^[a-z]+\/[\w.+-]+/i, 'value:content-type')
    .optional(),
  base64: z.base64('value:attachment').optional(),
});

const document = z.looseObject({
  kind: z.literal('document'),
  composition,
  patient,
  consent: consent.optional(),
  request: request.optional(),
  conditions: z.array(concept),
  letters: z.array(letter),
});
const withdrawn = z.looseObject({ kind: z.literal('task'), task, patient: patient.optional() });

type Rest = Pick<Parts, 'messageKey' | 'hasConsent' | 'performers' | 'agreement' | 'sender' | 'all'>;
export type DocumentMessage = z.infer<typeof document> & Rest;
export type TaskMessage = z.infer<typeof withdrawn> & Rest;
export type Message = DocumentMessage | TaskMessage;

/** What this project requires of a STU3 document or Task; the shape is that of `Parts`, taken apart by gather. */
export const contract = z.discriminatedUnion('kind', [document, withdrawn]) as unknown as z.ZodType<Message>;

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
  'required:referral-number': {
    nl: 'Het nummer van de verwijzing ontbreekt (het ZD-nummer in Composition.identifier; bij een Task in basedOn, groupIdentifier of identifier).',
    en: 'The number of the referral is missing (the ZD number in Composition.identifier; of a Task in basedOn, groupIdentifier or identifier).',
  },
  'required:authored-on': {
    nl: 'De datum van de brief ontbreekt (Composition.date).',
    en: 'The date of the letter is missing (Composition.date).',
  },
  'required:reason': {
    nl: 'De reden van de verwijzing ontbreekt. Zet haar in een rubriek "Reden verwijzing" of "Vraagstelling", in uw eigen woorden en zonder medische gegevens.',
    en: 'The reason for the referral is missing. Put it in a section "Reden verwijzing" or "Vraagstelling", in your own words and without medical data.',
  },
  'required:supplement-content': {
    nl: 'Deze nazending heeft geen bijlage en geen tekst die wij mogen doorgeven. Stuur de bijlage mee.',
    en: 'This supplement has no attachment and no text that we may pass on. Send the attachment along.',
  },
  'required:about': {
    nl: 'Er staat niet bij over wie dit gaat (Task.for). Stuur naam en geboortedatum mee: zonder kunnen wij niet nagaan dat het nummer klopt.',
    en: 'It does not say whom this is about (Task.for). Send name and birth date along: without them we cannot check the number.',
  },
  'required:consent-by': {
    nl: 'Er staat niet bij wie toestemming gaf (Consent.consentingParty). Leg dat vast en stuur de verwijzing opnieuw.',
    en: 'It does not say who gave consent (Consent.consentingParty). Record that and send the referral again.',
  },
  'required:consent-date': {
    nl: 'De datum van de toestemming ontbreekt (Consent.dateTime).',
    en: 'The date of the consent is missing (Consent.dateTime).',
  },
  'required:consent-how': {
    nl: 'Er staat niet bij hoe de toestemming is gegeven: mondeling (spoken) of schriftelijk (written).',
    en: 'It does not say how consent was given: spoken or written.',
  },
  'value:status': {
    nl: 'Dit document of deze verwijzing is ingetrokken of nog niet af (status). Wij nemen alleen aan wat geldt.',
    en: 'This document or referral was withdrawn or is not finished (status). We take only what is in force.',
  },
  'value:intent': {
    nl: 'Een verwijzing heeft intent order. Voorstellen en plannen nemen wij niet aan.',
    en: 'A referral has intent order. We do not take proposals or plans.',
  },
  'value:priority': {
    nl: 'Deze urgentie kennen wij niet. Gebruik routine, urgent, asap of stat.',
    en: 'We do not know this priority. Use routine, urgent, asap or stat.',
  },
  'value:gender': {
    nl: 'Dit geslacht kennen wij niet. Gebruik male, female, other of unknown.',
    en: 'We do not know this gender. Use male, female, other or unknown.',
  },
  'value:task-status': {
    nl: 'Van een Task nemen wij alleen de intrekking aan (status cancelled). Een nieuwe verwijzing komt als document.',
    en: 'Of a Task we take the withdrawal only (status cancelled). A new referral comes as a document.',
  },
  'value:attachment': {
    nl: 'Deze bijlage is beschadigd: het is geen geldige base64.',
    en: 'This attachment is damaged: it is not valid base64.',
  },
  'value:content-type': {
    nl: 'De soort van deze bijlage (contentType) is niet goed geschreven, bijvoorbeeld application/pdf.',
    en: 'The kind of this attachment (contentType) is not written properly, as in application/pdf.',
  },
  'value:document-type': {
    nl: 'Dit soort document kennen wij niet. Kortelijn neemt verwijzingen naar de Wally aan, en nazendingen en annuleringen daarvan.',
    en: 'We do not know this kind of document. Kortelijn takes referrals to the Wally, and supplements and cancellations of these.',
  },
  'value:other-service': {
    nl: 'Dit is een aanvraag voor onderzoek of een vraag aan een specialist. De Wally neemt alleen verwijzingen aan: maak een verwijzing, of kies een andere ontvanger.',
    en: 'This is a request for tests or a question to a specialist. The Wally takes referrals only: make a referral, or choose another recipient.',
  },
};
