import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import type { Receivers } from './receivers.ts';

export const outageHours = 72;
const waitingMin = 3;
const stepMsMax = 10_000;
/** Letters come in meanwhile. */
const stepMsMin = 500;
const beginMsMax = 120_000;
const lookEveryMs = 100;
/** The longest that a breaker or a retry waits: after that, what waited goes. */
const minutesPerStepBack = 5;
const backMsMax = 120_000;
const backStepMs = 1_000;

/** What a practice that was down for three days cost. */
export interface Outage {
  /** Simulated time between the first attempt and the moment at which it came back, by the longest waiting letter. */
  readonly hours: number;
  /** Letters that waited when it came back, and how often they were tried in the meantime. */
  readonly waiting: number;
  readonly tries: number;
  /** Letters that landed at the other practices in the meantime. */
  readonly elsewhere: number;
  /** Simulated minutes from when it came back until all that waited had landed; it still fails as often as the others. */
  readonly minutesToLand: number;
  /** Held for a person: none may be, before seven days. */
  readonly held: number;
}

const STATE = `
  select count(*) filter (where d.destination = $1 and d.state not in ('landed', 'abandoned'))::int as waiting,
         coalesce(sum(d.attempts) filter (where d.destination = $1), 0)::int as tries,
         count(*) filter (where d.destination <> $1 and d.kind = 'feedback' and d.state = 'landed')::int as elsewhere,
         count(*) filter (where d.state = 'held')::int as held,
         coalesce(extract(epoch from max(now() - d.trying_since)
                                      filter (where d.destination = $1 and d.state not in ('landed', 'abandoned'))), 0)::float8 / 3600 as hours
    from delivery d`;

const LEFT = `
  select count(*)::int as left from delivery where destination = $1 and id <= $2 and state not in ('landed', 'abandoned')`;

// PostgreSQL's clock rules leases, delays and retries: time passes for the rows instead. Leases stay, those are real.
const PASS = [
  `update delivery set next_at = next_at - $2 * interval '1 hour', trying_since = trying_since - $2 * interval '1 hour'
    where ($1::text is null or destination = $1) and state not in ('landed', 'abandoned')`,
  `update destination set open_until = open_until - $2 * interval '1 hour', hold_until = hold_until - $2 * interval '1 hour'
    where $1::text is null or id = $1`,
];

/** Lets so much time pass for what waits for one destination, or for all. Throws when the database is away. */
export async function passTime(pool: pg.Pool, hours: number, destination?: string): Promise<void> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    for (const text of PASS) await client.query(text, [destination ?? null, hours]);
    await client.query('commit');
  } catch (error) {
    broken = error as Error;
    throw error;
  } finally {
    client.release(broken);
  }
}

/**
 * Lets one practice be down for 72 hours of simulated time, in steps; in each of them at least one letter is tried and
 * fails. Begins when letters wait for it; ends when the practice was up again and these had landed. All else goes on.
 */
export async function playOutage(
  pool: pg.Pool,
  receivers: Receivers,
  practice: string,
  hoursPerStep: number,
): Promise<Outage> {
  const destination = `practice:${practice}`;
  /** Repeats while the database is away. */
  const surely = async <T>(act: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await act();
      } catch {
        await pause(lookEveryMs);
      }
    }
  };
  const look = () =>
    surely(async () => {
      const { rows } = await pool.query<Outage>(STATE, [destination]);
      const [row] = rows;
      if (!row) throw new Error('no answer');
      return row;
    });
  /** Looks until it is so; gives up in silence: what was not seen is missed in the figures. */
  const seen = async (msMax: number, isSo: (state: Outage) => boolean): Promise<Outage> => {
    const end = performance.now() + msMax;
    for (;;) {
      const state = await look();
      if (isSo(state) || performance.now() > end) return state;
      await pause(lookEveryMs);
    }
  };
  const pass = (hours: number) => surely(() => passTime(pool, hours, destination));
  receivers.dead.add(practice);
  const first = await seen(beginMsMax, ({ waiting, hours }) => waiting >= waitingMin && hours > 0);
  let last = first;
  let held = first.held;
  for (let passed = 0; passed < outageHours; passed += hoursPerStep) {
    const { tries } = last;
    await pass(hoursPerStep);
    last = await seen(stepMsMax, (state) => state.tries > tries);
    held = Math.max(held, last.held);
    await pause(stepMsMin);
  }
  receivers.dead.delete(practice);
  const newest = await surely(
    async () => (await pool.query<{ id: number }>('select max(id) as id from delivery')).rows[0],
  );
  const left = () =>
    surely(async () => (await pool.query<{ left: number }>(LEFT, [destination, newest?.id])).rows[0]?.left);
  let minutesToLand = 0;
  const end = performance.now() + backMsMax;
  while ((await left()) !== 0 && performance.now() < end) {
    await pass(minutesPerStepBack / 60);
    minutesToLand += minutesPerStepBack;
    await pause(backStepMs);
  }
  return {
    hours: last.hours,
    waiting: last.waiting,
    tries: last.tries - first.tries,
    elsewhere: last.elsewhere - first.elsewhere,
    minutesToLand,
    held: Math.max(held, (await look()).held),
  };
}
