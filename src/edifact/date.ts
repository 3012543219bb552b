const local = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/Amsterdam',
  dateStyle: 'short',
  timeStyle: 'short',
});

/** A day on the calendar as yyyy-mm-dd, or undefined when it does not exist (or lies before 1800). */
function existing(year: string, month: string, day: string): string | undefined {
  const text = `${year}-${month}-${day}`;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || year < '1800') return undefined;
  const instant = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(text) ? text : undefined;
}

/**
 * A day as yyyy-mm-dd: from parts (`1980`, `02`, `30`) or one text of six or eight digits. Two digits of a year are of this
 * century: they stand in dates of messages, never of birth. Undefined for a day that does not exist.
 */
export function readDay(...parts: readonly string[]): string | undefined {
  const digits = parts.join('');
  if (!/^\d{6}(?:\d{2})?$/.test(digits)) return undefined;
  const full = digits.length === 6 ? `20${digits}` : digits;
  return existing(full.slice(0, 4), full.slice(4, 6), full.slice(6));
}

/** A minute as HH:MM, from parts or four digits; undefined for one that no clock shows. */
export function readMinute(...parts: readonly string[]): string | undefined {
  const found = /^([01]\d|2[0-3])([0-5]\d)$/.exec(parts.join(''));
  return found ? `${found[1]}:${found[2]}` : undefined;
}

/** A moment on the Dutch clock, as MEDVRI writes it: without zone or seconds. */
export interface Moment {
  readonly day: string;
  readonly minute: string;
}

export function localMoment(instant: Date): Moment {
  const [day = '', minute = ''] = local.format(instant).split(' ');
  return { day, minute };
}
