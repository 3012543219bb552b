import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const stopMsMax = 8_000;
const lockMsMax = 180_000;

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessId {
  readonly pid: number;
  readonly birth: string;
}

/**
 * Fast shutdown (SIGINT), then immediate (SIGQUIT); resolves when the process is gone. A process of a later birth under the
 * same number is left alone. Rejects with a sentence when it does not end, or when it is not ours to signal.
 */
export async function stopServer(server: ProcessId): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGINT', stopMsMax],
    ['SIGQUIT', stopMsMax],
  ] as const) {
    if (birthOf(server.pid) !== server.birth) return;
    try {
      process.kill(server.pid, signal);
    } catch (error) {
      if (isCode(error, 'ESRCH')) return;
      throw error;
    }
    const until = Date.now() + waitMs;
    while (Date.now() < until) {
      if (birthOf(server.pid) !== server.birth) return;
      await pause(10);
    }
  }
  throw new Error(`PostgreSQL (process ${server.pid}) did not stop.`);
}

/** When the process was born, in the system's own words; undefined when it is gone or only a zombie. */
export function birthOf(pid: number): string | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (process.platform !== 'linux') {
    const [state, ...birth] = ps(pid, '-o', 'stat=', '-o', 'lstart=').trim().split(/\s+/);
    return state === '' || state?.startsWith('Z') ? undefined : birth.join(' ');
  }
  const stat = readText(`/proc/${pid}/stat`);
  // The program's name may hold spaces and brackets; after its last bracket come the state and, 19 on, the start tick.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

/** Is this process PostgreSQL on this data folder? Without the right to look (root in a container), by its command line. */
export function kinshipOf(pid: number, data: string): 'ours' | 'other' | 'unknown' {
  try {
    const there = statSync(`/proc/${pid}/cwd`);
    const here = statSync(data);
    return there.dev === here.dev && there.ino === here.ino ? 'ours' : 'other';
  } catch {
    const command = readText(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ') ?? ps(pid, '-o', 'command=');
    if (command.includes(`/postgres -D ${data} `)) return 'ours';
    return command.trim() === '' || command.includes('postgres') ? 'unknown' : 'other';
  }
}

/**
 * Waits for and takes the start lock: a file that names its holder, made by link() so that it is never seen half. A dead
 * holder's file is removed only by whoever holds `<file>.break`, itself such a lock, so that nobody removes a fresh one.
 */
export async function takeLock(file: string): Promise<void> {
  const until = Date.now() + lockMsMax;
  while (!tryLock(file)) {
    if (Date.now() > until) throw new Error(`Another start of the database has held ${file} for three minutes.`);
    await pause(50);
  }
}

function tryLock(file: string): boolean {
  const mine = `${file}.${randomUUID()}`;
  writeFileSync(mine, `${process.pid} ${birthOf(process.pid)}`);
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(mine, { force: true });
  }
  if (!isStale(file) || !tryLock(`${file}.break`)) return false;
  try {
    if (isStale(file)) rmSync(file, { force: true });
  } finally {
    rmSync(`${file}.break`, { force: true });
  }
  return tryLock(file);
}

function isStale(file: string): boolean {
  const [pid, birth] = readText(file)?.split(' ') ?? [];
  return pid !== undefined && (birth === undefined || birthOf(Number(pid)) !== birth);
}

/** The text of a file, or undefined when it cannot be read. */
export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
/** Where there is no /proc (macOS). In UTC, because two processes must read the same birth. */
const ps = (pid: number, ...words: string[]): string =>
  spawnSync('ps', ['-ww', ...words, '-p', String(pid)], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
  }).stdout ?? '';
