import { isRefusal, issue, type Refusal, refusals, refuse } from '../referral/refusal.ts';
import { readFirstAnswer, readJourney } from '../store/referrals.ts';
import { type Accepted, type Accepting, type Arriving, keyOf } from './arriving.ts';
import { decideJoin } from './join.ts';

const triesMax = 8;

/** What its sender read of us and changes now: it holds only as long as that is what we have (If-Match). */
export interface Read {
  readonly type: 'ServiceRequest' | 'Task';
  readonly id: string;
  readonly version: number;
}

export const otherVersion = issue('conflict', 'other-version', '', {
  nl: 'Deze verwijzing is intussen veranderd. Haal haar opnieuw op, controleer uw wijziging en stuur die nog eens.',
  en: 'This referral has changed meanwhile. Get it again, check your change and send it once more.',
});
const replacedSince = issue('conflict', 'replaced-since', '', {
  nl: 'Deze verwijzing is vervangen door een nieuwere. Wijzig die.',
  en: 'This referral was replaced by a newer one. Change that one.',
});

/**
 * An update by the practice of what it has read of us: joins its journey when that is still the version it read. The same
 * update again gets its first answer, although the version has moved by it.
 */
export async function acceptUpdate(parts: Accepting, arriving: Arriving, read: Read): Promise<Accepted | Refusal> {
  const { store } = parts;
  const { practice, mapped } = arriving;
  for (let tries = 0; tries < triesMax; tries += 1) {
    const [first, directory] = await Promise.all([
      readFirstAnswer(store, { practice }, keyOf(arriving)),
      parts.directory(),
    ]);
    const journey =
      first && 'journey' in first ? await readJourney(store, { kind: 'practice', practice }, first.journey) : undefined;
    if (!first || !('journey' in first) || !journey) return refuse(replacedSince);
    const current = read.type === 'Task' ? journey.task : journey.serviceRequest;
    const again: Accepted = { outcome: 'replayed', answer: first.answer, replayed: true };
    if (first.cancelled && mapped.intent === 'cancel') return again;
    if (first.cancelled) return refuse(refusals.cancelledEarlier(mapped.places.number));
    if (current.resource.id !== read.id) return refuse(replacedSince);
    if (current.version !== read.version) return first.same ? again : refuse(otherVersion);
    const { hash } = keyOf(arriving);
    if (mapped.intent === 'correct' && Buffer.from(hash).equals(journey.index.referralHash)) return again;
    const deciding = { directory, now: store.clock(), newId: store.newId };
    const decided = decideJoin(journey, arriving, first.answer, deciding);
    if (isRefusal(decided)) return decided;
    const committed = await store.commit(decided.change);
    if (committed.ok) return decided.accepted;
  }
  return refuse(refusals.busy());
}
