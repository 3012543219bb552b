import type pg from 'pg';

const channel = 'kortelijn_outbox';
/** Held by the one relay at work; it ends with the connection, however that ends. */
const relayLock = 7_003;

export interface WakeUp {
  /** Whether this connection has the relay's lock and is alive. */
  readonly held: boolean;
  close(): Promise<void>;
}

/** A connection of its own that listens for commits of other processes and tries to be the relay. */
export async function openWakeUp(client: pg.Client, wake: () => void): Promise<WakeUp> {
  const state = { alive: true, locked: false };
  client.on('error', () => {
    state.alive = false;
    wake();
  });
  client.on('end', () => {
    state.alive = false;
  });
  client.on('notification', wake);
  const close = async () => {
    state.alive = false;
    await client.end().catch(() => undefined);
  };
  try {
    await client.connect();
    const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [relayLock]);
    state.locked = rows[0]?.locked ?? false;
    if (state.locked) await client.query(`listen ${channel}`);
  } catch (error) {
    // Left open, it would keep the lock from every later try, this process's own too.
    await close();
    throw error;
  }
  return {
    get held() {
      return state.alive && state.locked;
    },
    close,
  };
}

/**
 * Tells relays in other processes that something was committed, at most once per `everyMs`: a NOTIFY inside the intake
 * transaction would cost three quarters of the throughput (decision 5, measured).
 */
export function commitNotifier(pool: pg.Pool, everyMs: number): () => void {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      pool.query(`notify ${channel}`).catch(() => undefined);
    }, everyMs).unref();
  };
}
