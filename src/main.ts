import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { Closers } from './closers.ts';
import { type Config, readEnvironment } from './config.ts';
import { followAgreed } from './delivery/agreed.ts';
import { reevaluatePresence } from './delivery/presence.ts';
import type { Relay } from './delivery/relay.ts';
import { openMllp, openWeb } from './doors.ts';
import { readMllpTls } from './intake/mllp/listen.ts';
import { type Opened, openLine } from './line.ts';
import { type Log, openLog } from './log.ts';
import { loadMappings } from './mapping/load.ts';
import { openMeter } from './meter.ts';
import { readSecret } from './outside.ts';
import { openRecord } from './record.ts';
import { loadRegion, startDemoHis } from './region/demo.ts';
import { greeting, type Running } from './region/greet.ts';
import { directoryReader, syncDestinations } from './store/directory.ts';
import { readMasterKey } from './store/keys.ts';
import { openStore } from './store/open-store.ts';
import { commitNotifier } from './store/outbox/wake-up.ts';
import { requestFields } from './store/request-id.ts';
import { checkMasterKey } from './store/rotation.ts';
import type { Store } from './store/store.ts';
import { openTracing } from './trace.ts';
import { healthApp } from './web/health.ts';
import { listen } from './web/listen.ts';

const usualPort = 8080;
const stopMsMax = 9_500;
const drainMsMax = 6_000;

async function openDemo(config: Config, store: Store, publicUrl: string, closers: Closers) {
  const dataDir = join(config.dataDir, 'his');
  const { HIS_PORT: port, MAIL_PORT: mailPort } = config;
  const his = await startDemoHis({ port, mailPort, dataDir, kortelijn: publicUrl });
  closers.push('his', his.stop);
  return { his, users: await loadRegion(store, config.DEMO_LOGIN, his.url, his.mllpPort) };
}

