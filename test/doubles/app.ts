import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import type { Express } from 'express';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { openOutbound } from '../../src/connectors/outbound.ts';
import type { DeliveryQueue } from '../../src/delivery/queue.ts';
import { openBounds } from '../../src/identity/call-bound.ts';
import { openTokens } from '../../src/identity/callers.ts';
import { mountIssuer } from '../../src/identity/issuer.ts';
import { registrationChange } from '../../src/identity/registration.ts';
import { openRelying } from '../../src/identity/relying.ts';
import { cookieName } from '../../src/identity/sessions.ts';
import { openSmartClient } from '../../src/identity/smart-client.ts';
import type { FetchKeys } from '../../src/identity/token-grants.ts';
import { discoverIssuer } from '../../src/identity/token-place.ts';
import { openLog } from '../../src/log.ts';
import { loadMappings, mappingOf } from '../../src/mapping/load.ts';
import { openMeter } from '../../src/meter.ts';
import { type Actor, theLine } from '../../src/referral/actor.ts';
import type { ClientEntry } from '../../src/referral/client-entry.ts';
import type { Probe } from '../../src/referral/probe.ts';
import { startSession, writeCredential } from '../../src/store/access/sessions.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { requestFields } from '../../src/store/request-id.ts';
import { issuerErrorPage } from '../../src/web/login.ts';
import type { Measured } from '../../src/web/metrics.ts';
import { createApp } from '../../src/web/server.ts';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from './database.ts';

/** The web whole, as main serves it, on a socket and a store of its own. */
export interface OpenApp {
  readonly at: TestStore;
  readonly app: Express;
  readonly site: Site;
  readonly url: string;
  readonly logged: string[];
  ask(method: string, path: string, init?: Omit<RequestInit, 'method'>): Promise<Response>;
  /** The cookie of a session of this person. */
  signedIn(actor: Actor): Promise<string>;
  /** Posts a form as this person, with the token that the page at `from` (else `path`) gives its forms. */
  post(cookie: string, path: string, fields: Record<string, string>, from?: string): Promise<Response>;
  /** Registers a system; gives what it was registered as. */
  register(client: Omit<ClientEntry, 'name'> & { readonly name?: string }): Promise<ClientEntry>;
  close(): Promise<void>;
}

/** What a process measures of itself: here with a relay that ended its round just now. */
const measuredOf = (queue: DeliveryQueue | undefined, token: string | undefined): Measured => ({
  meter: openMeter(),
  jobs: async () => queue?.counts() ?? {},
  relaySeconds: () => 0.5,
  token,
});

export const brinkCredential = 'whole-app-of-de-brink';

