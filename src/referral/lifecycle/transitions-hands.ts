import type { Transition, Who } from './row.ts';
import { begun, openStatuses, unaccepted } from './statuses.ts';

/** The practice's people, and its system. */
const practice: readonly Who[] = ['practice', 'practice-system'];

/** The rows of who has it, and of what ends it from outside. */
export const handRows: readonly Transition[] = [
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
    // An absence began, or ended: who is away is not mailed for each that goes elsewhere.
    move: 'reassign',
    from: unaccepted,
    to: 'requested',
    by: ['line'],
    businessStatus: 'reassigned',
    said: { nl: 'overgedragen', en: 'handed over' },
    tells: ['next-owner'],
  },
  {
    move: 'reassign',
    from: unaccepted,
    to: 'requested',
    by: ['team-lead'],
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
    // Consent withdrawn, deceased, moved away, another GP (H10): stop, tell, keep the legal minimum. The resident withdraws.
    move: 'end',
    from: openStatuses,
    to: 'cancelled',
    by: [...practice, 'owner', 'team-lead', 'resident'],
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
