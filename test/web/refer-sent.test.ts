import type { HealthcareService, PractitionerRole } from '@medplum/fhirtypes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { theLine } from '../../src/referral/actor.ts';
import { withAgreed } from '../../src/referral/directory/practice-service.ts';
import { linksOf, residentCode } from '../../src/store/access/links.ts';
import { readDirectoryResource } from '../../src/store/directory.ts';
import { readJourney } from '../../src/store/referrals.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { committed } from '../doubles/made.ts';
import { brink, formIn, type ReferSiteUnderTest, rand, referSite, sent, type Visitor } from './refer-browser.ts';

let opened: TestStore;
let site: ReferSiteUnderTest;
let visitor: Visitor;

beforeAll(async () => {
  opened = await openTestStore();
  await loadTestRegion(opened.store);
  site = await referSite(opened.store);
  visitor = await site.visitor(brink);
});
afterAll(async () => {
  await site.close();
  await opened.close();
});

const countOf = async (table: string, where = 'true') =>
  Number((await opened.owner.query<{ count: string }>(`select count(*) from ${table} where ${where}`)).rows[0]?.count);

describe('after sending', () => {
  test('H3: taken back within two minutes: cancelled, nothing is delivered, and tapping twice is no fault', async () => {
    const { journey, fields } = await sent(visitor);
    const here = `/refer/sent/${journey}`;
    const token = formIn((await visitor.get(here)).text, `${here}/undo`);
    opened.now = new Date('2026-11-23T09:01:59Z');
    const [one, two] = await Promise.all([visitor.post(`${here}/undo`, token), visitor.post(`${here}/undo`, token)]);
    expect([one.location, two.location]).toEqual([here, here]);
    const page = await visitor.get(here);
    expect(page.text).toContain('teruggenomen');
    expect(page.text).not.toContain('/undo"');
    expect((await readJourney(opened.store, { kind: 'line' }, journey))?.index.taskStatus).toBe('cancelled');
    expect(await countOf('delivery', `journey_id = '${journey}' and state <> 'abandoned'`)).toBe(0);
    expect(await countOf('delivery', `journey_id = '${journey}'`)).toBeGreaterThan(0);
    expect((await visitor.get(`${here}/slip`)).status).toBe(404);
    // A reload of the sending does not bring it back (H15).
    expect((await visitor.post('/refer', { ...fields, step: 'send' })).location).toBe(here);
    expect((await readJourney(opened.store, { kind: 'line' }, journey))?.index.taskStatus).toBe('cancelled');
    opened.now = new Date('2026-11-23T09:00:00Z');
  });

  test('H3: after two minutes it is refused with the way to withdraw, and the referral goes on', async () => {
    const { journey } = await sent(visitor);
    const here = `/refer/sent/${journey}`;
    const token = formIn((await visitor.get(here)).text, `${here}/undo`);
    opened.now = new Date('2026-11-23T09:02:00Z');
    const late = await visitor.post(`${here}/undo`, token);
    expect(late.status).toBe(409);
    expect(late.text).toContain('De bedenktijd is voorbij');
    expect(late.text).toContain(`href="/practice/${journey}"`);
    expect((await readJourney(opened.store, { kind: 'line' }, journey))?.index.taskStatus).toBe('requested');
    opened.now = new Date('2026-11-23T09:00:00Z');
  });

  test('the slip for the resident says who, when and which number; no name, no reason; it is plain Dutch for everyone', async () => {
    const { journey } = await sent(visitor);
    for (const by of [visitor, await site.visitor(brink, 'en')]) {
      const slip = await by.get(`/refer/sent/${journey}/slip`);
      for (const said of ['De Wally belt u', 'Sanne Verhoeven', 'donderdag 26 november', '06-00001011', '0570-000201'])
        expect(slip.text).toContain(said);
      for (const kept of ['Berg', 'Annie', '1957', 'alleen', 'eenzaamheid', 'mensen komen'])
        expect(slip.text.split('<main')[1]).not.toContain(kept);
    }
  });

  test('H2: not safe at home: nothing to take home, no link and no page', async () => {
    const { journey } = await sent(visitor, { unsafe: 'yes', safePhone: '06-00009003' });
    const page = await visitor.get(`/refer/sent/${journey}`);
    expect(page.text).toContain('thuis is het niet veilig');
    expect(page.text).not.toContain('/slip');
    expect((await visitor.get(`/refer/sent/${journey}/slip`)).status).toBe(404);
    expect((await readJourney(opened.store, { kind: 'line' }, journey))?.index.unsafeContact).toBe(true);
  });

  test('H2, H6: where the practice agreed to it the code stands on the slip at once; not when home is unsafe, nor of a child', async () => {
    const codes = async (journey: string) =>
      (await linksOf(opened.store, 'de-brink', journey)).map((one) => residentCode(opened.store.master, one.id));
    const before = await sent(visitor);
    expect(await codes(before.journey)).toEqual([]);
    const service = await readDirectoryResource<HealthcareService>(
      opened.store,
      'HealthcareService',
      'wally-of-de-brink',
    );
    if (!service) throw new Error('no service of the practice');
    const agreed = withAgreed(service, { rules: [], levels: {}, cooperation: {}, printsCode: true });
    const validFrom = opened.store.clock().toISOString();
    await committed(opened.store, {
      scope: { practice: '' },
      directory: [{ resource: agreed, validFrom }],
      audit: [],
    });
    const { journey, fields } = await sent(visitor);
    const here = `/refer/sent/${journey}`;
    const [code = '', ...more] = await codes(journey);
    expect([code.length, more]).toEqual([11, []]);
    expect((await visitor.get(here)).text).toContain('met de code voor');
    const slip = (await visitor.get(`${here}/slip`)).text;
    expect(slip).toContain('https://kortelijn.example/mijn');
    expect(slip).toContain(code);
    expect(await countOf('audit', `journey_id = '${journey}' and line like '%resident-code-made%'`)).toBe(1);
    // The same form sent again makes no second one, and what was taken back opens nothing.
    await visitor.post('/refer', { ...fields, step: 'send' });
    expect(await codes(journey)).toEqual([code]);
    await visitor.post(`${here}/undo`, formIn((await visitor.get(here)).text, `${here}/undo`));
    expect((await linksOf(opened.store, 'de-brink', journey)).map((one) => one.endedWhy)).toEqual(['revoked']);
    const child = { birthDate: '2012-03-01', consentBy: 'resident-and-parents' };
    for (const kept of [{ unsafe: 'yes', safePhone: '06-00009003' }, child]) {
      const { page, journey: other } = await sent(visitor, kept);
      expect([page.status, await codes(other)]).toEqual([303, []]);
    }
  });

  test('every view is noted, and another practice sees nothing and takes back nothing', async () => {
    const { journey } = await sent(visitor);
    const here = `/refer/sent/${journey}`;
    const views = () =>
      countOf(
        'audit',
        `journey_id = '${journey}' and line::jsonb->>'event' = 'referral-viewed' and line::jsonb->'actor'->>'id' = 'gp-vanleeuwen'`,
      );
    const before = await views();
    await visitor.get(here);
    await visitor.get(`${here}/slip`);
    expect(await views()).toBe(before + 2);
    const other = await site.visitor(rand);
    expect((await other.get(here)).status).toBe(404);
    expect((await other.get(`${here}/slip`)).status).toBe(404);
    const { csrf = '' } = formIn((await other.get('/refer')).text, '/refer');
    expect((await other.post(`${here}/undo`, { csrf })).status).toBe(404);
    expect((await visitor.get('/refer/sent/nonsense')).status).toBe(404);
    expect(await views()).toBe(before + 2);
  });
});

