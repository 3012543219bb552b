import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import pg from 'pg';
import { type AppliedMigration, type ConnectionConfig, rebuildSchema } from './database.ts';

/**
 * Left behind: sessions and one-time links end with the database they were made in, and a queue that remembers nothing is
 * how everything queued goes out again.
 */
const leftBehind: readonly string[] = ['session', 'handle', 'oidc', 'queue_epoch', 'migration'];
const rowsAtOnce = 500;
/** Numbers given out after the backup was made are not given out again: a queue may still know them. */
const numbersSkipped = 1_000_000;

export interface BackedUpTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: number;
  /** SHA-256 of the file as it lies there, in hex. */
  readonly sha256: string;
}

/** What stands in `manifest.json`, written last: a folder without one is no backup. */
export interface Manifest {
  readonly format: 1;
  readonly madeAt: string;
  readonly migrations: readonly AppliedMigration[];
  readonly tables: readonly BackedUpTable[];
}

const fileOf = (folder: string, table: string) => join(folder, `${table}.ndjson.gz`);

async function connect(connection: ConnectionConfig): Promise<pg.Client> {
  const options = '-c search_path=kortelijn -c timezone=UTC';
  const client = new pg.Client({ ...connection, options, application_name: 'kortelijn-backup' });
  await client.connect();
  return client;
}

/** Tables with what can be written back, those that are referred to first. */
async function tablesOf(client: pg.Client): Promise<{ name: string; columns: string[] }[]> {
  const { rows } = await client.query<{ name: string; columns: string[]; needs: string[] }>(
    `select t.tablename as name,
            (select array_agg(c.column_name::text order by c.ordinal_position) from information_schema.columns c
              where c.table_schema = 'kortelijn' and c.table_name = t.tablename and c.is_generated = 'NEVER') as columns,
            (select coalesce(array_agg(distinct f.confrelid::regclass::text), '{}') from pg_constraint f
              where f.contype = 'f' and f.conrelid = format('kortelijn.%I', t.tablename)::regclass) as needs
       from pg_tables t where t.schemaname = 'kortelijn' and t.tablename <> all ($1) order by 1`,
    [leftBehind],
  );
  const placed = new Set<string>();
  const inOrder: typeof rows = [];
  for (let left = rows; left.length > 0; ) {
    const next = left.filter(({ needs }) => needs.every((one) => placed.has(one)));
    if (next.length === 0) throw new Error('tables refer to each other in a circle');
    for (const one of next) placed.add(one.name);
    inOrder.push(...next);
    left = left.filter((one) => !placed.has(one.name));
  }
  return inOrder;
}

/** The rows of a table as lines of JSON, made by PostgreSQL itself: nothing of a value is lost on the way. */
async function* linesOf(client: pg.Client, table: string, columns: readonly string[]): AsyncGenerator<string> {
  const names = columns.map((one) => pg.escapeIdentifier(one)).join(', ');
  await client.query(
    `declare lines no scroll cursor for select row_to_json(t)::text as line from (select ${names} from ${pg.escapeIdentifier(table)}) t`,
  );
  for (;;) {
    const { rows } = await client.query<{ line: string }>(`fetch ${rowsAtOnce} from lines`);
    if (rows.length === 0) break;
    yield rows.map(({ line }) => `${line}\n`).join('');
  }
  await client.query('close lines');
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/**
 * Writes the whole record as it was at one moment into `folder`, which must not be there yet, while the line goes on. Content
 * stays sealed: without the master key, which is never in it, nobody can read it. `said` is told of each table.
 */
export async function makeBackup(
  owner: ConnectionConfig,
  folder: string,
  said: (table: string, rows: number) => void,
): Promise<Manifest> {
  await mkdir(folder, { mode: 0o700 });
  const client = await connect(owner);
  try {
    await client.query('begin isolation level repeatable read read only');
    const { rows: when } = await client.query<{ at: Date }>('select now() as at');
    const { rows: migrations } = await client.query<AppliedMigration>(
      'select name, checksum from migration order by name',
    );
    const tables: BackedUpTable[] = [];
    for (const { name, columns } of await tablesOf(client)) {
      let rows = 0;
      const counted = async function* () {
        for await (const lines of linesOf(client, name, columns)) {
          rows += lines.split('\n').length - 1;
          yield lines;
        }
      };
      const file = fileOf(folder, name);
      await pipeline(Readable.from(counted()), createGzip(), createWriteStream(file, { mode: 0o600 }));
      tables.push({ name, columns, rows, sha256: await hashOf(file) });
      said(name, rows);
    }
    await client.query('commit');
    const manifest: Manifest = { format: 1, madeAt: when[0]?.at.toISOString() ?? '', migrations, tables };
    await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
    return manifest;
  } finally {
    await client.end();
  }
}

/** The manifest of a folder whose every file is as it was written; throws with what is not. */
export async function checkBackup(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, 'manifest.json'), 'utf8').catch(() => {
    throw new Error(`${folder} holds no whole backup: manifest.json is missing`);
  });
  const manifest = JSON.parse(text) as Manifest;
  if (manifest.format !== 1) throw new Error('this backup was made by a newer version');
  const files = new Set(await readdir(folder));
  for (const { name, sha256 } of manifest.tables) {
    if (!files.has(`${name}.ndjson.gz`)) throw new Error(`${name}.ndjson.gz is missing`);
    if ((await hashOf(fileOf(folder, name))) !== sha256)
      throw new Error(`${name}.ndjson.gz was changed or is not whole`);
  }
  return manifest;
}