export async function openApp(
  options: {
    keyHosts?: readonly string[];
    callsPerMinute?: number;
    tokenIssuer?: string;
    queue?: (at: TestStore) => DeliveryQueue | Promise<DeliveryQueue>;
    metricsToken?: string;
    probe?: Probe;
    publicUrl?: string;
  } = {},
): Promise<OpenApp> {
  const at = await openTestStore();
  const { store } = at;
  await loadTestRegion(store);
  await writeCredential(store, 'de-brink', 'his-de-brink', brinkCredential);
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const logged: string[] = [];
  const sink = new Writable({
    write: (line, _encoding, done) => {
      logged.push(String(line));
      done();
    },
  });
  const log = openLog('info', sink, requestFields);
  const directory = directoryReader(store);
  const send = openOutbound(new Set(options.keyHosts ?? []));
  const fetchKeys: FetchKeys = (address, signal) => send({ method: 'GET', url: address, signal });
  const { tokenIssuer } = options;
  const discover = tokenIssuer ? discoverIssuer(tokenIssuer, fetchKeys) : undefined;
  const external = tokenIssuer && discover ? { issuer: tokenIssuer, discover, fetchKeys } : undefined;
  const publicUrl = options.publicUrl ?? url;
  const tokens = openTokens({ store, publicUrl, directory, ...(external && { external }) });
  const issuer = await mountIssuer({ store, publicUrl, log, errorPage: issuerErrorPage, fetchKeys });
  const own = {
    issuer: `${publicUrl}/oauth`,
    tokenUrl: `${publicUrl}/oauth/token`,
    jwksUrl: `${publicUrl}/oauth/jwks`,
    own: true,
  };
  const bounds = openBounds(options.callsPerMinute ?? 0);
  const base = { store, directory, publicUrl, log, tokens, bounds, retentionDays: 90 };
  const mappings = await loadMappings();
  const queue = await options.queue?.(at);
  const app = await createApp({
    ...base,
    tokenPlace: async () => (discover ? { ...(await discover()), own: false } : own),
    fhir: { ...base, mapping: mappingOf(mappings, 'fhir-r4'), bodyBytesMax: 2_000_000 },
    launch: {
      ...base,
      ask: send,
      smart: openSmartClient({ store, publicUrl, ask: send, secrets: {} }),
      demo: 'loopback',
    },
    theme: 'kortelijn',
    formats: { ...base, mappings, bodyBytesMax: 2_000_000 },
    issuer,
    relying: openRelying({ store, publicUrl, log, issuer, selfUrl: url }),
    demoPeople: [],
    trustedProxies: ['loopback'],
    securityContact: undefined,
    health: { notReady: async () => [], away: async () => [], measured: measuredOf(queue, options.metricsToken) },
    boards: queue?.boards ?? [],
    ...(options.probe && { probe: options.probe }),
    onAbsence: async () => 0,
  });
  server.on('request', app);
  return {
    at,
    app,
    site: base,
    url,
    logged,
    ask: (method, path, init = {}) => fetch(`${url}${path}`, { redirect: 'manual', ...init, method }),
    post: async (cookie, path, fields, from = path) => {
      const page = await (await fetch(`${url}${from}`, { headers: { cookie } })).text();
      const csrf = /name="csrf" value="([\w-]+)"/.exec(page)?.[1] ?? '';
      const body = new URLSearchParams({ csrf, ...fields });
      return fetch(`${url}${path}`, { method: 'POST', redirect: 'manual', headers: { cookie }, body });
    },
    signedIn: async (actor) => `${cookieName(publicUrl, 'kl_session')}=${await startSession(store, actor, 3_600_000)}`,
    register: async (client) => {
      const entry = { name: client.id, ...client };
      const done = await store.commit(registrationChange('registered', entry, theLine, at.now.toISOString()));
      if (!done.ok) throw new Error(`${client.id} could not be registered`);
      return entry;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await queue?.close();
      await at.close();
    },
  };
}

/** A key pair of a system: the private half signs, the public one is registered. */
export interface SystemKey {
  readonly alg: 'ES384' | 'RS384';
  readonly kid: string;
  readonly privateKey: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
  readonly jwk: JWK & { readonly kid: string };
}

export async function systemKey(alg: SystemKey['alg'] = 'ES384', kid = `key-${alg}`): Promise<SystemKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

let nth = 0;

/** A client assertion (SMART, RFC 7523), right unless changed. */
export function assertion(
  audience: string,
  client: string,
  key: SystemKey,
  change: { claims?: Record<string, unknown>; header?: Record<string, unknown>; lifeS?: number } = {},
): Promise<string> {
  const nowS = Math.floor(Date.now() / 1000);
  nth += 1;
  const usual = { iss: client, sub: client, aud: audience, jti: `jti-${client}-${nth}`, iat: nowS };
  return new SignJWT({ ...usual, exp: nowS + (change.lifeS ?? 240), ...change.claims })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT', ...change.header })
    .sign(key.privateKey);
}

export interface TokenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly access_token?: string;
    readonly scope?: string;
    readonly error?: string;
    readonly expires_in?: number;
    readonly error_description?: string;
  };
}

/** Asks for a token with an assertion. */
export async function askToken(app: Pick<OpenApp, 'ask'>, signed: string, scope?: string): Promise<TokenAnswer> {
  const response = await app.ask('POST', '/oauth/token', {
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: signed,
      ...(scope !== undefined && { scope }),
    }),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as TokenAnswer['body'] };
}

/** A token as this client gets it; throws when it gets none. */
export async function tokenOf(
  app: Pick<OpenApp, 'ask' | 'url'>,
  client: string,
  key: SystemKey,
  scope: string,
): Promise<string> {
  const { body, status } = await askToken(app, await assertion(`${app.url}/oauth/token`, client, key), scope);
  if (!body.access_token) throw new Error(`${client}: ${status} ${body.error} ${body.error_description}`);
  return body.access_token;
}
