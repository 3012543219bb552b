import type { PractitionerRole } from '@medplum/fhirtypes';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { reevaluatePresence } from '../../src/delivery/presence.ts';
import { readDirectoryResource } from '../../src/store/directory.ts';
import type { Site } from '../../src/web/site.ts';
import { presentFrom, readAbsence, withAbsence, withoutAbsence } from '../../src/web/team/absence.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { type Browsing, browse, journeyOf, putOnWorklist, refer, referralOf, referred, siteOver } from './harness.ts';

let at: TestStore;
let site: Site;
let pages: Browsing;

beforeEach(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  site = siteOver(at.store);
  pages = await browse(site);
});
afterEach(async () => {
  await pages.close();
  await at.close();
});

const absence = (wally: string, act: string, more = {}) =>
  pages.post('marijke', '/team/absence', { wally, act, ...more });
const ownerOf = async (id: string) => (await journeyOf(site, id)).index.owner;

describe('one-tap absence', () => {
  test('moves unaccepted work to the substitute at once, who acts for accepted work until its owner takes it back', async () => {
    const fresh = await referred(site, 'de-brink', referralOf(1));
    const taken = await referred(site, 'de-brink', referralOf(2));
    await pages.post('sanne', `/worklist/${taken.id}/accept`, {});

    const answer = await absence('wally-sanne', 'sick');
    expect([answer.status, answer.location]).toEqual([303, '/team?done=absence&moved=2']);
    expect(await ownerOf(fresh.id)).toBe('wally-karim');
    expect((await journeyOf(site, taken.id)).index).toMatchObject({ owner: 'wally-karim', actingFor: 'wally-sanne' });
    expect((await pages.get('sanne', `/worklist/${fresh.id}`)).status).toBe(404);
    await putOnWorklist(site, fresh.id);
    expect((await pages.get('karim', '/worklist')).text).toContain('nieuw, overgedragen aan u');

    await putOnWorklist(site, taken.id);
    const page = await pages.get('marijke', '/team?done=absence&moved=2');
    expect(page.text).toContain('2 verwijzingen gingen naar iemand anders.');
    expect(page.text).toContain('Weer aanwezig');
    expect(page.text).toMatch(/Karim Bouzid<\/strong> neemt waar voor Sanne Verhoeven/);

    await absence('wally-sanne', 'back');
    expect(await ownerOf(fresh.id)).toBe('wally-sanne');
    expect(await ownerOf(taken.id)).toBe('wally-karim');
    const stored = await readDirectoryResource<PractitionerRole>(at.store, 'PractitionerRole', 'wally-sanne');
    expect(stored).not.toHaveProperty('notAvailable');
  });

  test('with nobody left the team queue has it and the alarm is raised; a return resolves it', async () => {
    const journey = await referred(site, 'de-brink', referralOf(1));
    await absence('wally-karim', 'sick');
    await absence('wally-sanne', 'sick');
    expect(await ownerOf(journey.id)).toBeNull();
    await putOnWorklist(site, journey.id);
    const page = await pages.get('marijke', '/team');
    expect(page.text).toContain('Bellijst: nu doen');
    expect(page.text).toMatch(/Niemand aanwezig <span class="number">KL-/);
    expect(page.text).toContain('tel:0570000201');
    expect(page.text).toContain('Geef aan Joost ter Braak');
    expect(page.text).not.toContain('Geef aan Karim');
    // The page of the referral is no dead end either.
    const own = (await pages.get('marijke', `/team/${journey.id}`)).text;
    expect(own).toContain('Wie neemt dit op zich?');
    expect(own).toContain(`action="/team/${journey.id}/assign"`);
    // A second one of the same practice is the same call.
    await referred(site, 'de-brink', referralOf(2));
    const both = (await pages.get('marijke', '/team')).text;
    expect(both).toContain('Niemand aanwezig <span class="count">2</span>');
    expect(both.match(/Wijs hieronder iemand aan/g)).toHaveLength(1);

    await absence('wally-karim', 'back');
    expect(await ownerOf(journey.id)).toBe('wally-karim');
    expect((await pages.get('marijke', '/team')).text).toContain('Niemand hoeft nu te bellen.');
  });

  test('tapped twice is one absence, audited with who did it and no reason', async () => {
    await absence('wally-sanne', 'sick');
    await absence('wally-sanne', 'sick');
    const stored = await readDirectoryResource<PractitionerRole>(at.store, 'PractitionerRole', 'wally-sanne');
    expect(stored?.notAvailable).toEqual([{ description: 'afwezig', during: { start: '2026-11-23' } }]);
    const { rows } = await at.owner.query<{ line: string }>(
      `select line from audit where line like '%absence-changed%'`,
    );
    expect(rows.map((row) => JSON.parse(row.line))).toMatchObject([
      { actor: { id: 'lead-marijke', role: 'team-lead' }, object: 'PractitionerRole/wally-sanne' },
    ]);
  });

  test('a planned absence is shown, checked and can be taken away', async () => {
    expect((await absence('wally-joost', 'plan', { from: '2026-12-21', to: '2027-01-01' })).status).toBe(303);
    const page = await pages.get('marijke', '/team');
    expect(page.text).toContain('maandag 21 december tot en met vrijdag 1 januari 2027');
    expect(page.text).toMatch(/Joost ter Braak<\/strong> <span class="presence present">/);
    const wrong = await absence('wally-joost', 'plan', { from: '2026-12-24', to: '2026-12-20' });
    expect(wrong.status).toBe(422);
    expect(wrong.text).toContain('De laatste dag ligt vóór de eerste dag.');
    expect(wrong.text).toContain('value="2026-12-24"');
    await absence('wally-joost', 'remove', { from: '2026-12-21' });
    expect((await pages.get('marijke', '/team')).text).not.toContain('21 december');
  });

  test('only Wallys of the own team; nobody else may do it', async () => {
    for (const wally of ['lead-marijke', 'gp-vanleeuwen', 'nobody', ''])
      expect((await absence(wally, 'sick')).status).toBe(404);
    for (const as of ['sanne', 'brink', 'admin'] as const) {
      expect((await pages.post(as, '/team/absence', { wally: 'wally-sanne', act: 'sick' })).status).toBe(404);
    }
    const { rows } = await at.owner.query(`select 1 from directory_resource where id = 'wally-sanne' and version > 1`);
    expect(rows).toHaveLength(0);
  });

  test('of two changes built on the same directory only one is kept: no absence is overwritten unseen', async () => {
    const { revision } = await site.directory();
    const role = await readDirectoryResource<PractitionerRole>(at.store, 'PractitionerRole', 'wally-sanne');
    if (!role) throw new Error('no such role');
    const change = (day: string) => ({
      scope: { practice: '' },
      expected: { directoryRevision: revision },
      directory: [{ resource: withAbsence(role, { from: day }), validFrom: at.now.toISOString() }],
      audit: [],
    });
    const results = await Promise.all([at.store.commit(change('2026-11-23')), at.store.commit(change('2026-12-24'))]);
    expect(results.map((one) => one.ok).sort()).toEqual([false, true]);
  });
});

