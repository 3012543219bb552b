import { addDays, beginOfDay, isWorkingDay, localDay } from '../referral/deadlines.ts';
import type { AlarmClass } from '../referral/region-alarm.ts';
import type { Observed, ObservedDestination, Signal } from '../store/queue/alarm-observed.ts';

/** What is too long, too little or too late; from the settings. */
export interface Thresholds {
  readonly waitingMinutes: number;
  readonly breakerMinutes: number;
  readonly answerHours: number;
  readonly wallyDays: number;
  readonly practiceMissed: number;
  readonly expiryDays: number;
  readonly diskPercent: number;
  readonly databaseGb: number;
}

/** Trouble of one class as it is now, however many it touches. */
export interface Finding {
  readonly class: AlarmClass;
  readonly subjects: readonly string[];
  readonly count: number;
  readonly since: Date;
}

/** The practices that refer, and which of them have nobody present today. */
export interface Present {
  readonly practices: ReadonlySet<string>;
  readonly without: readonly string[];
}

/** How far back a practice's own rhythm is looked for. */
export const rhythmDays = 120;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** What is measured each minute is old news after this. */
const freshMs = 10 * minuteMs;
/** Certificates and the chain of the trail are looked at once a day. */
const dailyFreshMs = 50 * hourMs;
const stoppedMs = dayMs;
const unsealedMs = 15 * minuteMs;
const unsentMs = 15 * minuteMs;
const queueAwayMs = 3 * minuteMs;
const driftMsMax = 5_000;
const connectionsMax = 0.8;
/** A key signs for 90 days and is then replaced by itself: one that is older shows that nobody does. */
const keyDaysMax = 100;
/** Of a practice that sent less there is no rhythm to depart from. */
const rhythmMin = 6;
/** Absence is judged at this hour: nobody is alarmed at midnight that a day has gone by. */
const morningHour = 7;

const localHour = new Intl.DateTimeFormat('nl-NL', { timeZone: 'Europe/Amsterdam', hour: '2-digit', hourCycle: 'h23' });

/** Whether it is the hour of the morning's look, or later, on the local day of an instant. */
export function isMorningOver(now: Date): boolean {
  return Number(localHour.format(now)) >= morningHour;
}

/** The last working day whose morning has come. */
function judgedOn(now: Date): string {
  let day = localDay(now);
  if (!isMorningOver(now)) day = addDays(day, -1);
  while (!isWorkingDay(day)) day = addDays(day, -1);
  return day;
}

/** Working days that passed whole after one instant's day and before a day. */
function workingDaysBetween(from: Date, until: string): number {
  let passed = 0;
  for (let day = addDays(localDay(from), 1); day < until; day = addDays(day, 1)) if (isWorkingDay(day)) passed += 1;
  return passed;
}

const earliest = (moments: readonly Date[]) => new Date(Math.min(...moments.map((one) => one.getTime())));

/** One finding of all that show the same trouble; none when nothing does. */
function together(kind: AlarmClass, found: readonly { subject: string; since: Date; count?: number }[]): Finding[] {
  if (found.length === 0) return [];
  const count = found.reduce((sum, one) => sum + (one.count ?? 1), 0);
  const subjects = [...new Set(found.map((one) => one.subject))].toSorted();
  return [{ class: kind, subjects, count, since: earliest(found.map((one) => one.since)) }];
}

const perDestination = (rows: readonly ObservedDestination[]) =>
  rows.map(({ destination, count, since }) => ({ subject: destination, count, since }));

/**
 * Practices that are silent against their own rhythm: so many working days without a referral that `practiceMissed` would
 * have come at the pace of before. A rhythm needs a handful of referrals; one that is too slow never alarms.
 */
function silentPractices({ practices }: Observed, { practiceMissed }: Thresholds, present: Present, day: string) {
  return practices.flatMap(({ practice, count, first, last }) => {
    if (!present.practices.has(practice) || count < rhythmMin) return [];
    const working = workingDaysBetween(first, addDays(localDay(last), 1)) + 1;
    const missed = (count / working) * workingDaysBetween(last, day);
    return missed >= practiceMissed ? [{ subject: practice, since: last }] : [];
  });
}

