import type { ListedReferral } from '../store/lists/lists.ts';
import type { ListPlace } from '../store/lists/order.ts';
import { query, type Visit } from './acting.ts';
import { html, type Markup, sayIn } from './html.ts';

/** So many referrals on a page: two such lists on one page stay far below 30 kB, and a telephone shows them at once. */
export const pageSize = 50;
/** What is asked for: one more says whether there is a next page. */
export const askedSize = pageSize + 1;

const placeForm = /^(\d)\.([12]\d{3}-\d{2}-\d{2})\.(\d{1,16})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Where a page ended, as it stands in an address. */
export const placeText = ({ rank, day, arrived, journey }: ListPlace): string =>
  [rank, day, arrived, journey].join('.');

/** The place that a text names; undefined when it cannot be one, and then the list begins at its start. */
export function placeOf(text: string): ListPlace | undefined {
  const [, rank, day = '', arrived, journey = ''] = placeForm.exec(text) ?? [];
  const moment = Date.parse(`${day}T00:00:00Z`);
  // A day as the calendar has it: PostgreSQL refuses 31 February.
  if (Number.isNaN(moment) || new Date(moment).toISOString().slice(0, 10) !== day) return undefined;
  return { rank: Number(rank), day, arrived: Number(arrived), journey };
}

/** Whether a place comes after another, in a list that what presses most heads. */
export function isBeyond(one: ListPlace, other: ListPlace): boolean {
  if (one.rank !== other.rank) return one.rank > other.rank;
  if (one.day !== other.day) return one.day > other.day;
  return one.arrived !== other.arrived ? one.arrived > other.arrived : one.journey > other.journey;
}

/** One page of a list: what it shows, and where the next one begins. */
export interface ListPage<T = ListedReferral> {
  readonly rows: readonly T[];
  /** Where it begins, as it stands in the address; undefined: at the start. */
  readonly after: string | undefined;
  readonly next: string | undefined;
}

/** A page of what was found from `after` on, when `askedSize` was asked for. */
export function pageOf<T extends { readonly place: ListPlace }>(
  found: readonly T[],
  after: ListPlace | undefined,
): ListPage<T> {
  return pageBy(found, after && placeText(after), ({ place }) => placeText(place));
}

/** The same of a list whose places are of another kind, `size` on a page, when one more was asked for. */
export function pageBy<T>(
  found: readonly T[],
  after: string | undefined,
  place: (one: T) => string,
  size = pageSize,
): ListPage<T> {
  const rows = found.slice(0, size);
  const last = found.length > size ? rows.at(-1) : undefined;
  return { rows, after, next: last && place(last) };
}

/** The id after which a list goes on that is ordered by it; undefined: from the start. */
export function idIn({ request }: Visit, name: string): string | undefined {
  const text = query(request, name);
  return /^[1-9]\d{0,17}$/.test(text) ? text : undefined;
}

/** The place in a parameter of the address; undefined: from the start. */
export const placeIn = ({ request }: Visit, name: string): ListPlace | undefined => placeOf(query(request, name));

/**
 * The address of a page with several lists, one of them from another place on; the others stay where they are.
 * @param stays what the address says now; what is undefined is not in it
 * @param list the list's parameter, which is the id of its heading too
 */
export function addressFrom(
  path: string,
  stays: Readonly<Record<string, string | undefined>>,
  list: string,
  place: string | undefined,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...stays, [list]: place })) if (value) query.set(name, value);
  return `${path}${query.size > 0 ? `?${query}` : ''}#${list}`;
}

/** The words of an empty list; of a later page that ran empty meanwhile they say so. */
export function noneText({ after }: ListPage<unknown>, { viewer }: Visit, none: string): Markup {
  const t = sayIn(viewer.language);
  return html`<p class="empty">${after ? t('Op deze bladzijde staat niets meer.', 'Nothing is left on this page.') : none}</p>`;
}

/**
 * The ways on from a page: to the next one and back to the first. Undefined when the list is whole.
 * @param to the list's address from a place on; without one its first page
 * @param what the list's name, for who hears the links without seeing where they stand
 */
export function pagesPart(
  { rows, after, next }: ListPage<unknown>,
  { total, what, to }: { readonly total: number; readonly what: string; readonly to: (after?: string) => string },
  visit: Visit,
): Markup | undefined {
  return pagesLinks({ shown: rows.length, total, what, first: after && to(), next: next && to(next) }, visit);
}

/** Where a page of anything stands, and the addresses of the first and the next one. */
interface Pages {
  readonly shown: number;
  readonly total: number;
  readonly what: string;
  readonly first: string | false | undefined;
  readonly next: string | false | undefined;
}

/** The same of any list; undefined when it is whole. */
export function pagesLinks({ shown, total, what, first, next }: Pages, { viewer }: Visit): Markup | undefined {
  if (!first && !next) return undefined;
  const t = sayIn(viewer.language);
  const named = html`<span class="vh">: ${what}</span>`;
  return html`<nav class="pages" aria-label="${t('Bladzijden', 'Pages')}: ${what}">
<p>${t(`U ziet er ${shown} van ${total}.`, `You see ${shown} of ${total}.`)}</p>
<ul class="counts">${first && html`<li><a href="${first}">${t('Eerste bladzijde', 'First page')}${named}</a></li>`}
${next && html`<li><a href="${next}" rel="next">${t('Volgende bladzijde', 'Next page')}${named}</a></li>`}</ul></nav>`;
}
