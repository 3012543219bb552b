import type { Communication, Resource } from '@medplum/fhirtypes';
import type { z } from 'zod';
import type { Issue, Said } from '../fhir/outcome.ts';
import type { Edition } from './change.ts';
import type { ConsentAgreement, MllpChannel } from './directory/mllp.ts';
import type { Reading } from './reading.ts';
import type { Places } from './receive.ts';
import { hashOf, type Letter, type Loss, type Referral, referralHash } from './referral.ts';

/** A received message taken apart, and where each part stood in the sender's own message. */
export interface Gathered {
  /** What the format's contract is checked against. */
  readonly message: unknown;
  /** Path in the gathered message → path in the sender's message. */
  readonly origin: (path: readonly PropertyKey[]) => string;
  /** What is wrong with the taking apart itself; with any, the contract is not looked at. */
  readonly issues: readonly Issue[];
}

interface Carried {
  readonly losses: readonly Loss[];
  /** Where in the sender's own message the parts stand that our rules may refuse. */
  readonly places: Places;
  /** The practice the message says it comes from (AGB), to be checked against the credential. */
  readonly practiceAgb?: { readonly value: string; readonly path: string };
  /** What tells this message from others, of a sender whose own message ids do not: in place of those (decision 2). */
  readonly messageKey?: string;
  /** With which mapping it was read; noted by who runs it. */
  readonly reading?: Reading;
}

/** The practice's own number of a referral. */
export interface ReferralNumber {
  readonly system: string;
  readonly value: string;
}

/** Whom a later message is about: it joins its referral only when this agrees with what we know (H3). */
export interface About {
  readonly family?: string;
  /** Local date, yyyy-mm-dd. */
  readonly birthDate?: string;
}

/** `announce`: who and where, the letter follows; `correct`: what was said before is to be replaced. */
export interface MappedReferral extends Carried {
  readonly intent: 'refer' | 'announce' | 'correct';
  readonly referral: Referral;
  /** A correction under a new number: the number that it had. */
  readonly replaces?: ReferralNumber;
  /** Of a referral without a number of the sender's own: a hash of what it says, by which the same letter again is known. */
  readonly content?: string;
  /** Of a correction: by which an old one that comes after a newer one is known. */
  readonly edition?: Edition;
}

/** The practice takes a referral back. */
export interface MappedCancellation extends Carried {
  readonly intent: 'cancel';
  readonly number: ReferralNumber;
  readonly about: About;
  readonly reason?: string;
}

/** Something that belongs to a referral sent earlier: a letter, or a few words. */
export interface MappedSupplement extends Carried {
  readonly intent: 'supplement';
  readonly number: ReferralNumber;
  readonly about: About;
  readonly text?: string;
  readonly letters: readonly Letter[];
}

/** What a format's mapping gives: what the sender means, what was lost, and where rules may point in the message. */
export type Mapped = MappedReferral | MappedCancellation | MappedSupplement;

/** The practice's own number that a mapped message is about. */
export function numberOf(mapped: Mapped): ReferralNumber {
  return 'referral' in mapped ? mapped.referral.practiceReferralId : mapped.number;
}

/**
 * SHA-256 of what a mapped message says: of a referral that of the referral, whatever the message calls itself, so that
 * the same content in another format is known (decision 2).
 */
export function messageHash(mapped: Mapped): Uint8Array {
  if ('referral' in mapped) return referralHash(mapped.referral);
  const { losses: _losses, places: _places, messageKey: _messageKey, reading: _reading, ...said } = mapped;
  return hashOf(said);
}

/**
 * How bytes become what `gather` gets, which doors do: `fhir` a resource as parsed JSON, `json` any parsed JSON,
 * `hl7v2` a `Received` of hl7v2/message, `edifact` an `Interchange` of edifact/ with the one message that it is about.
 */
export type Syntax = 'fhir' | 'json' | 'hl7v2' | 'edifact';

export type Translate = (table: string, system: string, code: string) => string | undefined;

/** What a message needs besides its content: its own id on the wire, and how the receiver wants it. */
export interface FeedbackEnvelope {
  readonly controlId: string;
  readonly channel: MllpChannel;
  /** Whether the receiver's application is asked to answer, or only its transport. */
  readonly awaitsApplication: boolean;
  /** The letter as PDF, for formats that take a file beside the text. */
  readonly pdf?: Uint8Array;
}

/** A format that referrals come in: one folder under mappings/. */
export interface Format<M = unknown> {
  readonly name: string;
  readonly version: string;
  readonly syntax: Syntax;
  /** It has a door of its own, which checks more before the mapping is asked: it is not taken at `/intake`. */
  readonly ownDoor?: true;
  /**
   * Whether a message of this syntax is this format's, where several formats share a door. Issues: it is not for us at
   * all, and these are the words that help. Absent: every message of the syntax is.
   */
  readonly claims?: (received: unknown) => boolean | readonly Issue[];
  /**
   * `known` resolves references to resources the practice sent earlier. `agreement` is what the practice agreed on
   * consent, for a message that cannot carry it (decision 13); HL7 v2 has it in `received`, from the peer.
   */
  gather(received: unknown, known: ReadonlyMap<string, Resource>, agreement?: ConsentAgreement): Gathered;
  readonly contract: z.ZodType<M>;
  /** What stands on the wire, where that is JSON of our own making: its JSON Schema is served beside the door. */
  readonly wire?: z.ZodType;
  /** Sentence per contract message: the key is what the contract names as its error. */
  readonly says: Readonly<Record<string, Said>>;
  toReferral(message: M, gathered: Gathered, translate: Translate): Mapped | { readonly refused: readonly Issue[] };
  /**
   * Whether a referral as it was gathered names no consent, asked when its contract refuses it for something else: of its
   * content nothing is kept then (decision 15). May throw on what does not fit the contract. Absent: the contract says it.
   */
  lacksConsent?(message: M, translate: Translate): boolean;
  /** Feedback in this format, as text to be encoded; absent where none goes back this way. */
  readonly fromFeedback?: (document: Communication, envelope: FeedbackEnvelope) => string;
}