describe('who is said to call', () => {
  const absent = async (id: string) => {
    const role = await readDirectoryResource<PractitionerRole>(opened.store, 'PractitionerRole', id);
    if (!role) throw new Error('no such role');
    const resource = { ...role, notAvailable: [{ description: 'afwezig', during: { start: '2026-11-23' } }] };
    const at = opened.store.clock().toISOString();
    const actor = { id: theLine.id, role: theLine.role };
    await opened.store.commit({
      scope: { practice: '' },
      directory: [{ resource, validFrom: at }],
      audit: [{ event: 'absence', at, actor, action: 'U', outcome: 'ok', purpose: 'HOPERAT' }],
    });
  };

  test('is the fixed Wally, else the substitute, else the team that assigns someone', async () => {
    const osinga = await site.visitor(rand);
    expect((await osinga.get('/refer')).text).toContain('<strong>Joost ter Braak</strong>, uw vaste Wally');
    await absent('wally-joost');
    const substituted = (await osinga.get('/refer')).text;
    expect(substituted).toContain('<strong>Karim Bouzid</strong>');
    expect(substituted).toContain('06-00001012');
    await absent('wally-karim');
    const queued = await sent(osinga);
    for (const { text } of [await osinga.get('/refer'), await osinga.get(queued.page.location)]) {
      expect(text).toContain('teamleider van Sociaal Werk Voorbeeldstreek wijst iemand aan');
      expect(text).toContain('0570-000100');
      expect(text).not.toContain('Joost ter Braak');
    }
  });
});
