import type { Endpoint, HealthcareService } from '@medplum/fhirtypes';
import { theLine } from '../../src/referral/actor.ts';
import type { DirectoryResource } from '../../src/referral/directory/directory.ts';
import { directoryReader, readDirectoryResource } from '../../src/store/directory.ts';
import type { Store } from '../../src/store/store.ts';
import { committed, reportBack, until } from './made.ts';
import { type Region, refer } from './walk.ts';

let nth = 0;
const patients = ['p1', 'p2', 'p3', 'p4', 'p5', 'p7', 'p8'];

/** A referral from a practice's GP system of which the Wally reports back: its number, the moment that the report is committed. */
export async function reported(region: Region, store: Store, practice: string): Promise<string> {
  nth += 1;
  const { number } = await refer(region, practice, patients[nth % patients.length] ?? 'p1', {
    reason: 'Is veel alleen.',
    lifeAreas: ['loneliness'],
  });
  await reportBack(store, await journeyOfNumber(store, number), 'Gaat mee naar de eettafel.');
  return number;
}

export async function journeyOfNumber(store: Store, number: string): Promise<string> {
  const { rows } = await store.pool.query<{ id: string }>('select id from journey where number = $1', [number]);
  const id = rows[0]?.id;
  if (!id) throw new Error(`no journey ${number}`);
  return id;
}

/** The newest feedback of a referral, as the outbox has it. */
export async function feedbackOf(store: Store, number: string) {
  const { rows } = await store.pool.query<{ id: string; state: string; code: string | null; document: string }>(
    `select d.id, d.state, d.failure_code as code, d.document_id as document from delivery d join journey j on j.id = d.journey_id
      where j.number = $1 and d.kind = 'feedback' order by d.id desc limit 1`,
    [number],
  );
  return rows[0];
}

/** Resolves when the feedback of a referral is in this state, after a failure of this code when one is named. */
export function untilFeedback(store: Store, number: string, state: string, code?: string): Promise<unknown> {
  return until(`feedback of ${number} is ${state} ${code ?? ''}`, async () => {
    const found = await feedbackOf(store, number);
    return found?.state === state && (code === undefined || found.code === code);
  });
}

/** Writes a changed version of something in the directory, as whoever runs the region may. */
export async function rewrite(store: Store, resource: DirectoryResource & { id: string }): Promise<void> {
  const at = store.clock().toISOString();
  const actor = { id: theLine.id, role: theLine.role };
  await committed(store, {
    scope: { practice: '' },
    directory: [{ resource, validFrom: at }],
    audit: [{ event: 'directory-changed', at, actor, action: 'U', outcome: 'ok', purpose: 'SYSADMIN' }],
  });
}

/** The address of a practice's first way for feedback, and what changes it. */
export async function addressOf(store: Store, practice: string) {
  const channel = (await directoryReader(store)()).practices.get(practice)?.channels[0];
  const endpoint = channel && (await readDirectoryResource<Endpoint>(store, 'Endpoint', channel.id));
  if (!channel || !endpoint) throw new Error(`${practice} has no way`);
  return {
    address: channel.address,
    change: (address: string) => rewrite(store, { ...endpoint, address }),
  };
}

/** The practice has no Wally any more. */
export async function withoutWally(store: Store, practice: string): Promise<void> {
  const service = await readDirectoryResource<HealthcareService>(store, 'HealthcareService', `wally-of-${practice}`);
  if (!service) throw new Error(`${practice} has no service`);
  await rewrite(store, { ...service, active: false });
}

/** Resolves when the next try of a referral's feedback is some seconds away: nobody is working on it. */
export function untilBetweenTries(store: Store, number: string): Promise<unknown> {
  return until(`nobody tries ${number}`, async () => {
    const { rowCount } = await store.pool.query(
      `select 1 from delivery d join journey j on j.id = d.journey_id where j.number = $1 and d.kind = 'feedback'
          and d.state = 'pending' and d.lease_until is null and d.next_at > now() + interval '3 seconds'`,
      [number],
    );
    return rowCount === 1;
  });
}

/** A practice that referred on every second day for six weeks, as the index has it, and has not since for as long. */
export async function referredLongAgo(store: Store, practice: string): Promise<void> {
  await store.pool.query(
    `insert into journey (practice_id, id, number, practice_referral_system, practice_referral_id, referral_hash, task_id, task_status,
       business_status, assignment, owner_id, team_id, route, priority, life_areas, age_band, unsafe_contact, authored_on, call_before,
       received_at, updated_at, family_hmac, birth_date_hmac)
     select $1, id, 'PAST-' || day, 'urn:past', 'past-' || day, '', id, 'completed', 'done', 1, 'wally-sanne', 'voorbeeldstreek', 'fixed-wally',
       'routine', '{}', '65+', false, at, at, at, at, '', ''
       from generate_series(45, 87, 2) day, lateral (select md5('past-' || day)::uuid as id, $2::timestamptz - day * interval '1 day' as at) past`,
    [practice, store.clock()],
  );
}
