import pg from 'pg';
import type { Closers } from './closers.ts';
import type { Config } from './config.ts';
import { migrateQueue } from './delivery/queue.ts';
import type { Log } from './log.ts';
import { migrate, openPool } from './store/database.ts';
import { applicationRole, embeddedPlace, urlPlace } from './store/place.ts';

/** Opens the record: the database of DATABASE_URL or the embedded one, brought up to date, with a pool on it. */
export async function openRecord(config: Config, log: Log, closers: Closers) {
  const place = config.DATABASE_URL
    ? urlPlace(config.DATABASE_URL, config.DATABASE_OWNER_URL ?? config.DATABASE_URL)
    : await embeddedPlace(config.dataDir);
  closers.push('database', place.close);
  if (place.adopted) log.info('database-adopted');
  let made: string | undefined = applicationRole;
  if (config.MIGRATE !== 'off') {
    const migrated = await migrate(place.owner, applicationRole);
    made = migrated.role;
    for (const migration of migrated.applied) log.info('migrated', { migration });
    const queueOwner = new pg.Client(place.owner);
    await queueOwner.connect();
    await migrateQueue(queueOwner, made);
    await queueOwner.end();
    if (!made) log.warn('no-application-role');
  }
  const role = place.applicationLogsInAs === applicationRole ? undefined : made;
  const pool = openPool(place.application, role, 16);
  closers.push('pool', () => pool.end());
  return { pool, role, connection: place.application, embedded: place.embedded };
}
