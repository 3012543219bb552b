import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../child-environment.ts';
import type { BenchDatabase, Place } from './place.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const startMsMax = 60_000;
const stopMsMax = 15_000;

/** The service itself, as `npm start` runs it: a process of its own on one of the measured databases. */
export interface Service {
  readonly url: string;
  readonly pid: number;
  /** Ends it as a signal of the system does; throws when it had logged a fault. */
  stop(): Promise<void>;
}

function faultsIn(text: string): string[] {
  return text.split('\n').filter((line) => /"level":(50|60|"error"|"fatal")/.test(line) || /^\S*Error/.test(line));
}

async function untilReady(file: string, child: ChildProcess, output: () => string): Promise<string> {
  const end = performance.now() + startMsMax;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the service did not start:\n${output().slice(-2_000)}`);
    try {
      const { url } = JSON.parse(readFileSync(file, 'utf8')) as { url: string };
      if ((await fetch(`${url}/readyz`)).ok) return url;
    } catch {
      // Not yet.
    }
    if (performance.now() > end) throw new Error(`the service was not ready in time:\n${output().slice(-2_000)}`);
    await pause(50);
  }
}

const running = new Set<() => Promise<void>>();

/** Ends every service that still runs: when a measurement broke off. */
export async function stopServices(): Promise<void> {
  await Promise.all([...running].map((stop) => stop()));
}

/**
 * Starts `node src/main.ts` with these settings beside those of the bench. `profileDir`: node writes a CPU profile there
 * when it stops. Its log goes to a file, as in production to a pipe.
 */
export async function startService(
  place: Place,
  database: BenchDatabase,
  settings: Record<string, string>,
  profileDir?: string,
): Promise<Service> {
  const dataDir = mkdtempSync(join(place.folder, 'service-'));
  const logFile = join(dataDir, 'log');
  const log = openSync(logFile, 'a');
  const output = () => readFileSync(logFile, 'utf8');
  const profile = profileDir ? ['--cpu-prof', `--cpu-prof-dir=${profileDir}`] : [];
  const child = spawn(process.execPath, [...profile, 'src/main.ts'], {
    cwd: root,
    stdio: ['ignore', log, log],
    env: {
      ...childEnvironment,
      CALLS_PER_MINUTE: '0',
      PORT: '0',
      DATA_DIR: dataDir,
      DATABASE_URL: database.url,
      MASTER_KEY_FILE: place.masterKeyFile,
      MIGRATE: 'off',
      DEMO: 'off',
      ...settings,
    },
  });
  closeSync(log);
  const gone = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopMsMax);
    await gone;
    clearTimeout(timer);
    running.delete(stop);
  };
  running.add(stop);
  try {
    const url = await untilReady(join(dataDir, 'running.json'), child, output);
    return {
      url,
      pid: child.pid ?? 0,
      stop: async () => {
        await stop();
        const faults = faultsIn(output());
        if (faults.length > 0) throw new Error(`the service logged ${faults.length} faults, first: ${faults[0]}`);
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
