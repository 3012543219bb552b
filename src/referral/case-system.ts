import type { Bundle, BundleEntry, Endpoint, Organization, Resource, Task } from '@medplum/fhirtypes';
import { extensions } from '../fhir/systems.ts';

/** The own FHIR server of who receives referrals, where each of theirs is kept up to date. */
export interface CaseSystem {
  /** Of its Endpoint. */
  readonly id: string;
  /** Base of its FHIR R4 server. */
  readonly address: string;
}

/** The destination of an organisation's case system: its own window, breaker and order. */
export const caseDestination = (team: string): string => `case:${team}`;

/** The case system of an organisation, from its first active Endpoint that says it is one. */
export function caseSystemOf(
  organization: Organization,
  endpoints: ReadonlyMap<string, Endpoint>,
): { readonly caseSystem?: CaseSystem } {
  const [found] = (organization.endpoint ?? []).flatMap(({ reference }) => {
    const one = endpoints.get(reference?.split('/')[1] ?? '');
    const isOne = one?.extension?.some((each) => each.url === extensions.caseSystem && each.valueBoolean === true);
    return one && isOne && one.status === 'active' && one.address ? [{ id: one.id ?? '', address: one.address }] : [];
  });
  return found ? { caseSystem: found } : {};
}

/** An absolute name that needs no agreement between two servers (FHIR R4 datatypes.html#Identifier, RFC 3986). */
const anywhere = 'urn:ietf:rfc:3986';
const urn = (id: string) => `urn:uuid:${id}`;

/** The same element with each reference as another server can follow it: within the Bundle, or to our own address. */
function referringFrom<T>(element: T, base: string, ids: ReadonlySet<string>): T {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        const [, type, id = ''] = (key === 'reference' && /^([A-Z]\w+)\/([^/]+)$/.exec(String(inner))) || [];
        return [key, type ? (ids.has(`${type}/${id}`) ? urn(id) : `${base}/${type}/${id}`) : walk(inner)];
      }),
    );
  };
  return walk(element) as T;
}

/**
 * A transaction that makes resources stand at another server as they are here: each a conditional update by our own
 * identifier, so that the same again changes nothing (FHIR R4 http.html#cond-update). `base`: our own FHIR address.
 */
export function caseBundle(base: string, resources: readonly (Resource & { id: string })[]): Bundle {
  const ids = new Set(resources.map((one) => `${one.resourceType}/${one.id}`));
  const entry = resources.map((one): BundleEntry => {
    const { id, meta, identifier = [], ...rest } = one as Task & { id: string };
    const own = { system: anywhere, value: urn(id) };
    const resource = {
      ...referringFrom(rest, base, ids),
      ...(meta?.security && { meta: { security: meta.security } }),
      identifier: [...identifier, own],
    };
    const url = `${one.resourceType}?identifier=${encodeURIComponent(`${own.system}|${own.value}`)}`;
    return { fullUrl: urn(id), resource: resource as Resource, request: { method: 'PUT', url } };
  });
  return { resourceType: 'Bundle', type: 'transaction', entry };
}

/** What is left of a referral at an organisation that does not have it any more: that it ended there, and nothing else. */
export function goneTask({ id, identifier }: Task & { id: string }): Task & { id: string } {
  return {
    resourceType: 'Task',
    id,
    ...(identifier && { identifier }),
    status: 'cancelled',
    intent: 'order',
    statusReason: { text: 'Deze verwijzing ligt niet meer bij deze organisatie.' },
  };
}
