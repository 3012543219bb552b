import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { writeLaunchNotes } from '../../src/delivery/launch-note.ts';
import { openLog } from '../../src/log.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { type LaunchBrowser, type LaunchSite, openLaunchSite, publicUrl } from '../doubles/launch-site.ts';
import { clientId, type LaunchingHis, openLaunchingHis } from '../doubles/launching-his.ts';
import { formIn, typed } from '../web/refer-browser.ts';

let site: LaunchSite;
let r4: LaunchingHis;
let stu3: LaunchingHis;
let readOnly: LaunchingHis;
let start: Date;

beforeAll(async () => {
  const now = () => site.opened.store.clock();
  const clientKeys = () => `${site.url}/launch/jwks.json`;
  r4 = await openLaunchingHis(now, { kind: 'r4', creates: 'ServiceRequest', proof: 'private_key_jwt', clientKeys });
  stu3 = await openLaunchingHis(now, { kind: 'stu3', creates: 'DocumentReference' });
  readOnly = await openLaunchingHis(now, { kind: 'r4', proof: 'client_secret' });
  site = await openLaunchSite([r4.host, stu3.host, readOnly.host]);
  start = site.opened.now;
  const client = (clientProof: string) => [
    { url: 'clientId', valueString: clientId },
    { url: 'clientProof', valueCode: clientProof },
  ];
  await site.register(
    { id: 'smart-r4-de-brink', address: r4.base, parts: client('private_key_jwt') },
    { id: 'smart-stu3-de-brink', address: stu3.base, parts: client('public') },
    { id: 'smart-r4-zuidrand', address: readOnly.base, parts: client('client_secret') },
    { id: 'smart-r4-aan-de-kade', address: 'http://127.0.0.1:9/fhir', parts: client('public') },
  );
});
afterEach(() => {
  for (const his of [r4, stu3, readOnly]) {
    his.twist = {};
    his.created.splice(0);
  }
  site.opened.now = start;
});
afterAll(async () => {
  await site.close();
  await Promise.all([r4.close(), stu3.close(), readOnly.close()]);
});

const startUrl = (iss: string) => `/launch?iss=${encodeURIComponent(iss)}&launch=abc`;
const backFrom = async (his: LaunchingHis, by: LaunchBrowser) =>
  his.authorize((await by.get(startUrl(his.base))).location);
