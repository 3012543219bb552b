import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';

export type ConnectionConfig = pg.PoolConfig;

const schema = 'kortelijn';
/** Advisory lock of the migrator: one at a time, the others wait and find the work done. */
const migrationLock = 7_001;

// int8 as number: our ids and counts stay far below 2^53. Dates stay the text they are.
const parsers: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: string) {
    if (oid === pg.types.builtins.INT8) return Number;
    if (oid === pg.types.builtins.DATE) return String;
    return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text');
  },
} as pg.CustomTypesConfig;

/** A pool in our schema. With `role` the connections give up their own rights for that role's (decision 8). */
export function openPool(connection: ConnectionConfig, role: string | undefined, max: number): pg.Pool {
  const options = `-c search_path=${schema} -c timezone=UTC${role ? ` -c role=${role}` : ''}`;
  const pool = new pg.Pool({ ...connection, max, options, types: parsers, application_name: 'kortelijn' });
  // A server that goes away breaks clients: the pool replaces them, and queries fail where they are awaited. The pool
  // listens to idle ones only; one that is checked out would end the whole process with its 'error'.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** A client of its own in our schema, for LISTEN and for locks that outlive a transaction. */
export function openClient(connection: ConnectionConfig, role: string | undefined): pg.Client {
  const options = `-c search_path=${schema}${role ? ` -c role=${role}` : ''}`;
  return new pg.Client({
    ...connection,
    options,
    types: parsers,
    keepAlive: true,
    application_name: 'kortelijn-listen',
  });
}

/** Makes the application role when it is not there and this login may; says whether we can run as it. */
async function ensureRole(client: pg.ClientBase, role: string): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean; member: boolean; creates: boolean }>(
    `select exists (select from pg_roles where rolname = $1) as there,
            exists (select from pg_roles where rolname = $1 and pg_has_role(current_user, oid, 'member')) as member,
            (select rolsuper or rolcreaterole from pg_roles where rolname = current_user) as creates`,
    [role],
  );
  const found = rows[0];
  if (found?.member) return true;
  if (!found?.creates) return false;
  // Roles belong to the whole server: another database's migrator may make it at the same moment.
  if (!found.there) {
    await client.query(
      `do $$ begin create role ${role} nologin; exception when duplicate_object or unique_violation then null; end $$`,
    );
  }
  await client.query(`grant ${role} to current_user`);
  return true;
}

/** A migration that a database has had, and what it said. */
export interface AppliedMigration {
  readonly name: string;
  readonly checksum: string;
}

/** `upTo`: as far as another database had come; without it all there are. */
async function applyMigrations(client: pg.ClientBase, upTo?: readonly AppliedMigration[]): Promise<string[]> {
  await client.query(`create schema if not exists ${schema}`);
  await client.query(`set local search_path to ${schema}`);
  await client.query(
    'create table if not exists migration (name text primary key, checksum text not null, applied_at timestamptz not null default now())',
  );
  const { rows } = await client.query<AppliedMigration>('select name, checksum from migration');
  const applied = new Map(rows.map((row) => [row.name, row.checksum]));
  const folder = new URL('./migrations/', import.meta.url);
  const own = (await readdir(folder)).filter((name) => /^\d{4}-.*\.sql$/.test(name)).sort();
  const unknown = upTo?.find(({ name }) => !own.includes(name));
  if (unknown) throw new Error(`migration ${unknown.name} is of a newer version than this one`);
  const names = upTo ? own.filter((name) => upTo.some((one) => one.name === name)) : own;
  const done: string[] = [];
  for (const name of names) {
    const text = await readFile(new URL(name, folder), 'utf8');
    const checksum = createHash('sha256').update(text).digest('hex');
    const before = applied.get(name) ?? upTo?.find((one) => one.name === name && one.checksum !== checksum)?.checksum;
    if (before === checksum) continue;
    if (before !== undefined) throw new Error(`migration ${name} was changed after it had been applied`);
    await client.query(text);
    await client.query('insert into migration (name, checksum) values ($1, $2)', [name, checksum]);
    done.push(name);
  }
  return done;
}

/**
 * Makes our schema anew as a backup knew it, in the caller's transaction, where there is none or an empty one. Throws when
 * the database holds a record already, or when the backup knows a migration that is not here.
 */
export async function rebuildSchema(client: pg.ClientBase, migrations: readonly AppliedMigration[]): Promise<void> {
  await client.query('select pg_advisory_xact_lock($1)', [migrationLock]);
  const { rows } = await client.query<{ there: boolean }>(
    `select exists (select from pg_tables where schemaname = $1 and tablename = 'audit') as there`,
    [schema],
  );
  if (rows[0]?.there) {
    const { rows: kept } = await client.query<{ used: boolean }>(
      'select exists (select from audit) or exists (select from journey) or exists (select from account) as used',
    );
    if (kept[0]?.used) throw new Error('this database holds a record already: restore into an empty one');
    await client.query(`drop schema ${schema} cascade`);
  }
  await applyMigrations(client, migrations);
}

async function grant(client: pg.ClientBase, role: string): Promise<void> {
  await client.query(`grant usage on schema ${schema} to ${role}`);
  await client.query(`grant select, insert, update, delete on all tables in schema ${schema} to ${role}`);
  // NEN 7513: whoever runs the service can add to the trail and read it, never change or remove a line.
  await client.query(`revoke update, delete, truncate on audit, audit_chain from ${role}`);
  await client.query(`revoke insert, update, delete, truncate on migration from ${role}`);
}

/** How long a migration waits for a lock before it lets others through, and how long it then rests. */
export interface Giving {
  readonly lockMs: number;
  readonly pauseMs: number;
}

const giveWay: Giving = { lockMs: 2_000, pauseMs: 1_000 };
const triesMax = 120;
/** PostgreSQL's lock_not_available. */
const lockTaken = (error: unknown) => (error as { code?: string }).code === '55P03';

async function migrateOnce(owner: ConnectionConfig, role: string, lockMs: number) {
  const client = new pg.Client({ ...owner, application_name: 'kortelijn-migrate' });
  await client.connect();
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [migrationLock]);
    // Whoever asks for a table after us waits behind us: so we do not wait for long.
    await client.query(`set local lock_timeout = ${lockMs}`);
    const roleMade = await ensureRole(client, role);
    const applied = await applyMigrations(client);
    if (roleMade) await grant(client, role);
    await client.query('commit');
    return { applied, role: roleMade ? role : undefined };
  } finally {
    await client.end();
  }
}

/**
 * Applies the migrations that are new, each once, all in one transaction under a lock; then gives the application
 * role its rights. The former version may be at work: a table that it holds is asked for again and again, shortly each
 * time. Gives the role to run as, or undefined when this login may not make one (said in the log).
 * Errors: a released migration that was edited, or PostgreSQL's own.
 */
export async function migrate(
  owner: ConnectionConfig,
  role: string,
  giving = giveWay,
): Promise<{ readonly applied: readonly string[]; readonly role: string | undefined }> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await migrateOnce(owner, role, giving.lockMs);
    } catch (error) {
      if (!lockTaken(error) || tries >= triesMax) throw error;
      await new Promise((resolve) => setTimeout(resolve, giving.pauseMs));
    }
  }
}
