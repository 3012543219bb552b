import * as medplum from '@medplum/core';
import type { ElementDefinition, Extension, Resource, StructureDefinition } from '@medplum/fhirtypes';
import { guide } from './stored.ts';
import { codesOf } from './terminology.ts';

/** Where a resource does not hold to a profile of ours. `rule`: the key of an invariant, or what kind of rule it is. */
export interface Departure {
  readonly path: string;
  readonly rule: string;
}

type Json = Record<string, unknown>;
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The codes that stand in a value: of a code itself, a Coding, a CodeableConcept. With their system where they have one. */
function codesIn(value: unknown): { readonly system?: unknown; readonly code: unknown }[] {
  if (typeof value === 'string') return [{ code: value }];
  if (!isJson(value)) return [];
  if (Array.isArray(value.coding)) return value.coding.filter(isJson).map(({ system, code }) => ({ system, code }));
  return [{ system: value.system, code: value.code }];
}

/** The values at a path of a resource, each with the FHIRPath that leads to it. `[x]` finds whichever form stands there. */
function valuesAt(from: unknown, parts: readonly string[], path: string): [value: unknown, path: string][] {
  const [first, ...rest] = parts;
  if (first === undefined) return [[from, path]];
  if (!isJson(from)) return [];
  const bare = first.replace('[x]', '');
  const key = first === bare ? bare : Object.keys(from).find((one) => one.startsWith(bare) && one !== bare);
  const value = key === undefined ? undefined : from[key];
  if (value === undefined) return [];
  const at = `${path}.${bare}`;
  return Array.isArray(value)
    ? value.flatMap((one, n) => valuesAt(one, rest, `${at}[${n}]`))
    : valuesAt(value, rest, at);
}

/** Required bindings to our value sets: the library looks at no binding at all. */
function wrongCodes(from: unknown, elements: readonly ElementDefinition[], path: string): Departure[] {
  return elements.flatMap(({ binding, path: at = '' }) => {
    const allowed = binding?.strength === 'required' && codesOf(guide().terms, binding.valueSet ?? '');
    if (!allowed) return [];
    const system = binding.valueSet?.replace('/ValueSet/', '/CodeSystem/');
    return valuesAt(from, at.split('.').slice(1), path)
      .filter(
        ([value]) => !codesIn(value).some((one) => allowed.has(String(one.code)) && (one.system ?? system) === system),
      )
      .map(([, where]) => ({ path: where, rule: 'code-not-allowed' }));
  });
}

/** One extension of ours against its definition: cardinality of its parts, type of its value, codes. */
function wrongExtension(extension: Extension, definition: StructureDefinition, path: string): Departure[] {
  const elements = definition.snapshot?.element ?? [];
  const sliceOf = (name: string) => elements.filter((one) => one.id?.startsWith(`Extension.extension:${name}`));
  const parts = elements.filter((one) => one.sliceName);
  const found = extension.extension ?? [];
  const value = elements.find((one) => one.id === 'Extension.value[x]');
  return [
    ...wrongValue(extension, value, path),
    ...parts.flatMap(({ sliceName = '', min = 0, max }) => {
      const count = found.filter((one) => one.url === sliceName).length;
      return count < min || (max === '1' && count > 1)
        ? [{ path: `${path}.extension`, rule: `part-${sliceName}` }]
        : [];
    }),
    ...found.flatMap((one, n) => {
      const at = `${path}.extension[${n}]`;
      const slice = sliceOf(one.url);
      if (slice.length === 0) return [{ path: at, rule: 'unknown-part' }];
      return wrongValue(
        one,
        slice.find((each) => each.id?.endsWith('.value[x]')),
        at,
      );
    }),
  ];
}

function wrongValue(extension: Extension, value: ElementDefinition | undefined, path: string): Departure[] {
  const [type] = value?.max === '0' ? [] : (value?.type ?? []);
  const key = Object.keys(extension).find((one) => one.startsWith('value'));
  if (key !== (type && `value${medplum.capitalize(type.code ?? '')}`))
    return [{ path: `${path}.value`, rule: 'value-type' }];
  return value && type ? wrongCodes(extension, [{ ...value, path: 'Extension.value[x]' }], path) : [];
}

/** Every extension in a value, however deep. */
function extensionsIn(value: unknown, path: string): [Extension, string][] {
  if (Array.isArray(value)) return value.flatMap((one, n) => extensionsIn(one, `${path}[${n}]`));
  if (!isJson(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'extension' && Array.isArray(inner)
      ? inner.map((one, n): [Extension, string] => [one as Extension, `${path}.extension[${n}]`])
      : extensionsIn(inner, `${path}.${key}`),
  );
}

/**
 * Where a resource that is valid base R4 departs from a profile of ours: cardinalities, fixed values, invariants,
 * required bindings to our value sets, and its extensions of ours. Empty when it holds to all of it. Needs the
 * definitions of base R4 (fhir/validate). Throws when the profile is not ours.
 */
export function departures(resource: Resource, profileUrl: string): Departure[] {
  const { structures } = guide();
  const profile = structures.find((one) => one.url === profileUrl);
  if (!profile) throw new Error(`${profileUrl} is no profile of ours`);
  const definitions = new Map(structures.map((one) => [one.url, one]));
  return [
    ...heardOf(resource, profile),
    ...wrongSlices(resource, profile),
    ...wrongCodes(resource, profile.snapshot?.element ?? [], resource.resourceType),
    ...extensionsIn(resource, resource.resourceType).flatMap(([extension, path]) => {
      const definition = definitions.get(extension.url);
      return definition ? wrongExtension(extension, definition, path) : [];
    }),
  ];
}

/** How often each extension of ours stands on the resource: the library cannot tell the slices of a profile's URL apart. */
function wrongSlices(resource: Resource, profile: StructureDefinition): Departure[] {
  const extensions = 'extension' in resource ? (resource.extension ?? []) : [];
  return (profile.snapshot?.element ?? []).flatMap(({ sliceName, type, min = 0, max }) => {
    const url = sliceName && type?.[0]?.profile?.[0];
    const count = extensions.filter((one) => one.url === url).length;
    if (!url || (count >= min && (max === '*' || count <= Number(max)))) return [];
    return [{ path: `${resource.resourceType}.extension`, rule: `extension-${sliceName}` }];
  });
}

/** The profile as the library reads it: without its slices, which wrongSlices counts. */
const withoutSlices = ({ snapshot, ...profile }: StructureDefinition): StructureDefinition => ({
  ...profile,
  snapshot: {
    element: (snapshot?.element ?? [])
      .filter((one) => !one.sliceName)
      .map((one) => (one.path?.endsWith('.extension') ? { ...one, slicing: undefined as never } : one)),
  },
});

const trimmed = new Map<string, StructureDefinition>();

function heardOf(resource: Resource, profile: StructureDefinition): Departure[] {
  const known = trimmed.get(profile.url) ?? withoutSlices(profile);
  trimmed.set(profile.url, known);
  try {
    medplum.validateResource(resource, { profile: known });
    return [];
  } catch (error) {
    if (!(error instanceof medplum.OperationOutcomeError)) throw error;
    return error.outcome.issue
      .filter((one) => one.severity === 'error')
      .map(({ details, expression }) => ({
        path: expression?.[0] ?? resource.resourceType,
        rule: /^Constraint (\S+) not met/.exec(details?.text ?? '')?.[1] ?? details?.text ?? '',
      }));
  }
}
