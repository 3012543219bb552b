import type pg from 'pg';

/** Lets the application's role use BullMQ's schema, and puts an epoch in it that dies when the schema does. */
export async function prepareQueuePlace(client: pg.ClientBase, role: string | undefined): Promise<void> {
  await client.query('begin');
  await client.query('select pg_advisory_xact_lock(7005)');
  await client.query(
    'create table if not exists bullmq.kortelijn_epoch (only_row boolean primary key default true check (only_row), epoch text not null)',
  );
  await client.query(
    'insert into bullmq.kortelijn_epoch (epoch) values (gen_random_uuid()::text) on conflict do nothing',
  );
  if (role) {
    await client.query(`grant all on schema bullmq to ${role}`);
    await client.query(`grant all on all tables in schema bullmq to ${role}`);
    await client.query(`grant all on all sequences in schema bullmq to ${role}`);
    await client.query(`grant execute on all functions in schema bullmq to ${role}`);
  }
  await client.query('commit');
}

export async function readQueueEpoch(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ epoch: string }>('select epoch from bullmq.kortelijn_epoch');
  return rows[0]?.epoch ?? '';
}
