import type { Appointment, Resource } from '@medplum/fhirtypes';
import type { BreakGlass } from './break-glass.ts';
import type { CaseCopyMove } from './case-copy.ts';
import type { ClientMove } from './client-entry.ts';
import type { Clock, ClockKind } from './clocks.ts';
import type { SlotTaking } from './consulting-hours.ts';
import type { CredentialMove } from './credential-move.ts';
import type { DeliveryMove, DestinationMove } from './delivery-move.ts';
import type { KeepingMove } from './keeping-move.ts';
import type { LifeArea } from './life-area.ts';
import type { LinkMove } from './link.ts';
import type { PersonMove } from './person-move.ts';
import type { QueueMove } from './queue-move.ts';
import type { Reading } from './reading.ts';
import type { AlarmWrite } from './region-alarm.ts';
import type { SubscriptionMove } from './subscription-move.ts';

/**
 * A change is data (decision 1): pure deciders return one, `store.commit` is the only writer of truth.
 * Everything in one Change is committed together or not at all.
 */
export interface Change {
  readonly scope: { readonly practice: string };
  /** The journey whose key seals the documents; absent for changes of the directory and bare audit lines. */
  readonly journey?: string;
  /** Present when this change takes in a received message: keys and hashes of decision 2. */
  readonly arrival?: Arrival;
  /** All clocks of the journey from now on; a clock that stays as it was keeps the steps it has had. */
  readonly clocks?: readonly Clock[];
  /** A clock that ran out has had a step; stale when someone else was at it, or its day moved. */
  readonly clockStep?: ClockStep;
  /** Numbers of the practice that are taken from now on: this journey's, or one cancelled before its referral came (H15). */
  readonly numbers?: readonly NumberTaken[];
  /** Early supplements (store/early) that this change joins to the journey: they must still be there, and go. */
  readonly joined?: readonly string[];
  /** What must still be so at commit; a difference fails the change as stale, and the decider decides again. */
  readonly expected?: { readonly directoryRevision?: number };
  /** New versions: `version` 1 is a new resource, n replaces n − 1 and is refused as stale otherwise. */
  readonly resources?: readonly Written[];
  /** The index row of the journey, always whole, and only together with a new version of its Task. */
  readonly index?: JourneyIndex;
  readonly events?: readonly JourneyEvent[];
  readonly outbox?: readonly OutboxRow[];
  readonly deliveries?: readonly DeliveryMove[];
  /** A slot of consulting hours is taken; stale when another was taken on that day since (store/slots). */
  readonly slot?: SlotTaking;
  readonly attempts?: readonly AttemptNote[];
  readonly visible?: readonly Visible[];
  readonly alarms?: readonly AlarmMove[];
  readonly directory?: readonly DirectoryWrite[];
  readonly destinations?: readonly DestinationMove[];
  /** Ways in for who has no account (H12). */
  readonly links?: readonly LinkMove[];
  /** How long the content of the journey stays (H16). */
  readonly keeping?: KeepingMove;
  /** A question without a journey, sealed by store/questions. */
  readonly question?: QuestionMove;
  /** The quarterly talk with a practice: a version of it, or that someone was reminded of it. */
  readonly talk?: TalkMove;
  /** What was agreed with the practice (`scope`) was followed: its clocks count by these days, it knows this Wally. */
  readonly followed?: { readonly levels: string; readonly wally: string | null };
  /** A system that gets tokens is registered, changed or revoked. */
  readonly client?: ClientMove;
  /** A bearer credential is given or revoked, or our secret for a destination is kept (store/credentials). */
  readonly credential?: CredentialMove;
  /** Somebody is locked out, let in, or their sessions end (store/locked-out). */
  readonly person?: PersonMove;
  /** An administrator opens this change's journey for a while (store/breaks). */
  readonly breakGlass?: BreakGlass;
  readonly queue?: readonly QueueMove[];
  /** An alarm of the region as it now is, or the digest of a morning (store/alarms). */
  readonly regionAlarm?: AlarmWrite;
  /** A system is told of changes, or no more (`journey` is its id: it has no referral). */
  readonly subscription?: SubscriptionMove;
  /** How the referral now stands in a case system. */
  readonly caseCopy?: CaseCopyMove;
  readonly audit: readonly AuditLine[];
}

export interface ClockStep {
  readonly kind: ClockKind;
  readonly dueOn: string;
  /** The level it had when it was looked at; it has one more now. */
  readonly level: number;
  /** The day of the next step; null: there is none. */
  readonly nextOn: string | null;
}

export interface NumberTaken {
  readonly value: string;
  /** Absent: the number of this change's journey. */
  readonly cancelledAt?: string;
}

/** Which of several messages of one sender about a referral is the newer one, as far as it says so itself. */
export interface Edition {
  /** When it wrote the message: an instant with at least its minute. */
  readonly at?: string;
  readonly version?: number;
}

export interface Arrival {
  /** It joins a journey that is there already; absent, it begins one. */
  readonly joins?: true;
  readonly intent: 'refer' | 'announce' | 'correct' | 'cancel' | 'supplement';
  readonly application: string;
  readonly controlId: string;
  readonly messageType: string;
  readonly door: string;
  readonly edition?: Edition;
  /** SHA-256 of the mapped referral: the same referral resent has the same hash whatever its times and urn:uuids. */
  readonly hash: Uint8Array;
  /** Absent where no mapping read it: our own pages. */
  readonly reading?: Reading;
  /** The first answer, given again to a resend; sealed with the journey's key. */
  readonly answer: unknown;
}

/** What is noted of an attempt that this change ends, beside how it ended. */
export interface AttemptNote {
  readonly delivery: string;
  readonly lease: string;
  /** With which mapping its letter was written (name@version+hash). */
  readonly mapping?: string;
  /** The other side's own words at its no, which may hold anything: sealed with the journey's key, and nowhere else. */
  readonly said?: string;
}

