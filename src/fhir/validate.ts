import { readFileSync } from 'node:fs';
import * as medplum from '@medplum/core';
import type { OperationOutcomeIssue, Resource, StructureDefinition } from '@medplum/fhirtypes';
import { cleanText, isEarlier, safeNarrative } from './narrative.ts';
import type { Issue } from './outcome.ts';
import { type Reason, validationIssue } from './validation-words.ts';

type Json = Record<string, unknown>;
/** Code system -> the codes of it that a value set allows. */
type Codes = ReadonlyMap<unknown, readonly unknown[]>;
/** What R4 says of one JSON key: `name` is the element, `codes` and `choices` the value set that binds it. */
type Field = {
  name: string;
  type: string;
  isMany: boolean;
  isChoice: boolean;
  codes: Codes | undefined;
  choices: string;
};
/** One resource under examination. `said`: the library need not repeat it. `harmed`: something was taken out of it. */
type Walk = { found: Issue[]; order: Map<string, number>; said: Set<string>; harmed: Set<string>; ids: Set<unknown> };

const limits = { depth: 64, nodes: 50_000, issues: 500, choices: 15 };

/** What the library says, in its own fixed words -> our reason. The order counts. */
const heard: readonly [RegExp, Reason][] = [
  [/^Missing required/, 'missing-field'],
  [/^Invalid (date|dateTime|instant) /, 'impossible-date'],
  [/^(Invalid \S+ (format|value)|Expected number|String cannot)/, 'bad-format'],
  [/^Constraint \S+ not met/, 'invariant'],
];

const moment = '2026-03-14T09:30:00+01:00';
const examples: Readonly<Record<string, string>> = { date: '1957-03-14', dateTime: moment, instant: moment };
/** A time that lacks its seconds or its zone; R4 wants both, the library neither. */
const zoneless = /T(?!\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$)/;
const forms: Readonly<Record<string, string>> = { string: '"…"', number: '0', boolean: 'true / false' };
const jsTypes: ReadonlyMap<string, string> = new Map(Object.entries(medplum.fhirTypeToJsType));

let loaded: ReturnType<typeof readDefinitions> | undefined;

/** Reads the R4 definitions that lie next to this file, once: 70 ms, 20 MB. Throws when they cannot be read. */
export function loadDefinitions(): void {
  definitions();
}

function definitions() {
  loaded ??= readDefinitions();
  return loaded;
}

function readDefinitions() {
  const read = (file: string) => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
  const structures: StructureDefinition[] = read('./definitions-r4.json');
  const { held, resourceTypes, bindings, valueSets } = read('./bindings-r4.json');
  for (const each of structures) medplum.loadDataType(each);
  return {
    held: new Set<string>(held.split(' ')),
    resourceTypes: new Set<string>(resourceTypes.split(' ')),
    bindings: new Map<string, string>(Object.entries(bindings)),
    valueSets: new Map(Object.entries<Record<string, string>>(valueSets)),
    fields: new Map<string, ReadonlyMap<string, Field>>(),
  };
}

/** Whether R4 has this code for some element of that name; for `resourceType`, whether there is such a type. */
export function isCodeOf(name: string, code: string): boolean {
  const { resourceTypes, bindings, valueSets } = definitions();
  if (name === 'resourceType') return resourceTypes.has(code);
  const sets = [...bindings].flatMap(([element, set]) => (element.endsWith(`.${name}`) ? [valueSets.get(set)] : []));
  return sets.some((set) => Object.values(set ?? {}).some((list) => list.split(' ').includes(code)));
}

