import type { Endpoint, PractitionerRole } from '@medplum/fhirtypes';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { deliver } from '../../src/delivery/deliver.ts';
import { reevaluatePresence } from '../../src/delivery/presence.ts';
import { openPostgresQueue } from '../../src/delivery/queue.ts';
import { relayOnce } from '../../src/delivery/relay.ts';
import { end } from '../../src/feedback/ending.ts';
import { takeBack } from '../../src/feedback/take-back.ts';
import { theLine } from '../../src/referral/actor.ts';
import type { DirectoryResource } from '../../src/referral/directory/directory.ts';
import { readDirectoryResource, syncDestinations } from '../../src/store/directory.ts';
import { canaries, committed, journeyOf, notRefused, reportBack, takeIn, until } from '../doubles/made.ts';
import { type DeliveryBench, openDeliveryBench } from './delivery-bench.ts';

let bench: DeliveryBench;
beforeAll(async () => {
  bench = await openDeliveryBench();
});
afterEach(() => bench.his.switches.reset());
afterAll(() => bench.close());

let counter = 0;
const nextNumber = () => {
  counter += 1;
  return `l-${counter}`;
};
const audit = {
  event: 'directory-changed',
  at: '2026-11-23T09:00:00Z',
  actor: { id: theLine.id, role: theLine.role },
  action: 'U',
  outcome: 'ok',
  purpose: 'HOPERAT',
} as const;
const change = (resource: DirectoryResource & { id: string }) =>
  committed(bench.at.store, {
    scope: { practice: '' },
    directory: [{ resource, validFrom: bench.at.now.toISOString() }],
    audit: [audit],
  });

describe('a dead practice', () => {
  test('does not keep another one waiting: its attempts hang while the other’s feedback lands', async () => {
    const { store } = bench.at;
    const hanging: string[] = [];
    for (let n = 0; n < 25; n += 1) hanging.push(await bench.referred(nextNumber()));
    const alive = await bench.referred(nextNumber(), 'zuidrand');
    for (const journey of hanging) await reportBack(store, journey);
    await reportBack(store, alive);
    bench.his.switches.set({ mode: 'slow', delayMs: 60_000 }, 'de-brink');
    // As main does it: one queue, twenty at once.
    const queue = openPostgresQueue(bench.at.connection, 'kortelijn_app', store.pool);
    const stop = queue.work((due) => deliver({ ...bench.delivering, timeoutMs: 4_000 }, due), 20);
    await relayOnce({ store, queue });
    await until(
      'the other practice has its feedback',
      async () => (await bench.of(alive, 'feedback')).state === 'landed',
    );
    const mail = await takeIn(store, { number: nextNumber(), practice: 'aan-de-kade' });
    await relayOnce({ store, queue });
    await until('a new referral is seen', async () => (await bench.of(mail, 'worklist')).state === 'landed');
    const { rows } = await bench.at.owner.query<{ hanging: number; ended: number }>(
      `select count(*) filter (where a.ended_at is null) as hanging, count(*) filter (where a.ended_at is not null) as ended
         from attempt a join delivery d on d.id = a.delivery_id where d.kind = 'feedback' and d.practice_id = 'de-brink'`,
    );
    expect(rows[0]?.hanging).toBeGreaterThan(0);
    expect(rows[0]?.ended).toBe(0);
    await bench.at.owner.query(`update destination set paused = true where id = 'practice:de-brink'`);
    await stop();
    await queue.close();
    bench.his.switches.reset();
    await bench.at.owner.query(`update destination set paused = false where id = 'practice:de-brink'`);
    await until('all of it lands once the practice answers', async () => {
      await bench.at.owner.query(
        `update delivery set state = 'pending', generation = generation + 1, lease_until = null where state = 'queued'`,
      );
      await bench.dueNow();
      await bench.round();
      return (await Promise.all(hanging.map((id) => bench.of(id, 'feedback')))).every((one) => one.state === 'landed');
    });
    expect(bench.his.counts()['de-brink']).toMatchObject({ effects: 25, duplicateEffects: 0 });
  });

  test('without an address is held for a person, also when it never had one', async () => {
    const endpoint = await readDirectoryResource<Endpoint>(bench.at.store, 'Endpoint', 'his-zuidrand');
    if (!endpoint) throw new Error('no endpoint');
    await change({ ...endpoint, status: 'off' });
    await bench.at.owner.query(`delete from destination where id = 'practice:zuidrand'`);
    await syncDestinations(bench.at.store, await bench.delivering.directory());
    const journey = await bench.reported(nextNumber(), 'zuidrand');
    await bench.round();
    expect(await bench.of(journey, 'feedback')).toMatchObject({ state: 'held', code: 'no-address' });
    await change(endpoint);
    await change({ ...endpoint, address: 'not an address' });
    await syncDestinations(bench.at.store, await bench.delivering.directory());
    const other = await bench.reported(nextNumber(), 'zuidrand');
    await bench.round();
    expect(await bench.of(other, 'feedback')).toMatchObject({ state: 'held', code: 'no-address' });
    await change(endpoint);
  });
});

