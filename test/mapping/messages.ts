import { readdirSync, readFileSync } from 'node:fs';
import type { Bundle, ConceptMap, Consent, Patient, Resource, ServiceRequest } from '@medplum/fhirtypes';
import { format } from '../../mappings/fhir-r4/to-referral.ts';
import { caseNames, readFixture, readMessage } from '../../scripts/fixture-case.ts';
import type { Fixture } from '../../scripts/fixture-story.ts';
import type { Mapping } from '../../src/mapping/run.ts';
import type { MappedReferral } from '../../src/referral/format.ts';
import { isRefusal, type Refusal } from '../../src/referral/refusal.ts';

const folder = new URL('../../mappings/fhir-r4/', import.meta.url);

/** A file of the mapping's folder, as text. */
export const mappingText = (file: string): string => readFileSync(new URL(file, folder), 'utf8');

const tableOf = (file: string) =>
  [file.replace('.json', ''), JSON.parse(mappingText(`codes/${file}`)) as ConceptMap] as const;

/** The mapping of this folder alone, so that what is wrong in another says nothing here. */
export const mapping: Mapping = { format, tables: new Map(readdirSync(new URL('codes/', folder)).map(tableOf)) };

const fixtures = new Map<string, Fixture>();
for (const name of await caseNames()) fixtures.set(name, await readFixture(name));

/** The names of all cases, and of those that are taken. */
export const names = [...fixtures.keys()];
export const taken = names.filter((name) => fixtures.get(name)?.expected.outcome === 'accepted');

/** The message of a case; every use gets a copy of its own. */
export function message(name: string): Resource {
  const found = fixtures.get(name);
  if (!found) throw new Error(`no case ${name}`);
  return structuredClone(found.received);
}

/** The parts of a transaction that tests change. */
export interface Parts {
  readonly bundle: Bundle;
  readonly patient: Patient;
  readonly request: ServiceRequest;
  readonly consent: Consent;
  /** Takes the first resource of this type out of the Bundle. */
  without(type: Resource['resourceType']): void;
  add(resource: Resource, fullUrl: string): void;
}

/** Takes a Bundle apart without copying: what is changed in a part is changed in the message. */
export function partsOf(message: Resource): Parts {
  if (message.resourceType !== 'Bundle') throw new Error('not a Bundle');
  const bundle = message as Bundle;
  const entries = bundle.entry ?? [];
  const first = <T extends Resource['resourceType']>(type: T) => {
    const found = entries.map((one) => one.resource).find((one) => one?.resourceType === type);
    if (!found) throw new Error(`no ${type}`);
    return found as Extract<Resource, { resourceType: T }>;
  };
  return {
    bundle,
    patient: first('Patient'),
    request: first('ServiceRequest'),
    consent: first('Consent'),
    without: (type) => {
      bundle.entry = bundle.entry?.filter((one) => one.resource?.resourceType !== type) ?? [];
    },
    add: (resource, fullUrl) => {
      entries.push({ fullUrl, resource, request: { method: 'POST', url: resource.resourceType } });
    },
  };
}

const steps = (path: string) => path.split(/[.[\]]+/).filter(Boolean);

/** What a path names in a message, the element itself and its extensions (`_x`), of a choice all its forms. */
function found(holders: readonly unknown[], step: string): unknown[] {
  const objects = holders.filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null);
  const named = objects.flatMap((one) => [one[step], one[`_${step}`]]).filter((one) => one !== undefined);
  if (named.length > 0) return named;
  // FHIRPath names a choice without its type: value for valueString.
  return objects.flatMap((one) =>
    Object.entries(one).flatMap(([key, value]) => (key.replace(/^_/, '').startsWith(step) ? [value] : [])),
  );
}

/** Whether a path names something that is in the message. */
export function isThere(message: Resource, path: string): boolean {
  const [root, ...rest] = steps(path);
  return root === message.resourceType && rest.reduce<unknown[]>((at, step) => found(at, step), [message]).length > 0;
}

/** Whether a path names something in the message, or something that could stand in what is there. */
export function leadsSomewhere(message: Resource, path: string): boolean {
  const parent = path.replace(/(\.\w+|\[\d+\])$/, '');
  // A message that is no resource we know can only be pointed at as a whole.
  return path === '' || steps(path).length === 1 || isThere(message, path) || isThere(message, parent);
}

/** A copy with every urn:uuid replaced, the same one by the same other one, and all times of sending set anew. */
export function resent(message: Resource, seed: number, at: string): Resource {
  const renamed = new Map<string, string>();
  const text = JSON.stringify(message).replaceAll(/urn:uuid:[0-9a-f-]{36}/g, (urn) => {
    const name =
      renamed.get(urn) ??
      `urn:uuid:${String(seed).padStart(8, '0')}-0000-4000-9000-${String(renamed.size).padStart(12, '0')}`;
    renamed.set(urn, name);
    return name;
  });
  const copy = JSON.parse(text) as Resource;
  const requests = copy.resourceType === 'Bundle' ? (copy as Bundle).entry?.map((one) => one.resource) : [copy];
  for (const one of requests ?? []) if (one?.resourceType === 'ServiceRequest') one.authoredOn = at;
  if (copy.resourceType === 'Bundle')
    Object.assign(copy, { timestamp: at, identifier: { system: 'urn:resent', value: String(seed) } });
  return copy;
}

/** The message of a case after a change, as the door makes a referral of it. */
export function read(change: (parts: Parts) => void, name = 'fhir-loneliness'): MappedReferral | Refusal {
  const parts = partsOf(message(name));
  change(parts);
  return readMessage(mapping, parts.bundle);
}

/** The same where it must be taken; throws with the reasons when it is not. */
export function mappedOf(change: (parts: Parts) => void = () => undefined, name?: string): MappedReferral {
  const found = read(change, name);
  if (isRefusal(found)) throw new Error(found.refused.map((one) => `${one.reason} ${one.path}`).join(', '));
  return found;
}

/** Where the parts of `fhir-loneliness` stand. */
export const places = {
  request: 'Bundle.entry[5].resource',
  consent: 'Bundle.entry[4].resource',
  patient: 'Bundle.entry[0].resource',
} as const;
