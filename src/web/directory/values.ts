import type { Extension, Organization } from '@medplum/fhirtypes';
import type { Said } from '../../fhir/outcome.ts';
import type { Stored } from '../../referral/directory/directory.ts';
import { type Controls, type Fault, faultOf, ties } from '../form-controls.ts';
import { html, type Markup } from '../html.ts';
import type { Book, Fields } from './book.ts';

const said = {
  name: { nl: 'Vul de naam in.', en: 'Fill in the name.' },
  id: {
    nl: 'Kies een korte naam van kleine letters, cijfers en streepjes, die nog niet bestaat.',
    en: 'Choose a short name of lower-case letters, digits and dashes that does not exist yet.',
  },
  choice: { nl: 'Kies er een uit de lijst.', en: 'Choose one from the list.' },
  days: { nl: 'Vul een aantal werkdagen in, van 1 tot 250.', en: 'Fill in a number of working days, from 1 to 250.' },
  rule: {
    nl: 'Een regel heeft een leeftijd of een leefgebied, en een Wally.',
    en: 'A rule has an age or a life area, and a Wally.',
  },
  hours: {
    nl: 'Een spreekuur heeft een dag, en tijden zoals 09:30 en 12:00.',
    en: 'Consulting hours have a day, and times such as 09:30 and 12:00.',
  },
  day: { nl: 'Dit is geen datum die bestaat.', en: 'This is not a date that exists.' },
  years: { nl: 'Vul hele jaren in.', en: 'Fill in whole years.' },
  closure: {
    nl: 'Vul in vanaf welke dag de route dicht is, en waarom.',
    en: 'Fill in from which day the route is closed, and why.',
  },
  text: { nl: 'Dit is te lang.', en: 'This is too long.' },
} as const satisfies Record<string, Said>;

export type Options = readonly (readonly [value: string, label: string])[];

/** One of a list; what was chosen and is on it no more is not chosen. */
export function selectOf(parts: Controls, name: string, label: string, options: Options): Markup {
  const chosen = parts.fields[name] ?? '';
  return html`<div class="field"><label for="${name}">${label}</label>${faultOf(parts, name)}
<select id="${name}" name="${name}"${ties(parts, name, false)}>
${[['', ''] as const, ...options].map(
  ([value, text]) => html`<option value="${value}"${value === chosen && html` selected`}>${text}</option>`,
)}
</select></div>`;
}

export const fault = (name: string, what: keyof typeof said): Fault => ({ field: name, said: said[what] });
export const concept = (system: string, code: string) => ({ coding: [{ system, code }] });

/** A whole number above zero as it was typed; undefined when it is none. */
export const wholeNumber = (text: string): number | undefined =>
  /^[1-9]\d{0,2}$/.test(text) ? Number(text) : undefined;

/** Whether a day of that name exists. */
export function isDay(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}$/.test(text) &&
    !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) &&
    new Date(`${text}T00:00:00Z`).toISOString().startsWith(text)
  );
}

/** The telecom of a thing with these values; what else stood there stays. */
export function telecom(stored: { telecom?: { system?: string; value?: string }[] }, values: Record<string, string>) {
  const kept = (stored.telecom ?? []).filter((one) => !Object.hasOwn(values, one.system ?? ''));
  const own = Object.entries(values).flatMap(([system, value]) => (value ? [{ system, value }] : []));
  return [...kept, ...own] as NonNullable<Organization['telecom']>;
}

export function identified(
  stored: { identifier?: { system?: string; value?: string }[] },
  system: string,
  value: string,
) {
  const kept = (stored.identifier ?? []).filter((one) => one.system !== system);
  return [...kept, ...(value ? [{ system, value }] : [])];
}

export function extended(
  stored: { extension?: Extension[] },
  own: readonly (readonly [url: string, Extension | undefined])[],
) {
  const urls = own.map(([url]) => url);
  const kept = (stored.extension ?? []).filter((one) => !urls.includes(one.url));
  return [...kept, ...own.flatMap(([, one]) => (one ? [one] : []))];
}

export const named = (url: string, role: string): readonly [string, Extension | undefined] => [
  url,
  role ? { url, valueReference: { reference: `PractitionerRole/${role}` } } : undefined,
];

/** Lists and texts that are empty are not there: R4 has no empty ones. */
export function withoutEmpty<T extends Stored>(resource: T): T {
  return Object.fromEntries(
    Object.entries(resource).filter(
      ([, value]) => value !== '' && value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  ) as unknown as T;
}

export interface Reading {
  readonly book: Book;
  readonly id: string;
  readonly fields: Fields;
  readonly stored: readonly Stored[];
  readonly today: string;
}

export function storedAs<T extends Stored['resourceType']>(stored: readonly Stored[], type: T) {
  return stored.find((one): one is Extract<Stored, { resourceType: T }> => one.resourceType === type);
}
