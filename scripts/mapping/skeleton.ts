/** The files of a new mapping folder: small, working, and meant to be changed. */

export const contractText = `import { z } from 'zod';
import type { Said } from '../../src/fhir/outcome.ts';

const text = z.string('required:field').trim().min(1, 'required:field').max(8000, 'value:too-long');

/** What we require of a message. The words after a check are the key of its sentence in \`says\`. */
export const contract = z.object({
  referralNumber: text,
  date: z.iso.datetime({ offset: true, error: 'impossible-date' }),
  patient: z.object({ name: text, birthDate: z.iso.date('impossible-date'), phone: text.optional() }, 'required:field'),
  subject: text.optional(),
  text,
  consent: z.object(
    {
      givenBy: z.enum(['resident', 'parents', 'resident-and-parents', 'representative'], 'value:given-by'),
      how: z.enum(['spoken', 'written'], 'value:how'),
      on: z.iso.date('impossible-date'),
    },
    'consent-missing',
  ),
});

export type Message = z.infer<typeof contract>;

/** A sentence for people, per key of the contract. */
export const says: Readonly<Record<string, Said>> = {
  'required:field': { nl: 'Dit veld ontbreekt of is leeg.', en: 'This field is missing or empty.' },
  'value:too-long': { nl: 'Deze tekst is te lang.', en: 'This text is too long.' },
  'value:given-by': {
    nl: 'Wie gaf toestemming? Deze waarde kennen wij niet.',
    en: 'Who gave consent? We do not know this value.',
  },
  'value:how': { nl: 'Toestemming is spoken of written.', en: 'Consent is spoken or written.' },
};
`;

export const toReferralText = (
  name: string,
): string => `import type { Format, Gathered, MappedReferral, Translate } from '../../src/referral/format.ts';
import { isLifeArea } from '../../src/referral/life-area.ts';
import type { Loss } from '../../src/referral/referral.ts';
import { contract, type Message, says } from './contract.ts';

const pathOf = (path: readonly PropertyKey[]) => path.map(String).join('.');
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** What was received and the contract does not know: a loss each. */
function unknownIn(received: unknown, read: unknown, path: readonly string[] = []): Loss[] {
  if (!isObject(received) || !isObject(read)) return [];
  return Object.entries(received).flatMap(([key, one]): Loss[] =>
    Object.hasOwn(read, key)
      ? unknownIn(one, read[key], [...path, key])
      : [{ path: pathOf([...path, key]), why: 'kept-with-source' }],
  );
}

/** A message as our referral. Nothing is guessed: what has no place is a loss. */
function toReferral(message: Message, gathered: Gathered, translate: Translate): MappedReferral {
  const { patient, consent, subject } = message;
  const area = subject && translate('life-area', 'urn:kortelijn:${name}:subject', subject);
  const isKnown = area !== undefined && isLifeArea(area);
  return {
    intent: 'refer',
    referral: {
      practiceReferralId: { system: 'urn:kortelijn:${name}:referral', value: message.referralNumber },
      authoredOn: message.date,
      priority: 'routine',
      requester: {},
      patient: {
        name: { family: patient.name, text: patient.name },
        birthDate: patient.birthDate,
        phones: patient.phone ? [patient.phone] : [],
      },
      reason: message.text,
      lifeAreas: isKnown ? [area] : [],
      reasonCodes: [],
      consent: { by: consent.givenBy, how: consent.how, on: consent.on, medicalCodes: false, feedback: 'closure-only' },
      notes: subject && !isKnown ? [\`Leefgebied volgens de verwijzer: \${subject}\`] : [],
    },
    losses: [
      ...unknownIn(gathered.message, message),
      ...(subject && !isKnown ? [{ path: 'subject', why: 'unknown-code' } as const] : []),
    ],
    places: {
      consentBy: 'consent.givenBy',
      consentOn: 'consent.on',
      practice: '',
      birthDate: 'patient.birthDate',
      number: 'referralNumber',
    },
  };
}

export const format: Format<Message> = {
  name: '${name}',
  version: '1',
  syntax: 'json',
  gather: (received) => ({ message: received, origin: pathOf, issues: [] }),
  contract,
  wire: contract,
  says,
  toReferral,
};
`;

export const tableText = (name: string): string =>
  `${JSON.stringify(
    {
      resourceType: 'ConceptMap',
      url: `https://kortelijn.example/fhir/ConceptMap/${name}-to-life-area`,
      version: '1',
      name: 'SubjectToLifeArea',
      status: 'active',
      group: [
        {
          source: `urn:kortelijn:${name}:subject`,
          target: 'https://kortelijn.example/fhir/CodeSystem/life-area',
          element: [
            { code: 'eenzaamheid', target: [{ code: 'loneliness', equivalence: 'equivalent' }] },
            { code: 'schulden', target: [{ code: 'debts', equivalence: 'equivalent' }] },
          ],
        },
      ],
    },
    null,
    2,
  )}\n`;

export const readmeText = (name: string): string => `# ${name}

What this system sends, and to which door: \`POST /intake/${name}\`.

## Carried

| field | becomes |
|---|---|
| \`referralNumber\` | the practice's own number |
| \`date\` | date of the referral |
| \`patient\` | the resident |
| \`subject\` | a life area, by \`codes/life-area.json\`; another word becomes a note |
| \`text\` | the reason |
| \`consent\` | who gave it, how, on which day; required (decision 13) |

## Lost, and always reported

- Any other field: \`kept-with-source\`.
- A subject that is not in the table: \`unknown-code\`.

## Source

Where the format is described, in which version, and with which messages it was compared.
`;
