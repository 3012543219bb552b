import type { Resource } from '@medplum/fhirtypes';
import { visibleTo } from './lists/folders.ts';
import { type Scope, scopeCondition } from './scope.ts';
import { documentContext, openJson } from './sealed.ts';
import type { Store } from './store.ts';

/** One version of a resource of a journey, opened. */
export interface Read {
  readonly resource: Resource & { id: string };
  readonly practice: string;
  readonly journey: string;
  readonly version: number;
  /** Absent while its change has no number yet. */
  readonly changedAt?: Date;
}

interface ReadRow {
  practice_id: string;
  type: string;
  id: string;
  journey_id: string;
  version: number;
  changed_at: Date | null;
  sealed: Buffer;
  wrapped: Buffer | null;
}

// $1 is the scope's value.
const versions = (scope: Scope, also = '') => `
  select c.practice_id, c.type, c.id, c.journey_id, c.version, c.changed_at, d.sealed, k.wrapped${also}
    from resource_change c join journey j on j.id = c.journey_id join journey_key k on k.journey_id = j.id
    join document d on d.practice_id = c.practice_id and d.type = c.type and d.id = c.id and d.version = c.version
   where ${scopeCondition(scope).sql} and ${visibleTo(scope)}`;

async function opened(store: Store, row: ReadRow): Promise<Read> {
  const key = await store.journeyKey(row.journey_id, row.wrapped);
  return {
    resource: openJson<Read['resource']>(
      key,
      row.sealed,
      documentContext(row.practice_id, row.type, row.id, row.version),
    ),
    practice: row.practice_id,
    journey: row.journey_id,
    version: row.version,
    ...(row.changed_at && { changedAt: row.changed_at }),
  };
}

/**
 * One resource that a scope may see, its newest version unless one is named; undefined when there is none, or it is
 * somebody else's. Throws ContentErased.
 */
export async function readSeen(
  store: Store,
  scope: Scope,
  type: string,
  id: string,
  version?: number,
): Promise<Read | undefined> {
  const { rows } = await store.pool.query<ReadRow>({
    name: `seen-${scope.kind}`,
    text: `${versions(scope)} and c.type = $2 and c.id = $3
       and c.version = coalesce($4, (select r.version from resource r where r.practice_id = c.practice_id
         and r.type = c.type and r.id = c.id))
       and c.practice_id = j.practice_id`,
    values: [scopeCondition(scope).value, type, id, version ?? null],
  });
  const [row] = rows;
  return row && opened(store, row);
}

/** Which part of a history: of one resource or a type, changed at or after a moment, older than a place, at most so many. */
export interface HistoryOf {
  readonly type: string;
  readonly id?: string;
  readonly since?: Date;
  /** Where the page before ended: its `next`. */
  readonly before?: number;
  readonly count: number;
}

// A type is followed by the numbers of its changes, so that a page never has to be read again. One resource is there at
// once, as a read of it is: its versions are their own order, and one without a moment yet is later than any asked for.
const placeOf = (of: HistoryOf) => (of.id === undefined ? 'c.seq' : 'c.version');

/** What a resource or a type was, newest first. */
export async function readHistory(
  store: Store,
  scope: Scope,
  of: HistoryOf,
): Promise<{ readonly versions: readonly Read[]; readonly next?: number }> {
  const place = placeOf(of);
  const { rows } = await store.pool.query<ReadRow & { place: number }>({
    name: `history-${scope.kind}-${of.id === undefined ? 'type' : 'one'}`,
    text: `${versions(scope, `, ${place} as place`)} and c.practice_id = j.practice_id and c.type = $2
       and ($3::uuid is null or c.id = $3) and ${place} is not null and k.wrapped is not null
       and ($4::timestamptz is null or coalesce(c.changed_at, 'infinity') >= $4) and ($5::bigint is null or ${place} < $5)
     order by ${place} desc limit $6`,
    values: [scopeCondition(scope).value, of.type, of.id ?? null, of.since ?? null, of.before ?? null, of.count + 1],
  });
  const page = rows.slice(0, of.count);
  const last = page.at(-1);
  const found = await Promise.all(page.map((row) => opened(store, row)));
  return { versions: found, ...(rows.length > of.count && last && { next: last.place }) };
}
