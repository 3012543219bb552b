import { validateBaseR4 } from '../fhir/validate.ts';
import type { Actor } from '../referral/actor.ts';
import type { AuditLine, DirectoryWrite } from '../referral/change.ts';
import type { DirectoryResource } from '../referral/directory.ts';
import { differences } from '../referral/directory-diff.ts';
import { directoryReader, readDirectoryNewest, syncDestinations } from '../store/directory.ts';
import type { Store } from '../store/store.ts';

type Stored = DirectoryResource & { id: string };

const kinds: readonly string[] = ['Organization', 'HealthcareService', 'Practitioner', 'PractitionerRole', 'Endpoint'];

export type TakenIn =
  | { readonly written: readonly string[]; readonly faults?: never }
  | { readonly written?: never; readonly faults: readonly string[] };

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function entriesOf(bundle: unknown): unknown[] | undefined {
  if (!isObject(bundle) || bundle.resourceType !== 'Bundle' || !Array.isArray(bundle.entry)) return undefined;
  return bundle.entry.map((one: unknown) => (isObject(one) ? one.resource : undefined));
}

/** Every reference within the directory that nothing answers: a practice without its team would lose its referrals. */
function danglingIn(resources: readonly Stored[], known: ReadonlySet<string>): string[] {
  return resources.flatMap((one) => {
    const references = [...JSON.stringify(one).matchAll(/"reference":"([A-Za-z]+\/[^"]+)"/g)].map(
      (match) => match[1] ?? '',
    );
    return [...new Set(references)]
      .filter((to) => kinds.includes(to.split('/')[0] ?? '') && !known.has(to))
      .map((to) => `${one.resourceType}/${one.id}: ${to} is not there`);
  });
}

/**
 * Takes a FHIR Bundle of directory resources into the directory: what differs becomes a new version, valid from an
 * instant, audited; what is not in the Bundle stays. All or nothing: one wrong resource, and nothing is written. Throws
 * when someone changed the directory at the same moment, three times over.
 */
export async function takeInDirectory(store: Store, bundle: unknown, validFrom: Date, actor: Actor): Promise<TakenIn> {
  const entries = entriesOf(bundle);
  if (!entries) return { faults: ['not a FHIR Bundle with entries'] };
  const faults = entries.flatMap((one, n) => {
    if (!isObject(one) || !kinds.includes(String(one.resourceType))) return [`entry[${n}]: not of ${kinds.join(', ')}`];
    if (typeof one.id !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/.test(one.id)) return [`entry[${n}]: no id`];
    return validateBaseR4(one)
      .filter((found) => found.severity === 'error')
      .map((found) => `entry[${n}].${found.path}: ${found.said.en}`);
  });
  if (faults.length > 0) return { faults };
  const resources = entries as Stored[];
  for (let tries = 0; tries < 3; tries += 1) {
    const directory = await directoryReader(store)();
    const newest = await readDirectoryNewest(store);
    const nameOf = (one: Stored) => `${one.resourceType}/${one.id}`;
    const known = new Set([...newest.map((one) => nameOf(one.resource)), ...resources.map(nameOf)]);
    const dangling = danglingIn(resources, known);
    if (dangling.length > 0) return { faults: dangling };
    const changed = resources.filter((one) => {
      const before = newest.find((other) => nameOf(other.resource) === nameOf(one));
      return !before || differences(before.resource, one).length > 0;
    });
    if (changed.length === 0) return { written: [] };
    const at = store.clock().toISOString();
    const done = await store.commit({
      scope: { practice: '' },
      expected: { directoryRevision: directory.revision },
      directory: changed.map((resource): DirectoryWrite => ({ resource, validFrom: validFrom.toISOString() })),
      audit: changed.map(
        (one): AuditLine => ({
          event: 'directory-changed',
          at,
          actor: { id: actor.id, role: actor.role },
          action: 'U',
          outcome: 'ok',
          object: nameOf(one),
          purpose: 'SYSADMIN',
        }),
      ),
    });
    if (!done.ok) continue;
    await syncDestinations(store, await directoryReader(store)());
    return { written: changed.map(nameOf) };
  }
  throw new Error('someone else is changing the directory; nothing was written');
}
