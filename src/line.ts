import { X509Certificate } from 'node:crypto';
import type { Closers } from './closers.ts';
import type { Config } from './config.ts';
import { followAgreed } from './delivery/agreed.ts';
import { checkTrail, daily, lookAtCertificates, measureHere } from './delivery/alarm-signals.ts';
import { type Alarming, lookForAlarms, sendDigest } from './delivery/alarms.ts';
import { claimsTogether } from './delivery/batch.ts';
import { workBulk } from './delivery/bulk.ts';
import { silenceOf } from './delivery/case-system.ts';
import { type Duty, startClock } from './delivery/clock.ts';
import { deliver } from './delivery/deliver.ts';
import { writeLaunchNotes } from './delivery/launch-note.ts';
import { readLetterFonts } from './delivery/letter-fonts.ts';
import { overseeClocks } from './delivery/overdue.ts';
import { overseeQuestions } from './delivery/questions.ts';
import { type DeliveryQueue, openQueue } from './delivery/queue.ts';
import { type Relay, startRelay } from './delivery/relay.ts';
import { retentionDuties } from './delivery/retention.ts';
import { remindOfTalks } from './delivery/talks.ts';
import { signingSince, turnSigningKeys } from './identity/signing-keys.ts';
import { caseSheet, evenCaseSystems, feedCaseSystems } from './intake/case/feed.ts';
import { followCaseSystems, lookThere } from './intake/case/follow.ts';
import { joinEarly } from './intake/join.ts';
import { maildropDuties } from './intake/maildrop/maildrop.ts';
import type { MllpTls } from './intake/mllp/listen.ts';
import { followSubscriptions, tellable } from './intake/subscription/follow.ts';
import type { Log } from './log.ts';
import type { loadMappings } from './mapping/load.ts';
import type { Meter } from './meter.ts';
import {
  type Known,
  openAlarmWebhook,
  openAsking,
  openCaseReading,
  openCertificateLook,
  openOutside,
} from './outside.ts';
import type { openRecord } from './record.ts';
import type { Directory } from './referral/directory/directory.ts';
import { removeExpired } from './store/access/sessions.ts';
import { sealAudit } from './store/audit.ts';
import { numberChanges } from './store/changes.ts';
import { openClient } from './store/database.ts';
import { directorySearcher } from './store/search/directory.ts';
import { readUnread } from './store/search/read-words.ts';
import type { Store } from './store/store.ts';
import { removeOldSubscriptions } from './store/subscriptions.ts';

/** What every part of the process is opened with. */
export interface Opened {
  readonly config: Config;
  readonly log: Log;
  readonly closers: Closers;
  readonly record: Awaited<ReturnType<typeof openRecord>>;
  readonly store: Store;
  readonly directory: () => Promise<Directory>;
  readonly mappings: Awaited<ReturnType<typeof loadMappings>>;
  readonly publicUrl: string;
  readonly tls: MllpTls | undefined;
  readonly meter: Meter;
  /** The simulated GP system of the demo, which may be reached too. */
  readonly demo: Known['demo'];
  /** Look again who owns what; gives how many moved. */
  readonly onAbsence: () => Promise<number>;
}

/** The part of the line that this process runs: queue, attempts, relay and the clock's duties, by `ROLES`. */
export interface Line {
  readonly relay: Relay | undefined;
  /** The roles that run. */
  readonly running: readonly string[];
  /** The queue, where this process has one, for who looks at it. */
  readonly queue: Pick<DeliveryQueue, 'counts' | 'boards'> | undefined;
  /** Whether the queue can be reached; true where this process needs none. */
  reachable(): Promise<boolean>;
}

/** The duties that watch over the region: what they find goes by the outbox to whom the settings name. */
function alarmDuties(
  { config, log, store, directory, tls, demo }: Opened,
  queueReachable: () => Promise<boolean>,
): Duty[] {
  const alarming: Alarming = {
    ...{ store, directory, log },
    limits: {
      waitingMinutes: config.ALARM_WAITING_MINUTES,
      breakerMinutes: config.ALARM_BREAKER_MINUTES,
      answerHours: config.ALARM_ANSWER_HOURS,
      wallyDays: config.ALARM_WALLY_DAYS,
      practiceMissed: config.ALARM_PRACTICE_MISSED,
      expiryDays: config.ALARM_EXPIRY_DAYS,
      diskPercent: config.ALARM_DISK_PERCENT,
      databaseGb: config.ALARM_DATABASE_GB,
    },
    channels: [
      ...(config.ALARM_MAIL_TO.length > 0 ? (['mail'] as const) : []),
      ...(config.ALARM_WEBHOOK_URL ? (['webhook'] as const) : []),
    ],
  };
  const own = tls?.cert ? new Date(new X509Certificate(tls.cert).validTo) : undefined;
  const measuring = { store, dataDir: config.dataDir, queueReachable, keyMadeAt: () => signingSince(store) };
  const certificates = async () => lookAtCertificates(store, await directory(), openCertificateLook(config, demo), own);
  return [
    { name: 'measured', everyMs: 60_000, run: () => measureHere(measuring) },
    { name: 'alarms-moved', everyMs: 60_000, run: () => lookForAlarms(alarming) },
    { name: 'digest-made', everyMs: 60_000, run: () => sendDigest(alarming) },
    { name: 'certificates-seen', everyMs: 600_000, run: daily(store, 'certificate', certificates) },
    { name: 'trail-checked', everyMs: 600_000, run: daily(store, 'audit', () => checkTrail(store)) },
  ];
}

