import type { Endpoint } from '@medplum/fhirtypes';
import { extensions } from '../fhir/systems.ts';

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

/** Public points of the keys in fixtures/region/demo-his.json: they stay the demo's in a directory that lost the mark. */
const demoKeys: readonly unknown[] = [
  'TWt77C2ZuoXijaOOyUPWvnXoI9i-IbabOCwgu0fmB7s',
  'cp1_7buUKCFv8h_QvEevpYtDDBGRS1iXlRW14y8NTzA',
  '4PvnRfF4YNJLVGsTL5o7Q96TtZzo2URSqBDDchtEDN4',
];

const proofs: readonly ClientProof[] = ['public', 'client_secret', 'private_key_jwt'];
const secretParts = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'];

/** Public keys of a JWKS as text; what is no public key of two parties is left out. */
function keysIn(text: string | undefined): PublicKey[] {
  try {
    const { keys } = JSON.parse(text ?? '') as { keys?: unknown };
    if (!Array.isArray(keys)) return [];
    return keys.filter(
      (one: Partial<PublicKey> | null) =>
        ['RSA', 'EC', 'OKP'].includes(one?.kty ?? '') && !secretParts.some((part) => part in (one ?? {})),
    );
  } catch {
    return [];
  }
}

/** The system behind an Endpoint with extension `launch`; undefined when it opens nothing. */
export function launchOf(endpoint: Endpoint): LaunchSystem | undefined {
  const parts = endpoint.extension?.find((one) => one.url === extensions.launch)?.extension;
  if (!parts || !endpoint.address) return undefined;
  const text = (url: string) => parts.find((one) => one.url === url)?.valueString;
  const proof = proofs.find((one) => one === parts.find(({ url }) => url === 'clientProof')?.valueCode) ?? 'public';
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
