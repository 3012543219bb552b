import type { Patient } from './model.ts';

const zone = 'Europe/Amsterdam';

const whole = (prefix: string | undefined, name: string | undefined) => [prefix, name].filter(Boolean).join(' ');

/** The surname in the order the patient wants it, tussenvoegsels included ("de Vries-van den Berg"). */
export function familyName(patient: Patient): string {
  const own = whole(patient.ownPrefix, patient.ownName);
  const partner = whole(patient.partnerPrefix, patient.partnerName);
  if (!partner) return own;
  return { NL1: own, NL2: partner, NL3: `${partner}-${own}`, NL4: `${own}-${partner}` }[patient.nameOrder];
}

/** Initials from the first names: "Anna Maria" → "A.M.". */
export function initials(patient: Patient): string {
  return patient.given.map((one) => `${one.charAt(0).toUpperCase()}.`).join('');
}

/** Name as one line for people: "Annemiek van den Berg". */
export function fullName(patient: Patient): string {
  return [patient.callName ?? patient.given[0] ?? initials(patient), familyName(patient)].filter(Boolean).join(' ');
}

/** Name as a GP system lists it: "Berg, A.M. van den (Annemiek)"; the sorting part first. */
export function listName(patient: Patient): string {
  const family = familyName(patient);
  const prefix = /^(?:[a-z'’]+ )+/.exec(family)?.[0]?.trim() ?? '';
  const rest = prefix ? family.slice(prefix.length + 1) : family;
  const before = [initials(patient), prefix].filter(Boolean).join(' ');
  return `${rest}${before && `, ${before}`}${patient.callName ? ` (${patient.callName})` : ''}`;
}

/** The Dutch calendar day of an instant, yyyy-mm-dd. */
export function localDay(instant: Date): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' }).format(instant);
}

/** An instant with the Dutch offset, as FHIR wants it: 2026-11-23T09:15:00+01:00. */
export function localInstant(instant: Date): string {
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' }).format(
    instant,
  );
  const offset = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' })
    .formatToParts(instant)
    .find((part) => part.type === 'timeZoneName')?.value;
  return `${clock.replace(' ', 'T')}${offset?.replace('GMT', '') || '+00:00'}`;
}

/** 2026-11-23 → 23-11-2026; anything else comes back as it was. */
export function dutchDate(day: string): string {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})/.exec(day) ?? [];
  return date ? `${date}-${month}-${year}` : day;
}

/** 2026-11-23 → "maandag 23 november". */
export function spokenDate(day: string): string {
  if (!/^\d{4}-\d{2}-\d{2}/.test(day)) return day;
  const options = { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' } as const;
  return new Intl.DateTimeFormat('nl-NL', options).format(new Date(`${day.slice(0, 10)}T00:00:00Z`));
}

/** An instant as day and time of the Netherlands: "23-11-2026 09:15". */
export function dutchTime(instant: string): string {
  const local = localInstant(new Date(instant));
  return `${dutchDate(local)} ${local.slice(11, 16)}`;
}

/** Whole years on a local date. */
export function ageOn(birthDate: string, day: string): number {
  const years = Number(day.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return day.slice(5) < birthDate.slice(5) ? years - 1 : years;
}
