import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { fhirConnector } from '../../src/connectors/fhir.ts';
import { openOutbound } from '../../src/connectors/outbound.ts';
import type { Connector } from '../../src/delivery/connector.ts';
import { theLine } from '../../src/referral/actor.ts';
import { canaries, committed, freePort, journeyOf } from '../doubles/made.ts';
import { type DeliveryBench, openDeliveryBench } from './delivery-bench.ts';

let bench: DeliveryBench;
beforeAll(async () => {
  bench = await openDeliveryBench();
});
afterEach(() => bench.his.switches.reset());
afterAll(() => bench.close());

const brink = () => bench.his.counts()['de-brink'];
const effectsOf = (number: string) =>
  bench.his
    .records('de-brink')
    .letters.all()
    .filter(
      (letter) =>
        letter.referralId ===
        bench.his.records('de-brink').referralBy('http://de-brink.his.example/referral', number)?.id,
    );
const feedback = (journey: string) => bench.of(journey, 'feedback');
let counter = 0;
const nextNumber = () => {
  counter += 1;
  return `d-${counter}`;
};

describe('a referral', () => {
  test('stands once on the worklist of its owner, and one mail without content says so', async () => {
    const before = bench.mail.mails().length;
    const journey = await bench.referred(nextNumber());
    expect(await bench.of(journey, 'worklist')).toMatchObject({
      state: 'landed',
      proof: 'record',
      attempts: 1,
      recipient: 'wally-sanne',
    });
    expect(await bench.of(journey, 'notify')).toMatchObject({ state: 'landed', proof: 'transport', attempts: 1 });
    const mails = bench.mail.mails().slice(before);
    expect(mails.map((mail) => mail.to)).toEqual([['wally-sanne@voorbeeldstreek.example']]);
    const raw = Buffer.from(mails[0]?.raw ?? '', 'base64').toString();
    for (const word of [...Object.values(canaries), 'KL-', 'd-1', journey]) expect(raw).not.toContain(word);
    const { rows } = await bench.at.owner.query(
      'select owner_id, assignment from worklist_entry where journey_id = $1',
      [journey],
    );
    expect(rows).toEqual([{ owner_id: 'wally-sanne', assignment: 1 }]);
  });
});

