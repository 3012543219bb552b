import type { Actor } from '../referral/actor.ts';
import { nameOf, type Proposed } from '../referral/directory/change.ts';
import { isRefusal } from '../referral/refusal.ts';
import type { Store } from '../store/store.ts';
import { takeDirectory } from '../store/take-directory.ts';

export type TakenIn =
  | { readonly written: readonly string[]; readonly faults?: never }
  | { readonly written?: never; readonly faults: readonly string[] };

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** What a Bundle proposes for the directory, each entry under its place; undefined when it is no Bundle. */
export function proposedIn(bundle: unknown): Proposed[] | undefined {
  if (!isObject(bundle) || bundle.resourceType !== 'Bundle' || !Array.isArray(bundle.entry)) return undefined;
  return bundle.entry.map((one: unknown, n) => ({
    resource: isObject(one) ? one.resource : undefined,
    place: `Bundle.entry[${n}].resource`,
  }));
}

/**
 * Takes a FHIR Bundle of directory resources into the directory: what differs becomes a new version, valid from an
 * instant, audited; what is not in the Bundle stays. All or nothing: one wrong resource, and nothing is written.
 */
export async function takeInDirectory(store: Store, bundle: unknown, validFrom: Date, actor: Actor): Promise<TakenIn> {
  const proposed = proposedIn(bundle);
  if (!proposed) return { faults: ['not a FHIR Bundle with entries'] };
  const taken = await takeDirectory(store, () => proposed, { actor, validFrom });
  if (isRefusal(taken)) return { faults: taken.refused.map((one) => `${one.path}: ${one.said.en}`) };
  return { written: taken.changed.map(nameOf) };
}
