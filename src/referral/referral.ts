import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Custody, custodyCodes } from './custody.ts';
import { lifeAreaCodes } from './life-area.ts';

/**
 * The canonical referral: what every door's mapping ends in and every rule works on.
 * Dates are local Dutch dates (yyyy-mm-dd), instants are ISO 8601 with offset. Nothing in it is invented:
 * what a sender did not say is absent, what could not be carried is a loss.
 */
const localDate = z.iso.date();
const instant = z.iso.datetime({ offset: true });
const line = z.string().trim().min(1).max(200);
const text = z.string().trim().min(1).max(8000);

export const patientSchema = z.strictObject({
  /** The practice's own patient id, so that an answer can name the same record. */
  localId: z.strictObject({ system: line, value: line }).optional(),
  bsn: z.string().length(9).optional(),
  name: z.strictObject({
    family: line,
    /** Given names or initials, as the practice wrote them. */
    given: line.optional(),
    /** The name the resident is called by. */
    callName: line.optional(),
    /** Whole name as one line for people: call name or given, then family with its tussenvoegsel. */
    text: line,
  }),
  birthDate: localDate,
  gender: z.enum(['male', 'female', 'other', 'unknown']).optional(),
  deceased: z.boolean().optional(),
  phones: z.array(line).max(5),
  email: line.optional(),
  address: z
    .strictObject({
      street: line.optional(),
      houseNumber: line.optional(),
      postcode: line.optional(),
      city: line.optional(),
    })
    .optional(),
});

const consentSchema = z.strictObject({
  /** Who said yes; ages 12, 16 and 18 decide who must (BW 7:447, 7:450, 7:465; H6, H7). */
  by: z.enum(['resident', 'parents', 'resident-and-parents', 'representative']),
  /** Who has custody of a child, when somebody said so (H6). */
  custody: z.enum(custodyCodes as [Custody, ...Custody[]]).optional(),
  how: z.enum(['spoken', 'written']),
  on: localDate,
  /** Medical codes may travel along (P and Z codes, H17). */
  medicalCodes: z.boolean(),
  /** What may come back to the GP: the content, or only that it was closed (promise 3). */
  feedback: z.enum(['content', 'closure-only']),
});

const safeContactSchema = z.strictObject({
  /** H2: someone at home may not know. No voicemail, letters, mail or page for the resident; calendar says "afspraak". */
  unsafe: z.boolean(),
  phone: line.optional(),
  times: line.optional(),
  noVoicemail: z.boolean(),
  noLetters: z.boolean(),
});

/** A letter that came along: shown to the Wally only when the consent covers medical content (H17). */
const letterSchema = z.strictObject({
  title: line,
  contentType: z.string().regex(/^[a-z]+\/[\w.+-]+$/i),
  base64: z.base64().min(1),
});

export const referralSchema = z.strictObject({
  /** The practice's own number for this referral: unique within the practice, across all formats. */
  practiceReferralId: z.strictObject({ system: line, value: line }),
  authoredOn: instant,
  priority: z.enum(['routine', 'urgent', 'asap', 'stat']),
  requester: z.strictObject({ name: line.optional(), agb: z.string().length(8).optional() }),
  patient: patientSchema,
  reason: text,
  /** In the resident's own words; read back and carried along so that nobody has to tell it again. */
  residentQuestion: text.optional(),
  lifeAreas: z.array(z.enum(lifeAreaCodes as [string, ...string[]])).max(10),
  reasonCodes: z.array(z.strictObject({ system: line, code: line, display: line.optional() })).max(10),
  consent: consentSchema,
  safeContact: safeContactSchema.optional(),
  contactPerson: z.strictObject({ name: line, phone: line.optional(), relation: line.optional() }).optional(),
  /** The episode in the practice's record that the answer should be filed under. */
  episode: z.strictObject({ system: line.optional(), value: line }).optional(),
  /** Content that has no place of its own, kept as text (each also a loss). */
  notes: z.array(text).max(50),
  letters: z.array(letterSchema).max(10).optional(),
});

export type Referral = z.infer<typeof referralSchema>;
export type Patient = z.infer<typeof patientSchema>;
export type Consent = z.infer<typeof consentSchema>;
export type Letter = z.infer<typeof letterSchema>;
export type SafeContact = z.infer<typeof safeContactSchema>;

/**
 * Content of the sender's message that could not be carried to its own place; always reported, never silent.
 * `deviates`: carried, though written in another way than was agreed: a warning, so that the sender can mend it.
 */
export interface Loss {
  /** Where it stood, in the sender's own message. */
  readonly path: string;
  readonly why: 'kept-as-text' | 'kept-with-source' | 'unknown-code' | 'not-shared' | 'deviates';
}

/** Whole years on a day (both local dates). A birthday on 29 February counts from 1 March (BW 1:2, in practice). */
export function ageOn(birthDate: string, day: string): number {
  const years = Number(day.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return day.slice(5) < birthDate.slice(5) ? years - 1 : years;
}

/** Age band of the content-free journey events: wide enough that nobody can be told apart. */
export function ageBand(birthDate: string, day: string): string {
  const age = ageOn(birthDate, day);
  if (age < 12) return '0-11';
  if (age < 18) return '12-17';
  if (age < 27) return '18-26';
  if (age < 45) return '27-44';
  if (age < 65) return '45-64';
  if (age < 80) return '65-79';
  return '80+';
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`)
    .join(',')}}`;
}

/**
 * SHA-256 of what a referral says. The moment of writing is left out: some systems set it anew when they send again,
 * and a resend must be known as one (decision 2).
 */
export function referralHash(referral: Referral): Uint8Array {
  const { authoredOn: _authoredOn, ...rest } = referral;
  return hashOf(rest);
}

/** The same for any plain value: key order and absent fields make no difference. */
export function hashOf(value: unknown): Uint8Array {
  return createHash('sha256').update(canonical(value)).digest();
}
