import { setTimeout as pause } from 'node:timers/promises';
import { accept } from '../../src/feedback/moves.ts';
import { report } from '../../src/feedback/report.ts';
import type { Actor } from '../../src/referral/actor.ts';
import type { Change } from '../../src/referral/change.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { isRefusal, type Refusal } from '../../src/referral/refusal.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { readJourney } from '../../src/store/referrals.ts';
import type { Store } from '../../src/store/store.ts';
import { countCpu } from './cpu.ts';
import { quantile } from './figures.ts';
import { drainMsMax } from './referrals.ts';
import type { Bench, Figures } from './scale.ts';
import type { Service } from './service.ts';
import { watchEvents } from './watch.ts';

const perSecond = 50;

function must<T>(value: T | Refusal): T {
  if (isRefusal(value)) throw new Error(`refused: ${value.refused.map((one) => one.reason).join(' ')}`);
  return value;
}

async function committed(store: Store, change: Change): Promise<void> {
  const done = await store.commit(change);
  if (!done.ok) throw new Error(`not committed: ${done.why}`);
}

/** The owner of each journey has accepted, and these are the reports they would send now, one Change each. */
export async function reportsOn(store: Store, journeys: readonly string[]): Promise<Change[]> {
  const directory = await directoryReader(store)();
  const acting = ({ index }: Journey) => {
    const actor: Actor = { id: index.owner ?? '', name: 'Wally', role: 'wally', organization: index.team };
    return { actor, now: store.clock(), newId: store.newId, directory };
  };
  const read = async (id: string) => {
    const journey = await readJourney(store, { kind: 'line' }, id);
    if (!journey) throw new Error('a journey is gone');
    return journey;
  };
  const answer = {
    final: true,
    contact: 'made' as const,
    contactOn: new Date().toISOString().slice(0, 10),
    firstLine: 'Mevrouw zingt sinds vorige week weer in een koor en eet op dinsdag mee in het buurthuis.',
    outcomes: [
      { lifeArea: 'loneliness', outcome: 'led-on' as const },
      { lifeArea: 'debts', outcome: 'led-on' as const },
    ],
    residentAgreed: true,
  };
  const changes: Change[] = [];
  // Not all at once: what they share is a pool.
  for (let at = 0; at < journeys.length; at += 32) {
    const made = journeys.slice(at, at + 32).map(async (id) => {
      const before = await read(id);
      await committed(store, must(accept(before, acting(before))));
      const journey = await read(id);
      return must(report(journey, answer, acting(journey)));
    });
    changes.push(...(await Promise.all(made)));
  }
  return changes;
}

/** Feedback committed → landed at the GP system: the same two. */
export async function measureFeedback(
  bench: Bench,
  name: string,
  store: Store,
  changes: readonly Change[],
  { pid }: Service,
): Promise<Figures> {
  const { place, scale } = bench;
  const steadyChanges = changes.slice(0, scale.steady);
  const landed = await watchEvents(store.pool, 'landed', 5);
  const committedAt = new Map<string, number>();
  const began = performance.now();
  const sending: Promise<void>[] = [];
  for (const [nth, change] of steadyChanges.entries()) {
    const early = began + (nth * 1_000) / perSecond - performance.now();
    if (early > 0) await pause(early);
    sending.push(committed(store, change).then(() => void committedAt.set(change.journey ?? '', performance.now())));
  }
  await Promise.all(sending);
  await landed.until(steadyChanges.length, drainMsMax);
  await landed.stop();
  const landedMs = [...committedAt].flatMap(([id, at]) => Math.max(0, (landed.seen.get(id) ?? Number.NaN) - at));
  const rest = changes.slice(scale.steady);
  const flooded = await watchEvents(store.pool, 'landed', 25);
  const cpuOf = countCpu(`${name} feedback`, { service: pid, database: place.serverPid });
  const floodBegan = performance.now();
  await Promise.all(rest.map((change) => committed(store, change)));
  await flooded.until(rest.length, drainMsMax);
  const elapsedMs = Math.max(...flooded.seen.values()) - floodBegan;
  const cpu = cpuOf(rest.length);
  await flooded.stop();
  return {
    [`${name} at50 feedback medianMs`]: quantile(landedMs, 0.5),
    [`${name} at50 feedback p99Ms`]: quantile(landedMs, 0.99),
    [`${name} feedback perSecond`]: rest.length / (elapsedMs / 1_000),
    ...cpu,
  };
}
