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
