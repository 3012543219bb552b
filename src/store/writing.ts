import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  sql,
} from 'kysely';
import type { Store } from './store.ts';

/** Writes SQL and runs nothing: what it wrote goes through the store's own pool, with its parsers and its role. */
const writing = new Kysely<unknown>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/** A condition of a search; undefined narrows nothing. */
export type Condition = RawBuilder<unknown> | undefined | false;

/** All of the conditions; true when there is none. */
export function allOf(conditions: readonly Condition[]): RawBuilder<unknown> {
  const used = conditions.filter((one) => one !== undefined && one !== false);
  return used.length === 0 ? sql`true` : sql.join(used, sql` and `);
}

/** The text and parameters of a query as PostgreSQL gets them. */
export function written(query: RawBuilder<unknown>): { text: string; values: unknown[] } {
  const { sql: text, parameters } = query.compile(writing);
  return { text, values: [...parameters] };
}

/** The rows of a query. */
export async function rowsOf<T>(store: Store, query: RawBuilder<T>): Promise<T[]> {
  const { rows } = await store.pool.query(written(query));
  return rows as T[];
}
