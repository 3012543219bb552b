import type { Mapped } from '../referral/format.ts';
import { placeName } from '../referral/reading.ts';
import { isRefusal, type Refusal } from '../referral/refusal.ts';
import { type Mapping, runMapping } from './run.ts';

/** What is read: the message, what the practice sent earlier, and what it agreed on consent. */
type Received = Parameters<typeof runMapping> extends [Mapping, ...infer Rest] ? Rest : never;

/** More than this of one message says nothing new about its mapping. */
const lostMax = 200;

/** Which mapping this is, in which version of its files; undefined of one that was not loaded from a folder. */
export const nameOf = ({ format, loaded }: Mapping): string | undefined =>
  loaded && `${format.name}@${format.version}+${loaded.hash}`;

/** A place without numbers, of FHIR from its own resource on: `Patient.identifier`, `PID-5.1`. As the blocks `silent` have it. */
export function kindOfPlace(path: string, received: unknown): string {
  const typeOf = (value: unknown) => (value as { resourceType?: unknown } | undefined)?.resourceType;
  let [at, kind] = [received, ''];
  for (const [, name, nth] of path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    // A path of FHIR begins with the type of what was received.
    if (kind === '' && name !== undefined && name === typeOf(received)) {
      kind = name;
      continue;
    }
    at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name ?? nth ?? ''] : undefined;
    const type = typeOf(at);
    if (typeof type === 'string') kind = type;
    // Behind a number of HL7 v2 or EDIFACT comes a field: `TXT[8]-1`.
    else if (name !== undefined) kind = kind === '' || name.startsWith('-') ? `${kind}${name}` : `${kind}.${name}`;
  }
  return placeName(kind);
}

/** Reads a message as a door does: `runMapping`, with what the record notes of it. Pure. */
export function readMessage(mapping: Mapping, ...given: Received): Mapped | Refusal {
  const mapped = runMapping(mapping, ...given);
  const name = nameOf(mapping);
  if (isRefusal(mapped) || !name) return mapped;
  const lost = new Set(mapped.losses.map(({ path, why }) => `${why} ${kindOfPlace(path, given[0])}`));
  return { ...mapped, reading: { mapping: name, lost: [...lost].toSorted().slice(0, lostMax) } };
}