async function start(config: Config, log: Log, closers: Closers): Promise<Running | undefined> {
  // The embedded server makes the folder itself, passable for its unprivileged user.
  if (config.DATABASE_URL) await mkdir(config.dataDir, { recursive: true });
  const has = (role: Config['ROLES'][number]) => config.ROLES.includes(role);
  if (config.OTEL_EXPORTER_OTLP_ENDPOINT)
    closers.push('tracing', (await openTracing(config.OTEL_EXPORTER_OTLP_ENDPOINT)).close);
  const record = await openRecord(config, log, closers);
  const master = await readMasterKey(
    config.masterKeyFile,
    config.MASTER_KEY_FILE === undefined,
    config.MASTER_KEY_OLD_FILES,
  );
  let relay: Relay | undefined;
  const notify = commitNotifier(record.pool, 100);
  const store = openStore(
    record.pool,
    master,
    () => new Date(),
    v7,
    () => (relay ? relay.kick() : notify()),
  );
  await checkMasterKey(store);
  const directory = directoryReader(store);
  if (config.MIGRATE === 'only') {
    if (config.DEMO === 'region') await loadRegion(store, config.DEMO_LOGIN, config.DEMO_HIS_URL);
    return undefined;
  }
  const ready = new Set<string>();
  const needed = ['http', ...(['mllp', 'relay', 'deliver'] as const).filter(has)];

  const listener = await listen(config.HOST, config.PORT, usualPort);
  closers.push('http', listener.close);
  const selfUrl = `http://${config.HOST === '0.0.0.0' ? '127.0.0.1' : config.HOST}:${listener.port}`;
  const publicUrl = (config.PUBLIC_URL ?? selfUrl).replace(/\/$/, '');

  const demo = config.demo ? await openDemo(config, store, publicUrl, closers) : undefined;
  if (config.DEMO === 'region') await loadRegion(store, config.DEMO_LOGIN, config.DEMO_HIS_URL);
  else await syncDestinations(store, await directory());

  const onAbsence = async () => {
    await followAgreed(store, directory);
    return reevaluatePresence(store, directory);
  };
  const mappings = await loadMappings();
  const tls = await readMllpTls(config.MLLP_TLS_CERT_FILE, config.MLLP_TLS_KEY_FILE, config.MLLP_TLS_CA_FILE);
  const meter = openMeter();
  const opened: Opened = {
    ...{ meter, config, log, closers, record, store, directory, mappings, publicUrl, tls, onAbsence },
    demo: demo?.his,
  };
  const line = await openLine(opened);
  relay = line.relay;
  for (const part of line.running) ready.add(part);
  const hasDoor = has('http') || has('mllp');
  const behindTheDoor = async () => [
    ...((await line.reachable()) ? [] : ['queue']),
    ...(relay && !relay.healthy() ? ['relay'] : []),
  ];
  const health = {
    notReady: async () => {
      const alive = await record.pool.query('select 1').then(
        () => true,
        () => false,
      );
      return [
        ...(alive ? [] : ['database']),
        ...needed.filter((one) => !ready.has(one)),
        ...(hasDoor ? [] : await behindTheDoor()),
      ];
    },
    // A door takes referrals in whether or not they go on at once: it must not be taken out of service for that.
    away: async () => (hasDoor ? behindTheDoor() : []),
    measured: {
      meter,
      jobs: async () => line.queue?.counts().catch(() => ({})) ?? {},
      relaySeconds: () => relay?.sinceRoundS(),
      token: await readSecret(config.METRICS_TOKEN_FILE),
    },
  };
  if (has('http')) {
    const people = (demo?.users ?? []).map((user) => ({
      username: user.username,
      name: user.actor.name,
      role: user.actor.role,
    }));
    listener.serve(await openWeb(opened, { health, boards: line.queue?.boards ?? [] }, selfUrl, people));
  } else {
    listener.serve(healthApp(store, health));
  }
  const hl7v2Port = has('mllp') ? await openMllp(opened) : undefined;
  if (has('mllp')) ready.add('mllp');
  // First to close: no new requests while the line drains.
  closers.push('http-first', listener.close);
  ready.add('http');
  if (has('http')) {
    // Where `npm run demo` and the other commands find us.
    const runningFile = join(config.dataDir, 'running.json');
    const running = { pid: process.pid, url: selfUrl, publicUrl, his: demo?.his.url };
    await writeFile(runningFile, `${JSON.stringify(running)}\n`);
    closers.push('running-file', () => rm(runningFile, { force: true }));
  }
  return {
    publicUrl,
    hisUrl: demo?.his.url,
    users: demo?.users ?? [],
    hl7v2: hl7v2Port === undefined ? undefined : `${config.HOST}:${hl7v2Port}${tls ? ' (TLS)' : ''}`,
    record: record.embedded ? `embedded PostgreSQL in ${config.DATA_DIR}` : 'PostgreSQL of DATABASE_URL',
    queue: config.REDIS_URL ? 'BullMQ on Redis' : 'BullMQ on the same database',
  };
}

async function main(): Promise<void> {
  const config = readEnvironment();
  if ('faults' in config) {
    for (const fault of config.faults) process.stderr.write(`${fault.setting}: ${fault.why}\n`);
    process.exitCode = 78;
    return;
  }
  const log = openLog(config.logLevel, undefined, requestFields);
  const closers = new Closers();
  let stopping = false;
  const stop = (code: number) => {
    // A second signal changes nothing: npm and the terminal both send one.
    if (stopping) return;
    stopping = true;
    process.exitCode = code;
    setTimeout(() => process.exit(process.exitCode ?? 1), stopMsMax).unref();
    void starting
      .catch(() => undefined)
      .then(() => closers.closeAll(log, drainMsMax))
      .then(() => process.exit());
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      log.info('stopping', { signal });
      stop(0);
    });
  }
  process.on('unhandledRejection', (error) => log.bug('unhandled', error));
  const starting = start(config, log, closers);
  try {
    const running = await starting;
    if (running) process.stdout.write(greeting(running));
    else stop(0);
  } catch (error) {
    process.stderr.write(`Kortelijn could not start: ${error instanceof Error ? error.message : 'unknown'}\n`);
    log.bug('start', error);
    stop(1);
  }
}

await main();
