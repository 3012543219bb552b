import type { Resource } from '@medplum/fhirtypes';
import { type SearchWords, searchWords } from '../../fhir/search-index.ts';
import { consentDetails, minimisePatient, minimiseRequest, wallySees } from '../../referral/minimise.ts';
import { fieldHmac } from '../keys.ts';

const wordMax = 240;

/** A word as the index can hold it: GIN takes no long ones, PostgreSQL no NUL. A question is cut in the same way. */
export const clipped = (word: string) => word.replaceAll('\0', '').slice(0, wordMax);

/** What a receiver of whom nothing is known may see: the least of all. */
function leastSeen(resource: Resource): Resource {
  if (resource.resourceType === 'Patient') return minimisePatient(resource, wallySees(false));
  if (resource.resourceType === 'ServiceRequest') return minimiseRequest(resource, wallySees(false));
  return resource;
}

/** The word of an identifying value: only who knows the value can make it again. */
export function hashedWord(key: Buffer, code: string, field: string, value: string): string {
  return `${code} #${hashOf(key, field, value)}`;
}

const hashOf = (key: Buffer, field: string, value: string) =>
  fieldHmac(key, field, value).subarray(0, 16).toString('base64url');

/** What the resident agreed to: no parameter of R4, but letters may be found only where it says so (H17). */
function agreedWords(resource: Resource): string[] {
  return resource.resourceType === 'Consent' ? consentDetails(resource).map((code) => `detail ${code}`) : [];
}

/** A word that a Wally's system may not find something by. */
export const hidden = (word: string) => `!${word}`;

const identifies = (one: SearchWords['identifying'][number]) => `${one.code}\0${one.field}\0${one.value}`;

/** The row of the index for a resource: its words, those behind `!` for its practice alone, and its dates. `key`: for the HMACs. */
export function indexRow(resource: Resource, key: Buffer): { readonly words: string[]; readonly dates: string } {
  const type = resource.resourceType;
  const whole = searchWords(resource);
  const least = leastSeen(resource);
  const seen = least === resource ? undefined : searchWords(least);
  const open = seen && new Set([...seen.plain, ...seen.identifying.map(identifies)]);
  const stored = (word: string, known: string) => {
    const text = clipped(`${type}.${word}`);
    return open === undefined || open.has(known) ? text : hidden(text);
  };
  // A part of a name stands under several parameters: hashing is what an index row costs.
  const hashes = new Map<string, string>();
  const hashed = ({ code, field, value }: SearchWords['identifying'][number]) => {
    const name = `${field}\0${value}`;
    const hash = hashes.get(name) ?? hashOf(key, field, value);
    hashes.set(name, hash);
    return `${code} #${hash}`;
  };
  const words = [
    ...[...whole.plain, ...agreedWords(resource)].map((word) => stored(word, word)),
    ...whole.identifying.map((one) => stored(hashed(one), identifies(one))),
  ];
  return { words: [...new Set(words)], dates: JSON.stringify(whole.dates) };
}
