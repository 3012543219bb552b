import pg from 'pg';
import { v7 } from 'uuid';
import { countCpu } from './cpu.ts';
import type { BenchDatabase, Login, Place } from './place.ts';
import type { Figures } from './scale.ts';

/**
 * The machine's own limit: the rows that journeys left behind, written once more with other keys, straight through pg in
 * multi-row inserts, fifty journeys per commit. Nothing is decided, sealed, read or looked up: what remains is the database.
 */

const perCommit = 50;

/** Tables with rows of a journey, and how a row is known to be one of it. In the order in which they can be written. */
const tables: readonly (readonly [table: string, ofJourneys: string])[] = [
  ['journey_key', 't.journey_id = any($1)'],
  ['journey', 't.id = any($1)'],
  ['inbound', 't.journey_id = any($1)'],
  ['resource', 't.journey_id = any($1)'],
  ['document', 't.journey_id = any($1)'],
  ['journey_event', 't.journey_id = any($1)'],
  ['delivery', 't.journey_id = any($1)'],
  ['attempt', 't.delivery_id in (select id from delivery where journey_id = any($1))'],
  ['worklist_entry', 't.journey_id = any($1)'],
  ['alarm', 't.journey_id = any($1)'],
  ['audit', 't.journey_id = any($1)'],
];

/** Given by the database itself, as in our own commits. */
const givenByDatabase = new Set([
  'journey_event.id',
  'alarm.id',
  'resource.change_xid',
  'journey_event.xid',
  'audit.xid',
]);
/** Unique without being a uuid. */
const numbered = new Set(['journey.number', 'journey.practice_referral_id', 'inbound.control_id']);

interface Column {
  readonly name: string;
  readonly type: string;
}

interface Captured {
  readonly table: string;
  readonly columns: readonly Column[];
  /** Per row its values, and a fingerprint of the whole row. */
  readonly rows: readonly { readonly values: readonly unknown[]; readonly print: string }[];
}

/** Rows that fifty journeys had at a moment. */
export type Footprint = readonly Captured[];

async function columnsOf(client: pg.ClientBase, table: string): Promise<Column[]> {
  const { rows } = await client.query<Column>(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type from pg_attribute a
      where a.attrelid = ('kortelijn.' || $1)::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [table],
  );
  return rows.filter(({ name }) => !givenByDatabase.has(`${table}.${name}`));
}

const loginOf = (login: Login) => ({ ...login, options: '-c search_path=kortelijn -c timezone=UTC' });

/** The rows that these journeys have now. */
export async function footprint(database: BenchDatabase, journeys: readonly string[]): Promise<Footprint> {
  const client = new pg.Client(loginOf(database.login));
  await client.connect();
  try {
    const captured: Captured[] = [];
    for (const [table, ofJourneys] of tables) {
      const columns = await columnsOf(client, table);
      const selected = columns.map(({ name, type }) => (type === 'bytea' ? `t.${name}` : `t.${name}::text as ${name}`));
      const { rows } = await client.query<Record<string, unknown>>(
        `select ${selected.join(', ')}, md5(t::text) as print_of_row from ${table} t where ${ofJourneys}`,
        [journeys],
      );
      captured.push({
        table,
        columns,
        rows: rows.map((row) => ({ values: columns.map(({ name }) => row[name]), print: String(row.print_of_row) })),
      });
    }
    return captured;
  } finally {
    await client.end();
  }
}

/** The rows that are there after and were not before; a row that was changed counts as one that is written. */
export function newRows(before: Footprint, after: Footprint): Footprint {
  const known = new Set(before.flatMap(({ table, rows }) => rows.map(({ print }) => `${table} ${print}`)));
  return after.map((one) => ({ ...one, rows: one.rows.filter(({ print }) => !known.has(`${one.table} ${print}`)) }));
}

/** How many rows one journey has in it, on average. */
export function rowsPerJourney(rows: Footprint, journeys = perCommit): number {
  return rows.reduce((sum, one) => sum + one.rows.length, 0) / journeys;
}

interface Statement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

let copies = 0;

/** One commit: the same rows under keys of their own. */
function copyOf(rows: Footprint): Statement[] {
  const uuids = new Map<string, string>();
  const numbers = new Map<unknown, string>();
  const counted = (value: unknown, made: (n: number) => string) => {
    const known = numbers.get(value);
    if (known) return known;
    copies += 1;
    const fresh = made(copies);
    numbers.set(value, fresh);
    return fresh;
  };
  const fresh = (place: string, type: string, value: unknown) => {
    if (value === null || value === undefined) return null;
    if (type === 'uuid') {
      const known = uuids.get(String(value)) ?? v7();
      uuids.set(String(value), known);
      return known;
    }
    if (numbered.has(place)) return counted(`${place} ${value}`, (n) => `KL-${String(n).padStart(10, '0')}`);
    if (place === 'delivery.id' || place === 'attempt.delivery_id')
      return counted(`delivery ${value}`, (n) => String(1_000_000_000 + n));
    return value;
  };
  return rows
    .filter((one) => one.rows.length > 0)
    .map(({ table, columns, rows: captured }) => {
      const values = captured.flatMap((row) =>
        columns.map(({ name, type }, nth) => fresh(`${table}.${name}`, type, row.values[nth])),
      );
      const tuples = captured.map(
        (_, row) => `(${columns.map(({ type }, nth) => `$${row * columns.length + nth + 1}::${type}`).join(', ')})`,
      );
      const names = columns.map(({ name }) => name).join(', ');
      // The identity of a delivery is in its attempts too: it cannot be left to the database.
      const overriding = table === 'delivery' ? 'overriding system value' : '';
      return {
        name: `limit-${table}-${captured.length}`,
        text: `insert into ${table} (${names}) ${overriding} values ${tuples.join(', ')}`,
        values,
      };
    });
}

/**
 * Journeys per second that the database takes when their rows are handed to it ready made. `rows` must be those of fifty
 * journeys. Its database is a fresh copy; making the statements is not in the time.
 */
export async function limitOf(
  place: Place,
  name: string,
  rows: Footprint,
  at: { readonly journeys: number; readonly connections: number; readonly journeysPerCommit?: number },
): Promise<Figures> {
  const database = await place.fresh();
  const each = at.journeysPerCommit ?? perCommit;
  const clients = Array.from({ length: at.connections }, () => new pg.Client(loginOf(database.login)));
  try {
    await Promise.all(clients.map((client) => client.connect()));
    const commit = async (client: pg.Client, statements: readonly Statement[]) => {
      await client.query('begin');
      for (const { name, text, values } of statements) await client.query({ name, text, values: [...values] });
      await client.query('commit');
    };
    // Each connection plans its statements once, as ours are.
    for (const client of clients) await commit(client, copyOf(rows));
    const commits = Array.from({ length: Math.max(at.connections, Math.ceil(at.journeys / each)) }, () => copyOf(rows));
    const total = commits.length * each;
    const cpuOf = countCpu(name, { database: place.serverPid });
    const began = performance.now();
    await Promise.all(
      clients.map(async (client) => {
        for (let next = commits.pop(); next; next = commits.pop()) await commit(client, next);
      }),
    );
    return { [name]: total / ((performance.now() - began) / 1_000), ...cpuOf(total) };
  } finally {
    await Promise.all(clients.map((client) => client.end()));
    await database.drop();
  }
}
