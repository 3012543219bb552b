import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import type { Actor } from '../referral/actor.ts';
import type { Directory } from '../referral/directory/directory.ts';
import type { CaseParty } from '../referral/directory/fed-systems.ts';
import { type Client, noteClientUse, readClient } from '../store/access/clients.ts';
import type { Scope } from '../store/scope.ts';
import type { Store } from '../store/store.ts';
import { type Interaction, mayDo } from './access.ts';
import { readIssuerSecrets } from './signing-keys.ts';
import { lettersFor, readScope } from './smart-scopes.ts';
import type { FetchKeys } from './token-grants.ts';

/** The system that knocks: for whom it acts, whose rows it sees, and what it may do with them. */
export interface Caller {
  /** Of a practice's system: its practice. */
  readonly practice?: string;
  readonly application: string;
  readonly actor: Actor;
  readonly scope: Scope;
  /** Its role's row of the access table and the scopes of its token, together. */
  may(type: string, interaction: Interaction): boolean;
}

/** Tokens of systems, checked. Undefined: it opens nothing, for whatever reason; who sent it need not know which. */
export interface Tokens {
  callerOf(token: string): Promise<Caller | undefined>;
}

/** An issuer of others whose JWTs we take: its exact name, and where its keys are. */
export interface TokenIssuer {
  readonly issuer: string;
  readonly jwksUrl: string;
}

/** The letter of a SMART scope that each interaction needs (App Launch 2.2, "Scopes for requesting clinical data"). */
const letterOf: Readonly<Record<Interaction, string>> = {
  read: 'r',
  vread: 'r',
  'history-instance': 'r',
  'search-type': 's',
  'history-type': 's',
  create: 'c',
  update: 'u',
  patch: 'u',
  delete: 'd',
};

/** The caller behind a practice's own credential: all that its role may. */
export function practiceCaller(practice: string, application: string): Caller & { readonly practice: string } {
  const actor: Actor = { id: application, name: application, role: 'practice-system', organization: practice };
  const scope = { kind: 'practice', practice } as const;
  return { practice, application, actor, scope, may: (type, interaction) => mayDo(actor.role, type, interaction) };
}

/**
 * A case system as the one that asks: what is done there with its copy is done by its people. `id`: what we know it by. Of a
 * Wally's own only she acts; she sees no more of it there than here (H11).
 */
export function caseCaller(id: string, party: CaseParty, directory: Directory): Caller {
  const organization = party.kind === 'team' ? party.team : directory.roles.get(party.owner)?.organization;
  const actor: Actor = { id, name: id, role: 'wally-system', ...(organization && { organization }) };
  const scope: Scope = party.kind === 'team' ? party : { kind: 'wally', owner: party.owner };
  return { application: id, actor, scope, may: (type, interaction) => mayDo(actor.role, type, interaction) };
}

/** For whom a registered system acts now; undefined when the directory does not know its party (any more). */
function partyOf(client: Client, directory: Directory): Pick<Caller, 'practice' | 'actor' | 'scope'> | undefined {
  const { id, name, kind, party = '' } = client;
  const actor = (role: Actor['role'], organization?: string): Actor => ({
    id,
    name,
    role,
    ...(organization && { organization }),
  });
  if (kind === 'practice') {
    if (!directory.practices.has(party)) return undefined;
    return { practice: party, actor: actor('practice-system', party), scope: { kind: 'practice', practice: party } };
  }
  if (kind === 'team') {
    if (!directory.teams.has(party)) return undefined;
    return { actor: actor('wally-system', party), scope: { kind: 'team', team: party } };
  }
  if (kind === 'wally') {
    const role = directory.roles.get(party);
    if (role?.kind !== 'wally') return undefined;
    return { actor: actor('wally-system', role.organization), scope: { kind: 'wally', owner: party } };
  }
  return {
    actor: actor(kind === 'coordinator' ? 'coordinator-system' : 'administrator-system'),
    scope: { kind: 'none' },
  };
}

/** A registered system as it may act by its registration alone, without a token; undefined when its party is gone. */
export function allowedCaller(client: Client, directory: Directory): Caller | undefined {
  const party = partyOf(client, directory);
  const allowed = client.scopes.flatMap((one) => readScope(one) ?? []);
  const may = (type: string, interaction: Interaction) =>
    mayDo(party?.actor.role ?? 'line', type, interaction) && lettersFor(allowed, type).includes(letterOf[interaction]);
  return party && { ...party, application: client.id, may };
}

/** Scopes as a token carries them: `scope` (RFC 9068), or `scp` as some issuers write it, in one text or as a list. */
function scopesIn({ scope, scp }: JWTPayload): string[] {
  const said: unknown = scope ?? scp;
  if (Array.isArray(said)) return said.filter((one): one is string => typeof one === 'string');
  return typeof said === 'string' ? said.split(' ') : [];
}