/** Lines end at a line feed and nowhere else: node's own reader also breaks at U+2028, which JSON leaves as it is. */
async function* linesIn(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  let rest = '';
  for await (const text of stream.setEncoding('utf8')) {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest) yield rest;
}

async function load(client: pg.Client, folder: string, { name, columns, rows }: BackedUpTable): Promise<void> {
  const table = pg.escapeIdentifier(name);
  const names = columns.map((one) => pg.escapeIdentifier(one)).join(', ');
  let [waiting, loaded] = [[] as string[], 0];
  const flush = async () => {
    const { rowCount } = await client.query(
      `insert into ${table} (${names}) overriding system value
       select ${names} from json_populate_recordset(null::${table}, $1::json)`,
      [`[${waiting.join(',')}]`],
    );
    loaded += rowCount ?? 0;
    waiting = [];
  };
  for await (const line of linesIn(createReadStream(fileOf(folder, name)).pipe(createGunzip()))) {
    waiting.push(line);
    if (waiting.length >= rowsAtOnce) await flush();
  }
  if (waiting.length > 0) await flush();
  if (loaded !== rows) throw new Error(`${name}: ${loaded} rows came back, ${rows} were written`);
}

/** Counters go on well beyond what the backup knows. */
async function skipNumbers(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ table: string; column: string }>(
    `select table_name as table, column_name as column from information_schema.columns
      where table_schema = 'kortelijn' and is_identity = 'YES'`,
  );
  for (const { table, column } of rows) {
    const name = pg.escapeIdentifier(column);
    await client.query(
      `select setval(pg_get_serial_sequence($1, $2), (select coalesce(max(${name}), 0) + ${numbersSkipped}
        from ${pg.escapeIdentifier(table)}))`,
      [`kortelijn.${table}`, column],
    );
  }
}

/**
 * What was on its way when the backup was made may have arrived since: each receiver is asked before it gets anything, as
 * after a crash, and no attempt of the former database is waited for.
 */
async function doubtDeliveries(client: pg.Client): Promise<void> {
  await client.query(
    `update delivery set state = 'pending', generation = generation + 1, ambiguous = true, queued_at = null, lease = null,
            lease_until = null where state in ('pending', 'queued')`,
  );
}

/**
 * Puts a backup back, all of it or nothing, into a database that holds no record; throws when it holds one, when a file was
 * changed, or when the backup knows a migration that this version does not. The schema is then that of the backup: `migrate`
 * brings it up to date.
 */
export async function restoreBackup(
  owner: ConnectionConfig,
  folder: string,
  said: (table: string, rows: number) => void,
): Promise<Manifest> {
  const manifest = await checkBackup(folder);
  const client = await connect(owner);
  try {
    await client.query('begin');
    await rebuildSchema(client, manifest.migrations);
    const tables = new Set((await tablesOf(client)).map(({ name }) => name));
    const strange = manifest.tables.find(({ name }) => !tables.has(name));
    if (strange) throw new Error(`there is no table ${strange.name} in this version`);
    await client.query(`truncate ${[...tables].map((one) => pg.escapeIdentifier(one)).join(', ')}`);
    for (const table of manifest.tables) {
      await load(client, folder, table);
      said(table.name, table.rows);
    }
    await doubtDeliveries(client);
    await skipNumbers(client);
    await client.query('commit');
    return manifest;
  } finally {
    await client.end();
  }
}
