import type { Bundle, Reference, Resource } from '@medplum/fhirtypes';

/** A resource of the message and where it stands there. */
export interface Part<T extends Resource = Resource> {
  readonly resource: T;
  readonly path: string;
}

/** Finds the part that a reference means, seen from the part that refers. */
export type Resolve = (reference: Reference | undefined, from: Part) => Part | undefined;

/** Everything in a message: the resource, or the entries of a Bundle, and what each contains. */
export function partsOf(received: Bundle | Resource): Part[] {
  const root = received.resourceType === 'Bundle' ? [] : [{ resource: received, path: received.resourceType }];
  const entries =
    received.resourceType === 'Bundle'
      ? (received.entry ?? []).flatMap((entry, n) =>
          entry.resource ? [{ resource: entry.resource, path: `Bundle.entry[${n}].resource` }] : [],
        )
      : root;
  return entries.flatMap((part) => [
    part,
    ...('contained' in part.resource ? (part.resource.contained ?? []) : []).map((resource, n) => ({
      resource,
      path: `${part.path}.contained[${n}]`,
    })),
  ]);
}

/** Finds what a reference means: a fullUrl or `Type/id` in the Bundle, `#id` inside its resource, or what was sent before. */
export function resolver(
  received: Bundle | Resource,
  all: readonly Part[],
  known: ReadonlyMap<string, Resource>,
): Resolve {
  const byUrl = new Map<string, Part>();
  if (received.resourceType === 'Bundle') {
    const byPath = new Map(all.map((one) => [one.path, one]));
    for (const [n, entry] of (received.entry ?? []).entries()) {
      const part = byPath.get(`Bundle.entry[${n}].resource`);
      if (part && entry.fullUrl) byUrl.set(entry.fullUrl, part);
      if (part?.resource.id) byUrl.set(`${part.resource.resourceType}/${part.resource.id}`, part);
    }
  }
  return (reference, from) => {
    const to = reference?.reference;
    if (!to) return undefined;
    // What is contained refers to its siblings by `#id` too (FHIR R4 references.html#contained).
    const holder = from.path.replace(/\.contained\[\d+\]$/, '');
    if (to.startsWith('#'))
      return all.find((one) => one.path.startsWith(`${holder}.contained[`) && `#${one.resource.id}` === to);
    const plain = to.replace(/\/_history\/.*$/, '');
    const local = known.get(plain);
    return byUrl.get(to) ?? byUrl.get(plain) ?? (local && { resource: local, path: from.path });
  };
}

export const isType =
  <T extends Resource['resourceType']>(type: T) =>
  (one: Part | undefined): one is Part<Extract<Resource, { resourceType: T }>> =>
    one?.resource.resourceType === type;

/** Whether it stands in the message itself, not inside another resource. */
export const isEntry = (one: Part) => !one.path.includes('.contained[');
