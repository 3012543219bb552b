import type { Store } from '../store.ts';

/** How the last test of a connection ended. */
export interface EndpointTest {
  readonly endpoint: string;
  readonly at: Date;
  readonly by: string;
  /** `ok`, or the code of what failed at `step`; null while it runs, or when it broke off. */
  readonly code: string | null;
  readonly step: string | null;
}

/** Between two tests of one connection, by whomever. */
const betweenS = 10;

/** Begins a test, unless one of this connection began within the last seconds: says whether it may run. */
export async function beginEndpointTest(store: Store, endpoint: string, by: string): Promise<boolean> {
  const { rowCount } = await store.pool.query(
    `insert into endpoint_test (endpoint_id, tested_at, tested_by) values ($1, $2, $3)
     on conflict (endpoint_id) do update set tested_at = excluded.tested_at, tested_by = excluded.tested_by, code = null, step = null
       where endpoint_test.tested_at <= excluded.tested_at - make_interval(secs => ${betweenS})`,
    [endpoint, store.clock(), by],
  );
  return rowCount === 1;
}

export async function endEndpointTest(
  store: Store,
  endpoint: string,
  result: { readonly code: string; readonly step?: string },
): Promise<void> {
  await store.pool.query('update endpoint_test set code = $2, step = $3 where endpoint_id = $1', [
    endpoint,
    result.code,
    result.step ?? null,
  ]);
}

/** The last test of each connection, by its id. */
export async function readEndpointTests(store: Store): Promise<ReadonlyMap<string, EndpointTest>> {
  const { rows } = await store.pool.query<EndpointTest>(
    'select endpoint_id as endpoint, tested_at as at, tested_by as by, code, step from endpoint_test',
  );
  return new Map(rows.map((one) => [one.endpoint, one]));
}
