import { type AdapterPayload, type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { AuditLine, Change } from '../referral/change.ts';
import { type Client, noteClientUse, readClient } from '../store/access/clients.ts';
import type { Store } from '../store/store.ts';
import { grantScopes, isNarrowed } from './smart-scopes.ts';

/** Fetches a client's keys: only from hosts that may be reached, following no redirect. */
export type FetchKeys = (
  url: string,
  signal: AbortSignal,
) => Promise<{ readonly status: number; readonly text: string }>;

/** SMART App Launch 2.2, "Client Authentication: Asymmetric": both must be supported, and nothing weaker is. */
export const assertionAlgorithms = ['ES384', 'RS384'] as const;
/** Seconds. An assertion may not be valid longer, and a token is not. */
export const tokenLifetimeS = 300;
const assertionLifetimeS = 300;
/** Seconds that the clocks of two systems may differ. */
const clockToleranceS = 5;

/** A line about tokens in the trail. `at` is ISO 8601. */
export function tokenLine(
  event: 'token-issued' | 'token-refused',
  client: string | undefined,
  at: string,
  more: Pick<AuditLine, 'outcome' | 'code'>,
): Change {
  const actor = { id: client ?? 'unknown', role: client ? 'system' : 'none' };
  return { scope: { practice: '' }, audit: [{ event, at, actor, action: 'E', purpose: 'HOPERAT', ...more }] };
}

/** What the issuer must know of a registered system; undefined without keys: an external issuer vouches for that one. */
function metadataOf({ id, jwks, jwksUrl }: Client): AdapterPayload | undefined {
  if (!jwks && !jwksUrl) return undefined;
  return {
    client_id: id,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    token_endpoint_auth_method: 'private_key_jwt',
    ...(jwks ? { jwks: { keys: jwks.keys } } : { jwks_uri: jwksUrl }),
  } as AdapterPayload;
}

/** The registered systems as the issuer's clients. It asks at every call: who is revoked is unknown at once. */
export async function findSystem(store: Store, id: string): Promise<AdapterPayload | undefined> {
  const client = await readClient(store, id);
  return client && metadataOf(client);
}

/** The assertion may live five minutes at most (SMART: `exp` no more than five minutes ahead), and says which key it is. */
function checkAssertion(claims: Record<string, unknown>, header: Record<string, unknown>, client: Client | undefined) {
  const nowS = Math.floor(Date.now() / 1000);
  const { exp, iat, sub, iss } = claims;
  if (sub !== iss) throw new errors.InvalidClientAuth('sub must be the client_id');
  if (typeof exp !== 'number' || exp > nowS + assertionLifetimeS + clockToleranceS)
    throw new errors.InvalidClientAuth('exp may be five minutes ahead at most');
  if (iat !== undefined && (typeof iat !== 'number' || iat < nowS - assertionLifetimeS - clockToleranceS))
    throw new errors.InvalidClientAuth('iat may be five minutes ago at most');
  if (typeof header.kid !== 'string') throw new errors.InvalidClientAuth('kid must be given');
  if (header.jku !== undefined && header.jku !== client?.jwksUrl)
    throw new errors.InvalidClientAuth('jku must be the registered address');
}

async function grantAsked(store: Store, ctx: KoaContextWithOIDC, clientId: string): Promise<string> {
  const asked = String(ctx.oidc.params?.scope ?? '')
    .split(' ')
    .filter(Boolean);
  if (asked.some(isNarrowed))
    throw new errors.InvalidScope('scopes with search parameters are not supported', asked.find(isNarrowed) ?? '');
  const client = await readClient(store, clientId);
  const granted = grantScopes(asked, client?.scopes ?? []);
  if (granted.length === 0) throw new errors.InvalidScope('none of these scopes is known and allowed', asked.join(' '));
  // The issuer keeps of the asked scopes those that the resource server has: an allowed part must be asked as such.
  if (ctx.oidc.params) ctx.oidc.params.scope = granted.join(' ');
  return granted.join(' ');
}

/**
 * The part of the issuer that gives tokens to systems (SMART Backend Services): client_credentials with private_key_jwt,
 * JWTs of five minutes for `fhirBase`. A token is written to the trail before it is given.
 */
export function systemGrants(store: Store, fhirBase: string, fetchKeys: FetchKeys | undefined) {
  const isSystem = (ctx: KoaContextWithOIDC) => ctx.oidc.params?.grant_type === 'client_credentials';
  return {
    clientAuthMethods: ['client_secret_basic', 'private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: [...assertionAlgorithms] },
    clockTolerance: clockToleranceS,
    assertJwtClientAuthClaimsAndHeader: async (ctx, claims, header) => {
      const client = await readClient(store, ctx.oidc.client?.clientId ?? '');
      checkAssertion(claims as Record<string, unknown>, header as Record<string, unknown>, client);
    },
    extraTokenClaims: async (ctx, token) => {
      if (token.kind !== 'ClientCredentials' || !token.clientId) return undefined;
      const at = store.clock().toISOString();
      const line = tokenLine('token-issued', token.clientId, at, {
        outcome: 'ok',
        code: token.scope?.slice(0, 200) ?? '',
      });
      const done = await store.commit(line);
      if (!done.ok) throw new Error('the audit line could not be written');
      await noteClientUse(store, token.clientId);
      return { sub: ctx.oidc.client?.clientId };
    },
    fetch: async (url, options) => {
      if (!fetchKeys) throw new Error('no keys are fetched here');
      const signal = options?.signal ?? AbortSignal.timeout(5_000);
      const { status, text } = await fetchKeys(String(url), signal);
      return new Response(text, { status });
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: (ctx: KoaContextWithOIDC) => (isSystem(ctx) ? fhirBase : []),
      getResourceServerInfo: async (
        ctx: KoaContextWithOIDC,
        resource: string,
        client: { readonly clientId: string },
      ) => {
        if (!isSystem(ctx) || resource !== fhirBase) throw new errors.InvalidTarget('only our FHIR base');
        return {
          scope: await grantAsked(store, ctx, client.clientId),
          audience: fhirBase,
          accessTokenFormat: 'jwt' as const,
          accessTokenTTL: tokenLifetimeS,
          jwt: { sign: { alg: 'RS256' as const } },
        };
      },
    },
  } satisfies Configuration & { resourceIndicators: NonNullable<Configuration['features']>['resourceIndicators'] };
}