export interface Written {
  readonly resource: Resource & { id: string };
  readonly version: number;
}

/** What may be searched without opening a document: ids, codes, dates. Identifying parts become HMACs in the store. */
export interface JourneyIndex {
  readonly number: string;
  readonly practiceReferral: { readonly system: string; readonly value: string };
  readonly referralHash: Uint8Array;
  readonly taskId: string;
  readonly taskStatus: string;
  readonly businessStatus: string;
  /** Counts owners: the worklist shows a referral per (Task, assignment). */
  readonly assignment: number;
  readonly owner: string | null;
  /** The fixed Wally for whom the owner acts. */
  readonly actingFor: string | null;
  /** The colleague to whom it was offered. */
  readonly proposed: string | null;
  /** Wallys who know the resident: they see nothing of it from then on, and nobody is told why (H11). */
  readonly barred: readonly string[];
  readonly team: string;
  readonly fixed: string | null;
  /** Whom a rule of the practice chose instead of its fixed Wally: the same one is looked for without opening content. */
  readonly rule: string | null;
  readonly requesterAgb: string | null;
  readonly route: string;
  readonly priority: string;
  readonly lifeAreas: readonly LifeArea[];
  readonly ageBand: string;
  readonly unsafeContact: boolean;
  readonly authoredOn: string;
  readonly callBefore: string;
  /** Before this instant the sender may still take it back, and nothing is delivered (H3). */
  readonly undoUntil: string | null;
  readonly identity: {
    readonly bsn?: string;
    readonly family: string;
    readonly birthDate: string;
    readonly postcodeAndNumber?: string;
  };
}

/** Content-free: kept when the content is gone, so that figures and history stay. */
export interface JourneyEvent {
  readonly kind:
    | 'received'
    | 'assigned'
    | 'visible'
    | 'opened'
    | 'accepted'
    | 'contact'
    | 'feedback'
    | 'closed'
    | 'landed'
    | 'fallback'
    | 'cancelled'
    | 'corrected'
    | 'supplemented'
    | 'stop-asked'
    | 'stop-answered'
    | 'declined'
    | 'attempt'
    | 'appointment'
    | 'no-show'
    | 'asked'
    | 'answered'
    | 'rest'
    | 'resumed'
    | 'offered'
    | 'acting'
    | 'forwarded'
    | 'onward-heard'
    | 'lead'
    | 'recalled'
    | 'ended'
    | 'registered'
    | 'confirmed'
    | 'objection-asked'
    | 'overdue'
    | 'deviated';
  readonly at: string;
  /** The day it was about, where that is another than the day it was noted: a contact, an appointment (H13). */
  readonly on?: string;
  readonly route?: string;
  readonly owner?: string | null;
  readonly outcome?: string;
}

export interface OutboxRow {
  readonly messageId: string;
  readonly kind: 'worklist' | 'notify' | 'feedback' | 'alarm' | 'subscription' | 'case';
  /**
   * `worklist`, `mail`, `subscription:<id>`, `case:<organisation>`, `case:role/<Wally>`, `practice:<id>` or, of a later
   * channel, `practice:<id>/<endpoint>`: what the window, the breaker and the order are kept for.
   */
  readonly destination: string;
  /** Role or team id (worklist, mail, case) or practice id: whom it is for there. */
  readonly recipient: string;
  /** The document it carries; its bytes are read at sending, never copied into the outbox. */
  readonly document?: { readonly type: string; readonly id: string };
  readonly assignment?: number;
  /** Not to be delivered earlier than this after the commit; counted by PostgreSQL's clock. */
  readonly delayMs?: number;
}

export interface Visible {
  readonly taskId: string;
  readonly assignment: number;
  readonly owner: string | null;
  readonly at: string;
}

export interface AlarmMove {
  readonly kind: 'nobody-present' | 'acute' | 'retry-exhausted' | 'overdue' | 'call-practice';
  readonly team: string;
  readonly raise: boolean;
  readonly at: string;
}

export interface DirectoryWrite {
  readonly resource: Resource & { id: string };
  readonly validFrom: string;
}

/** A practice's question that is about no patient: asked, or answered once. */
export type QuestionMove =
  | {
      readonly to: 'asked';
      readonly id: string;
      readonly team: string;
      readonly by: string;
      readonly wrapped: Uint8Array;
      readonly sealed: Uint8Array;
    }
  | { readonly to: 'answered'; readonly id: string; readonly by: string; readonly sealed: Uint8Array }
  /** Nobody answered in time: one reminder more, from this level; stale when it was answered or someone was earlier. */
  | { readonly to: 'overdue'; readonly id: string; readonly level: number; readonly on: string };

/** Version 1 is a new talk, n replaces n − 1; no patient stands in it. */
export type TalkMove =
  | { readonly to: 'written'; readonly version: number; readonly talk: Appointment & { id: string } }
  | { readonly to: 'reminded'; readonly quarter: string };

/** One line of the audit trail (NEN 7513): who did what to whose data, when, in which role and for what. */
export interface AuditLine {
  readonly event: string;
  readonly at: string;
  readonly actor: {
    readonly id: string;
    readonly role: string;
    readonly organization?: string;
    /** The application of the system that the person spoke by. */
    readonly via?: string;
  };
  readonly action: 'C' | 'R' | 'U' | 'D' | 'E';
  readonly outcome: 'ok' | 'refused' | 'failed';
  readonly object?: string;
  readonly code?: string;
  /** Why, in the words of who did it; never about a person. */
  readonly reason?: string;
  readonly purpose: 'TREAT' | 'HOPERAT' | 'SYSADMIN' | 'BTG';
  readonly request?: string;
}
