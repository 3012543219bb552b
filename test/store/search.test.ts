import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSearch } from '../../src/fhir/search-query.ts';
import { changesAfter, numberChanges } from '../../src/store/changes.ts';
import { readHistory } from '../../src/store/resources.ts';
import type { Scope } from '../../src/store/scope.ts';
import { readUnread } from '../../src/store/search/read-words.ts';
import { explainSearch, type Looking, searchResources } from '../../src/store/search/search.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { journeyOf, takeIn, until } from '../doubles/made.ts';

let at: TestStore;
beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
});
afterAll(() => at.close());

const practice = { kind: 'practice', practice: 'de-brink' } as const;
const lookingAs = (scope: Scope): Looking => ({ scope, directory: () => [], isDirectory: () => false });

function asked(address: string) {
  const [type = '', rest = ''] = address.split('?');
  const pairs = [...new URLSearchParams(rest)];
  const { query, errors } = readSearch({ type, pairs, via: 'body', strict: true, may: () => true });
  expect(errors).toEqual([]);
  return query;
}

const found = async (scope: Scope, address: string) =>
  (await searchResources(at.store, lookingAs(scope), asked(address))).found.map(({ resource }) => resource.id);

describe('following by _lastUpdated', () => {
  test('a change that commits late is never behind what was seen: it gets a later moment', async () => {
    const slow = await at.owner.connect();
    await slow.query('begin');
    // Holds an older transaction id than everything that commits meanwhile.
    const early = await takeIn(at.store, { number: 'f-1' });
    await slow.query(
      "insert into resource_change (practice_id, type, id, version, journey_id) values ('de-brink', 'Task', gen_random_uuid(), 1, $1)",
      [early],
    );
    const late = await takeIn(at.store, { number: 'f-2' });
    const numbered = (journey: string) => async () => {
      await numberChanges(at.store);
      const all = await changesAfter(at.store, 0, undefined, 1_000);
      return all.some((one) => one.journey === journey) ? all : undefined;
    };
    const before = await until('the early one is numbered', numbered(early));
    expect(before.some(({ journey }) => journey === early)).toBe(true);
    expect(before.some(({ journey }) => journey === late)).toBe(false);
    // A search shows it all the same, without a moment that could be taken for final.
    const { found: shown } = await searchResources(at.store, lookingAs(practice), asked('Task'));
    expect(shown.filter(({ journey }) => journey === late).map(({ changedAt }) => changedAt)).toEqual([undefined]);
    // So does the history of that one; the history of the type waits, for it is followed.
    const unnumbered = (await journeyOf(at.store, late)).task.resource.id;
    const versionsOf = async (of: { id?: string; since?: Date }) =>
      (await readHistory(at.store, practice, { type: 'Task', ...of, count: 10 })).versions;
    expect(await versionsOf({ id: unnumbered })).toMatchObject([{ version: 1 }]);
    expect(await versionsOf({ id: unnumbered, since: new Date() })).toHaveLength(1);
    expect((await versionsOf({})).some(({ resource }) => resource.id === unnumbered)).toBe(false);
    const seen = new Date(Math.max(...before.map(({ changedAt }) => changedAt.getTime()))).toISOString();
    await slow.query('commit');
    slow.release();
    await until('the late one is numbered', numbered(late));
    const task = (await journeyOf(at.store, late)).task.resource.id;
    expect(await found(practice, `Task?_lastUpdated=gt${seen}`)).toEqual([task]);
    const all = await changesAfter(at.store, 0, undefined, 1_000);
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, nth) => nth + 1));
    const moments = all.map(({ changedAt }) => changedAt.getTime());
    expect(moments).toEqual([...moments].sort((a, b) => a - b));
    await at.owner.query(
      'delete from resource_change where not exists (select from resource r where r.id = resource_change.id)',
    );
  });

  test('two who number at one moment give no number twice', async () => {
    await Promise.all(['n-1', 'n-2', 'n-3'].map((number) => takeIn(at.store, { number })));
    await until('all is numbered', async () => {
      await Promise.all([1, 2, 3].map(() => numberChanges(at.store)));
      return (await at.owner.query('select from resource_change where seq is null')).rowCount === 0;
    });
    const { rows } = await at.owner.query('select count(*) as all, max(seq) as last from resource_change');
    expect(rows[0].last).toBeGreaterThanOrEqual(rows[0].all);
  });
});

