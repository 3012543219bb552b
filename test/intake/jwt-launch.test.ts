import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { importJWK, type JWK, SignJWT } from 'jose';
import { v7 } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { verifyPracticeJwt } from '../../src/identity/practice-jwt.ts';
import { openPool } from '../../src/store/database.ts';
import { directoryReader, writeDestinationSecret } from '../../src/store/directory.ts';
import { masterKeyFrom } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import { readJourney } from '../../src/store/referrals.ts';
import { type LaunchSite, openLaunchSite, publicUrl } from '../doubles/launch-site.ts';
import { type LaunchingHis, openLaunchingHis, recordToken } from '../doubles/launching-his.ts';
import { formIn, typed } from '../web/refer-browser.ts';

const issuer = 'http://de-brink.his.example';
const audience = `${publicUrl}/launch/jwt`;

let site: LaunchSite;
let his: LaunchingHis;
let other: LaunchingHis;
let start: Date;

beforeAll(async () => {
  const now = () => site.opened.store.clock();
  his = await openLaunchingHis(now, { kind: 'r4' });
  other = await openLaunchingHis(now, { kind: 'r4' });
  site = await openLaunchSite([his.host, other.host]);
  start = site.opened.now;
  const signs = (name: string, key: object) => [
    { url: 'issuer', valueString: name },
    { url: 'jwks', valueString: JSON.stringify({ keys: [key] }) },
  ];
  await site.register(
    { id: 'his-de-brink', address: his.base, parts: signs(issuer, his.publicKey) },
    { id: 'his-zuidrand', address: other.base, parts: signs(issuer, other.publicKey) },
  );
  await writeDestinationSecret(site.opened.store, 'practice:de-brink', recordToken);
});
afterEach(() => {
  his.twist = {};
  site.opened.now = start;
});
afterAll(async () => {
  await site.close();
  await Promise.all([his.close(), other.close()]);
});

/** Claims as ZorgDomein's single sign-on writes them. */
const claims = (change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  iss: issuer,
  aud: audience,
  'user-id': { system: 'agb-z', value: '01990111' },
  'org-id': { system: 'agb-z', value: '01990101' },
  context: { 'patient-id': 'p1', icpc: 'Z03', 'xis-transaction-id': 'b1f7c1de-0000-4000-8000-000000000001' },
  ...change,
});
const seconds = () => Math.floor(site.opened.now.getTime() / 1_000);
const open = async (token: string) => {
  const by = site.browser();
  return { by, page: await by.post('/launch/jwt', { token }) };
};
const noSession = (by: Awaited<ReturnType<typeof open>>['by']) => expect(by.cookies.size).toBe(0);

describe('a signed launch', () => {
  test.each([
    ['nested', claims()],
    [
      'with dots',
      {
        iss: issuer,
        aud: publicUrl,
        'user-id.system': 'agb-z',
        'user-id.value': '01990111',
        'org-id.value': '01990101',
        'context.patient-id': 'p1',
        'context.icpc': 'Z03',
        'context.xis-transaction-id': 'b1f7c1de-0000-4000-8000-000000000002',
      },
    ],
  ])('opens the page filled from the record, under the system’s own number (claims %s)', async (_how, given) => {
    const { by, page } = await open(await his.sign(given));
    expect(page.status).toBe(303);
    expect(page.location).not.toMatch(/p1|Z03|Bakker/);
    const first = await by.get(page.location);
    expect(first.text).toContain('Kees Bakker');
    expect(first.text).toContain('M. van Leeuwen');
    const form = await by.post('/refer', { ...formIn(first.text, '/refer'), danger: 'no' });
    expect(form.text).toContain('wonen; zingeving en verlies');
    const { reason, consentBy, consentHow, consentOn, feedback, medicalCodes } = typed;
    const filled = { ...formIn(form.text, '/refer'), reason, consentBy, consentHow, consentOn, feedback, medicalCodes };
    const sent = await by.post('/refer', { ...filled, step: 'send' });
    const journey = await readJourney(site.opened.store, { kind: 'line' }, sent.location.split('/').at(-1) ?? '');
    expect(journey?.practice).toBe('de-brink');
    expect(journey?.index.practiceReferral.system).toBe(`${his.base}/transaction`);
    expect(JSON.stringify(journey?.serviceRequest.resource)).not.toContain('Z03');
  });

  test('by GET too; a HEAD uses nothing up', async () => {
    const by = site.browser();
    const path = `/launch/jwt?token=${await his.sign(claims())}`;
    expect((await by.get(path, { method: 'HEAD' })).status).toBe(204);
    expect((await by.get(path)).status).toBe(303);
  });

  test('counts once, also after a restart and in another process', async () => {
    const token = await his.sign(claims());
    expect((await open(token)).page.status).toBe(303);
    const { by, page } = await open(token);
    expect(page.status).toBe(410);
    expect(page.text).toContain('Deze link is al gebruikt');
    noSession(by);
    const pool = openPool(site.opened.connection, 'kortelijn_app', 1);
    const restarted = openStore(pool, masterKeyFrom(Buffer.alloc(32, 7)), () => start, v7);
    const directory = await directoryReader(restarted)();
    expect(await verifyPracticeJwt(restarted, directory, token, { audience })).toEqual({
      fault: 'replayed',
      practice: 'de-brink',
    });
    await pool.end();
  });

  test('the practice is whose key signed, whatever the claims say', async () => {
    const { by, page } = await open(await other.sign(claims()));
    expect(page.status).toBe(403);
    expect(page.text).toContain('een andere praktijk');
    noSession(by);
    // Without the claim it is still that practice, where this user is nobody.
    const { 'org-id': _, ...without } = claims();
    expect((await open(await other.sign(without))).page.text).toContain('niet bekend als verwijzer');
  });
});