describe('feedback, while the practice’s system', () => {
  test('works: lands in the record of the right patient, and only then is completed', async () => {
    const number = nextNumber();
    const journey = await bench.reported(number);
    expect((await journeyOf(bench.at.store, journey)).communications[0]?.resource.status).toBe('in-progress');
    await bench.round();
    expect(await feedback(journey)).toMatchObject({ state: 'landed', proof: 'record', attempts: 1, code: null });
    const after = await journeyOf(bench.at.store, journey);
    expect(after.communications[0]?.resource).toMatchObject({
      status: 'completed',
      received: bench.at.now.toISOString(),
    });
    expect(after.serviceRequest.resource.status).toBe('completed');
    expect(effectsOf(number)).toMatchObject([{ patientId: `x${number}`, filedBy: 'itself' }]);
  });

  test.each([
    ['answers slowly, but in time', { mode: 'slow', delayMs: 100 }, 5_000, { state: 'landed', proof: 'record' }, 1],
    ['cuts the connection', { mode: 'down' }, 5_000, { state: 'pending', code: 'connection-lost', ambiguous: true }, 0],
    [
      'says it is not available',
      { mode: 'refuse' },
      5_000,
      { state: 'pending', code: 'unavailable', ambiguous: false },
      0,
    ],
    [
      'breaks before it stores',
      { mode: 'error-before' },
      5_000,
      { state: 'pending', code: 'receiver-fault', ambiguous: true },
      0,
    ],
    [
      'breaks after it stored',
      { mode: 'error-after' },
      5_000,
      { state: 'pending', code: 'receiver-fault', ambiguous: true },
      1,
    ],
    [
      'falls silent after it stored',
      { mode: 'hang-after' },
      400,
      { state: 'pending', code: 'timeout', ambiguous: true },
      1,
    ],
    ['refuses the content', { mode: 'reject' }, 5_000, { state: 'held', code: 'rejected', ambiguous: false }, 0],
  ] as const)(
    '%s: the state says so, and there is one effect when it works again',
    async (_what, change, timeoutMs, first, effects) => {
      const number = nextNumber();
      const journey = await bench.reported(number);
      bench.his.switches.set(change, 'de-brink');
      await bench.round({ timeoutMs });
      const seen = await feedback(journey);
      expect(seen).toMatchObject({ attempts: 1, ...first });
      expect(effectsOf(number)).toHaveLength(effects);
      bench.his.switches.reset('de-brink');
      const posted = brink()?.requests ?? 0;
      if (seen.state === 'held')
        await committed(bench.at.store, {
          scope: { practice: 'de-brink' },
          journey,
          deliveries: [{ to: 'retry', id: seen.id }],
          audit: [],
        });
      await bench.dueNow();
      await bench.round();
      expect(await feedback(journey)).toMatchObject({ state: 'landed', proof: 'record', code: null });
      expect(effectsOf(number)).toHaveLength(1);
      // Where the effect was there already, asking found it: it was not sent a second time.
      expect((brink()?.requests ?? 0) - posted).toBe(effects === 0 ? 1 : 0);
    },
  );

  test('is switched off: surely no effect, tried again later and later', async () => {
    const journey = await bench.reported(nextNumber());
    const host = `127.0.0.1:${await freePort()}`;
    const nobody = fhirConnector(openOutbound(new Set([host])), bench.at.store.clock);
    const fhir: Connector = {
      send: (parcel, signal) => nobody.send({ ...parcel, address: `http://${host}/fhir` }, signal),
    };
    let longest = 0;
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      await bench.dueNow();
      await bench.round({ connectors: { ...bench.delivering.connectors, fhir } });
      const seen = await feedback(journey);
      expect(seen).toMatchObject({ state: 'pending', code: 'unreachable', ambiguous: false, attempts: attempt });
      expect(seen.inSeconds).toBeGreaterThan(longest);
      longest = seen.inSeconds;
    }
    await bench.dueNow();
    await bench.round();
    expect(await feedback(journey)).toMatchObject({ state: 'landed', attempts: 6 });
  });

  test('asks to wait: not before the moment it named', async () => {
    const journey = await bench.reported(nextNumber());
    bench.his.switches.set({ mode: 'rate-limit', retryAfterSeconds: 77 }, 'de-brink');
    await bench.round();
    const seen = await feedback(journey);
    expect(seen).toMatchObject({ state: 'pending', code: 'busy', ambiguous: false });
    expect(seen.inSeconds).toBeGreaterThan(60);
    expect(seen.inSeconds).toBeLessThanOrEqual(77);
    expect(await bench.round()).toBe(0);
    bench.his.switches.reset('de-brink');
    await bench.dueNow();
    await bench.round();
  });
});

describe('feedback that does not file itself', () => {
  test('is with the practice, not in the record, until its staff has filed it', async () => {
    const number = nextNumber();
    const journey = await bench.reported(number);
    bench.his.switches.set({ files: false }, 'de-brink');
    await bench.round();
    expect(await feedback(journey)).toMatchObject({ state: 'sent', proof: 'application', attempts: 1 });
    expect((await journeyOf(bench.at.store, journey)).communications[0]?.resource.status).toBe('in-progress');
    await bench.dueNow();
    await bench.round();
    expect(await feedback(journey)).toMatchObject({ state: 'sent', proof: 'application', attempts: 2 });
    const lines = async () =>
      (
        await bench.at.owner.query(
          `select line::json ->> 'event' as event from audit where journey_id = $1 and line like '%delivery-%' and line like '%Communication/%' order by id`,
          [journey],
        )
      ).rows.map((row) => row.event);
    // The second look brought nothing new: it is no second transfer.
    expect(await lines()).toEqual(['delivery-sent']);
    const [letter] = bench.his
      .records('de-brink')
      .letters.all()
      .filter((one) => !one.patientId);
    const filed = await fetch(`${bench.his.url}/de-brink/api/inbox/${letter?.id}/file`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ patientId: `x${number}` }),
    });
    expect(filed.status).toBe(200);
    await bench.dueNow();
    await bench.round();
    expect(await feedback(journey)).toMatchObject({ state: 'landed', proof: 'record', attempts: 3 });
    expect(await lines()).toEqual(['delivery-sent', 'delivery-landed']);
    expect((await journeyOf(bench.at.store, journey)).communications[0]?.resource.status).toBe('completed');
    expect(brink()?.duplicateEffects).toBe(0);
  });
});

