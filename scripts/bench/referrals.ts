import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { countCpu } from './cpu.ts';
import { quantile } from './figures.ts';
import { FhirLoad } from './http-load.ts';
import { fhirMessages } from './messages.ts';
import type { Bench, Figures } from './scale.ts';
import type { Service } from './service.ts';
import { watchEvents } from './watch.ts';

const warmUp = 100;
/** A line that needs longer for what it was given is broken, not slow. */
export const drainMsMax = 120_000;

/** Waits until nothing is under way any more; what would come later than now is not waited for. */
export async function drained(pool: pg.Pool): Promise<void> {
  const end = performance.now() + drainMsMax;
  for (;;) {
    const { rows } = await pool.query<{ open: boolean }>(
      `select exists (select from delivery where state in ('pending', 'queued')) as open`,
    );
    if (!rows[0]?.open) return;
    if (performance.now() > end) throw new Error('the line did not drain');
    await pause(50);
  }
}

/** Referral posted → on the worklist: how soon at 50 per second, and how many per second at most. */
export async function measureReferrals(
  bench: Bench,
  name: string,
  pool: pg.Pool,
  { url, pid }: Service,
): Promise<Figures> {
  const { place, scale } = bench;
  const messages = fhirMessages(place.practices, 0, warmUp + scale.steady + scale.line);
  const visible = await watchEvents(pool, 'visible', 5);
  const warming = await FhirLoad.open(url, 32);
  await warming.flood(messages.slice(0, warmUp), bench.phaseMsMax);
  warming.close();
  await visible.until(warmUp, drainMsMax);
  await drained(pool);
  const sentAt = new Map<string, number>();
  const load = await FhirLoad.open(url, 32);
  const steady = await load.steady(messages.slice(warmUp, warmUp + scale.steady), 50, ({ number }, atMs) =>
    sentAt.set(number, atMs),
  );
  load.close();
  await visible.until(warmUp + scale.steady, drainMsMax);
  await visible.stop();
  const { rows } = await pool.query<{ id: string; number: string }>(
    'select id, practice_referral_id as number from journey',
  );
  const arrivedMs = rows.flatMap(({ id, number }) => {
    const [sent, seen] = [sentAt.get(number), visible.seen.get(id)];
    return sent === undefined || seen === undefined ? [] : [seen - sent];
  });
  await drained(pool);
  const flooding = await FhirLoad.open(url, 32);
  const flooded = await watchEvents(pool, 'visible', 25);
  const cpuOf = countCpu(`${name} referrals`, { service: pid, database: place.serverPid });
  const began = performance.now();
  const flood = await flooding.flood(messages.slice(warmUp + scale.steady), bench.phaseMsMax);
  await flooded.until(flood.count, drainMsMax);
  const elapsedMs = Math.max(...flooded.seen.values()) - began;
  flooding.close();
  await flooded.stop();
  await drained(pool);
  const drainedMs = performance.now() - began;
  return {
    [`${name} at50 ack medianMs`]: quantile(steady.latenciesMs, 0.5),
    [`${name} at50 ack p99Ms`]: quantile(steady.latenciesMs, 0.99),
    [`${name} at50 referral medianMs`]: quantile(arrivedMs, 0.5),
    [`${name} at50 referral p99Ms`]: quantile(arrivedMs, 0.99),
    [`${name} referrals perSecond`]: flood.count / (elapsedMs / 1_000),
    [`${name} notices perSecond`]: flood.count / (drainedMs / 1_000),
    ...cpuOf(flood.count),
  };
}
