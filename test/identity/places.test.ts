import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { Provider } from 'oidc-provider';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { auditLines, Browser, csrfIn, type OpenSite, openSite, password, people } from './open-site.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
async function opened(options: Parameters<typeof openSite>[0] = {}): Promise<OpenSite> {
  const site = await openSite(options);
  open.push(site);
  return site;
}

describe('on this machine', () => {
  test('the demo users may sign in, and their names stand on the form', async () => {
    const site = await opened();
    const browser = new Browser(site);
    const form = await browser.open('/login');
    expect(form.body).toContain('<strong>oefen</strong>: Marijke Hoekzema');
    expect(form.body).not.toContain(password);
    expect(
      (await browser.follow(await browser.ask('POST', form.url, { username: 'oefen', password }))).url.pathname,
    ).toBe('/team');
  });

  test('not when someone else is behind the request', async () => {
    const site = await opened();
    const browser = new Browser(site);
    browser.headers['x-forwarded-for'] = '192.0.2.7';
    const form = await browser.open('/login');
    expect(form.body).not.toContain('oefen');
    expect((await browser.ask('POST', form.url, { username: 'oefen', password })).status).toBe(401);
    expect((await browser.signIn('sanne')).url.pathname).toBe('/worklist');
  });

  test('another name of this machine leads to the one whose cookies come back', async () => {
    const site = await opened();
    const browser = new Browser(site);
    const host = { host: `localhost:${site.port}` };
    const answer = await browser.ask('GET', '/login?return=%2Fworklist', undefined, host);
    expect(answer.headers.location).toBe(`${site.publicUrl}/login?here=1&return=%2Fworklist`);
    // Once is enough: a proxy that rewrites Host must not turn it into a circle.
    expect((await browser.ask('GET', '/login?here=1', undefined, host)).location?.pathname).toBe('/oauth/auth');
  });
});

describe('behind a TLS proxy', () => {
  const publicUrl = 'https://kortelijn.example';

  test('people sign in over https with Secure cookies that hold to the host; demo users do not', async () => {
    const site = await opened({ publicUrl });
    const browser = new Browser(site);
    const page = await browser.signIn('sanne');
    expect(page.status).toBe(200);
    expect(page.way.map((url) => url.origin)).toEqual(page.way.map(() => publicUrl));
    expect(browser.cookie('__Host-kl_session')?.line).toMatch(
      /^__Host-kl_session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    const other = new Browser(site);
    const form = await other.open('/login');
    const all = [...browser.cookies, ...other.cookies];
    expect([...new Set(all.map((one) => one.name.replace(/_login_[\w-]+/, '_login')))].sort()).toEqual([
      '__Host-kl_login',
      '__Host-kl_session',
      '__Secure-kl_interaction',
      '__Secure-kl_interaction.sig',
      '__Secure-kl_resume',
      '__Secure-kl_resume.sig',
    ]);
    for (const { name, path, line } of all) {
      expect([name, line]).toEqual([
        name,
        expect.stringMatching(/^(?=.*; secure)(?=.*; httponly)(?=.*; samesite=lax)/i),
      ]);
      expect([name, line]).toEqual([name, expect.not.stringMatching(/; domain=/i)]);
      if (name.startsWith('__Host-')) expect([name, path]).toEqual([name, '/']);
    }
    expect(form.body).not.toContain('oefen');
    const refused = await other.ask('POST', form.url, { username: 'oefen', password });
    expect(refused.status).toBe(401);
    expect(refused.body).toContain('klopt niet');
    const csrf = csrfIn(page.body);
    await browser.ask('POST', '/logout', { csrf });
    expect(browser.session).toBeUndefined();
  });

  test('headers that a sender made up change no address and open no demo', async () => {
    const site = await opened({ publicUrl });
    const browser = new Browser(site);
    const lies = { 'x-forwarded-host': 'elders.example', 'x-forwarded-proto': 'http', host: 'elders.example' };
    const form = await browser.open('/login');
    const posted = await browser.ask('POST', form.url, { username: 'sanne', password });
    const resumed = await browser.ask('GET', posted.location ?? '', undefined, lies);
    expect(resumed.location?.origin).toBe(publicUrl);
    const begun = await browser.ask('GET', (await browser.ask('GET', '/login')).location ?? '', undefined, lies);
    const { rows } = await site.at.owner.query(
      `select payload->>'returnTo' as url from oidc where model = 'Interaction'`,
    );
    expect(begun.status).toBe(303);
    for (const { url } of rows) expect(new URL(url).origin).toBe(publicUrl);
  });

  test('failures are counted per address that the trusted proxy names', async () => {
    const site = await opened({ publicUrl, trustProxy: true });
    const attacker = new Browser(site);
    attacker.headers['x-forwarded-for'] = '198.51.100.7';
    for (let nth = 0; nth < 5; nth += 1) await attacker.type(`gok-${nth}`, 'mis');
    expect((await attacker.type('gok-6', 'mis')).status).toBe(429);
    const other = new Browser(site);
    other.headers['x-forwarded-for'] = '203.0.113.8';
    expect((await other.signIn('sanne')).url.pathname).toBe('/worklist');
  });
});

/** Another organisation's issuer: signs in whoever the test says, without a page of its own. */
async function otherIssuer(claims: () => Record<string, unknown> & { sub: string }) {
  // The double keeps its state in memory and says so at length.
  vi.spyOn(console, 'warn').mockReturnValue();
  vi.spyOn(console, 'info').mockReturnValue();
  const app = express();
  const server: Server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = (clientSecret: string, redirectUri: string) =>
    new Provider(issuer, {
      clients: [
        {
          client_id: 'kortelijn',
          client_secret: clientSecret,
          redirect_uris: [redirectUri],
          post_logout_redirect_uris: [],
        },
      ],
      cookies: { keys: ['a'] },
      claims: { openid: ['sub', 'kortelijn_actor', 'role', 'organization'], profile: ['name'] },
      conformIdTokenClaims: false,
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_ctx, { uid }) => `/sign-in/${uid}` },
      findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => claims() }),
      loadExistingGrant: async (ctx) => {
        const grant = new ctx.oidc.provider.Grant({ accountId: ctx.oidc.account?.accountId, clientId: 'kortelijn' });
        grant.addOIDCScope('openid profile');
        await grant.save();
        return grant;
      },
    });
  open.push({
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  });
  return {
    issuer,
    serve: (clientSecret: string, redirectUri: string) => {
      const served = provider(clientSecret, redirectUri);
      app.get('/sign-in/:uid', (request, response) =>
        served.interactionFinished(request, response, { login: { accountId: claims().sub } }),
      );
      app.use(served.callback());
    },
  };
}

