import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { PersonMove } from '../../src/referral/person-move.ts';
import { movePerson } from '../../src/store/access/locked-out.ts';
import { readSession, startSession } from '../../src/store/access/sessions.ts';
import { auditLines, Browser, csrfIn, type OpenSite, openSite, password, people } from './open-site.ts';

let site: OpenSite;
let started: Date;
beforeAll(async () => {
  site = await openSite();
  started = site.at.now;
});
afterEach(() => {
  site.at.now = started;
});
afterAll(() => site.close());

const later = (minutes: number) => {
  site.at.now = new Date(site.at.now.getTime() + minutes * 60_000);
};

describe('a session', () => {
  test('ends after half an hour without use, and not before', async () => {
    const browser = new Browser(site);
    await browser.signIn('sanne');
    later(29);
    expect((await browser.ask('GET', '/worklist')).status).toBe(200);
    later(29);
    expect((await browser.ask('GET', '/worklist')).status).toBe(200);
    later(30);
    expect((await browser.ask('GET', '/worklist')).status).toBe(303);
  });

  test('ends after eight hours, however busy', async () => {
    const browser = new Browser(site);
    await browser.signIn('sanne');
    for (let minutes = 20; minutes < 480; minutes += 20) {
      later(20);
      expect((await browser.ask('GET', '/worklist')).status).toBe(200);
    }
    later(20);
    expect((await browser.ask('GET', '/worklist')).status).toBe(303);
  });

  test('does not outlive its person: who is locked out, signed out everywhere, or gone by the directory', async () => {
    const { store } = site.at;
    const line = { event: 'person-locked-out', at: '', actor: people.beheer, action: 'U', outcome: 'ok' } as const;
    const move = (to: PersonMove['to'], person: string) =>
      movePerson(store, to, person, { ...line, purpose: 'SYSADMIN', at: store.clock().toISOString() });
    const [one, two, other] = [new Browser(site), new Browser(site), new Browser(site)];
    for (const browser of [one, two]) await browser.signIn('sanne');
    await other.signIn('vanleeuwen');
    const open = async (browser: Browser, path: string) => (await browser.ask('GET', path)).status;
    expect(await move('sessions-ended', 'wally-sanne')).toBe(true);
    expect([await open(one, '/worklist'), await open(two, '/worklist')]).toEqual([303, 303]);
    expect(await open(other, '/practice')).toBe(200);
    // She may come in anew, until she is locked out.
    await one.signIn('sanne');
    expect(await open(one, '/worklist')).toBe(200);
    expect([await move('locked-out', 'wally-sanne'), await move('locked-out', 'wally-sanne')]).toEqual([true, false]);
    expect(await open(one, '/worklist')).toBe(303);
    expect((await one.type('sanne', password)).status).toBe(401);
    // What began before and was written after is nobody's too.
    const late = await startSession(store, people.sanne, 60_000);
    expect(await readSession(store, late, 60_000)).toBeUndefined();
    expect([await move('let-in', 'wally-sanne'), await move('let-in', 'wally-sanne')]).toEqual([true, false]);
    await one.signIn('sanne');
    expect(await open(one, '/worklist')).toBe(200);

    const role = { resourceType: 'PractitionerRole', id: 'wally-sanne', code: [], period: { end: '2026-11-23' } };
    const stored = (change: object, revision: number) =>
      site.at.owner.query(
        `with r as (update directory_revision set revision = $3)
         insert into directory_resource (type, id, version, valid_from, doc, recorded_at, recorded_by)
         values ('PractitionerRole', 'wally-sanne', $3, $1, $2, $1, 'test')`,
        [started, JSON.stringify({ ...role, ...change }), revision],
      );
    await stored({}, 1);
    site.at.now = new Date('2026-11-23T22:50:00Z');
    await one.signIn('sanne');
    expect(await open(one, '/worklist')).toBe(200);
    site.at.now = new Date('2026-11-23T23:05:00Z');
    expect(await open(one, '/worklist')).toBe(303);
    expect((await one.signIn('sanne')).status).toBe(403);
    expect(await open(one, '/worklist')).toBe(303);
    await stored({ period: {}, active: false }, 2);
    expect((await one.signIn('sanne')).status).toBe(403);
    await stored({ period: {}, active: true }, 3);
    expect(await open(one, '/worklist')).toBe(200);
  });

  test('opens the pages of the role only', async () => {
    const browser = new Browser(site);
    await browser.signIn('sanne');
    for (const area of ['/refer', '/practice', '/team', '/admin', '/admin/deliveries']) {
      const answer = await browser.ask('GET', area);
      expect(answer.status).toBe(403);
      expect(answer.body).toContain('niet voor uw rol');
    }
    expect((await browser.ask('GET', '/worklist')).status).toBe(200);
  });

  test('a made-up cookie is nobody', async () => {
    const browser = new Browser(site);
    for (const value of ['x', 'A'.repeat(43), "' or 1=1", '']) {
      browser.plant({ name: 'kl_session', value, path: '/', line: '' });
      expect((await browser.ask('GET', '/worklist')).status).toBe(303);
    }
  });
});

