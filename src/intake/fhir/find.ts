import type { Resource } from '@medplum/fhirtypes';
import { searchWords } from '../../fhir/search-index.ts';
import type { Include, SearchQuery } from '../../fhir/search-query.ts';
import { type AuditFound, searchAudit } from '../../store/audit-search.ts';
import { numberChanges } from '../../store/changes.ts';
import type { DirectoryFound, DirectorySearch } from '../../store/search/directory.ts';
import { type Found, findAll, type Looking, searchResources } from '../../store/search/search.ts';
import type { Store } from '../../store/store.ts';
import type { Caller } from '../practice-key.ts';
import { directoryView, type Seeing, seenBy } from './seen.ts';
import { isAuditType, isDirectoryType, isJourneyType } from './table.ts';

/** A resource that was found, as its caller may see it. */
export interface Item {
  readonly resource: Resource & { id: string };
  /** Absent where there are no versions (AuditEvent). */
  readonly version?: number;
  readonly changedAt?: Date;
  readonly points: readonly string[];
  readonly journey?: string;
  readonly practice?: string;
}

export interface Answer {
  readonly items: readonly Item[];
  readonly included: readonly Item[];
  readonly total?: number;
  /** The place after which the next page begins. */
  readonly next?: readonly [value: string, id: string];
}

export interface Finding extends Seeing {
  readonly store: Store;
  readonly searchDirectory: () => Promise<DirectorySearch>;
}

const iterationsMax = 3;
const nameOf = ({ resource }: { readonly resource: Resource }) => `${resource.resourceType}/${resource.id}`;

function directoryItem({ resource, version, changedAt }: DirectoryFound): Item {
  const seen = directoryView(resource) as Item['resource'];
  return { resource: seen, version, changedAt, points: searchWords(resource).plain };
}

const auditItem = ({ resource, changedAt }: AuditFound): Item => ({
  resource,
  changedAt,
  points: searchWords(resource).plain,
});

/** What this caller sees of what was found; what it may not see is left out. */
async function itemsOf(finding: Finding, caller: Caller, found: readonly Found[]): Promise<Item[]> {
  const seen = await seenBy(finding, caller.scope, found);
  return found.flatMap((one, nth) => {
    const resource = seen[nth];
    return resource ? [{ ...one, resource: resource as Item['resource'] }] : [];
  });
}

function directoryPage(search: DirectorySearch, query: SearchQuery, cursor: Answer['next']): Answer {
  const all = search.find(query);
  const start = cursor ? all.findIndex((one) => one.resource.id === cursor[1]) + 1 : 0;
  const shown = all.slice(start, start + query.count);
  const last = shown.at(-1);
  return {
    items: shown.map(directoryItem),
    included: [],
    total: all.length,
    ...(last && start + query.count < all.length && { next: ['', last.resource.id] as const }),
  };
}

async function pageOf(
  finding: Finding,
  caller: Caller,
  looking: Looking,
  search: DirectorySearch,
  query: SearchQuery,
  cursor: Answer['next'],
): Promise<Answer> {
  const { store } = finding;
  if (isDirectoryType(query.type)) return directoryPage(search, query, cursor);
  if (isAuditType(query.type)) {
    const page = { after: cursor?.[1], count: query.count };
    const { found, next } = await searchAudit(store, caller.scope, query.filters, page);
    return { items: found.map(auditItem), included: [], ...(next && { next: ['', next] as const }) };
  }
  await numberChanges(store);
  const { found, more, total } = await searchResources(store, looking, query, cursor);
  const last = found.at(-1);
  return {
    items: await itemsOf(finding, caller, found),
    included: [],
    ...(total !== undefined && { total }),
    ...(more && last && { next: last.place }),
  };
}

/** Resources that some references lead to, within what the caller may see. */
async function follow(
  finding: Finding,
  caller: Caller,
  looking: Looking,
  search: DirectorySearch,
  references: readonly string[],
) {
  const idsByType = new Map<string, string[]>();
  for (const reference of references) {
    const [type = '', id = ''] = reference.split('/');
    if (caller.may(type, 'read')) idsByType.set(type, [...(idsByType.get(type) ?? []), id]);
  }
  const found = await Promise.all(
    [...idsByType].map(async ([type, ids]) => {
      if (isDirectoryType(type)) return ids.flatMap((id) => search.get(`${type}/${id}`) ?? []).map(directoryItem);
      if (!isJourneyType(type) || type === 'Binary') return [];
      return itemsOf(finding, caller, await findAll(finding.store, looking, type, [{ kind: 'id', any: ids }]));
    }),
  );
  return found.flat();
}

function pointedAt(items: readonly Item[], includes: readonly Include[]): string[] {
  return items.flatMap((item) =>
    includes
      .filter((one) => one.type === item.resource.resourceType)
      .flatMap(({ code, target }) =>
        item.points
          .filter((word) => word.startsWith(`${code} ${target === undefined ? '' : `${target}/`}`))
          .map((word) => word.slice(code.length + 1))
          .filter((word) => /^[A-Z]\w+\/[^/]+$/.test(word)),
      ),
  );
}

async function pointingAt(
  finding: Finding,
  caller: Caller,
  looking: Looking,
  search: DirectorySearch,
  items: readonly Item[],
  { type, code }: Include,
): Promise<Item[]> {
  const any = items.map((item) => `${code} ${nameOf(item)}`);
  if (any.length === 0 || !caller.may(type, 'search-type')) return [];
  const filters = [{ kind: 'words', code, any, not: false } as const];
  if (isDirectoryType(type)) return search.find({ type, filters, sort: { by: 'id', down: false } }).map(directoryItem);
  return itemsOf(finding, caller, await findAll(finding.store, looking, type, filters));
}

/** `_include` and `_revinclude` (search.html#include), `:iterate` a bounded number of times; each resource once. */
async function included(
  finding: Finding,
  caller: Caller,
  looking: Looking,
  search: DirectorySearch,
  query: SearchQuery,
  items: readonly Item[],
): Promise<Item[]> {
  const known = new Set(items.map(nameOf));
  const gathered: Item[] = [];
  let fresh: readonly Item[] = items;
  for (let round = 0; round <= iterationsMax && fresh.length > 0; round += 1) {
    const now = (one: Include) => round === 0 || one.iterate;
    const references = pointedAt(fresh, query.includes.filter(now)).filter((one) => !known.has(one));
    const around = fresh;
    const found = await Promise.all([
      follow(finding, caller, looking, search, [...new Set(references)]),
      ...query.revincludes.filter(now).map((one) => pointingAt(finding, caller, looking, search, around, one)),
    ]);
    fresh = found.flat().filter((one) => {
      const isNew = !known.has(nameOf(one));
      known.add(nameOf(one));
      return isNew;
    });
    gathered.push(...fresh);
  }
  return gathered;
}

/** What a search finds for a caller: only what it may see, and nothing that says that there is more. */
export async function find(
  finding: Finding,
  caller: Caller,
  query: SearchQuery,
  cursor?: Answer['next'],
): Promise<Answer> {
  const search = await finding.searchDirectory();
  const looking: Looking = {
    scope: caller.scope,
    directory: search.references,
    isDirectory: isDirectoryType,
  };
  const page = await pageOf(finding, caller, looking, search, query, cursor);
  return { ...page, included: await included(finding, caller, looking, search, query, page.items) };
}
