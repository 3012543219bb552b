import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import { type Adapter, type AdapterPayload, type Configuration, errors, type JWK, Provider } from 'oidc-provider';
import { type Language, preferredLanguage } from '../fhir/outcome.ts';
import type { Log } from '../log.ts';
import { oidcAdapter } from '../store/access/oidc.ts';
import type { Store } from '../store/store.ts';
import { demoAllowed, usableAccount } from './accounts.ts';
import { cookieName, cookieOptions } from './sessions.ts';
import { type IssuerSecrets, readIssuerSecrets } from './signing-keys.ts';
import { type FetchKeys, findSystem, systemGrants, tokenLifetimeS, tokenLine } from './token-grants.ts';

/** The embedded issuer as the log-in pages use it. */
export interface Issuer {
  readonly url: string;
  /** Whether people sign in here too. */
  readonly people: boolean;
  readonly client: { readonly id: string; readonly secret: string };
  /** Mount at `/oauth`, behind the log-in pages; no body parser may run before it. */
  readonly router: RequestHandler;
  /** Whether this browser has a log-in waiting under `uid`; it is over after ten minutes or once used. */
  isWaiting(request: Request, response: Response, uid: string): Promise<boolean>;
  /** The password was right: sends the browser on (303). */
  complete(request: Request, response: Response, username: string): Promise<void>;
  /** Ends what the issuer itself remembers of this browser. */
  endSession(request: Request, response: Response): Promise<void>;
}

const clientId = 'kortelijn-web';
/** Seconds. The issuer remembers a browser no longer than one log-in takes: on a shared computer nobody is signed in unasked. */
const ttl = {
  AccessToken: 60,
  ClientCredentials: tokenLifetimeS,
  AuthorizationCode: 60,
  IdToken: 300,
  Grant: 600,
  Interaction: 600,
  Session: 600,
};
const off = { enabled: false };

function adapterOf(store: Store, model: string): Adapter {
  const kept = oidcAdapter(store, model);
  return {
    ...kept,
    upsert: async (id, payload, expiresInS) => {
      if (model !== 'ReplayDetection') return kept.upsert(id, { ...payload }, expiresInS ?? 0);
      // The provider looks and then writes: of two at one moment, also in two processes, only one may get past here.
      if (!(await kept.insertOnce(id, { ...payload }, expiresInS ?? 0)))
        throw new errors.InvalidClientAuth('used before');
    },
    find: (id) => (model === 'Client' ? findSystem(store, id) : (kept.find(id) as Promise<AdapterPayload | undefined>)),
    findByUid: (uid) => kept.findByUid(uid) as Promise<AdapterPayload | undefined>,
    findByUserCode: (code) => kept.findByUserCode(code) as Promise<AdapterPayload | undefined>,
  };
}

/** The page (HTML) of an error that cannot be sent back to the client; `code` is OAuth's, for the issuer's own words are English. */
export type ErrorPage = (language: Language, code: string) => string;

/** The last two hold to the address of one log-in, which `__Host-` does not allow. */
function issuerCookies(publicUrl: string) {
  const ofLogin = publicUrl.startsWith('https:') ? '__Secure-' : '';
  return {
    session: cookieName(publicUrl, 'kl_issuer'),
    interaction: `${ofLogin}kl_interaction`,
    resume: `${ofLogin}kl_resume`,
  };
}

function configure(
  { store, publicUrl, errorPage, fetchKeys, people = true }: IssuerParts,
  secrets: IssuerSecrets,
  secret: string,
  demo: WeakSet<IncomingMessage>,
): Configuration {
  const { resourceIndicators, ...systems } = systemGrants(store, `${publicUrl}/fhir/R4`, fetchKeys);
  const web = {
    client_id: clientId,
    client_secret: secret,
    redirect_uris: [`${publicUrl}/login/callback`],
    grant_types: ['authorization_code'],
    response_types: ['code' as const],
    token_endpoint_auth_method: 'client_secret_basic' as const,
  };
  return {
    ...systems,
    adapter: (model) => adapterOf(store, model),
    jwks: { keys: secrets.jwks.keys.map((one) => one as JWK) },
    cookies: {
      keys: [...secrets.cookieKeys],
      names: issuerCookies(publicUrl),
      long: { httpOnly: true, sameSite: 'lax', signed: true },
      short: { httpOnly: true, sameSite: 'lax', signed: true },
    },
    clients: people ? [web] : [],
    claims: { openid: ['sub', 'role'] },
    scopes: ['openid'],
    responseTypes: ['code'],
    clientBasedCORS: () => false,
    pkce: { required: () => true },
    features: {
      devInteractions: off,
      rpInitiatedLogout: off,
      pushedAuthorizationRequests: off,
      clientCredentials: { enabled: true },
      resourceIndicators,
      dPoP: off,
    },
    ttl,
    interactions: { url: (_ctx, interaction) => `/oauth/interaction/${interaction.uid}` },
    findAccount: async (ctx, username) => {
      const account = await usableAccount(store, username, demo.has(ctx.req));
      return account && { accountId: username, claims: () => ({ sub: username, role: account.actor.role }) };
    },
    // Our own pages ask nobody's permission to know who signed in: consent is granted as the log-in is.
    loadExistingGrant: async (ctx) => {
      const accountId = ctx.oidc.account?.accountId;
      if (!accountId || ctx.oidc.client?.clientId !== clientId) return undefined;
      const grant = new ctx.oidc.provider.Grant({ accountId, clientId });
      grant.addOIDCScope('openid');
      await grant.save();
      return grant;
    },
    renderError: (ctx, out) => {
      ctx.type = 'html';
      ctx.body = errorPage(preferredLanguage(ctx.get('accept-language')), out.error);
    },
  };
}

