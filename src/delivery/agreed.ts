import { clocksOf, usualLevels } from '../referral/clocks.ts';
import type { Directory, Practice } from '../referral/directory/directory.ts';
import { practiceNotice } from '../referral/receive.ts';
import { type OpenJourney, openJourneys } from '../store/lists/lists.ts';
import { readJourney } from '../store/referrals.ts';
import type { Store } from '../store/store.ts';
import { readFollowed } from '../store/talks.ts';

const triesMax = 3;

const written = ({ levels = usualLevels }: Pick<Practice, 'levels'>) =>
  JSON.stringify(Object.entries(levels).toSorted());

/** All clocks of a journey by what is agreed now; again when it moved meanwhile, so that an older state never counts. */
async function setAnew(store: Store, practice: Practice, id: string): Promise<void> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const journey = await readJourney(store, { kind: 'line' }, id);
    if (!journey) return;
    const clocks = clocksOf(journey, practice.levels);
    await store.commit({ scope: { practice: practice.id }, journey: id, clocks, audit: [] });
    const after = await readJourney(store, { kind: 'line' }, id);
    if (after?.task.version === journey.task.version) return;
  }
}

/**
 * Follows what practices agreed on, as soon as the directory says otherwise than at the last time: of other working days
 * the clocks of what is open are set anew, so that a promise that became shorter is not first noticed on the day of the
 * longer one; of another fixed Wally the practice gets a mail without content, where its address is known. Whoever
 * changed the directory, and from whatever day. Gives how many practices.
 */
export async function followAgreed(store: Store, directory: () => Promise<Directory>): Promise<number> {
  const [book, noted] = await Promise.all([directory(), readFollowed(store)]);
  const usual = written({});
  let open: OpenJourney[] | undefined;
  let followed = 0;
  for (const practice of book.practices.values()) {
    const before = noted.get(practice.id);
    const now = { levels: written(practice), wally: practice.service?.wally ?? null };
    if (before?.levels === now.levels && before.wally === now.wally) continue;
    if (now.levels !== (before?.levels ?? usual)) {
      open ??= await Array.fromAsync(openJourneys(store));
      for (const one of open) if (one.practice === practice.id) await setAnew(store, practice, one.journey);
    }
    const isNews = before !== undefined && now.wally !== null && before.wally !== now.wally;
    const done = await store.commit({
      scope: { practice: practice.id },
      journey: store.newId(),
      followed: now,
      outbox: isNews ? practiceNotice(practice, store.newId) : [],
      audit: [],
    });
    if (done.ok) followed += 1;
  }
  return followed;
}
