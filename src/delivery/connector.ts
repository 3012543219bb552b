import type { Communication, Task } from '@medplum/fhirtypes';
import type { Proof } from '../referral/directory.ts';
import type { MllpChannel } from '../referral/mllp.ts';

/** What a connector gets: everything to send one delivery once, and nothing to look further with. */
export interface Parcel {
  readonly messageId: string;
  readonly kind: string;
  /** An earlier attempt may have had its effect: ask the receiver before sending again. */
  readonly ambiguous: boolean;
  readonly document?: Communication | Task;
  readonly address?: string;
  readonly secret?: string;
  /** For an HL7 v2 system: how it wants its messages, and whether its application can be asked to answer. */
  readonly channel?: MllpChannel;
  readonly awaitsApplication?: boolean;
  /** For a mail: to whom, and what they do with it. */
  readonly mail?: { readonly to: string; readonly role: 'wally' | 'team-lead' };
}

/** The other side's yes, and how good it is (H4). */
export interface Receipt {
  readonly proof: Proof;
  /** How long a better proof may take before we look again; by the number of attempts where the channel has no rule. */
  readonly answerWithinMs?: number;
}

/** Code that talks to one kind of system. Throws Failure for every expected no; anything else is a bug. */
export interface Connector {
  send(parcel: Parcel, signal: AbortSignal): Promise<Receipt>;
}
