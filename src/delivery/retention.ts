import type { Log } from '../log.ts';
import { byTheLine } from '../referral/audit-line.ts';
import { awaitedWords, type Keeping, landedBefore, purgeable } from '../store/keeping.ts';
import type { Store } from '../store/store.ts';
import type { Duty } from './clock.ts';

export interface Retaining {
  readonly store: Store;
  readonly log: Log;
}

const atOnceMax = 200;

async function purge({ store, log }: Retaining, one: Keeping): Promise<boolean> {
  const at = store.clock().toISOString();
  const done = await store.commit({
    scope: { practice: one.practice },
    journey: one.journey,
    // The person still finds who looked: the trail stays for years, and so do the HMACs that lead to it.
    keeping: { to: 'erased', at, forget: false },
    audit: [byTheLine('content-purged', at, { action: 'D', object: `Task/${one.taskId}` })],
  });
  // Held, or moved, since we looked: the commit looked again.
  if (!done.ok) log.info('content-kept', { journey: one.journey });
  return done.ok;
}

/**
 * Destroys the keys of journeys whose feedback landed `days` ago or longer, and that stand in the receiver's own record
 * (H16): never an open one, a held one, or one with something still to be sent. Audit and content-free events stay. Safe in
 * several processes. Gives how many were purged; how many only wait for the receiver's word is logged.
 */
export async function purgeContent(parts: Retaining, days: number): Promise<number> {
  const { store, log } = parts;
  const before = landedBefore(store, days);
  let purged = 0;
  for (const one of await purgeable(store, before, atOnceMax)) if (await purge(parts, one)) purged += 1;
  const count = (await awaitedWords(store, { kind: 'line' }, before)).reduce((sum, one) => sum + one.count, 0);
  if (count > 0) log.info('content-waits-for-transfer', { count });
  return purged;
}

/** The duty of the clock; none with 0 days. */
export function retentionDuties(parts: Retaining, days: number): Duty[] {
  return days === 0 ? [] : [{ name: 'content-purged', everyMs: 3_600_000, run: () => purgeContent(parts, days) }];
}
