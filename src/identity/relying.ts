import type { Request, Response } from 'express';
import * as oidc from 'openid-client';
import type { Log } from '../log.ts';
import type { Actor } from '../referral/actor.ts';
import type { Store } from '../store/store.ts';
import { demoAllowed, isLoopbackHost, usableAccount } from './accounts.ts';
import { actorFromClaims } from './claims.ts';
import { openFlows } from './flows.ts';
import type { Issuer } from './issuer.ts';

/** An issuer of others: its URL, and our registration there with redirect `<publicUrl>/login/callback`. */
export interface ExternalIssuer {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** How someone must have signed in there: one of these in `acr` or `amr`, such as that of a second factor. */
  readonly acr?: readonly string[];
  /** So long ago someone may have signed in there: who left a computer without signing out is not let in again unasked. */
  readonly maxAgeS?: number;
}

/** `expired`: no such log-in under way in this browser, or used before. `too-weak`: not in the way that is asked. `unknown-role`: signed in there, nobody here. */
export type Finished =
  | { readonly ok: true; readonly actor: Actor; readonly returnTo: string | undefined }
  | { readonly ok: false; readonly why: 'expired' | 'refused' | 'too-weak' | 'unreachable' }
  | { readonly ok: false; readonly why: 'unknown-role'; readonly subject: string };

export interface Relying {
  /** Sends the browser to the issuer (303). False when the issuer cannot be reached; nothing was sent then. */
  begin(request: Request, response: Response, returnTo: string | undefined): Promise<boolean>;
  /** Checks what the browser brought back; starts no session. */
  finish(request: Request, response: Response): Promise<Finished>;
  /** Where someone can sign out of an external issuer as well; undefined when there is nothing to sign out of. */
  signOutUrl(): Promise<string | undefined>;
}

const timeoutS = 10;

/** Basic unless the issuer says it takes only the other (RFC 8414: absent means Basic). */
function authenticate(secret: string): oidc.ClientAuth {
  const [basic, post] = [oidc.ClientSecretBasic(secret), oidc.ClientSecretPost(secret)];
  return (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    (methods.includes('client_secret_basic') ? basic : post)(server, client, body, headers);
  };
}

const insecure = (url: string) => url.startsWith('http:') && isLoopbackHost(new URL(url).hostname);

/** The embedded issuer needs no discovery. Its token endpoint is asked over HTTP at `selfUrl`: there is no other door to it. */
function embedded(issuer: Issuer, publicUrl: string, selfUrl: string): oidc.Configuration {
  const config = new oidc.Configuration(
    {
      issuer: issuer.url,
      authorization_endpoint: `${issuer.url}/auth`,
      token_endpoint: `${issuer.url}/token`,
      jwks_uri: `${issuer.url}/jwks`,
      authorization_response_iss_parameter_supported: true,
    },
    issuer.client.id,
    undefined,
    authenticate(issuer.client.secret),
  );
  config.timeout = timeoutS;
  oidc.enableNonRepudiationChecks(config);
  if (insecure(publicUrl)) oidc.allowInsecureRequests(config);
  config[oidc.customFetch] = (url, options) => fetch(selfUrl + url.slice(publicUrl.length), options as RequestInit);
  return config;
}

/** The signature of each ID token is checked too: without asking for it, what came over TLS is believed. */
async function discover({ issuer, clientId, clientSecret }: ExternalIssuer): Promise<oidc.Configuration> {
  const execute = [oidc.enableNonRepudiationChecks, ...(insecure(issuer) ? [oidc.allowInsecureRequests] : [])];
  return oidc.discovery(new URL(issuer), clientId, undefined, authenticate(clientSecret), {
    execute,
    timeout: timeoutS,
  });
}

/** Whether the ID token names a way of signing in that counts (OpenID Connect Core 1.0 §2); all do when none was asked. */
function isStrong({ acr, amr }: oidc.IDToken, asked: readonly string[] = []): boolean {
  const said = [acr, ...(Array.isArray(amr) ? amr : [])];
  return asked.length === 0 || asked.some((one) => said.includes(one));
}

/** What the issuer says of this person: the ID token, and its userinfo where the token says nothing of a role. */
async function claimsOf(
  config: oidc.Configuration,
  tokens: oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers,
) {
  const claims = tokens.claims();
  if (!claims || claims.kortelijn_actor !== undefined || claims.role !== undefined) return claims;
  if (!config.serverMetadata().userinfo_endpoint) return claims;
  return { ...(await oidc.fetchUserInfo(config, tokens.access_token, claims.sub)), ...claims };
}