/** The JSON keys that a type knows; each form of a choice (`value[x]`) is a key of its own. */
function fieldsOf(type: string): ReadonlyMap<string, Field> {
  const { fields, bindings, valueSets } = definitions();
  const known = fields.get(type);
  if (known) return known;
  const made = new Map<string, Field>();
  for (const [element, { path, type: types, isArray }] of Object.entries(medplum.getDataType(type).elements)) {
    const name = element.replace('[x]', '');
    const isChoice = name !== element;
    const set = bindings.get(path) ?? '';
    const lists = Object.entries(valueSets.get(set) ?? {}).map(([key, list]) => [key, list.split(' ')] as const);
    const all = lists.flatMap(([, list]) => list);
    const codes: Codes | undefined = all.length > 0 ? new Map(lists) : undefined;
    const choices = all.length > limits.choices ? `ValueSet ${set}` : all.join(', ');
    const rest = { name, isMany: isArray === true, isChoice, codes, choices };
    for (const { code } of types) made.set(isChoice ? name + medplum.capitalize(code) : name, { ...rest, type: code });
  }
  fields.set(type, made);
  return made;
}

/**
 * Everything that is wrong with a resource against base R4 (4.0.1), in the order of the message; empty when nothing is.
 * Walks into the entries of a Bundle. Nothing that is said holds a value of the message. Never throws on JSON.
 * `root`: the FHIRPath of this resource in the sender's message, when it is a part of it.
 */
export function validateBaseR4(resource: unknown, root?: string): Issue[] {
  const type = isJson(resource) ? resource.resourceType : '';
  const start = root ?? (typeof type === 'string' && definitions().resourceTypes.has(type) ? type : '');
  const found: Issue[] = [];
  const order = new Map<string, number>();
  if (isTooMuch(resource)) tell(found, 'too-deep', start);
  else examine(resource, start, found, order);
  const place = (path: string) => order.get(upwards(path).find((each) => order.has(each)) ?? '') ?? 0;
  return found.sort((a, b) => place(a.path) - place(b.path));
}

/** What is told of a value that is too large or too deep to be looked at by anything recursive; undefined when it is not. */
export const tooMuchIssue = (value: unknown, path: string): Issue | undefined =>
  isTooMuch(value) ? validationIssue('too-deep', path, '', '') : undefined;
/** The library looks at the texts of a list (a given name, a line of an address) letter by letter: each counts. */
function lettersIn(value: unknown): number {
  if (!Array.isArray(value)) return 0;
  return value.reduce<number>((sum, one) => sum + (typeof one === 'string' ? one.length : 0), 0);
}

/** Level by level: this runs before anything recursive does. */
function isTooMuch(resource: unknown): boolean {
  let level = [resource];
  for (let depth = 0, nodes = 1; level.length > 0; depth++, nodes += level.length) {
    nodes += level.reduce<number>((sum, each) => sum + lettersIn(each), 0);
    if (depth > limits.depth || nodes > limits.nodes) return true;
    level = level.flatMap((each) => (each && typeof each === 'object' ? Object.values(each) : []));
  }
  return false;
}

// One resource, and what the rules of the resource around it look at. `holder`: the walk of a resource that contains it.
// All others are judged on their own, because the library passes over the invariants of a resource inside a Bundle.
function examine(value: unknown, root: string, found: Issue[], order: Walk['order'], holder?: Walk): Json {
  order.set(root, order.get(root) ?? order.size);
  const { held, resourceTypes } = definitions();
  const type = isJson(value) && typeof value.resourceType === 'string' ? value.resourceType : '';
  if (!isJson(value) || !held.has(type)) {
    const isKnown = resourceTypes.has(type);
    tell(found, isKnown ? 'not-examined' : 'unknown-resource-type', root, isKnown ? type : '');
    holder?.said.add(root);
    return { resourceType: 'Basic' };
  }
  if (holder) return cleaned(value, type, root, holder);
  const ids = new Set(Array.isArray(value.contained) ? value.contained.filter(isJson).map(({ id }) => id) : []);
  const walk: Walk = { found, order, said: new Set(), harmed: new Set(), ids };
  const clean = cleaned(value, type, root, walk);
  for (const { severity, details, expression } of verdicts(clean)) {
    const text = details?.text ?? '';
    const reason = heard.find(([pattern]) => pattern.test(text))?.[1] ?? 'not-checked';
    const element = (expression?.[0] ?? type).slice(type.length);
    const path = root + element.replaceAll('[x]', '');
    const isGeneral = reason === 'invariant' || reason === 'not-checked';
    const isTold = upwards(path).some((each) => walk.said.has(each)) || (isGeneral && walk.harmed.has(path));
    // Its warnings are about the type behind a reference, and it has one for every urn:uuid.
    if (isTold || severity !== 'error') continue;
    const kind = /^Invalid (\w+)/.exec(text)?.[1] ?? '';
    const detail = isGeneral ? text.replace(/^Constraint (\S+) not met/, '$1') : (examples[kind] ?? kind);
    const field = element
      .slice(element.lastIndexOf('.') + 1)
      .replace(/\[\d{1,9}\]$/, '')
      .replace('[x]', kind ? medplum.capitalize(kind) : '[x]');
    tell(found, reason, path, field, detail || /-?\d{1,12}\.\.\d+|integer|1 MB/.exec(text)?.[0]);
  }
  return { resourceType: type, meta: { versionId: isJson(clean.meta) ? clean.meta.versionId : undefined } };
}

