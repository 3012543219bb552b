import { type DateQuestion, dateQuestion } from './date-range.ts';
import { bareReference, fieldOf } from './search-index.ts';
import { directoryParameters, parametersOf, type SearchParameter } from './search-parameters.ts';
import type { SearchReason } from './search-words.ts';
import { identifiers } from './systems.ts';

/** One condition of a search. Values within one are alternatives; several filters must all hold. */
export type Filter =
  | { readonly kind: 'words'; readonly code: string; readonly any: readonly string[]; readonly not: boolean }
  | {
      readonly kind: 'identifying';
      readonly code: string;
      readonly any: readonly { readonly field: string; readonly value: string }[];
      readonly not: boolean;
    }
  | { readonly kind: 'date'; readonly code: string; readonly any: readonly DateQuestion[] }
  | { readonly kind: 'missing'; readonly code: string; readonly missing: boolean }
  | {
      readonly kind: 'text';
      readonly code: string;
      readonly how: 'begins' | 'exact' | 'contains';
      readonly any: readonly string[];
    }
  | { readonly kind: 'id'; readonly any: readonly string[] }
  | { readonly kind: 'changed'; readonly any: readonly DateQuestion[] }
  /** The resource that `code` points to, of this type, answers the filter. */
  | { readonly kind: 'chain'; readonly code: string; readonly type: string; readonly filter: Filter }
  /** A resource of this type points here with `code`, and answers the filter. */
  | { readonly kind: 'has'; readonly code: string; readonly type: string; readonly filter: Filter };

/** How a search came: over an address that others may log, or in a body; and what the caller may look at. */
export interface Asked {
  readonly type: string;
  readonly pairs: readonly (readonly [name: string, value: string])[];
  readonly via: 'address' | 'body';
  readonly strict: boolean;
  /** Types that this caller may search: chains and includes lead to no others. */
  readonly may: (type: string) => boolean;
}

/** Elements of type code: their system is said by R4, never by the resource. */
const codes = new Set([
  'status',
  'intent',
  'priority',
  'gender',
  'action',
  'outcome',
  'part-status',
  'contenttype',
  'active',
]);
const chainMax = 3;
const valuesMax = 100;

/** The alternatives in a value, and what a backslash in it hides (search.html#escaping). */
function alternatives(value: string): string[] {
  return [...value.matchAll(/(?:\\.|[^,\\])+/gs)].map(([one]) => one);
}

const plain = (value: string) => value.replaceAll(/\\([,|$\\])/g, '$1');

/** A token's system and code; the system is undefined when it was not said, empty when there may be none. */
function tokenOf(value: string): { readonly system: string | undefined; readonly code: string } {
  const at = /(?<!\\)\|/.exec(value)?.index;
  if (at === undefined) return { system: undefined, code: plain(value) };
  return { system: plain(value.slice(0, at)), code: plain(value.slice(at + 1)) };
}

function tokenWord(code: string, value: string): string {
  const token = tokenOf(value);
  if (token.system === undefined || codes.has(code)) return token.code;
  return `${token.system}|${token.code}`;
}

const isBsn = (value: string) => tokenOf(value).system === identifiers.bsn;

/** A reference as an id alone, `Type/id` or an address, as the words of the index. */
function referenceWordsOf(parameter: SearchParameter, value: string, type: string | undefined): string[] {
  const bare = bareReference(plain(value));
  if (bare.includes('/')) return [bare];
  return (type ? [type] : parameter.targets).map((target) => `${target}/${bare}`);
}

function identifyingFilter(
  parameter: SearchParameter,
  modifier: string | undefined,
  values: string[],
): Filter | SearchReason {
  const { code, kind } = parameter;
  if (modifier !== undefined && modifier !== 'exact' && !(modifier === 'not' && kind === 'token'))
    return 'search-modifier';
  const any = values.map((one) => {
    if (kind !== 'token') return { field: fieldOf(code), value: plain(one) };
    const { system, code: value } = tokenOf(one);
    return { field: fieldOf(code, system), value };
  });
  // A birth date is hashed: the whole day, or nothing.
  if (code === 'birthdate') {
    const days = any.map(({ field, value }) => ({ field, value: value.replace(/^eq/, '') }));
    return days.every(({ value }) => /^\d{4}-\d\d-\d\d$/.test(value))
      ? { kind: 'identifying', code, any: days, not: false }
      : 'search-value';
  }
  return any.every(({ value }) => value !== '')
    ? { kind: 'identifying', code, any, not: modifier === 'not' }
    : 'search-value';
}

