import { type Agenda, slotIds } from '../referral/consulting-hours.ts';
import type { Directory } from '../referral/directory.ts';
import { readBooked, usedAppointmentIds } from '../store/booked.ts';
import type { Store } from '../store/store.ts';

/** What the fixed Wally of a practice has booked, and which ids of the asked slot were used; without consulting hours nothing. */
export async function agendaOf(store: Store, directory: Directory, practice: string, slot?: string): Promise<Agenda> {
  const { hours, wally } = directory.practices.get(practice)?.service ?? {};
  if (!hours || !wally) return { booked: [], used: [] };
  const [booked, used] = await Promise.all([
    readBooked(store, wally, store.clock()),
    slot ? usedAppointmentIds(store, practice, slotIds(practice, wally, slot)) : [],
  ]);
  return { booked, used };
}
