import type { Directory } from '../referral/directory/directory.ts';
import { type MappedReferral, numberOf } from '../referral/format.ts';
import { type Deciding, receive } from '../referral/receive.ts';
import { isRefusal, type Refusal, refusals, refuse } from '../referral/refusal.ts';
import { type CancelledAhead, type FirstAnswer, type FirstAnswerKey, readFirstAnswer } from '../store/referrals.ts';
import { ContentErased } from '../store/store.ts';
import { agendaOf } from './agenda.ts';
import { type Accepted, type Accepting, type Arriving, keyOf } from './arriving.ts';
import { joinJourney, keepForLater } from './join.ts';
import { sentBefore } from './same-letter.ts';

const triesMax = 8;

/** Decides on a referral of a number that we do not know. Pure. */
export function begin(arriving: Arriving<MappedReferral>, deciding: Deciding): ReturnType<typeof receive> {
  const { practiceReferralId: _number, ...key } = keyOf(arriving);
  const { practice, actor, mapped, source, undoMs, door, slot, printsSlip } = arriving;
  const { referral, losses, places } = mapped;
  const decided = receive(
    {
      ...{ practice, actor, referral, losses, places, source, undoMs },
      arrival: {
        ...{ ...key, door, intent: mapped.intent },
        ...(mapped.edition && { edition: mapped.edition }),
        ...(mapped.reading && { reading: mapped.reading }),
      },
      ...(slot && { slot }),
      ...(printsSlip && { printsSlip }),
    },
    deciding,
  );
  if (isRefusal(decided) || !mapped.replaces) return decided;
  // What it corrects may still come: its number is this journey's already, so that it is never a second referral.
  const numbers = [...(decided.change.numbers ?? []), { value: mapped.replaces.value }];
  return { ...decided, change: { ...decided.change, numbers } };
}

/** What is said to a message of a number that we know, without changing anything; undefined when it is to join the journey. */
function answerKnown({ mapped }: Arriving, first: FirstAnswer): Accepted | Refusal | undefined {
  const { answer } = first;
  if (first.clash) return refuse(refusals.conflict(mapped.places.number));
  if (first.same && mapped.intent === 'cancel') return { outcome: 'replayed', answer, replayed: true };
  // A resend of what has been withdrawn since must not revive it (H15).
  if (first.cancelled)
    return mapped.intent === 'cancel'
      ? { outcome: 'replayed', answer, replayed: true }
      : refuse(refusals.cancelledEarlier(mapped.places.number));
  // A correction back to what was said before the last one is no resend.
  const isResend = first.same && (mapped.intent !== 'correct' || first.again || first.current);
  if (isResend) return { outcome: 'replayed', answer, replayed: true };
  if (mapped.intent === 'announce') return { outcome: 'superseded', answer, replayed: true };
  if (mapped.intent !== 'refer') return undefined;
  const { intents } = first;
  // The letter after its announcement says what that could not; a correction of it may have been here before it.
  if (intents.includes('refer')) return refuse(refusals.conflict(mapped.places.number));
  return intents.includes('correct') ? { outcome: 'superseded', answer, replayed: true } : undefined;
}

/**
 * What is said at once, of what is known of a message's key and number: it is another practice's, it has been here, or it
 * was withdrawn. Undefined when it is to change something. Pure.
 */
export function answerAtOnce(
  arriving: Arriving,
  first: FirstAnswer | CancelledAhead | undefined,
  directory: Directory,
): Accepted | Refusal | undefined {
  const { practice, mapped } = arriving;
  const known = directory.practices.get(practice);
  if (mapped.practiceAgb && known?.agb && mapped.practiceAgb.value !== known.agb)
    return refuse(refusals.otherPractice(mapped.practiceAgb.path));
  if (!first) return undefined;
  if (!('cancelledAhead' in first)) return answerKnown(arriving, first);
  if (mapped.intent !== 'cancel') return refuse(refusals.cancelledEarlier(mapped.places.number));
  return { outcome: 'kept', number: numberOf(mapped).value, intent: 'cancel', replayed: false };
}

/** A correction under a new number belongs to the journey of the old one: the key to look that up with, if it names one. */
export function replacedKey(arriving: Arriving<MappedReferral>): FirstAnswerKey | undefined {
  const { replaces } = arriving.mapped;
  return replaces && { ...keyOf(arriving), controlId: '', practiceReferralId: replaces.value };
}

/** Whether the practice has not taken a number back, before or after its referral came (H15). */
export const isStanding = (first: FirstAnswer | CancelledAhead): first is FirstAnswer =>
  'journey' in first && !first.cancelled;

/**
 * What every door ends in: known already → the first answer, a conflict, or it joins its journey; new → decide, commit,
 * and only then answer (promise 1). Of many equal messages at one moment exactly one is taken in, the others get its
 * answer (decision 2).
 */
export async function acceptMessage(parts: Accepting, arriving: Arriving): Promise<Accepted | Refusal> {
  try {
    return await takeOrAnswer(parts, arriving);
  } catch (error) {
    // What was erased is never taken in anew, nor is its first answer there to be given again.
    if (error instanceof ContentErased) return refuse(refusals.erased(arriving.mapped.places.number));
    throw error;
  }
}

async function takeOrAnswer(parts: Accepting, arriving: Arriving): Promise<Accepted | Refusal> {
  const { store } = parts;
  const { practice, mapped } = arriving;
  const key = keyOf(arriving);
  for (let tries = 0; tries < triesMax; tries += 1) {
    const [first, directory] = await Promise.all([readFirstAnswer(store, { practice }, key), parts.directory()]);
    const said = answerAtOnce(arriving, first, directory);
    if (said) return said;
    const done =
      first && 'journey' in first
        ? await joinJourney(parts, arriving, first, directory)
        : 'referral' in mapped
          ? await beginJourney(parts, { ...arriving, mapped }, directory)
          : await keepForLater(parts, { ...arriving, mapped });
    // Undefined: somebody was earlier. Look again.
    if (done) return done;
  }
  return refuse(refusals.busy());
}

async function beginJourney(
  parts: Accepting,
  arriving: Arriving<MappedReferral>,
  directory: Directory,
): Promise<Accepted | Refusal | undefined> {
  const { mapped, practice } = arriving;
  const key = replacedKey(arriving);
  const old = key && (await readFirstAnswer(parts.store, { practice }, key));
  if (old && !isStanding(old)) return refuse(refusals.cancelledEarlier(mapped.places.number));
  if (old) return joinJourney(parts, arriving, old, directory);
  const letter = await sentBefore(parts, arriving);
  if (!letter || 'said' in letter) return letter?.said;
  const { store } = parts;
  // Read anew at each try: whoever was a moment later sees that the slot is gone.
  const agenda = arriving.slot ? await agendaOf(store, directory, practice, arriving.slot) : undefined;
  const decided = begin(arriving, { directory, now: store.clock(), newId: store.newId, ...(agenda && { agenda }) });
  if (isRefusal(decided)) return decided;
  const { change } = decided;
  const numbers = [...(change.numbers ?? []), ...(letter.name === undefined ? [] : [{ value: letter.name }])];
  const committed = await store.commit({ ...change, numbers });
  return committed.ok ? { outcome: 'new', answer: decided.answer, replayed: false } : undefined;
}
