import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './made.ts';

const program = ['valkey-server', 'redis-server'].find(
  (name) => spawnSync(name, ['--version'], { encoding: 'utf8' }).status === 0,
);

/** Why tests that need a Redis cannot run here; undefined when they can. */
export const redisMissing = program ? undefined : 'no valkey-server or redis-server on this machine';

/** A real Redis of our own, on a socket in a folder of its own; nothing on the network. */
export interface TestRedis {
  /** What REDIS_URL would be. */
  readonly url: string;
  start(): Promise<void>;
  /** As when its machine loses power: it comes back with what was on its disk, which is nothing unless it keeps. */
  kill(): Promise<void>;
  /** Stops answering without closing anything, and goes on. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().startsWith('+PONG'));
    });
    socket.once('error', () => resolve(false));
  });
}

/** `keeps`: an append-only file, as in production; without it every start is empty. Not started yet. */
export async function openTestRedis(keeps: boolean): Promise<TestRedis> {
  if (!program) throw new Error(redisMissing);
  const folder = await mkdtemp(join(tmpdir(), 'kl-redis-'));
  const url = join(folder, 'r.sock');
  let child: ChildProcess | undefined;
  const end = async () => {
    if (child?.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    child = undefined;
  };
  return {
    url,
    start: async () => {
      const keeping = keeps ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
      const options = ['--port', '0', '--unixsocket', url, '--dir', folder, '--save', '', ...keeping];
      child = spawn(program, options, { stdio: 'ignore' });
      await until('Redis answers', () => answers(url));
    },
    kill: end,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    close: async () => {
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