const kidsOf = ({ jwks }: IssuerSecrets) => jwks.keys.map((one) => one.kid).join(' ');

/** Errors go to the log as codes; their texts quote parameters. */
function logErrors(provider: Provider, store: Store, log: Log): void {
  const refused = (_ctx: unknown, error: { error: string }) => log.info('issuer-refused', { code: error.error });
  provider.on('authorization.error', refused);
  provider.on('grant.error', (ctx, error) => {
    refused(ctx, error);
    const client = ctx.oidc.client?.clientId;
    if (client === clientId) return;
    const at = store.clock().toISOString();
    const line = tokenLine('token-refused', client, at, { outcome: 'refused', code: error.error });
    store.commit(line).catch((failure) => log.bug('token-refused', failure));
  });
  provider.on('userinfo.error', refused);
  provider.on('server_error', (_ctx: unknown, error: Error) => log.bug('issuer-failed', error));
  // Koa prints errors nobody listens to.
  const emitter: EventEmitter = provider;
  emitter.on('error', (error: Error) => log.bug('issuer-failed', error));
}

export interface IssuerParts {
  readonly store: Store;
  readonly publicUrl: string;
  readonly log: Log;
  readonly errorPage: ErrorPage;
  /** Without it only systems whose keys are registered inline get tokens. */
  readonly fetchKeys?: FetchKeys;
  /** False: people sign in at another issuer, and this one is for systems. */
  readonly people?: boolean;
}

/** How long a process may go on with keys that another one turned. */
const keysKeptMs = 10_000;

/**
 * The embedded OpenID issuer, at `<publicUrl>/oauth`: authorization code with PKCE for one confidential client, our own
 * pages, and tokens for registered systems (token-grants). Its keys are kept sealed in the store, and turn while it
 * runs; its log-in form is web/login.ts.
 */
export async function mountIssuer(parts: IssuerParts): Promise<Issuer> {
  const { store, publicUrl, log } = parts;
  const secret = store.master.derive('client kortelijn-web').toString('base64url');
  const demo = new WeakSet<IncomingMessage>();
  const url = `${publicUrl}/oauth`;
  const open = (secrets: IssuerSecrets) => {
    const provider = new Provider(url, configure(parts, secrets, secret, demo));
    logErrors(provider, store, log);
    // The provider makes URLs and the Secure flag from the request. It gets our own address in the headers it then
    // reads, written over whatever the sender put there: behind a TLS proxy it would else redirect to http.
    provider.proxy = true;
    return { provider, callback: provider.callback(), kids: kidsOf(secrets) };
  };
  let now = open(await readIssuerSecrets(store));
  let lookedAtMs = performance.now();
  const follow = async () => {
    if (performance.now() - lookedAtMs < keysKeptMs) return;
    lookedAtMs = performance.now();
    const secrets = await readIssuerSecrets(store);
    if (kidsOf(secrets) !== now.kids) now = open(secrets);
  };
  const { protocol, host } = new URL(publicUrl);
  const router: RequestHandler = async (request, response) => {
    await follow();
    if (demoAllowed(request, publicUrl)) demo.add(request);
    request.headers['x-forwarded-proto'] = protocol.slice(0, -1);
    request.headers['x-forwarded-host'] = host;
    delete request.headers['x-forwarded-for'];
    if (request.originalUrl.startsWith('/')) void now.callback(request, response);
    else response.status(400).end();
  };
  return {
    url,
    people: parts.people ?? true,
    client: { id: clientId, secret },
    router,
    isWaiting: async (request, response, uid) => {
      try {
        const { uid: waiting, prompt } = await now.provider.interactionDetails(request, response);
        return waiting === uid && prompt.name === 'login';
      } catch (error) {
        if (error instanceof errors.SessionNotFound) return false;
        throw error;
      }
    },
    complete: (request, response, username) =>
      now.provider.interactionFinished(request, response, { login: { accountId: username, remember: false } }),
    endSession: async (request, response) => {
      const session = await now.provider.Session.get(now.provider.createContext(request, response));
      if (session.accountId) await session.destroy();
      const name = now.provider.cookieName('session');
      for (const cookie of [name, `${name}.sig`]) response.clearCookie(cookie, cookieOptions(publicUrl));
    },
  };
}
