import type { ElementDefinition, ElementDefinitionConstraint, StructureDefinition } from '@medplum/fhirtypes';
import { asPublished, type Published, published } from './published.ts';

/** What we ask of an element beyond base R4. Paths are those of the resource; `max` 0 takes it out. */
export interface Rule {
  readonly path: string;
  readonly min?: 1;
  readonly max?: '0' | '1';
  readonly short?: string;
  /** ValueSet whose codes are the only ones; of a CodeableConcept at least one coding is of it. */
  readonly required?: string;
  /** `patternCodeableConcept`, `fixedCode` and the like, as the ElementDefinition has them. */
  readonly is?: Partial<ElementDefinition>;
}

/** key, what it means, FHIRPath on the resource. */
export type Invariant = readonly [key: string, human: string, expression: string];

/** An extension of ours on a profile. */
export interface Carries {
  readonly slice: string;
  readonly url: string;
  readonly max: '1' | '*';
  readonly min?: 1;
}

/** A profile as we write it down: the rules, and nothing that base R4 says already. */
export interface Profile {
  readonly type: string;
  readonly url: string;
  readonly title: string;
  readonly description: string;
  readonly rules: readonly Rule[];
  readonly invariants?: readonly Invariant[];
  readonly carries?: readonly Carries[];
}

/** A part of a complex extension. */
export interface Part {
  readonly name: string;
  readonly type: string;
  readonly short: string;
  readonly min?: 1;
  readonly many?: true;
  readonly required?: string;
}

/** An extension as we write it down: one value, or parts. */
export interface ExtensionSpec {
  readonly url: string;
  readonly title: string;
  readonly description: string;
  readonly context: readonly string[];
  readonly value?: { readonly type: string; readonly required?: string };
  readonly parts?: readonly Part[];
}

const base = 'http://hl7.org/fhir/StructureDefinition/';
const byUrl = { slicing: { discriminator: [{ type: 'value' as const, path: 'url' }], rules: 'open' as const } };
const bound = (valueSet: string | undefined) =>
  valueSet ? { binding: { strength: 'required' as const, valueSet } } : {};

function elementOf({ path, min, max, short, required, is }: Rule): ElementDefinition {
  return {
    id: path,
    path,
    ...(short && { short }),
    ...(min && { min }),
    ...(max && { max }),
    ...is,
    ...bound(required),
  };
}

function sliceOf(type: string, { slice, url, max, min }: Carries): ElementDefinition {
  return {
    id: `${type}.extension:${slice}`,
    path: `${type}.extension`,
    sliceName: slice,
    min: min ?? 0,
    max,
    type: [{ code: 'Extension', profile: [url] }],
  };
}

const constraintOf =
  (source: string) =>
  ([key, human, expression]: Invariant): ElementDefinitionConstraint => ({
    key,
    severity: 'error',
    human,
    expression,
    source,
  });

/** The differential of a profile, its elements in the order in which they are written: root, extensions, rules. */
export function toStructure(spec: Profile): Published<StructureDefinition> {
  const { type, url, title, description, rules, invariants = [], carries = [] } = spec;
  const root: ElementDefinition[] =
    invariants.length > 0 ? [{ id: type, path: type, constraint: invariants.map(constraintOf(url)) }] : [];
  const extension: ElementDefinition = { id: `${type}.extension`, path: `${type}.extension`, ...byUrl };
  return {
    resourceType: 'StructureDefinition',
    ...asPublished(url, title, description),
    fhirVersion: published.fhirVersion,
    kind: 'resource',
    abstract: false,
    type,
    baseDefinition: `${base}${type}`,
    derivation: 'constraint',
    differential: {
      element: [
        ...root,
        ...(carries.length > 0 ? [extension, ...carries.map((one) => sliceOf(type, one))] : []),
        ...rules.map(elementOf),
      ],
    },
  };
}

/** "Extension.value[x]" with one type, or without a value when the extension has parts. */
function valueElement(at: string, type: string | undefined, required?: string): ElementDefinition {
  const id = `${at}.value[x]`;
  const path = id.replaceAll(/:[^.]+/g, '');
  return type ? { id, path, min: 1, type: [{ code: type }], ...bound(required) } : { id, path, max: '0' };
}

function partElements({ name, type, short, min, many, required }: Part): ElementDefinition[] {
  const id = `Extension.extension:${name}`;
  return [
    { id, path: 'Extension.extension', sliceName: name, short, min: min ?? 0, max: many ? '*' : '1' },
    { id: `${id}.extension`, path: 'Extension.extension.extension', max: '0' },
    { id: `${id}.url`, path: 'Extension.extension.url', fixedUri: name },
    valueElement(id, type, required),
  ];
}

/** The differential of an extension. */
export function toExtension(spec: ExtensionSpec): Published<StructureDefinition> {
  const { url, title, description, context, value, parts = [] } = spec;
  const extension = { id: 'Extension.extension', path: 'Extension.extension' };
  return {
    resourceType: 'StructureDefinition',
    ...asPublished(url, title, description),
    fhirVersion: published.fhirVersion,
    kind: 'complex-type',
    abstract: false,
    context: context.map((expression) => ({ type: 'element', expression })),
    type: 'Extension',
    baseDefinition: `${base}Extension`,
    derivation: 'constraint',
    differential: {
      element: [
        { id: 'Extension', path: 'Extension', short: title, definition: description },
        ...(value ? [{ ...extension, max: '0' }] : [{ ...extension, ...byUrl }, ...parts.flatMap(partElements)]),
        { id: 'Extension.url', path: 'Extension.url', fixedUri: url },
        valueElement('Extension', value?.type, value?.required),
      ],
    },
  };
}
