import { z } from 'zod';
import { validBsn } from '../../src/fhir/identifiers.ts';
import { type Custody, custodyCodes } from '../../src/referral/custody.ts';
import { lifeAreaCodes } from '../../src/referral/life-area.ts';
import { says } from './says.ts';

export { says };

/** What is missing has a sentence of its own where people need one; anything else says what is expected. */
const named = (required: string, wrong: string) => ({
  error: ({ input }: { readonly input?: unknown }) => (input === undefined || input === null ? required : wrong),
});
const field = (wrong: string) => named('required:field', wrong);

/** Text with something in it. Characters count as JSON Schema counts them: as people see them, not as UTF-16. */
const text = (max: number, required = 'required:field') =>
  z
    .string(named(required, 'value:text'))
    .refine((one) => /\S/.test(one), required)
    .refine((one) => one.length <= max || [...one].length <= max, 'value:too-long')
    .meta({ minLength: 1, maxLength: max, pattern: '\\S' });
const line = (required?: string) => text(200, required);
const words = (required?: string) => text(8000, required);
const day = (required = 'required:field') => z.iso.date(named(required, 'impossible-date'));
const flag = () => z.boolean(field('value:flag'));
const list = <T extends z.ZodType>(one: T, max: number) => z.array(one, field('value:list')).max(max, 'value:too-many');
const agb = () => z.string(field('value:agb')).regex(/^\d{8}$/, 'value:agb');

/** Left out or null: both are "we do not say". */
const maybe = <T extends z.ZodType>(one: T) => one.nullish();
const part = <T extends z.ZodRawShape>(shape: T, required = 'required:field') =>
  z.object(shape, named(required, 'value:object'));

const address = part({
  street: maybe(line()).describe('Name of the street, without the house number.'),
  houseNumber: maybe(line()).describe('House number with its addition: "12", "12 bis".'),
  postcode: maybe(line()).describe('Postcode, as "1234 AB".'),
  city: maybe(line()).describe('Town.'),
});

const patient = part(
  {
    number: maybe(line()).describe(
      "The practice's own number of the patient, so that the answer names the same record.",
    ),
    bsn: maybe(
      z
        .string(field('value:text'))
        .regex(/^\d{8,9}$/, 'bsn-invalid')
        .refine((one) => !/^\d{8,9}$/.test(one) || validBsn(one), 'bsn-invalid'),
    ).describe(
      'Citizen service number (BSN), digits only. Beyond this pattern its check digit (11-proef) must be right.',
    ),
    familyName: line('required:patient-name').describe('Family name, without prefix.'),
    prefix: maybe(line()).describe('Prefix of the family name: "van der".'),
    givenNames: maybe(line()).describe('Given names or initials, as the practice wrote them.'),
    callName: maybe(line()).describe('The name the resident is called by.'),
    birthDate: day('required:birth-date').describe('Date of birth, yyyy-mm-dd. Always a whole day.'),
    gender: maybe(z.enum(['male', 'female', 'other', 'unknown'], field('value:gender'))).describe(
      'Administrative gender.',
    ),
    deceased: maybe(flag()).describe('True when the resident has died; the referral is then refused.'),
    phones: maybe(list(line(), 5)).describe('Phone numbers, the best one first.'),
    email: maybe(line()).describe('Mail address.'),
    address: maybe(address).describe('Where the resident lives.'),
  },
  'required:patient',
);

const consent = part(
  {
    given: maybe(z.literal(true, 'consent-missing')).describe('May be left out; anything but true is no consent.'),
    by: z
      .enum(
        ['resident', 'parents', 'resident-and-parents', 'representative'],
        named('required:consent-by', 'value:consent-by'),
      )
      .describe(
        'Who said yes. Under 12 the parents, from 12 to 15 both, from 16 the resident, or who represents them.',
      ),
    custody: maybe(z.enum(custodyCodes as [Custody, ...Custody[]], field('value:custody'))).describe(
      'Who has custody of a resident under 16. Left out when it is not known.',
    ),
    how: z
      .enum(['spoken', 'written'], named('required:consent-how', 'value:consent-how'))
      .describe('How it was given.'),
    on: day('required:consent-date').describe('The day on which it was given, yyyy-mm-dd.'),
    medical: maybe(flag()).describe('Whether medical codes and letters may go along. Left out is no.'),
    feedback: maybe(z.enum(['content', 'closure-only'], field('value:consent-feedback'))).describe(
      'What may come back to the practice: the content, or only that it was closed. Left out is closure-only.',
    ),
  },
  'consent-missing',
);

const safeContact = part({
  unsafe: flag().describe('True when someone at home may not know of this.'),
  phone: maybe(line()).describe('The one number that is safe to call.'),
  times: maybe(line()).describe('When it is safe to call, in words.'),
  noVoicemail: maybe(flag()).describe('Never leave a message.'),
  noLetters: maybe(flag()).describe('Never send a letter.'),
});

