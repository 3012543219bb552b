import { z } from 'zod';
import { validBsn } from '../../src/fhir/identifiers.ts';
import type { Said } from '../../src/fhir/outcome.ts';
import type { Parts } from './gather.ts';

const isDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text);
const day = z.string().refine((text) => text === '' || isDay(text), 'impossible-date');
const bsn = z.string().refine((text) => text === '' || validBsn(text), 'bsn-invalid');
const never = (why: string) => z.array(z.string().refine(() => false, why));

const whole = {
  number: z.looseObject({
    value: z.string().min(1, 'required:referral-number').max(200, 'value:referral-number'),
  }),
  intents: z.array(z.string()).max(1, 'value:one-intent'),
  twice: never('value:named-twice'),
};

const referral = z.looseObject({
  ...whole,
  intent: z.enum(['refer', 'announce', 'correct']),
  writtenAt: z
    .looseObject({ said: z.string(), instant: z.string() })
    .refine((one) => one.said !== '', 'required:written-at')
    .refine((one) => one.said === '' || one.instant !== '', 'impossible-date'),
  patient: z.looseObject({
    family: z.string().min(1, 'required:patient-name'),
    birthDate: z.string().min(1, 'required:birth-date').pipe(day),
    bsn,
  }),
  consent: z
    .looseObject({ named: z.boolean(), agreed: z.boolean() })
    .refine((one) => one.named || one.agreed, 'consent-missing'),
});

// About a referral that we have: whom it names must agree with that (H3); what it names must exist.
const later = z.looseObject({
  ...whole,
  intent: z.enum(['cancel', 'supplement']),
  patient: z.looseObject({ family: z.string(), birthDate: day, bsn }),
});

/** What was gathered, as the contract allows it. */
export type Checked = Parts;

/** What this project requires of a MEDVRI; the shape is that of `Parts`, taken out of the segments by gather. */
export const contract = z.discriminatedUnion('intent', [referral, later]) as unknown as z.ZodType<Checked>;

export const says: Record<string, Said> = {
  'required:referral-number': {
    nl: 'Er staat niet bij om welke verwijzing het gaat. Zet het nummer achter de naam, bijvoorbeeld: Intrekken: V-1.',
    en: 'It does not say which referral this is about. Write the number behind the name, for example: Withdraw: V-1.',
  },
  'value:referral-number': {
    nl: 'Dit verwijsnummer is te lang.',
    en: 'This referral number is too long.',
  },
  'value:one-intent': {
    nl: 'Dit bericht zegt twee dingen tegelijk: kies intrekken, correctie of aanvulling, en stuur ze apart.',
    en: 'This message says two things at once: choose withdraw, correction or supplement, and send them apart.',
  },
  'value:named-twice': {
    nl: 'Deze regel staat er twee keer. Wij weten niet welke geldt.',
    en: 'This line stands there twice. We do not know which one counts.',
  },
  'required:written-at': {
    nl: 'De datum van het bericht ontbreekt (DET).',
    en: 'The date of the message is missing (DET).',
  },
  'required:patient-name': {
    nl: 'De naam van de inwoner ontbreekt (PID-3). Vul de achternaam in.',
    en: 'The name of the resident is missing (PID-3). Fill in the family name.',
  },
  'required:birth-date': {
    nl: 'De geboortedatum ontbreekt (PID-1). Zonder geboortedatum kunnen wij personen niet uit elkaar houden.',
    en: 'The birth date is missing (PID-1). Without it we cannot tell people apart.',
  },
  'required:consent-by': {
    nl: 'Er staat niet bij wie toestemming gaf. Schrijf bijvoorbeeld: Toestemming: ja, mondeling, door inwoner, 23-11-2026.',
    en: 'It does not say who gave consent. Write for example: Consent: yes, spoken, by resident, 23-11-2026.',
  },
  'required:consent-how': {
    nl: 'Er staat niet bij hoe de toestemming is gegeven: mondeling of schriftelijk.',
    en: 'It does not say how consent was given: spoken or written.',
  },
  'required:consent-date': {
    nl: 'De datum van de toestemming ontbreekt. Schrijf die als 23-11-2026.',
    en: 'The date of the consent is missing. Write it as 23-11-2026.',
  },
  'value:consent-words': {
    nl:
      'In deze toestemming staan woorden die wij niet kennen. Een voorwaarde kunnen wij niet bewaken. ' +
      'Schrijf bijvoorbeeld: Toestemming: ja, mondeling, door inwoner, 23-11-2026.',
    en: 'This consent has words that we do not know. We cannot guard a condition. Write for example: Consent: yes, spoken, by resident, 23-11-2026.',
  },
  'required:reason': {
    nl: 'De reden van de verwijzing ontbreekt. Schrijf achter Reden: waarom u verwijst.',
    en: 'The reason for the referral is missing. Write behind Reason: why you refer.',
  },
  'value:priority': {
    nl: 'Wij kennen deze urgentie niet. Schrijf normaal, dringend of spoed. Bij gevaar: bel nu.',
    en: 'We do not know this urgency. Write normal, urgent or asap. In danger: call now.',
  },
  'value:flag': {
    nl: 'Hier staat geen ja of nee. Wij raden niet wat is afgesproken.',
    en: 'This is not yes or no. We do not guess what was agreed.',
  },
  'value:safe-contact': {
    nl: 'Schrijf hier hoe en wanneer de Wally veilig kan bellen, bijvoorbeeld: Veilig bereiken: dinsdag tussen 9 en 11. Ja of nee kan verkeerd worden begrepen.',
    en: 'Write here how and when it is safe to call, for example: Reach safely: Tuesday between 9 and 11. Yes or no can be misunderstood.',
  },
  'value:referrer-agb': {
    nl: 'Dit is geen AGB-code van een verwijzer: die heeft acht cijfers.',
    en: 'This is no AGB code of a referrer: it has eight digits.',
  },
};
