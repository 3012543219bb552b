import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accept } from '../../src/feedback/moves.ts';
import { theLine } from '../../src/referral/actor.ts';
import type { AuditLine, Change } from '../../src/referral/change.ts';
import { upToCommit } from '../../src/store/commit/hold.ts';
import { touchedTwice } from '../../src/store/commit/touched.ts';
import { openPool } from '../../src/store/database.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { masterKeyFrom } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { journeyOf, notRefused, ownerOf, received, takeIn } from '../doubles/made.ts';

let at: TestStore;
/** A second store on the same database: what another process would be. */
let other: Store;
let endOther: () => Promise<void>;
beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  const pool = openPool(at.connection, 'kortelijn_app', 10);
  other = openStore(pool, masterKeyFrom(Buffer.alloc(32, 7)), () => at.now, v7);
  endOther = () => pool.end();
});
afterAll(async () => {
  await endOther();
  await at.close();
});

const directory = async () => directoryReader(at.store)();
const line = (event: string): AuditLine => ({
  event,
  at: at.now.toISOString(),
  actor: { id: theLine.id, role: theLine.role },
  action: 'E',
  outcome: 'ok',
  purpose: 'TREAT',
});
const count = async (sql: string, ...values: unknown[]) => {
  const { rows } = await at.owner.query<{ count: number }>(`select count(*) from ${sql}`, values);
  return rows[0]?.count;
};

describe('changes that wait together share a commit', () => {
  test('many at one moment are far fewer transactions, and each is there when its commit resolves', async () => {
    const now = await directory();
    const changes = Array.from({ length: 60 }, (_, n) => received(at.store, now, { number: `batch-${n}` }));
    const seen = await Promise.all(
      changes.map(async ({ change, answer }) => {
        expect(await at.store.commit(change)).toEqual({ ok: true });
        return count('journey where id = $1', answer.journey);
      }),
    );
    expect(seen).toEqual(changes.map(() => 1));
    const { rows } = await at.owner.query<{ transactions: number }>(
      `select count(distinct xid) as transactions from audit where journey_id = any($1)`,
      [changes.map(({ answer }) => answer.journey)],
    );
    expect(rows[0]?.transactions).toBeLessThan(10);
  });

  test('a bad one fails alone: its neighbours pass, and nothing of it is left', async () => {
    const now = await directory();
    const made = Array.from({ length: 12 }, (_, n) => received(at.store, now, { number: `neighbour-${n}` }));
    const bad = made.map(
      ({ change }, n): Change =>
        // PostgreSQL keeps no zero character in a text: the usual stowaway.
        n === 5 && change.events
          ? { ...change, events: change.events.map((event) => ({ ...event, owner: 'a\u0000b' })) }
          : change,
    );
    const ends = await Promise.allSettled(bad.map((change) => at.store.commit(change)));
    expect(ends.map((end) => end.status)).toEqual(bad.map((_, n) => (n === 5 ? 'rejected' : 'fulfilled')));
    for (const end of ends) if (end.status === 'fulfilled') expect(end.value).toEqual({ ok: true });
    const bare = made[5]?.answer.journey;
    expect(await count('journey where practice_referral_id like $1', 'neighbour-%')).toBe(11);
    for (const table of ['journey_key', 'inbound', 'resource', 'document', 'delivery', 'journey_event', 'audit']) {
      expect([table, await count(`${table} where journey_id = $1`, bare)]).toEqual([table, 0]);
    }
  });

  test('equal ones in one batch: one wins, the others are told it is taken', async () => {
    const now = await directory();
    const equal = Array.from({ length: 20 }, () => received(at.store, now, { number: 'equal' }).change);
    const ends = await Promise.all(equal.map((change) => at.store.commit(change)));
    expect(ends.filter((end) => end.ok)).toHaveLength(1);
    expect(ends.filter((end) => !end.ok)).toEqual(Array.from({ length: 19 }, () => ({ ok: false, why: 'taken' })));
    expect(await count(`journey where practice_referral_id = 'equal'`)).toBe(1);
  });
});

