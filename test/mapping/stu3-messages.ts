import { readdirSync, readFileSync } from 'node:fs';
import type { ConceptMap } from '@medplum/fhirtypes';
import { format } from '../../mappings/fhir-stu3/to-referral.ts';
import type { Mapping } from '../../src/mapping/run.ts';

const folder = new URL('../../mappings/fhir-stu3/codes/', import.meta.url);
const fixtures = new URL('../../fixtures/', import.meta.url);

/** The mapping of this folder alone, so that what is wrong in another says nothing here. */
export const mapping: Mapping = {
  format,
  tables: new Map(
    readdirSync(folder).map((file) => [
      file.replace('.json', ''),
      JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as ConceptMap,
    ]),
  ),
};

/** Untyped on purpose: there are no types of STU3, and tests put wrong things in it. */
// biome-ignore lint/suspicious/noExplicitAny: what a sender may write has no type
export type Wire = any;

/** The n-th message of a case; every use gets a copy of its own. */
export function stu3(story: string, n = 1): Wire {
  const file = `fhir-stu3-${story}/0-received${n > 1 ? `-${n}` : ''}.json`;
  return JSON.parse(readFileSync(new URL(file, fixtures), 'utf8'));
}

/** The first resource of a type in a document: what is changed in it is changed in the document. */
export function partOf(document: Wire, type: string): Wire {
  const found = document.entry.find((one: Wire) => one.resource.resourceType === type);
  if (!found) throw new Error(`no ${type}`);
  return found.resource;
}