function verdicts(clean: Json): readonly OperationOutcomeIssue[] {
  try {
    // How many bytes a message may have is for the door to say, not for the library's 1 MB.
    return medplum.validateResource(clean as unknown as Resource, { base64BinaryMaxBytes: Number.MAX_SAFE_INTEGER });
  } catch (error) {
    const said = error instanceof medplum.OperationOutcomeError ? error.outcome.issue : [];
    return said.length > 0 ? said : [{ severity: 'error', code: 'exception' }];
  }
}

/** A copy of what R4 knows, in the form R4 wants, with the indexes of the original: the library can walk it safely. */
function cleaned(value: Json, type: string, path: string, walk: Walk): Json {
  const clean: Json = {};
  const chosen = new Map<string, string>();
  const fields = fieldsOf(type);
  for (const [key, inner] of Object.entries(value)) {
    const bare = key.replace(/^_/, '');
    const field = fields.get(bare);
    const isPrimitive = field !== undefined && medplum.isPrimitiveType(field.type);
    const isName = field !== undefined || /^[A-Za-z_]\w{0,63}$/.test(key);
    const at = isName ? `${path}.${field?.name ?? key}` : path;
    walk.order.set(at, walk.order.get(at) ?? walk.order.size);
    if (key === 'resourceType' && definitions().held.has(type)) clean.resourceType = type;
    else if (!field || (key !== bare && !isPrimitive)) tell(walk.found, 'unknown-field', at, isName ? key : '?');
    else {
      const of = key === bare ? field : { ...field, type: 'Element', codes: undefined };
      const form = forms[jsTypes.get(of.type) ?? ''] ?? '{ … }';
      const other = value[key === bare ? `_${key}` : bare];
      const one = (each: unknown, place: string) => cleanedOne(each, of, place, key, walk);
      if (field.isChoice && (chosen.get(at) ?? bare) !== bare) lose(walk, 'two-choices', at, `${field.name}[x]`);
      else if (field.isMany !== Array.isArray(inner)) lose(walk, 'wrong-type', at, key, field.isMany ? '[ … ]' : form);
      else if (!Array.isArray(inner)) clean[key] = one(inner, at);
      else if (inner.length === 0) lose(walk, 'empty-value', at, key);
      else
        clean[key] = inner.map((each, i) => {
          // FHIR pairs `given` with `_given` by index; null says: nothing here, see the other.
          if (each === null && isPrimitive && Array.isArray(other) && (other[i] ?? null) !== null) return null;
          return one(each, `${at}[${i}]`) ?? (key === bare && isPrimitive ? null : {});
        });
      if (clean[key] === undefined) delete clean[key];
      chosen.set(at, bare);
    }
  }
  checkTogether(value, type, path, walk);
  return clean;
}

