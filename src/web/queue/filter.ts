import { mayHoldBsn } from '../../fhir/identifiers.ts';
import type { Said } from '../../fhir/outcome.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import { classOfFailure, type ErrorClass, errorClasses, failureCodes } from '../../referral/error-class.ts';
import type { DeliveryState } from '../../store/queue/deliveries.ts';
import type { Place, QueueFilter } from '../../store/queue/list.ts';
import type { Viewer } from '../page.ts';
import { type Age, ages, classSaid, type Direction, destinationName, directions, stateSaid, states } from './words.ts';

/** What the address of a list of the queue says; every part of it was checked. No patient data can stand in it. */
export interface Filter {
  readonly state?: DeliveryState | 'open' | 'all';
  readonly destination?: string;
  readonly direction?: Direction;
  readonly class?: ErrorClass;
  readonly code?: string;
  /** AGB code or id. */
  readonly practice?: string;
  /** Id of the Wally who has the referral. */
  readonly wally?: string;
  readonly number?: string;
  readonly control?: string;
  /** Id of the referral's journey, as log lines have it. */
  readonly journey?: string;
  readonly age?: Age;
}
export type FilterName = keyof Filter;

/** Every name a filter of the queue may have, in the order of its address. */
export const filterNames: readonly FilterName[] = [
  'state',
  'destination',
  'direction',
  'class',
  'code',
  'practice',
  'wally',
  'number',
  'control',
  'journey',
  'age',
];

const among =
  (...values: readonly string[]) =>
  (value: string) =>
    values.includes(value);
const like = (pattern: RegExp) => (value: string) => pattern.test(value);
/** Nothing that could be somebody's BSN stands in an address, whoever typed it in whatever field. */
const idLike = (pattern: RegExp) => (value: string) => pattern.test(value) && !mayHoldBsn(value);
const checks: Record<FilterName, (value: string) => boolean> = {
  state: among(...states, 'open', 'all'),
  destination: idLike(/^[\w:./-]{1,120}$/),
  direction: among(...Object.keys(directions)),
  class: among(...errorClasses),
  code: like(/^[a-z][a-z0-9-]{1,60}$/),
  practice: idLike(/^[\w.-]{1,64}$/),
  wally: idLike(/^[\w.-]{1,64}$/),
  number: like(/^KL-[0-9A-Z]{5}-[0-9A-Z]{5}$/),
  control: idLike(/^[\w.:^ -]{1,120}$/),
  journey: like(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  age: among(...Object.keys(ages)),
};

/** The filter of fields as they were given; what cannot be is left out. */
export function filterOf(given: (name: string) => string): Filter {
  const found = filterNames.flatMap((name) => {
    const typed = given(name).trim();
    const value = name === 'number' ? typed.toUpperCase() : typed;
    return value !== '' && checks[name](value) ? [[name, value] as const] : [];
  });
  return Object.fromEntries(found);
}

/** The filter as the part of an address behind the question mark. */
export function queryOf(filter: Filter): string {
  return filterNames
    .flatMap((name) => {
      const value = filter[name];
      return value === undefined
        ? []
        : [`${name}=${encodeURIComponent(value).replaceAll('%3A', ':').replaceAll('%2F', '/')}`];
    })
    .join('&');
}

export function address(filter: Filter, path = '/admin', after?: string): string {
  const query = [queryOf(filter), after && `after=${after}`].filter(Boolean).join('&');
  return query === '' ? path : `${path}?${query}`;
}

/** What of a filter is set, for pills that each take one part away. */
export function partsOf(
  filter: Filter,
  directory: Directory,
  { language, ...viewer }: Viewer,
): { readonly label: string; readonly rest: Filter }[] {
  const said = (from: Said) => from[language];
  const other: Record<'open' | 'all', Said> = {
    open: { nl: 'nog open', en: 'still open' },
    all: { nl: 'alles', en: 'everything' },
  };
  const label = (name: FilterName, value: string): string => {
    if (name === 'state') return said(other[value as 'open'] ?? stateSaid[value as DeliveryState]);
    if (name === 'destination') return destinationName(value, directory, { language, ...viewer });
    if (name === 'direction') return said(directions[value as Direction].said);
    if (name === 'class') return said(classSaid[value as ErrorClass].said);
    if (name === 'age') return said(ages[value as Age].said);
    if (name === 'practice') return practiceOf(value, directory)?.name ?? value;
    if (name === 'wally') return directory.roles.get(value)?.name ?? value;
    return value;
  };
  return filterNames.flatMap((name) => {
    const { [name]: value, ...rest } = filter;
    return value === undefined ? [] : [{ label: label(name, value), rest }];
  });
}

/** The practice of an AGB code or an id. */
const practiceOf = (value: string, directory: Directory) =>
  [...directory.practices.values()].find((one) => one.agb === value) ?? directory.practices.get(value);

const stillOpen: readonly DeliveryState[] = ['pending', 'queued', 'sent', 'held'];

/** Whether it asks for one referral or message by its own name: then also what has ended is looked for. */
export const isOfOne = ({ number, control, journey }: Filter): boolean =>
  [number, control, journey].some((one) => one !== undefined);

/** What the store is asked. Without a state: what is open; only an exact number is looked for among all. */
export function toQueue(filter: Filter, directory: Directory, now: Date): QueueFilter {
  const { state, destination, direction, code, practice, wally, number, control, journey, age } = filter;
  const isExact = isOfOne(filter);
  const codes = code !== undefined ? [code] : filter.class && failureCodes(filter.class);
  const either = code !== undefined && filter.class && classOfFailure(code) !== filter.class ? [] : codes;
  return {
    states:
      state === 'all' || (state === undefined && isExact)
        ? undefined
        : !state || state === 'open'
          ? stillOpen
          : [state],
    codes: either,
    destination,
    kinds: direction && directions[direction].kinds,
    practice: practice === undefined ? undefined : (practiceOf(practice, directory)?.id ?? practice),
    owner: wally,
    number,
    control,
    journey,
    before: age && new Date(now.getTime() - ages[age].ms),
  };
}

/** Where a page ended, as it stands in an address: milliseconds and an id. */
export const placeText = (at: Date, id: string): string => `${at.getTime()}.${id}`;

export function placeOf(text: string, id: RegExp): Place | undefined {
  const [ms = '', found = ''] = text.split('.');
  return /^\d{1,15}$/.test(ms) && id.test(found) ? { at: new Date(Number(ms)), id: found } : undefined;
}
