import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { revocationChange } from '../../src/identity/registration.ts';
import { readIssuerSecrets, retiredMs, turnSigningKeys } from '../../src/identity/signing-keys.ts';
import { theLine } from '../../src/referral/actor.ts';
import { listClients } from '../../src/store/access/clients.ts';
import { changeSetting } from '../../src/store/access/sessions.ts';
import { askToken, assertion, type OpenApp, openApp, type SystemKey, systemKey, tokenOf } from '../doubles/app.ts';
import { json, type OtherServer, openOtherServer } from '../doubles/web.ts';

let app: OpenApp;
let keys: OtherServer;
let es: SystemKey;
let rs: SystemKey;
let served: SystemKey[] = [];
const nobody = '01900000-0000-7000-8000-000000000000';
const scopes = ['system/*.rs', 'system/ServiceRequest.c'];

beforeAll(async () => {
  keys = await openOtherServer((_asked, response) => json(response, 200, { keys: served.map((one) => one.jwk) }));
  [app, es, rs] = await Promise.all([openApp({ keyHosts: [keys.host] }), systemKey('ES384'), systemKey('RS384')]);
  const practice = { kind: 'practice', party: 'de-brink', scopes } as const;
  await app.register({ id: 'his-inline', ...practice, jwks: { keys: [{ ...es.jwk }, { ...rs.jwk }] } });
  await app.register({ id: 'his-url', ...practice, jwksUrl: `${keys.url}/jwks` });
  await app.register({ id: 'his-elsewhere', ...practice, jwksUrl: 'http://127.0.0.1:9/jwks' });
});
afterAll(async () => {
  await app.close();
  await keys.close();
});

const audience = () => `${app.url}/oauth/token`;
const read = async (token: string, path = `/Task/${nobody}`) =>
  (await app.ask('GET', `/fhir/R4${path}`, { headers: { authorization: `Bearer ${token}` } })).status;
const lines = async (event: string) => {
  const { rows } = await app.at.owner.query<{ line: string }>('select line from audit order by id');
  return rows.map((row) => JSON.parse(row.line)).filter((one) => one.event === event);
};

