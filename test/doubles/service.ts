import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { v7 } from 'uuid';
import { childEnvironment } from '../../scripts/child-environment.ts';
import { type ConnectionConfig, openPool } from '../../src/store/database.ts';
import { readMasterKey } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import { commitNotifier } from '../../src/store/outbox/wake-up.ts';
import type { Store } from '../../src/store/store.ts';
import { until } from './made.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const startMsMax = 60_000;

/** How a process ended, and how long that took from when it was asked to. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly ms: number;
}

/** `node src/main.ts` as a process of its own, in a process group of its own. */
export interface Service {
  /** Address and process id of the running one; change with every start when its port is free to choose. */
  readonly url: string;
  readonly his: string | undefined;
  readonly pid: number;
  readonly dataDir: string;
  /** How often it was started. */
  readonly starts: number;
  /** Everything that all its starts have written. */
  output(): string;
  /** kill -9 of this process only, as when it crashes; its database lives on. */
  kill(): Promise<void>;
  /** Starts it (again), with the same settings and data; resolves when it is ready, rejects when it ended before that. */
  start(): Promise<void>;
  /** Signals the whole process group, as a terminal does; resolves when the process is gone. */
  signal(...signals: NodeJS.Signals[]): Promise<Ended>;
  /** Resolves when the process that now runs has ended, whoever ended it. */
  ended(): Promise<Ended>;
  /** Ends whatever is left of it and removes its data. */
  close(): Promise<void>;
}

/** A data folder that the unprivileged user of the embedded database can pass. */
export function newDataDir(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'kortelijn-service-')));
  chmodSync(folder, 0o711);
  return folder;
}

/** Where there is no /proc: those that name the folder on their command line. */
function processesByCommand(dataDir: string): { pid: number; command: string }[] {
  const { stdout } = spawnSync('ps', ['-axo', 'pid=,command='], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .filter((line) => line.includes(dataDir))
    .map((line) => ({ pid: Number.parseInt(line, 10), command: line.trim().replace(/^\d+ /, '') }));
}

/** Processes that belong to a data folder: they were started on it or work in it. */
export function processesOf(dataDir: string): { pid: number; command: string }[] {
  if (!existsSync('/proc')) return processesByCommand(dataDir);
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      const environment = readFileSync(`/proc/${name}/environ`, 'utf8');
      const inside = readlinkSync(`/proc/${name}/cwd`).startsWith(dataDir);
      const ours = inside || command.includes(dataDir) || environment.includes(`DATA_DIR=${dataDir}`);
      return ours && command !== '' ? [{ pid: Number(name), command }] : [];
    } catch {
      // It ended while we looked.
      return [];
    }
  });
}

/** Ends every process of a data folder, by its number, and removes the folder. */
export async function clearDataDir(dataDir: string): Promise<void> {
  await until('every process of the folder is gone', () => {
    const left = processesOf(dataDir);
    for (const { pid } of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
    }
    return left.length === 0;
  });
  rmSync(dataDir, { recursive: true, force: true });
}

function spawnService(
  dataDir: string,
  environment: Record<string, string>,
  note: (text: string) => void,
): ChildProcess {
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...childEnvironment, DATA_DIR: dataDir, ...environment },
  });
  child.stdout?.setEncoding('utf8').on('data', note);
  child.stderr?.setEncoding('utf8').on('data', note);
  return child;
}

/** Runs it until it ends by itself, as with wrong settings. */
export async function runService(
  dataDir: string,
  environment: Record<string, string>,
): Promise<Ended & { output: string }> {
  let output = '';
  const began = performance.now();
  const child = spawnService(dataDir, environment, (text) => {
    output += text;
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, ms: performance.now() - began, output };
}

/** Prepares a service on a data folder; `start` starts it. All ports are free ones unless the environment names them. */
export function prepareService(environment: Record<string, string>, dataDir = newDataDir()): Service {
  const settings = {
    PORT: '0',
    HIS_PORT: '0',
    MAIL_PORT: '0',
    MLLP_PORT: '0',
    LOG_LEVEL: 'info',
    CALLS_PER_MINUTE: '0',
    ...environment,
  };
  let output = '';
  let child: ChildProcess | undefined;
  let ended: Promise<Ended> | undefined;
  let running: { url: string; his?: string; pid: number } | undefined;
  let asked = performance.now();
  let starts = 0;
  const now = () => {
    if (!running) throw new Error('the service was not started');
    return running;
  };
  const waitEnded = () => {
    if (!ended) throw new Error('the service was not started');
    return ended;
  };
  return {
    get url() {
      return now().url;
    },
    get his() {
      return now().his;
    },
    get pid() {
      return now().pid;
    },
    get starts() {
      return starts;
    },
    dataDir,
    output: () => output,
    start: async () => {
      starts += 1;
      rmSync(join(dataDir, 'running.json'), { force: true });
      const started = spawnService(dataDir, settings, (text) => {
        output += text;
      });
      child = started;
      let over: Ended | undefined;
      ended = once(started, 'exit').then(([code, signal]) => {
        over = { code, signal, ms: performance.now() - asked };
        return over;
      });
      running = await until(
        'the service is ready',
        async () => {
          if (over) throw new Error(`the service ended with ${over.code ?? over.signal}:\n${output.slice(-2_000)}`);
          try {
            const said = JSON.parse(readFileSync(join(dataDir, 'running.json'), 'utf8'));
            return (await fetch(`${said.url}/readyz`)).ok && said;
          } catch {
            return undefined;
          }
        },
        startMsMax,
      );
    },
    kill: async () => {
      child?.kill('SIGKILL');
      await waitEnded();
    },
    signal: (...signals) => {
      asked = performance.now();
      for (const signal of signals) process.kill(-(child?.pid ?? 0), signal);
      return waitEnded();
    },
    ended: waitEnded,
    close: () => clearDataDir(dataDir),
  };
}

/** The embedded database of a running service, to log in to as its application. */
export function databaseOf(dataDir: string, user = 'kortelijn_app'): ConnectionConfig {
  const host = readFileSync(join(dataDir, 'pg', 'postmaster.pid'), 'utf8').split('\n')[4] ?? '';
  return { host, port: 5432, user, database: 'kortelijn' };
}

/** A store of this process on the service's database: what a second process of the line would have. */
export async function storeOf(dataDir: string): Promise<{ store: Store; close(): Promise<void> }> {
  const pool = openPool(databaseOf(dataDir), undefined, 4);
  const master = await readMasterKey(join(dataDir, 'master.key'), false);
  const store = openStore(pool, master, () => new Date(), v7, commitNotifier(pool, 20));
  return { store, close: () => pool.end() };
}
