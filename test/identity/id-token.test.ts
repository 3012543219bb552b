import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemKey } from '../doubles/app.ts';
import { macBy, openTokenIssuer, signedBy, type TokenIssuer, unsigned } from '../doubles/token-issuer.ts';
import { Browser, type OpenSite, openSite, people } from './open-site.ts';

let issuer: TokenIssuer;
let site: OpenSite;
beforeAll(async () => {
  issuer = await openTokenIssuer('kortelijn');
  site = await openSite({
    external: { issuer: issuer.server.url, clientId: 'kortelijn', clientSecret: issuer.clientSecret },
  });
});
afterAll(async () => {
  await site.close();
  await issuer.server.close();
});
beforeEach(() => {
  issuer.claims = { kortelijn_actor: people.sanne };
  issuer.sign = signedBy(issuer.key);
});

async function signIn() {
  const browser = new Browser(site);
  const page = await browser.open('/login');
  return { status: page.status, at: page.url.pathname, isIn: browser.session !== undefined };
}
const nowS = () => Math.floor(Date.now() / 1_000);

describe('an ID token of another issuer', () => {
  test('signed by its key and meant for us signs in', async () => {
    expect(await signIn()).toEqual({ status: 200, at: '/worklist', isIn: true });
  });

  test.each<[string, () => Promise<TokenIssuer['sign']>]>([
    ['that is not signed', async () => unsigned],
    ['signed with our own secret', async () => macBy(issuer.clientSecret)],
    ['signed by another key of the same name', async () => signedBy(await systemKey('ES384', issuer.key.kid))],
    [
      'that brings its own key along',
      async () => {
        const stranger = await systemKey('ES384', 'of-a-stranger');
        return signedBy(stranger, { jwk: stranger.jwk, jku: `${issuer.server.url}/jwks` });
      },
    ],
    [
      'changed after it was signed',
      async () => async (claims: Record<string, unknown>) => {
        const [head = '', , signature = ''] = (await signedBy(issuer.key)(claims)).split('.');
        const other = JSON.stringify({ ...claims, kortelijn_actor: people.beheer });
        return [head, Buffer.from(other).toString('base64url'), signature].join('.');
      },
    ],
  ])('%s starts no session', async (_what, sign) => {
    issuer.sign = await sign();
    expect(await signIn()).toMatchObject({ at: '/login/callback', isIn: false });
  });

  test.each<[string, () => Record<string, unknown>]>([
    ['of another log-in', () => ({ nonce: 'of-another-one' })],
    ['without the nonce of this one', () => ({ nonce: undefined })],
    ['for another client', () => ({ aud: 'somebody-else' })],
    ['of another issuer', () => ({ iss: 'https://elders.example' })],
    ['that has ended', () => ({ exp: nowS() - 120 })],
    ['that has not begun', () => ({ nbf: nowS() + 120 })],
    ['that names nobody', () => ({ sub: undefined })],
  ])('%s starts no session', async (_what, claims) => {
    issuer.claims = { ...issuer.claims, ...claims() };
    expect(await signIn()).toMatchObject({ at: '/login/callback', isIn: false });
  });
});

describe('how someone signed in there', () => {
  const signedIn = async (options: { acr?: readonly string[]; maxAgeS?: number }) => {
    const { url } = issuer.server;
    const external = { issuer: url, clientId: 'kortelijn', clientSecret: issuer.clientSecret, ...options };
    const strict = await openSite({ external });
    const browser = new Browser(strict);
    const asked = (await browser.ask('GET', '/login')).location?.searchParams;
    const page = await browser.open('/login');
    await strict.close();
    return { asked, status: page.status, said: page.body, isIn: browser.session !== undefined };
  };

  test.each<[string, Record<string, unknown>, boolean]>([
    ['by a level that was asked', { acr: 'loa3' }, true],
    ['by a way that was asked, among others', { acr: '1', amr: ['pwd', 'mfa'] }, true],
    ['by another level', { acr: 'loa1', amr: ['pwd'] }, false],
    ['in words that only look like it', { acr: ['loa3'], amr: 'mfa' }, false],
    ['nobody says how', {}, false],
  ])('%s', async (_what, said, isEnough) => {
    issuer.claims = { ...issuer.claims, ...said };
    const found = await signedIn({ acr: ['loa3', 'mfa'] });
    expect(found.asked?.get('acr_values')).toBe('loa3 mfa');
    expect([found.status, found.isIn]).toEqual(isEnough ? [200, true] : [403, false]);
    if (!isEnough) expect(found.said).toContain('extra stap');
  });

  test.each<[string, () => Record<string, unknown>, boolean]>([
    ['just now', () => ({ auth_time: nowS() - 5 }), true],
    ['longer ago than may be', () => ({ auth_time: nowS() - 1_900 }), false],
    ['nobody says when', () => ({}), false],
  ])('%s', async (_what, said, isEnough) => {
    issuer.claims = { ...issuer.claims, ...said() };
    const found = await signedIn({ maxAgeS: 1_800 });
    expect(found.asked?.get('max_age')).toBe('1800');
    expect([found.status, found.isIn]).toEqual(isEnough ? [200, true] : [403, false]);
  });

  test('is not asked when nobody wants to know', async () => {
    const { asked, isIn } = await signedIn({ acr: [], maxAgeS: 0 });
    expect([asked?.has('acr_values'), asked?.has('max_age'), isIn]).toEqual([false, false, true]);
  });
});

test('a discovery document in the name of another issuer is not believed', async () => {
  const liar = await openTokenIssuer('kortelijn');
  liar.metadata = { issuer: 'https://elders.example' };
  const { url } = liar.server;
  const other = await openSite({
    external: { issuer: url, clientId: 'kortelijn', clientSecret: liar.clientSecret },
  });
  expect((await new Browser(other).open('/login')).status).toBe(503);
  expect(liar.server.asked.map((one) => one.path)).toEqual(['/.well-known/openid-configuration']);
  await other.close();
  await liar.server.close();
});
