import { addDays, localDay } from '../referral/deadlines.ts';
import type { PastEvent } from '../referral/past-event.ts';

/** How the work ended; `open` has not. */
export const endings = ['closed', 'not-reached', 'declined', 'stopped', 'open'] as const;
export type Ending = (typeof endings)[number];

/** One referral in figures. Days are calendar days from the day it came in; absent: it did not happen. */
export interface Measure {
  readonly practice: string;
  readonly team: string;
  /** Who had it last; empty: nobody, it stood in the team's queue. */
  readonly owner: string;
  readonly ageBand: string;
  readonly lifeAreas: readonly string[];
  readonly ending: Ending;
  /** Coded, per life area, at closing. */
  readonly outcomes: readonly (readonly [lifeArea: string, outcome: string])[];
  readonly toOpened?: number;
  /** To a contact with the resident, not to a click (H13). */
  readonly toContact?: number;
  readonly toClosed?: number;
  readonly toLanded?: number;
}

/** First and last day of a quarter as `2026Q4`; undefined when it is none. */
export function quarterDays(quarter: string): { readonly from: string; readonly to: string } | undefined {
  const [, year, nth] = /^(\d{4})Q([1-4])$/.exec(quarter) ?? [];
  if (!year || !nth) return undefined;
  const first = (Number(nth) - 1) * 3 + 1;
  const from = `${year}-${String(first).padStart(2, '0')}-01`;
  const next = nth === '4' ? `${Number(year) + 1}-01-01` : `${year}-${String(first + 3).padStart(2, '0')}-01`;
  return { from, to: addDays(next, -1) };
}

const daysBetween = (from: string, to: string) =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);

const ends: Readonly<Record<string, Ending>> = {
  closed: 'closed',
  declined: 'declined',
  ended: 'stopped',
  cancelled: 'stopped',
  recalled: 'stopped',
};
/** Of the last feedback, whether by its channel (`final`) or read aloud (`final by-phone`). */
const isFinal = ({ outcome }: PastEvent) => outcome?.split(' ')[0] === 'final';
/** After these, and after nothing else, it is with another one. */
const owning = ['assigned', 'acting'];

function endingOf(end: PastEvent | undefined): Ending {
  if (!end) return 'open';
  return end.outcome === 'not-reached' ? 'not-reached' : (ends[end.kind] ?? 'open');
}

/** One journey's events, in their order; undefined when it was taken back before anybody saw it (H3). */
function measureOf(events: readonly PastEvent[]): Measure | undefined {
  const received = events.find((one) => one.kind === 'received');
  if (!received) return undefined;
  const end = events.find((one) => ends[one.kind] !== undefined);
  const isSeen = events.some((one) => one.kind === 'visible' || one.kind === 'opened' || one.kind === 'accepted');
  if (end?.kind === 'cancelled' && !isSeen) return undefined;
  const came = localDay(received.at);
  const dayOf = (one: PastEvent) => one.on ?? localDay(one.at);
  const days = (one: PastEvent | undefined, day = (found: PastEvent) => localDay(found.at)) =>
    one && Math.max(0, daysBetween(came, day(one)));
  const contacts = events
    .filter((one) => one.kind === 'contact' && one.outcome === 'made')
    .toSorted((a, b) => (dayOf(a) < dayOf(b) ? -1 : 1));
  const times = {
    toOpened: days(events.find((one) => one.kind === 'opened')),
    toContact: days(contacts[0], dayOf),
    toClosed: days(end),
    toLanded: days(events.find((one) => one.kind === 'landed' && isFinal(one))),
  };
  // A correction may have changed both; a later event without them says nothing.
  const last = <T>(of: (one: PastEvent) => T | null) => events.findLast((one) => of(one) !== null);
  const ending = endingOf(end);
  return {
    practice: received.practice,
    team: last((one) => one.team)?.team ?? '',
    owner: events.findLast((one) => owning.includes(one.kind))?.owner ?? '',
    ageBand: received.ageBand ?? '',
    lifeAreas: last((one) => one.lifeAreas)?.lifeAreas ?? [],
    ending,
    outcomes:
      ending === 'closed'
        ? (end?.outcome ?? '').split(' ').flatMap((one): [string, string][] => {
            const [area, outcome] = one.split('=');
            return area && outcome ? [[area, outcome]] : [];
          })
        : [],
    ...Object.fromEntries(Object.entries(times).filter(([, value]) => value !== undefined)),
  };
}

/** Figures of the referrals that came in on these days, from events alone. Pure. */
export function measuresOf(
  events: readonly PastEvent[],
  days: { readonly from: string; readonly to: string },
): Measure[] {
  const journeys = new Map<string, PastEvent[]>();
  for (const one of events) journeys.set(one.journey, [...(journeys.get(one.journey) ?? []), one]);
  return [...journeys.values()].flatMap((all) => {
    const came = all.find((one) => one.kind === 'received');
    const day = came && localDay(came.at);
    const measure = day && day >= days.from && day <= days.to ? measureOf(all) : undefined;
    return measure ? [measure] : [];
  });
}

/** The middle of a list of numbers; undefined for an empty one. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
