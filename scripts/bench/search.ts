import { readSearch } from '../../src/fhir/search-query.ts';
import { openPool } from '../../src/store/database.ts';
import { masterKeyFrom } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Scope } from '../../src/store/scope.ts';
import { type Looking, searchResources } from '../../src/store/search/search.ts';
import { quantile } from './figures.ts';
import type { Place } from './place.ts';
import type { Figures } from './scale.ts';

/** Resources per referral: what a page has to find one among. */
const types = ['ServiceRequest', 'Task', 'Patient', 'Consent', 'Provenance'];
const asksEach = 60;

/** Index rows of so many resources, spread over practices and Wallys as a country would: 80 referrals a practice, 25 a Wally. */
function rowsOf(resources: number): readonly string[] {
  const journeys = Math.ceil(resources / types.length);
  const [practices, wallys] = [Math.ceil(journeys / 80), Math.ceil(journeys / 25)];
  const id = `('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid`;
  const series = `(select n, ${id} as k, case when n % 9 = 0 then 'requested' else 'completed' end as status from generate_series(1, ${journeys}) n) x`;
  return [
    `insert into journey_key (journey_id, wrapped, master_key_id, created_at) select k, '\\x01', 'bench', now() from ${series}`,
    `insert into journey (practice_id, id, number, practice_referral_system, practice_referral_id, referral_hash, task_id, task_status,
       business_status, assignment, owner_id, team_id, route, priority, life_areas, age_band, unsafe_contact, authored_on, call_before,
       received_at, updated_at, family_hmac, birth_date_hmac)
     select 'b' || n % ${practices}, k, 'bench' || n, 's', 'r' || n, '\\x', k, status, 'new', 1, 'w' || n % ${wallys},
       't' || n % 300, 'fixed', 'routine', '{}', 'adult', false, now(), now(), now(), now(), '\\x', '\\x' from ${series}`,
    `insert into worklist_entry (practice_id, journey_id, task_id, assignment, owner_id, visible_at)
     select practice_id, id, task_id, 1, owner_id, now() from journey where number like 'bench%'`,
    `insert into resource (practice_id, type, id, journey_id, version, updated_at, words, dates, changed_at)
     select 'b' || n % ${practices}, type, ('00000000-0000-7000-8001-' || lpad((n * 10 + nth)::text, 12, '0'))::uuid, k, 1, now(),
       array[type || '.status', type || '.status ' || status, type || '.identifier r' || n, 'Task.group-identifier ' || k,
             'Task.owner PractitionerRole/w' || n % ${wallys}], '{}', timestamptz '2026-01-01' + n * interval '1 second'
     from ${series}, unnest(array[${types.map((type) => `'${type}'`).join(', ')}]) with ordinality t(type, nth)`,
    'vacuum analyze resource',
    'analyze journey, journey_key, worklist_entry',
  ];
}

/** The searches that systems repeat all day, as `asksEach` callers who are not each other. */
function asked(resources: number): Readonly<Record<string, (nth: number) => readonly [Scope, string]>> {
  const journeys = Math.ceil(resources / types.length);
  const [practices, wallys] = [Math.ceil(journeys / 80), Math.ceil(journeys / 25)];
  const late = new Date(Date.parse('2026-01-01T00:00:00Z') + (journeys - 200) * 1_000).toISOString();
  return {
    worklist: (nth) => [{ kind: 'wally', owner: `w${nth % wallys}` }, 'Task?status=requested'],
    journey: (nth) => [
      { kind: 'practice', practice: `b${nth % practices}` },
      `ServiceRequest?identifier=r${(nth % practices) + practices}`,
    ],
    'polling of a practice': (nth) => [
      { kind: 'practice', practice: `b${nth % practices}` },
      `Task?_lastUpdated=gt${late}&_sort=_lastUpdated`,
    ],
    'polling of a team': (nth) => [
      { kind: 'team', team: `t${nth % 300}` },
      `Task?_lastUpdated=gt${late}&_sort=_lastUpdated`,
    ],
  };
}

/** Milliseconds at p95 of finding one page among so many resources; nothing is opened, the documents are not there. */
export async function measureSearch(place: Place, resources: number): Promise<Figures> {
  const { login, drop } = await place.fresh();
  const pool = openPool(login, undefined, 4);
  try {
    for (const statement of rowsOf(resources)) await pool.query(statement);
    const store = openStore(
      pool,
      masterKeyFrom(Buffer.alloc(32, 7)),
      () => new Date(),
      () => '',
    );
    const figures: Record<string, number> = {};
    for (const [name, ask] of Object.entries(asked(resources))) {
      const times: number[] = [];
      for (let nth = 0; nth < asksEach; nth += 1) {
        const [scope, address] = ask(nth * 37);
        const [type = '', rest = ''] = address.split('?');
        const pairs = [...new URLSearchParams(rest)];
        const { query } = readSearch({ type, pairs, via: 'body', strict: true, may: () => true });
        const looking: Looking = { scope, directory: () => [], isDirectory: () => false };
        const began = performance.now();
        await searchResources(store, looking, query);
        times.push(performance.now() - began);
      }
      figures[`search ${name} p95Ms`] = quantile(times, 0.95);
    }
    return figures;
  } finally {
    await pool.end();
    await drop();
  }
}
