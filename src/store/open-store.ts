import type pg from 'pg';
import type { Change } from '../referral/change.ts';
import { Commits } from './commit/commit.ts';
import { heldCommit } from './commit/hold.ts';
import type { MasterKey } from './keys.ts';
import { type Committed, ContentErased, type Store } from './store.ts';

const keysKept = 2_000;

/**
 * A store over an open pool. The clock rules content (dates, promises); leases and retries use PostgreSQL's own.
 * `outboxChanged` is told after a commit that something may be due; it may be lost, the relay's poll is the net.
 */
export function openStore(
  pool: pg.Pool,
  master: MasterKey,
  clock: () => Date,
  newId: () => string,
  outboxChanged: () => void = () => undefined,
): Store {
  // What is kept saves the unwrapping (it may be another machine's work), never the look whether the key is still there.
  const kept = new Map<string, { readonly wrapped: Buffer; readonly key: Buffer }>();
  const readWrapped = async (journey: string): Promise<Buffer | null> => {
    const { rows } = await pool.query<{ wrapped: Buffer | null }>({
      name: 'journey-key',
      text: 'select wrapped from journey_key where journey_id = $1',
      values: [journey],
    });
    return rows[0]?.wrapped ?? null;
  };
  const journeyKey = async (journey: string, found?: Buffer | null): Promise<Buffer> => {
    const wrapped = found === undefined ? await readWrapped(journey) : found;
    if (!wrapped) {
      kept.delete(journey);
      throw new ContentErased();
    }
    const known = kept.get(journey);
    if (known?.wrapped.equals(wrapped)) return known.key;
    const key = await master.unwrap(wrapped, journey);
    const oldest = kept.keys().next().value;
    if (kept.size >= keysKept && oldest) kept.delete(oldest);
    kept.set(journey, { wrapped, key });
    return key;
  };
  const mayBeDue = ({ outbox, deliveries, destinations }: Change) =>
    Boolean(outbox?.length || deliveries?.length || destinations?.length);
  const told = async (changes: readonly Change[], committing: Promise<Committed>): Promise<Committed> => {
    const done = await committing;
    if (done.ok && changes.some(mayBeDue)) outboxChanged();
    return done;
  };
  const store: Store = {
    pool,
    master,
    clock,
    newId,
    journeyKey,
    commit: (change) => heldCommit(change) ?? told([change], commits.commit(change)),
    commitAll: (changes) => told(changes, commits.commitAll(changes)),
  };
  const commits = new Commits(store);
  return store;
}
