import { localDay } from '../referral/deadlines.ts';
import type { Agenda } from '../referral/directory/consulting-hours.ts';
import type { Directory } from '../referral/directory/directory.ts';
import { readBooked } from '../store/booked.ts';
import { countTaken } from '../store/slots.ts';
import type { Store } from '../store/store.ts';

/**
 * What the fixed Wally of a practice has booked, and how often a slot of the asked one's day was taken; without
 * consulting hours nothing.
 */
export async function agendaOf(store: Store, directory: Directory, practice: string, slot?: string): Promise<Agenda> {
  const { hours, wally } = directory.practices.get(practice)?.service ?? {};
  if (!hours || !wally) return { booked: [], taken: 0 };
  // Counted first: what is taken after that makes this taking stale, what was taken before is among what is booked.
  const isMoment = slot !== undefined && !Number.isNaN(Date.parse(slot));
  const taken = isMoment ? await countTaken(store, wally, localDay(new Date(slot))) : 0;
  return { booked: await readBooked(store, wally, store.clock()), taken };
}