describe('a mail or a place on the worklist that is no longer right', () => {
  test('is given up: whoever became absent meanwhile hears nothing, the substitute does', async () => {
    const { store } = bench.at;
    const before = bench.mail.mails().length;
    const journey = await takeIn(store, { number: nextNumber() });
    const role = await readDirectoryResource<PractitionerRole>(store, 'PractitionerRole', 'wally-sanne');
    if (!role) throw new Error('no role');
    await change({
      ...role,
      notAvailable: [{ description: 'afwezig', during: { start: '2026-11-23', end: '2026-11-24' } }],
    });
    // The clock has not looked yet: the attempt itself finds that she is not there.
    await bench.round();
    const { rows } = await bench.at.owner.query(
      `select kind, recipient, state, reason from delivery where journey_id = $1 and assignment = 1 order by kind`,
      [journey],
    );
    expect(rows).toEqual([
      { kind: 'notify', recipient: 'wally-sanne', state: 'abandoned', reason: 'superseded' },
      { kind: 'worklist', recipient: 'wally-sanne', state: 'abandoned', reason: 'superseded' },
    ]);
    await bench.round();
    expect(await bench.of(journey, 'notify')).toMatchObject({ state: 'landed', recipient: 'wally-karim' });
    expect(
      bench.mail
        .mails()
        .slice(before)
        .map((mail) => mail.to),
    ).toEqual([['wally-karim@voorbeeldstreek.example']]);
    const seen = await bench.at.owner.query('select owner_id, assignment from worklist_entry where journey_id = $1', [
      journey,
    ]);
    expect(seen.rows).toEqual([{ owner_id: 'wally-karim', assignment: 2 }]);
    await change(role);
    // She is back, and nobody has accepted it: it goes back to her, once.
    expect(await reevaluatePresence(store, bench.delivering.directory)).toBe(1);
    expect(await reevaluatePresence(store, bench.delivering.directory)).toBe(0);
    await bench.round();
    expect((await journeyOf(store, journey)).index).toMatchObject({ owner: 'wally-sanne', assignment: 3 });
  });

  test('is given up when the practice took the referral back, and nobody is mailed about what nobody saw', async () => {
    const { store } = bench.at;
    const before = bench.mail.mails().length;
    const id = await takeIn(store, { number: nextNumber() });
    const journey = await journeyOf(store, id);
    const actor = { id: 'gp-vanleeuwen', name: 'M. van Leeuwen', role: 'practice', organization: 'de-brink' } as const;
    await committed(
      store,
      notRefused(
        takeBack(journey, 'withdraw', {
          actor,
          now: bench.at.now,
          newId: store.newId,
          directory: await bench.delivering.directory(),
        }),
      ),
    );
    await bench.round();
    expect(await bench.of(id, 'worklist')).toMatchObject({ state: 'abandoned', reason: 'withdrawn', attempts: 0 });
    const { rows } = await bench.at.owner.query(
      `select state, reason from delivery where journey_id = $1 and kind = 'notify' order by id`,
      [id],
    );
    expect(rows).toEqual([
      { state: 'abandoned', reason: 'withdrawn' },
      { state: 'abandoned', reason: 'superseded' },
    ]);
    expect(bench.mail.mails()).toHaveLength(before);
  });

  test('H10: when consent is withdrawn whoever has the referral is mailed, and nobody before it was on a worklist', async () => {
    const { store, mail, delivering } = { ...bench, ...bench.at };
    const directory = await delivering.directory();
    const actor = { id: 'gp-vanleeuwen', name: 'M. van Leeuwen', role: 'practice', organization: 'de-brink' } as const;
    const withdrawn = async (id: string) => {
      const acting = { actor, now: bench.at.now, newId: store.newId, directory };
      await committed(store, notRefused(end(await journeyOf(store, id), 'consent-withdrawn', acting)));
      const before = mail.mails().length;
      await bench.round();
      return mail.mails().slice(before);
    };
    expect(await withdrawn(await takeIn(store, { number: nextNumber() }))).toEqual([]);
    const told = await withdrawn(await bench.referred(nextNumber()));
    expect(told.map((one) => one.to)).toEqual([['wally-sanne@voorbeeldstreek.example']]);
  });
});

