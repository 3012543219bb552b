import type {
  CodeSystem,
  ConceptMap,
  NamingSystem,
  OperationDefinition,
  StructureDefinition,
  ValueSet,
} from '@medplum/fhirtypes';

/** The definitions that we publish: none of them is about a person. */
export type Definition = StructureDefinition | CodeSystem | ValueSet | ConceptMap | NamingSystem | OperationDefinition;
/** A definition with the id under which it is read. */
export type Published<T extends Definition> = T & { readonly id: string };

/** Of all definitions together: they are changed together. */
export const published = {
  version: '0.1.0',
  date: '2026-11-22',
  publisher: 'Kortelijn',
  fhirVersion: '4.0.1',
} as const;

/** The last part of a canonical URI: our ids and addresses are made of it. */
export const idOf = (url: string): string => url.slice(url.lastIndexOf('/') + 1);

/** "referral-request" → "ReferralRequest": the machine name that R4 wants (sdf-0, csd-0). */
export const nameOf = (url: string): string =>
  idOf(url)
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');

/** What every canonical definition of ours says of itself. */
export function asPublished(url: string, title: string, description: string) {
  const { version, date, publisher } = published;
  return {
    id: idOf(url),
    url,
    version,
    name: nameOf(url),
    title,
    status: 'active' as const,
    experimental: false,
    date,
    publisher,
    description,
  };
}
