import { placeName, type Reading } from '../referral/reading.ts';
import type { Loss } from '../referral/referral.ts';
import type { Mapping } from './run.ts';

/** More than this of one message says nothing new about its mapping. */
const lostMax = 200;

/** Which mapping this is, in which version of its files; undefined of one that was not loaded from a folder. */
export const nameOf = ({ format, loaded }: Mapping): string | undefined =>
  loaded && `${format.name}@${format.version}+${loaded.hash}`;

/** A place without numbers, of FHIR from its own resource on: `Patient.identifier`, `PID-5.1`. As the blocks `silent` have it. */
export function kindOfPlace(path: string, received: unknown): string {
  let [at, kind] = [received, ''];
  for (const [, name, nth] of path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    const step = name ?? nth ?? '';
    at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[step] : undefined;
    const { resourceType } = (at ?? {}) as { resourceType?: unknown };
    if (typeof resourceType === 'string') kind = resourceType;
    else if (name !== undefined) kind = kind === '' ? name : `${kind}.${name}`;
  }
  return placeName(kind);
}

/** What the record notes of a message that was read; undefined of a mapping that has no name. */
export function readingOf(mapping: Mapping, received: unknown, losses: readonly Loss[]): Reading | undefined {
  const name = nameOf(mapping);
  const lost = new Set(losses.map(({ path, why }) => `${why} ${kindOfPlace(path, received)}`));
  return name ? { mapping: name, lost: [...lost].toSorted().slice(0, lostMax) } : undefined;
}
