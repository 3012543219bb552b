import { workBulk } from '../../src/delivery/bulk.ts';
import type { Actor } from '../../src/referral/actor.ts';
import type { DestinationMove } from '../../src/referral/delivery-move.ts';
import type { BulkAction } from '../../src/referral/queue-move.ts';
import { listDestinations, moveDestination, openAt } from '../../src/store/outbox/destinations.ts';
import { type BulkJob, readJob } from '../../src/store/queue/bulk.ts';
import { countQueue, listQueue, type QueueFilter, queueIds } from '../../src/store/queue/list.ts';
import type { Store } from '../../src/store/store.ts';
import { jobMax, jobState, startJob, turn } from '../../src/web/queue/bulk.ts';
import { adminLine } from '../../src/web/queue/reason.ts';
import { progress } from './print.ts';

/** Who does it, why, and whether it is only looked at. */
export interface Acting {
  readonly store: Store;
  readonly actor: Actor;
  readonly reason: string;
  readonly isDry: boolean;
  readonly say: (text: string) => void;
  readonly isTerminal: boolean;
}

/** What is done to deliveries, by the words of the command. */
export const bulkActs: Readonly<Record<string, BulkAction>> = {
  retry: 'retry',
  hold: 'park',
  release: 'release',
  call: 'call',
};

/** What is asked of a destination. */
export const destinationActs = {
  pause: 'paused',
  drain: 'draining',
  down: 'down',
  resume: 'resumed',
  window: 'window',
  'window-off': 'window-off',
  'retries-off': 'retries-off',
  'retries-on': 'retries-on',
} as const;

const sampleSize = 10;
const waitMs = 500;

/** Works a job until it is done or stopped, beside the service or without it, and says how far it is. */
async function follow({ store, say, isTerminal }: Acting, id: string): Promise<BulkJob> {
  let said = -1;
  for (;;) {
    const worked = await workBulk({ store }, 1);
    const job = await readJob(store, id);
    if (!job) throw new Error(`job ${id} is not there`);
    const handled = job.done + job.skipped;
    if (handled !== said) say(progress(handled, job.total, isTerminal));
    said = handled;
    if (jobState(job) !== 'running') return job;
    // The service is at it: what it does is seen at the next look.
    if (worked === 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

const ended = ({ done, skipped, id }: BulkJob, state: string) =>
  `Job ${id} is ${state}: ${done} done, ${skipped} left alone because they had moved or were set aside.\n`;

/** Works a job to its end and says how it ended. */
export async function followJob(acting: Acting, id: string): Promise<BulkJob> {
  const job = await follow(acting, id);
  acting.say(`${acting.isTerminal ? '\n' : ''}${ended(job, jobState(job))}`);
  return job;
}

/** Does one thing to every delivery of a filter, the oldest first and at most `limit`; the same work as on the page. */
export async function actOnMany(acting: Acting, action: BulkAction, filter: QueueFilter, limit: number): Promise<void> {
  const { store, say, isDry } = acting;
  const count = await countQueue(store, filter, jobMax + 1);
  if (count === 0) return say('No delivery fits this: nothing was done.\n');
  if (isDry) {
    say(`${count > jobMax ? `More than ${jobMax}` : count} deliveries; at most ${limit} would be done.\n`);
    for (const one of await listQueue(store, filter, sampleSize))
      say(`  ${one.id}  ${one.number}  ${one.destination}  ${one.state}  ${one.failureCode ?? ''}\n`);
    return;
  }
  const deliveries = await queueIds(store, filter, limit);
  const id = await startJob(store, acting.actor, { action, reason: acting.reason, deliveries });
  await followJob(acting, id);
  if (count > deliveries.length) say(`${count - deliveries.length} more fit this filter.\n`);
}

/** Stops a job, or goes on with what it had not done. */
export async function turnJob(acting: Acting, id: string, to: 'job-stopped' | 'job-resumed'): Promise<void> {
  const { store, say, isDry } = acting;
  const job = await readJob(store, id);
  if (!job) throw new Error(`job ${id} is not there: see npm run admin -- jobs`);
  if (isDry) return say(`${ended(job, jobState(job))}Nothing was changed.\n`);
  await turn(store, acting.actor, id, to);
  if (to === 'job-resumed') return void (await followJob(acting, id));
  const now = await readJob(store, id);
  if (now) say(ended(now, jobState(now)));
}

/** Asks something of a destination, with its reason in the trail. */
export async function askDestination(
  { store, actor, reason, isDry, say }: Acting,
  move: DestinationMove,
): Promise<void> {
  const { id, to } = move;
  if (!(await listDestinations(store)).some((one) => one.id === id))
    throw new Error(`no destination ${id}: see npm run admin -- destinations`);
  if (isDry) {
    const { waiting, sent } = await openAt(store, id);
    return say(`${id} would be ${to}; ${waiting} wait for it, ${sent} were sent. Nothing was changed.\n`);
  }
  const at = store.clock().toISOString();
  const line = adminLine(actor, at, `destination-${to}`, { object: `Destination/${id}`, reason });
  if (!(await moveDestination(store, move, line))) throw new Error(`${id} could not be moved`);
  say(`${id}: ${to}.\n`);
}
