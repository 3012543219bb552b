import type pg from 'pg';
import type { Change } from '../referral/change.ts';
import type { MasterKey } from './keys.ts';

/**
 * `taken`: a key of this change exists already (inbound key, practice's number): read the first one.
 * `stale`: something it built on has changed (a version, a lease, the directory): decide again.
 */
export type Committed = { readonly ok: true } | { readonly ok: false; readonly why: 'taken' | 'stale' };

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
