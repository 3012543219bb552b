import type { Assignment } from '../assignment.ts';
import { addDays, beginOfDay, isWorkingDay, localDay } from '../deadlines.ts';
import { type Directory, isPresent, type Role } from './directory.ts';

const slotMinutes = 30;
const daysAhead = 14;
const minuteMs = 60_000;
const weekDays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** An appointment that stands: its begin and end as instants. */
export interface Booked {
  readonly start: string;
  readonly end: string;
}

/** What a slot is looked at against: what the Wally has booked, and how often a slot was taken on its day, anywhere. */
export interface Agenda {
  readonly booked: readonly Booked[];
  readonly taken: number;
}

/** The taking of a slot, counted per Wally and day: of two takings under one number the store keeps one. */
export interface SlotTaking {
  readonly role: string;
  /** Local day. */
  readonly day: string;
  readonly nth: number;
}

export interface Slot extends Booked {
  readonly taking: SlotTaking;
}

/** Whose consulting hours a referral can use: the practice's fixed Wally, when the referral is hers. */
function hoursHolder(directory: Directory, practice: string, assignment: Assignment): Role | undefined {
  const service = directory.practices.get(practice)?.service;
  const { owner } = assignment;
  return service?.hours && owner && owner.id === service.wally ? owner : undefined;
}

/**
 * Begins of the free slots of the next two weeks, as instants in order. From tomorrow on, for the Wally must find it on
 * the worklist first; not on days off, while she is absent or the route is closed, or where something is booked.
 */
export function freeSlots(
  directory: Directory,
  practice: string,
  assignment: Assignment,
  booked: readonly Booked[],
  now: Date,
): string[] {
  const holder = hoursHolder(directory, practice, assignment);
  const { hours = [], closures = [] } = directory.practices.get(practice)?.service ?? {};
  if (!holder) return [];
  const today = localDay(now);
  const isOff = (day: string) =>
    !isWorkingDay(day) ||
    !isPresent(holder, day) ||
    closures.some(({ from, to }) => from <= day && (to === undefined || day <= to));
  const taken = booked.map(({ start, end }) => [Date.parse(start), Date.parse(end)] as const);
  const isFree = (ms: number) => !taken.some(([start, end]) => start < ms + slotMinutes * minuteMs && end > ms);
  const days = Array.from({ length: daysAhead }, (_, n) => addDays(today, n + 1)).filter((day) => !isOff(day));
  const begins = days.flatMap((day) => {
    const weekDay = weekDays[new Date(`${day}T12:00:00Z`).getUTCDay()] ?? '';
    // The clock only moves on Sundays: minutes after midnight are minutes of the local day.
    const midnight = beginOfDay(day).getTime();
    return hours
      .filter(({ days: on }) => on.includes(weekDay))
      .flatMap(({ begin, end }) =>
        Array.from(
          { length: Math.max(0, Math.floor((end - begin) / slotMinutes)) },
          (_, n) => midnight + (begin + n * slotMinutes) * minuteMs,
        ),
      );
  });
  return [...new Set(begins)]
    .filter(isFree)
    .toSorted((a, b) => a - b)
    .map((ms) => new Date(ms).toISOString());
}

/**
 * The slot that begins then, to be booked; undefined when it is not free, or not this referral's to take. Of two referrals
 * that take one of a Wally's slots of a day at one moment, at whatever practices, both come to the same taking: the store
 * keeps one, and the other looks again. So slots that only overlap are kept apart too.
 */
export function takeSlot(
  directory: Directory,
  practice: string,
  assignment: Assignment,
  start: string,
  agenda: Agenda,
  now: Date,
): Slot | undefined {
  const role = hoursHolder(directory, practice, assignment);
  if (!role || !freeSlots(directory, practice, assignment, agenda.booked, now).includes(start)) return undefined;
  const end = new Date(Date.parse(start) + slotMinutes * minuteMs).toISOString();
  return { start, end, taking: { role: role.id, day: localDay(new Date(start)), nth: agenda.taken + 1 } };
}
