// What the commands of an administrator need: the record that the settings name, brought up by whoever runs it already.

import { v7 } from 'uuid';
import { type Config, readEnvironment } from '../src/config.ts';
import { type ConnectionConfig, openClient, openPool } from '../src/store/database.ts';
import { readMasterKey } from '../src/store/keys.ts';
import { openStore } from '../src/store/open-store.ts';
import { applicationRole, embeddedPlace, urlPlace } from '../src/store/place.ts';
import type { Store } from '../src/store/store.ts';

export interface OpenRecord {
  readonly config: Config;
  readonly store: Store;
  /** The log-in of the database's owner: for what the application may not do. */
  readonly owner: ConnectionConfig;
  close(): Promise<void>;
}

/** The settings, or an Error with every fault of them. */
export function readSettings(): Config {
  const config = readEnvironment();
  if ('faults' in config) throw new Error(config.faults.map(({ setting, why }) => `${setting}: ${why}`).join('\n'));
  return config;
}

/**
 * Opens the record as the application does, with its rights and no more, and migrates nothing. An embedded database that
 * the service runs is used and left running; one that was started for this command is stopped by `close`.
 */
export async function openRecordFor(config: Config): Promise<OpenRecord> {
  const place = config.DATABASE_URL
    ? urlPlace(config.DATABASE_URL, config.DATABASE_OWNER_URL ?? config.DATABASE_URL)
    : await embeddedPlace(config.dataDir);
  const isMember = async () => {
    const client = openClient(place.application, undefined);
    await client.connect();
    const { rows } = await client.query<{ may: boolean }>(
      `select exists (select from pg_roles where rolname = $1 and pg_has_role(current_user, oid, 'member')) as may`,
      [applicationRole],
    );
    await client.end();
    return rows[0]?.may === true;
  };
  const role = place.applicationLogsInAs !== applicationRole && (await isMember()) ? applicationRole : undefined;
  const pool = openPool(place.application, role, 4);
  const master = await readMasterKey(config.masterKeyFile, false, config.MASTER_KEY_OLD_FILES);
  return {
    config,
    store: openStore(pool, master, () => new Date(), v7),
    owner: place.owner,
    close: async () => {
      await pool.end();
      if (!place.adopted) await place.close();
    },
  };
}

/** Runs a command's work and says its failure in one line; the exit code is 1 then, unless the work set another. */
export async function command(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`);
    process.exitCode ||= 1;
  }
}