describe('refused', () => {
  const unsigned = () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    return `${part({ alg: 'none' })}.${part({ ...claims(), jti: randomUUID(), iat: seconds() })}.`;
  };
  const withSecret = () =>
    new SignJWT({ ...claims(), jti: randomUUID(), iat: seconds() })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.from(JSON.stringify(his.publicKey)));
  test.each([
    ['signed longer than five minutes ago', () => his.sign(claims({ iat: seconds() - 320 })), 410, 'te oud'],
    ['that says itself that it is over', () => his.sign(claims({ exp: seconds() - 60 })), 410, 'te oud'],
    ['of tomorrow', () => his.sign(claims({ iat: seconds() + 86_400 })), 410, 'te oud'],
    ['for another', () => his.sign(claims({ aud: 'https://www.zorgdomein.nl' })), 403, 'niet voor Kortelijn'],
    ['for nobody', () => his.sign(claims({ aud: undefined })), 403, 'niet voor Kortelijn'],
    [
      'of an issuer that nobody registered',
      () => his.sign(claims({ iss: 'https://x.example' })),
      403,
      'kennen het systeem niet',
    ],
    ['without an id', () => his.sign(claims({ jti: undefined })), 400, 'niet compleet'],
    ['without a signature', unsigned, 403, 'handtekening'],
    ['signed with our knowledge of the public key', withSecret, 403, 'handtekening'],
    ['that is none', () => 'not.a.jwt', 400, 'niet compleet'],
    ['that is missing', () => '', 400, 'niet compleet'],
    [
      'of a stranger',
      () => his.sign(claims({ 'user-id': { system: 'agb-z', value: '01999999' } })),
      403,
      'niet bekend',
    ],
    ['without a patient', () => his.sign(claims({ context: {} })), 422, 'geen patiënt geopend'],
    [
      'with a path for a patient',
      () => his.sign(claims({ context: { 'patient-id': '../Practitioner/d1' } })),
      422,
      'geen patiënt',
    ],
  ])('a token %s', async (_what, token, status, said) => {
    const { by, page } = await open(await token());
    expect(page.status).toBe(status);
    expect(page.text).toContain(said);
    expect(page.text).toContain('Er is niets verstuurd');
    noSession(by);
  });

  test('a forged signature, and a system that does not answer', async () => {
    his.twist = { forges: true };
    expect((await open(await his.sign(claims()))).page.text).toContain('handtekening');
    his.twist = { hangs: true };
    expect((await open(await his.sign(claims()))).page.status).toBe(502);
  });

  test('a key that two practices registered names neither', async () => {
    const jwks = JSON.stringify({ keys: [his.publicKey] });
    const shared = [
      { url: 'issuer', valueString: 'https://shared.example' },
      { url: 'jwks', valueString: jwks },
    ];
    await site.register(
      { id: 'smart-r4-de-brink', address: his.base, parts: shared },
      { id: 'smart-r4-zuidrand', address: his.base, parts: shared },
    );
    expect((await open(await his.sign(claims({ iss: 'https://shared.example' })))).page.status).toBe(403);
  });

  test('the demo’s system signs nobody in where its invented users may not sign in: everyone has its keys', async () => {
    const text = await readFile(new URL('../../fixtures/region/demo-his.json', import.meta.url), 'utf8');
    const [system] = (JSON.parse(text) as { practices: { launchKey: JWK }[] }).practices;
    if (!system) throw new Error('a demo without systems');
    const { d: _secret, ...publicKey } = system.launchKey;
    const said = { iss: 'https://demo.example', jti: randomUUID(), iat: seconds() };
    const byDemo = async () =>
      new SignJWT(claims({ ...said, jti: randomUUID() }))
        .setProtectedHeader({ alg: 'ES256' })
        .sign(await importJWK(system.launchKey, 'ES256'));
    const marked = { url: 'demo', valueBoolean: true };
    const parts = [
      { url: 'issuer', valueString: said.iss },
      { url: 'jwks', valueString: JSON.stringify({ keys: [publicKey] }) },
    ];
    // A region's own Bundle that began as the demo's, with its mark and without.
    for (const each of [parts, [marked, ...parts]]) {
      await site.register({ id: 'smart-stu3-de-brink', address: his.base, parts: each });
      // Loopback: our public address is another machine's.
      for (const place of ['never', 'loopback'] as const) {
        site.door.demo = place;
        const { by, page } = await open(await byDemo());
        expect([page.status, page.text.includes('Wij kennen het systeem niet')]).toEqual([403, true]);
        noSession(by);
      }
      site.door.demo = 'anywhere';
      // Then it is refused for nothing but the credential that this Endpoint has not.
      expect((await open(await byDemo())).page.status).toBe(422);
    }
    site.door.demo = 'never';
  });

  test('only what a known system did is in the trail', async () => {
    const count = () => site.countOf("audit where line::jsonb->>'event' = 'launch-refused'");
    const before = await count();
    await open('not.a.jwt');
    await open(await his.sign(claims({ iss: 'https://x.example' })));
    expect(await count()).toBe(before);
    await open(await his.sign(claims({ iat: seconds() - 320 })));
    expect(await count()).toBe(before + 1);
  });
});
