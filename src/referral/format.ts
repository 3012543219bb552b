import type { Communication, Resource } from '@medplum/fhirtypes';
import type { z } from 'zod';
import type { Issue, Said } from '../fhir/outcome.ts';
import type { MllpChannel } from './mllp.ts';
import type { Places } from './receive.ts';
import type { Loss, Referral } from './referral.ts';

/** A received message taken apart, and where each part stood in the sender's own message. */
export interface Gathered {
  /** What the format's contract is checked against. */
  readonly message: unknown;
  /** Path in the gathered message → path in the sender's message. */
  readonly origin: (path: readonly PropertyKey[]) => string;
  /** What is wrong with the taking apart itself; with any, the contract is not looked at. */
  readonly issues: readonly Issue[];
}

/** What a format's mapping gives: the referral, what was lost, and where rules may point in the sender's message. */
export interface Mapped {
  readonly referral: Referral;
  readonly losses: readonly Loss[];
  readonly places: Places;
  /** The practice the message says it comes from (AGB), to be checked against the credential. */
  readonly practiceAgb?: { readonly value: string; readonly path: string };
}

export type Translate = (table: string, system: string, code: string) => string | undefined;

/** What a message needs besides its content: its own id on the wire, and how the receiver wants it. */
export interface FeedbackEnvelope {
  readonly controlId: string;
  readonly channel: MllpChannel;
  /** Whether the receiver's application is asked to answer, or only its transport. */
  readonly awaitsApplication: boolean;
}

/** A format that referrals come in: one folder under mappings/. */
export interface Format<M = unknown> {
  readonly name: string;
  readonly version: string;
  /** `known` resolves references to resources the practice sent earlier. */
  gather(received: unknown, known: ReadonlyMap<string, Resource>): Gathered;
  readonly contract: z.ZodType<M>;
  /** Sentence per contract message: the key is what the contract names as its error. */
  readonly says: Readonly<Record<string, Said>>;
  toReferral(message: M, gathered: Gathered, translate: Translate): Mapped | { readonly refused: readonly Issue[] };
  /** Feedback in this format, as text to be encoded; absent where none goes back this way. */
  readonly fromFeedback?: (document: Communication, envelope: FeedbackEnvelope) => string;
}
