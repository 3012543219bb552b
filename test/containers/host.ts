import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, until } from '../doubles/made.ts';
import { type Compose, type Image, productionPackages, root, type Service } from './compose.ts';

const healthyMsMax = 60_000;
const isRoot = process.getuid?.() === 0;
/** As the containers: never as root. */
export const asUser = isRoot ? { uid: 1000, gid: 1000 } : {};

/** What was put in place of something of the compose file, so that a test can see that it was nothing else. */
export interface Placed {
  readonly service: string;
  readonly where: string;
  readonly from: string;
  readonly to: string;
}

export interface Ports {
  readonly postgres: number;
  readonly redis: number;
  readonly http: number;
  readonly mllp: number;
  readonly hisMllp: number;
  readonly his: number;
  readonly mail: number;
  /** Where the processes without a published port tell how they are. */
  readonly health: Readonly<Record<string, number>>;
}

/** A command of the compose file as it runs here. */
export interface Running {
  readonly child: ChildProcess;
  output(): string;
  /** Exit code, once it has ended. */
  readonly ended: Promise<number | null>;
}

/** This machine in the place of the containers: one folder for all, one port for each. */
export interface Host {
  readonly folder: string;
  readonly app: string;
  readonly secrets: string;
  readonly ports: Ports;
  readonly placed: readonly Placed[];
  readonly compose: Compose;
  readonly image: Image;
  /** A text of a service with the addresses, ports and folders of this machine. */
  place(service: string, where: string, text: string): string;
  /** The folder in the place of `/data`. */
  dataOf(service: string): string;
  environmentOf(service: string): Record<string, string>;
  /** Starts the very command of a service; `more` are places only. */
  run(service: string, more?: readonly string[]): Running;
  /** Runs the very health check of a service until it passes; rejects when the service has ended. */
  healthy(service: string): Promise<void>;
  /** Once; whether it passes. */
  isHealthy(service: string): boolean;
  close(): Promise<void>;
}

function makeSecrets(folder: string): string {
  mkdirSync(join(folder, 'docker'));
  cpSync(new URL('docker/make-secrets.sh', root), join(folder, 'docker', 'make-secrets.sh'));
  const made = spawnSync('sh', [join(folder, 'docker', 'make-secrets.sh')], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
  return join(folder, 'secrets');
}

/** The image by hand: what the Dockerfile copies, and the packages that its `npm ci` leaves. */
function makeApp(folder: string, image: Image): string {
  const app = join(folder, 'app');
  for (const source of image.shipped)
    cpSync(new URL(source, root), join(app, source.replace(/\/$/, '')), { recursive: true });
  for (const name of productionPackages()) {
    const link = join(app, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(fileURLToPath(new URL(`node_modules/${name}`, root)), link);
  }
  return app;
}

async function findPorts(): Promise<Ports> {
  const port: number[] = [];
  while (port.length < 10) port.push(await freePort());
  const [postgres = 0, redis = 0, http = 0, mllp = 0, his = 0, mail = 0, hisMllp = 0, ...health] = port;
  const [one = 0, two = 0, three = 0] = health;
  return { postgres, redis, http, mllp, his, mail, hisMllp, health: { mllp: one, line: two, his: three } };
}

/** Prepares secrets, image and ports; nothing runs yet. */
export async function openHost(compose: Compose, image: Image): Promise<Host> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'kortelijn-containers-')));
  chmodSync(folder, 0o711);
  const ports = await findPorts();
  const secrets = makeSecrets(folder);
  const app = makeApp(folder, image);
  const placed: Placed[] = [];
  const started = new Map<string, Running>();
  const here = '127.0.0.1';
  const addresses: [string, string][] = [
    ['postgres:5432', `${here}:${ports.postgres}`],
    ['redis:6379', `${here}:${ports.redis}`],
    ['//http:8080', `//${here}:${ports.http}`],
    [`${here}:8080`, `${here}:${ports.http}`],
    [`${here}:8090`, `${here}:${ports.his}`],
    ['his:8090', `${here}:${ports.his}`],
    ['his:2576', `${here}:${ports.hisMllp}`],
    ['/run/secrets', secrets],
  ];
  const whole = (service: string): Record<string, string> => ({
    his: here,
    '0.0.0.0': here,
    '8080': String(ports.health[service] ?? ports.http),
    '8090': String(ports.his),
    '2525': String(ports.mail),
    '2575': String(ports.mllp),
    '2576': String(ports.hisMllp),
    '/data': dataOf(service),
  });
  const dataOf = (service: string) => join(folder, `data-${service}`);
  for (const name of Object.keys(compose.services)) {
    mkdirSync(dataOf(name));
    if (isRoot) chownSync(dataOf(name), 1000, 1000);
  }
  const place = (service: string, where: string, text: string): string => {
    const to = whole(service)[text] ?? addresses.reduce((one, [from, there]) => one.replaceAll(from, there), text);
    if (to !== text) placed.push({ service, where, from: text, to });
    return to;
  };
  const find = (name: string): Service => {
    const service = compose.services[name];
    if (!service) throw new Error(`no service ${name}`);
    return service;
  };
  // ":" in a password file would be read as the next field, so only host and port change.
  for (const file of ['pgpass_owner', 'pgpass_application']) {
    const path = join(secrets, file);
    writeFileSync(path, place('secrets', file, readFileSync(path, 'utf8')));
  }
  const environmentOf = (name: string) => {
    const { build, environment } = find(name);
    const all = { ...(build && image.environment), ...environment };
    return Object.fromEntries(Object.entries(all).map(([key, value]) => [key, place(name, key, value)]));
  };
  const spawning = (name: string) => ({
    cwd: find(name).build ? app : folder,
    env: { PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`, ...environmentOf(name) },
    ...asUser,
  });
  const isHealthy = (name: string) => {
    const service = find(name);
    const [kind, ...test] = service.healthcheck?.test ?? ['CMD', ...image.healthcheck];
    const [program = '', ...words] = kind === 'CMD-SHELL' ? ['sh', '-c', ...test] : test;
    // Where they look when nothing else is said is a place too; redis-cli has no setting for it.
    const where = program === 'redis-cli' ? ['-p', String(ports.redis)] : [];
    const options = spawning(name);
    const env = { ...options.env, PGPORT: String(ports.postgres), PGHOST: join(folder, 'postgres', 'run') };
    return (
      spawnSync(program, [...where, ...words.map((one) => place(name, 'healthcheck', one))], {
        ...options,
        env,
        stdio: 'ignore',
      }).status === 0
    );
  };
  return {
    folder,
    app,
    secrets,
    ports,
    placed,
    compose,
    image,
    place,
    dataOf,
    environmentOf,
    isHealthy,
    run: (name, more = []) => {
      const [program = '', ...words] = find(name).command ?? image.command;
      const child = spawn(program, [...words.map((one) => place(name, 'command', one)), ...more], {
        ...spawning(name),
        stdio: [find(name).stdin_open ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream?.setEncoding('utf8').on('data', (text) => (output += text));
      const running = {
        child,
        output: () => output,
        ended: once(child, 'close').then(([code]) => code as number | null),
      };
      started.set(name, running);
      return running;
    },
    healthy: async (name) => {
      const child = started.get(name)?.child;
      await until(
        `${name} is healthy`,
        () => {
          if (child?.exitCode != null) throw new Error(`${name} ended with ${child.exitCode}`);
          return isHealthy(name);
        },
        healthyMsMax,
      );
    },
    close: async () => {
      for (const { child } of started.values()) child.kill('SIGKILL');
      await Promise.all([...started.values()].map((one) => one.ended));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