/** The whole way from the button to the refer page. */
async function launch(his: LaunchingHis, by: LaunchBrowser) {
  const back = await by.get(await backFrom(his, by));
  return { back, page: back.status === 303 ? await by.get(back.location) : back };
}
const pick = (...names: (keyof typeof typed)[]) => Object.fromEntries(names.map((name) => [name, typed[name]]));
/** From the first question to sent, choosing only what is never chosen beforehand. */
async function send(by: LaunchBrowser, page: string, changes: Record<string, string> = {}) {
  const form = await by.post('/refer', { ...formIn(page, '/refer'), danger: 'no' });
  const given = pick('reason', 'consentBy', 'consentHow', 'consentOn', 'feedback', 'medicalCodes');
  const preview = await by.post('/refer', { ...formIn(form.text, '/refer'), ...given, ...changes, step: 'preview' });
  const sent = await by.post('/refer', { ...formIn(preview.text, '/refer'), step: 'send' });
  expect(sent.location).toMatch(/^\/refer\/sent\//);
  return { form, sent };
}
const notes = () => {
  const { store } = site.opened;
  return writeLaunchNotes({ store, directory: directoryReader(store), log: openLog('silent'), ask: site.ask });
};
const later = (ms: number) => {
  site.opened.now = new Date(start.getTime() + ms);
};
const sessionOf = (by: LaunchBrowser) => by.cookies.get('__Host-kl_session');

describe('a SMART launch', () => {
  test('R4, SMART 2: the page opens filled, the person is signed in, and the record gets a note once', async () => {
    const by = site.browser();
    const asked = new URL((await by.get(startUrl(r4.base))).location).searchParams;
    expect(Object.fromEntries(asked)).toMatchObject({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: `${publicUrl}/launch/callback`,
      scope: 'launch openid fhirUser patient/*.rs patient/ServiceRequest.c',
      aud: r4.base,
      launch: 'abc',
      code_challenge_method: 'S256',
    });
    const { back, page } = await launch(r4, by);
    expect(back.location).toMatch(/^https:\/\/kortelijn\.example\/refer\?handle=[\w-]{43}$/);
    expect(page.text).toContain('Kees Bakker');
    expect(page.text).toContain('M. van Leeuwen');
    expect(
      (await site.opened.owner.query('select sealed from launch')).rows.map((row) => `${row.sealed}`).join(),
    ).not.toContain('token-of-the-launch');
    const { form, sent } = await send(by, page.text);
    // Suggested from what is open in the record; nothing is ticked for anyone.
    expect(form.text).toContain('zingeving en verlies; eenzaamheid');
    expect(form.text).not.toContain('geld en schulden;');
    expect(form.text).not.toMatch(/name="area-[a-z-]+"[^>]* checked/);
    expect(form.text).not.toMatch(/name="(consent\w+|feedback|medicalCodes)"[^>]* checked/);
    expect((await by.get(sent.location)).text).toContain('Kees Bakker');

    expect(await notes()).toBe(0);
    later(121_000);
    expect(await notes()).toBe(1);
    expect(await notes()).toBe(0);
    expect(r4.created).toHaveLength(1);
    const [note] = r4.created;
    expect(note?.asked.headers.authorization).toBe('Bearer token-of-the-launch');
    expect(note?.body).toMatchObject({
      resourceType: 'ServiceRequest',
      status: 'active',
      subject: { reference: 'Patient/p1' },
      requester: { reference: `${r4.base}/Practitioner/d1` },
    });
    expect(JSON.stringify(note?.body)).toContain('Sanne Verhoeven');
    expect(JSON.stringify(note?.body)).not.toContain(typed.reason);
    expect(await site.countOf('launch where journey_id is not null')).toBe(0);
  });

  test('STU3, SMART 1: found in the CapabilityStatement, asked in its own words, noted as a document', async () => {
    const by = site.browser();
    const asked = new URL((await by.get(startUrl(stu3.base))).location).searchParams;
    expect(asked.get('scope')).toBe('launch openid fhirUser patient/*.read patient/DocumentReference.write');
    expect(asked.get('code_challenge_method')).toBe('S256');
    stu3.twist = { user: 'PractitionerRole/r1' };
    const { page } = await launch(stu3, by);
    expect(page.text).toContain('Kees Bakker');
    await send(by, page.text);
    later(121_000);
    expect(await notes()).toBe(1);
    expect(stu3.created[0]?.body).toMatchObject({ resourceType: 'DocumentReference', status: 'current' });
    expect(stu3.created[0]?.body).toHaveProperty('indexed');
    expect(stu3.created[0]?.body).not.toHaveProperty('date');
  });

  test('a server that lets nothing be written is asked for no more, and no token is kept', async () => {
    readOnly.twist = { user: 'Practitioner/elsewhere' };
    const by = site.browser();
    const asked = new URL((await by.get(startUrl(readOnly.base))).location).searchParams;
    expect(asked.get('scope')).toBe('launch openid fhirUser patient/*.rs');
    const before = await site.countOf('launch');
    const { page } = await launch(readOnly, by);
    expect(page.text).toContain('T. Osinga');
    await send(by, page.text);
    expect(await site.countOf('launch')).toBe(before);
  });

  test.each([
    ['their server says no', { create: 403 }, {}, 1],
    ['H2: it is not safe at home', {}, { unsafe: 'yes' }, 0],
  ] as const)('the referral stands when %s', async (_why, twist, changes, tried) => {
    const by = site.browser();
    const { page } = await launch(r4, by);
    r4.twist = twist;
    const { sent } = await send(by, page.text, changes);
    later(121_000);
    expect(await notes()).toBe(0);
    expect(r4.created).toHaveLength(tried);
    expect(await site.countOf('launch where due_at is not null')).toBe(0);
    expect((await by.get(sent.location)).status).toBe(200);
  });

  test('H3: what was taken back is not noted', async () => {
    const by = site.browser();
    const { sent } = await send(by, (await launch(r4, by)).page.text);
    const csrf = formIn((await by.get(sent.location)).text, `${sent.location}/undo`);
    expect((await by.post(`${sent.location}/undo`, csrf)).status).toBe(303);
    later(121_000);
    expect(await notes()).toBe(0);
    expect(r4.created).toEqual([]);
  });

  test('the session is short, and of that person only', async () => {
    const by = site.browser();
    await launch(r4, by);
    const { rows } = await site.opened.owner.query<{ actor: object; expires_at: Date }>(
      'select actor, expires_at from session order by created_at desc, expires_at desc limit 1',
    );
    expect(rows[0]?.actor).toMatchObject({ id: 'gp-vanleeuwen', role: 'practice', organization: 'de-brink' });
    expect(rows[0]?.expires_at.getTime()).toBe(start.getTime() + 3_600_000);
  });
});

describe('refused, with a page that says what to do', () => {
  test('a callback that comes again, also with the cookie of before; and in another browser', async () => {
    const by = site.browser();
    const url = await backFrom(r4, by);
    const kept = new Map(by.cookies);
    expect((await site.browser().get(url)).status).toBe(410);
    expect((await by.get(url)).status).toBe(303);
    for (const [name, value] of kept) by.cookies.set(name, value);
    const again = await by.get(url);
    expect(again.status).toBe(410);
    expect(again.text).toContain('Deze link is al gebruikt');
    expect(again.text).toContain('klik opnieuw op verwijzen');
  });

  test.each([
    ['another system', 'https://elsewhere.example/fhir'],
    ['nearly the address', () => `${r4.base}/`],
    ['none', ''],
  ])('an issuer that the directory has not: %s', async (_what, iss) => {
    const page = await site.browser().get(startUrl(typeof iss === 'string' ? iss : iss()));
    expect(page.status).toBe(403);
    expect(page.text).toContain('Wij kennen het systeem niet');
    expect(page.text).toContain('Er is niets verstuurd');
  });

  test.each([
    ['another nonce', { claims: { nonce: 'other' } }],
    ['another issuer', { claims: { iss: 'https://elsewhere.example' } }],
    ['another audience', { claims: { aud: 'someone-else' } }],
    ['too old', { claims: { exp: 1 } }],
    ['a signature of another key', { forges: true }],
    ['nobody named', { claims: { fhirUser: undefined } }],
  ])('an ID token with %s starts no session', async (_what, twist) => {
    const by = site.browser();
    r4.twist = twist;
    const { back } = await launch(r4, by);
    expect(back.status).toBe(403);
    expect(back.text).toContain('Code: denied');
    expect(sessionOf(by)).toBeUndefined();
  });

  test('an answer in the name of another server (RFC 9207), and a no of the server', async () => {
    const by = site.browser();
    const url = await backFrom(r4, by);
    expect((await by.get(`${url}&iss=https%3A%2F%2Felsewhere.example`)).status).toBe(403);
    const refused = new URL(await backFrom(r4, by));
    refused.searchParams.delete('code');
    refused.searchParams.set('error', 'access_denied');
    expect((await by.get(refused.href)).status).toBe(403);
  });

  test.each([
    ['a stranger', 'Practitioner/stranger'],
    ['someone of another practice', 'Practitioner/elsewhere'],
    ['a patient', 'Patient/p1'],
    ['someone on another server', 'https://elsewhere.example/Practitioner/d1'],
  ])('%s is not known as a referrer, and is told what to do', async (_who, user) => {
    const by = site.browser();
    r4.twist = { user };
    const { back } = await launch(r4, by);
    expect(back.status).toBe(403);
    expect(back.text).toContain('niet bekend als verwijzer');
    expect(back.text).toContain('AGB-code');
    expect(sessionOf(by)).toBeUndefined();
  });

  test.each([
    ['no patient in context', null, 'Er was geen patiënt geopend'],
    ['a patient that is not there', 'p9', 'Er was geen patiënt geopend'],
    ['a patient without a name', 'nameless', 'ontbreekt de naam'],
  ])('%s', async (_what, patient, said) => {
    const by = site.browser();
    r4.twist = { patient };
    const { back } = await launch(r4, by);
    expect(back.status).toBe(422);
    expect(back.text).toContain(said);
  });

  test('a system that does not answer: dead, silent, or broken at the token', async () => {
    const dead = await site.browser().get(startUrl('http://127.0.0.1:9/fhir'));
    r4.twist = { hangs: true };
    const silent = await site.browser().get(startUrl(r4.base));
    r4.twist = { token: 500 };
    const { back } = await launch(r4, site.browser());
    for (const page of [dead, silent, back]) {
      expect(page.status).toBe(502);
      expect(page.text).toContain('Uw systeem geeft nu geen antwoord');
    }
  });

  test('a server that does not say it checks PKCE gets the challenge all the same, and is noted', async () => {
    const noted = () => site.logged().split('launch-without-pkce').length;
    const before = noted();
    await launch(r4, site.browser());
    expect(noted()).toBe(before);
    r4.twist = { pkce: false };
    expect((await launch(r4, site.browser())).page.text).toContain('Kees Bakker');
    expect(noted()).toBe(before + 1);
  });

  test('in English for who reads English; a HEAD uses nothing up', async () => {
    const by = site.browser('en');
    expect((await by.get(startUrl('https://elsewhere.example/fhir'))).text).toContain('We do not know the system');
    const url = await backFrom(r4, by);
    expect((await by.get(url, { method: 'HEAD' })).status).toBe(204);
    expect((await by.get(url)).status).toBe(303);
  });

  test('no log line holds a token, a code or a person', () => {
    for (const secret of ['token-of-the-launch', 'Bakker', 'p1"', '1948', 'code='])
      expect(site.logged()).not.toContain(secret);
  });
});