describe('a token', () => {
  test.each(['ES384', 'RS384'] as const)(
    'is given for %s, lives five minutes, and is for our FHIR base alone',
    async (alg) => {
      const key = alg === 'ES384' ? es : rs;
      const { status, body, headers } = await askToken(
        app,
        await assertion(audience(), 'his-inline', key),
        'system/Task.rs',
      );
      expect({ status, ...body, access_token: '' }).toEqual({
        status: 200,
        access_token: '',
        expires_in: 300,
        token_type: 'Bearer',
        scope: 'system/Task.rs',
      });
      expect(headers.get('cache-control')).toBe('no-store');
      const claims = decodeJwt(body.access_token ?? '');
      expect(claims).toMatchObject({
        iss: `${app.url}/oauth`,
        aud: `${app.url}/fhir/R4`,
        client_id: 'his-inline',
        scope: 'system/Task.rs',
      });
      expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(300);
      expect(await read(body.access_token ?? '')).toBe(404);
    },
  );

  test('stands on the trail, and its client shows when it was last here', async () => {
    const before = (await lines('token-issued')).length;
    await tokenOf(app, 'his-inline', es, 'system/Task.read');
    const issued = await lines('token-issued');
    expect(issued.length).toBe(before + 1);
    expect(issued.at(-1)).toMatchObject({
      actor: { id: 'his-inline' },
      outcome: 'ok',
      code: 'system/Task.read',
      request: expect.any(String),
    });
    expect((await listClients(app.at.store)).find((one) => one.id === 'his-inline')?.usedAt).toEqual(app.at.now);
  });

  test('is not given for', async () => {
    const now = Math.floor(Date.now() / 1000);
    const other = await systemKey('ES384', es.kid);
    const wrong: Record<string, Promise<string>> = {
      'another audience': assertion('https://elders.example/token', 'his-inline', es),
      'one that lives longer than five minutes': assertion(audience(), 'his-inline', es, { lifeS: 900 }),
      'one that is over': assertion(audience(), 'his-inline', es, { lifeS: -60 }),
      'one that was made too long ago': assertion(audience(), 'his-inline', es, { claims: { iat: now - 3_000 } }),
      'one without jti': assertion(audience(), 'his-inline', es, { claims: { jti: undefined } }),
      'one without exp': assertion(audience(), 'his-inline', es, { claims: { exp: undefined } }),
      'another subject': assertion(audience(), 'his-inline', es, { claims: { sub: 'his-url' } }),
      'an unknown client': assertion(audience(), 'his-nobody', es),
      'keys at another address': assertion(audience(), 'his-inline', es, { header: { jku: `${keys.url}/jwks` } }),
      'a key that is not registered': assertion(audience(), 'his-inline', other),
      'one without kid': assertion(audience(), 'his-inline', es, { header: { kid: undefined } }),
    };
    const before = (await lines('token-refused')).length;
    for (const [what, signed] of Object.entries(wrong)) {
      const { status, body } = await askToken(app, await signed, 'system/Task.rs');
      expect({ what, status, error: body.error, token: body.access_token }).toEqual({
        what,
        status: 401,
        error: 'invalid_client',
        token: undefined,
      });
    }
    await expect.poll(async () => (await lines('token-refused')).length).toBe(before + Object.keys(wrong).length);
  });

  test('is given for an assertion once, also when two processes are asked at one moment', async () => {
    const signed = await assertion(audience(), 'his-inline', es);
    // Both have looked, and found nothing, before either goes on: as two processes could.
    const { pool } = app.at.store;
    const query = pool.query.bind(pool) as (...asked: unknown[]) => Promise<unknown>;
    let looked = 0;
    let goOn = () => {};
    const bothLooked = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    pool.query = (async (...asked: unknown[]) => {
      const found = await query(...asked);
      const [sql, values] = asked as [unknown, unknown[]?];
      if (String(sql).startsWith('select payload') && values?.[0] === 'ReplayDetection') {
        looked += 1;
        if (looked === 2) goOn();
        await bothLooked;
      }
      return found;
    }) as typeof pool.query;
    try {
      const answers = await Promise.all([1, 2].map(() => askToken(app, signed, 'system/Task.rs')));
      expect([looked, ...answers.map((one) => one.status).toSorted()]).toEqual([2, 200, 401]);
    } finally {
      pool.query = query as typeof pool.query;
    }
    expect((await askToken(app, signed, 'system/Task.rs')).status).toBe(401);
  });

  test('with keys by address: they are fetched, kept, and looked for anew when they turned', async () => {
    served = [await systemKey('ES384', 'first')];
    const [first] = served as [SystemKey];
    const asked = () => keys.asked.length;
    await tokenOf(app, 'his-url', first, 'system/Task.rs');
    const once = asked();
    await tokenOf(app, 'his-url', first, 'system/Task.rs');
    expect(asked()).toBe(once);
    // Kept for a minute (or as long as its Cache-Control says): after that the new key is found.
    const second = await systemKey('ES384', 'second');
    served = [second];
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    try {
      await tokenOf(app, 'his-url', second, 'system/Task.rs');
      const old = await askToken(app, await assertion(audience(), 'his-url', first), 'system/Task.rs');
      expect([asked(), old.status]).toEqual([once + 1, 401]);
    } finally {
      vi.useRealTimers();
    }
    // Where they are may not be reached: it is refused, and says no more than that.
    const elsewhere = await askToken(app, await assertion(audience(), 'his-elsewhere', es), 'system/Task.rs');
    expect([elsewhere.status >= 400, elsewhere.body.access_token]).toEqual([true, undefined]);
  });
});

describe('scopes', () => {
  const granted = async (scope: string | undefined) => {
    const { status, body } = await askToken(app, await assertion(audience(), 'his-inline', es), scope);
    return [status, body.error ?? body.scope];
  };

  test('of both versions are granted as far as the client may, wildcards read by us', async () => {
    expect(await granted('system/Task.read')).toEqual([200, 'system/Task.read']);
    expect(await granted('system/*.rs')).toEqual([200, 'system/*.rs']);
    expect(await granted('system/Task.cruds')).toEqual([200, 'system/Task.rs']);
    expect(await granted('system/*.*')).toEqual([200, 'system/*.rs system/ServiceRequest.crs']);
    expect(await granted('system/ServiceRequest.write openid launch')).toEqual([200, 'system/ServiceRequest.c']);
  });

  test('that nobody knows, that are narrowed, or that are missing give no token', async () => {
    for (const scope of ['system/Task.sr', 'user/Task.rs', 'patient/*.read', 'openid', 'system/Task.d', undefined])
      expect([scope, ...(await granted(scope))]).toEqual([scope, 400, 'invalid_scope']);
    expect(await granted('system/Task.rs?status=requested')).toEqual([400, 'invalid_scope']);
  });

  test('rule at the door: a token without one that we understand opens nothing', async () => {
    const signed = (claims: Record<string, unknown>, audienceOf?: string, typ?: string) =>
      ownToken({ client_id: 'his-inline', ...claims }, audienceOf, typ);
    expect(await read(await signed({ scope: 'system/Task.r' }))).toBe(404);
    for (const claims of [{}, { scope: '' }, { scope: 'openid' }, { scope: 'system/Task.rs', client_id: 'his-nobody' }])
      expect([claims, await read(await signed(claims))]).toEqual([claims, 401]);
    expect(await read(await signed({ scope: 'system/Task.r' }, `${app.url}/elsewhere`))).toBe(401);
    // An ID token is no access token.
    expect(await read(await signed({ scope: 'system/Task.r' }, undefined, 'JWT'))).toBe(401);
    // What the client may not (any more) is not in the token's power either.
    const answer = await app.ask('PUT', `/fhir/R4/Task/${nobody}`, {
      headers: { authorization: `Bearer ${await signed({ scope: 'system/*.cruds' })}` },
    });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('www-authenticate')).toContain('insufficient_scope');
  });
});