describe('with an issuer of others', () => {
  test('who it knows in a role signs in, and afterwards is told where to sign out as well', async () => {
    let claims: Record<string, unknown> & { sub: string } = { sub: 'x', kortelijn_actor: people.sanne };
    const other = await otherIssuer(() => claims);
    const site = await opened({
      external: { issuer: other.issuer, clientId: 'kortelijn', clientSecret: 'een geheim: ~+%' },
    });
    // Discovery is lazy: the site starts while the issuer is down, and says so.
    const early = await new Browser(site).open('/login');
    expect(early.status).toBe(503);
    other.serve('een geheim: ~+%', `${site.publicUrl}/login/callback`);

    const browser = new Browser(site);
    const page = await browser.open('/worklist/5');
    expect(page.url.pathname).toBe('/worklist/5');
    expect(page.body).toContain('Sanne Verhoeven');
    expect((await browser.open('/oauth/auth')).status).toBe(404);

    const out = await browser.follow(await browser.ask('POST', '/logout', { csrf: csrfIn(page.body) }));
    expect(out.body).toContain(`href="${other.issuer}/session/end?`);
    expect(browser.session).toBeUndefined();

    claims = { sub: 'gp-vanleeuwen', name: 'M. van Leeuwen', role: 'practice', organization: 'de-brink' };
    expect((await new Browser(site).open('/login')).url.pathname).toBe('/practice');

    claims = { sub: 'vreemde-eend', name: 'Vreemd', role: 'boss', organization: 'de-brink' };
    const stranger = new Browser(site);
    const refused = await stranger.open('/login');
    expect(refused.status).toBe(403);
    expect(refused.body).toContain('nog geen rol');
    expect(stranger.session).toBeUndefined();
    const lines = await auditLines(site.at);
    expect(lines.map((line) => [line.event, line.outcome, line.code])).toEqual([
      ['sign-in', 'ok', undefined],
      ['sign-out', 'ok', undefined],
      ['sign-in', 'ok', undefined],
      ['sign-in', 'refused', 'unknown-role'],
    ]);
    expect(JSON.stringify(lines) + site.logged.join('')).not.toContain('vreemde');
  });
});