describe('the team queue', () => {
  test('assigning gives it to a Wally who is present and resolves the alarm', async () => {
    await absence('wally-karim', 'sick');
    await absence('wally-joost', 'sick');
    const journey = await referred(site, 'zuidrand', referralOf(1, { requester: { agb: '01990113' } }));
    expect((await pages.get('marijke', '/team')).text).toMatch(/Teamwachtrij <span class="count">1</);
    const absent = await pages.post('marijke', `/team/${journey.id}/assign`, { wally: 'wally-joost' });
    expect(absent.status).toBe(422);
    expect(absent.text).toContain('geen Wally van uw team of is vandaag afwezig');
    const answer = await pages.post('marijke', `/team/${journey.id}/assign`, { wally: 'wally-sanne' });
    expect([answer.status, answer.location]).toEqual([303, '/team?done=assigned']);
    expect(await ownerOf(journey.id)).toBe('wally-sanne');
    expect((await pages.post('marijke', `/team/${journey.id}/assign`, { wally: 'wally-sanne' })).status).toBe(303);
    await putOnWorklist(site, journey.id);
    const page = await pages.get('marijke', '/team');
    expect(page.text).toMatch(/Teamwachtrij <span class="count">0</);
    expect(page.text).not.toContain('Niemand aanwezig');
    // The line does not take it away again from whoever the team lead chose.
    expect(await reevaluatePresence(at.store, site.directory)).toBe(0);
  });

  test('what an absent person had accepted can be handed over at once', async () => {
    const journey = await referred(site, 'de-brink', referralOf(1));
    await pages.post('sanne', `/worklist/${journey.id}/accept`, {});
    // Nobody can act: begun work stands in the queue too, and is given away as it is.
    await absence('wally-karim', 'sick');
    await absence('wally-sanne', 'sick');
    await putOnWorklist(site, journey.id);
    expect((await pages.get('marijke', '/team')).text).toMatch(/Teamwachtrij <span class="count">1</);
    await pages.post('marijke', `/team/${journey.id}/assign`, { wally: 'wally-joost' });
    await putOnWorklist(site, journey.id);
    expect((await journeyOf(site, journey.id)).index).toMatchObject({ taskStatus: 'accepted', actingFor: null });
    expect((await pages.get('joost', '/worklist?folder=me')).text).toContain(journey.index.number);
  });

  test('an acute referral heads the phone list with whom to call, in order (H1)', async () => {
    await referred(site, 'de-brink', referralOf(1, { priority: 'stat' }));
    const { text } = await pages.get('marijke', '/team');
    const calls = text.slice(text.indexOf('Acute verwijzing'));
    expect(calls.indexOf('tel:0600001011')).toBeLessThan(calls.indexOf('tel:0570000201'));
  });

  test('before its time to undo is over a referral cannot be assigned; another team has nothing here', async () => {
    const journey = await refer(site, 'de-brink', referralOf(1), 120_000);
    expect((await pages.post('marijke', `/team/${journey.id}/assign`, { wally: 'wally-karim' })).status).toBe(404);
    expect((await pages.post('marijke', '/team/not-an-id/assign', { wally: 'wally-karim' })).status).toBe(404);
    expect((await pages.post('sanne', `/team/${journey.id}/assign`, { wally: 'wally-sanne' })).status).toBe(404);
  });

  test('the list is audited with how many it showed', async () => {
    await referred(site, 'de-brink', referralOf(1));
    await pages.get('marijke', '/team');
    const { rows } = await at.owner.query<{ line: string }>(`select line from audit where line like '%list-viewed%'`);
    expect(rows.map((row) => JSON.parse(row.line))).toMatchObject([
      { code: '1', action: 'R', purpose: 'HOPERAT', actor: { id: 'lead-marijke' } },
    ]);
  });
});

