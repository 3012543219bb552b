import type { Appointment } from '@medplum/fhirtypes';
import type { Booked } from '../referral/directory/consulting-hours.ts';
import { documentContext, openJson } from './sealed.ts';
import type { Store } from './store.ts';

/** What a Wally has booked from a moment on, at whatever practice: begin and end, and nothing of whom it is with. */
export async function readBooked(store: Store, role: string, from: Date): Promise<Booked[]> {
  const { rows } = await store.pool.query<{
    practice: string;
    journey: string;
    id: string;
    version: number;
    sealed: Buffer;
    wrapped: Buffer;
  }>({
    name: 'booked-of-role',
    text: `select r.practice_id as practice, r.journey_id as journey, r.id, r.version, d.sealed, k.wrapped
             from resource r join journey_key k on k.journey_id = r.journey_id and k.wrapped is not null
             join document d on d.practice_id = r.practice_id and d.type = r.type and d.id = r.id and d.version = r.version
            where r.type = 'Appointment' and r.words @> $1::text[] and r.dates -> 'date' ->> 1 >= $2`,
    values: [['Appointment.status booked', `Appointment.actor PractitionerRole/${role}`], from.toISOString()],
  });
  return Promise.all(
    rows.map(async (row) => {
      const key = await store.journeyKey(row.journey, row.wrapped);
      const context = documentContext(row.practice, 'Appointment', row.id, row.version);
      const { start = '', end = start } = openJson<Appointment>(key, row.sealed, context);
      return { start, end };
    }),
  );
}
