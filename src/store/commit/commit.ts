import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { Change, JourneyIndex } from '../../referral/change.ts';
import { traceparentNow } from '../../trace.ts';
import { breakParts } from '../access/breaks.ts';
import { clientParts } from '../access/clients.ts';
import { credentialParts } from '../access/credentials.ts';
import { linkHash, linkParts } from '../access/links.ts';
import { personParts } from '../access/locked-out.ts';
import { caseCopyParts, copyContext } from '../case-copies.ts';
import { shownParts } from '../changes.ts';
import { keepingParts } from '../keeping.ts';
import { fieldHmac, seal } from '../keys.ts';
import { moveParts } from '../outbox/moves.ts';
import { alarmParts } from '../queue/alarms.ts';
import { queueParts } from '../queue/writes.ts';
import { requestId } from '../request-id.ts';
import { indexRow } from '../search/words.ts';
import { slotParts } from '../slots.ts';
import { ContentErased, type Store } from '../store.ts';
import { subscriptionParts } from '../subscriptions.ts';
import { talkParts } from '../talks.ts';
import { insertParts } from './inserts.ts';
import { composeStatement, type Prepared, type Sealed } from './writes.ts';

/**
 * `taken`: a key of this change exists already (inbound key, practice's number): read the first one.
 * `stale`: something it built on has changed (a version, a lease, the directory): decide again.
 */
export type Committed = { readonly ok: true } | { readonly ok: false; readonly why: 'taken' | 'stale' };

/** Shared by every commit that built on the directory, exclusive for a change of it: no referral slips past an absence. */
const directoryLock = 7_002;
const batchMax = 32;
const inFlightMax = 2;

interface Waiting {
  readonly prepared: Prepared;
  readonly resolve: (result: Committed) => void;
  readonly reject: (error: unknown) => void;
}

/** Keys that two changes of one statement may not share: the later one waits for the next batch. */
function touched(change: Change): string[] {
  const keys = (change.resources ?? []).map(({ resource }) => `${resource.resourceType}/${resource.id}`);
  if (change.arrival) {
    const { application, controlId, messageType } = change.arrival;
    keys.push(`in ${change.scope.practice} ${application} ${controlId} ${messageType}`);
  }
  for (const { value } of change.numbers ?? []) keys.push(`pr ${change.scope.practice} ${value}`);
  if (change.keeping) keys.push(`keep ${change.journey}`);
  for (const id of change.joined ?? []) keys.push(`early ${id}`);
  if (change.question) keys.push(`q ${change.question.id}`);
  if (change.talk)
    keys.push(change.talk.to === 'written' ? `talk ${change.talk.talk.id}` : `remind ${change.scope.practice}`);
  if (change.followed) keys.push(`followed ${change.scope.practice}`);
  for (const move of change.links ?? []) keys.push(`link ${'subject' in move ? move.subject : move.id}`);
  if (change.client) keys.push(`cl ${change.client.to === 'revoked' ? change.client.id : change.client.client.id}`);
  for (const move of change.deliveries ?? []) keys.push('id' in move ? `d ${move.id}` : `dj ${change.journey}`);
  for (const move of change.queue ?? [])
    keys.push(`queue ${move.to === 'item-done' ? `${move.job} ${move.delivery}` : move.to}`);
  if (change.regionAlarm)
    keys.push(`ra ${change.regionAlarm.to === 'digest' ? 'digest' : change.regionAlarm.alarm.id}`);
  if (change.slot) keys.push(`slot ${change.slot.role} ${change.slot.day}`);
  if (change.subscription) keys.push(`sub ${change.subscription.id}`);
  if (change.caseCopy) keys.push(`copy ${change.caseCopy.destination} ${change.journey}`);
  for (const alarm of change.alarms ?? []) keys.push(`al ${alarm.kind} ${change.journey} ${alarm.team}`);
  return keys;
}

