import { setTimeout as pause } from 'node:timers/promises';
import type { Store } from '../../src/store/store.ts';
import { seeded } from '../../test/doubles/ordeal.ts';
import { judge } from './invariants.ts';
import { type Outage, outageHours, passTime, playOutage } from './outage.ts';
import { allReady, readyWithin } from './processes.ts';
import { type Acknowledged, canary, refer } from './senders.ts';
import { startWallys, type Wallys } from './wallys.ts';
import { Closing, openWorld, type World } from './world.ts';

export interface ChaosOptions {
  readonly referrals: number;
  readonly seed: number;
  readonly queue: 'redis' | 'postgresql';
  /** Hours that pass at once while a practice is down; in each step something is tried. */
  readonly hoursPerStep: number;
  /** Rounds in which each target is killed once. */
  readonly rounds: number;
  /** Killing goes on after these rounds, until every referral has been reported on and the outage is over. */
  readonly killsOn: boolean;
  /** Hears how far it is, every few seconds. */
  readonly say: (text: string) => void;
}

export interface ChaosReport {
  readonly seed: number;
  readonly figures: Readonly<Record<string, number>>;
  /** Every promise that was not kept, in words; empty when all is well. */
  readonly violations: readonly string[];
}

/** The practice that is down for three days. */
const deadPractice = 'aan-de-kade';
const killEveryMs = 1_200;
const recoverMsMax = 8_000;
const workersAwayMs = 3_000;
const queueFillsMs = 1_500;
const sendersMax = 16;
const sayEveryMs = 5_000;
/** Nothing lands for so long although nothing is killed any more: it never will. */
const stuckMs = 60_000;
/** So long without a move means that what is left waits for its next try: then that much time passes. */
const restMs = 2_000;
const restHours = 1 / 60;