describe('seven days', () => {
  const day = 86_400_000;
  test('of an unreachable practice, then a person must look', async () => {
    const journey = await bench.reported(nextNumber());
    const start = bench.at.now;
    bench.his.switches.set({ mode: 'refuse' }, 'de-brink');
    const { rows } = await bench.at.owner.query<{ now: Date }>('select now()');
    const began = rows[0]?.now.getTime() ?? 0;
    for (const [days, state] of [
      [0, 'pending'],
      [6.9, 'pending'],
      [7.1, 'held'],
    ] as const) {
      bench.at.now = new Date(began + days * day);
      await bench.dueNow();
      await bench.round();
      expect([days, (await feedback(journey)).state]).toEqual([days, state]);
    }
    expect(await feedback(journey)).toMatchObject({ code: 'unavailable' });
    bench.at.now = start;
  });

  test('of a letter that nobody files, then a person must look', async () => {
    const journey = await bench.reported(nextNumber());
    const start = bench.at.now;
    bench.his.switches.set({ files: false }, 'de-brink');
    await bench.round();
    expect(await feedback(journey)).toMatchObject({ state: 'sent' });
    bench.at.now = new Date(start.getTime() + 8 * day);
    await bench.dueNow();
    await bench.round();
    expect(await feedback(journey)).toMatchObject({
      state: 'held',
      code: 'not-confirmed',
      proof: 'application',
      ambiguous: true,
    });
    bench.at.now = start;
  });
});

describe('the trail', () => {
  test('has a line for every transfer, by the line itself', async () => {
    const journey = await bench.reported(nextNumber());
    bench.his.switches.set({ mode: 'error-after' }, 'de-brink');
    await bench.round();
    bench.his.switches.reset('de-brink');
    await bench.dueNow();
    await bench.round();
    const { rows } = await bench.at.owner.query(
      `select line::json ->> 'event' as event, line::json -> 'actor' ->> 'id' as actor, line::json ->> 'code' as code from audit
        where journey_id = $1 and line like '%delivery-%' order by id`,
      [journey],
    );
    expect(rows).toEqual([
      { event: 'delivery-landed', actor: theLine.id, code: 'record' },
      { event: 'delivery-landed', actor: theLine.id, code: 'transport' },
      { event: 'delivery-failed', actor: theLine.id, code: 'receiver-fault' },
      { event: 'delivery-landed', actor: theLine.id, code: 'record' },
    ]);
  });

  test('and everything else that was written holds codes only: no patient, no secret, no words of another system', async () => {
    const { rows } = await bench.at.owner.query<{ text: string }>(
      `select coalesce(failure_code, '') || ' ' || coalesce(reason, '') as text from delivery union all select coalesce(failure_code, '') || ' ' || coalesce(outcome, '') from attempt`,
    );
    expect(rows.length).toBeGreaterThan(40);
    for (const { text } of rows) expect(text).toMatch(/^[a-z-]* [a-z-]*$/);
    const logged = bench.logged();
    expect(logged.split('\n').length).toBeGreaterThan(40);
    for (const word of [...Object.values(canaries), 'demo-kortelijn-to', 'Bearer', 'Postvak', 'http://'])
      expect(logged).not.toContain(word);
  });
});
