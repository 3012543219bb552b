import type { Bundle, BundleEntry, Reference, Resource, Task } from '@medplum/fhirtypes';
import type { Said } from '../fhir/outcome.ts';

/** What was done in a case system and could not be taken over: what stands here counts. */
export interface RefusedThere {
  readonly at: string;
  /** Why, in the words of who decided it. */
  readonly said: readonly Said[];
  /** The version of our Task that it met, and a hash of what was tried: the same again is not told again. */
  readonly ours: number;
  readonly tried: string;
}

/** Of a copy what is sealed. */
export interface KeptCopy {
  /** The Task as it stood there when we last knew it, in the words of that server. */
  readonly task: Task;
  readonly refused?: RefusedThere;
  /** Messages that were looked at and could not be taken, by type, id and version. */
  readonly heard?: readonly string[];
}

/** A referral as it stands in a case system. */
export interface CaseCopy {
  readonly destination: string;
  /** Their id of its Task. */
  readonly task: string;
  /** Theirs of it; absent where the server keeps none. */
  readonly version?: string;
  /** The version of our Task that it keeps up with. */
  readonly ours: number;
  readonly kept: KeptCopy;
}

/** What is now known of a copy. `revision`: that it was decided on; without it this counts whatever was known. */
export interface CaseCopyMove extends CaseCopy {
  readonly revision?: number;
}

interface Place {
  readonly type: string;
  readonly id: string;
  readonly version?: string;
}

/** Where an entry's resource stands, as the answer to it says (FHIR R4 http.html#transaction-response). */
function placeOf({ response, resource }: BundleEntry): Place | undefined {
  const [, type, id, history] =
    /(?:^|\/)([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/([^/]+))?$/.exec(response?.location ?? '') ?? [];
  const version = /^(?:W\/)?"(.+)"$/.exec(response?.etag ?? '')?.[1] ?? history ?? resource?.meta?.versionId;
  const place = type && id ? { type, id } : resource?.id ? { type: resource.resourceType, id: resource.id } : undefined;
  return place && { ...place, ...(version && { version }) };
}

/** The element with each reference changed by `to`; undefined takes the reference away. */
export function withReferences<T>(element: T, to: (reference: string) => string | undefined): T {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, inner]) => {
        if (key !== 'reference' || typeof inner !== 'string') return [[key, walk(inner)]];
        const named = to(inner);
        return named === undefined ? [] : [[key, named]];
      }),
    );
  };
  return walk(element) as T;
}

/**
 * The Task as it stands there after a transaction of ours was done: where, in which version, with the references that
 * the server made of ours. Undefined when the answer does not say where.
 */
export function standingAfter(sent: Bundle, answer: Bundle): Omit<CaseCopy, 'destination' | 'ours'> | undefined {
  const places = (answer.entry ?? []).map(placeOf);
  const nth = (sent.entry ?? []).findIndex(({ resource }) => resource?.resourceType === 'Task');
  const [place, asSent] = [places[nth], sent.entry?.[nth]?.resource];
  if (place?.type !== 'Task' || asSent?.resourceType !== 'Task') return undefined;
  const names = new Map(
    (sent.entry ?? []).flatMap(({ fullUrl = '' }, at): [string, string][] => {
      const found = places[at];
      return found ? [[fullUrl, `${found.type}/${found.id}`]] : [];
    }),
  );
  const told: Resource | undefined = answer.entry?.[nth]?.resource;
  const task =
    told?.resourceType === 'Task' ? told : withReferences(asSent, (reference) => names.get(reference) ?? reference);
  return {
    task: place.id,
    ...(place.version && { version: place.version }),
    kept: { task: { ...task, id: place.id } },
  };
}

/** The relative reference to a resource of a server, however it is written; undefined when it is elsewhere. */
export function localTo(address: string, { reference = '' }: Reference = {}): string | undefined {
  const base = `${address.replace(/\/$/, '')}/`;
  const local = reference.startsWith(base) ? reference.slice(base.length) : reference;
  return /^([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})(?:\/_history\/[^/]+)?$/.exec(local)?.[1];
}
