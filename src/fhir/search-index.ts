import { type Span, spanOf, spanOfPeriod } from './date-range.ts';
import { parametersOf, type SearchParameter } from './search-parameters.ts';
import { identifiers } from './systems.ts';

/** What of a resource can be searched. `words`: `code value`, or only `code`: there is one. */
export interface SearchWords {
  readonly plain: readonly string[];
  /** What says who someone is, by the name of the field it is hashed under; never kept in the clear. */
  readonly identifying: readonly { readonly code: string; readonly field: string; readonly value: string }[];
  readonly dates: Readonly<Record<string, Span>>;
}

type Json = Record<string, unknown>;
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

const steps = new Map<string, readonly string[]>();

/** A path taken apart, once: every resource that is stored is walked along all of them. */
function stepsOf(path: string): readonly string[] {
  const known = steps.get(path) ?? path.split('.');
  steps.set(path, known);
  return known;
}

/** Everything that stands at a path; lists on the way are walked. */
export function valuesAt(resource: unknown, path: string): unknown[] {
  return stepsOf(path).reduce<unknown[]>(
    (values, name) =>
      values.flatMap((value) => {
        const next = isJson(value) ? value[name] : undefined;
        return next === undefined || next === null ? [] : Array.isArray(next) ? next : [next];
      }),
    [resource],
  );
}

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);

/** A system and code as token parameters ask for them: the code alone, with its system, the system alone (search.html#token). */
function codeWords(system: string | undefined, code: string | undefined): string[] {
  if (code === undefined) return [];
  return system === undefined ? [code, `|${code}`] : [code, `${system}|${code}`, `${system}|`];
}

function tokenWords(value: unknown): string[] {
  if (typeof value === 'string' || typeof value === 'boolean') return [String(value)];
  if (!isJson(value)) return [];
  if (Array.isArray(value.coding)) return value.coding.flatMap((one) => tokenWords(one));
  return codeWords(text(value.system), text(value.code) ?? text(value.value));
}

/** `Type/id` without server or version; else the address as it is. */
export function bareReference(reference: string): string {
  return /(?:^|\/)([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})(?:\/_history\/[^/]+)?$/.exec(reference)?.[1] ?? reference;
}

/** What a message carries inside it instead of pointing: its resident is that of its journey, a role says which it is. */
function containedWords(resource: unknown, reference: string): string[] {
  const inside = valuesAt(resource, 'contained').find((one) => isJson(one) && `#${one.id}` === reference);
  if (!isJson(inside)) return [];
  if (inside.resourceType === 'Patient') return [ofJourney('Patient')];
  return valuesAt(inside, 'identifier').flatMap((one) =>
    isJson(one) && one.system === identifiers.task ? [`${inside.resourceType}/${one.value}`] : [],
  );
}

/** "The one of this journey", for messages that name it by a number. */
export const ofJourney = (type: string) => `${type}/*`;

function numberedWords(type: string | undefined, identifier: Json): string[] {
  const value = text(identifier.value)?.replace('urn:uuid:', '');
  if (identifier.system === identifiers.journeyNumber && type) return [ofJourney(type)];
  return identifier.system === identifiers.task && type ? [`${type}/${value}`] : [];
}

function referenceWords(resource: unknown, value: unknown, targets: readonly string[]): string[] {
  if (!isJson(value)) return [];
  const reference = text(value.reference);
  const pointed =
    reference === undefined
      ? isJson(value.identifier)
        ? numberedWords(text(value.type), value.identifier)
        : []
      : reference.startsWith('#')
        ? containedWords(resource, reference)
        : [bareReference(reference)];
  const fits = pointed.filter((one) => targets.length === 0 || targets.includes(one.split('/')[0] ?? ''));
  const byIdentifier = isJson(value.identifier) ? tokenWords(value.identifier).map((one) => `:identifier ${one}`) : [];
  return [...fits, ...byIdentifier];
}

/** The name under which an identifying value is hashed; an identifier's has its system, or none for "any system";
 * a part of a name is hashed once, whichever parameter asks for it. */
export function fieldOf(code: string, system?: string): string {
  if (code === 'family' || code === 'given') return 'name';
  if (code !== 'identifier') return code === 'birthdate' ? 'birthDate' : code;
  return system === identifiers.bsn ? 'bsn' : system === undefined ? 'identifier' : `identifier ${system}`;
}

/** A name is found by all of it and by each of its parts; a beginning of one cannot be, for it is hashed. */
function partsOf(code: string, value: string): string[] {
  const parts = code === 'name' || code === 'family' ? value.split(/[\s-]+/).filter((one) => one.length > 1) : [];
  return [...new Set([value, ...parts])];
}

function identifyingOf(resource: unknown, { code, kind, paths }: SearchParameter): SearchWords['identifying'] {
  const values = paths.flatMap((path) => valuesAt(resource, path));
  if (kind !== 'token')
    return values
      .flatMap((value) => (typeof value === 'string' ? partsOf(code, value) : []))
      .map((value) => ({ code, field: fieldOf(code), value }));
  return values.flatMap((one) => {
    const value = isJson(one) ? text(one.value) : undefined;
    if (!isJson(one) || value === undefined) return [];
    // Under its own system, and for who does not say which.
    return [fieldOf(code, text(one.system) ?? ''), fieldOf(code)].map((field) => ({ code, field, value }));
  });
}

function spanAt(resource: unknown, paths: readonly string[]): Span | undefined {
  for (const value of paths.flatMap((path) => valuesAt(resource, path))) {
    const span = typeof value === 'string' ? spanOf(value) : isJson(value) ? spanOfPeriod(value) : undefined;
    if (span) return span;
  }
  return undefined;
}

/** What of a resource can be searched, by the parameters of its type; a type without any gives nothing. */
export function searchWords(resource: { readonly resourceType: string }): SearchWords {
  const plain: string[] = [];
  const identifying: SearchWords['identifying'][number][] = [];
  const dates: Record<string, Span> = {};
  for (const parameter of parametersOf(resource.resourceType)?.values() ?? []) {
    const { code, kind, paths, targets } = parameter;
    if (parameter.identifying) {
      const found = identifyingOf(resource, parameter);
      identifying.push(...found);
      if (found.length > 0) plain.push(code);
    } else if (kind === 'date') {
      const span = spanAt(resource, paths);
      if (span) dates[code] = span;
      if (span) plain.push(code);
    } else {
      const values = paths.flatMap((path) => valuesAt(resource, path));
      const words = values.flatMap((value) =>
        kind === 'token'
          ? tokenWords(value)
          : kind === 'reference'
            ? referenceWords(resource, value, targets)
            : (text(value) ?? []),
      );
      if (words.length > 0)
        plain.push(code, ...words.map((word) => (word.startsWith(':') ? code + word : `${code} ${word}`)));
    }
  }
  return { plain: [...new Set(plain)], identifying, dates };
}