describe('absence as data', () => {
  const role = { resourceType: 'PractitionerRole', id: 'wally-sanne', active: true } as const;

  test('present again ends what covers the day and leaves the rest', () => {
    const busy = withAbsence(
      withAbsence(withAbsence(role, { from: '2026-11-01', to: '2026-11-05' }), { from: '2026-11-20' }),
      { from: '2026-12-21', to: '2027-01-01' },
    );
    expect(presentFrom(busy, '2026-11-23').notAvailable?.map((one) => one.during)).toEqual([
      { start: '2026-11-01', end: '2026-11-05' },
      { start: '2026-11-20', end: '2026-11-22' },
      { start: '2026-12-21', end: '2027-01-01' },
    ]);
  });

  test('an absence of today that ends today leaves nothing behind, not even an empty list', () => {
    expect(presentFrom(withAbsence(role, { from: '2026-11-23' }), '2026-11-23')).toEqual(role);
    expect(withoutAbsence(withAbsence(role, { from: '2026-12-01' }), '2026-12-01')).toEqual(role);
  });

  test('days that do not exist are refused', () => {
    for (const from of ['', '2026-02-30', '30-11-2026', '2026-11-31x'])
      expect(readAbsence(from, '', '2026-11-23')).toHaveProperty('fault');
    expect(readAbsence('2026-11-20', '2026-11-21', '2026-11-23')).toHaveProperty('fault');
    expect(readAbsence('2026-11-20', '', '2026-11-23')).toEqual({ from: '2026-11-20' });
  });
});

describe('a practice to call', () => {
  const refusal = '0190aaaa-0000-8000-8000-000000000001';
  const raise = () =>
    at.store.commit({
      scope: { practice: 'zuidrand' },
      journey: refusal,
      alarms: [{ kind: 'call-practice', team: 'voorbeeldstreek', raise: true, at: at.now.toISOString() }],
      audit: [],
    });

  test('stands on the phone list with its number until somebody has called; who that was is in the audit trail', async () => {
    await raise();
    const page = await pages.get('marijke', '/team');
    expect(page.text).toContain('Bericht van de praktijk is niet aangenomen');
    expect(page.text).toContain('tel:0570000202');
    for (const twice of [1, 2]) {
      const answer = await pages.post('marijke', `/team/${refusal}/called`, {});
      expect([twice, answer.status, answer.location]).toEqual([twice, 303, '/team?done=called']);
    }
    expect((await pages.get('marijke', '/team')).text).toContain('Niemand hoeft nu te bellen.');
    const { rows } = await at.owner.query<{ line: string }>(
      `select line from audit where line like '%practice-called%'`,
    );
    expect(rows.map((row) => JSON.parse(row.line))).toMatchObject([
      { actor: { id: 'lead-marijke' }, object: 'Organization/zuidrand' },
    ]);
  });

  test('cannot be taken off by anybody else, nor another alarm this way', async () => {
    await raise();
    expect((await pages.post('sanne', `/team/${refusal}/called`, {})).status).toBe(404);
    const journey = await referred(site, 'de-brink', referralOf(1));
    await absence('wally-karim', 'sick');
    await absence('wally-sanne', 'sick');
    await pages.post('marijke', `/team/${journey.id}/called`, {});
    const { rows } = await at.owner.query('select kind from alarm where resolved_at is null order by kind');
    expect(rows.map((one) => one.kind)).toEqual(['call-practice', 'nobody-present']);
  });
});