describe('a bug of ours', () => {
  test('is a failure with a code and a next time, and the log says where, never what', async () => {
    const journey = await bench.reported(nextNumber());
    const broken = { send: () => Promise.reject(new TypeError(`${canaries.family} is not a function`)) };
    await bench.round({ connectors: { ...bench.delivering.connectors, fhir: broken } });
    expect(await bench.of(journey, 'feedback')).toMatchObject({
      state: 'pending',
      code: 'fault',
      ambiguous: true,
      attempts: 1,
    });
    // It says nothing of the receiver: its breaker has no strike.
    const { rows } = await bench.at.owner.query<{ fails: number; breaker: string }>(
      `select x.fails, x.breaker from destination x join delivery d on d.destination = x.id
        where d.journey_id = $1 and d.kind = 'feedback'`,
      [journey],
    );
    expect(rows).toEqual([{ fails: 0, breaker: 'closed' }]);
    const lines = bench
      .logged()
      .split('\n')
      .filter((line) => line.includes('"event":"delivery"'));
    expect(lines.at(-1)).toContain('TypeError');
    expect(bench.logged()).not.toContain(canaries.family);
    await bench.dueNow();
    await bench.round();
    expect(await bench.of(journey, 'feedback')).toMatchObject({ state: 'landed' });
  });

  test('and content that was erased meanwhile is held, not tried for ever', async () => {
    const journey = await bench.reported(nextNumber());
    await bench.at.owner.query('update journey_key set wrapped = null, destroyed_at = now() where journey_id = $1', [
      journey,
    ]);
    await bench.round();
    expect(await bench.of(journey, 'feedback')).toMatchObject({ state: 'held', code: 'erased' });
  });
});

describe('an attempt that was too slow', () => {
  test('and was taken over settles nothing: the other one’s receipt stands', async () => {
    const number = nextNumber();
    const journey = await bench.referred(number);
    await reportBack(bench.at.store, journey);
    const { fhir } = bench.delivering.connectors;
    let takenOver: Promise<unknown> | undefined;
    const slow: typeof fhir = {
      send: async (parcel, signal) => {
        const receipt = await fhir.send(parcel, signal);
        await bench.at.owner.query(
          `update delivery set lease_until = now() - interval '1 second', state = 'pending' where journey_id = $1 and kind = 'feedback'`,
          [journey],
        );
        takenOver = bench.round();
        await takenOver;
        return receipt;
      },
    };
    await bench.round({ connectors: { ...bench.delivering.connectors, fhir: slow } });
    expect(takenOver).toBeDefined();
    expect(await bench.of(journey, 'feedback')).toMatchObject({ state: 'landed', attempts: 2 });
    const { rows } = await bench.at.owner.query(
      `select a.number, a.outcome from attempt a join delivery d on d.id = a.delivery_id where d.journey_id = $1 and d.kind = 'feedback' order by 1`,
      [journey],
    );
    expect(rows).toEqual([
      { number: 1, outcome: 'lease-lost' },
      { number: 2, outcome: 'record' },
    ]);
    const { rows: landings } = await bench.at.owner.query(
      `select count(*) as count from audit where journey_id = $1 and line like '%feedback-landed%'`,
      [journey],
    );
    expect(landings).toEqual([{ count: 1 }]);
  });
});