/** Opens the line behind the doors. Each part is closed by `closers`, the last opened first. */
export async function openLine(opened: Opened): Promise<Line> {
  const { config, log, closers, record, store, directory, mappings, publicUrl, tls, demo, onAbsence, meter } = opened;
  const has = (role: Config['ROLES'][number]) => config.ROLES.includes(role);
  const running: string[] = [];
  let relay: Relay | undefined;
  const works = has('relay') || has('deliver') || has('clock');
  const isTraced = config.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined;
  // A process with the pages only opens the queue to show it, where that is a place of its own.
  const following = { store, directory, log, searchDirectory: directorySearcher(store) };
  const casesFollowed = {
    ...following,
    publicUrl,
    reader: openCaseReading(config, demo, store.clock),
    silence: (destination: string, error: unknown) => silenceOf(destination, error, Math.random()),
  };
  const queue =
    works || (has('http') && config.REDIS_URL)
      ? await openQueue(config.REDIS_URL, store, record, log, isTraced)
      : undefined;
  if (queue) closers.push('queue', queue.close);
  if (queue && has('deliver')) {
    const connectors = await openOutside(config, {
      publicUrl,
      clock: store.clock,
      mappings,
      ...(tls && { tls }),
      ...(demo && { demo }),
    });
    closers.push('mail', connectors.close);
    const webhook = await openAlarmWebhook(config, publicUrl, store.clock);
    const delivering = {
      store,
      directory,
      log,
      connectors,
      alarms: { mail: connectors.mail, mailTo: config.ALARM_MAIL_TO, ...(webhook && { webhook }) },
      fonts: await readLetterFonts(),
      timeoutMs: config.DELIVERY_TIMEOUT_MS,
      random: Math.random,
      claim: claimsTogether(store),
      meter,
      telling: { base: `${publicUrl}/fhir/R4`, mayTell: tellable(following) },
      caseSheet: caseSheet(following, publicUrl, lookThere(casesFollowed)),
    };
    closers.push(
      'deliver',
      queue.work((due) => deliver(delivering, due), config.DELIVERY_CONCURRENCY),
    );
    running.push('deliver');
  }
  if (queue && has('relay')) {
    relay = startRelay({
      store,
      queue,
      log,
      newClient: () => openClient(record.connection, record.role),
      windowMax: Math.max(1, Math.floor(config.DELIVERY_CONCURRENCY / 2)),
    });
    closers.push('relay', relay.stop);
    running.push('relay');
  }
  if (has('clock')) {
    const followUp = () => overseeClocks({ store, directory, log });
    // The queue's scheduler sets the beat; the hourly duty is the net for a queue that is away.
    if (queue) closers.push('rhythm', await queue.rhythm(60_000, followUp));
    const clock = startClock(
      [
        { name: 'audit-sealed', everyMs: 1_000, run: () => sealAudit(store) },
        { name: 'changes-numbered', everyMs: 1_000, run: () => numberChanges(store) },
        { name: 'subscriptions-followed', everyMs: 1_000, run: () => followSubscriptions(following) },
        { name: 'case-systems-fed', everyMs: 1_000, run: () => feedCaseSystems(following) },
        { name: 'case-systems-evened', everyMs: 60_000, run: () => evenCaseSystems(following) },
        {
          name: 'case-systems-followed',
          everyMs: 20_000,
          run: () => followCaseSystems(casesFollowed, config.CASE_ASK_MINUTES * 60_000),
        },
        { name: 'subscriptions-removed', everyMs: 3_600_000, run: () => removeOldSubscriptions(store) },
        { name: 'words-read', everyMs: 2_000, run: () => readUnread(store) },
        { name: 'presence-moved', everyMs: 60_000, run: onAbsence },
        { name: 'bulk-worked', everyMs: 1_000, run: () => workBulk({ store }) },
        { name: 'clocks-followed', everyMs: queue ? 3_600_000 : 60_000, run: followUp },
        { name: 'agreed-followed', everyMs: 60_000, run: () => followAgreed(store, directory) },
        { name: 'questions-followed', everyMs: 3_600_000, run: () => overseeQuestions({ store, directory, log }) },
        { name: 'talks-reminded', everyMs: 3_600_000, run: () => remindOfTalks(store, directory) },
        { name: 'early-joined', everyMs: 20_000, run: () => joinEarly({ store, directory, log }) },
        { name: 'signing-keys-turned', everyMs: 3_600_000, run: () => turnSigningKeys(store) },
        {
          name: 'launch-notes-written',
          everyMs: 20_000,
          run: () => writeLaunchNotes({ store, directory, log, ask: openAsking(config, demo) }),
        },
        { name: 'expired-removed', everyMs: 600_000, run: () => removeExpired(store) },
        ...maildropDuties({ store, directory, log, mappings }, config),
        ...alarmDuties(opened, async () => !queue || (await queue.reachable())),
        ...retentionDuties({ store, log }, config.RETENTION_DAYS),
      ],
      log,
    );
    closers.push('clock', clock.stop);
  }
  return { relay, running, queue, reachable: async () => !(works && queue) || (await queue.reachable()) };
}
