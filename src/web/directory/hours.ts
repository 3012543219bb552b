import type { HealthcareService, HealthcareServiceAvailableTime } from '@medplum/fhirtypes';
import type { Said } from '../../fhir/outcome.ts';
import type { Fault } from '../form-controls.ts';
import type { Fields } from './book.ts';
import { fault } from './values.ts';

export const weekDays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
type WeekDay = (typeof weekDays)[number];

export const daySaid: Readonly<Record<WeekDay, Said>> = {
  mon: { nl: 'maandag', en: 'Monday' },
  tue: { nl: 'dinsdag', en: 'Tuesday' },
  wed: { nl: 'woensdag', en: 'Wednesday' },
  thu: { nl: 'donderdag', en: 'Thursday' },
  fri: { nl: 'vrijdag', en: 'Friday' },
  sat: { nl: 'zaterdag', en: 'Saturday' },
  sun: { nl: 'zondag', en: 'Sunday' },
};

/** As many rows as the form has; more that came another way stay as they are. */
export const hoursMax = 3;

const numbers = Array.from({ length: hoursMax }, (_, n) => n + 1);
const isRow = ({ daysOfWeek, availableStartTime, availableEndTime }: HealthcareServiceAvailableTime) =>
  daysOfWeek?.length === 1 && availableStartTime !== undefined && availableEndTime !== undefined;
const rowsOf = (service: HealthcareService | undefined) =>
  (service?.availableTime ?? []).filter(isRow).slice(0, hoursMax);

/** Consulting hours of a Wally at a practice (HealthcareService.availableTime) as the form shows them. */
export function hoursFields(service: HealthcareService | undefined): Fields {
  const rows = rowsOf(service);
  return Object.fromEntries(
    numbers.flatMap((n) => {
      const row = rows[n - 1];
      return [
        [`day${n}`, row?.daysOfWeek?.[0] ?? ''],
        [`begin${n}`, row?.availableStartTime?.slice(0, 5) ?? ''],
        [`end${n}`, row?.availableEndTime?.slice(0, 5) ?? ''],
      ];
    }),
  );
}

const isTime = (text: string) => /^(?:[01]\d|2[0-3]):[0-5]\d$/.test(text);

/** What the form says of the consulting hours, with those that it has no row for; or what is wrong. */
export function hoursIn(
  fields: Fields,
  service: HealthcareService | undefined,
): { readonly hours: HealthcareServiceAvailableTime[]; readonly faults: readonly Fault[] } {
  const rows = rowsOf(service);
  const others = (service?.availableTime ?? []).filter((one) => !rows.includes(one));
  const faults: Fault[] = [];
  const own = numbers.flatMap((n): HealthcareServiceAvailableTime[] => {
    const [said = '', begin = '', end = ''] = [fields[`day${n}`], fields[`begin${n}`], fields[`end${n}`]];
    if (!said && !begin && !end) return [];
    const day = weekDays.find((one) => one === said);
    if (day && isTime(begin) && isTime(end))
      return [{ daysOfWeek: [day], availableStartTime: `${begin}:00`, availableEndTime: `${end}:00` }];
    faults.push(fault(`day${n}`, 'hours'));
    return [];
  });
  return { hours: [...own, ...others], faults };
}
