import type { Bundle, BundleEntry, Identifier, Resource, Task } from '@medplum/fhirtypes';

/** An absolute name that needs no agreement between two servers (FHIR R4 datatypes.html#Identifier, RFC 3986). */
export const anywhere = 'urn:ietf:rfc:3986';
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

/** Where a Task of ours stands in another's server, as far as we know. */
export interface Standing {
  readonly id: string;
  /** Theirs of it; without it nobody sees that it was overwritten. */
  readonly version?: string;
  /** All that it is known by there: what they added stays. */
  readonly identifier?: readonly Identifier[];
}

/**
 * A transaction that makes resources stand at another server as they are here: each a conditional update by our own
 * identifier, so that the same again changes nothing (FHIR R4 http.html#cond-update); the Task, once we know where it
 * stands, an update of the version that we last saw (If-Match). `base`: our own FHIR address.
 */
export function caseBundle(
  base: string,
  resources: readonly (Resource & { id: string })[],
  standing?: Standing,
): Bundle {
  const ids = new Set(resources.map((one) => `${one.resourceType}/${one.id}`));
  const entry = resources.map((one): BundleEntry => {
    const { id, meta, identifier = [], ...rest } = one as Task & { id: string };
    const own = { system: anywhere, value: urn(id) };
    const there = one.resourceType === 'Task' ? standing : undefined;
    const known = [...identifier, own];
    const isKnown = (each: Identifier) => known.some((its) => its.system === each.system && its.value === each.value);
    const theirs = (there?.identifier ?? []).filter((each) => !isKnown(each));
    const isVersioned = there?.version !== undefined;
    const resource = {
      ...referringFrom(rest, base, ids),
      ...(isVersioned && { id: there.id }),
      ...(meta?.security && { meta: { security: meta.security } }),
      identifier: [...known, ...theirs],
    };
    const condition = `${one.resourceType}?identifier=${encodeURIComponent(`${own.system}|${own.value}`)}`;
    const request = isVersioned
      ? { method: 'PUT' as const, url: `Task/${there.id}`, ifMatch: `W/"${there.version}"` }
      : { method: 'PUT' as const, url: condition };
    return { fullUrl: urn(id), resource: resource as Resource, request };
  });
  return { resourceType: 'Bundle', type: 'transaction', entry };
}

/** What is left of a referral where it is not any more: that it ended there, and nothing else. */
export function goneTask({ id, identifier }: Task & { id: string }): Task & { id: string } {
  return {
    resourceType: 'Task',
    id,
    ...(identifier && { identifier }),
    status: 'cancelled',
    intent: 'order',
    statusReason: { text: 'Deze verwijzing ligt hier niet meer.' },
  };
}
