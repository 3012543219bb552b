import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { v7 } from 'uuid';
import { openLog } from '../../src/log.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import { openPool } from '../../src/store/database.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { readMasterKey } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import { adminPages } from '../../src/web/admin/admin.ts';
import { quantile } from './figures.ts';
import type { Place } from './place.ts';
import type { Figures } from './scale.ts';

/** Of every hundred deliveries one waits with a failure; four make a journey. */
const perJourney = 4;

const JOURNEYS = `
  insert into journey (practice_id, id, number, practice_referral_system, practice_referral_id, referral_hash, task_id, task_status,
         business_status, assignment, owner_id, team_id, route, priority, life_areas, age_band, unsafe_contact, authored_on, call_before,
         received_at, updated_at, family_hmac, birth_date_hmac)
  select 'p' || n % 300, md5('j' || n)::uuid, 'KL-' || lpad(n::text, 9, '0'), 'urn:oid:1', 'N' || n, '\\x00', md5('t' || n)::uuid,
         case when n % 100 = 0 then 'requested' else 'completed' end, 'new', 1, 'wally-' || n % 900, 'team', 'fixed', 'routine', '{}', '18-64',
         false, now(), current_date, at, at, '\\x00', '\\x00'
    from (select n, date_trunc('milliseconds', now()) - ($1::int - n) * interval '30 seconds' as at from generate_series(1, $1::int) n) made`;
const INBOUND = `
  insert into inbound (practice_id, application, control_id, message_type, intent, hash, journey_id, door, answer, received_at)
  select practice_id, 'app', 'c-' || number, 'refer', 'refer', '\\x00', id, 'fhir', '\\x00', received_at from journey`;
const DELIVERIES = `
  insert into delivery (practice_id, journey_id, message_id, kind, destination, recipient, state, attempts, next_at, landed_at, proof,
         failure_code, created_at)
  select 'p' || j % 300, md5('j' || j)::uuid, gen_random_uuid(), (array['worklist', 'notify', 'feedback', 'feedback'])[n % 4 + 1],
         (array['worklist', 'mail', 'practice:p' || j % 300, 'practice:p' || j % 300])[n % 4 + 1], 'r',
         case when bad then (array['held', 'pending'])[n % 2 + 1] else 'landed' end, 1, now() + interval '1 day',
         case when not bad then now() end, case when not bad then 'record' end,
         case when bad then (array['rejected', 'unreachable', 'certificate', 'no-address'])[n / 100 % 4 + 1] end,
         date_trunc('milliseconds', now()) - ($1::int - n) * interval '7 seconds'
    from (select n, (n - 1) / ${perJourney} + 1 as j, n % 100 in (42, 43) and n % 200 < 100 as bad from generate_series(1, $1::int) n) made`;
const ATTEMPTS = `
  insert into attempt (delivery_id, number, lease, began_at, ended_at, outcome, failure_code)
  select id, 1, gen_random_uuid(), created_at, created_at, coalesce(failure_code, 'record'), failure_code from delivery`;

const pages: readonly (readonly [name: string, path: string])[] = [
  ['page', '/admin'],
  ['filtered', '/admin?state=pending&class=certificate'],
  ['landed', '/admin?state=landed&destination=mail'],
  ['number', '/admin?number=KL-000000777'],
  ['control', '/admin?control=c-KL-000000778'],
  ['wally', '/admin?wally=wally-7&state=all'],
  ['practice', '/admin?practice=p7'],
  ['journeys', '/admin/journeys'],
  ['errors', '/admin/errors'],
];
const rounds = 12;

/** How long the administrator's pages take over so many deliveries, from request to last byte, one at a time. */
export async function measureAdmin(place: Place, deliveries: number): Promise<Figures> {
  const database = await place.fresh();
  const pool = openPool(database.login, undefined, 10);
  const figures: Record<string, number> = {};
  try {
    await pool.query(JOURNEYS, [Math.ceil(deliveries / perJourney)]);
    await pool.query(INBOUND);
    await pool.query(DELIVERIES, [deliveries]);
    await pool.query(ATTEMPTS);
    await pool.query(
      `insert into destination (id, kind, best_proof) select distinct destination, 'fhir', 'record' from delivery on conflict do nothing`,
    );
    await pool.query('analyze');
    const store = openStore(pool, await readMasterKey(place.masterKeyFile, false), () => new Date(), v7);
    const site = { store, directory: directoryReader(store), publicUrl: 'http://127.0.0.1', log: openLog('silent') };
    const actor = { id: 'admin-region', name: 'Beheer', role: 'administrator' } as const;
    const app = express();
    app.use(adminPages(site, () => ({ actor, language: 'nl', csrf: 'x' }), await loadMappings()));
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const everything: number[] = [];
    for (const [name, path] of pages) {
      const times: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const began = performance.now();
        const response = await fetch(url + path);
        await response.text();
        if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
        times.push(performance.now() - began);
      }
      figures[`admin ${name} p95Ms`] = quantile(times, 0.95);
      everything.push(...times);
    }
    figures['admin all medianMs'] = quantile(everything, 0.5);
    figures['admin all p95Ms'] = quantile(everything, 0.95);
    server.close();
    server.closeAllConnections();
  } finally {
    await pool.end();
    await database.drop();
  }
  return figures;
}
