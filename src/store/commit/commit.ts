import type pg from 'pg';
import type { Change } from '../../referral/change.ts';
import { breakParts } from '../access/breaks.ts';
import { clientParts } from '../access/clients.ts';
import { credentialParts } from '../access/credentials.ts';
import { linkParts } from '../access/links.ts';
import { personParts } from '../access/locked-out.ts';
import { caseCopyParts } from '../case-copies.ts';
import { shownParts } from '../changes.ts';
import { clockParts } from '../clocks.ts';
import { directoryPart } from '../directory.ts';
import { joinedPart } from '../early.ts';
import { keepingParts } from '../keeping.ts';
import { destinationParts } from '../outbox/destinations.ts';
import { moveParts } from '../outbox/moves.ts';
import { questionParts } from '../questions.ts';
import { alarmParts } from '../queue/alarms.ts';
import { queueParts } from '../queue/writes.ts';
import { slotParts } from '../slots.ts';
import type { Committed, Store } from '../store.ts';
import { subscriptionParts } from '../subscriptions.ts';
import { talkParts } from '../talks.ts';
import { insertParts } from './inserts.ts';
import { prepare } from './prepare.ts';
import { touched } from './touched.ts';
import { composeStatement, type Prepared } from './writes.ts';

/** Shared by every commit that built on the directory, exclusive for a change of it: no referral slips past an absence. */
const directoryLock = 7_002;
const batchMax = 32;
const inFlightMax = 2;

interface Waiting {
  readonly prepared: Prepared;
  readonly resolve: (result: Committed) => void;
  readonly reject: (error: unknown) => void;
}

class StaleBatch extends Error {}
const versioned = /^(document|resource|resource_change|directory_resource|talk|slot_taken)_pkey$/;

async function write(client: pg.PoolClient, batch: readonly Prepared[]): Promise<void> {
  const directoryChange = batch.some(({ change }) => change.directory?.length);
  const revisions = new Set(batch.flatMap(({ change }) => change.expected?.directoryRevision ?? []));
  if (directoryChange || revisions.size > 0) {
    // One round trip; the revision is still read by a statement of its own, after the lock was given.
    const lock = `pg_advisory_xact_lock${directoryChange ? '' : '_shared'}(${directoryLock})`;
    const results: unknown = await client.query(`begin; select ${lock}; select revision from directory_revision`);
    const revision = (results as pg.QueryResult<{ revision: number }>[])[2]?.rows[0]?.revision;
    if (revisions.size > 1 || (revisions.size > 0 && !revisions.has(revision ?? -1))) throw new StaleBatch();
  } else await client.query('begin');
  if (directoryChange) await client.query('update directory_revision set revision = revision + 1');
  const statement = composeStatement([
    ...insertParts(batch),
    ...moveParts(batch),
    joinedPart(batch),
    ...questionParts(batch),
    ...clockParts(batch),
    ...destinationParts(batch),
    directoryPart(batch),
    ...keepingParts(batch),
    ...talkParts(batch),
    ...slotParts(batch),
    ...linkParts(batch),
    ...clientParts(batch),
    ...credentialParts(batch),
    ...personParts(batch),
    ...breakParts(batch),
    ...queueParts(batch),
    ...alarmParts(batch),
    ...subscriptionParts(batch),
    ...caseCopyParts(batch),
    ...shownParts(batch),
  ]);
  if (statement) {
    const { rows } = await client.query<Record<string, number>>({
      name: statement.name,
      text: statement.text,
      values: statement.values,
    });
    for (const [part, count] of statement.expected) if (rows[0]?.[part] !== count) throw new StaleBatch();
  }
  await client.query('commit');
}

async function attempt(store: Store, batch: readonly Prepared[]): Promise<Committed> {
  const client = await store.pool.connect();
  let broken: Error | undefined;
  try {
    await write(client, batch);
    return { ok: true };
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    const { code, constraint = '' } = error as { code?: string; constraint?: string };
    if (error instanceof StaleBatch || code === '40P01') return { ok: false, why: 'stale' };
    // Of two that write the same version, the later one meets the earlier one's document before its own count.
    if (code === '23505') return { ok: false, why: versioned.test(constraint) ? 'stale' : 'taken' };
    throw error;
  } finally {
    client.release(broken);
  }
}

/**
 * The only writer of truth. Changes that wait at the same moment share one commit; when it does not pass, each is
 * tried alone, so that a bad one never fails its neighbours. Resolves after COMMIT, never before (promise 1).
 */
export class Commits {
  readonly #store: Store;
  readonly #queue: Waiting[] = [];
  #inFlight = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Commits one change. Rejects only on faults of the database; an expected no is a value. */
  async commit(change: Change): Promise<Committed> {
    const prepared = await prepare(this.#store, change);
    return new Promise((resolve, reject) => {
      this.#queue.push({ prepared, resolve, reject });
      setImmediate(() => this.#pump());
    });
  }

  /**
   * Commits several changes in one transaction of the database: all of them or none. Of what two of them touch
   * (`touchedTwice`) they cannot both be so.
   */
  async commitAll(changes: readonly Change[]): Promise<Committed> {
    if (changes.length === 0) return { ok: true };
    return attempt(this.#store, await Promise.all(changes.map((change) => prepare(this.#store, change))));
  }

  #take(): Waiting[] {
    const batch: Waiting[] = [];
    const seen = new Set<string>();
    const later: Waiting[] = [];
    while (this.#queue.length > 0 && batch.length < batchMax) {
      const next = this.#queue.shift();
      if (!next) break;
      const keys = touched(next.prepared.change);
      const { directory, destinations } = next.prepared.change;
      const alone = (directory?.length ?? 0) + (destinations?.length ?? 0) > 0;
      if (keys.some((key) => seen.has(key)) || (alone && batch.length > 0)) {
        later.push(next);
        continue;
      }
      for (const key of keys) seen.add(key);
      batch.push(next);
      if (alone) break;
    }
    this.#queue.unshift(...later);
    return batch;
  }

  #pump(): void {
    if (this.#inFlight >= inFlightMax || this.#queue.length === 0) return;
    const batch = this.#take();
    this.#inFlight += 1;
    this.#run(batch).finally(() => {
      this.#inFlight -= 1;
      this.#pump();
    });
    this.#pump();
  }

  async #run(batch: readonly Waiting[]): Promise<void> {
    if (batch.length > 1) {
      const together = await attempt(
        this.#store,
        batch.map((one) => one.prepared),
      ).catch(() => ({ ok: false }) as const);
      if (together.ok) {
        for (const one of batch) one.resolve(together);
        return;
      }
    }
    for (const one of batch) await attempt(this.#store, [one.prepared]).then(one.resolve, one.reject);
  }
}
