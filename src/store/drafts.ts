import { createHash, createHmac } from 'node:crypto';
import { openJson, sealJson } from './sealed.ts';
import type { Store } from './store.ts';

/** Whose draft it is: one per person and practice. */
export interface DraftOwner {
  readonly practice: string;
  readonly actor: string;
}

export interface Draft<T> {
  readonly content: T;
  readonly savedAt: Date;
}

/** The row's name and the key it is sealed with: both made from the master key, so that the table alone says nothing. */
function keyOf(store: Store, { practice, actor }: DraftOwner): { hash: Buffer; key: Buffer; context: string } {
  const root = store.master.derive('draft');
  const context = `${practice}\0draft\0${actor}`;
  const make = (purpose: string) => createHmac('sha256', root).update(`${purpose}\0${context}`).digest();
  return { hash: createHash('sha256').update(make('name')).digest(), key: make('key'), context };
}

/** Keeps what someone is writing, in place of what was kept before; goes by itself after `lifetimeMs`. */
export async function keepDraft(store: Store, owner: DraftOwner, content: unknown, lifetimeMs: number): Promise<void> {
  const { hash, key, context } = keyOf(store, owner);
  const now = store.clock();
  await store.pool.query(
    `insert into handle (hash, practice_id, sealed, created_at, expires_at) values ($1, $2, $3, $4, $5)
     on conflict (hash) do update set sealed = excluded.sealed, created_at = excluded.created_at, expires_at = excluded.expires_at`,
    [hash, owner.practice, sealJson(key, content, context), now, new Date(now.getTime() + lifetimeMs)],
  );
}

/** What this person was writing; undefined when nothing is kept, or no longer. */
export async function readDraft<T>(store: Store, owner: DraftOwner): Promise<Draft<T> | undefined> {
  const { hash, key, context } = keyOf(store, owner);
  const { rows } = await store.pool.query<{ sealed: Buffer; created_at: Date }>(
    'select sealed, created_at from handle where hash = $1 and practice_id = $2 and expires_at > $3',
    [hash, owner.practice, store.clock()],
  );
  const [row] = rows;
  return row && { content: openJson<T>(key, row.sealed, context), savedAt: row.created_at };
}

/** It was sent, or thrown away. */
export async function dropDraft(store: Store, owner: DraftOwner): Promise<void> {
  await store.pool.query('delete from handle where hash = $1', [keyOf(store, owner).hash]);
}
