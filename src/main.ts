import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { Closers } from './closers.ts';
import { type Config, readEnvironment } from './config.ts';
import { claimsTogether } from './delivery/batch.ts';
import { startClock } from './delivery/clock.ts';
import { deliver } from './delivery/deliver.ts';
import { takeLateAnswer } from './delivery/late-answer.ts';
import { readLetterFonts } from './delivery/letter-fonts.ts';
import { overseeClocks } from './delivery/overdue.ts';
import { reevaluatePresence } from './delivery/presence.ts';
import { openQueue } from './delivery/queue.ts';
import { type Relay, startRelay } from './delivery/relay.ts';
import { retentionDuties } from './delivery/retention.ts';
import { loadDefinitions } from './fhir/validate.ts';
import { type Issuer, mountIssuer } from './identity/issuer.ts';
import { openRelying } from './identity/relying.ts';
import { joinEarly } from './intake/join.ts';
import { maildropDuties } from './intake/maildrop.ts';
import { listenMllp, readMllpTls, usualMllp } from './intake/mllp-listen.ts';
import { type Log, openLog } from './log.ts';
import { loadMappings, mappingOf } from './mapping/load.ts';
import { openOutside, readSecret } from './outside.ts';
import { openRecord } from './record.ts';
import { loadRegion, startDemoHis } from './region/demo.ts';
import { greeting, type Running } from './region/greet.ts';
import { sealAudit } from './store/audit.ts';
import { openClient } from './store/database.ts';
import { directoryReader, syncDestinations } from './store/directory.ts';
import { readMasterKey } from './store/keys.ts';
import { checkMasterKey } from './store/rotation.ts';
import { removeExpired } from './store/sessions.ts';
import { openStore, type Store } from './store/store.ts';
import { commitNotifier } from './store/wake-up.ts';
import { healthApp } from './web/health.ts';
import { listen } from './web/listen.ts';
import { issuerErrorPage } from './web/login.ts';
import { createApp } from './web/server.ts';

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

  const queue =
    has('relay') || has('deliver') || has('clock') ? await openQueue(config.REDIS_URL, store, record, log) : undefined;
  if (queue) closers.push('queue', queue.close);
  const onAbsence = () => reevaluatePresence(store, directory);

  const mappings = await loadMappings();
  const hl7v2 = mappingOf(mappings, 'hl7v2-ref');
  const tls = await readMllpTls(config.MLLP_TLS_CERT_FILE, config.MLLP_TLS_KEY_FILE, config.MLLP_TLS_CA_FILE);
  if (queue && has('deliver')) {
    const connectors = await openOutside(config, {
      publicUrl,
      clock: store.clock,
      write: hl7v2.format.fromFeedback,
      ...(tls && { tls }),
      ...(demo && { demo: demo.his }),
    });
    closers.push('mail', connectors.close);
    const delivering = {
      store,
      directory,
      log,
      connectors,
      fonts: await readLetterFonts(),
      timeoutMs: config.DELIVERY_TIMEOUT_MS,
      random: Math.random,
      claim: claimsTogether(store),
    };
    closers.push(
      'deliver',
      queue.work((due) => deliver(delivering, due), config.DELIVERY_CONCURRENCY),
    );
    ready.add('deliver');
  }
  if (queue && has('relay')) {
    const running = startRelay({
      store,
      queue,
      log,
      newClient: () => openClient(record.connection, record.role),
      windowMax: Math.max(1, Math.floor(config.DELIVERY_CONCURRENCY / 2)),
    });
    relay = running;
    closers.push('relay', running.stop);
    ready.add('relay');
  }
  if (has('clock')) {
    const followUp = () => overseeClocks({ store, directory, log });
    // The queue's scheduler sets the beat; the hourly duty is the net for a queue that is away.
    if (queue) closers.push('rhythm', await queue.rhythm(60_000, followUp));
    const clock = startClock(
      [
        { name: 'audit-sealed', everyMs: 1_000, run: () => sealAudit(store) },
        { name: 'presence-moved', everyMs: 60_000, run: onAbsence },
        { name: 'clocks-followed', everyMs: queue ? 3_600_000 : 60_000, run: followUp },
        { name: 'early-joined', everyMs: 20_000, run: () => joinEarly({ store, directory, log }) },
        { name: 'expired-removed', everyMs: 600_000, run: () => removeExpired(store) },
        ...maildropDuties({ store, directory, log, mappings }, config),
        ...retentionDuties({ store, log }, config.RETENTION_DAYS),
      ],
      log,
    );
    closers.push('clock', clock.stop);
  }
  const hasDoor = has('http') || has('mllp');
  const behindTheDoor = async () => [
    ...(!queue || (await queue.reachable()) ? [] : ['queue']),
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
  };
  if (has('http')) {
    loadDefinitions();
    const clientSecret = await readSecret(config.ISSUER_CLIENT_SECRET_FILE);
    const external =
      config.ISSUER_URL && config.ISSUER_CLIENT_ID
        ? { issuer: config.ISSUER_URL, clientId: config.ISSUER_CLIENT_ID, clientSecret: clientSecret ?? '' }
        : undefined;
    const embedded = external ? undefined : await mountIssuer({ store, publicUrl, log, errorPage: issuerErrorPage });
    const relying = openRelying({ store, publicUrl, log, issuer: external ?? (embedded as Issuer), selfUrl });
    const site = { store, directory, publicUrl, log };
    listener.serve(
      await createApp({
        ...site,
        fhir: { ...site, mapping: mappingOf(mappings, 'fhir-r4'), bodyBytesMax: config.BODY_BYTES_MAX },
        formats: { ...site, mappings, bodyBytesMax: config.BODY_BYTES_MAX },
        issuer: embedded,
        relying,
        health,
        onAbsence,
        trustedProxies: config.TRUSTED_PROXIES,
        securityContact: config.SECURITY_CONTACT,
        demoPeople: (demo?.users ?? []).map((user) => ({ username: user.username, name: user.actor.name })),
      }),
    );
  } else {
    listener.serve(healthApp(store, health));
  }
  let hl7v2Port: number | undefined;
  if (has('mllp')) {
    const mllp = await listenMllp(
      {
        store,
        directory,
        log,
        mappings,
        answered: (...answer) => takeLateAnswer({ store, directory, random: Math.random }, ...answer),
      },
      {
        ...usualMllp,
        host: config.HOST,
        port: config.MLLP_PORT,
        messageBytesMax: config.BODY_BYTES_MAX,
        ...(tls && { tls }),
      },
    );
    closers.push('mllp', mllp.close);
    hl7v2Port = mllp.port;
    log.info('mllp-listening', { port: mllp.port });
    ready.add('mllp');
  }
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
  const log = openLog(config.logLevel);
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
