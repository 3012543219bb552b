import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { v7 } from 'uuid';
import { inject } from 'vitest';
import { theLine } from '../../src/referral/actor.ts';
import type { DirectoryResource } from '../../src/referral/directory/directory.ts';
import { openPool } from '../../src/store/database.ts';
import { directoryReader, syncDestinations } from '../../src/store/directory.ts';
import { masterKeyFrom } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';

export interface TestStore {
  readonly store: Store;
  /** As the migrator sees it: for looking behind the application's rights. */
  readonly owner: pg.Pool;
  readonly connection: { host: string; port: number; user: string; database: string };
  /** Settable clock, starting on a Monday morning without a holiday near. */
  now: Date;
  close(): Promise<void>;
}

/** A store on a fresh copy of the migrated template, running as the application's role. */
export async function openTestStore(): Promise<TestStore> {
  const server = inject('postgres');
  const database = `t_${randomBytes(6).toString('hex')}`;
  const admin = new pg.Client({ ...server, database: 'postgres' });
  await admin.connect();
  // Copies of one template exclude each other: files that start together take turns.
  await admin.query('select pg_advisory_lock(1)');
  await admin.query(`create database ${database} template template_kortelijn`);
  await admin.end();
  const connection = { ...server, database };
  const pool = openPool(connection, 'kortelijn_app', 10);
  const owner = openPool(connection, undefined, 4);
  const test: TestStore = {
    now: new Date('2026-11-23T09:00:00Z'),
    store: openStore(pool, masterKeyFrom(Buffer.alloc(32, 7)), () => test.now, v7),
    owner,
    connection,
    close: async () => {
      await Promise.all([pool.end(), owner.end()]);
      const closing = new pg.Client({ ...server, database: 'postgres' });
      await closing.connect();
      await closing.query(`drop database if exists ${database} with (force)`);
      await closing.end();
    },
  };
  return test;
}

/** Loads the invented region into a store, as the demo does. */
export async function loadTestRegion(store: Store): Promise<void> {
  const text = await readFile(new URL('../../fixtures/region/directory.json', import.meta.url), 'utf8');
  const bundle = JSON.parse(text) as { entry: { resource: DirectoryResource & { id: string } }[] };
  const at = store.clock().toISOString();
  const done = await store.commit({
    scope: { practice: '' },
    directory: bundle.entry.map(({ resource }) => ({ resource, validFrom: '2026-01-01T00:00:00Z' })),
    audit: [
      {
        event: 'directory-loaded',
        at,
        actor: { id: theLine.id, role: theLine.role },
        action: 'C',
        outcome: 'ok',
        purpose: 'HOPERAT',
      },
    ],
  });
  if (!done.ok) throw new Error('the region could not be loaded');
  await syncDestinations(store, await directoryReader(store)());
}
