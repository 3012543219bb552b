import type { KeyRing } from './keys.ts';
import type { Store } from './store.ts';

const batchRows = 200;

/** Where data keys stand that the master key wrapped, and what each is bound to. */
interface Wrapped {
  readonly table: string;
  readonly id: string;
  readonly context: string;
  /** The column that says which master key wrapped it, where there is one: the rest is looked at row by row. */
  readonly keyId?: string;
}

const places: readonly Wrapped[] = [
  { table: 'journey_key', id: 'journey_id', context: 'journey_id::text', keyId: 'master_key_id' },
  { table: 'early_message', id: 'id', context: 'id::text' },
  { table: 'refused', id: 'id', context: `practice_id || '|refused|' || id::text` },
  { table: 'question', id: 'id', context: 'id::text' },
];

async function rotateTable(store: Store, ring: KeyRing, place: Wrapped): Promise<number> {
  const { table, id, context, keyId } = place;
  let after = '00000000-0000-0000-0000-000000000000';
  let count = 0;
  for (;;) {
    const { rows } = await store.pool.query<{ id: string; wrapped: Buffer; context: string }>(
      `select ${id} as id, wrapped, ${context} as context from ${table}
        where wrapped is not null and ${id} > $1 ${keyId ? `and ${keyId} <> $3` : ''} order by ${id} limit $2`,
      keyId ? [after, batchRows, ring.id] : [after, batchRows],
    );
    if (rows.length === 0) return count;
    const made = await Promise.all(rows.map((row) => ring.rewrap(row.wrapped, row.context)));
    const again = rows.flatMap((row, nth) => {
      const wrapped = made[nth];
      return wrapped ? [{ id: row.id, before: row.wrapped, wrapped }] : [];
    });
    // Erased meanwhile: then it stays erased.
    const { rowCount } = await store.pool.query(
      `update ${table} t set wrapped = u.wrapped ${keyId ? `, ${keyId} = $4` : ''}
         from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as u(id, before, wrapped)
        where t.${id} = u.id and t.wrapped = u.before`,
      [
        again.map((one) => one.id),
        again.map((one) => one.before),
        again.map((one) => one.wrapped),
        ...(keyId ? [ring.id] : []),
      ],
    );
    count += rowCount ?? 0;
    after = rows.at(-1)?.id ?? after;
  }
}

/**
 * Wraps every data key anew with the newest master key, in batches, while the line works. Broken off it goes on where it
 * was: what is done is left alone. `done` is told per table how many; throws when a key cannot be opened by any.
 */
export async function rotateKeys(
  store: Store,
  ring: KeyRing,
  done: (table: string, count: number) => void,
): Promise<void> {
  for (const place of places) done(place.table, await rotateTable(store, ring, place));
}

/** How many data keys each master key has wrapped, by the fingerprint of the master key. */
export async function countByMasterKey(store: Store): Promise<ReadonlyMap<string, number>> {
  const { rows } = await store.pool.query<{ id: string; count: number }>(
    'select master_key_id as id, count(*) from journey_key where wrapped is not null group by 1 order by 1',
  );
  return new Map(rows.map((row) => [row.id, row.count]));
}

/**
 * Throws when the master key is not of this record: another root would find nobody in the index and open no settings,
 * and would say nothing of it. The first start notes the fingerprint of the root.
 */
export async function checkMasterKey(store: Store): Promise<void> {
  const own = store.master.derive('root-id');
  await store.pool.query(`insert into setting (name, value) values ('root-id', $1) on conflict do nothing`, [own]);
  const { rows } = await store.pool.query<{ value: Buffer }>(`select value from setting where name = 'root-id'`);
  if (!rows[0]?.value.equals(own)) throw new Error('MASTER_KEY_FILE is the key of another record, or misses its root');
}
