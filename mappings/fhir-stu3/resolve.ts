import { type Json, listOf, objectOf, textOf } from './json.ts';

/** A resource of the message and where it stands there. */
export interface Part {
  readonly resource: Json;
  readonly path: string;
}
export type Resolve = (reference: unknown, from: Part) => Part | undefined;

/** With what is contained in it (FHIR STU3 references.html#contained). */
export function withContained(part: Part): Part[] {
  const inside = listOf(part.resource.contained);
  return [part, ...inside.map((resource, n) => ({ resource, path: `${part.path}.contained[${n}]` }))];
}

/** What it is called where it stands: `Patient/1`. */
export const typeAndId = ({ resource }: Part) => `${textOf(resource.resourceType)}/${textOf(resource.id)}`;

/** Finds what a reference of the message points to: by its address in the Bundle, by type and id, or contained beside it. */
export function resolver(message: Json, all: readonly Part[]): Resolve {
  const byUrl = new Map<string, Part>();
  for (const part of all.filter((one) => !one.path.includes('.contained['))) {
    const n = Number(/\[(\d+)\]/.exec(part.path)?.[1] ?? -1);
    const fullUrl = textOf(listOf(message.entry)[n]?.fullUrl);
    if (fullUrl) byUrl.set(fullUrl, part);
    if (textOf(part.resource.id)) byUrl.set(typeAndId(part), part);
  }
  return (reference, from) => {
    const to = textOf(objectOf(reference)?.reference)?.replace(/\/_history\/[^/]+$/, '');
    if (!to) return undefined;
    const holder = from.path.replace(/\.contained\[\d+\]$/, '');
    if (to.startsWith('#'))
      return all.find((one) => one.path.startsWith(`${holder}.contained[`) && `#${textOf(one.resource.id)}` === to);
    return byUrl.get(to);
  };
}