function silentWallys({ unopened }: Observed, { wallyDays }: Thresholds, day: string) {
  return unopened.flatMap(({ owner, count, since, lastSign }) => {
    const from = lastSign && lastSign > since ? lastSign : since;
    return workingDaysBetween(from, day) >= wallyDays ? [{ subject: owner, since: from, count }] : [];
  });
}

/** What was measured outside the record, as far as it is not old news. */
function measured(signals: readonly Signal[], limits: Thresholds, now: Date): Finding[] {
  const age = (moment: Date) => now.getTime() - moment.getTime();
  const of = (name: string, fits: (one: Signal) => boolean, within = freshMs) =>
    signals
      .filter((one) => one.name === name && age(one.seenAt) <= within && fits(one))
      .map((one) => ({ subject: one.subject, since: one.changedAt }));
  const ends = (one: Signal) => one.value - now.getTime() <= limits.expiryDays * dayMs;
  return [
    ...together(
      'breaker',
      of('breaker', (one) => one.value === 1 && age(one.changedAt) >= limits.breakerMinutes * minuteMs),
    ),
    ...together(
      'reconciled',
      of('reconciled', (one) => one.value > 0, hourMs),
    ),
    ...together('certificate', of('certificate', ends, dailyFreshMs)),
    ...together(
      'key',
      of('key', (one) => now.getTime() - one.value > keyDaysMax * dayMs),
    ),
    ...together(
      'clock-drift',
      of('clock-drift', (one) => one.value > driftMsMax),
    ),
    ...together(
      'disk',
      of('disk', (one) => one.value < limits.diskPercent / 100),
    ),
    ...together('database', [
      ...of('database-size', (one) => one.value > limits.databaseGb * 1e9),
      ...of('database-connections', (one) => one.value > connectionsMax),
    ]),
    ...together(
      'queue-away',
      of('queue-away', (one) => one.value === 1 && age(one.changedAt) >= queueAwayMs),
    ),
  ];
}

/**
 * The troubles that there are now, one per class. Pure: what was observed, who is there, the thresholds and the moment.
 * What is counted in working days is judged in the morning of a working day, so that a weekend or a holiday alarms nobody.
 */
export function findingsOf(observed: Observed, present: Present, limits: Thresholds, now: Date): Finding[] {
  const day = judgedOn(now);
  const before = (ms: number) => (one: { readonly since: Date }) => now.getTime() - one.since.getTime() >= ms;
  const { waiting, held, unsent, unanswered, untold, unowned, unsealedSince, signals } = observed;
  const tooLong = waiting.filter((one) => before(one.stopped ? stoppedMs : limits.waitingMinutes * minuteMs)(one));
  const broken = signals.filter((one) => one.name === 'audit' && one.value > 0);
  return [
    ...together('waiting', perDestination(tooLong)),
    ...together('held', perDestination(held)),
    ...together('his-silent', perDestination(unanswered.filter(before(limits.answerHours * hourMs)))),
    ...together('practice-silent', silentPractices(observed, limits, present, day)),
    ...together('wally-silent', silentWallys(observed, limits, day)),
    ...together('nobody-present', [
      ...present.without.map((subject) => ({ subject, since: beginOfDay(localDay(now)) })),
      ...(unowned.since ? [{ subject: '', since: unowned.since, count: unowned.count }] : []),
    ]),
    ...together('audit', [
      ...broken.map((one) => ({ subject: 'broken', since: one.changedAt })),
      ...(unsealedSince && before(unsealedMs)({ since: unsealedSince })
        ? [{ subject: 'unsealed', since: unsealedSince }]
        : []),
    ]),
    ...measured(signals, limits, now),
    ...together('subscription-stopped', untold),
    ...together('alarm-unsent', perDestination(unsent.filter(before(unsentMs)))),
  ];
}