/** Places of the changes that touch what an earlier one of them touches: those cannot be committed together. */
export function touchedTwice(changes: readonly Change[]): number[] {
  const seen = new Set<string>();
  return changes.flatMap((change, nth) => {
    const keys = touched(change);
    const isTwice = keys.some((key) => seen.has(key));
    for (const key of keys) seen.add(key);
    return isTwice ? [nth] : [];
  });
}

function hmacsOf(identity: JourneyIndex['identity'], key: Buffer): NonNullable<Sealed['hmacs']> {
  return {
    bsn: identity.bsn ? fieldHmac(key, 'bsn', identity.bsn) : null,
    family: fieldHmac(key, 'family', identity.family),
    birthDate: fieldHmac(key, 'birthDate', identity.birthDate),
    postcode: identity.postcodeAndNumber ? fieldHmac(key, 'postcode', identity.postcodeAndNumber) : null,
  };
}

/** What a document's seal is bound to, so that no row can be put in another's place. */
export function documentContext(practice: string, type: string, id: string, version: number): string {
  return `${practice}|${type}|${id}|${version}`;
}

/** What the words of an attempt's other side are bound to. */
export const saidContext = (delivery: string, lease: string): string => `attempt|${delivery}|${lease}`;

/** What others said at their no, sealed; where the journey has no key (any more) it is not kept. */
async function sealSaid(store: Store, { attempts = [], journey }: Change): Promise<(Buffer | null)[]> {
  if (!journey || !attempts.some((one) => one.said)) return attempts.map(() => null);
  const key = await store.journeyKey(journey).catch((error: unknown) => {
    if (error instanceof ContentErased) return undefined;
    throw error;
  });
  return attempts.map(({ delivery, lease, said }) =>
    key && said ? seal(key, Buffer.from(said), saidContext(delivery, lease)) : null,
  );
}

async function prepare(store: Store, change: Change): Promise<Prepared> {
  let key: Buffer | undefined;
  let newKey: Sealed['newKey'];
  if (change.arrival && !change.arrival.joins && change.journey) {
    key = randomBytes(32);
    newKey = { wrapped: await store.master.wrap(key, change.journey), masterKeyId: store.master.id };
  } else if ((change.resources?.length || change.arrival || change.caseCopy) && change.journey) {
    key = await store.journeyKey(change.journey);
  }
  const sealWith = (plain: unknown, context: string) => {
    if (!key) throw new Error('a change with documents needs a journey');
    return seal(key, Buffer.from(JSON.stringify(plain)), context);
  };
  const request = requestId();
  const traceparent = change.outbox && traceparentNow();
  const searchKey = store.master.derive('search');
  return {
    change,
    at: store.clock().toISOString(),
    ...(traceparent && { traceparent }),
    sealed: {
      documents: (change.resources ?? []).map(({ resource, version }) =>
        sealWith(resource, documentContext(change.scope.practice, resource.resourceType, resource.id, version)),
      ),
      found: change.resources?.map(({ resource }) => indexRow(resource, searchKey)) ?? [],
      auditIds: change.audit.map(() => store.newId()),
      auditLines: change.audit.map((line) =>
        JSON.stringify({
          ...(request && { request }),
          ...line,
          practice: change.scope.practice,
          journey: change.journey,
        }),
      ),
      ...(change.links && {
        linkHashes: change.links.map((move) => (move.to === 'made' ? linkHash(store.master, move) : null)),
      }),
      ...(newKey && { newKey }),
      ...(change.attempts && { said: await sealSaid(store, change) }),
      ...(change.arrival && {
        answer: sealWith(change.arrival.answer, `${change.scope.practice}|answer|${change.journey}`),
      }),
      ...(change.caseCopy && {
        copy: sealWith(change.caseCopy.kept, copyContext(change.caseCopy.destination, change.journey ?? '')),
      }),
      ...(change.index && { hmacs: hmacsOf(change.index.identity, store.master.derive('index')) }),
    },
  };
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