/**
 * Our pages as the client of an issuer, the embedded one or another's (OpenID Connect Core 1.0 §3.1, PKCE). `selfUrl`:
 * where this process reaches itself, the public address unless a proxy stands before it.
 */
export function openRelying(parts: {
  readonly store: Store;
  readonly publicUrl: string;
  readonly log: Log;
  readonly issuer: Issuer | ExternalIssuer;
  readonly selfUrl?: string;
}): Relying {
  const { store, publicUrl, log, issuer } = parts;
  const own = 'router' in issuer ? issuer : undefined;
  const { acr, maxAgeS } = 'router' in issuer ? {} : issuer;
  const flows = openFlows(store, publicUrl);
  let known: Promise<oidc.Configuration> | undefined;
  const configuration = async (): Promise<oidc.Configuration> => {
    known ??=
      'router' in issuer ? Promise.resolve(embedded(issuer, publicUrl, parts.selfUrl ?? publicUrl)) : discover(issuer);
    try {
      return await known;
    } catch (error) {
      known = undefined;
      throw error;
    }
  };
  const actorOf = async (request: Request, claims: oidc.IDToken): Promise<Actor | undefined> => {
    if (!own) return actorFromClaims(claims);
    return (await usableAccount(store, claims.sub, demoAllowed(request, publicUrl)))?.actor;
  };

  return {
    begin: async (request, response, returnTo) => {
      const config = await configuration().catch((error: unknown) => log.bug('issuer-unreachable', error));
      if (!config) return false;
      if (own) await own.endSession(request, response);
      const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()];
      flows.put(request, response, state, { nonce, verifier, ...(returnTo !== undefined && { returnTo }) });
      const url = oidc.buildAuthorizationUrl(config, {
        redirect_uri: `${publicUrl}/login/callback`,
        scope: own ? 'openid' : 'openid profile',
        state,
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...(acr?.length && { acr_values: acr.join(' ') }),
        ...(maxAgeS && { max_age: String(maxAgeS) }),
      });
      response.redirect(303, url.href);
      return true;
    },
    finish: async (request, response) => {
      const url = new URL(`${publicUrl}/login/callback`);
      url.search = URL.parse(request.originalUrl, publicUrl)?.search ?? '';
      const state = url.searchParams.get('state') ?? '';
      const flow = flows.take(request, response, state);
      if (!flow) return { ok: false, why: 'expired' };
      try {
        const config = await configuration();
        const checks = {
          pkceCodeVerifier: flow.verifier,
          expectedState: state,
          expectedNonce: flow.nonce,
          idTokenExpected: true,
          ...(maxAgeS && { maxAge: maxAgeS }),
        };
        const tokens = await oidc.authorizationCodeGrant(config, url, checks);
        const token = tokens.claims();
        if (token && !isStrong(token, acr)) {
          log.info('sign-in-refused', { code: 'too-weak' });
          return { ok: false, why: 'too-weak' };
        }
        const claims = await claimsOf(config, tokens);
        if (!claims) return { ok: false, why: 'refused' };
        const actor = await actorOf(request, claims);
        return actor
          ? { ok: true, actor, returnTo: flow.returnTo }
          : { ok: false, why: 'unknown-role', subject: claims.sub };
      } catch (error) {
        return { ok: false, why: whyNot(error, log) };
      } finally {
        if (own) await own.endSession(request, response);
      }
    },
    signOutUrl: async () => {
      if (own) return undefined;
      const config = await configuration().catch(() => undefined);
      if (!config?.serverMetadata().end_session_endpoint) return undefined;
      return oidc.buildEndSessionUrl(config, { post_logout_redirect_uri: `${publicUrl}/logout` }).href;
    },
  };
}

/** The issuer answered no (a used code, a cancelled log-in), or did not answer. Only codes are logged. */
function whyNot(error: unknown, log: Log): 'refused' | 'unreachable' {
  if (error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ResponseBodyError) {
    log.info('sign-in-refused', { code: error.error.slice(0, 40) });
    return 'refused';
  }
  log.bug('sign-in-failed', error);
  const code = error instanceof oidc.ClientError ? (error.code ?? '') : '';
  return /_(COMPARISON_FAILED|CHECK_FAILED|INVALID_RESPONSE)$/.test(code) ? 'refused' : 'unreachable';
}
