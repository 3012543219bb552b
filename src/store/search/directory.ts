import type { Resource } from '@medplum/fhirtypes';
import type { Filter } from '../../fhir/search-filter.ts';
import { type Indexed, indexed, matches } from '../../fhir/search-match.ts';
import type { SearchQuery } from '../../fhir/search-query.ts';
import type { Store } from '../store.ts';

type DirectoryDocument = Resource & { id: string };

/** A directory resource in one version, and when that became so. */
export interface DirectoryFound {
  readonly resource: DirectoryDocument;
  readonly version: number;
  readonly changedAt: Date;
}

/** The directory as it is now, ready to be searched in memory. */
export interface DirectorySearch {
  /** What answers all filters, in the order of the query; paging is the caller's. */
  find(query: Pick<SearchQuery, 'type' | 'filters' | 'sort'>): readonly DirectoryFound[];
  /** `Type/id` of what answers a filter. */
  references(type: string, filter: Filter): readonly string[];
  get(reference: string): DirectoryFound | undefined;
}

interface Row {
  type: string;
  id: string;
  version: number;
  at: Date;
  doc: DirectoryDocument;
}

const VERSIONS = `select type, id, version, greatest(valid_from, recorded_at) as at, valid_from, doc from directory_resource`;

const found = ({ doc, version, at }: Row): DirectoryFound => ({ resource: doc, version, changedAt: at });

function searchIn(rows: readonly Row[]): DirectorySearch {
  const known = new Map(rows.map((row) => [`${row.type}/${row.id}`, found(row)]));
  const all: readonly Indexed<DirectoryDocument>[] = rows.map((row) => indexed(row.doc, row.at.getTime()));
  const of = (type: string, filters: readonly Filter[]) =>
    all.filter((one) => one.resource.resourceType === type && filters.every((filter) => matches(one, filter, all)));
  return {
    find: ({ type, filters, sort }) => {
      const keyOf = ({ resource, changed }: Indexed<DirectoryDocument>) =>
        sort.by === 'changed' ? `${changed[0]} ${resource.id}` : resource.id;
      const ordered = of(type, filters).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
      const list = sort.down ? ordered.reverse() : ordered;
      return list.flatMap(({ resource }) => known.get(`${type}/${resource.id}`) ?? []);
    },
    references: (type, filter) => of(type, [filter]).map(({ resource }) => `${type}/${resource.id}`),
    get: (reference) => known.get(reference),
  };
}

/** Reads the directory for searching; again only when its revision changed, or something became valid. One per process. */
export function directorySearcher(store: Store): () => Promise<DirectorySearch> {
  let kept: DirectorySearch | undefined;
  let keptRevision = -1;
  let keptUntilMs = 0;
  return async () => {
    const { rows } = await store.pool.query<{ revision: number }>({
      name: 'directory-revision',
      text: 'select revision from directory_revision',
    });
    const revision = rows[0]?.revision ?? 0;
    const now = store.clock();
    if (kept && keptRevision === revision && now.getTime() < keptUntilMs) return kept;
    const [current, next] = await Promise.all([
      store.pool.query<Row>(
        `select distinct on (type, id) * from (${VERSIONS} where valid_from <= $1) v order by type, id, valid_from desc, version desc`,
        [now],
      ),
      store.pool.query<{ at: Date | null }>(
        'select min(valid_from) as at from directory_resource where valid_from > $1',
        [now],
      ),
    ]);
    kept = searchIn(current.rows);
    keptRevision = revision;
    keptUntilMs = next.rows[0]?.at?.getTime() ?? Number.POSITIVE_INFINITY;
    return kept;
  };
}

/** The versions of a directory resource that are or were valid, newest first. */
export async function directoryVersions(store: Store, type: string, id: string): Promise<DirectoryFound[]> {
  const { rows } = await store.pool.query<Row>(
    `${VERSIONS} where type = $1 and id = $2 and valid_from <= $3 order by version desc`,
    [type, id, store.clock()],
  );
  return rows.map(found);
}
