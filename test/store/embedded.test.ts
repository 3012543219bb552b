import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startEmbedded } from '../../src/store/embedded/embedded.ts';
import { birthOf } from '../../src/store/embedded/process.ts';
import {
  alsoClear,
  clearBench,
  end,
  folder,
  installedPackage,
  isRoot,
  logOf,
  memoryOf,
  pidIn,
  prepareBench,
  query,
  serverUid,
  startElsewhere,
  startStranger,
} from './embedded-bench.ts';

let base = '';
let modulesDir = '';
beforeAll(() => {
  ({ base, modulesDir } = prepareBench());
});
afterEach(clearBench);
afterAll(() => rmSync(base, { recursive: true, force: true }));

describe('the embedded database', { timeout: 20_000 }, () => {
  it('starts without install scripts, keeps its data over a stop, and writes nothing into node_modules', async () => {
    const dataDir = folder('fresh');
    const before = readdirSync(installedPackage, { recursive: true }).sort();
    const first = await startEmbedded({ dataDir });
    expect(first).toMatchObject({ port: 5432, superuser: 'postgres', adopted: false });
    const [facts] = await query(
      first,
      `select datlocale as locale, pg_encoding_to_char(encoding) as encoding, lower('É') as lower,
         current_setting('data_checksums') as checksums, current_setting('fsync') as fsync,
         current_setting('listen_addresses') as listens, current_setting('server_version_num')::int / 10000 as version
       from pg_database where datname = 'postgres'`,
    );
    expect(facts).toEqual({
      locale: 'C.UTF-8',
      encoding: 'UTF8',
      lower: 'é',
      checksums: 'on',
      fsync: 'on',
      listens: '',
      version: 18,
    });
    const door = statSync(first.socketDir);
    expect([door.uid, door.mode & 0o777]).toEqual([serverUid, 0o700]);
    expect(statSync(join(dataDir, 'pg')).uid).toBe(serverUid);
    await query(first, 'create table kept as select 7 as n');
    const pid = pidIn(dataDir);
    await Promise.all([first.stop(), first.stop()]);
    await first.stop();
    expect(birthOf(pid)).toBeUndefined();

    writeFileSync(join(dataDir, 'postgres.log'), 'x'.repeat(5_000_001));
    const second = await startEmbedded({ dataDir });
    expect(second.adopted).toBe(false);
    expect(await query(second, 'select n from kept')).toEqual([{ n: 7 }]);
    await second.stop();
    expect(statSync(join(dataDir, 'postgres.log')).size).toBeLessThan(100_000);
    expect(readdirSync(installedPackage, { recursive: true }).sort()).toEqual(before);
  });

  it('survives kill -9 of the process that started it, and is adopted by the next', async () => {
    const dataDir = folder('killed');
    const parent = await startElsewhere(dataDir);
    await query(parent.server, 'create table kept as select 8 as n');
    const pid = pidIn(dataDir);
    await end(parent.process, 'SIGKILL');

    const next = await startEmbedded({ dataDir, modulesDir });
    expect([next.adopted, pidIn(dataDir)]).toEqual([true, pid]);
    expect(await query(next, 'select n from kept')).toEqual([{ n: 8 }]);
    await next.stop();
    await next.stop();
    expect(birthOf(pid)).toBeUndefined();
  });

  it('gives one server to two starts at the same moment, over the lock of a dead third; Ctrl-C does not reach it', async () => {
    const dataDir = folder('twice');
    mkdirSync(dataDir);
    chmodSync(dataDir, 0o711);
    writeFileSync(join(dataDir, 'postgres.lock'), '2147483646 1');
    const [one, two] = await Promise.all([startElsewhere(dataDir), startElsewhere(dataDir)]);
    expect([one.server.adopted, two.server.adopted].sort()).toEqual([false, true]);
    expect(one.server.socketDir).toBe(two.server.socketDir);
    const pid = pidIn(dataDir);
    await Promise.all([end(one.process, 'SIGINT'), end(two.process, 'SIGINT')]);

    const [three, four] = await Promise.all([
      startEmbedded({ dataDir, modulesDir }),
      startEmbedded({ dataDir, modulesDir }),
    ]);
    expect([three.adopted, four.adopted, pidIn(dataDir)]).toEqual([true, true, pid]);
    expect(readdirSync(dataDir).filter((name) => name.startsWith('postgres.lock'))).toEqual([]);
    await three.stop();
    await four.stop();
    expect(birthOf(pid)).toBeUndefined();
  });

  it('recovers after kill -9 of the server itself, also when another program now has its number or the file is empty', async () => {
    const dataDir = folder('crashed');
    const first = await startEmbedded({ dataDir, modulesDir });
    await query(first, 'create table kept as select 9 as n');
    const pidFile = join(dataDir, 'pg/postmaster.pid');
    const written = readFileSync(pidFile, 'utf8');
    // A busy session outlives the server and keeps its memory: the start must wait for it, not fail and not go beside it.
    const go = join(dataDir, 'go');
    const busy = query(first, `do $$ begin while pg_stat_file('${go}', true) is null loop end loop; end $$`);
    busy.catch(() => {});
    await vi.waitFor(async () => {
      const [row] = await query(first, `select count(*)::int as n from pg_stat_activity where query like 'do %'`);
      expect(row).toEqual({ n: 1 });
    });
    process.kill(pidIn(dataDir), 'SIGKILL');
    const starting = startEmbedded({ dataDir, modulesDir });
    starting.catch(() => {});
    try {
      await vi.waitFor(() => expect(logOf(dataDir)).toContain('shared memory block'), { timeout: 10_000 });
    } finally {
      writeFileSync(go, '');
    }
    const second = await starting;
    expect(second.adopted).toBe(false);
    expect(await query(second, 'select n from kept')).toEqual([{ n: 9 }]);
    await second.stop();

    // A program of the same user: PostgreSQL alone would take it for a living server and refuse to start.
    const stranger = await startStranger();
    for (const content of [written.replace(/^\d+/, String(stranger.pid)), '']) {
      writeFileSync(pidFile, content);
      chmodSync(pidFile, 0o644);
      const third = await startEmbedded({ dataDir, modulesDir });
      expect([third.adopted, await query(third, 'select n from kept')]).toEqual([false, [{ n: 9 }]]);
      await third.stop();
    }
    expect([stranger.exitCode, stranger.signalCode]).toEqual([null, null]);
  });

  it('works from a long path, remembers its short socket folder and mends it when it disappears', async () => {
    const dataDir = folder('long'.repeat(40));
    const first = await startEmbedded({ dataDir, modulesDir });
    expect(dirname(first.socketDir)).not.toBe(dataDir);
    expect(first.socketDir).toBe(memoryOf(dataDir).socketDir);
    expect(statSync(first.socketDir).mode & 0o777).toBe(0o700);
    await query(first, 'create table kept as select 10 as n');
    const pid = pidIn(dataDir);
    expect(await startEmbedded({ dataDir, modulesDir })).toMatchObject({ adopted: true, socketDir: first.socketDir });

    rmSync(first.socketDir, { recursive: true });
    const second = await startEmbedded({ dataDir, modulesDir });
    expect(second.adopted).toBe(false);
    expect(birthOf(pid)).toBeUndefined();
    expect(second.socketDir).toBe(memoryOf(dataDir).socketDir);
    expect(await query(second, 'select n from kept')).toEqual([{ n: 10 }]);
    await second.stop();
  });

  it('is not harmed by what an interrupted initdb or copy left behind', async () => {
    const dataDir = folder('half');
    for (const left of ['pg.half-0123456789ab', 'native-0.0.1.half-0123456789ab/native', 'native-0.0.1']) {
      mkdirSync(join(dataDir, left), { recursive: true });
      writeFileSync(join(dataDir, left, 'PG_VERSION'), '1');
    }
    chmodSync(dataDir, 0o711);
    const server = await startEmbedded({ dataDir, modulesDir });
    expect(await query(server, 'select 1 as n')).toEqual([{ n: 1 }]);
    expect(readdirSync(dataDir).sort()).toEqual(['pg', 'postgres.log', 'socket']);
    await server.stop();
  });

  it('never writes a value of a statement to its log, also not when the statement fails or its session dies', async () => {
    const dataDir = folder('silent');
    const server = await startEmbedded({ dataDir, modulesDir });
    await query(server, 'create table person (name text primary key, check (length(name) < 40))');
    await query(server, `insert into person values ('Gerda Vos-Zwijg')`);
    for (const statement of [
      `select 'Gerda Vos-Zwijg'::uuid`,
      `insert into person values ('Gerda Vos-Zwijg')`,
      `insert into person values ('Gerda Vos-Zwijg, who has a name that is too long')`,
      `do $$ begin raise warning 'Gerda Vos-Zwijg'; raise exception 'Gerda Vos-Zwijg'; end $$`,
    ])
      await expect(query(server, statement)).rejects.toThrow();
    await expect(query(server, 'select $1::date', ['Gerda Vos-Zwijg'])).rejects.toThrow('Gerda');
    await expect(
      query(
        server,
        `do $$ begin perform 'Gerda Vos-Zwijg'; execute format('copy (select 1) to program %L', 'kill -9 $PPID'); end $$`,
      ),
    ).rejects.toThrow();
    const again = await startEmbedded({ dataDir, modulesDir });
    await again.stop();
    const log = logOf(dataDir);
    expect(log).toContain('terminated by signal 9');
    expect(log).not.toContain('Gerda');
  });

  it.skipIf(!isRoot)(
    'lives outside a 0700 home as root (skipped otherwise: only root becomes another user)',
    async () => {
      const home = join(base, 'home');
      mkdirSync(home, { mode: 0o700 });
      const dataDir = folder('home/.data');
      const first = await startEmbedded({ dataDir });
      const place = alsoClear(dataDir);
      expect(place).toMatch(/^\/var\/(lib\/kortelijn\/|tmp\/kortelijn-)[0-9a-f]{12}$/);
      expect(
        readdirSync(place)
          .filter((name) => !name.startsWith('native-'))
          .sort(),
      ).toEqual(['belongs-to', 'pg', 'postgres.log', 'socket']);
      expect(readdirSync(dataDir)).toEqual(['postgres.json']);
      await query(first, 'create table kept as select 11 as n');
      await first.stop();
      const second = await startEmbedded({ dataDir, modulesDir });
      expect(await query(second, 'select n from kept')).toEqual([{ n: 11 }]);
      await second.stop();

      rmSync(dataDir, { recursive: true });
      const fresh = await startEmbedded({ dataDir, modulesDir });
      expect(alsoClear(dataDir)).not.toBe(place);
      expect(await query(fresh, `select to_regclass('kept') as kept`)).toEqual([{ kept: null }]);
      await fresh.stop();
    },
  );

  it.skipIf(!isRoot)('never begins anew beside a database it cannot reach (root only)', async () => {
    const dataDir = folder('closed');
    mkdirSync(join(dataDir, 'pg'), { recursive: true });
    chownSync(join(dataDir, 'pg'), serverUid, serverUid);
    chmodSync(dataDir, 0o700);
    await expect(startEmbedded({ dataDir, modulesDir })).rejects.toThrow(`run chmod o+x ${dataDir}.`);
    chmodSync(dataDir, 0o711);
    writeFileSync(join(dataDir, 'postgres.json'), JSON.stringify({ place: join(base, 'gone') }));
    await expect(startEmbedded({ dataDir, modulesDir })).rejects.toThrow('is gone or is not ours');
  });

  it('says to set DATABASE_URL when it is not installed', async () => {
    await expect(startEmbedded({ dataDir: folder('none'), modulesDir: base })).rejects.toThrow(
      /not installed.*set DATABASE_URL/,
    );
  });
});
