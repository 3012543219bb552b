import { type Claimed, claimAll, type Due } from '../store/outbox/outbox.ts';
import type { Store } from '../store/store.ts';

interface Waiting {
  readonly due: Due;
  readonly leaseMs: number;
  readonly resolve: (claimed: Claimed | undefined) => void;
  readonly reject: (error: unknown) => void;
}

const batchMax = 64;
const inFlightMax = 2;

/** Takes a lease on a delivery; undefined when there is nothing to do. */
export type Claim = (due: Due, leaseMs: number) => Promise<Claimed | undefined>;

/**
 * Claims that wait at the same moment share one statement: round trips are the cost, not the work. When a statement
 * fails, each is tried alone, so that one never fails its neighbours. Receipts share their commits in store/commit/commit.ts.
 */
export function claimsTogether(store: Store): Claim {
  const waiting: Waiting[] = [];
  let inFlight = 0;
  const run = async (batch: readonly Waiting[]) => {
    const together = batch.length > 1 ? await claimAll(store, batch).catch(() => undefined) : undefined;
    for (const [nth, one] of batch.entries()) {
      if (together) one.resolve(together[nth]);
      else await claimAll(store, [one]).then(([alone]) => one.resolve(alone), one.reject);
    }
  };
  const pump = () => {
    if (inFlight >= inFlightMax || waiting.length === 0) return;
    inFlight += 1;
    void run(waiting.splice(0, batchMax)).finally(() => {
      inFlight -= 1;
      pump();
    });
    pump();
  };
  return (due, leaseMs) =>
    new Promise((resolve, reject) => {
      waiting.push({ due, leaseMs, resolve, reject });
      setImmediate(pump);
    });
}
