import type { Resource } from '@medplum/fhirtypes';
import { Kysely, PostgresDialect, type RawBuilder, sql } from 'kysely';
import type { Filter } from '../../fhir/search-filter.ts';
import { sortDates } from '../../fhir/search-parameters.ts';
import type { SearchQuery } from '../../fhir/search-query.ts';
import { contentFree } from '../../referral/minimise.ts';
import type { Scope } from '../scope.ts';
import { documentContext, openJson } from '../sealed.ts';
import type { Store } from '../store.ts';
import { type Asking, agreedSql, filtersSql, scopeSql } from './sql.ts';

/** A resource that was found, opened, with the journey it belongs to and when it was last changed. */
export interface Found {
  readonly resource: Resource & { id: string };
  readonly practice: string;
  readonly journey: string;
  readonly version: number;
  /** Absent while its change has no number yet: a moment that is told is final. */
  readonly changedAt?: Date;
  /** What it points to, as `code Type/id`. */
  readonly points: readonly string[];
  /** Its place in the order of this search, for the next page. */
  readonly place: readonly [value: string, id: string];
}

export interface FoundPage {
  readonly found: readonly Found[];
  readonly more: boolean;
  readonly total?: number;
}

interface FoundRow {
  type: string;
  id: string;
  practice_id: string;
  journey_id: string;
  version: number;
  changed_at: Date | null;
  words: string[] | null;
  place: string;
  sealed: Buffer;
  wrapped: Buffer;
}

const databases = new WeakMap<Store, Kysely<unknown>>();

function databaseOf(store: Store): Kysely<unknown> {
  const known = databases.get(store);
  if (known) return known;
  const made = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: store.pool }) });
  databases.set(store, made);
  return made;
}

/** Who looks for resources, and in what. */
export interface Looking extends Pick<Asking, 'directory' | 'isDirectory'> {
  readonly scope: Scope;
}

const askingOf = (store: Store, { scope, directory, isDirectory }: Looking): Asking => ({
  key: store.master.derive('search'),
  whole: scope.kind === 'practice' || scope.kind === 'line',
  directory,
  isDirectory,
});

// Decision 12, as folders.visibleTo has it; one look per row that is left, for a join would be guessed far too small.
const DELIVERED = `(select true from worklist_entry v
  where v.practice_id = j.practice_id and v.task_id = j.task_id and v.assignment = j.assignment)`;

// Recalled, or ended because the consent was withdrawn (H3, H10), as minimise.isWithdrawn has it.
const STANDS = `j.task_status <> 'entered-in-error' and not exists (select from resource c where c.journey_id = r.journey_id
  and c.type = 'Consent' and c.words @> array['Consent.status inactive'])`;

/** Of some journeys those that no receiver reads any more, as minimise.isWithdrawn has it. */
export async function withdrawnAmong(store: Store, journeys: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await store.pool.query<{ id: string }>({
    name: 'withdrawn-among',
    text: `select j.id from journey j where j.id = any($1::uuid[]) and not (${STANDS.replace('r.journey_id', 'j.id')})`,
    values: [journeys],
  });
  return new Set(rows.map((row) => row.id));
}

/**
 * Rows `r` of a type that this scope may see at all: not erased, delivered (decision 12), letters only where agreed, and
 * what holds or is found by content only while the referral stands.
 */
function seenBy(scope: Scope, { type, filters }: Pick<SearchQuery, 'type' | 'filters'>): RawBuilder<unknown> {
  const isReceiver = scope.kind !== 'practice' && scope.kind !== 'line';
  const delivered = isReceiver ? sql` and ${sql.raw(DELIVERED)}` : sql``;
  const letters = isReceiver && type === 'DocumentReference' ? sql` and ${agreedSql('r')}` : sql``;
  const isBare = contentFree.includes(type) && !filters.some(({ kind }) => kind === 'chain' || kind === 'has');
  const stands = isReceiver && !isBare ? sql` and ${sql.raw(STANDS)}` : sql``;
  return sql`from resource r join journey j on j.id = r.journey_id join journey_key k on k.journey_id = j.id
    where ${scopeSql(scope)} and k.wrapped is not null and r.type = ${type}${letters}${delivered}${stands}`;
}

function orderOf(query: SearchQuery): { readonly place: RawBuilder<unknown>; readonly down: RawBuilder<unknown> } {
  const down = query.sort.down ? sql`desc` : sql`asc`;
  if (query.sort.by === 'changed') {
    // Not numbered yet is newer than everything that is.
    return { place: sql`coalesce(r.changed_at, 'infinity')`, down };
  }
  const date = sortDates[query.type];
  if (query.sort.by === 'date' && date)
    return { place: sql`coalesce((r.dates -> ${date} ->> 0) collate "C", '')`, down };
  return { place: sql`r.id`, down };
}

