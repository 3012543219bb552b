import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { migrate, openPool } from '../../src/store/database.ts';
import { openTestStore, type TestStore } from '../doubles/database.ts';
import { until } from '../doubles/made.ts';

let at: TestStore;
beforeAll(async () => {
  at = await openTestStore();
});
afterAll(() => at.close());

/** An empty database beside the template's copies, for as long as `use` runs. */
async function inEmptyDatabase(use: (connection: pg.ClientConfig) => Promise<void>): Promise<void> {
  const server = inject('postgres');
  const database = `e_${randomBytes(6).toString('hex')}`;
  const admin = new pg.Client({ ...server, database: 'postgres' });
  await admin.connect();
  try {
    await admin.query(`create database ${database}`);
    await use({ ...server, database });
    await admin.query(`drop database ${database} with (force)`);
  } finally {
    await admin.end();
  }
}

describe('migrations', () => {
  test('are applied once, also by several processes at one moment, and a second run changes nothing', async () => {
    await inEmptyDatabase(async (connection) => {
      const runs = await Promise.all(Array.from({ length: 4 }, () => migrate(connection, 'kortelijn_app')));
      const applied = runs.filter((run) => run.applied.length > 0);
      expect(applied).toHaveLength(1);
      expect(applied[0]?.applied[0]).toBe('0001-the-line.sql');
      expect(runs.map((run) => run.role)).toEqual(runs.map(() => 'kortelijn_app'));
      expect(await migrate(connection, 'kortelijn_app')).toEqual({ applied: [], role: 'kortelijn_app' });
    });
  });

  test('a released one that was edited is refused, and nothing is changed', async () => {
    await inEmptyDatabase(async (connection) => {
      await migrate(connection, 'kortelijn_app');
      const owner = new pg.Client(connection);
      await owner.connect();
      await owner.query(`update kortelijn.migration set checksum = 'of another text' where name = '0001-the-line.sql'`);
      await expect(migrate(connection, 'kortelijn_app')).rejects.toThrow(/0001-the-line\.sql was changed/);
      const { rows } = await owner.query('select checksum from kortelijn.migration order by name limit 1');
      expect(rows).toEqual([{ checksum: 'of another text' }]);
      await owner.end();
    });
  });
});

describe('the application role', () => {
  const denied = { code: '42501' };
  const refused = (sql: string) =>
    at.store.pool.query(sql).then(
      () => 'allowed',
      (error: { code?: string }) => error.code,
    );

  test('reads and writes its tables, as itself', async () => {
    const { rows } = await at.store.pool.query('select current_user, session_user <> current_user as lowered');
    expect(rows).toEqual([{ current_user: 'kortelijn_app', lowered: true }]);
    await at.store.pool.query(`insert into setting (name, value) values ('mine', '\\x00')`);
    await at.store.pool.query(`delete from setting where name = 'mine'`);
  });

  test('adds to the trail and cannot change or remove a line of it', async () => {
    await at.store.pool.query(`insert into audit (id, recorded_at, line) values (gen_random_uuid(), now(), 'one')`);
    for (const table of ['audit', 'audit_chain']) {
      for (const sql of [
        `delete from ${table}`,
        `truncate ${table}`,
        `drop table ${table}`,
        `alter table ${table} disable trigger all`,
      ]) {
        expect([sql, await refused(sql)]).toEqual([sql, denied.code]);
      }
    }
    expect(await refused(`update audit set line = 'two'`)).toBe(denied.code);
    expect(await refused('update audit_chain set seq = 1')).toBe(denied.code);
  });

  test('cannot drop, alter or make a table, nor touch the list of migrations', async () => {
    const { rows } = await at.owner.query<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'kortelijn'`,
    );
    for (const { name } of rows) {
      expect([name, await refused(`drop table ${name} cascade`)]).toEqual([name, denied.code]);
      expect([name, await refused(`alter table ${name} add column x int`)]).toEqual([name, denied.code]);
    }
    expect(await refused('create table kortelijn.mine (n int)')).toBe(denied.code);
    expect(await refused('drop schema kortelijn cascade')).toBe(denied.code);
    expect(await refused(`update migration set checksum = ''`)).toBe(denied.code);
  });
});

describe('a pool', () => {
  test('outlives a server that ends its connections, idle and at work', async () => {
    const pool = openPool(at.connection, 'kortelijn_app', 3);
    const faults: unknown[] = [];
    const noted = (error: unknown) => faults.push(error);
    process.on('uncaughtException', noted);
    try {
      const idle = await pool.connect();
      const working = await pool.connect();
      idle.release();
      const sleeping = working.query('select pg_sleep(60)').then(
        () => 'slept',
        () => 'broken',
      );
      await until('the query runs', async () => {
        const { rowCount } = await at.owner.query(
          `select from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active'`,
        );
        return rowCount === 1;
      });
      await at.owner.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
      );
      expect(await sleeping).toBe('broken');
      working.release(true);
      await until('the pool works again', () =>
        pool.query('select 1').then(
          () => true,
          () => false,
        ),
      );
      expect(faults).toEqual([]);
    } finally {
      process.off('uncaughtException', noted);
      await pool.end();
    }
  });

  test('gives counts as numbers and days as the text they are', async () => {
    const { rows } = await at.store.pool.query(
      `select count(*), date '2026-11-23' as day, 9007199254740991::bigint as big from generate_series(1, 3)`,
    );
    expect(rows).toEqual([{ count: 3, day: '2026-11-23', big: 9007199254740991 }]);
  });
});
