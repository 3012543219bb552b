import { createHash, randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  errors,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
  jwtVerify,
  SignJWT,
} from 'jose';
import type { Ask } from '../referral/ask.ts';
import type { LaunchSystem } from '../referral/directory/launch-system.ts';
import { useOnce } from '../store/access/launches.ts';
import { readOrMakeSetting } from '../store/access/sessions.ts';
import type { Store } from '../store/store.ts';
import { openFlows } from './flows.ts';
import { algorithms } from './practice-jwt.ts';
import { askMs, getJson, isSafeUrl, jsonOf, type SmartServer } from './smart-server.ts';

/** A launch under way, as the browser's sealed cookie keeps it. */
interface Launching {
  readonly nonce: string;
  readonly verifier: string;
  readonly practice: string;
  readonly system: string;
  readonly server: SmartServer;
}

/** What the practice's server gave for the code. */
export interface Launched {
  readonly practice: string;
  readonly system: LaunchSystem;
  readonly server: SmartServer;
  readonly token: string;
  /** What the token is for; as asked when the server does not say. */
  readonly scope: string;
  readonly expiresAt: Date;
  /** Logical id of the patient in context. */
  readonly patient: string | undefined;
  /** Claim fhirUser, or `profile` of SMART 1: a reference to who launched. */
  readonly user: string;
}

/** `replayed`: no such launch under way in this browser, or used before. `denied`: the server said no, or says who without proof. */
export type LaunchFault = 'replayed' | 'denied' | 'unreachable';

export interface SmartClient {
  /** Sends the browser to the practice's authorization server (303). */
  begin(request: Request, response: Response, parts: Begin): void;
  /** Checks what the browser brought back and changes the code for a token; `systemOf` finds the system again. */
  finish(
    request: Request,
    response: Response,
    systemOf: (practice: string, id: string) => LaunchSystem | undefined,
  ): Promise<Launched | { readonly fault: LaunchFault }>;
  /** Our public key, for servers that know us by private_key_jwt. */
  jwks(): Promise<JSONWebKeySet>;
}

interface Begin {
  readonly practice: string;
  readonly system: LaunchSystem;
  readonly server: SmartServer;
  readonly launch: string;
}

const callbackPath = '/launch/callback';
const random = () => randomBytes(32).toString('base64url');
const text = (value: unknown): string | undefined => (typeof value === 'string' && value ? value : undefined);

/** `rs` is read and search; a server that knows only SMART 1 calls that `read`. To write, only what it says it takes. */
function scopesFor(server: SmartServer): string {
  const [read, create] = server.scopes === 'v2' ? ['rs', 'c'] : ['read', 'write'];
  const write = server.creates ? ` patient/${server.creates}.${create}` : '';
  return `launch openid fhirUser patient/*.${read}${write}`;
}

async function makeKey(): Promise<Buffer> {
  const { privateKey } = await generateKeyPair('ES384', { extractable: true });
  const jwk = await exportJWK(privateKey);
  const key = { ...jwk, kid: await calculateJwkThumbprint(jwk), use: 'sig', alg: 'ES384' };
  return Buffer.from(JSON.stringify(key));
}

