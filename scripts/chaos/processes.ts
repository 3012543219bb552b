import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startEmbedded } from '../../src/store/embedded/embedded.ts';
import { openTestRedis } from '../../test/doubles/redis.ts';
import { childEnvironment } from '../child-environment.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const startMsMax = 60_000;
const restartMs = 200;
const stopMsMax = 15_000;

/** Something that is killed again and again, and comes back. */
export interface Target {
  readonly name: string;
  readonly kills: number;
  /** kill -9; for a server of ours it also waits until it is back. `downMs`: how long it stays away. */
  kill(downMs: number): Promise<void>;
}

/** One process of the service with its roles, started again whenever it ends, as a supervisor of containers does. */
export class Supervised implements Target {
  readonly name: string;
  kills = 0;
  /** How often it could not start: its database was away. */
  failedStarts = 0;
  /** How it ended when nobody had ended it and it had been running: never right. */
  readonly fell: string[] = [];
  readonly #environment: Record<string, string>;
  readonly #logFile: string;
  readonly #port: number;
  #child: ChildProcess | undefined;
  #killed = false;
  #stopping = false;
  #downMs = restartMs;
  #ended: Promise<void> = Promise.resolve();

  /** `folder`: where its data and its log go. */
  constructor(name: string, port: number, folder: string, environment: Record<string, string>) {
    const dataDir = join(folder, name);
    mkdirSync(dataDir, { recursive: true });
    this.name = name;
    this.#port = port;
    this.#logFile = join(dataDir, 'log');
    this.#environment = {
      ...childEnvironment,
      PORT: String(port),
      DATA_DIR: dataDir,
      MIGRATE: 'off',
      DEMO: 'off',
      LOG_LEVEL: 'info',
      CALLS_PER_MINUTE: '0',
      ...environment,
    };
  }

  /** Everything it has written. */
  log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  start(): void {
    const log = openSync(this.#logFile, 'a');
    const child = spawn(process.execPath, ['src/main.ts'], {
      cwd: root,
      stdio: ['ignore', log, log],
      env: this.#environment,
    });
    closeSync(log);
    this.#child = child;
    this.#killed = false;
    this.#downMs = restartMs;
    const before = this.log().length;
    this.#ended = once(child, 'exit').then(([code, signal]) => {
      if (this.#stopping) return;
      if (!this.#killed) this.#note(this.log().slice(before), String(code ?? signal));
      setTimeout(() => {
        if (!this.#stopping) this.start();
      }, this.#downMs);
    });
  }

  #note(said: string, how: string): void {
    if (said.includes('Kortelijn could not start')) this.failedStarts += 1;
    else this.fell.push(`${this.name} ended by itself (${how}): ${said.trim().split('\n').slice(-3).join(' ')}`);
  }

  /** Whether it says by itself that it can work. */
  async isReady(): Promise<boolean> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(
      () => undefined,
    );
    await answer?.arrayBuffer().catch(() => undefined);
    return answer?.ok === true;
  }

  async kill(downMs: number): Promise<void> {
    if (this.#child?.exitCode !== null || this.#child.signalCode !== null) return;
    this.kills += 1;
    this.#killed = true;
    this.#downMs = downMs;
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), stopMsMax);
    if (this.#child?.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM');
    await this.#ended;
    clearTimeout(timer);
  }
}

export interface Killable extends Target {
  close(): Promise<void>;
}

/** The PostgreSQL that runs on this folder, taken over: its postmaster is killed and it recovers from its log. */
export async function overPostgres(dataDir: string): Promise<Killable> {
  let server = await startEmbedded({ dataDir });
  const target = {
    name: 'postgresql',
    kills: 0,
    kill: async (downMs: number) => {
      const [pid = ''] = readFileSync(join(dataDir, 'pg', 'postmaster.pid'), 'utf8').split('\n');
      target.kills += 1;
      process.kill(Number(pid), 'SIGKILL');
      await pause(downMs);
      server = await startEmbedded({ dataDir });
    },
    close: () => server.stop(),
  };
  return target;
}

/** A Redis that keeps nothing: each start is empty. */
export async function openEmptyRedis(): Promise<Killable & { readonly url: string }> {
  const redis = await openTestRedis(false);
  await redis.start();
  const target = {
    name: 'redis',
    url: redis.url,
    kills: 0,
    kill: async (downMs: number) => {
      target.kills += 1;
      await redis.kill();
      await pause(downMs);
      await redis.start();
    },
    close: redis.close,
  };
  return target;
}

/** Waits until every process says that it is ready, for `ms` at most; says whether they were. */
export async function readyWithin(processes: readonly Supervised[], ms: number): Promise<boolean> {
  const end = performance.now() + ms;
  for (;;) {
    if ((await Promise.all(processes.map((one) => one.isReady()))).every(Boolean)) return true;
    if (performance.now() > end) return false;
    await pause(150);
  }
}

/** The same, and throws with what they wrote last when they never are. */
export async function allReady(processes: readonly Supervised[]): Promise<void> {
  if (await readyWithin(processes, startMsMax)) return;
  const said = processes.map((one) => `${one.name}: ${one.log().trim().split('\n').slice(-3).join('\n')}`);
  throw new Error(`not every process became ready:\n${said.join('\n')}`);
}
