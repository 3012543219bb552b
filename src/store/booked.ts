import type { Appointment } from '@medplum/fhirtypes';
import type { Booked } from '../referral/consulting-hours.ts';
import { documentContext } from './commit.ts';
import { openJson, type Store } from './store.ts';

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

/** Which of these ids an appointment of the practice has, or had. */
export async function usedAppointmentIds(store: Store, practice: string, ids: readonly string[]): Promise<string[]> {
  const { rows } = await store.pool.query<{ id: string }>({
    name: 'used-appointment-ids',
    text: `select id from resource where practice_id = $1 and type = 'Appointment' and id = any($2::uuid[])`,
    values: [practice, ids],
  });
  return rows.map((row) => row.id);
}
