import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { choosePlace, openDataDir } from '../../src/store/embedded/place.ts';
import { programsFor } from '../../src/store/embedded/programs.ts';
import { until } from '../doubles/made.ts';
import { root } from './compose.ts';
import { asUser, type Host } from './host.ts';

const has = (program: string) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
/** Without them docker/postgres-init.sh and the health check of PostgreSQL are not run as they stand. */
export const clientsMissing = has('psql') && has('pg_isready') ? undefined : 'no psql and pg_isready on this machine';

/** PostgreSQL as the image of the compose file starts it on an empty volume. */
export interface Postgres {
  /** What the health check said while the database was being made. */
  readonly healthyTooSoon: boolean;
  output(): string;
  /** As `docker stop` does: SIGINT, fast shutdown. Gives the exit code. */
  stop(): Promise<number | null>;
}

/**
 * The steps of the image's entry point, by hand: initdb, a server on the socket only, the database, the scripts of
 * docker-entrypoint-initdb.d, and then the very command. Password files are the service's own.
 */
export async function startPostgres(host: Host): Promise<Postgres> {
  const { ports } = host;
  const home = openDataDir(join(host.folder, 'postgres'));
  chmodSync(home, 0o711);
  const programs = join(await programsFor(choosePlace(home, asUser.uid), undefined), 'bin');
  // Where the image has /run/postgresql; the health check looks there too.
  const sockets = join(home, 'run');
  mkdirSync(sockets);
  const data = join(home, 'volume');
  mkdirSync(data, { mode: 0o700 });
  if (asUser.uid !== undefined) for (const one of [sockets, data]) chownSync(one, asUser.uid, asUser.gid);
  const said = host.environmentOf('postgres');
  const { POSTGRES_USER = '', POSTGRES_DB = '', POSTGRES_PASSWORD_FILE = '', POSTGRES_INITDB_ARGS = '' } = said;
  const env = { PATH: `${programs}:/usr/bin:/bin`, LANG: 'C.UTF-8', ...said };
  const options = { cwd: home, env, ...asUser };
  execFileSync(
    join(programs, 'initdb'),
    [
      '-D',
      data,
      `--username=${POSTGRES_USER}`,
      `--pwfile=${POSTGRES_PASSWORD_FILE}`,
      ...POSTGRES_INITDB_ARGS.split(' '),
    ],
    { ...options, stdio: 'ignore' },
  );
  // In the containers nobody but PostgreSQL itself comes from 127.0.0.1: whoever comes by TCP needs a password there.
  writeFileSync(join(data, 'pg_hba.conf'), 'local all all trust\nhost all all all scram-sha-256\n');

  const [program = '', ...words] = host.compose.services.postgres?.command ?? [];
  let output = '';
  const launch = (address: string): ChildProcess => {
    const places = ['-D', data, '-p', String(ports.postgres), '-k', sockets, '-c', `listen_addresses=${address}`];
    const child = spawn(join(programs, program), [...words, ...places], {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    return child;
  };
  const stop = async (child: ChildProcess): Promise<number | null> => {
    const closed = once(child, 'close');
    child.kill('SIGINT');
    return (await closed)[0];
  };

  const making = launch('');
  const owner = { host: sockets, port: ports.postgres, user: POSTGRES_USER };
  const admin = await until('PostgreSQL answers on its socket', async () => {
    const client = new pg.Client({ ...owner, database: 'postgres' });
    return client.connect().then(
      () => client,
      () => undefined,
    );
  });
  await admin.query(`create database "${POSTGRES_DB}"`);
  await admin.end();
  const healthyTooSoon = host.isHealthy('postgres');
  const script = host.place('postgres', 'init', readFileSync(new URL('docker/postgres-init.sh', root), 'utf8'));
  const path = join(home, '10-application.sh');
  writeFileSync(path, script, { mode: 0o755 });
  execFileSync(path, { ...options, env: { ...env, PGHOST: sockets, PGPORT: String(ports.postgres) }, stdio: 'pipe' });
  await stop(making);

  const child = launch('127.0.0.1');
  let ended: Promise<number | null> | undefined;
  return {
    healthyTooSoon,
    output: () => output,
    stop: () => {
      ended ??= child.exitCode === null ? stop(child) : Promise.resolve(child.exitCode);
      return ended;
    },
  };
}

/** A connection of the application to the database, by TCP and with its password. */
export const applicationOf = ({ ports, secrets }: Host) => ({
  host: '127.0.0.1',
  port: ports.postgres,
  user: 'kortelijn_app',
  database: 'kortelijn',
  password: readFileSync(join(secrets, 'application_password'), 'utf8'),
});
