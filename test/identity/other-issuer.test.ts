import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenApp, openApp, type SystemKey, systemKey } from '../doubles/app.ts';
import { json, type OtherServer, openOtherServer } from '../doubles/web.ts';

let app: OpenApp;
let other: OtherServer;
let key: SystemKey;
let isAway = false;

beforeAll(async () => {
  key = await systemKey('ES384', 'of-the-other');
  other = await openOtherServer((asked, response) => {
    if (isAway) return json(response, 503, {});
    if (asked.path === '/jwks') return json(response, 200, { keys: [key.jwk] });
    json(response, 200, {
      issuer: other.url,
      token_endpoint: `${other.url}/token`,
      jwks_uri: `${other.url}/jwks`,
    });
  });
  app = await openApp({ keyHosts: [other.host], tokenIssuer: other.url });
  await app.register({ id: 'his-brink', kind: 'practice', party: 'de-brink', scopes: ['system/*.rs'] });
});
afterAll(async () => {
  await app.close();
  await other.close();
});

const signed = (claims: Record<string, unknown>, by = key) => {
  const nowS = Math.floor(Date.now() / 1000);
  return new SignJWT({ iss: other.url, aud: `${app.url}/fhir/R4`, exp: nowS + 60, ...claims })
    .setProtectedHeader({ alg: by.alg, kid: by.kid })
    .sign(by.privateKey);
};
const status = async (token: string) => {
  const headers = { authorization: `Bearer ${token}` };
  return (await app.ask('GET', '/fhir/R4/Task/01900000-0000-7000-8000-000000000000', { headers })).status;
};

test('while the other issuer is away it is our fault, not the sender’s', async () => {
  isAway = true;
  expect(await status(await signed({ client_id: 'his-brink', scope: 'system/Task.rs' }))).toBe(503);
  isAway = false;
});

test('its tokens are taken for clients that are registered here, and for no others', async () => {
  const right = { scope: 'system/Task.rs' };
  expect(await status(await signed({ ...right, client_id: 'his-brink' }))).toBe(404);
  expect(await status(await signed({ azp: 'his-brink', scp: ['system/Task.r', 'openid'] }))).toBe(404);
  expect(await status(await signed({ ...right, client_id: 'his-other' }))).toBe(401);
  expect(await status(await signed(right))).toBe(401);
});

test('issuer, audience, end, key and scope must be right', async () => {
  const right = { client_id: 'his-brink', scope: 'system/Task.rs' };
  const stranger = await systemKey('ES384', key.kid);
  expect(await status(await signed({ ...right, iss: `${other.url}/` }))).toBe(401);
  expect(await status(await signed({ ...right, aud: app.url }))).toBe(401);
  expect(await status(await signed({ ...right, exp: Math.floor(Date.now() / 1000) - 60 }))).toBe(401);
  expect(await status(await signed({ ...right, exp: undefined }))).toBe(401);
  expect(await status(await signed({ ...right, scope: 'openid profile' }))).toBe(401);
  expect(await status(await signed(right, stranger))).toBe(401);
  // Ours are not taken beside it.
  expect(await status(await signed({ ...right, iss: `${app.url}/oauth` }))).toBe(401);
});

test('the discovery document points there', async () => {
  const response = await app.ask('GET', '/fhir/R4/.well-known/smart-configuration');
  expect(await response.json()).toMatchObject({ issuer: other.url, token_endpoint: `${other.url}/token` });
});
