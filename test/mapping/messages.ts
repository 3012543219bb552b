import type { Bundle, Consent, Patient, Resource, ServiceRequest } from '@medplum/fhirtypes';
import { caseNames, readFixture } from '../../scripts/fixture-case.ts';

/** The messages of all cases by name, to start from; every use gets a copy of its own. */
export async function readMessages(): Promise<(name: string) => Resource> {
  const all = new Map<string, Resource>();
  for (const name of await caseNames()) all.set(name, (await readFixture(name)).received);
  return (name) => {
    const found = all.get(name);
    if (!found) throw new Error(`no case ${name}`);
    return structuredClone(found);
  };
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