/** One value of a field, cleaned; undefined when there is nothing in it for the library. */
function cleanedOne(value: unknown, field: Field, at: string, key: string, walk: Walk): unknown {
  const { type, codes, choices } = field;
  const jsType = jsTypes.get(type);
  walk.order.set(at, walk.order.get(at) ?? walk.order.size);
  if (value === null || (isJson(value) && Object.keys(value).every((each) => each === 'id')))
    return lose(walk, 'empty-value', at, key);
  if (type === 'Resource') {
    const isInside = field.name === 'contained';
    if (!isInside) walk.said.add(at);
    return examine(value, at, walk.found, walk.order, isInside ? walk : undefined);
  }
  if (jsType ? typeof value !== jsType : !isJson(value))
    return lose(walk, 'wrong-type', at, key, forms[jsType ?? ''] ?? '{ … }');
  if (isJson(value)) {
    const clean = cleaned(value, type, at, walk);
    const codings = Array.isArray(clean.coding) ? clean.coding.filter(isJson) : [];
    const isAllowed = !codes || codings.some(({ system, code }) => codes.get(system)?.includes(code));
    if (!isAllowed) tell(walk.found, 'code-not-allowed', at, key, choices);
    if (Object.keys(clean).length > 0) return clean;
    walk.said.add(at);
    return undefined;
  }
  if (typeof value !== 'string') return value;
  if (!value.trim()) return lose(walk, 'empty-value', at, key);
  if (!cleanText(value)) return lose(walk, 'bad-format', at, key, 'UTF-8');
  if (type === 'dateTime' && zoneless.test(value)) tell(walk.found, 'impossible-date', at, key, moment);
  if (type === 'xhtml' && !safeNarrative(value)) tell(walk.found, 'unsafe-narrative', at, key);
  const isAllowed = !codes || [...codes.values()].some((each) => each.includes(value));
  if (!isAllowed) tell(walk.found, 'code-not-allowed', at, key, choices);
  return value;
}

/** What no field shows on its own. The library compares moments as text: 10:00+01:00 would come after 09:30Z. */
function checkTogether(value: Json, type: string, path: string, walk: Walk): void {
  const { start, end, authoredOn, lastModified, reference, request } = value;
  const broken = (rule: string) => tell(walk.found, 'invariant', path, '', rule);
  if (type === 'Period' && isEarlier(end, start)) broken('per-1: start SHALL NOT be later than end');
  if (type === 'Task' && isEarlier(lastModified, authoredOn)) broken('inv-1: lastModified >= authoredOn');
  const local =
    type === 'Reference' && typeof reference === 'string' && /^#./.test(reference) ? reference.slice(1) : '';
  if (local && !walk.ids.has(local)) broken('ref-1: SHALL have a contained resource if a local reference is provided');
  const isBare = type === 'BundleEntry' && value.resource === undefined && value.response === undefined;
  const method = isJson(request) ? request.method : '';
  if (isBare && method !== 'GET' && method !== 'HEAD' && method !== 'DELETE')
    tell(walk.found, 'missing-field', `${path}.resource`, 'resource');
}

function tell(found: Issue[], wanted: Reason, path: string, field = '', detail = ''): void {
  if (found.length === limits.issues) return;
  const reason = found.length === limits.issues - 1 ? 'too-many' : wanted;
  found.push(validationIssue(reason, path, field, detail));
}

/** Of a value that the library does not get to see: it must not repeat us, and the rules above it cannot be judged. */
function lose(walk: Walk, reason: Reason, path: string, field: string, detail?: string): undefined {
  tell(walk.found, reason, path, field, detail);
  walk.said.add(path);
  for (const each of upwards(path)) walk.harmed.add(each);
}

/** A path and those above it, the nearest first. */
function upwards(path: string): string[] {
  return [...path.matchAll(/[.[]|$/g)].map(({ index }) => path.slice(0, index)).reverse();
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
