import type { Communication } from '@medplum/fhirtypes';
import type { Mailbox } from './directory/channels.ts';

/** What a letter in an EDIFACT mailbox needs besides its content. */
export interface EdiEnvelope {
  /** Ours (UUIDv7): its control reference is made from it, so a resend is known as one. */
  readonly messageId: string;
  /** The number of our own mailbox. */
  readonly sender: string;
  readonly mailbox: Mailbox & { readonly practice: string; readonly bsn?: string };
}

/** A letter as it goes into the mailbox. */
export interface EdiLetter {
  readonly bytes: Uint8Array;
  /** UNB-5. */
  readonly reference: string;
  /** How many characters and fields are not there as they were written: spelled otherwise, cut, or a question mark. */
  readonly lost: number;
}

/** Feedback as an interchange. The same Communication and envelope give the same bytes. */
export type WriteLetter = (document: Communication, envelope: EdiEnvelope) => EdiLetter;
