import { goesBack, reassignByPresence } from '../feedback/reassign.ts';
import { theLine } from '../referral/actor.ts';
import { assign } from '../referral/assignment.ts';
import { localDay } from '../referral/deadlines.ts';
import { type Directory, isPresent } from '../referral/directory/directory.ts';
import { isRefusal } from '../referral/refusal.ts';
import { openJourneys } from '../store/lists/lists.ts';
import { readJourney } from '../store/referrals.ts';
import type { Store } from '../store/store.ts';

const triesMax = 3;

async function reevaluate(store: Store, directory: () => Promise<Directory>, journeyId: string): Promise<boolean> {
  for (let attempt = 0; attempt < triesMax; attempt += 1) {
    const journey = await readJourney(store, { kind: 'line' }, journeyId);
    if (!journey) return false;
    const acting = { actor: theLine, now: store.clock(), newId: store.newId, directory: await directory() };
    const change = reassignByPresence(journey, acting);
    if (!change || isRefusal(change)) return false;
    if ((await store.commit(change)).ok) return true;
  }
  return false;
}

/**
 * Asks the directory again who should have each open referral, and moves what is with an absent person or with nobody:
 * unaccepted work to who is present, accepted work to a substitute who acts (promise 2). Run after every change of
 * presence and by the clock: what one run misses (someone was at the same referral) the next one finds. Gives how many
 * moved.
 */
export async function reevaluatePresence(store: Store, directory: () => Promise<Directory>): Promise<number> {
  const now = await directory();
  const day = localDay(store.clock());
  let moved = 0;
  for await (const one of openJourneys(store)) {
    const owner = now.roles.get(one.owner ?? '');
    const isThere = owner !== undefined && isPresent(owner, day);
    // Most are where they belong: those are not opened at all.
    if (isThere && (one.begun || !goesBack(one.route))) continue;
    const right = assign(now, one.practice, one.requesterAgb ?? undefined, day, [], { rule: one.rule });
    if (!one.begun && (!right || (right.owner?.id ?? null) === one.owner)) continue;
    if (await reevaluate(store, directory, one.journey)) moved += 1;
  }
  return moved;
}