/** The client of SMART launches (EHR launch with PKCE). `secrets`: of systems that know us by one, by Endpoint id. */
export function openSmartClient(parts: {
  readonly store: Store;
  readonly publicUrl: string;
  readonly ask: Ask;
  readonly secrets: Readonly<Record<string, string>>;
}): SmartClient {
  const { store, publicUrl, ask, secrets } = parts;
  const flows = openFlows<Launching>(store, publicUrl, 'launch');
  const redirectUri = `${publicUrl}${callbackPath}`;
  const ownKey = async () =>
    JSON.parse((await readOrMakeSetting(store, 'launch-key', makeKey)).toString('utf8')) as JWK;

  /** How we prove who we are (RFC 6749 §2.3, RFC 7523): headers and fields of the token request. */
  const proof = async ({ id, client }: LaunchSystem, url: string) => {
    const clientId = client?.id ?? '';
    if (client?.proof === 'client_secret') {
      const both = [clientId, secrets[id] ?? ''].map(encodeURIComponent).join(':');
      return { headers: { authorization: `Basic ${Buffer.from(both).toString('base64')}` }, fields: {} };
    }
    if (client?.proof !== 'private_key_jwt') return { headers: {}, fields: { client_id: clientId } };
    const key = await ownKey();
    const at = Math.floor(store.clock().getTime() / 1_000);
    const assertion = await new SignJWT({})
      .setProtectedHeader({ alg: 'ES384', kid: key.kid ?? '', typ: 'JWT' })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(url)
      .setJti(store.newId())
      .setIssuedAt(at)
      .setExpirationTime(at + 120)
      .sign(await importJWK(key, 'ES384'));
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    return { headers: {}, fields: { client_assertion_type: type, client_assertion: assertion } };
  };

  /** Who launched, from an ID token for us and for this launch (OpenID Connect Core 1.0 §3.1.3.7); undefined otherwise. */
  const userOf = async (idToken: string | undefined, flow: Launching, system: LaunchSystem) => {
    const issuer = flow.server.issuer ?? system.issuer;
    const url =
      flow.server.jwks ?? text(jsonOf(await getJson(ask, `${issuer}/.well-known/openid-configuration`))?.jwks_uri);
    const keys = isSafeUrl(url) ? jsonOf(await getJson(ask, url)) : undefined;
    if (!idToken || !keys || !system.client) return undefined;
    try {
      const { payload } = await jwtVerify(idToken, createLocalJWKSet(keys as unknown as JSONWebKeySet), {
        issuer,
        audience: system.client.id,
        algorithms,
        currentDate: store.clock(),
        clockTolerance: 30,
        requiredClaims: ['exp', 'nonce'],
      });
      return payload.nonce === flow.nonce ? (text(payload.fhirUser) ?? text(payload.profile)) : undefined;
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined;
      throw error;
    }
  };

  return {
    begin: (request, response, { practice, system, server, launch }) => {
      const [state, nonce, verifier] = [random(), random(), random()];
      flows.put(request, response, state, { nonce, verifier, practice, system: system.id, server });
      const url = new URL(server.authorize);
      const asked = {
        response_type: 'code',
        client_id: system.client?.id ?? '',
        redirect_uri: redirectUri,
        scope: scopesFor(server),
        state,
        nonce,
        aud: system.address,
        launch,
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
      };
      for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
      response.redirect(303, url.href);
    },
    finish: async (request, response, systemOf) => {
      const query = new URLSearchParams(URL.parse(request.originalUrl, publicUrl)?.search ?? '');
      const state = query.get('state') ?? '';
      const flow = flows.take(request, response, state);
      // A browser can be made to show its cookie again; the record knows that this state was used.
      const hour = new Date(store.clock().getTime() + 3_600_000);
      if (!flow || !(await useOnce(store, 'launch-state', state, hour))) return { fault: 'replayed' };
      const system = systemOf(flow.practice, flow.system);
      const code = query.get('code');
      const from = query.get('iss');
      // RFC 9207: an answer of another server is no answer to this launch.
      if (!system || !code || (from !== null && flow.server.issuer && from !== flow.server.issuer))
        return { fault: 'denied' };
      const { headers, fields } = await proof(system, flow.server.token);
      const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: flow.verifier };
      const answer = await ask({
        method: 'POST',
        url: flow.server.token,
        headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams({ ...form, ...fields }).toString(),
        signal: AbortSignal.timeout(askMs),
      }).catch(() => undefined);
      if (!answer || answer.status >= 500) return { fault: 'unreachable' };
      const given = jsonOf(answer);
      const token = text(given?.access_token);
      const user = token && (await userOf(text(given?.id_token), flow, system));
      if (!given || !token || !user) return { fault: 'denied' };
      const seconds = typeof given.expires_in === 'number' ? Math.min(given.expires_in, 3_600) : 300;
      return {
        practice: flow.practice,
        system,
        server: flow.server,
        token,
        user,
        scope: text(given.scope) ?? scopesFor(flow.server),
        expiresAt: new Date(store.clock().getTime() + seconds * 1_000),
        patient: text(given.patient),
      };
    },
    jwks: async () => {
      const { d: _d, ...open } = await ownKey();
      return { keys: [open] };
    },
  };
}
