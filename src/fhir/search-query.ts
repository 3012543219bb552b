import type { Issue } from './outcome.ts';
import { type Asked, type Filter, filterOf } from './search-filter.ts';
import { parametersOf, sortDates } from './search-parameters.ts';
import { refusedSearch, type SearchReason } from './search-words.ts';

/** `_include=Task:focus:ServiceRequest`; of a reverse one the type is that of what points here. */
export interface Include {
  readonly type: string;
  readonly code: string;
  readonly target: string | undefined;
  readonly iterate: boolean;
}

export interface SearchQuery {
  readonly type: string;
  readonly filters: readonly Filter[];
  readonly includes: readonly Include[];
  readonly revincludes: readonly Include[];
  readonly sort: { readonly by: 'changed' | 'date' | 'id'; readonly down: boolean };
  readonly count: number;
  readonly total: 'none' | 'accurate';
  readonly elements: readonly string[];
  readonly summary: 'true' | 'text' | 'data' | 'count' | 'false';
  /** The parameters that were understood and identify nobody, for the self link. */
  readonly said: readonly (readonly [name: string, value: string])[];
  /** The names of all that were understood, for the trail. */
  readonly names: readonly string[];
}

export const countMax = 200;
const countUsual = 50;
const pairsMax = 60;

type Mutable = {
  -readonly [K in keyof SearchQuery]: SearchQuery[K] extends readonly (infer T)[] ? T[] : SearchQuery[K];
};

const ignored = new Set(['_format', '_pretty']);

function readInclude(asked: Asked, value: string, iterate: boolean): Include | undefined {
  const [type = '', code = '', target] = value.split(':');
  const known = parametersOf(type)?.get(code);
  if (known?.kind !== 'reference' || !asked.may(type) || (target !== undefined && !known.targets.includes(target)))
    return undefined;
  return { type, code, target, iterate };
}

function readSort(type: string, value: string): SearchQuery['sort'] | undefined {
  const down = value.startsWith('-');
  const key = down ? value.slice(1) : value;
  if (key === '_lastUpdated') return { by: 'changed', down };
  if (key === '_id') return { by: 'id', down };
  return key !== '' && key === sortDates[type] ? { by: 'date', down } : undefined;
}

const totals: Readonly<Record<string, SearchQuery['total']>> = {
  none: 'none',
  estimate: 'accurate',
  accurate: 'accurate',
};
const summaries = new Set(['true', 'text', 'data', 'count', 'false']);

/** Reads a result parameter (search.html#_sort and on) into the query; a reason when its value is wrong, null when it is none. */
function readResult(query: Mutable, asked: Asked, name: string, value: string): SearchReason | undefined | null {
  const [bare = '', modifier] = name.split(':');
  if (bare === '_include' || bare === '_revinclude') {
    const include = readInclude(asked, value, modifier === 'iterate' || modifier === 'recurse');
    if (!include) return 'search-include';
    (bare === '_include' ? query.includes : query.revincludes).push(include);
    return undefined;
  }
  if (name === '_count') {
    if (!/^\d{1,6}$/.test(value)) return 'search-value';
    query.count = Math.min(Number(value), countMax);
    // R4: zero asks for the number alone.
    if (query.count === 0) query.summary = 'count';
    return undefined;
  }
  if (name === '_sort') {
    const sort = readSort(asked.type, value);
    if (!sort) return 'search-sort';
    query.sort = sort;
    return undefined;
  }
  if (name === '_total') {
    const total = totals[value];
    if (!total) return 'search-value';
    query.total = total;
    return undefined;
  }
  if (name === '_summary') {
    if (!summaries.has(value)) return 'search-value';
    query.summary = value as SearchQuery['summary'];
    return undefined;
  }
  if (name === '_elements') {
    query.elements.push(...value.split(',').filter((one) => /^[A-Za-z]{1,64}$/.test(one)));
    return query.elements.length === 0 ? 'search-value' : undefined;
  }
  return null;
}

/**
 * A search as it was asked, understood: what is wrong is refused all at once, what is unknown is ignored and said, or
 * refused when the caller wants that (`Prefer: handling=strict`, search.html#errors).
 */
export function readSearch(asked: Asked): {
  readonly query: SearchQuery;
  readonly errors: Issue[];
  readonly ignored: Issue[];
} {
  const query: Mutable = {
    type: asked.type,
    filters: [],
    includes: [],
    revincludes: [],
    sort: { by: 'id', down: false },
    count: countUsual,
    total: 'none',
    elements: [],
    summary: 'false',
    said: [],
    names: [],
  };
  const errors: Issue[] = [];
  const unknown: Issue[] = [];
  if (asked.pairs.length > pairsMax) errors.push(refusedSearch('search-too-many', ''));
  for (const [name, value] of asked.pairs.slice(0, pairsMax)) {
    if (ignored.has(name)) continue;
    const result = value === '' ? 'search-empty' : readResult(query, asked, name, value);
    const filter = result === null ? filterOf(asked, name, value) : undefined;
    const reason = typeof result === 'string' ? result : typeof filter === 'string' ? filter : undefined;
    const safeName = name.replaceAll(/[^\w:.-]/g, '').slice(0, 100);
    if (reason === 'search-unknown' || reason === 'search-empty') {
      if (asked.strict) errors.push(refusedSearch(reason, safeName));
      else unknown.push({ ...refusedSearch(reason, safeName), severity: 'warning' });
      continue;
    }
    if (reason) {
      errors.push(refusedSearch(reason, safeName));
      continue;
    }
    query.names.push(safeName);
    if (filter && typeof filter !== 'string') query.filters.push(filter);
    if (!filter || typeof filter === 'string' || !identifies(filter)) query.said.push([name, value]);
  }
  return { query, errors, ignored: unknown };
}

/** Whether a filter says who someone is: then it stands in no link and no log. */
export function identifies(filter: Filter): boolean {
  if (filter.kind === 'chain' || filter.kind === 'has') return identifies(filter.filter);
  return filter.kind === 'identifying';
}