const letter = part({
  title: line().describe('What the letter is, for people.'),
  contentType: z
    .string(field('value:text'))
    .regex(/^[A-Za-z]+\/[\w.+-]+$/, 'value:content-type')
    .describe('Media type: "application/pdf".'),
  base64: z.base64(field('value:base64')).min(1, 'required:field').describe('The bytes of the letter, as base64.'),
});

const code = part({
  system: line().describe('"ICPC-1", "SNOMED" or the URI of the code system.'),
  code: line().describe('The code.'),
  display: maybe(line()).describe('Its meaning in words.'),
});

const head = {
  number: line('required:number').describe(
    "The practice's own number of this referral; the same in every later message about it.",
  ),
  numberSystem: maybe(line()).describe('URI of who gives out these numbers, when there is one.'),
  writtenAt: z.iso
    .datetime({ offset: true, ...named('required:written-at', 'value:instant') })
    .describe('When it was written, ISO 8601 with offset: "2026-11-23T09:00:00+01:00".'),
  practice: maybe(part({ agb: agb().describe('AGB code of the practice, eight digits.') })).describe(
    'The sending practice; checked against the key it sends with.',
  ),
};

/** Whom a later message is about: compared with the referral it belongs to (H3). */
const about = part(
  {
    familyName: maybe(line()).describe('Family name, without prefix.'),
    birthDate: day('required:birth-date').describe('Date of birth, yyyy-mm-dd.'),
  },
  'required:patient',
).describe('Whom it is about; it must agree with the referral.');

const referral = {
  ...head,
  priority: maybe(z.enum(['routine', 'urgent', 'asap', 'stat'], field('value:priority'))).describe(
    'How soon. Left out is routine. For asap and stat also call: this line works in working days.',
  ),
  referrer: maybe(
    part({
      name: maybe(line()).describe('Name of the GP or practice nurse.'),
      agb: maybe(agb()).describe('AGB code of the GP, eight digits.'),
    }),
  ).describe('Who refers.'),
  patient: patient.describe('The resident.'),
  question: maybe(words()).describe("The resident's own question, in their words."),
  lifeAreas: maybe(list(line(), 10)).describe(
    `What it is about: ${lifeAreaCodes.join(', ')}, or a word of codes/life-area.json. Another word goes along as a note.`,
  ),
  codes: maybe(list(code, 10)).describe('Medical codes; shown only when consent.medical is true.'),
  consent: consent.describe('The consent of the resident. Without it nothing is sent.'),
  safeContact: maybe(safeContact).describe('How the resident can be reached safely.'),
  contactPerson: maybe(
    part({
      name: line().describe('Name.'),
      phone: maybe(line()).describe('Phone number.'),
      relation: maybe(line()).describe('What they are to the resident: "buurvrouw".'),
    }),
  ).describe('Somebody beside the resident.'),
  episode: maybe(
    part({
      number: line().describe("The episode in the practice's record that the answer is filed under."),
      system: maybe(line()).describe('URI of who gives out these numbers.'),
    }),
  ).describe('The episode in the record.'),
  notes: maybe(list(words(), 30)).describe('Anything else the Wally should know, not medical.'),
  letters: maybe(list(letter, 10)).describe('Letters; shown only when consent.medical is true.'),
};

const reason = words('required:reason').describe('Why the practice refers, in its own words, without medical terms.');

/** What stands on the wire: a message of one of five types. Its JSON Schema is served beside the door. */
export const contract = z
  .discriminatedUnion(
    'type',
    [
      part({ type: z.literal('referral').describe('A new referral.'), ...referral, reason }),
      part({
        type: z.literal('correction').describe('Replaces what was sent before under this number.'),
        ...referral,
        reason,
        replaces: maybe(line()).describe('The number it had before, when the correction has a new one.'),
      }),
      part({
        type: z.literal('announcement').describe('A referral whose letter follows under the same number.'),
        ...referral,
        reason: maybe(words()).describe('Why the practice refers, when that can be said already.'),
      }),
      part({
        type: z.literal('cancellation').describe('Takes the referral back.'),
        ...head,
        patient: about,
        explanation: maybe(line()).describe('Why, in words.'),
      }),
      part({
        type: z.literal('supplement').describe('Something that belongs to a referral sent earlier.'),
        ...head,
        patient: about,
        text: maybe(words()).describe('A few words that are added to the referral.'),
        letters: maybe(list(letter, 10)).describe('Letters that are added to the referral.'),
      }),
    ],
    'value:type',
  )
  .describe(
    'A message about a referral to the Wally. Fields that are not named here are kept with the message, not passed on.',
  );

export type Message = z.infer<typeof contract>;
