import { chmod, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMigrations } from 'bullmq';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../src/store/database.ts';
import { startEmbedded } from '../src/store/embedded/embedded.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgres: { host: string; port: number; user: string };
  }
}

const bytesMin = 2_000_000_000;

/** Memory where the system has a file system for that with room enough: most of a copied database is making its files. */
async function quickestPlace(): Promise<string> {
  const room = await statfs('/dev/shm').then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  );
  return room > bytesMin ? '/dev/shm' : tmpdir();
}

/** One real PostgreSQL for the whole run; every test file copies its own database from the migrated template. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(await quickestPlace(), 'kortelijn-test-'));
  // Passable for the unprivileged user, or the database would move out of this folder.
  await chmod(folder, 0o711);
  const server = await startEmbedded({ dataDir: folder, mayLoseAll: true });
  const connection = { host: server.socketDir, port: server.port, user: server.superuser };
  const admin = new pg.Client({ ...connection, database: 'postgres' });
  await admin.connect();
  await admin.query('create database template_kortelijn');
  await admin.end();
  await migrate({ ...connection, database: 'template_kortelijn' }, 'kortelijn_app');
  const client = new pg.Client({ ...connection, database: 'template_kortelijn' });
  await client.connect();
  await runMigrations(client as never);
  await client.query('grant all on schema bullmq to kortelijn_app');
  await client.query('grant all on all tables in schema bullmq to kortelijn_app');
  await client.query('grant all on all sequences in schema bullmq to kortelijn_app');
  await client.query('grant execute on all functions in schema bullmq to kortelijn_app');
  await client.end();
  project.provide('postgres', connection);
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