test('a revoked client is out at once, with the token that it has too', async () => {
  await app.register({ id: 'his-gone', kind: 'practice', party: 'de-brink', scopes, jwks: { keys: [{ ...es.jwk }] } });
  const token = await tokenOf(app, 'his-gone', es, 'system/Task.rs');
  expect(await read(token)).toBe(404);
  const { ok } = await app.at.store.commit(revocationChange('his-gone', theLine, app.at.now.toISOString()));
  expect([ok, await read(token)]).toEqual([true, 401]);
  expect((await askToken(app, await assertion(audience(), 'his-gone', es), 'system/Task.rs')).status).toBe(401);
});

test('the signing key turns while tokens are out: both are published, and the old one goes after an hour', async () => {
  const token = await tokenOf(app, 'his-inline', es, 'system/Task.rs');
  const kidsNow = async () => (await readIssuerSecrets(app.at.store)).jwks.keys.map((one) => one.kid);
  const [first] = await kidsNow();
  expect(await turnSigningKeys(app.at.store)).toBe(0);
  expect(await turnSigningKeys(app.at.store, true)).toBe(1);
  const [second, kept] = await kidsNow();
  expect(kept).toBe(first);
  expect(await read(token)).toBe(404);
  // Another process signs with the new one; this one checks it without having been told.
  const fresh = await ownToken({ client_id: 'his-inline', scope: 'system/Task.rs' });
  expect(decodeProtectedHeader(fresh).kid).toBe(second);
  await expect.poll(() => read(fresh)).toBe(404);
  app.at.now = new Date(app.at.now.getTime() + retiredMs + 60_000);
  expect(await turnSigningKeys(app.at.store)).toBe(1);
  expect(await kidsNow()).toEqual([second]);
});

test('the signing key has the strength of 128 bits; a shorter one of before is turned at once', async () => {
  const lengths = async () =>
    (await readIssuerSecrets(app.at.store)).jwks.keys.map(({ n = '' }) => Buffer.from(n, 'base64url').length * 8);
  expect((await lengths())[0]).toBe(3_072);
  const { privateKey } = await generateKeyPair('RS256', { extractable: true, modulusLength: 2_048 });
  const short = { ...(await exportJWK(privateKey)), kid: 'short', use: 'sig', alg: 'RS256' };
  const made = { short: app.at.now.toISOString() };
  await changeSetting(app.at.store, 'issuer', async (now) =>
    Buffer.from(JSON.stringify({ ...JSON.parse(now.toString('utf8')), jwks: { keys: [short] }, made })),
  );
  expect(await turnSigningKeys(app.at.store)).toBe(1);
  expect(await lengths()).toEqual([3_072, 2_048]);
  expect(await turnSigningKeys(app.at.store)).toBe(0);
});

/** A token signed with the newest key of our issuer, whatever it says. */
async function ownToken(
  claims: Record<string, unknown>,
  audienceOf = `${app.url}/fhir/R4`,
  typ = 'at+jwt',
): Promise<string> {
  const [key] = (await readIssuerSecrets(app.at.store)).jwks.keys;
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', kid: key?.kid ?? '', typ })
    .setIssuer(`${app.url}/oauth`)
    .setAudience(audienceOf)
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(await importJWK(key ?? { kty: 'RSA' }, 'RS256'));
}

test('the discovery documents say what is there, to everyone', async () => {
  for (const path of ['/fhir/R4/.well-known/smart-configuration', '/.well-known/oauth-authorization-server/oauth']) {
    const response = await app.ask('GET', path);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await response.json()).toMatchObject({
      issuer: `${app.url}/oauth`,
      token_endpoint: `${app.url}/oauth/token`,
      jwks_uri: `${app.url}/oauth/jwks`,
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: ['ES384', 'RS384'],
      capabilities: ['client-confidential-asymmetric', 'permission-v1', 'permission-v2'],
    });
  }
  const metadata = (await (await app.ask('GET', '/fhir/R4/metadata')).json()) as {
    rest: { security: { service: { coding: { code: string }[] }[] } }[];
  };
  expect(metadata.rest[0]?.security.service[0]?.coding[0]?.code).toBe('SMART-on-FHIR');
  expect((await (await app.ask('GET', '/oauth/jwks')).json()) as object).toHaveProperty('keys');
});
