import type { Endpoint } from '@medplum/fhirtypes';
import type { Said } from '../../fhir/outcome.ts';
import { extensions } from '../../fhir/systems.ts';

/** A public key as its owner registered it (RFC 7517). */
export interface PublicKey {
  readonly kty: string;
  readonly kid?: string;
  readonly alg?: string;
  readonly [part: string]: unknown;
}

/** How we prove who we are at the practice's authorization server (SMART App Launch 2.2). */
export type ClientProof = 'public' | 'client_secret' | 'private_key_jwt';

/** A practice's system from which our refer page is opened, as extension `launch` of its Endpoint says. */
export interface LaunchSystem {
  /** Of its Endpoint. */
  readonly id: string;
  /** Base of its FHIR server: exactly the `iss` of a SMART launch. */
  readonly address: string;
  /** Who signs its JWTs: `iss` of a signed launch and of CDS Hooks; its address unless said otherwise. */
  readonly issuer: string;
  /** Our registration there; absent: no SMART launch from here. */
  readonly client?: { readonly id: string; readonly proof: ClientProof };
  /** With which it signs its own JWTs. None: it signs nothing. */
  readonly keys: readonly PublicKey[];
  /** Of browsers from which it calls CDS Hooks. */
  readonly origins: readonly string[];
  /** The demo's, by its mark or its keys: everyone has those, so it counts only where its users may sign in (decision 17). */
  readonly demo?: true;
}

export const clientProofs: readonly ClientProof[] = ['public', 'client_secret', 'private_key_jwt'];
export const isProof = (code: string): code is ClientProof => clientProofs.some((one) => one === code);
/** Public points of the keys in fixtures/region/demo-his.json: they stay the demo's in a directory that lost the mark. */
const demoKeys: readonly unknown[] = [
  'TWt77C2ZuoXijaOOyUPWvnXoI9i-IbabOCwgu0fmB7s',
  'cp1_7buUKCFv8h_QvEevpYtDDBGRS1iXlRW14y8NTzA',
  '4PvnRfF4YNJLVGsTL5o7Q96TtZzo2URSqBDDchtEDN4',
];

const secretParts = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'];

/** The keys of a JWKS as text, whatever they are; undefined when it is none. */
function jwksIn(text: string): (Partial<PublicKey> | null)[] | undefined {
  try {
    const { keys } = JSON.parse(text) as { keys?: unknown };
    return Array.isArray(keys) ? keys : undefined;
  } catch {
    return undefined;
  }
}

const isSecret = (one: Partial<PublicKey> | null) => secretParts.some((part) => part in Object(one));
const isPublic = (one: Partial<PublicKey> | null): one is PublicKey =>
  ['RSA', 'EC', 'OKP'].includes(one?.kty ?? '') && !isSecret(one);

/** Public keys of a JWKS as text; what is no public key of two parties is left out. */
const keysIn = (text: string | undefined): PublicKey[] => (jwksIn(text ?? '') ?? []).filter(isPublic);

/** Why a text is no JWKS that we can use: not one, or with a key that must stay with its owner. */
export function jwksFault(text: string): Said | undefined {
  const keys = jwksIn(text);
  if (keys?.some(isSecret))
    return {
      nl: 'Hier staat een geheime sleutel in. Die hoort alleen bij de eigenaar: vraag een nieuwe, en alleen het openbare deel.',
      en: 'This holds a secret key. That belongs to its owner alone: ask for a new one, and for its public part only.',
    };
  if (keys && keys.length > 0 && keys.every(isPublic)) return undefined;
  return {
    nl: 'Dit zijn geen openbare sleutels (JWKS: {"keys":[…]}, RSA, EC of OKP).',
    en: 'These are no public keys (JWKS: {"keys":[…]}, RSA, EC or OKP).',
  };
}

/** The system behind an Endpoint with extension `launch`; undefined when it opens nothing. */
export function launchOf(endpoint: Endpoint): LaunchSystem | undefined {
  const parts = endpoint.extension?.find((one) => one.url === extensions.launch)?.extension;
  if (!parts || !endpoint.address) return undefined;
  const text = (url: string) => parts.find((one) => one.url === url)?.valueString;
  const said = parts.find(({ url }) => url === 'clientProof')?.valueCode ?? '';
  const proof = isProof(said) ? said : 'public';
  const clientId = text('clientId');
  const keys = keysIn(text('jwks'));
  const isMarked = parts.some((one) => one.url === 'demo' && one.valueBoolean === true);
  return {
    id: endpoint.id ?? '',
    address: endpoint.address,
    issuer: text('issuer') ?? endpoint.address,
    ...(clientId && { client: { id: clientId, proof } }),
    keys,
    ...((isMarked || keys.some((key) => demoKeys.includes(key.x))) && { demo: true as const }),
    origins: parts.flatMap((one) => (one.url === 'origin' && one.valueString ? one.valueString : [])),
  };
}

/** Whether an Endpoint is there to be launched from and for nothing else (part `only`): no feedback goes there. */
export function isOnlyLaunch(endpoint: Endpoint): boolean {
  const parts = endpoint.extension?.find((one) => one.url === extensions.launch)?.extension;
  return parts?.some((one) => one.url === 'only' && one.valueBoolean === true) === true;
}
