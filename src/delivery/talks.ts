import { byTheLine } from '../referral/audit-line.ts';
import type { Change } from '../referral/change.ts';
import { addDays, isWorkingDay, localDay } from '../referral/deadlines.ts';
import { type Directory, isPresent } from '../referral/directory/directory.ts';
import type { OutboxRow } from '../referral/outbox-row.ts';
import { daysOfQuarter, quarterOf, remindAfterDays, wallysOfPractice, withoutTalk } from '../referral/talk.ts';
import type { Store } from '../store/store.ts';
import { readTalks, remindedIn } from '../store/talks.ts';

/**
 * A month into a quarter the Wallys of each practice whose talk is not planned get one mail without content, once per
 * quarter; their pages and the team lead's say it all the time. One mail per person and run. A practice none of whose Wallys
 * is there with an address waits for one who is. Gives how many practices.
 */
export async function remindOfTalks(store: Store, directory: () => Promise<Directory>): Promise<number> {
  const now = store.clock();
  const day = localDay(now);
  if (!isWorkingDay(day) || day < addDays(daysOfQuarter(day).first, remindAfterDays)) return 0;
  const book = await directory();
  const quarter = quarterOf(day);
  const [talks, reminded] = await Promise.all([
    readTalks(store, [...book.practices.keys()]),
    remindedIn(store, quarter),
  ]);
  const mailed = new Set<string>();
  let taken = 0;
  for (const id of withoutTalk(book, talks, day).filter((one) => !reminded.has(one))) {
    const practice = book.practices.get(id);
    const wallys = practice
      ? wallysOfPractice(book, practice).filter((role) => role.email && isPresent(role, day))
      : [];
    // Nobody who is there can be mailed: not reminded this quarter, so that the next working day asks again.
    if (wallys.length === 0) continue;
    const told = wallys.slice(0, 1).filter((role) => !mailed.has(role.id));
    const change: Change = {
      scope: { practice: id },
      journey: store.newId(),
      talk: { to: 'reminded', quarter },
      outbox: told.map(
        (role): OutboxRow => ({ messageId: store.newId(), kind: 'notify', destination: 'mail', recipient: role.id }),
      ),
      audit: [byTheLine('talk-not-planned', now.toISOString(), { object: `Organization/${id}`, code: quarter })],
    };
    if (!(await store.commit(change)).ok) continue;
    for (const role of told) mailed.add(role.id);
    taken += 1;
  }
  return taken;
}
