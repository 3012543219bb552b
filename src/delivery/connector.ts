import type { Bundle, Communication, DocumentReference, Task } from '@medplum/fhirtypes';
import type { News } from '../referral/alarm-words.ts';
import type { CaseCopy } from '../referral/case-copy.ts';
import type { Mailbox, Proof } from '../referral/directory/channels.ts';
import type { MllpChannel } from '../referral/directory/mllp.ts';

/** What a connector gets: everything to send one delivery once, and nothing to look further with. */
export interface Parcel {
  readonly messageId: string;
  readonly kind: string;
  /** An earlier attempt may have had its effect: ask the receiver before sending again. */
  readonly ambiguous: boolean;
  /** Feedback in the form in which the receiver files it. */
  readonly document?: Communication | DocumentReference | Bundle | Task;
  /** Of a referral for a case system: the version of our Task that it shows. */
  readonly ours?: number;
  readonly address?: string;
  readonly secret?: string;
  /** For an HL7 v2 system: how it wants its messages, and whether its application can be asked to answer. */
  readonly channel?: MllpChannel;
  readonly awaitsApplication?: boolean;
  /** The letter as PDF, where it goes beside the text and does not stand in the document already. */
  readonly pdf?: Uint8Array;
  /** For an EDIFACT mailbox: which, whose, and the BSN where it may stand there. */
  readonly mailbox?: Mailbox & { readonly practice: string; readonly bsn?: string };
  /** For a system that is told that something changed: its own headers, and ids where it asked for them. */
  readonly notice?: { readonly headers: Readonly<Record<string, string>>; readonly bundle?: Bundle };
  /**
   * For a mail: to whom, and what they do with it; `system`: theirs has stopped listening. `link` is an address without
   * its origin, `code` what is typed there.
   */
  readonly mail?: {
    readonly to: string;
    readonly role: 'wally' | 'team-lead' | 'practice' | 'system' | 'link' | 'code' | 'over' | 'administrator';
    readonly link?: string;
    readonly code?: string;
  };
  /** Of an alarm or digest: what it says. */
  readonly news?: News;
}

/** The other side's yes, and how good it is (H4). */
export interface Receipt {
  readonly proof: Proof;
  /** How long a better proof may take before we look again; by the number of attempts where the channel has no rule. */
  readonly answerWithinMs?: number;
  /** How many characters or fields of the letter the format could not hold: written another way, or not at all. */
  readonly lost?: number;
  /** Of a case system: how the referral stands there now, where it says so. */
  readonly copy?: Omit<CaseCopy, 'destination'>;
}

/** Code that talks to one kind of system. Throws Failure for every expected no; anything else is a bug. */
export interface Connector {
  /** With which mapping it writes what it sends (name@version+hash); absent where what we keep goes as it is. */
  readonly mapping?: string | undefined;
  send(parcel: Parcel, signal: AbortSignal): Promise<Receipt>;
}