describe('a form', () => {
  test('is taken with the token of this session, and refused without, with another, or from elsewhere', async () => {
    const browser = new Browser(site);
    const csrf = csrfIn((await browser.signIn('sanne')).body);
    expect(csrf).toMatch(/^[\w-]{43}$/);
    const other = csrfIn((await new Browser(site).signIn('sanne')).body);
    expect(other).not.toBe(csrf);
    expect((await browser.ask('POST', '/worklist', { csrf })).status).toBe(200);
    const refused = [
      await browser.ask('POST', '/worklist'),
      await browser.ask('POST', '/worklist', {}),
      await browser.ask('POST', '/worklist', { csrf: other }),
      await browser.ask('POST', '/worklist', { csrf: csrf.slice(1) }),
      await browser.ask('POST', '/worklist', { csrf }, { 'sec-fetch-site': 'cross-site' }),
      await browser.ask('POST', '/worklist', { csrf }, { 'sec-fetch-site': 'same-site' }),
      await browser.ask('POST', '/worklist', { csrf }, { origin: 'https://elders.example' }),
      await browser.ask('POST', '/worklist', { csrf }, { origin: 'null' }),
    ];
    expect(refused.map((one) => one.status)).toEqual(refused.map(() => 403));
    const own = { origin: 'null', 'sec-fetch-site': 'same-origin' };
    expect((await browser.ask('POST', '/worklist', { csrf }, own)).status).toBe(200);
  });

  test('of nobody is a 401 page that says nothing was saved', async () => {
    const answer = await new Browser(site).ask('POST', '/worklist', { csrf: 'x' });
    expect(answer.status).toBe(401);
    expect(answer.location).toBeUndefined();
    expect(answer.body).toContain('niet opgeslagen');
  });
});

describe('signing out', () => {
  test('ends the session here and in the browser, and is written down', async () => {
    const browser = new Browser(site);
    const csrf = csrfIn((await browser.signIn('sanne')).body);
    const { cookies } = browser;
    const before = (await auditLines(site.at)).length;
    const page = await browser.follow(await browser.ask('POST', '/logout', { csrf }));
    expect(page.status).toBe(200);
    expect(page.body).toContain('U bent uitgelogd');
    expect(browser.cookies.filter(({ path }) => path === '/')).toEqual([]);
    for (const cookie of cookies) browser.plant(cookie);
    expect((await browser.ask('GET', '/worklist')).status).toBe(303);
    expect((await auditLines(site.at)).slice(before)).toMatchObject([
      { event: 'sign-out', outcome: 'ok', actor: { id: 'wally-sanne', role: 'wally' }, practice: '' },
    ]);
    const { rows } = await site.at.owner.query(`select id from oidc where model = 'Session'`);
    expect(rows).toEqual([]);
  });

  test('needs the token; of a session that has ended it needs none, but never for another site', async () => {
    const browser = new Browser(site);
    await browser.signIn('sanne');
    expect((await browser.ask('POST', '/logout', { csrf: 'x' })).status).toBe(403);
    expect((await browser.ask('GET', '/worklist')).status).toBe(200);
    later(31);
    const foreign = await browser.ask('POST', '/logout', {}, { 'sec-fetch-site': 'cross-site' });
    expect(foreign.status).toBe(403);
    expect(browser.session).toBeDefined();
    expect((await browser.ask('POST', '/logout', {})).headers.location).toBe('/logout');
    expect(browser.session).toBeUndefined();
  });
});
