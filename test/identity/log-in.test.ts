import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { auditLines, Browser, csrfIn, type OpenSite, openSite, password } from './open-site.ts';

let site: OpenSite;
const printed: unknown[] = [];
beforeAll(async () => {
  for (const way of ['log', 'info', 'warn', 'error'] as const) {
    vi.spyOn(console, way).mockImplementation((...words) => printed.push(words));
  }
  site = await openSite();
});
afterAll(() => site.close());
// Failures of one test are out of the throttle's window in the next.
beforeEach(() => {
  site.at.now = new Date(site.at.now.getTime() + 15 * 60_000);
});

describe('signing in', () => {
  test('a page of nobody leads to the log-in form and back, with its query', async () => {
    const browser = new Browser(site);
    const first = await browser.ask('GET', '/worklist/abc?filter=late');
    expect(first.status).toBe(303);
    expect(first.headers.location).toBe('/login?return=%2Fworklist%2Fabc%3Ffilter%3Dlate');
    const form = await browser.follow(first);
    expect(form.status).toBe(200);
    expect(form.url.pathname).toMatch(/^\/oauth\/interaction\//);
    expect(form.body).toContain('<h1>Inloggen</h1>');
    expect(form.headers['cache-control']).toBe('no-store');
    const page = await browser.follow(await browser.ask('POST', form.url, { username: 'sanne', password }));
    expect(page.status).toBe(200);
    expect(page.url.pathname + page.url.search).toBe('/worklist/abc?filter=late');
    expect(page.body).toContain('Sanne Verhoeven');
  });

  test('every hop after the form stays on our origin, as form-action asks', async () => {
    const browser = new Browser(site);
    const page = await browser.signIn('vanleeuwen');
    expect(page.way.map((url) => url.origin)).toEqual(page.way.map(() => site.publicUrl));
    expect(page.way.map((url) => url.pathname.replace(/[\w-]{20,}/, ':uid'))).toEqual([
      '/oauth/auth/:uid',
      '/login/callback',
      '/practice',
    ]);
  });

  test('the session cookie is HttpOnly, Lax, for the whole site and for this browser session only', async () => {
    const browser = new Browser(site);
    await browser.signIn('sanne');
    const line = browser.cookie('kl_session')?.line;
    expect(line).toMatch(/^kl_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
  });

  test('English for who asks for it', async () => {
    const browser = new Browser(site);
    browser.headers['accept-language'] = 'en-GB,en;q=0.9,nl;q=0.5';
    expect((await browser.open('/login')).body).toContain('<h1>Sign in</h1>');
  });

  test('a return path cannot leave the site', async () => {
    for (const bad of ['https://elders.example/', '//elders.example', '/\\elders.example', '/a/..//elders.example']) {
      const browser = new Browser(site);
      const page = await browser.signIn('sanne', `/login?return=${encodeURIComponent(bad)}`);
      expect(page.url.href).toBe(`${site.publicUrl}/worklist`);
    }
  });

  test('a return path of another role leads to the own first page', async () => {
    const browser = new Browser(site);
    expect((await browser.signIn('sanne', '/login?return=%2Fadmin')).url.pathname).toBe('/worklist');
  });

  test('who is signed in already is not asked again', async () => {
    const browser = new Browser(site);
    await browser.signIn('sanne');
    const answer = await browser.ask('GET', '/login?return=%2Fworklist%2F7');
    expect(answer.headers.location).toBe('/worklist/7');
  });

  test('a planted session token does not become the session', async () => {
    const other = new Browser(site);
    await other.signIn('vanleeuwen');
    const planted = other.cookie('kl_session');
    const browser = new Browser(site);
    const form = await browser.open('/login');
    if (planted) browser.plant(planted);
    const page = await browser.follow(await browser.ask('POST', form.url, { username: 'sanne', password }));
    expect(page.url.pathname).toBe('/worklist');
    expect(browser.session).not.toBe(planted?.value);
    // What was planted has ended: nobody goes on in a session that another browser has seen.
    expect((await other.ask('GET', '/practice')).status).toBe(303);
  });

  test('two tabs do not spoil each other', async () => {
    const browser = new Browser(site);
    const [one, two] = [await browser.open('/worklist/1'), await browser.open('/worklist/2')];
    const typed = { username: 'sanne', password };
    expect((await browser.follow(await browser.ask('POST', one.url, typed))).url.pathname).toBe('/worklist/1');
    expect((await browser.follow(await browser.ask('POST', two.url, typed))).url.pathname).toBe('/worklist/2');
  });

  test('the next person on a shared computer is asked who they are', async () => {
    const browser = new Browser(site);
    await browser.signIn('sanne');
    browser.drop('kl_session');
    const form = await browser.open('/login');
    expect(form.body).toContain('<h1>Inloggen</h1>');
    const page = await browser.follow(await browser.ask('POST', form.url, { username: 'vanleeuwen', password }));
    expect(page.url.pathname).toBe('/practice');
  });
});

describe('not signing in', () => {
  test('a wrong password and an unknown name get the same answer', async () => {
    const answers = [await new Browser(site).type('sanne', 'mis'), await new Browser(site).type('niemand', 'mis')];
    const texts = answers.map(({ body }) => body.replace(/interaction\/[\w-]+/, '').replace(/value="\w+"/, ''));
    expect(answers.map((one) => one.status)).toEqual([401, 401]);
    expect(texts[0]).toBe(texts[1]);
    expect(texts[0]).toContain('De gebruikersnaam of het wachtwoord klopt niet.');
  });

  test('an account that is locked out starts no session, also when it ended halfway', async () => {
    const browser = new Browser(site);
    const posted = await browser.type('beheer', password);
    await site.at.owner.query(`insert into locked_out (person, at) values ('admin-region', now())`);
    await browser.follow(posted);
    expect(browser.session).toBeUndefined();
    expect((await new Browser(site).type('beheer', password)).status).toBe(401);
    await site.at.owner.query('delete from locked_out');
    expect((await new Browser(site).signIn('beheer')).url.pathname).toBe('/admin');
  });

  test('a form of another site, or without its own cookie, signs nobody in', async () => {
    const browser = new Browser(site);
    const form = await browser.open('/login');
    const typed = { username: 'sanne', password };
    const foreign = await browser.ask('POST', form.url, typed, { 'sec-fetch-site': 'cross-site' });
    expect(foreign.status).toBe(403);
    const bare = await new Browser(site).ask('POST', form.url, typed);
    expect(bare.status).toBe(400);
    expect(bare.body).toContain('verlopen');
  });

  test('a callback counts once, and only in the browser that began', async () => {
    const browser = new Browser(site);
    const posted = await browser.type('sanne', password);
    const resumed = await browser.ask('GET', posted.location ?? '');
    const callback = resumed.location ?? new URL('about:blank');
    expect(callback.pathname).toBe('/login/callback');
    const stranger = new Browser(site);
    expect((await stranger.ask('GET', callback)).status).toBe(400);
    expect(stranger.session).toBeUndefined();
    const { cookies } = browser;
    expect((await browser.ask('GET', callback)).status).toBe(303);
    expect((await browser.ask('GET', callback)).status).toBe(400);
    // Even with the cookie kept aside the code is spent.
    const replayer = new Browser(site);
    for (const cookie of cookies) replayer.plant(cookie);
    expect((await replayer.ask('GET', callback)).status).toBe(403);
    expect(replayer.session).toBeUndefined();
  });

  test('a log-in under way is over after ten minutes, at the form and on the way back', async () => {
    const browser = new Browser(site);
    const form = await browser.open('/login');
    const other = new Browser(site);
    const resumed = await other.ask('GET', (await other.type('sanne', password)).location ?? '');
    site.at.now = new Date(site.at.now.getTime() + 10 * 60_000);
    expect((await browser.ask('POST', form.url, { username: 'sanne', password })).status).toBe(400);
    expect((await other.ask('GET', resumed.location ?? '')).status).toBe(400);
    expect((await browser.ask('GET', '/login/callback?code=x&state=abcdefghijklmnopqrstuvwxyz')).status).toBe(400);
  });

  test('the form of one log-in does not serve another', async () => {
    const browser = new Browser(site);
    const [one, two] = [await browser.open('/login'), await browser.open('/login')];
    const stranger = new Browser(site);
    for (const cookie of browser.cookies.filter(({ path }) => path === one.url.pathname)) {
      stranger.plant({ ...cookie, path: two.url.pathname });
    }
    expect((await stranger.ask('POST', two.url, { username: 'sanne', password })).status).toBe(400);
    expect((await stranger.ask('GET', two.url)).status).toBe(400);
  });

  test('five failures for a name, then a sentence and when to come back; the right password waits too', async () => {
    const browser = new Browser(site);
    for (let nth = 0; nth < 5; nth += 1) expect((await browser.type('vanleeuwen', 'mis')).status).toBe(401);
    const waiting = await browser.type('vanleeuwen', password);
    expect(waiting.status).toBe(429);
    expect(Number(waiting.headers['retry-after'])).toBe(15 * 60);
    expect(waiting.body).toContain('Wacht 15 minuten');
    // The address has failed as often: others there wait as well.
    expect((await browser.type('sanne', password)).status).toBe(429);
    site.at.now = new Date(site.at.now.getTime() + 15 * 60_000);
    expect((await browser.signIn('vanleeuwen')).url.pathname).toBe('/practice');
  });
});

test('nothing of a log-in is in the log or in the audit trail but who, when and how it ended', async () => {
  await new Browser(site).signIn('vanleeuwen');
  await new Browser(site).type('een-verkeerde-naam', 'een-verkeerd-wachtwoord');
  const lines = await auditLines(site.at);
  expect(lines).toContainEqual({
    event: 'sign-in',
    at: site.at.now.toISOString(),
    actor: { id: 'gp-vanleeuwen', role: 'practice', organization: 'de-brink' },
    action: 'E',
    outcome: 'ok',
    purpose: 'HOPERAT',
    practice: 'de-brink',
  });
  expect(lines.at(-1)).toMatchObject({
    outcome: 'refused',
    code: 'wrong-credentials',
    actor: { id: 'unknown' },
    practice: '',
  });
  // Once for the name and once for the address, however many attempts were waiting.
  expect(lines.filter((line) => line.code === 'throttled')).toHaveLength(2);
  const kept = JSON.stringify(lines) + site.logged.join('');
  for (const secret of ['verkeerd', 'wachtwoord', password, 'Sanne', '"sanne"', '"vanleeuwen"', 'code=', 'kl_']) {
    expect(kept).not.toContain(secret);
  }
  expect(site.logged.join('')).toContain('"event":"sign-in"');
  expect(printed).toEqual([]);
});

test('the keys are made once: another process signs with the same, and they lie sealed', async () => {
  const { rows } = await site.at.owner.query<{ value: Buffer }>(`select value from setting where name = 'issuer'`);
  expect(rows).toHaveLength(1);
  expect(rows[0]?.value.includes('"kty"')).toBe(false);
  const keys = await new Browser(site).ask('GET', '/oauth/jwks', undefined, { accept: 'application/json' });
  expect(Object.keys(JSON.parse(keys.body).keys[0]).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
});

test('the issuer has no other doors', async () => {
  const browser = new Browser(site);
  const verifierless = `/oauth/auth?client_id=kortelijn-web&response_type=code&scope=openid&redirect_uri=${encodeURIComponent(`${site.publicUrl}/login/callback`)}`;
  expect((await browser.ask('GET', verifierless)).location?.searchParams.get('error')).toBe('invalid_request');
  const elsewhere = await browser.ask(
    'GET',
    verifierless.replace(/redirect_uri=.*/, 'redirect_uri=https%3A%2F%2Felders.example'),
  );
  expect(elsewhere.status).toBe(400);
  expect(elsewhere.body).toContain('Inloggen is niet gelukt');
  expect(csrfIn(elsewhere.body)).toBe('');
  for (const path of ['/oauth/session/end', '/oauth/reg', '/oauth/request', '/oauth/token/introspection']) {
    expect((await browser.ask('GET', path)).status).toBe(404);
  }
});

describe('the code that the issuer gives', () => {
  const callbackOf = () => `${site.publicUrl}/login/callback`;
  const verifier = 'a-verifier-that-is-long-enough-to-be-one-0123456789';
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const begin = (change: Record<string, string> = {}) => {
    const right = { client_id: 'kortelijn-web', response_type: 'code', scope: 'openid', redirect_uri: callbackOf() };
    const proof = { code_challenge: challenge, code_challenge_method: 'S256', state: 'x'.repeat(24) };
    return `/oauth/auth?${new URLSearchParams({ ...right, ...proof, ...change })}`;
  };
  /** Signs somebody in at the issuer alone, and gives the code that came back. */
  const codeFor = async () => {
    const browser = new Browser(site);
    const form = await browser.open(begin());
    let last = await browser.ask('POST', form.url, { username: 'sanne', password });
    while (last.location && last.location.pathname !== '/login/callback')
      last = await browser.ask('GET', last.location);
    return last.location?.searchParams.get('code') ?? '';
  };
  const exchange = async (code: string, change: Record<string, string> = {}, secret = site.issuer?.client.secret) => {
    const form = { grant_type: 'authorization_code', code, redirect_uri: callbackOf(), code_verifier: verifier };
    const authorization = `Basic ${Buffer.from(`kortelijn-web:${secret}`).toString('base64')}`;
    const answer = await new Browser(site).ask(
      'POST',
      '/oauth/token',
      { ...form, ...change },
      { authorization, accept: 'application/json' },
    );
    return [answer.status, JSON.parse(answer.body).error];
  };

  test('opens once, for who began, at our own address', async () => {
    const code = await codeFor();
    expect(await exchange(code)).toEqual([200, undefined]);
    expect(await exchange(code)).toEqual([400, 'invalid_grant']);
    expect(await exchange(await codeFor(), { code_verifier: `${verifier}-of-another` })).toEqual([
      400,
      'invalid_grant',
    ]);
    expect(await exchange(await codeFor(), { code_verifier: '' })).toEqual([400, 'invalid_grant']);
    expect(await exchange(await codeFor(), { redirect_uri: `${callbackOf()}/` })).toEqual([400, 'invalid_grant']);
    expect(await exchange(await codeFor(), {}, 'a-secret-of-somebody-else')).toEqual([401, 'invalid_client']);
  });

  test('is over after a minute', async () => {
    const code = await codeFor();
    site.at.now = new Date(site.at.now.getTime() + 61_000);
    expect(await exchange(code)).toEqual([400, 'invalid_grant']);
  });

  test.each([
    ['a token at once', { response_type: 'token' }, 'unsupported_response_type'],
    ['an ID token at once', { response_type: 'id_token', nonce: 'x' }, 'unsupported_response_type'],
    ['both at once', { response_type: 'code id_token', nonce: 'x' }, 'unsupported_response_type'],
    ['a proof in plain words', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['no proof', { code_challenge: '' }, 'invalid_request'],
  ])('%s is not given', async (_what, change: Record<string, string>, error) => {
    const { location } = await new Browser(site).ask('GET', begin(change));
    const said = new URLSearchParams(location?.search || location?.hash.slice(1));
    expect(said.get('error')).toBe(error);
  });

  test.each([`/`, `?x=1`, `/../callback`, `#x`])('is sent nowhere but there: %s', async (more) => {
    const answer = await new Browser(site).ask('GET', begin({ redirect_uri: `${callbackOf()}${more}` }));
    expect([answer.status, answer.location]).toEqual([400, undefined]);
  });

  test.each(['password', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code', 'implicit'])(
    'no grant %s',
    async (grant) => {
      const fields = { grant_type: grant, username: 'sanne', password, refresh_token: 'x' };
      expect(await exchange('x', fields)).toEqual([
        400,
        expect.stringMatching(/^(unsupported_grant_type|unauthorized_client|invalid_request)$/),
      ]);
    },
  );
});

test('the log-in form hides what is typed, takes what is pasted and what a keeper of passwords fills in', async () => {
  const { body } = await new Browser(site).open('/login');
  const field = /<input id="password"[^>]*>/.exec(body)?.[0] ?? '';
  expect(field).toMatch(/ type="password"/);
  expect(field).toMatch(/ autocomplete="current-password"/);
  expect(Number(/maxlength="(\d+)"/.exec(field)?.[1])).toBeGreaterThanOrEqual(64);
  expect(/<input id="username"[^>]*>/.exec(body)?.[0]).toMatch(/ autocomplete="username"/);
  expect(body).not.toMatch(/onpaste|oncopy|autocomplete="off"|pattern=/);
});
