import type { Actor } from '../referral/actor.ts';
import type { Directory } from '../referral/directory.ts';
import type { Mapped } from '../referral/format.ts';
import { type Answer, receive } from '../referral/receive.ts';
import { referralHash } from '../referral/referral.ts';
import { isRefusal, type Refusal, refusals, refuse } from '../referral/refusal.ts';
import { readFirstAnswer } from '../store/referrals.ts';
import type { Store } from '../store/store.ts';

/** A mapped message at a door: from whom, under which key, and the bytes it came in. */
export interface Arriving {
  readonly practice: string;
  readonly application: string;
  readonly actor: Actor;
  readonly door: string;
  readonly controlId: string;
  readonly messageType: string;
  readonly mapped: Mapped;
  readonly source: { readonly contentType: string; readonly base64: string };
  readonly undoMs: number;
}

export interface Accepting {
  readonly store: Store;
  readonly directory: () => Promise<Directory>;
}

/** What a door answers: the first answer to this referral, and whether it was given before. */
export interface Accepted {
  readonly answer: Answer;
  readonly replayed: boolean;
}

const triesMax = 8;

/**
 * What every door ends in: known already → the first answer or a conflict; new → decide, commit, and only then answer
 * (promise 1). Of many equal messages at one moment exactly one is taken in, the others get its answer (decision 2).
 */
export async function acceptReferral(parts: Accepting, arriving: Arriving): Promise<Accepted | Refusal> {
  const { store } = parts;
  const { practice, mapped } = arriving;
  const hash = referralHash(mapped.referral);
  const key = {
    application: arriving.application,
    controlId: arriving.controlId,
    messageType: arriving.messageType,
    practiceReferralId: mapped.referral.practiceReferralId.value,
  };
  for (let tries = 0; tries < triesMax; tries += 1) {
    const [first, directory] = await Promise.all([readFirstAnswer(store, { practice }, key), parts.directory()]);
    if (first && !first.hash.equals(hash)) return refuse(refusals.conflict(mapped.places.number));
    if (first)
      return first.cancelled
        ? refuse(refusals.cancelledEarlier(mapped.places.number))
        : { answer: first.answer, replayed: true };
    const known = directory.practices.get(practice);
    if (mapped.practiceAgb && known?.agb && mapped.practiceAgb.value !== known.agb)
      return refuse(refusals.otherPractice(mapped.practiceAgb.path));
    const decided = receive(
      {
        practice,
        actor: arriving.actor,
        referral: mapped.referral,
        losses: mapped.losses,
        places: mapped.places,
        arrival: {
          application: key.application,
          controlId: key.controlId,
          messageType: key.messageType,
          door: arriving.door,
          hash,
        },
        source: arriving.source,
        undoMs: arriving.undoMs,
      },
      { directory, now: store.clock(), newId: store.newId },
    );
    if (isRefusal(decided)) return decided;
    const committed = await store.commit(decided.change);
    if (committed.ok) return { answer: decided.answer, replayed: false };
  }
  return refuse(refusals.busy());
}
