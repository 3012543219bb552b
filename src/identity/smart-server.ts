import { extensions } from '../fhir/systems.ts';
import type { Answered, Ask } from '../referral/ask.ts';
import { isLoopbackHost } from './accounts.ts';

/** A practice's FHIR server as a place to be launched from (SMART App Launch 2.2; 1.0 where it knows no more). */
export interface SmartServer {
  readonly authorize: string;
  readonly token: string;
  /** Who signs its ID tokens, and where its keys are; a SMART 1 server says so elsewhere or not at all. */
  readonly issuer?: string;
  readonly jwks?: string;
  /** It says that it checks PKCE (S256). We send it in any case. */
  readonly pkce: boolean;
  readonly scopes: 'v1' | 'v2';
  readonly fhir: 'r4' | 'stu3';
  /** What it lets be created of what we could write; the first is what we would. */
  readonly creates?: 'ServiceRequest' | 'DocumentReference';
}

/** `unreachable`: no answer, or none of a working server. `no-smart`: it answered, and says nothing of how to sign in. */
export type ServerFault = 'unreachable' | 'no-smart';

export const askMs = 8_000;

/** The JSON of an answer that is one, an object; undefined for anything else. */
export function jsonOf(answer: Answered | undefined): Record<string, unknown> | undefined {
  if (!answer || answer.status < 200 || answer.status > 299) return undefined;
  try {
    const found: unknown = JSON.parse(answer.text);
    return typeof found === 'object' && found !== null && !Array.isArray(found)
      ? (found as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

export function getJson(ask: Ask, url: string, headers: Record<string, string> = {}): Promise<Answered | undefined> {
  const signal = AbortSignal.timeout(askMs);
  const accept = 'application/fhir+json, application/json;q=0.9';
  return ask({ method: 'GET', url, headers: { accept, ...headers }, signal }).catch(() => undefined);
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value ? value : undefined);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** https, or plain http on this machine; nobody's code or token goes over an open line. */
export function isSafeUrl(url: string | undefined): url is string {
  const parsed = url === undefined ? null : URL.parse(url);
  return parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && isLoopbackHost(parsed.hostname));
}

interface Capability {
  readonly fhirVersion?: unknown;
  readonly rest?: readonly {
    readonly security?: { readonly extension?: readonly { url?: string; extension?: unknown }[] };
    readonly resource?: readonly { type?: unknown; interaction?: readonly { code?: unknown }[] }[];
  }[];
}

/** Authorize and token of a SMART 1 server, from its CapabilityStatement. */
function oauthUris(capability: Capability): Partial<Record<string, string>> {
  const extension = list(capability.rest?.[0]?.security?.extension) as { url?: string; extension?: unknown }[];
  const parts = list(extension.find((one) => one?.url === extensions.oauthUris)?.extension);
  return Object.fromEntries(
    (parts as { url?: string; valueUri?: string }[]).map((one) => [one?.url ?? '', text(one?.valueUri)]),
  );
}

function createsOf(capability: Capability, fhir: SmartServer['fhir']): SmartServer['creates'] {
  const resources = list(capability.rest?.[0]?.resource) as { type?: unknown; interaction?: unknown }[];
  const creates = (type: string) =>
    resources.some(
      (one) =>
        one?.type === type && (list(one.interaction) as { code?: unknown }[]).some((it) => it?.code === 'create'),
    );
  if (fhir === 'r4' && creates('ServiceRequest')) return 'ServiceRequest';
  return creates('DocumentReference') ? 'DocumentReference' : undefined;
}

/** Asks the server at this FHIR base how it wants to be signed in to, and what may be written there. */
export async function discoverSmart(ask: Ask, base: string): Promise<SmartServer | { readonly fault: ServerFault }> {
  const [known, metadata] = await Promise.all([
    getJson(ask, `${base}/.well-known/smart-configuration`),
    getJson(ask, `${base}/metadata`),
  ]);
  const said = jsonOf(known);
  const capability = jsonOf(metadata) as Capability | undefined;
  if (!said && !capability)
    return { fault: known && known.status < 500 && metadata && metadata.status < 500 ? 'no-smart' : 'unreachable' };
  const uris = capability ? oauthUris(capability) : {};
  const authorize = text(said?.authorization_endpoint) ?? uris.authorize;
  const token = text(said?.token_endpoint) ?? uris.token;
  if (!isSafeUrl(authorize) || !isSafeUrl(token)) return { fault: 'no-smart' };
  const fhir = text(capability?.fhirVersion)?.startsWith('3') ? 'stu3' : 'r4';
  const issuer = text(said?.issuer);
  const jwks = text(said?.jwks_uri);
  const creates = capability && createsOf(capability, fhir);
  return {
    authorize,
    token,
    fhir,
    pkce: list(said?.code_challenge_methods_supported).includes('S256'),
    scopes: list(said?.capabilities).includes('permission-v2') ? 'v2' : 'v1',
    ...(issuer && { issuer }),
    ...(jwks && { jwks }),
    ...(creates && { creates }),
  };
}
