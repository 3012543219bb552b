import type { Language } from '../fhir/outcome.ts';

/** Markup that is safe to send: made only by html`…`. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Value = Markup | string | number | null | undefined | false | readonly Value[];

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function render(value: Value): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map((one) => render(one as Value)).join('');
  return String(value).replaceAll(/[&<>"']/g, (character) => escapes[character] ?? '');
}

/** HTML from a template: every value is escaped unless it is Markup itself; lists are joined; nothing gives nothing. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Markup {
  return new Markup(parts.reduce((out, part, nth) => out + render(values[nth - 1]) + part));
}

/** Picks the reader's language: `t('Nieuw', 'New')`. */
export type Say = (nl: string, en: string) => string;

export function sayIn(language: Language): Say {
  return (nl, en) => (language === 'en' ? en : nl);
}

/** "donderdag 26 november" (and the year when it is not this year): dates as people say them. `day` is yyyy-mm-dd. */
export function dayText(day: string, language: Language, today: string): string {
  const withYear = day.slice(0, 4) !== today.slice(0, 4);
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : 'nl-NL', {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(withYear && { year: 'numeric' }),
    timeZone: 'UTC',
  }).format(new Date(`${day}T12:00:00Z`));
}

/** "26 november 2026 om 14:05", in Dutch time. */
export function momentText(moment: Date, language: Language): string {
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : 'nl-NL', {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'Europe/Amsterdam',
  }).format(moment);
}

/** "14:05", in Dutch time. */
export function timeText(moment: Date, language: Language): string {
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : 'nl-NL', {
    timeStyle: 'short',
    timeZone: 'Europe/Amsterdam',
  }).format(moment);
}

/** "14 maart 1957": a birth date, as people check it aloud. */
export function birthDateText(day: string, language: Language): string {
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : 'nl-NL', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  }).format(new Date(`${day}T12:00:00Z`));
}
