import pg from 'pg';
import { describe } from 'vitest';
import { migrateQueue, openPostgresQueue } from '../../src/delivery/queue.ts';
import { queueSuite } from './queue.suite.ts';

describe('the database as the queue', () => {
  queueSuite(async (at) => {
    const client = new pg.Client(at.connection);
    await client.connect();
    await migrateQueue(client, 'kortelijn_app');
    await client.end();
    const { rows } = await at.owner.query<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'bullmq'`,
    );
    const tables = rows.map((row) => row.name);
    const kept = /migration|kortelijn_epoch/;
    return {
      open: async () => openPostgresQueue(at.connection, 'kortelijn_app', at.store.pool),
      forget: async () => {
        const emptied = tables.filter((name) => !kept.test(name)).map((name) => `bullmq."${name}"`);
        await at.owner.query(
          `truncate ${emptied.join(', ')}; update bullmq.kortelijn_epoch set epoch = gen_random_uuid()::text`,
        );
      },
      dump: async () => {
        const all = await Promise.all(
          tables.map((name) => at.owner.query<{ row: string }>(`select t::text as row from bullmq."${name}" t`)),
        );
        return all.flatMap((one) => one.rows.map(({ row }) => row)).join('\n');
      },
      close: async () => undefined,
    };
  });
});
