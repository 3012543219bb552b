import pg from 'pg';
import type { ConnectionConfig } from './database.ts';
import { startEmbedded } from './embedded/embedded.ts';

/** Where the record is: how to log in as its owner and as the application, and how to leave it. */
export interface Place {
  readonly owner: ConnectionConfig;
  readonly application: ConnectionConfig;
  /** The application logs in as this role itself; else it takes the role on after logging in. */
  readonly applicationLogsInAs: string | undefined;
  readonly embedded: boolean;
  readonly adopted: boolean;
  close(): Promise<void>;
}

const database = 'kortelijn';
const owner = 'kortelijn_owner';
export const applicationRole = 'kortelijn_app';

async function makeDatabase(superuser: ConnectionConfig): Promise<void> {
  const client = new pg.Client({ ...superuser, database: 'postgres' });
  await client.connect();
  try {
    const exists = async (sql: string, name: string) => ((await client.query(sql, [name])).rowCount ?? 0) > 0;
    for (const role of [owner, applicationRole]) {
      if (!(await exists('select from pg_roles where rolname = $1', role)))
        await client.query(`create role ${role} login`);
    }
    await client.query(`grant ${applicationRole} to ${owner}`);
    if (!(await exists('select from pg_database where datname = $1', database))) {
      await client.query(`create database ${database} owner ${owner}`);
      await client.query(`revoke all on database ${database} from public`);
      await client.query(`grant connect, temporary on database ${database} to ${applicationRole}`);
    }
  } finally {
    await client.end();
  }
}

/** The embedded server of this folder, with an owner and an application login of its own (decisions 8 and 11). */
export async function embeddedPlace(dataDir: string): Promise<Place> {
  const server = await startEmbedded({ dataDir });
  const at = { host: server.socketDir, port: server.port };
  await makeDatabase({ ...at, user: server.superuser });
  return {
    owner: { ...at, user: owner, database },
    application: { ...at, user: applicationRole, database },
    applicationLogsInAs: applicationRole,
    embedded: true,
    adopted: server.adopted,
    close: () => server.stop(),
  };
}

/** A PostgreSQL of somebody else's; the application takes its role on after logging in when it may. */
export function urlPlace(applicationUrl: string, ownerUrl: string): Place {
  return {
    owner: { connectionString: ownerUrl },
    application: { connectionString: applicationUrl },
    applicationLogsInAs: undefined,
    embedded: false,
    adopted: false,
    close: async () => undefined,
  };
}
