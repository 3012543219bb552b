import type { Actor } from '../referral/actor.ts';
import type { Arrival } from '../referral/change.ts';
import type { Directory } from '../referral/directory/directory.ts';
import { type Mapped, messageHash, numberOf } from '../referral/format.ts';
import type { Answer } from '../referral/receive.ts';
import type { Store } from '../store/store.ts';

/** A mapped message at a door: from whom, under which key, and the bytes it came in. */
export interface Arriving<M extends Mapped = Mapped> {
  readonly practice: string;
  readonly application: string;
  readonly actor: Actor;
  readonly door: string;
  readonly controlId: string;
  readonly messageType: string;
  readonly mapped: M;
  readonly source: { readonly contentType: string; readonly base64: string };
  readonly undoMs: number;
  /** The begin of a slot of the consulting hours at the practice, where one is taken at once. */
  readonly slot?: string;
  /** The sender prints a slip for the resident at once. */
  readonly printsSlip?: true;
}

export interface Accepting {
  readonly store: Store;
  readonly directory: () => Promise<Directory>;
}

/**
 * What became of a message. `superseded`: a correction of it was here before it. `stop-asked`: work has begun, the
 * Wally answers. `kept`: it belongs to a referral that has not come (a cancellation then refuses it, H15).
 */
export type Outcome = 'new' | 'replayed' | 'superseded' | 'corrected' | 'supplemented' | 'cancelled' | 'stop-asked';

/** What a door answers: what became of the message, and the first answer to its referral where there is one. */
export type Accepted =
  | { readonly outcome: Outcome; readonly answer: Answer; readonly replayed: boolean }
  | {
      readonly outcome: 'kept';
      readonly number: string;
      readonly intent: 'cancel' | 'supplement';
      readonly replayed: false;
    };

/** The journey that a message belongs to now, for the log; a message that waits for its referral has none. */
export function journeyIn(accepted: Accepted): { journey?: string } {
  return accepted.outcome === 'kept' ? {} : { journey: accepted.answer.journey };
}

/** Everything that decides whether this is the same message again. */
export function keyOf({ application, controlId, messageType, mapped }: Arriving) {
  return {
    application,
    controlId,
    messageType,
    practiceReferralId: numberOf(mapped).value,
    hash: messageHash(mapped),
  };
}

/** The key under which a message is remembered; `joins` when its journey is there already. */
export function arrivalOf(arriving: Arriving, answer: Answer): Arrival {
  const { application, controlId, messageType, hash } = keyOf(arriving);
  const { mapped } = arriving;
  return {
    application,
    controlId,
    messageType,
    hash,
    door: arriving.door,
    intent: mapped.intent,
    ...('referral' in mapped && mapped.edition && { edition: mapped.edition }),
    ...(mapped.reading && { reading: mapped.reading }),
    answer,
    joins: true,
  };
}
