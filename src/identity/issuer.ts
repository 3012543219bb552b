import { randomBytes } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { type Adapter, type AdapterPayload, type Configuration, errors, type JWK, Provider } from 'oidc-provider';
import { type Language, preferredLanguage } from '../fhir/outcome.ts';
import type { Log } from '../log.ts';
import { oidcAdapter } from '../store/oidc.ts';
import { readOrMakeSetting } from '../store/sessions.ts';
import type { Store } from '../store/store.ts';
import { demoAllowed, usableAccount } from './accounts.ts';

/** The embedded issuer as the log-in pages use it. */
export interface Issuer {
  readonly url: string;
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
const ttl = { AccessToken: 60, AuthorizationCode: 60, IdToken: 300, Grant: 600, Interaction: 600, Session: 600 };
const off = { enabled: false };

interface Secrets {
  readonly jwks: { readonly keys: JWK[] };
  readonly cookieKeys: string[];
}

async function makeSecrets(): Promise<Buffer> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  const key = { ...jwk, kid: await calculateJwkThumbprint(jwk), use: 'sig', alg: 'RS256' };
  return Buffer.from(JSON.stringify({ jwks: { keys: [key] }, cookieKeys: [randomBytes(32).toString('base64url')] }));
}

function adapterOf(store: Store, model: string): Adapter {
  const kept = oidcAdapter(store, model);
  return {
    ...kept,
    upsert: (id, payload, expiresInS) => kept.upsert(id, { ...payload }, expiresInS ?? 0),
    find: (id) => kept.find(id) as Promise<AdapterPayload | undefined>,
    findByUid: (uid) => kept.findByUid(uid) as Promise<AdapterPayload | undefined>,
    findByUserCode: (code) => kept.findByUserCode(code) as Promise<AdapterPayload | undefined>,
  };
}

/** The page (HTML) of an error that cannot be sent back to the client; `code` is OAuth's, for the issuer's own words are English. */
export type ErrorPage = (language: Language, code: string) => string;

function configure(
  store: Store,
  publicUrl: string,
  secrets: Secrets,
  secret: string,
  demo: WeakSet<IncomingMessage>,
  errorPage: ErrorPage,
): Configuration {
  return {
    adapter: (model) => adapterOf(store, model),
    jwks: secrets.jwks,
    cookies: {
      keys: secrets.cookieKeys,
      names: { session: 'kl_issuer', interaction: 'kl_interaction', resume: 'kl_resume' },
      long: { httpOnly: true, sameSite: 'lax', signed: true },
      short: { httpOnly: true, sameSite: 'lax', signed: true },
    },
    clients: [
      {
        client_id: clientId,
        client_secret: secret,
        redirect_uris: [`${publicUrl}/login/callback`],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_basic',
      },
    ],
    claims: { openid: ['sub', 'role'] },
    scopes: ['openid'],
    responseTypes: ['code'],
    clientAuthMethods: ['client_secret_basic'],
    clientBasedCORS: () => false,
    pkce: { required: () => true },
    features: {
      devInteractions: off,
      rpInitiatedLogout: off,
      pushedAuthorizationRequests: off,
      resourceIndicators: off,
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

/** Errors go to the log as codes; their texts quote parameters. */
function logErrors(provider: Provider, log: Log): void {
  const refused = (_ctx: unknown, error: { error: string }) => log.info('issuer-refused', { code: error.error });
  provider.on('authorization.error', refused);
  provider.on('grant.error', refused);
  provider.on('userinfo.error', refused);
  provider.on('server_error', (_ctx: unknown, error: Error) => log.bug('issuer-failed', error));
  // Koa prints errors nobody listens to.
  const emitter: EventEmitter = provider;
  emitter.on('error', (error: Error) => log.bug('issuer-failed', error));
}

/**
 * The embedded OpenID issuer, at `<publicUrl>/oauth`: authorization code with PKCE for one confidential client, our own
 * pages. Its keys are made once and kept sealed in the store; its log-in form is web/login.ts.
 */
export async function mountIssuer(parts: {
  readonly store: Store;
  readonly publicUrl: string;
  readonly log: Log;
  readonly errorPage: ErrorPage;
}): Promise<Issuer> {
  const { store, publicUrl, log } = parts;
  const secrets = JSON.parse((await readOrMakeSetting(store, 'issuer', makeSecrets)).toString('utf8')) as Secrets;
  const secret = store.master.derive('client kortelijn-web').toString('base64url');
  const demo = new WeakSet<IncomingMessage>();
  const url = `${publicUrl}/oauth`;
  const provider = new Provider(url, configure(store, publicUrl, secrets, secret, demo, parts.errorPage));
  logErrors(provider, log);
  const { protocol, host } = new URL(publicUrl);
  // The provider makes URLs and the Secure flag from the request. It gets our own address in the headers it then reads,
  // written over whatever the sender put there: behind a TLS proxy it would else redirect to http.
  provider.proxy = true;
  const callback = provider.callback();
  const router: RequestHandler = (request, response) => {
    if (demoAllowed(request, publicUrl)) demo.add(request);
    request.headers['x-forwarded-proto'] = protocol.slice(0, -1);
    request.headers['x-forwarded-host'] = host;
    delete request.headers['x-forwarded-for'];
    if (request.originalUrl.startsWith('/')) void callback(request, response);
    else response.status(400).end();
  };
  return {
    url,
    client: { id: clientId, secret },
    router,
    isWaiting: async (request, response, uid) => {
      try {
        const { uid: waiting, prompt } = await provider.interactionDetails(request, response);
        return waiting === uid && prompt.name === 'login';
      } catch (error) {
        if (error instanceof errors.SessionNotFound) return false;
        throw error;
      }
    },
    complete: (request, response, username) =>
      provider.interactionFinished(request, response, { login: { accountId: username, remember: false } }),
    endSession: async (request, response) => {
      const session = await provider.Session.get(provider.createContext(request, response));
      if (session.accountId) await session.destroy();
      const name = provider.cookieName('session');
      for (const cookie of [name, `${name}.sig`]) response.clearCookie(cookie, { path: '/' });
    },
  };
}
