import type { Appointment } from '@medplum/fhirtypes';

const stamp = (instant: string) => `${new Date(instant).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;

/**
 * One appointment as iCalendar (RFC 5545). Whoever sees a calendar must learn nothing from it (H2): the word "afspraak", no
 * name, no place, no note; what is left are fixed lines and moments in UTC, in which nothing has to be escaped or folded.
 */
export function toCalendar(appointment: Appointment & { id: string }, now: Date): string {
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Kortelijn//NL',
    'BEGIN:VEVENT',
    `UID:${appointment.id}`,
    `DTSTAMP:${stamp(now.toISOString())}`,
    `DTSTART:${stamp(appointment.start ?? '')}`,
    `DTEND:${stamp(appointment.end ?? '')}`,
    'SUMMARY:afspraak',
    'CLASS:PRIVATE',
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
}
