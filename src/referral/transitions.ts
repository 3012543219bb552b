import type { Task } from '@medplum/fhirtypes';
import type { Said } from '../fhir/outcome.ts';
import type { Actor } from './actor.ts';

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
  | 'hear-onward'
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
  /** Who must hear of it; for the picture in the docs and for whoever writes its decider. */
  readonly tells: readonly ('practice' | 'owner' | 'next-owner' | 'former-owner' | 'team-lead' | 'organisation')[];
}

const unaccepted: readonly Status[] = ['requested', 'received'];
const working: readonly Status[] = ['accepted', 'in-progress'];
const begun: readonly Status[] = ['accepted', 'in-progress', 'on-hold'];
export const openStatuses: readonly Status[] = [...unaccepted, ...begun];
/** The practice's people, and its system. */
const practice: readonly Who[] = ['practice', 'practice-system'];

/** Rows are tried in order; the first that fits the Task and the actor counts. */
export const TRANSITIONS: readonly Transition[] = [
  {
    move: 'open',
    from: ['requested'],
    to: 'received',
    by: ['owner'],
    businessStatus: 'seen',
    said: { nl: 'gezien', en: 'seen' },
    tells: [],
  },
  {
    move: 'accept',
    from: unaccepted,
    to: 'accepted',
    by: ['owner'],
    businessStatus: 'accepted',
    said: { nl: 'aangenomen', en: 'accepted' },
    mayDeviate: true,
    tells: [],
  },
  {
    // Anything else than the four reasons is a transfer, never a no (feedback/decline).
    move: 'decline',
    from: unaccepted,
    to: 'rejected',
    by: ['owner'],
    businessStatus: 'declined',
    said: { nl: 'niet aangenomen', en: 'declined' },
    tells: ['practice'],
  },
  {
    move: 'attempt',
    from: working,
    to: 'in-progress',
    by: ['owner'],
    businessStatus: 'contact-attempted',
    said: { nl: 'gebeld, nog niet bereikt', en: 'called, not reached yet' },
    mayDeviate: true,
    tells: [],
  },
  {
    move: 'contact',
    from: working,
    to: 'in-progress',
    by: ['owner'],
    businessStatus: 'contact-made',
    said: { nl: 'contact gehad', en: 'contact made' },
    mayDeviate: true,
    tells: [],
  },
  {
    move: 'appoint',
    from: working,
    to: 'in-progress',
    by: ['owner'],
    businessStatus: 'appointment-booked',
    said: { nl: 'afspraak gemaakt', en: 'appointment made' },
    mayDeviate: true,
    tells: [],
  },
  {
    move: 'cancel-appointment',
    from: ['in-progress', 'on-hold'],
    to: 'same',
    by: ['owner'],
    only: 'appointment-planned',
    businessStatus: 'appointment-cancelled',
    said: { nl: 'afspraak afgezegd', en: 'appointment cancelled' },
    mayDeviate: true,
    tells: [],
  },
  {
    move: 'no-show',
    from: ['in-progress'],
    to: 'in-progress',
    by: ['owner'],
    only: 'appointment-planned',
    businessStatus: 'no-show',
    said: { nl: 'niet op de afspraak gekomen', en: 'did not come to the appointment' },
    mayDeviate: true,
    tells: [],
  },
  {
    move: 'ask',
    from: working,
    to: 'in-progress',
    by: ['owner'],
    businessStatus: 'awaiting-information',
    said: { nl: 'wacht op antwoord van de praktijk', en: 'waiting for an answer of the practice' },
    tells: ['practice'],
  },
  {
    move: 'answer',
    from: ['in-progress', 'on-hold'],
    to: 'same',
    by: ['practice', 'practice-system', 'owner'],
    only: 'question-open',
    businessStatus: 'information-received',
    said: { nl: 'de praktijk heeft geantwoord', en: 'the practice answered' },
    tells: ['owner'],
  },
  {
    move: 'hold',
    from: working,
    to: 'on-hold',
    by: ['owner'],
    businessStatus: 'on-hold',
    said: { nl: 'rust, tot een afgesproken dag', en: 'resting until an agreed day' },
    mayDeviate: true,
    tells: [],
  },
  {
    move: 'resume',
    from: ['on-hold'],
    to: 'in-progress',
    by: ['owner', 'line'],
    businessStatus: 'resumed',
    said: { nl: 'weer opgepakt', en: 'resumed' },
    mayDeviate: true,
    tells: ['owner'],
  },
  {
    // The owner stays the owner until the next one accepts: nobody's hands are empty in between.
    move: 'offer',
    from: openStatuses,
    to: 'same',
    by: ['owner'],
    tells: ['next-owner'],
  },
  {
    move: 'refuse-offer',
    from: openStatuses,
    to: 'same',
    by: ['proposed'],
    tells: ['owner'],
  },
  {
    move: 'take-over',
    from: unaccepted,
    to: 'accepted',
    by: ['proposed'],
    businessStatus: 'reassigned',
    said: { nl: 'overgedragen', en: 'handed over' },
    tells: ['practice', 'former-owner'],
  },
  {
    move: 'take-over',
    from: begun,
    to: 'same',
    by: ['proposed'],
    businessStatus: 'reassigned',
    said: { nl: 'overgedragen', en: 'handed over' },
    tells: ['practice', 'former-owner'],
  },
  {
    move: 'reassign',
    from: unaccepted,
    to: 'requested',
    by: ['line', 'team-lead'],
    businessStatus: 'reassigned',
    said: { nl: 'overgedragen', en: 'handed over' },
    tells: ['next-owner', 'former-owner'],
  },
  {
    move: 'reassign',
    from: begun,
    to: 'same',
    by: ['team-lead'],
    businessStatus: 'reassigned',
    said: { nl: 'overgedragen', en: 'handed over' },
    tells: ['practice', 'next-owner', 'former-owner'],
  },
  {
    // The Wally knows the resident: someone else has it, without a reason, and she sees no more of it (H11).
    move: 'too-close',
    from: unaccepted,
    to: 'requested',
    by: ['owner'],
    businessStatus: 'reassigned',
    said: { nl: 'overgedragen', en: 'handed over' },
    tells: ['next-owner'],
  },
  {
    move: 'too-close',
    from: begun,
    to: 'same',
    by: ['owner'],
    businessStatus: 'reassigned',
    said: { nl: 'overgedragen', en: 'handed over' },
    tells: ['next-owner'],
  },
  {
    move: 'too-close',
    from: openStatuses,
    to: 'same',
    by: ['proposed', 'acted-for'],
    tells: ['owner'],
  },
  {
    // An absence began: the substitute acts for the owner, and nothing about the work itself changes.
    move: 'act',
    from: begun,
    to: 'same',
    by: ['line', 'team-lead'],
    tells: ['next-owner'],
  },
  {
    move: 'resume-own',
    from: begun,
    to: 'same',
    by: ['acted-for'],
    tells: ['former-owner'],
  },
  {
    move: 'refer-on',
    from: working,
    to: 'in-progress',
    by: ['owner'],
    businessStatus: 'forwarded',
    said: { nl: 'ook bij een andere organisatie', en: 'also with another organisation' },
    tells: ['organisation'],
  },
  {
    move: 'hear-onward',
    from: begun,
    to: 'same',
    by: ['owner', 'line'],
    businessStatus: 'onward-feedback',
    said: { nl: 'de andere organisatie heeft geantwoord', en: 'the other organisation answered' },
    tells: ['owner'],
  },
  {
    move: 'report',
    from: working,
    to: 'in-progress',
    by: ['owner'],
    businessStatus: 'interim-feedback-sent',
    said: { nl: 'teruggekoppeld', en: 'reported back' },
    tells: ['practice'],
  },
  {
    move: 'close',
    from: begun,
    to: 'completed',
    by: ['owner'],
    only: 'nothing-open-elsewhere',
    businessStatus: 'final-feedback-sent',
    said: { nl: 'afgesloten', en: 'closed' },
    tells: ['practice'],
  },
  {
    // H14: never by itself; a person closes, after three attempts on different days, and the GP is told.
    move: 'give-up',
    from: working,
    to: 'failed',
    by: ['owner'],
    only: 'three-attempts',
    businessStatus: 'not-reached',
    said: { nl: 'niet bereikt', en: 'not reached' },
    mayDeviate: true,
    tells: ['practice', 'organisation'],
  },
  {
    move: 'undo',
    from: ['requested'],
    to: 'cancelled',
    by: ['practice'],
    businessStatus: 'taken-back',
    said: { nl: 'teruggenomen', en: 'taken back' },
    tells: [],
  },
  {
    move: 'withdraw',
    from: ['requested', 'received', 'accepted'],
    to: 'cancelled',
    by: practice,
    businessStatus: 'withdrawn',
    said: { nl: 'ingetrokken', en: 'withdrawn' },
    tells: ['owner'],
  },
  {
    // Work that has begun is not stopped by a command: the Wally answers (COW; referral-guides (d)).
    move: 'ask-to-stop',
    from: ['in-progress', 'on-hold'],
    to: 'same',
    by: practice,
    businessStatus: 'cancellation-requested',
    said: { nl: 'de praktijk vraagt om te stoppen', en: 'the practice asks to stop' },
    tells: ['owner'],
  },
  {
    move: 'agree-to-stop',
    from: ['in-progress', 'on-hold'],
    to: 'cancelled',
    by: ['owner'],
    only: 'stop-asked',
    businessStatus: 'stopped-on-request',
    said: { nl: 'gestopt op verzoek', en: 'stopped on request' },
    mayDeviate: true,
    tells: ['practice', 'organisation'],
  },
  {
    move: 'refuse-to-stop',
    from: ['in-progress', 'on-hold'],
    to: 'same',
    by: ['owner'],
    only: 'stop-asked',
    businessStatus: 'stop-refused',
    said: { nl: 'gaat door, in overleg met de inwoner', en: 'goes on, as agreed with the resident' },
    tells: ['practice'],
  },
  {
    // The wrong person, or never meant: everyone who received it is called back (H3).
    move: 'enter-in-error',
    from: openStatuses,
    to: 'entered-in-error',
    by: [...practice, 'team-lead'],
    businessStatus: 'recalled',
    said: { nl: 'teruggeroepen: hoorde hier niet', en: 'recalled: should not have been sent' },
    tells: ['practice', 'owner', 'organisation'],
  },
  {
    // Consent withdrawn, deceased, moved away, another GP (H10): stop, tell, keep the legal minimum.
    move: 'end',
    from: openStatuses,
    to: 'cancelled',
    by: [...practice, 'owner', 'team-lead'],
    businessStatus: 'ended',
    said: { nl: 'gestopt', en: 'stopped' },
    tells: ['practice', 'owner', 'organisation'],
  },
  {
    // What a Wally registered for the practice after a call; the practice says that it is right.
    move: 'confirm',
    from: [...openStatuses, 'completed', 'failed'],
    to: 'same',
    by: practice,
    only: 'unconfirmed',
    tells: ['owner'],
  },
];