function plainFilter(
  asked: Asked,
  type: string,
  parameter: SearchParameter,
  modifier: string | undefined,
  values: string[],
): Filter | SearchReason {
  const { code, kind } = parameter;
  if (kind === 'date') {
    const any = values.map((one) => dateQuestion(one));
    if (modifier !== undefined) return 'search-modifier';
    return any.every((one) => one !== undefined) ? { kind: 'date', code, any } : 'search-value';
  }
  if (kind === 'string') {
    const how = modifier === undefined ? 'begins' : modifier;
    // Only what is public may be found by a piece of it.
    if (how !== 'begins' && how !== 'exact' && how !== 'contains') return 'search-modifier';
    if (!directoryParameters.has(type)) return 'search-modifier';
    return { kind: 'text', code, how, any: values.map(plain) };
  }
  if (asked.via === 'address' && values.some(isBsn)) return 'search-by-post';
  if (kind === 'token') {
    if (modifier !== undefined && modifier !== 'not') return 'search-modifier';
    const any = values.map((one) => `${code} ${tokenWord(code, one)}`);
    return { kind: 'words', code, any, not: modifier === 'not' };
  }
  if (modifier === 'identifier') {
    const any = values.map((one) => `${code}:identifier ${tokenWord('identifier', one)}`);
    return { kind: 'words', code, any, not: false };
  }
  if (modifier !== undefined && !parameter.targets.includes(modifier)) return 'search-modifier';
  const any = values.flatMap((one) => referenceWordsOf(parameter, one, modifier)).map((word) => `${code} ${word}`);
  return { kind: 'words', code, any, not: false };
}

function chained(asked: Asked, type: string, name: string, value: string, depth: number): Filter | SearchReason {
  const at = name.indexOf('.');
  const [code = '', named] = name.slice(0, at).split(':');
  const parameter = parametersOf(type)?.get(code);
  if (!parameter) return 'search-unknown';
  const target = named ?? (parameter.targets.length === 1 ? parameter.targets[0] : undefined);
  const isFollowed = target !== undefined && parameter.targets.includes(target) && parametersOf(target) !== undefined;
  if (parameter.kind !== 'reference' || !isFollowed || depth >= chainMax || !asked.may(target)) return 'search-chain';
  const filter = filterAt(asked, target, name.slice(at + 1), value, depth + 1);
  return typeof filter === 'string' ? filter : { kind: 'chain', code, type: target, filter };
}

/** `_has:Task:focus:status=…` (search.html#has). */
function reversed(asked: Asked, type: string, name: string, value: string, depth: number): Filter | SearchReason {
  const [, from = '', code = '', ...rest] = name.split(':');
  const parameter = parametersOf(from)?.get(code);
  const points = parameter?.kind === 'reference' && parameter.targets.includes(type);
  if (!points || rest.length === 0 || depth >= chainMax || !asked.may(from)) return 'search-chain';
  const filter = filterAt(asked, from, rest.join(':'), value, depth + 1);
  return typeof filter === 'string' ? filter : { kind: 'has', code, type: from, filter };
}

function filterAt(asked: Asked, type: string, name: string, value: string, depth: number): Filter | SearchReason {
  if (name.startsWith('_has:')) return reversed(asked, type, name, value, depth);
  if (name.includes('.')) return chained(asked, type, name, value, depth);
  const values = alternatives(value);
  if (values.length === 0 || values.length > valuesMax) return 'search-value';
  const [code = '', modifier] = name.split(':');
  if (code === '_id') return modifier === undefined ? { kind: 'id', any: values.map(plain) } : 'search-modifier';
  if (code === '_lastUpdated') {
    if (modifier !== undefined) return 'search-modifier';
    const any = values.map((one) => dateQuestion(one));
    return any.every((one) => one !== undefined) ? { kind: 'changed', any } : 'search-value';
  }
  const parameter = parametersOf(type)?.get(code);
  if (!parameter) return 'search-unknown';
  if (modifier === 'missing') {
    if (value !== 'true' && value !== 'false') return 'search-value';
    return { kind: 'missing', code, missing: value === 'true' };
  }
  if (parameter.identifying)
    return asked.via === 'address' ? 'search-by-post' : identifyingFilter(parameter, modifier, values);
  return plainFilter(asked, type, parameter, modifier, values);
}

/** One parameter of a search as a condition, or why it cannot be one. */
export function filterOf(asked: Asked, name: string, value: string): Filter | SearchReason {
  return filterAt(asked, asked.type, name, value, 0);
}
