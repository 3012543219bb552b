import type { Task } from '@medplum/fhirtypes';
import type { Said } from '../../fhir/outcome.ts';
import type { Actor } from '../actor.ts';

export type Status = NonNullable<Task['status']>;

/**
 * Who makes a move. `owner`: the Wally who has the Task now; `proposed`: the colleague it was offered to;
 * `acted-for`: the fixed Wally for whom a substitute acts.
 */
export type Who = Actor['role'] | 'owner' | 'proposed' | 'acted-for';

export type Move =
  | 'open'
  | 'accept'
  | 'decline'
  | 'attempt'
  | 'contact'
  | 'appoint'
  | 'cancel-appointment'
  | 'no-show'
  | 'ask'
  | 'answer'
  | 'hold'
  | 'resume'
  | 'offer'
  | 'refuse-offer'
  | 'take-over'
  | 'reassign'
  | 'too-close'
  | 'act'
  | 'resume-own'
  | 'refer-on'
  | 'renew-consent'
  | 'hear-onward'
  | 'set-lead'
  | 'report'
  | 'close'
  | 'give-up'
  | 'undo'
  | 'withdraw'
  | 'ask-to-stop'
  | 'agree-to-stop'
  | 'refuse-to-stop'
  | 'enter-in-error'
  | 'end'
  | 'confirm';

/** What must be so besides status and person; each has its refusal in lifecycle.ts. */
export type Condition =
  | 'nothing-open-elsewhere'
  | 'three-attempts'
  | 'stop-asked'
  | 'question-open'
  | 'appointment-planned'
  | 'unconfirmed';

/** A row of the one table that says when a Task may move, by whom, and what follows (referral-guides (d)). */
export interface Transition {
  readonly move: Move;
  readonly from: readonly Status[];
  /** `same`: the work stays where it is, something about it changes. */
  readonly to: Status | 'same';
  readonly by: readonly Who[];
  readonly only?: Condition;
  /** Absent: stays what it was. */
  readonly businessStatus?: string;
  /** What a person reads of a Task in this state. */
  readonly said?: Said;
  /** A team lead may make it in the owner's place, with a reason: it is about neither consent nor safety (H18). */
  readonly mayDeviate?: true;
  /**
   * Who must hear of it; for the picture in the docs and for whoever writes its decider. Of an end an owner hears when it ever stood
   * on a worklist or was mailed (delivery/deliver).
   */
  readonly tells: readonly ('practice' | 'owner' | 'next-owner' | 'former-owner' | 'team-lead' | 'organisation')[];
}