function shuffled<T>(all: readonly T[], random: () => number): T[] {
  return all
    .map((one) => ({ one, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

/**
 * Kills one target after the other, each once per round in a new order: for `rounds`, and then until it is over. Some
 * come when what was killed before is back, others while it is not: a slow machine must get to its work too.
 */
async function killAll(
  { targets, processes }: Pick<World, 'targets' | 'processes'>,
  rounds: number,
  random: () => number,
  isOver: () => boolean,
  killed: (name: string) => void,
): Promise<void> {
  for (let round = 0; round < rounds || !isOver(); round += 1) {
    for (const target of shuffled(targets, random)) {
      if (round >= rounds && isOver()) return;
      await pause(killEveryMs * (0.5 + random()));
      await readyWithin(processes, recoverMsMax * random());
      killed(target.name);
      await target.kill(200 + random() * 1_300);
    }
  }
}

/**
 * The workers are away, what comes in fills the queue, and the queue is lost. No relay starts after this: it would put
 * back what the queue's epoch alone must show.
 */
async function loseFullQueue(
  { targets, processes }: Pick<World, 'targets' | 'processes'>,
  fill: () => void,
  killed: (name: string) => void,
): Promise<void> {
  await readyWithin(processes, recoverMsMax);
  const workers = targets.filter(({ name }) => name.startsWith('deliver'));
  for (const { name } of workers) killed(name);
  await Promise.all(workers.map((one) => one.kill(workersAwayMs)));
  fill();
  await pause(queueFillsMs);
  const queue = targets.at(-1);
  killed(queue?.name ?? '');
  await queue?.kill(200);
}

interface Standing {
  readonly landed: number;
  readonly open: number;
}

async function standing(store: Store): Promise<Standing> {
  const { rows } = await store.pool.query<Standing>(
    `select count(*) filter (where kind = 'feedback' and state = 'landed') as landed,
            count(*) filter (where state not in ('landed', 'abandoned')) as open from delivery`,
  );
  return rows[0] ?? { landed: 0, open: 0 };
}

/** Waits until everything has landed; gives what is wrong when nothing moves any more. */
async function settled(store: Store, feedback: number): Promise<string | undefined> {
  let last = '';
  let movedMs = performance.now();
  let passedMs = movedMs;
  for (;;) {
    const now = await standing(store);
    if (now.landed === feedback && now.open === 0) return undefined;
    const text = JSON.stringify(now);
    if (text !== last) {
      last = text;
      movedMs = performance.now();
    }
    if (performance.now() - Math.max(movedMs, passedMs) > restMs) {
      passedMs = performance.now();
      await passTime(store.pool, restHours);
    }
    if (performance.now() - movedMs > stuckMs) return `stuck with ${text} of ${feedback}`;
    await pause(200);
  }
}

/** The clock's own sealer has had its turn at everything. */
async function sealed(store: Store): Promise<boolean> {
  for (let tries = 0; tries < 200; tries += 1) {
    const { rows } = await store.pool.query<{ open: number }>(
      'select (select count(*) from audit) - (select count(*) from audit_chain) as open',
    );
    if (rows[0]?.open === 0) return true;
    await pause(100);
  }
  return false;
}

function outageViolations(outage: Outage): string[] {
  return [
    ...(outage.hours < outageHours ? [`the outage lasted ${outage.hours} hours, not ${outageHours}`] : []),
    ...(outage.held > 0 ? [`${outage.held} held within ${outageHours} hours`] : []),
    ...(outage.waiting === 0 || outage.tries === 0 ? ['nothing waited for the practice that was down'] : []),
    ...(outage.elsewhere === 0 ? ['nothing landed elsewhere while one practice was down'] : []),
  ];
}

/**
 * The whole line as several processes that are killed all the time, with its PostgreSQL and its Redis, between senders
 * that repeat and receivers that fail; then everything is left alone, and every promise is looked at.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { referrals, seed } = options;
  const [chances, sendChances, killChances] = [seeded(seed), seeded(seed + 1), seeded(seed + 2)];
  const perSecond = Math.min(40, Math.max(4, referrals / 100));
  const closing = new Closing();
  const began = performance.now();
  const violations: string[] = [];
  try {
    const world = await openWorld(options.queue, chances, closing);
    const { receivers, store, processes, targets } = world;
    const sent: Acknowledged[] = [];
    const wallys: Wallys = startWallys(store);
    closing.push(() => wallys.stop());
    const kills = () => targets.reduce((sum, one) => sum + one.kills, 0);
    const seconds = () => Math.round((performance.now() - began) / 1_000);
    const letters = () => Object.values(receivers.his.counts()).reduce((sum, one) => sum + one.distinctIdentifiers, 0);
    let killed: string[] = [];
    const tell = () => {
      options.say(
        `${seconds()} s: ${sent.length}/${referrals} acknowledged, ${wallys.done} reported, ${letters()}/${2 * referrals} letters; killed ${killed.join(' ') || 'nothing'}`,
      );
      killed = [];
    };
    const telling = setInterval(tell, sayEveryMs);
    closing.push(async () => clearInterval(telling));

    // Some are kept for the end, so that there is work when the queue is lost.
    const kept = Math.min(20, Math.floor(referrals / 10));
    const last = Promise.withResolvers<void>();
    let next = 0;
    const opened = performance.now();
    const senders = Array.from({ length: Math.min(sendersMax, referrals) }, async () => {
      for (let n = next++; n < referrals; n = next++) {
        if (n >= referrals - kept) await last.promise;
        const early = opened + (n * 1_000) / perSecond - performance.now();
        if (early > 0) await pause(early);
        const one = await refer(receivers.his, world.doors, world.practices, n, sendChances() < 0.2).catch((error) => {
          violations.push((error as Error).message);
        });
        if (one) sent.push(one);
      }
    });
    const outage = playOutage(store.pool, receivers, deadPractice, options.hoursPerStep);
    let outageOver = false;
    void outage.finally(() => {
      outageOver = true;
    });
    await killAll(
      world,
      options.rounds,
      killChances,
      () => !options.killsOn || (outageOver && wallys.done + violations.length >= referrals - kept),
      (name) => killed.push(name),
    );
    await loseFullQueue(world, last.resolve, (name) => killed.push(name));
    const worstMs = performance.now() - opened;
    await Promise.all(senders);
    const { hours, waiting, tries, elsewhere, minutesToLand, held } = await outage;
    violations.push(...outageViolations({ hours, waiting, tries, elsewhere, minutesToLand, held }));
    await allReady(processes);
    const stuck = await settled(store, 2 * sent.length);
    if (stuck) violations.push(stuck);
    if (!(await sealed(store))) violations.push('the clock did not seal the whole trail');
    tell();
    const tellingMs = performance.now() - opened;
    await wallys.stop().catch((error: Error) => violations.push(error.message));
    const found = await judge(store, receivers, sent, 200);
    violations.push(...found.violations, ...processes.flatMap((one) => one.fell));
    for (const one of processes)
      if (one.log().includes(canary)) violations.push(`a name stands in the log of ${one.name}`);
    const notices = world.mail.mails().map((one) => Buffer.from(one.raw, 'base64').toString('latin1'));
    const noticed = new Set(notices.map((one) => /^Message-ID: (\S+)/im.exec(one)?.[1]));
    if (noticed.size !== sent.length) violations.push(`${noticed.size} notices, must be ${sent.length}`);
    return {
      seed,
      figures: {
        acknowledged: sent.length,
        'sent again by practices': sent.reduce((sum, one) => sum + one.tries - 1, 0),
        ...Object.fromEntries(targets.map((one) => [`kills of ${one.name}`, one.kills])),
        kills: kills(),
        'starts without a database': processes.reduce((sum, one) => sum + one.failedStarts, 0),
        'requests at the practices': receivers.posted.length + receivers.asked.length,
        ...Object.fromEntries(Object.entries(receivers.fates).map(([fate, count]) => [`requests ${fate}`, count])),
        'outage simulated hours': Math.round(hours * 10) / 10,
        'outage letters waiting': waiting,
        'outage tries': tries,
        'outage landed elsewhere': elsewhere,
        'outage simulated minutes until all had landed': minutesToLand,
        'outage held': held,
        'notices twice': notices.length - noticed.size,
        lost: 2 * sent.length - letters(),
        ...found.figures,
        'seconds of kills': Math.round(worstMs / 1_000),
        'seconds until all landed': Math.round(tellingMs / 1_000),
      },
      violations,
    };
  } finally {
    await closing.closeAll();
  }
}