describe('changes that are committed all or none', () => {
  const acceptedOf = async (number: string) => {
    const journey = await journeyOf(at.store, await takeIn(at.store, { number }));
    const acting = { actor: ownerOf(journey), now: at.now, newId: v7, directory: await directory() };
    return { id: journey.id, change: notRefused(accept(journey, acting)) };
  };
  const accepted = async (ids: readonly string[]) =>
    count(`audit where line like '%task-accepted%' and journey_id = any($1)`, ids);

  test('are there together, in one transaction; nothing is a commit too', async () => {
    const all = [await acceptedOf('all-1'), await acceptedOf('all-2'), await acceptedOf('all-3')];
    expect(await at.store.commitAll(all.map((one) => one.change))).toEqual({ ok: true });
    const { rows } = await at.owner.query<{ transactions: number }>(
      `select count(distinct xid) as transactions from audit where line like '%task-accepted%' and journey_id = any($1)`,
      [all.map((one) => one.id)],
    );
    expect([rows[0]?.transactions, await accepted(all.map((one) => one.id))]).toEqual([1, 3]);
    expect(await at.store.commitAll([])).toEqual({ ok: true });
  });

  test('one that is stale, taken or impossible leaves nothing of the others', async () => {
    const good = await acceptedOf('none-1');
    const old = await acceptedOf('none-2');
    expect(await at.store.commit(old.change)).toEqual({ ok: true });
    const again = received(at.store, await directory(), { number: 'none-1', controlId: 'other' }).change;
    const impossible: Change = {
      ...old.change,
      resources: [],
      events: [{ kind: 'opened', at: '2026', owner: 'a\u0000' }],
    };
    expect(await at.store.commitAll([good.change, old.change])).toEqual({ ok: false, why: 'stale' });
    expect(await at.store.commitAll([good.change, again])).toEqual({ ok: false, why: 'taken' });
    await expect(at.store.commitAll([good.change, impossible])).rejects.toThrow();
    expect(await accepted([good.id])).toBe(0);
    expect(touchedTwice([good.change, old.change, good.change])).toEqual([2]);
    expect(await at.store.commitAll([good.change])).toEqual({ ok: true });
  });

  test('work stands still at its commit until that is made with the others; bare lines of the trail do not wait', async () => {
    const { id, change } = await acceptedOf('still');
    const came = await upToCommit(async () => {
      await at.store.commit({ scope: { practice: 'de-brink' }, journey: id, audit: [line('looked-before')] });
      const done = await at.store.commit(change);
      return [done, await accepted([id])];
    });
    if (!('change' in came)) throw new Error('it did not stand still');
    expect([came.change, await accepted([id])]).toEqual([change, 0]);
    expect(await count(`audit where line like '%looked-before%' and journey_id = $1`, id)).toBe(1);
    expect(await at.store.commitAll([came.change])).toEqual({ ok: true });
    expect(await came.goOn()).toEqual([{ ok: true }, 1]);
    expect(await upToCommit(async () => 'nothing to do')).toEqual({ ended: 'nothing to do' });
    await expect(upToCommit(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });
});

describe('a change that cannot be', () => {
  test('taken: the same message key, and the same number of the practice under another key', async () => {
    const now = await directory();
    await takeIn(at.store, { number: 'taken-1', controlId: 'one' });
    const sameKey = received(at.store, now, { number: 'taken-2', controlId: 'one' });
    expect(await at.store.commit(sameKey.change)).toEqual({ ok: false, why: 'taken' });
    const sameNumber = received(at.store, now, { number: 'taken-1', controlId: 'two' });
    expect(await at.store.commit(sameNumber.change)).toEqual({ ok: false, why: 'taken' });
    // Keys are of a practice: another one may use the same number and the same message key.
    const elsewhere = received(at.store, now, { number: 'taken-1', controlId: 'one', practice: 'zuidrand' });
    expect(await at.store.commit(elsewhere.change)).toEqual({ ok: true });
  });

  test('stale: another version of the Task, in one store and between two', async () => {
    const id = await takeIn(at.store, { number: 'versions' });
    const now = await directory();
    for (const stores of [
      [at.store, at.store],
      [at.store, other],
    ]) {
      const journey = await journeyOf(at.store, id);
      const acting = { actor: ownerOf(journey), now: at.now, newId: v7, directory: now };
      const change = (store: Store) => store.commit({ ...notRefused(accept(journey, acting)), audit: [line('race')] });
      const ends = await Promise.all(stores.map(change));
      expect(ends.filter((end) => end.ok)).toHaveLength(1);
      expect(ends.find((end) => !end.ok)).toEqual({ ok: false, why: 'stale' });
      // The second round starts from where the first began: the Task is put back as it was.
      const after = await journeyOf(at.store, id);
      expect(after.task.version).toBe(journey.task.version + 1);
      const back = { ...after.task.resource, status: 'requested' as const };
      expect(
        await at.store.commit({
          scope: { practice: after.practice },
          journey: id,
          resources: [{ resource: back, version: after.task.version + 1 }],
          audit: [],
        }),
      ).toEqual({ ok: true });
    }
    const { rows } = await at.owner.query(
      `select version from document where journey_id = $1 and type = 'Task' order by version`,
      [id],
    );
    expect(rows.map((row) => row.version)).toEqual([1, 2, 3, 4, 5]);
  });

  test('stale: a version that is not the next one', async () => {
    const id = await takeIn(at.store, { number: 'skipped' });
    const { task, practice } = await journeyOf(at.store, id);
    for (const version of [1, 3, 7]) {
      expect(
        await at.store.commit({
          scope: { practice },
          journey: id,
          resources: [{ resource: task.resource, version }],
          audit: [],
        }),
      ).toEqual({ ok: false, why: 'stale' });
    }
    // Nor is a first version of what does not exist anything but 1.
    const unknown = { ...task.resource, id: v7() };
    expect(
      await at.store.commit({
        scope: { practice },
        journey: id,
        resources: [{ resource: unknown, version: 2 }],
        audit: [],
      }),
    ).toEqual({ ok: false, why: 'stale' });
  });

  test('stale: decided on a directory that has changed since', async () => {
    const before = await directory();
    const { change } = received(at.store, before, { number: 'absent' });
    const role = { resourceType: 'PractitionerRole' as const, id: 'a-new-one', active: true };
    expect(
      await at.store.commit({
        scope: { practice: '' },
        directory: [{ resource: role, validFrom: at.now.toISOString() }],
        audit: [line('directory')],
      }),
    ).toEqual({ ok: true });
    expect(await at.store.commit(change)).toEqual({ ok: false, why: 'stale' });
    const again = received(at.store, await directory(), { number: 'absent' });
    expect(await at.store.commit(again.change)).toEqual({ ok: true });
  });

  test('a change of the directory and intakes at one moment: none is taken in on the old one', async () => {
    const before = await directory();
    const role = { resourceType: 'PractitionerRole' as const, id: 'one-more', active: true };
    const intakes = Array.from({ length: 30 }, (_, n) => received(at.store, before, { number: `race-${n}` }).change);
    const moved = other.commit({
      scope: { practice: '' },
      directory: [{ resource: role, validFrom: at.now.toISOString() }],
      audit: [line('directory')],
    });
    const ends = await Promise.all(intakes.map((change, n) => (n % 2 ? other : at.store).commit(change)));
    expect(await moved).toEqual({ ok: true });
    const { rows } = await at.owner.query<{ late: number }>(
      `select count(*) as late from audit a where a.line like '%referral-received%' and a.journey_id in (select id from journey where practice_referral_id like 'race-%')
         and a.xid > (select xid from audit where line like '%"directory"%' order by xid desc limit 1)`,
    );
    // Whatever the order was, an accepted one was written before the change, and the rest is stale.
    expect(rows[0]?.late).toBe(0);
    expect(ends.filter((end) => !end.ok).every((end) => !end.ok && end.why === 'stale')).toBe(true);
    expect(await count(`journey where practice_referral_id like 'race-%'`)).toBe(ends.filter((end) => end.ok).length);
  });

  test('a fault of the database rejects, and the next commit works', async () => {
    const now = await directory();
    const { rows } = await at.owner.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = current_user and pid <> pg_backend_pid() and application_name = 'kortelijn'`,
    );
    expect(rows.length).toBeGreaterThan(0);
    const ends = await Promise.allSettled(
      Array.from({ length: 3 }, (_, n) =>
        at.store.commit(received(at.store, now, { number: `after-fault-${n}` }).change),
      ),
    );
    for (const end of ends) {
      if (end.status === 'fulfilled') expect(end.value.ok).toBe(true);
    }
    expect(await at.store.commit(received(at.store, now, { number: 'after-fault' }).change)).toEqual({ ok: true });
  });
});
