import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { choosePlace, isPrivateOf, openDataDir, type Place, socketFolder } from './place.ts';
import { birthOf, kinshipOf, type ProcessId, readText, stopServer, takeLock } from './process.ts';
import { ENVIRONMENT, initialise, programsFor, SUPERUSER, sweep } from './programs.ts';

const PORT = 5432;
const startMsMax = 60_000;
const logBytesMax = 5_000_000;

/**
 * Given on the command line, so that nothing inside the database can override them. The log holds no patient data: an
 * ERROR quotes the value it refuses and a DETAIL the whole row, so below LOG nothing is written and details never are.
 */
const SETTINGS = {
  listen_addresses: '',
  port: String(PORT),
  unix_socket_permissions: '0700',
  max_connections: '60',
  shared_buffers: '64MB',
  fsync: 'on',
  full_page_writes: 'on',
  log_destination: 'stderr',
  logging_collector: 'off',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_statement: 'none',
  log_min_duration_statement: '-1',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_checkpoints: 'off',
};

const FORGETFUL = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };

export interface EmbeddedServer {
  /** Folder of the unix socket, for pg's `host`. */
  readonly socketDir: string;
  /** Always 5432: it only names the socket file. */
  readonly port: number;
  readonly superuser: string;
  /** True when a running server, left by a crash or started by a neighbour, was taken over. */
  readonly adopted: boolean;
  /** Fast shutdown (SIGINT) that waits until the process is gone; a second call waits for the first. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL on `<dataDir>/pg`, or takes over the one that runs there (decision 11). It outlives this process: only
 * stop() ends it. Rejects with one sentence that says what failed and where the log is.
 * @param options.dataDir folder of this installation; made when missing
 * @param options.modulesDir node_modules with the platform package; default: where our own packages are
 * @param options.uid as root, the user to run as (default 65534); otherwise without effect
 * @param options.mayLoseAll nothing is forced to the disk: for data that nobody needs after a crash of the machine
 */
export async function startEmbedded(options: {
  dataDir: string;
  modulesDir?: string;
  uid?: number;
  mayLoseAll?: boolean;
}): Promise<EmbeddedServer> {
  const dataDir = openDataDir(options.dataDir);
  const lock = join(dataDir, 'postgres.lock');
  await takeLock(lock);
  try {
    const place = choosePlace(dataDir, options.uid);
    shortenLog(place.log);
    const found = await findServer(place);
    if ('server' in found) return handle(found.server, found.socketDir, true);
    const programs = await programsFor(place, options.modulesDir);
    sweep(place, programs);
    if (!existsSync(place.data)) await initialise(place, programs);
    const socketDir = socketFolder(place);
    const settings = options.mayLoseAll ? { ...SETTINGS, ...FORGETFUL } : SETTINGS;
    return handle(await launch(place, programs, socketDir, found.stalePid, settings), socketDir, false);
  } finally {
    rmSync(lock, { force: true });
  }
}

function handle(server: ProcessId, socketDir: string, adopted: boolean): EmbeddedServer {
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= stopServer(server);
    return stopping;
  };
  return { socketDir, port: PORT, superuser: SUPERUSER, adopted, stop };
}

/**
 * Looks for a server that already runs on this data folder and waits while it starts, recovers or stops. One whose socket
 * has vanished is stopped. `stalePid`: what postmaster.pid names is certainly no server of ours (any more); undefined
 * when that is not certain, and PostgreSQL's own guards must decide.
 */
async function findServer(
  place: Place,
): Promise<{ server: ProcessId; socketDir: string } | { stalePid: number | undefined }> {
  const until = Date.now() + startMsMax;
  for (;;) {
    const noted = readPidFile(place);
    if (noted === undefined) return { stalePid: 0 };
    const { pid, socketDir } = noted;
    const birth = birthOf(pid);
    const kinship = birth && kinshipOf(pid, place.data);
    if (birth === undefined || kinship === 'other') return { stalePid: pid };
    const answer = noted.ready && isPrivateOf(socketDir, place.runner) ? await ask(socketDir) : 'absent';
    if (answer === noted.identity) return { server: { pid, birth }, socketDir };
    if (answer === 'absent' && kinship === 'unknown') return { stalePid: undefined };
    if (answer === 'absent' && noted.ready) {
      await stopServer({ pid, birth });
      return { stalePid: pid };
    }
    if (Date.now() > until)
      throw new Error(
        `PostgreSQL runs as process ${pid} but did not accept a connection within ${startMsMax / 1000} seconds; its log is ${place.log}.`,
      );
    await pause(50);
  }
}

