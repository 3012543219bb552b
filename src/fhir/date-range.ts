/** A span of time as two moments in ISO 8601 UTC with milliseconds: the first in it, and the first after it. Texts compare. */
export type Span = readonly [low: string, high: string];

export type DatePrefix = 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb' | 'ap';

export interface DateQuestion {
  readonly prefix: DatePrefix;
  readonly span: Span;
}

const shape = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;
const first = '0000-01-01T00:00:00.000Z';
const last = '9999-12-31T23:59:59.999Z';
const iso = (ms: number) => new Date(ms).toISOString();

/**
 * The span that a FHIR date, dateTime or instant stands for, by its precision (search.html#date): a year is all of it. What
 * has no zone is UTC. Undefined when it is no date that exists.
 */
export function spanOf(text: string): Span | undefined {
  const [all, year, month, day, hour, minute, second, fraction, zone] = shape.exec(text) ?? [];
  if (all === undefined || year === undefined || Number(year) < 1) return undefined;
  const base = `${year}-${month ?? '01'}-${day ?? '01'}`;
  const clock = `T${hour ?? '00'}:${minute ?? '00'}:${second ?? '00'}.${(fraction ?? '').slice(0, 3).padEnd(3, '0')}`;
  const low = Date.parse(`${base}${clock}${zone ?? 'Z'}`);
  // JavaScript lets 30 February be 2 March.
  const isDay = !Number.isNaN(Date.parse(`${base}T00:00:00Z`)) && iso(Date.parse(`${base}T00:00:00Z`)).startsWith(base);
  if (Number.isNaN(low) || !isDay) return undefined;
  const at = new Date(low);
  if (month === undefined) at.setUTCFullYear(at.getUTCFullYear() + 1);
  else if (day === undefined) at.setUTCMonth(at.getUTCMonth() + 1);
  else
    at.setTime(
      low + (hour === undefined ? 86_400_000 : second === undefined ? 60_000 : fraction === undefined ? 1_000 : 1),
    );
  if (low < 0 && low < Date.parse(first)) return undefined;
  return at.getTime() > Date.parse(last) ? [iso(low), last] : [iso(low), iso(at.getTime())];
}

/** The span of a Period: open on the side that it does not name. */
export function spanOfPeriod(period: { readonly start?: string; readonly end?: string }): Span | undefined {
  const start = period.start === undefined ? undefined : spanOf(period.start);
  const end = period.end === undefined ? undefined : spanOf(period.end);
  return start || end ? [start?.[0] ?? first, end?.[1] ?? last] : undefined;
}

/** A date as a search asks for it, with its prefix; undefined when it cannot be read. */
export function dateQuestion(value: string): DateQuestion | undefined {
  const [, prefix = 'eq', rest = ''] = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)$/s.exec(value) ?? [];
  const span = spanOf(rest);
  if (!span) return undefined;
  if (prefix !== 'ap') return { prefix: prefix as DatePrefix, span };
  // "Approximately" is a tenth of the span on either side, and at least a day: what a person means by about.
  const [low, high] = [Date.parse(span[0]), Date.parse(span[1])];
  const around = Math.max(86_400_000, (high - low) / 10);
  return {
    prefix: 'ap',
    span: [iso(Math.max(low - around, Date.parse(first))), iso(Math.min(high + around, Date.parse(last)))],
  };
}

/** Whether a value answers the question (search.html#prefix): the same rules as store/search/search has in SQL. */
export function answersDate([low, high]: Span, { prefix, span: [from, to] }: DateQuestion): boolean {
  const isIn = low >= from && high <= to;
  switch (prefix) {
    case 'eq':
      return isIn;
    case 'ne':
      return !isIn;
    case 'gt':
      return high > to;
    case 'ge':
      return high > to || isIn;
    case 'lt':
      return low < from;
    case 'le':
      return low < from || isIn;
    case 'sa':
      return low >= to;
    case 'eb':
      return high <= from;
    case 'ap':
      return low < to && high > from;
  }
}