/** The client a token was given to: `client_id` (RFC 9068), else `azp`. */
const clientIdIn = ({ client_id, azp }: JWTPayload): string | undefined =>
  [client_id, azp].find((one) => typeof one === 'string');

type Check = (token: string) => Promise<JWTPayload>;

/** Tokens of our own issuer: its keys are read again when one is named that we do not have. */
function ownTokens(store: Store, publicUrl: string): Check {
  const issuer = `${publicUrl}/oauth`;
  let keys: ReturnType<typeof createLocalJWKSet> | undefined;
  let kids: readonly (string | undefined)[] = [];
  let readAtMs = Number.NEGATIVE_INFINITY;
  return async (token) => {
    const { kid } = decodeProtectedHeader(token);
    const ageMs = performance.now() - readAtMs;
    // A made-up key must not become a query each: an unknown one is looked for once a second.
    if (!keys || ageMs > 60_000 || (!kids.includes(kid) && ageMs > 1_000)) {
      const { jwks } = await readIssuerSecrets(store);
      keys = createLocalJWKSet({
        keys: jwks.keys.map(({ kty, n, e, kid: id, alg, use }) => ({ kty, n, e, kid: id, alg, use })) as never,
      });
      kids = jwks.keys.map((one) => one.kid);
      readAtMs = performance.now();
    }
    const options = { issuer, audience: `${publicUrl}/fhir/R4`, typ: 'at+jwt', algorithms: ['RS256'] };
    return (await jwtVerify(token, keys, { ...options, requiredClaims: ['exp', 'client_id'] })).payload;
  };
}

/** Tokens of an issuer of others. Its keys are kept, and read again when one is named that is new (jose: at most twice a minute). */
function foreignTokens(
  discover: () => Promise<TokenIssuer>,
  issuer: string,
  publicUrl: string,
  fetchKeys: FetchKeys,
): Check {
  let kept: { readonly url: string; readonly keys: ReturnType<typeof createRemoteJWKSet> } | undefined;
  const keysAt = (url: string) =>
    createRemoteJWKSet(new URL(url), {
      [customFetch]: async (asked, { signal }) => {
        const { status, text } = await fetchKeys(asked, signal);
        return new Response(text, { status });
      },
    });
  const algorithms = ['RS256', 'RS384', 'PS256', 'PS384', 'ES256', 'ES384'];
  const options = { issuer, audience: `${publicUrl}/fhir/R4`, algorithms, requiredClaims: ['exp'], clockTolerance: 5 };
  return async (token) => {
    try {
      const { jwksUrl } = await discover();
      if (kept?.url !== jwksUrl) kept = { url: jwksUrl, keys: keysAt(jwksUrl) };
      return (await jwtVerify(token, kept.keys, options)).payload;
    } catch (error) {
      const isNo = error instanceof errors.JOSEError && !['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT'].includes(error.code);
      throw isNo ? error : new Error('no connection to the issuer of tokens');
    }
  };
}

/**
 * Checks tokens of systems: ours, or those of one issuer of others instead. A token opens what its client's party may see
 * now, and no more than its scopes; one without a scope we understand, or of a revoked client, opens nothing.
 */
export function openTokens(parts: {
  readonly store: Store;
  readonly publicUrl: string;
  readonly directory: () => Promise<Directory>;
  readonly external?: {
    readonly issuer: string;
    readonly discover: () => Promise<TokenIssuer>;
    readonly fetchKeys: FetchKeys;
  };
}): Tokens {
  const { store, publicUrl, directory, external } = parts;
  const check = external
    ? foreignTokens(external.discover, external.issuer, publicUrl, external.fetchKeys)
    : ownTokens(store, publicUrl);
  return {
    callerOf: async (token) => {
      let claims: JWTPayload;
      try {
        claims = await check(token);
      } catch (error) {
        // Anything else is the database or the other issuer being away: that is for the door to say.
        if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined;
        throw error;
      }
      const clientId = clientIdIn(claims);
      const client = clientId === undefined ? undefined : await readClient(store, clientId);
      // What was taken from the registration since is gone from tokens that are still out.
      const party = client && allowedCaller(client, await directory());
      const scopes = scopesIn(claims).flatMap((one) => readScope(one) ?? []);
      if (!client || !party || scopes.length === 0) return undefined;
      if (!client.usedAt || store.clock().getTime() - client.usedAt.getTime() >= 60_000)
        await noteClientUse(store, client.id);
      const may = (type: string, interaction: Interaction) =>
        party.may(type, interaction) && lettersFor(scopes, type).includes(letterOf[interaction]);
      return { ...party, may };
    },
  };
}
