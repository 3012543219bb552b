import type { Directory } from '../referral/directory.ts';
import type { MappedReferral } from '../referral/format.ts';
import { receive } from '../referral/receive.ts';
import { isRefusal, type Refusal, refusals, refuse } from '../referral/refusal.ts';
import { type FirstAnswer, readFirstAnswer } from '../store/referrals.ts';
import { type Accepted, type Accepting, type Arriving, keyOf } from './arriving.ts';
import { joinJourney, keepForLater } from './join.ts';

const triesMax = 8;

function begin(arriving: Arriving<MappedReferral>, parts: Accepting, directory: Directory) {
  const { practiceReferralId: _number, ...key } = keyOf(arriving);
  const { practice, actor, mapped, source, undoMs, door } = arriving;
  const { referral, losses, places } = mapped;
  return receive(
    { practice, actor, referral, losses, places, arrival: { ...key, door, intent: mapped.intent }, source, undoMs },
    { directory, now: parts.store.clock(), newId: parts.store.newId },
  );
}

/** What is said to a message of a number that we know, without changing anything; undefined when it is to join the journey. */
function answerKnown(arriving: Arriving, first: FirstAnswer): Accepted | Refusal | undefined {
  const { mapped } = arriving;
  const { answer } = first;
  if (first.clash) return refuse(refusals.conflict(mapped.places.number));
  if (first.same && mapped.intent === 'cancel') return { outcome: 'replayed', answer, replayed: true };
  // A resend of what has been withdrawn since must not revive it (H15).
  if (first.cancelled)
    return mapped.intent === 'cancel'
      ? { outcome: 'replayed', answer, replayed: true }
      : refuse(refusals.cancelledEarlier(mapped.places.number));
  if (first.same) return { outcome: 'replayed', answer, replayed: true };
  if (mapped.intent === 'announce') return { outcome: 'superseded', answer, replayed: true };
  if (mapped.intent !== 'refer') return undefined;
  const { intents } = first;
  // The letter after its announcement says what that could not; a correction of it may have been here before it.
  if (intents.includes('refer')) return refuse(refusals.conflict(mapped.places.number));
  return intents.includes('correct') ? { outcome: 'superseded', answer, replayed: true } : undefined;
}

/**
 * What every door ends in: known already → the first answer, a conflict, or it joins its journey; new → decide, commit,
 * and only then answer (promise 1). Of many equal messages at one moment exactly one is taken in, the others get its
 * answer (decision 2).
 */
export async function acceptMessage(parts: Accepting, arriving: Arriving): Promise<Accepted | Refusal> {
  const { store } = parts;
  const { practice, mapped } = arriving;
  const key = keyOf(arriving);
  for (let tries = 0; tries < triesMax; tries += 1) {
    const [first, directory] = await Promise.all([readFirstAnswer(store, { practice }, key), parts.directory()]);
    const known = directory.practices.get(practice);
    if (mapped.practiceAgb && known?.agb && mapped.practiceAgb.value !== known.agb)
      return refuse(refusals.otherPractice(mapped.practiceAgb.path));
    if (first && 'cancelledAhead' in first) {
      if (mapped.intent !== 'cancel') return refuse(refusals.cancelledEarlier(mapped.places.number));
      return { outcome: 'kept', number: key.practiceReferralId, intent: 'cancel', replayed: false };
    }
    const said = first && answerKnown(arriving, first);
    if (said) return said;
    const done = first
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
  if (mapped.replaces) {
    // A correction under a new number belongs to the journey of the old one.
    const key = { ...keyOf(arriving), controlId: '', practiceReferralId: mapped.replaces.value };
    const old = await readFirstAnswer(parts.store, { practice }, key);
    if (old && 'cancelledAhead' in old) return refuse(refusals.cancelledEarlier(mapped.places.number));
    if (old?.cancelled) return refuse(refusals.cancelledEarlier(mapped.places.number));
    if (old) return joinJourney(parts, arriving, old, directory);
  }
  const decided = begin(arriving, parts, directory);
  if (isRefusal(decided)) return decided;
  const committed = await parts.store.commit(decided.change);
  return committed.ok ? { outcome: 'new', answer: decided.answer, replayed: false } : undefined;
}
