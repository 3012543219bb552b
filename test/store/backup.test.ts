import { randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrate, openPool } from '../../src/store/database.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { masterKeyFrom } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import { claim, type Due, offerDue } from '../../src/store/outbox/outbox.ts';
import { checkMasterKey } from '../../src/store/rotation.ts';
import type { Store } from '../../src/store/store.ts';
import { type DeliveryBench, openDeliveryBench } from '../delivery/delivery-bench.ts';
import { type Commands, openCommands } from '../doubles/command.ts';
import { canaries, committed, journeyOf, reportBack } from '../doubles/made.ts';

let bench: DeliveryBench;
let commands: Commands;
const databases: string[] = [];
const admin = async (sql: string) => {
  const client = new pg.Client({ ...bench.at.connection, database: 'postgres' });
  await client.connect();
  await client.query(sql);
  await client.end();
};
/** A database that nobody has used, and the settings that name it. */
async function emptyDatabase() {
  const database = `r_${randomBytes(6).toString('hex')}`;
  await admin(`create database ${database}`);
  databases.push(database);
  const connection = { ...bench.at.connection, database };
  const url = commands.environment.DATABASE_URL?.replace(bench.at.connection.database, database) ?? '';
  return { connection, settings: { DATABASE_URL: url } };
}

beforeAll(async () => {
  bench = await openDeliveryBench();
  commands = openCommands(bench.at);
});
afterAll(async () => {
  for (const database of databases) await admin(`drop database if exists ${database} with (force)`);
  commands.close();
  await bench.close();
});

