import type { Communication } from '@medplum/fhirtypes';
import { z } from 'zod';

/** What the simulated HIS keeps. It is another party's system: nothing here is shared with Kortelijn but the wire. */

const id = z.string().regex(/^[a-z0-9][a-z0-9-]*$/);
const agb = z.string().regex(/^\d{8}$/);
const localDate = z.iso.date();
const line = z.string().trim().max(200);

const gpSchema = z.strictObject({ id, name: line.min(1), agb });

export const practiceSchema = z.strictObject({
  id: id.refine(
    (value) => !['api', 'mail', 'switches', 'style'].includes(value),
    'this id is an address of the HIS itself',
  ),
  name: line.min(1),
  agb,
  /** Bearer that this HIS sends to Kortelijn. */
  credential: z.string().min(1),
  /** Bearer that Kortelijn must send to this HIS. */
  token: z.string().min(1),
  /** Private key (JWK, P-256) with which this HIS signs in the practice's name; without one it launches nothing. */
  launchKey: z.record(z.string(), z.string()).optional(),
  /** It takes letters over MLLP too. */
  hl7: z.boolean().default(false),
  gps: z.array(gpSchema).min(1),
});

/** The file given with `--practices`. */
export const practicesFileSchema = z.object({ practices: z.array(practiceSchema).min(1) });

const episodeSchema = z.strictObject({ id: line.min(1), icpc: line, title: line, since: localDate });

const journalEntrySchema = z.strictObject({
  date: localDate,
  by: line,
  episode: line.optional(),
  s: z.string().optional(),
  o: z.string().optional(),
  e: z.string().optional(),
  p: z.string().optional(),
});

export const patientSchema = z.strictObject({
  id,
  bsn: z
    .string()
    .regex(/^\d{9}$/)
    .optional(),
  /** First names in full; the call name apart. */
  given: z.array(line.min(1)).default([]),
  callName: line.optional(),
  ownPrefix: line.optional(),
  ownName: line.min(1),
  partnerPrefix: line.optional(),
  partnerName: line.optional(),
  /** Order of the names as the patient wants it (zib NameInformation, NL1 to NL4). */
  nameOrder: z.enum(['NL1', 'NL2', 'NL3', 'NL4']).default('NL1'),
  gender: z.enum(['male', 'female', 'other', 'unknown']).default('unknown'),
  birthDate: localDate,
  phone: line.optional(),
  mobile: line.optional(),
  email: line.optional(),
  street: line.optional(),
  houseNumber: line.optional(),
  houseNumberSuffix: line.optional(),
  postcode: line.optional(),
  city: line.optional(),
  /** The fixed GP: id of one of the practice's GPs. */
  gp: line.optional(),
  episodes: z.array(episodeSchema).default([]),
  journal: z.array(journalEntrySchema).default([]),
});

export const lifeAreaLabels = {
  loneliness: 'Eenzaamheid en contacten',
  debts: 'Geld en schulden',
  housing: 'Wonen',
  work: 'Werk, school of dagbesteding',
  relations: 'Relaties en gezin',
  'daily-life': 'Dagelijks leven',
  health: 'Gezondheid en leefstijl',
  meaning: 'Zingeving en verlies',
  safety: 'Veiligheid',
  other: 'Iets anders',
} as const;

export const consentGivers = {
  resident: 'Patiënt zelf',
  parents: 'Ouders of voogd',
  'resident-and-parents': 'Jongere én ouders of voogd',
  representative: 'Wettelijk vertegenwoordiger',
} as const;

const keysOf = <T extends object>(table: T) => Object.keys(table) as [keyof T & string, ...(keyof T & string)[]];

/** What the GP says at the click. Consent may be left out: then none is sent, and refusing is Kortelijn's work. */
export const referRequestSchema = z.strictObject({
  gp: line.optional(),
  reason: z.string().trim().max(8000).default(''),
  question: z.string().trim().max(8000).optional(),
  lifeAreas: z.array(z.enum(keysOf(lifeAreaLabels))).default([]),
  priority: z.enum(['routine', 'urgent', 'asap', 'stat']).default('routine'),
  /** The code to share; the episode it comes from stays inside the practice. */
  icpc: line.optional(),
  episode: line.optional(),
  consent: z
    .strictObject({
      by: z.enum(keysOf(consentGivers)),
      how: z.enum(['spoken', 'written']).optional(),
      medical: z.boolean().default(false),
      feedback: z.boolean().default(false),
    })
    .optional(),
  contact: z
    .strictObject({
      phone: line.optional(),
      times: line.optional(),
      noVoicemail: z.boolean().default(false),
      noLetters: z.boolean().default(false),
      unsafe: z.boolean().default(false),
    })
    .optional(),
});

export type Practice = Omit<z.infer<typeof practiceSchema>, 'hl7'> & { readonly hl7?: boolean };
export type Gp = z.infer<typeof gpSchema>;
export type Patient = z.infer<typeof patientSchema>;
export type Episode = z.infer<typeof episodeSchema>;
export type ReferRequest = z.infer<typeof referRequestSchema>;
export type LifeArea = keyof typeof lifeAreaLabels;

/** Who calls, before which day, on which number: as Kortelijn promised it in its answer. */
export interface Promised {
  readonly who?: string;
  /** When nobody is named yet: the team that has it. */
  readonly team?: string;
  readonly phone?: string;
  readonly before?: string;
  /** The journey number that people read aloud. */
  readonly number?: string;
  /** The promise as one sentence, where the answer says it so. */
  readonly said?: string;
}

/** One sentence of an OperationOutcome, exactly as it came. */
export interface Sentence {
  readonly severity: string;
  /** Short stable name of the sender for it, like `promise` or `consent-missing`. */
  readonly code?: string;
  readonly text: string;
  readonly expression: readonly string[];
}

/** Kortelijn's answer to one sending. `status` 0: no answer came. */
export interface Answer {
  readonly at: string;
  readonly status: number;
  readonly body: unknown;
  readonly promised: Promised;
  readonly sentences: readonly Sentence[];
}

/**
 * A referral this practice made. `not-sent` waits for one click; `opened` means the number was given to Kortelijn's own
 * refer page; `registered` was put in by a test.
 */
export interface MadeReferral {
  readonly id: string;
  readonly system: string;
  readonly value: string;
  readonly patientId: string;
  readonly madeAt: string;
  readonly state: 'not-sent' | 'accepted' | 'refused' | 'opened' | 'registered';
  readonly request?: ReferRequest;
  readonly episodeId?: string;
  /** The bytes sent, kept so that sending again is byte-identical. */
  readonly body?: string;
  readonly messageId?: string;
  readonly answer?: Answer;
}

/** An incoming Communication and where it is filed. No patientId: it stands in the "Postvak". */
export interface Letter {
  readonly id: string;
  readonly arrivedAt: string;
  readonly communication: Communication & { id: string };
  readonly patientId?: string;
  readonly referralId?: string;
  readonly filedBy?: 'itself' | 'staff';
  /** Why it did not file itself; for staff. */
  readonly why?: string;
}
