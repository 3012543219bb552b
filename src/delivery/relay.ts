import type pg from 'pg';
import type { Log } from '../log.ts';
import { offerDue, offeredMax, putBackAllQueued, reconcile, untilNextDue } from '../store/outbox/outbox.ts';
import { openWakeUp, type WakeUp } from '../store/outbox/wake-up.ts';
import { noteSignal } from '../store/queue/alarm-observed.ts';
import type { Store } from '../store/store.ts';
import { type DeliveryQueue, QueueAway } from './queue.ts';

export interface Relaying {
  readonly store: Store;
  readonly queue: DeliveryQueue;
  readonly log: Log;
  readonly newClient: () => pg.Client;
  /** One destination has at most this many under way: less than the workers do at once, or it could take them all. */
  readonly windowMax?: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly elapsed?: () => number;
}

/** The net under the wake-ups: nothing waits longer than this for a lost notice (decision 5). */
const pollMs = 1_000;
const reconcileEveryMs = 1_000;
/** What is committed within this time goes to the queue in one round: a round costs the same for one as for many. */
const gatherMs = 5;
/** Queued this long without a job in the queue means that the queue has lost it. */
const lostAfterMs = 10_000;
/** A round takes milliseconds; one that has not ended for this long hangs, whatever lock it holds. */
const stuckAfterMs = 10_000;

/**
 * How long the relay may sleep, given the milliseconds until something becomes due (null: nothing waits). What has been
 * due for a while and was not offered waits for its turn (a window, an order, a pause): a commit or the poll ends that,
 * looking sooner would only keep the database busy.
 */
export function restMs(untilDueMs: number | null): number {
  if (untilDueMs === null || untilDueMs < -50) return pollMs;
  return Math.max(20, Math.min(pollMs, untilDueMs));
}

/** One round: everything due goes to the queue. Gives how many. */
export function relayOnce(parts: Pick<Relaying, 'store' | 'queue' | 'windowMax'>): Promise<number> {
  return offerDue(parts.store, (due) => parts.queue.add(due), parts.windowMax);
}

/** One look for what the queue has lost. Gives how many went back. */
export async function reconcileOnce(parts: Pick<Relaying, 'store' | 'queue'>): Promise<number> {
  const epoch = await parts.queue.epoch();
  return reconcile(parts.store, { epoch, known: (due) => parts.queue.known(due) }, lostAfterMs);
}

/** The relay step by step, without its rhythm. */
export interface Rounds {
  /**
   * One round: takes the lock when it is free, puts back what the one that had it may have left half done, offers what
   * is due. Gives how many were offered; undefined while another relay has the lock.
   */
  round(): Promise<number | undefined>;
  /** One look for what the queue has lost; none while another relay has the lock. */
  lookForLost(): Promise<void>;
  close(): Promise<void>;
}

/** Opens nothing yet: the first round does. `wake` is called when another process has committed something. */
export function openRounds(parts: Relaying, wake: () => void): Rounds {
  let wakeUp: WakeUp | undefined;
  let takenOver = false;
  const lookForLost = async () => {
    if (!wakeUp?.held) return;
    const back = await reconcileOnce(parts);
    if (back === 0) return;
    parts.log.warn('reconciled', { count: back });
    await noteSignal(parts.store, 'reconciled', '', back);
  };
  return {
    round: async () => {
      if (!wakeUp?.held) {
        await wakeUp?.close();
        takenOver = false;
        wakeUp = await openWakeUp(parts.newClient(), wake);
        if (!wakeUp.held) return undefined;
      }
      if (!takenOver) {
        const back = await putBackAllQueued(parts.store);
        if (back > 0) parts.log.warn('relay-put-back', { count: back });
        // It may be another queue than the last relay had: its epoch is taken before anything is put there.
        await lookForLost();
        takenOver = true;
      }
      return relayOnce(parts);
    },
    lookForLost,
    close: async () => wakeUp?.close(),
  };
}

export interface Relay {
  /** Something was committed: look now. */
  kick(): void;
  /** A round ended well less than ten seconds ago: what readyz asks. One that holds the lock and hangs is not healthy. */
  healthy(): boolean;
  /** Since a round ended well, in seconds. */
  sinceRoundS(): number;
  stop(): Promise<void>;
}

/** The loop PostgreSQL → queue. One relay at a time over all processes: a lock that lives with its LISTEN connection. */
export function startRelay(parts: Relaying): Relay {
  const elapsed = parts.elapsed ?? (() => performance.now());
  let stopping = false;
  let kicked = false;
  let wake: (() => void) | undefined;
  let stopped: (() => void) | undefined;
  let lastRoundMs = elapsed();
  let lastReconcileMs = 0;
  const kick = () => {
    kicked = true;
    wake?.();
  };
  const rounds = openRounds(parts, kick);
  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      if (stopping) return resolve();
      let timer = setTimeout(resolve, kicked ? gatherMs : ms);
      wake = () => {
        clearTimeout(timer);
        timer = setTimeout(resolve, stopping ? 0 : gatherMs);
        wake = undefined;
      };
    });
  /** After something that failed: commits, however many, do not wake it sooner. */
  const rest = () =>
    new Promise<void>((resolve) => {
      if (stopping) return resolve();
      const timer = setTimeout(resolve, pollMs);
      stopped = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const round = async () => {
    kicked = false;
    const offered = await rounds.round();
    if (offered === undefined) return pollMs;
    if (elapsed() - lastReconcileMs > reconcileEveryMs) {
      lastReconcileMs = elapsed();
      await rounds.lookForLost();
    }
    // What is due and was not offered waits for a receipt, an order or a moment: looking again at once finds nothing.
    return offered >= offeredMax ? 0 : restMs(await untilNextDue(parts.store));
  };
  const loop = (async () => {
    while (!stopping) {
      try {
        const waitMs = await round();
        lastRoundMs = elapsed();
        await sleep(waitMs);
      } catch (error) {
        // A queue that is away says so itself, once; what is due waits where it is safe.
        if (error instanceof QueueAway) lastRoundMs = elapsed();
        else parts.log.bug('relay-round', error);
        await rest();
      }
    }
    await rounds.close();
  })();
  return {
    kick,
    healthy: () => elapsed() - lastRoundMs < stuckAfterMs,
    sinceRoundS: () => (elapsed() - lastRoundMs) / 1_000,
    stop: async () => {
      stopping = true;
      wake?.();
      stopped?.();
      await loop;
    },
  };
}