/** Starts the server in a session of its own and waits until it answers. */
async function launch(
  place: Place,
  programs: string,
  socketDir: string,
  stalePid: number | undefined,
  settings: Readonly<Record<string, string>>,
): Promise<ProcessId> {
  const until = Date.now() + startMsMax;
  // `-D` comes first and unadorned: kinshipOf() looks for it.
  const words = ['-D', place.data, '-c', `unix_socket_directories="${socketDir}"`];
  for (const [name, value] of Object.entries(settings)) words.push('-c', `${name}=${value}`);
  // A crash leaves lock files whose number may live again as another program, or stay on as a zombie. The variable is
  // PostgreSQL's own way to say "that one is no server" (pg_ctl uses it); its guard on the shared memory stays in force.
  const env = stalePid === undefined ? ENVIRONMENT : { ...ENVIRONMENT, PG_GRANDPARENT_PID: String(stalePid) };
  if (stalePid !== undefined)
    for (const file of ['.s.PGSQL.5432', '.s.PGSQL.5432.lock']) rmSync(join(socketDir, file), { force: true });
  if (stalePid === 0) rmSync(join(place.data, 'postmaster.pid'), { force: true }); // empty: PostgreSQL would give up
  for (;;) {
    const logStart = statSync(place.log, { throwIfNoEntry: false })?.size ?? 0;
    const log = openSync(place.log, 'a', 0o600);
    const child = spawn(join(programs, 'bin', 'postgres'), words, {
      ...place.runner.drop,
      cwd: place.folder,
      env,
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    child.unref();
    let ended: string | undefined;
    child.once('error', (error) => {
      ended = error.message;
    });
    child.once('exit', (code, signal) => {
      ended = `it ended with ${signal ?? `code ${code}`}`;
    });
    const birth = child.pid === undefined ? undefined : birthOf(child.pid);
    while (ended === undefined && Date.now() < until) {
      const noted = readPidFile(place);
      if (noted?.pid === child.pid && noted?.ready && birth !== undefined && (await ask(socketDir)) === noted.identity)
        return { pid: noted.pid, birth };
      await pause(10);
    }
    const tail = readFileSync(place.log).subarray(logStart).toString('utf8').trim().split('\n').slice(-5).join('\n');
    // Sessions of a killed server may live for a moment longer: they let go of the shared memory by themselves.
    if (ended !== undefined && tail.includes('shared memory block') && Date.now() < until) {
      await pause(200);
      continue;
    }
    const why = ended ?? `it does not answer after ${startMsMax / 1000} seconds, and is left to go on`;
    throw new Error(`PostgreSQL did not start: ${why}; its log is ${place.log}, ending with:\n${tail}`);
  }
}

/** What the server last wrote about itself in postmaster.pid; asking one that is not `ready` only fills its log. */
function readPidFile(place: Place): { pid: number; socketDir: string; ready: boolean; identity: string } | undefined {
  const text = readText(join(place.data, 'postmaster.pid'));
  if (text === undefined) return undefined;
  const lines = text.split('\n');
  return {
    pid: Number.parseInt(lines[0] ?? '', 10) || 0,
    socketDir: lines[4] ?? '',
    ready: lines[7]?.trim() === 'ready',
    identity: identityIn(text),
  };
}

/** Process number, folder and start time: the first three lines of postmaster.pid. */
const identityIn = (pidFile: string): string => pidFile.split('\n').slice(0, 3).join('\n');

/** The identity the answering server reads in its own folder, or why there is no answer. */
async function ask(socketDir: string): Promise<string> {
  const client = new Client({
    host: socketDir,
    port: PORT,
    user: SUPERUSER,
    database: 'postgres',
    ssl: false,
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
  });
  client.on('error', () => {}); // A server that goes away while we ask is an answer too, not a crash of ours.
  try {
    await client.connect();
    const { rows } = await client.query<{ file: string }>(`select pg_read_file('postmaster.pid') as file`);
    return identityIn(rows[0]?.file ?? 'busy');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'ENOENT' || code === 'ECONNREFUSED' ? 'absent' : 'busy';
  } finally {
    client.end().catch(() => {});
  }
}

/** A running server appends, so shortening under it is safe. */
function shortenLog(log: string): void {
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > logBytesMax) truncateSync(log);
}