describe('the index', () => {
  test('what was stored before it is read afterwards, what was erased is not', async () => {
    const [kept, erased] = [await takeIn(at.store, { number: 'b-1' }), await takeIn(at.store, { number: 'b-2' })];
    await at.owner.query('update resource set words = null, dates = null');
    await at.owner.query('update journey_key set wrapped = null, destroyed_at = now() where journey_id = $1', [erased]);
    expect(await found(practice, 'ServiceRequest?identifier=b-1')).toEqual([]);
    while ((await readUnread(at.store)) > 0);
    const request = (await journeyOf(at.store, kept)).serviceRequest.resource.id;
    expect(await found(practice, 'ServiceRequest?identifier=b-1')).toEqual([request]);
    expect(await found(practice, 'ServiceRequest?identifier=b-2')).toEqual([]);
    const { rows } = await at.owner.query("select from resource where journey_id = $1 and words <> '{}'", [erased]);
    expect(rows).toEqual([]);
  });

  test('holds no name, number or date of birth', async () => {
    await takeIn(at.store, { number: 'c-1' });
    const { rows } = await at.owner.query<{ all: string }>(
      "select string_agg(array_to_string(words, ' ') || dates::text, ' ') as all from resource where type = 'Patient'",
    );
    expect(rows[0]?.all).toMatch(/Patient\.family #/);
    expect(rows[0]?.all).not.toMatch(/Heuvel|Kanarie|1948|1951|8299|9999/i);
  });
});

describe('with many rows', () => {
  beforeAll(async () => {
    // 4,000 referrals of 80 practices and 40 Wallys, the index rows alone.
    await at.owner.query(`
      insert into journey_key (journey_id, wrapped, master_key_id, created_at)
        select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, '\\x01', 'x', now() from generate_series(1, 4000) n`);
    await at.owner.query(`
      insert into journey (practice_id, id, number, practice_referral_system, practice_referral_id, referral_hash, task_id, task_status,
             business_status, assignment, owner_id, team_id, route, priority, life_areas, age_band, unsafe_contact, authored_on,
             call_before, received_at, updated_at, family_hmac, birth_date_hmac)
        select 'p' || n % 80, k, 'n' || n, 's', 'r' || n, '\\x', k, case n % 4 when 0 then 'requested' else 'completed' end, 'new', 1,
               'w' || n % 40, 't' || n % 5, 'fixed', 'routine', '{}', 'adult', false, now(), now(), now(), now(), '\\x', '\\x'
          from (select n, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid as k from generate_series(1, 4000) n) x`);
    await at.owner.query(`
      insert into resource (practice_id, type, id, journey_id, version, updated_at, words, dates, changed_at)
        select 'p' || n % 80, type, ('00000000-0000-7000-8000-' || lpad((n * 10 + nth)::text, 12, '0'))::uuid, k, 1, now(),
               array[type || '.status', type || '.status ' || case n % 4 when 0 then 'requested' else 'completed' end, type || '.identifier r' || n,
                     'Task.group-identifier ' || k, 'Task.owner PractitionerRole/w' || n % 40], '{}', timestamptz '2026-01-01' + n * interval '1 minute'
          from (select n, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid as k from generate_series(1, 4000) n) x,
               unnest(array['ServiceRequest', 'Task', 'Patient', 'Consent', 'Provenance']) with ordinality t(type, nth)`);
    await at.owner.query(`
      insert into worklist_entry (practice_id, journey_id, task_id, assignment, owner_id, visible_at)
        select practice_id, id, task_id, 1, owner_id, now() from journey where number like 'n%'`);
    await at.owner.query('analyze');
  });

  const plans: readonly (readonly [string, Scope, string, RegExp])[] = [
    [
      'the worklist of a Wally',
      { kind: 'wally', owner: 'w7' },
      'Task?status=requested',
      /journey_by_owner|journey_owned|resource_words/,
    ],
    [
      'the Tasks of an owner',
      { kind: 'team', team: 't2' },
      'Task?owner=PractitionerRole/w7',
      /resource_words|resource_by_journey/,
    ],
    [
      'one journey',
      { kind: 'practice', practice: 'p7' },
      'ServiceRequest?identifier=r7',
      /resource_words|resource_by_journey|resource_by_change/,
    ],
    [
      'Task polling of a practice',
      { kind: 'practice', practice: 'p7' },
      'Task?_lastUpdated=gt2026-01-03T18:00:00Z&_sort=_lastUpdated',
      /resource_by_change|resource_changed/,
    ],
    [
      'Task polling of a team',
      { kind: 'team', team: 't2' },
      'Task?_lastUpdated=gt2026-01-03T18:00:00Z&_sort=_lastUpdated',
      /resource_changed/,
    ],
  ];

  test.each(plans)('%s is found by its index', async (...row: readonly unknown[]) => {
    const [, scope, address, index] = row as unknown as (typeof plans)[number];
    const plan = await explainSearch(at.store, lookingAs(scope), asked(address));
    expect(plan).toMatch(index);
    expect(plan).not.toMatch(/Seq Scan on (resource|journey)\b/);
  });
});
