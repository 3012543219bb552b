import type { IssueCode } from '../../src/fhir/outcome.ts';

/** The rows of the table "Error answers", as it names them; each is met by a door, or it says here which issue meets it. */
export const cases = [
  'not parseable',
  'required element missing',
  'value not in required set, impossible date',
  'cross-field rule',
  'unsupported event, resource, profile version',
  'unknown practice / service / target',
  'unknown referral on update/cancel',
  'illegal transition',
  'stale version',
  'duplicate, identical',
  'same id, other content',
  'consent/basis missing',
  'too large / attachment type',
  'busy / down',
  'beside the table',
] as const;
export type Case = (typeof cases)[number];
export type Door = 'FHIR' | 'MLLP';

/** What may be kept of a refused message (decision 15). */
export type Kept = 'sealed' | 'ids and hash' | 'nothing';

/** Code of the issue, its words (`reason` or `reason:variant` of refusals-table-words), and the place. */
export type Told = readonly [code: IssueCode, words: string, place?: string];

/** A part of a case that no message of today can bring about, with what a sender meets until it can. */
export interface Later {
  readonly row: Case;
  readonly what: string;
  readonly doors: readonly Door[];
  readonly issue: number;
  readonly until: string;
}

export const later: readonly Later[] = [
  {
    row: 'unsupported event, resource, profile version',
    what: 'a version of our profile that we do not read',
    doors: ['FHIR'],
    issue: 6,
    until: 'no profile is asked for: base R4 and the rules of the contract are checked whatever meta.profile says',
  },
  {
    row: 'illegal transition',
    what: 'a status that may not follow the present one',
    doors: ['FHIR'],
    issue: 6,
    until: 'it needs a referral that is there: 409, row by row in test/intake/fhir-moves',
  },
  {
    row: 'stale version',
    what: 'If-Match with an older version (412), and 206',
    doors: ['FHIR', 'MLLP'],
    issue: 6,
    until: 'FHIR needs what was read: 412 in test/intake/fhir-updates and fhir-moves; HL7 v2 has no versions',
  },
  {
    row: 'duplicate, identical',
    what: '409 duplicate instead of a replay, for peers that ask for it',
    doors: ['FHIR'],
    issue: 6,
    until: 'every sender gets the replay',
  },
  {
    row: 'too large / attachment type',
    what: 'a type of attachment that is refused (415)',
    doors: ['FHIR', 'MLLP'],
    issue: 6,
    until: 'no attachment is passed on, of whatever type: the referral is taken and the loss is said in the answer',
  },
  {
    row: 'busy / down',
    what: '429 for one sender that asks too much',
    doors: ['FHIR'],
    issue: 6,
    until: 'the pool and the group commit make a sender wait; the log-in page does count (test/identity)',
  },
];

/** One request of a practice's system; what is not named is a transaction with the practice's own credential. */
export interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whose credential; `nobody`: none at all. */
  readonly by?: 'zuidrand' | 'no-wally' | 'stranger' | 'nobody';
  readonly body?: string | Buffer;
}

/** What both doors have in common. `ask` and `first` get a number that no other row has. */
interface Row<Sent> {
  readonly row: Case;
  readonly what: string;
  readonly ask: (number: string) => Sent;
  /** Sent before it, and taken. */
  readonly first?: (number: string) => Sent;
  /** What becomes of the first one before the row is sent. */
  readonly meanwhile?: 'taken back' | 'closed';
  /** What is broken behind the door. */
  readonly behind?: 'database away' | 'bug';
  readonly kept: Kept;
}

/** A case at the FHIR door. Nothing told: it is no refusal; when there was a first, its answer comes again. */
export interface FhirRow extends Row<Ask> {
  readonly status: number;
  readonly told: readonly Told[];
  /** The words of the one thing said, when it is no refusal. */
  readonly says?: string;
  readonly headers?: Readonly<Record<string, RegExp>>;
}

/** A case at the MLLP door: MSA-1, and per ERR the place as ERR-2 has it, the code of table 0357 and the words. */
export interface MllpRow extends Row<string | Buffer> {
  readonly code: 'AA' | 'AE' | 'AR' | 'CE' | 'CR';
  /** The words of MSA-3, when it is no refusal. */
  readonly says?: string;
  readonly errors: readonly (readonly [place: string, condition: string, words: string])[];
  /** As the door writes paths, when they differ from what the places of `errors` say. */
  readonly paths?: readonly string[];
  /** Why it cannot be asked in English. */
  readonly dutchOnly?: string;
}

export const bodyBytesMax = 60_000;