function after(query: SearchQuery, place: RawBuilder<unknown>, cursor: Found['place']): RawBuilder<unknown> {
  const [value, id] = cursor;
  const cast = query.sort.by === 'changed' ? sql`::timestamptz` : query.sort.by === 'id' ? sql`::uuid` : sql`::text`;
  return query.sort.down
    ? sql`and (${place}, r.id) < (${value}${cast}, ${id}::uuid)`
    : sql`and (${place}, r.id) > (${value}${cast}, ${id}::uuid)`;
}

async function opened(store: Store, rows: readonly FoundRow[]): Promise<Found[]> {
  return Promise.all(
    rows.map(async (row) => {
      const key = await store.journeyKey(row.journey_id, row.wrapped);
      const context = documentContext(row.practice_id, row.type, row.id, row.version);
      const start = `${row.type}.`;
      const points = (row.words ?? []).map((word) => word.replace(/^!/, '')).filter((word) => word.startsWith(start));
      return {
        resource: openJson<Found['resource']>(key, row.sealed, context),
        practice: row.practice_id,
        journey: row.journey_id,
        version: row.version,
        ...(row.changed_at && { changedAt: row.changed_at }),
        points: points.map((word) => word.slice(start.length)),
        place: [row.place, row.id] as const,
      };
    }),
  );
}

const DOCUMENT = `join document d on d.practice_id = p.practice_id and d.type = p.type and d.id = p.id and d.version = p.version
  join journey_key k on k.journey_id = p.journey_id and k.wrapped is not null`;

/** The statement of one page, without its documents: what a plan is asked of. */
function pageSql(store: Store, looking: Looking, query: SearchQuery, cursor: Found['place'] | undefined) {
  const { place, down } = orderOf(query);
  const matches = filtersSql(askingOf(store, looking), 'r', query.type, query.filters);
  // The plain columns first: an index gives them in order, an expression it would not.
  const order =
    query.sort.by === 'changed'
      ? sql`r.changed_at ${down} nulls ${query.sort.down ? sql`first` : sql`last`}, r.id ${down}`
      : query.sort.by === 'id'
        ? sql`r.id ${down}`
        : sql`${place} ${down}, r.id ${down}`;
  return sql`select r.practice_id, r.type, r.id, r.version, r.journey_id, r.changed_at, r.words, ${place} as place,
      row_number() over (order by ${order}) as nth
    ${seenBy(looking.scope, query)} and ${matches} ${cursor ? after(query, place, cursor) : sql``}
    order by ${order} limit ${query.count + 1}`;
}

/** One page of what a scope may see and a search asks for, in a stable order; nothing else is counted, opened or told. */
export async function searchResources(
  store: Store,
  looking: Looking,
  query: SearchQuery,
  cursor?: Found['place'],
): Promise<FoundPage> {
  const database = databaseOf(store);
  const isCounted = query.total === 'accurate' || query.summary === 'count';
  const counted = async () => {
    const matches = filtersSql(askingOf(store, looking), 'r', query.type, query.filters);
    const counting = sql<{
      total: number;
    }>`select count(*) as total ${seenBy(looking.scope, query)} and ${matches}`;
    const { rows } = await counting.execute(database);
    return rows[0]?.total ?? 0;
  };
  if (query.summary === 'count') return { found: [], more: false, total: await counted() };
  const page = sql<FoundRow>`with p as materialized (${pageSql(store, looking, query, cursor)})
    select p.*, p.place::text as place, d.sealed, k.wrapped from p ${sql.raw(DOCUMENT)} order by p.nth`;
  const [{ rows }, total] = await Promise.all([page.execute(database), isCounted ? counted() : undefined]);
  const found = await opened(store, rows.slice(0, query.count));
  const more = rows.length > query.count;
  const known = total ?? (more || cursor ? undefined : found.length);
  return { found, more, ...(known !== undefined && { total: known }) };
}

/** How PostgreSQL would find a page: the lines of EXPLAIN. */
export async function explainSearch(store: Store, looking: Looking, query: SearchQuery): Promise<string> {
  const explained = sql<Record<string, string>>`explain ${pageSql(store, looking, query, undefined)}`;
  const { rows } = await explained.execute(databaseOf(store));
  return rows.flatMap((row) => Object.values(row)).join('\n');
}

const includedMax = 1_000;

/** What some filters give of a type within the scope, without pages: for includes. */
export async function findAll(
  store: Store,
  looking: Looking,
  type: string,
  filters: readonly Filter[],
): Promise<readonly Found[]> {
  const query: SearchQuery = {
    type,
    filters,
    includes: [],
    revincludes: [],
    sort: { by: 'id', down: false },
    count: includedMax,
    total: 'none',
    elements: [],
    summary: 'false',
    said: [],
    names: [],
  };
  return (await searchResources(store, looking, query)).found;
}
