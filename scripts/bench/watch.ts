import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';

/** How far behind the newest event a commit may still come in: far more than what can be under way at once. */
const overlap = 1_000;

/** Sees journeys reach a state as everyone else sees it: by what is committed. */
export interface EventWatch {
  /** When each journey was seen, as performance.now(); at most `everyMs` after its commit. */
  readonly seen: ReadonlyMap<string, number>;
  /** Waits until so many more were seen than when it was opened; throws when that takes longer than `msMax`. */
  until(count: number, msMax: number): Promise<void>;
  stop(): Promise<void>;
}

/** Looks every `everyMs` for new events of a kind (journey_event). */
export async function watchEvents(pool: pg.Pool, kind: string, everyMs: number): Promise<EventWatch> {
  const seen = new Map<string, number>();
  const { rows: newest } = await pool.query<{ id: number }>('select coalesce(max(id), 0) as id from journey_event');
  const first = newest[0]?.id ?? 0;
  let last = first;
  let stopping = false;
  let failed: unknown;
  const look = async () => {
    const { rows } = await pool.query<{ id: number; journey_id: string }>({
      name: 'watch-events',
      text: 'select id, journey_id from journey_event where id > $1 and kind = $2 order by id',
      values: [Math.max(first, last - overlap), kind],
    });
    const at = performance.now();
    for (const row of rows) if (!seen.has(row.journey_id)) seen.set(row.journey_id, at);
    last = Math.max(last, rows.at(-1)?.id ?? 0);
  };
  const loop = (async () => {
    while (!stopping) {
      await look();
      await pause(everyMs);
    }
  })().catch((error: unknown) => {
    failed = error;
  });
  return {
    seen,
    until: async (count, msMax) => {
      const end = performance.now() + msMax;
      while (seen.size < count) {
        if (failed) throw failed;
        if (performance.now() > end) throw new Error(`${seen.size} of ${count} ${kind} within ${msMax} ms`);
        await pause(Math.min(everyMs, 10));
      }
    },
    stop: async () => {
      stopping = true;
      await loop;
    },
  };
}
