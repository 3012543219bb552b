import { answersDate, type Span } from './date-range.ts';
import { folded } from './folded.ts';
import type { Filter } from './search-filter.ts';
import { type SearchWords, searchWords, valuesAt } from './search-index.ts';
import { parametersOf } from './search-parameters.ts';

/** A resource that is searched in memory: a directory is small, and public to who may read it. */
export interface Indexed<T> {
  readonly resource: T;
  readonly words: ReadonlySet<string>;
  readonly dates: SearchWords['dates'];
  readonly changed: Span;
}

/** Reads a resource once for many searches; `changed` in ms since 1970. */
export function indexed<T extends { readonly resourceType: string }>(resource: T, changed: number): Indexed<T> {
  const { plain, dates } = searchWords(resource);
  const span: Span = [new Date(changed).toISOString(), new Date(changed + 1).toISOString()];
  return { resource, words: new Set(plain), dates, changed: span };
}

function hasText(resource: { readonly resourceType: string }, filter: Extract<Filter, { kind: 'text' }>): boolean {
  const paths = parametersOf(resource.resourceType)?.get(filter.code)?.paths ?? [];
  const values = paths.flatMap((path) => valuesAt(resource, path)).filter((one) => typeof one === 'string');
  return filter.any.some((wanted) =>
    values.some((value) => {
      if (filter.how === 'exact') return value === wanted;
      const [has, asked] = [folded(value), folded(wanted)];
      return filter.how === 'contains' ? has.includes(asked) : has.startsWith(asked);
    }),
  );
}

/** Whether a resource answers a filter; `all`: every resource that chains may lead to. */
export function matches<T extends { readonly resourceType: string; readonly id: string }>(
  one: Indexed<T>,
  filter: Filter,
  all: readonly Indexed<T>[],
): boolean {
  const { resourceType, id } = one.resource;
  switch (filter.kind) {
    case 'words':
      return filter.any.some((word) => one.words.has(word)) !== filter.not;
    case 'missing':
      return one.words.has(filter.code) !== filter.missing;
    case 'date': {
      const span = one.dates[filter.code];
      return span !== undefined && filter.any.some((question) => answersDate(span, question));
    }
    case 'changed':
      return filter.any.some((question) => answersDate(one.changed, question));
    case 'id':
      return filter.any.includes(id);
    case 'text':
      return hasText(one.resource, filter);
    case 'identifying':
      return false;
    case 'chain':
      return all.some(
        (other) =>
          other.resource.resourceType === filter.type &&
          one.words.has(`${filter.code} ${filter.type}/${other.resource.id}`) &&
          matches(other, filter.filter, all),
      );
    case 'has':
      return all.some(
        (other) =>
          other.resource.resourceType === filter.type &&
          other.words.has(`${filter.code} ${resourceType}/${id}`) &&
          matches(other, filter.filter, all),
      );
  }
}
