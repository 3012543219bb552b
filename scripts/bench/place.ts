import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint, Organization } from '@medplum/fhirtypes';
import pg from 'pg';
import { v7 } from 'uuid';
import { type Practice, practicesFileSchema } from '../../demo/model.ts';
import { migrateQueue } from '../../src/delivery/queue.ts';
import { codeSystems, extensions } from '../../src/fhir/systems.ts';
import { theLine } from '../../src/referral/actor.ts';
import type { DirectoryWrite } from '../../src/referral/change.ts';
import { loadDemoAccess, loadDirectory, pointEndpointsAt } from '../../src/region/load.ts';
import { migrate, openPool } from '../../src/store/database.ts';
import { directoryReader, readDirectoryResource, syncDestinations } from '../../src/store/directory.ts';
import { startEmbedded } from '../../src/store/embedded/embedded.ts';
import { readMasterKey } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';

const region = new URL('../../fixtures/region/', import.meta.url);
const owner = 'kortelijn_owner';
const application = 'kortelijn_app';
const template = 'seeded';

/** Where a connection goes: a database of the measured server, as one of its logins. */
export interface Login {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

/** A database of its own for one measurement: the schema, the invented region and its credentials, nothing else. */
export interface BenchDatabase {
  readonly login: Login;
  /** As DATABASE_URL. */
  readonly url: string;
  drop(): Promise<void>;
}

/** PostgreSQL of our own in a temporary folder, with a template that every measurement gets a fresh copy of. */
export interface Place {
  readonly folder: string;
  readonly masterKeyFile: string;
  readonly practices: readonly Practice[];
  /** Process id of the database server, whose processes are counted (cpu.ts). */
  readonly serverPid: number;
  fresh(): Promise<BenchDatabase>;
  close(): Promise<void>;
}

async function administer(login: Login, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client(login);
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** MSH-4 of a practice's system, as the directory knows it. */
export const facilityOf = (practice: string): string => practice.toUpperCase();

/** Practices also send HL7 v2, from this machine. */
async function addMllpPeers(store: Store, practices: readonly Practice[]): Promise<void> {
  const validFrom = store.clock().toISOString();
  const writes: DirectoryWrite[] = [];
  for (const { id } of practices) {
    const organization = await readDirectoryResource<Organization>(store, 'Organization', id);
    if (!organization) throw new Error(`${id} is not in the directory`);
    const endpoint: Endpoint & { id: string } = {
      resourceType: 'Endpoint',
      id: `mllp-${id}`,
      status: 'active',
      connectionType: { system: codeSystems.connectionType, code: 'hl7v2-mllp' },
      payloadType: [{ text: 'REF^I12' }],
      address: 'mllp://127.0.0.1:9',
      extension: [
        {
          url: extensions.mllpPeer,
          extension: [
            { url: 'facility', valueString: facilityOf(id) },
            { url: 'addressRange', valueString: '127.0.0.0/8' },
          ],
        },
      ],
    };
    const reference = { reference: `Endpoint/${endpoint.id}` };
    writes.push({ resource: endpoint, validFrom });
    writes.push({
      resource: { ...organization, endpoint: [...(organization.endpoint ?? []), reference] },
      validFrom,
    });
  }
  const done = await store.commit({
    scope: { practice: '' },
    directory: writes,
    audit: [
      {
        event: 'bench-peers',
        at: validFrom,
        actor: { id: theLine.id, role: theLine.role },
        action: 'C',
        outcome: 'ok',
        purpose: 'HOPERAT',
      },
    ],
  });
  if (!done.ok) throw new Error('the MLLP peers could not be written');
}

async function seed(login: (user: string) => Login, masterKeyFile: string, hisUrl: string, practices: Practice[]) {
  const { role } = await migrate(login(owner), application);
  const queueOwner = new pg.Client(login(owner));
  await queueOwner.connect();
  await migrateQueue(queueOwner, role);
  await queueOwner.end();
  const pool = openPool(login(application), undefined, 2);
  const store = openStore(pool, await readMasterKey(masterKeyFile, true), () => new Date(), v7);
  const directory = directoryReader(store);
  await loadDirectory(store, region);
  await addMllpPeers(store, practices);
  await syncDestinations(store, await directory());
  await loadDemoAccess(store, region, false);
  await pointEndpointsAt(store, await directory(), hisUrl);
  await pool.end();
}

/** Starts the server and fills the template; feedback will go to `hisUrl`. close() leaves nothing behind. */
export async function openPlace(hisUrl: string): Promise<Place> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'kortelijn-bench-')));
  // The database runs as an unprivileged user where we are root: it must be able to pass.
  chmodSync(folder, 0o711);
  const dataDir = join(folder, 'data');
  const server = await startEmbedded({ dataDir });
  const close = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const login = (database: string) => (user: string) => ({
      host: server.socketDir,
      port: server.port,
      user,
      database,
    });
    const root = login('postgres')(server.superuser);
    const masterKeyFile = join(folder, 'master.key');
    const file = JSON.parse(await readFile(new URL('demo-his.json', region), 'utf8'));
    const { practices } = practicesFileSchema.parse(file);
    await administer(
      root,
      `create role ${owner} login`,
      `create role ${application} login`,
      `grant ${application} to ${owner}`,
      `create database ${template} owner ${owner}`,
    );
    await seed(login(template), masterKeyFile, hisUrl, practices);
    const [pid = ''] = (await readFile(join(dataDir, 'pg', 'postmaster.pid'), 'utf8')).split('\n');
    let made = 0;
    return {
      folder,
      masterKeyFile,
      practices,
      serverPid: Number(pid),
      fresh: async () => {
        made += 1;
        const name = `bench_${made}`;
        // A file copy and a checkpoint: nothing of making the database is still to be written while it is measured.
        await administer(root, `create database ${name} template ${template} strategy file_copy`);
        return {
          login: login(name)(application),
          url: `postgres://localhost/${name}?host=${server.socketDir}&port=${server.port}&user=${application}`,
          drop: () => administer(root, `drop database ${name} with (force)`),
        };
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
