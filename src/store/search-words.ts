import type { Resource } from '@medplum/fhirtypes';
import { type SearchWords, searchWords } from '../fhir/search-index.ts';
import { consentDetails, minimisePatient, minimiseRequest, wallySees } from '../referral/minimise.ts';
import { fieldHmac, type MasterKey } from './keys.ts';

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
  return `${code} #${fieldHmac(key, field, value).subarray(0, 16).toString('base64url')}`;
}

/** What the resident agreed to: no parameter of R4, but letters may be found only where it says so (H17). */
function agreedWords(resource: Resource): string[] {
  return resource.resourceType === 'Consent' ? consentDetails(resource).map((code) => `detail ${code}`) : [];
}

function wordsOf(found: SearchWords, key: Buffer): string[] {
  return [...found.plain, ...found.identifying.map(({ code, field, value }) => hashedWord(key, code, field, value))];
}

/** A word that a Wally's system may not find something by. */
export const hidden = (word: string) => `!${word}`;

/** The row of the index for a resource: its words, those behind `!` for its practice alone, and its dates. */
export function indexRow(resource: Resource, master: MasterKey): { readonly words: string[]; readonly dates: string } {
  const key = master.derive('search');
  const type = resource.resourceType;
  const whole = searchWords(resource);
  const seen = leastSeen(resource);
  const open = seen === resource ? undefined : new Set(wordsOf(searchWords(seen), key));
  const words = new Set([...wordsOf(whole, key), ...agreedWords(resource)]);
  return {
    words: [...words].map((word) => {
      const stored = clipped(`${type}.${word}`);
      return open === undefined || open.has(word) ? stored : hidden(stored);
    }),
    dates: JSON.stringify(whole.dates),
  };
}
