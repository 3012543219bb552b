import Holidays from 'date-holidays';

const zone = 'Europe/Amsterdam';
const calendar = new Holidays('NL', { timezone: zone, types: ['public'] });
const dayMs = 86_400_000;
/** Days off by year, as the instant at which they begin in UTC: clocks count thousands of days. */
const holidaysByYear = new Map<number, ReadonlySet<number>>();
const localFormat = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' });

/** The Dutch calendar day of an instant, as yyyy-mm-dd. */
export function localDay(instant: Date): string {
  return localFormat.format(instant);
}

/**
 * From an instant until a day, as a FHIR Period. On that day itself the begin is the day too: an instant and a day of the same
 * date cannot be compared, so that per-1 would not hold.
 */
export function periodUntil(now: Date, end: string): { readonly start: string; readonly end: string } {
  const today = localDay(now);
  return { start: today < end.slice(0, 10) ? now.toISOString() : today, end };
}

const startOf = (day: string) => Date.parse(`${day}T00:00:00Z`);
const dayAt = (ms: number) => new Date(ms).toISOString().slice(0, 10);

/** The instant at which a Dutch calendar day begins; also on the days on which the clock moves. */
export function beginOfDay(day: string): Date {
  const utc = Date.parse(`${day}T00:00:00Z`);
  const hours = [2, 1].find((one) => localDay(new Date(utc - one * 3_600_000)) === day) ?? 0;
  return new Date(utc - hours * 3_600_000);
}

/** Day plus n calendar days; n may be negative. Both are plain days, so daylight saving plays no part. */
export function addDays(day: string, n: number): string {
  return dayAt(startOf(day) + n * dayMs);
}

function holidays(year: number): ReadonlySet<number> {
  let days = holidaysByYear.get(year);
  if (!days) {
    days = new Set(calendar.getHolidays(year).map((holiday) => startOf(holiday.date.slice(0, 10))));
    holidaysByYear.set(year, days);
  }
  return days;
}

function isWorking(ms: number): boolean {
  const date = new Date(ms);
  const weekday = date.getUTCDay();
  return weekday !== 0 && weekday !== 6 && !holidays(date.getUTCFullYear()).has(ms);
}

/** Monday to Friday, and no public holiday of the Netherlands. */
export const isWorkingDay = (day: string): boolean => isWorking(startOf(day));

/** The n-th working day after a day (n ≥ 1): what comes in on Friday and is due in 2 is due on Tuesday. */
export function addWorkingDays(day: string, n: number): string {
  let current = startOf(day);
  for (let left = n; left > 0; ) {
    current += dayMs;
    if (isWorking(current)) left -= 1;
  }
  return dayAt(current);
}

/** Working days within which the Wally calls, by urgency; the promise made to the GP at the click. */
const callWithinWorkingDays = { routine: 3, urgent: 1, asap: 1, stat: 1 } as const;

/**
 * The day before which the Wally calls ("belt vóór"), given the day of the referral. What comes in on a day off counts
 * as come in on the next working day: nobody is promised a call on a Sunday.
 */
export function callBefore(day: string, priority: keyof typeof callWithinWorkingDays): string {
  const counted = isWorkingDay(day) ? day : addWorkingDays(day, 1);
  return addWorkingDays(counted, callWithinWorkingDays[priority]);
}