/** Every row of every table that a backup holds, as text. */
async function contentOf(pool: pg.Pool): Promise<Record<string, string[]>> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'kortelijn'
        and tablename not in ('session', 'handle', 'oidc', 'queue_epoch', 'migration') order by 1`,
  );
  const found: Record<string, string[]> = {};
  for (const { name } of tables) {
    const { rows } = await pool.query<{ line: string }>(`select t::text as line from ${name} t order by 1`);
    found[name] = rows.map(({ line }) => line);
  }
  return found;
}

describe('a backup', () => {
  test('of a line at work comes back whole: every journey ends well, no letter twice', async () => {
    const { at, his } = bench;
    his.switches.set({ deduplicates: false });
    const landed = await bench.referred('b-landed');
    await reportBack(at.store, landed, 'Zij doet mee.');
    await bench.round();
    const open = await bench.referred('b-open');
    const gone = await bench.referred('b-gone');
    await committed(at.store, {
      scope: { practice: 'de-brink' },
      journey: gone,
      deliveries: [{ to: 'abandon-all', kinds: ['worklist', 'notify'], reason: 'erased' }],
      audit: [],
    });
    await at.owner.query('update journey_key set wrapped = null, destroyed_at = now() where journey_id = $1', [gone]);
    const under = [await bench.referred('b-waiting'), await bench.referred('b-claimed')];
    for (const journey of under) await reportBack(at.store, journey);
    // Of two that are on their way the first is being tried at this moment.
    const offered: Due[] = [];
    await offerDue(at.store, async (jobs) => void offered.push(...jobs));
    expect(offered).toHaveLength(2);
    expect(await claim(at.store, offered[0] as Due, 5_000)).toBeDefined();
    await checkMasterKey(at.store);
    const before = await contentOf(at.owner);
    const to = join(commands.folder, 'first');
    const made = await commands.run('backup', ['--to', to, '--by', 'beheer-1']);
    expect(made).toMatchObject({ code: 0, error: '' });
    expect(statSync(to).mode & 0o077).toBe(0);
    expect(statSync(join(to, 'manifest.json')).mode & 0o077).toBe(0);
    expect(await commands.run('backup', ['--check', to])).toMatchObject({ code: 0, error: '' });

    // The former line goes on for a while: what it does is lost with it, and has happened all the same.
    await at.owner.query(
      `update delivery set state = 'pending', generation = generation + 1, lease = null, lease_until = null, queued_at = null where state = 'queued'`,
    );
    await bench.dueNow();
    expect(await bench.round()).toBe(2);

    const { connection, settings } = await emptyDatabase();
    const restored = await commands.run('restore', ['--from', to, '--by', 'beheer-1'], '', settings);
    expect(restored).toMatchObject({ code: 0, error: '' });
    const owner = openPool(connection, undefined, 2);
    const pool = openPool(connection, 'kortelijn_app', 4);
    try {
      const after = await contentOf(owner);
      const { delivery, audit, ...rest } = after;
      const { delivery: had, audit: trail, ...same } = before;
      expect(rest).toEqual(same);
      expect(audit).toEqual(expect.arrayContaining(trail ?? []));
      expect(delivery).toHaveLength(had?.length ?? 0);
      const store: Store = openStore(pool, masterKeyFrom(Buffer.alloc(32, 7)), () => at.now, at.store.newId);
      expect((await journeyOf(store, open)).patient.resource.name?.[0]?.family).toBe(canaries.family);
      await expect(journeyOf(store, gone)).rejects.toThrow('erased');
      await reportBack(store, open, 'Hij komt ook.');
      for (let round = 0; round < 3; round += 1) {
        await owner.query(`update delivery set next_at = now() where state in ('pending', 'sent')`);
        await bench.round({ store, directory: directoryReader(store) });
      }
      const { rows } = await owner.query<{ state: string }>(
        `select distinct state from delivery where kind = 'feedback'`,
      );
      expect(rows).toEqual([{ state: 'landed' }]);
      const letters = his.records('de-brink').letters.all();
      const ids = letters.map((one) => one.communication.identifier?.[0]?.value);
      expect(new Set(ids).size).toBe(4);
      expect(ids).toHaveLength(4);
      const { rows: numbers } = await owner.query<{ id: number }>('select max(id) as id from delivery');
      expect(numbers[0]?.id).toBeGreaterThan(1_000_000);
      const verified = await commands.run('audit', ['verify'], '', settings);
      expect(verified.code).toBe(0);
    } finally {
      await Promise.all([owner.end(), pool.end()]);
    }
  });

  test('holds nothing that can be read without the key, and not the key', async () => {
    const to = join(commands.folder, 'sealed');
    expect((await commands.run('backup', ['--to', to])).code).toBe(0);
    const { tables } = JSON.parse(readFileSync(join(to, 'manifest.json'), 'utf8')) as { tables: { name: string }[] };
    const all = tables.map(({ name }) => gunzipSync(readFileSync(join(to, `${name}.ndjson.gz`))).toString()).join('');
    for (const canary of [...Object.values(canaries), readFileSync(commands.keyFile, 'utf8').trim()])
      expect(all).not.toContain(canary);
    expect(tables.map(({ name }) => name)).not.toContain('session');
  });

  test('does not go into a database that is in use, nor when a file was changed, and then nothing has changed', async () => {
    const to = join(commands.folder, 'spoiled');
    expect((await commands.run('backup', ['--to', to])).code).toBe(0);
    const used = await commands.run('restore', ['--from', to]);
    expect(used).toMatchObject({ code: 1, error: 'this database holds a record already: restore into an empty one\n' });
    appendFileSync(join(to, 'journey.ndjson.gz'), 'x');
    const { connection, settings } = await emptyDatabase();
    const spoiled = await commands.run('restore', ['--from', to], '', settings);
    expect(spoiled).toMatchObject({ code: 1, error: 'journey.ndjson.gz was changed or is not whole\n' });
    const none = await commands.run('restore', ['--from', commands.folder], '', settings);
    expect(none.error).toContain('manifest.json is missing');
    // It is still as empty as it was: a first start makes its tables.
    expect((await migrate(connection, 'kortelijn_app')).applied.length).toBeGreaterThan(1);
  });
});
