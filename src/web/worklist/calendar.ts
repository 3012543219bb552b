import type { Appointment } from '@medplum/fhirtypes';
import type { Response } from 'express';

const stamp = (instant: string) => `${new Date(instant).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;

/**
 * One appointment as iCalendar (RFC 5545). Whoever sees a calendar must learn nothing from it (H2): one word, no name, no
 * place, no note; what is left are fixed lines and moments in UTC, in which nothing has to be escaped or folded. A moved
 * one keeps its UID and has a higher SEQUENCE (`version`): a calendar then moves it, too.
 */
export function toCalendar(
  { resource: appointment, version }: { readonly resource: Appointment & { id: string }; readonly version: number },
  now: Date,
  summary: 'afspraak' | 'kwartaalgesprek' = 'afspraak',
): string {
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Kortelijn//NL',
    'BEGIN:VEVENT',
    `UID:${appointment.id}`,
    `SEQUENCE:${version - 1}`,
    `DTSTAMP:${stamp(now.toISOString())}`,
    `DTSTART:${stamp(appointment.start ?? '')}`,
    `DTEND:${stamp(appointment.end ?? '')}`,
    `SUMMARY:${summary}`,
    'CLASS:PRIVATE',
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
}

/** Sends a calendar file, under a name that says as little as its content. */
export function sendCalendar(response: Response, calendar: string): void {
  response
    .status(200)
    .set({
      'Cache-Control': 'no-store',
      'Content-Type': 'text/calendar; charset=utf-8',
      'Content-Disposition': 'attachment; filename="afspraak.ics"',
      'X-Content-Type-Options': 'nosniff',
    })
    .end(calendar);
}
