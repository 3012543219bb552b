import type pg from 'pg';
import type { Change } from '../referral/change.ts';
import { Commits, type Committed } from './commit/commit.ts';
import { heldCommit } from './commit/hold.ts';
import { type MasterKey, open } from './keys.ts';

/** Whose rows a function may touch; every query carries it in its WHERE (decision 8). */
export type Scope =
  | { readonly kind: 'practice'; readonly practice: string }
  /** A Wally: the referrals she owns now. */
  | { readonly kind: 'owner'; readonly owner: string }
  /** A Wally: those, and what a colleague offers her or does in her place. Never what she is barred from (H11). */
  | { readonly kind: 'wally'; readonly owner: string }
  /** A team lead: the referrals of the own team. */
  | { readonly kind: 'team'; readonly team: string }
  /** One journey and no other: broken glass. It finds nothing, and lists nothing else. */
  | { readonly kind: 'journey'; readonly journey: string }
  /** Nobody's: who works with numbers or the directory alone. */
  | { readonly kind: 'none' }
  /** The line itself (relay, deliver, clock): every row, on nobody's behalf. */
  | { readonly kind: 'line' };

/** The database with what is needed to read and write it. Opened once by main, passed down. */
export interface Store {
  readonly pool: pg.Pool;
  readonly master: MasterKey;
  readonly clock: () => Date;
  readonly newId: () => string;
  /**
   * The journey's own key, unwrapped; throws ContentErased when it was destroyed. `wrapped`: as the same query that
   * read the content found it (null when destroyed); without it this asks the database.
   */
  journeyKey(journey: string, wrapped?: Buffer | null): Promise<Buffer>;
  commit(change: Change): Promise<Committed>;
  /** All of them in one transaction of the database, or none; no two of them touch the same things. */
  commitAll(changes: readonly Change[]): Promise<Committed>;
}

/** The key of a journey was destroyed: a page says 410 of it, a door refuses with `erased`. */
export class ContentErased extends Error {
  readonly status = 410;

  constructor() {
    super('the content of this journey was erased');
  }
}

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

/** Opens a sealed JSON document. */
export function openJson<T>(key: Buffer, sealed: Buffer, context: string): T {
  return JSON.parse(open(key, sealed, context).toString('utf8')) as T;
}

/** The SQL condition of a scope on the journey table `j`, its parameter as $1. */
export function scopeCondition(scope: Scope): { readonly sql: string; readonly value: string } {
  switch (scope.kind) {
    case 'practice':
      return { sql: 'j.practice_id = $1', value: scope.practice };
    case 'owner':
      return { sql: '(j.owner_id = $1 and $1 <> all(j.barred_ids))', value: scope.owner };
    case 'wally':
      return {
        sql: '($1 in (j.owner_id, j.proposed_id, j.acting_for_id) and $1 <> all(j.barred_ids))',
        value: scope.owner,
      };
    case 'team':
      return { sql: 'j.team_id = $1', value: scope.team };
    case 'journey':
      return { sql: 'j.id = $1::uuid', value: scope.journey };
    case 'none':
      return { sql: '$1::text is null', value: 'none' };
    case 'line':
      return { sql: '$1::text is not null', value: 'line' };
  }
}
