import type { PractitionerRole } from '@medplum/fhirtypes';
import type { Said } from '../../fhir/outcome.ts';
import { addDays } from '../../referral/deadlines.ts';
import type { Absence } from '../../referral/directory/directory.ts';

type StoredRole = PractitionerRole & { id: string };
type NotAvailable = NonNullable<PractitionerRole['notAvailable']>[number];

// No reason is asked or kept: why someone is ill is nobody's business (AVG 9).
const entry = ({ from, to }: Absence): NotAvailable => ({
  description: 'afwezig',
  during: { start: from, ...(to && { end: to }) },
});

const within = (one: NotAvailable, day: string): boolean => {
  const start = one.during?.start?.slice(0, 10);
  const end = one.during?.end?.slice(0, 10);
  return start !== undefined && start <= day && (end === undefined || day <= end);
};

/** Whether an absence of the role covers this day. */
export const isAbsentOn = (role: StoredRole, day: string): boolean =>
  (role.notAvailable ?? []).some((one) => within(one, day));

function withEntries(role: StoredRole, entries: readonly NotAvailable[]): StoredRole {
  const { notAvailable: _before, ...rest } = role;
  return entries.length > 0 ? { ...rest, notAvailable: [...entries] } : rest;
}

/** The role with one absence more; first and last day both count, no last day means until further notice. */
export function withAbsence(role: StoredRole, absence: Absence): StoredRole {
  return withEntries(role, [...(role.notAvailable ?? []), entry(absence)]);
}

/** The role present on this day: what covers the day ends the day before, or goes when it began on the day itself. */
export function presentFrom(role: StoredRole, day: string): StoredRole {
  const entries = (role.notAvailable ?? []).flatMap((one): NotAvailable[] => {
    if (!within(one, day)) return [one];
    const from = one.during?.start?.slice(0, 10) ?? day;
    return from < day ? [{ ...one, during: { start: from, end: addDays(day, -1) } }] : [];
  });
  return withEntries(role, entries);
}

/** The role without a planned absence that begins on this day. */
export function withoutAbsence(role: StoredRole, from: string): StoredRole {
  return withEntries(
    role,
    (role.notAvailable ?? []).filter((one) => one.during?.start?.slice(0, 10) !== from),
  );
}

const localDate = /^\d{4}-\d{2}-\d{2}$/;
const isDay = (text: string): boolean =>
  localDate.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) && addDays(text, 0) === text;

/** The planned absence of the from/to form (`to` may be empty), or what is wrong with it. */
export function readAbsence(from: string, to: string, today: string): Absence | { readonly fault: Said } {
  if (!isDay(from))
    return { fault: { nl: 'Vul de eerste dag van de afwezigheid in.', en: 'Fill in the first day of the absence.' } };
  if (to === '') return { from };
  if (!isDay(to))
    return {
      fault: { nl: 'De laatste dag is geen datum die bestaat.', en: 'The last day is not a date that exists.' },
    };
  if (to < from)
    return { fault: { nl: 'De laatste dag ligt vóór de eerste dag.', en: 'The last day comes before the first day.' } };
  if (to < today) return { fault: { nl: 'Deze afwezigheid is al voorbij.', en: 'This absence is already over.' } };
  return { from, to };
}
