import { afterAll, beforeAll, expect, test } from 'vitest';
import { end, recall } from '../../src/feedback/ending.ts';
import { accept } from '../../src/feedback/moves.ts';
import { renewConsent } from '../../src/feedback/renew-consent.ts';
import { report } from '../../src/feedback/report.ts';
import type { Actor } from '../../src/referral/actor.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { canaries, committed, journeyOf, notRefused, ownerOf, takeIn, young } from '../doubles/made.ts';
import { type DeliveryBench, openDeliveryBench } from './delivery-bench.ts';

let bench: DeliveryBench;
beforeAll(async () => {
  bench = await openDeliveryBench();
});
afterAll(() => bench.close());

const gp: Actor = { id: 'gp-vanleeuwen', name: '', role: 'practice', organization: 'de-brink' };
const lead: Actor = { id: 'lead-marijke', name: '', role: 'team-lead', organization: 'voorbeeldstreek' };

const acting = async (journey: Journey) => ({
  actor: ownerOf(journey),
  now: bench.at.now,
  newId: bench.at.store.newId,
  directory: await bench.delivering.directory(),
});
type Deciding = (journey: Journey, at: Awaited<ReturnType<typeof acting>>) => Parameters<typeof notRefused>[0];
async function make(id: string, decide: Deciding): Promise<void> {
  const journey = await journeyOf(bench.at.store, id);
  await committed(bench.at.store, notRefused(decide(journey, await acting(journey))) as never);
}
const word = (final: boolean): Deciding => {
  const outcomes = final ? [{ lifeArea: 'loneliness', outcome: 'led-on' as const }] : [];
  const answer = { contact: 'made' as const, contactOn: '2026-11-23', residentAgreed: true, final, outcomes };
  return (journey, at) => report(journey, { ...answer, firstLine: canaries.letter }, at);
};
/** Reported the day before the birthday; the practice's system is away until the morning after. */
async function written(number: string, final: boolean): Promise<string> {
  bench.at.now = new Date('2026-11-23T10:00:00Z');
  const id = await bench.referred(number, 'de-brink', young('2010-11-24'));
  await make(id, accept);
  await make(id, word(final));
  bench.at.now = new Date('2026-11-24T10:00:00Z');
  return id;
}
const letters = () => bench.his.records('de-brink').letters.all().length;
const destination = async () =>
  (await bench.at.owner.query(`select breaker, fails from destination where id = 'practice:de-brink'`)).rows;

test('H6: a letter that the birthday overtook in the outbox waits for the consent, however long, and then goes', async () => {
  const id = await written('w-1', false);
  const before = letters();
  await bench.round();
  expect(await bench.of(id, 'feedback')).toMatchObject({
    state: 'pending',
    code: 'consent-to-renew',
    ambiguous: false,
  });
  // It says nothing about their system, and patience does not run out: nobody could do anything about it here.
  expect(await destination()).toEqual([{ breaker: 'closed', fails: 0 }]);
  bench.at.now = new Date('2026-12-08T10:00:00Z');
  await bench.dueNow();
  await bench.round();
  expect(await bench.of(id, 'feedback')).toMatchObject({ state: 'pending', code: 'consent-to-renew' });
  expect(letters()).toBe(before);
  const yes = { by: 'resident', how: 'spoken', on: '2026-11-24' } as const;
  await make(id, (journey, at) => renewConsent(journey, { consent: yes }, at));
  await bench.dueNow();
  await bench.round();
  expect((await bench.of(id, 'feedback')).state).toBe('landed');
  expect(letters()).toBe(before + 1);
});

test('H6: work that ends first takes the letter back, and its closing arrives without content', async () => {
  const id = await written('w-2', false);
  await make(id, word(true));
  const { rows } = await bench.at.owner.query(
    `select state, reason from delivery where journey_id = $1 and kind = 'feedback' order by id`,
    [id],
  );
  expect(rows).toEqual([
    { state: 'abandoned', reason: 'consent-to-renew' },
    { state: 'pending', reason: null },
  ]);
  await bench.round();
  const [, last] = (await journeyOf(bench.at.store, id)).communications;
  expect(last?.resource.status).toBe('completed');
  expect(JSON.stringify(last?.resource.payload)).not.toContain(canaries.letter);
});

test('H6: an attempt that was under way when the work ended does not go again', async () => {
  const id = await written('w-3', false);
  await make(id, word(true));
  // As if it had been on the wire at that moment, and failed.
  await bench.at.owner.query(
    `update delivery set state = 'pending', reason = null, next_at = now() where journey_id = $1 and state = 'abandoned'`,
    [id],
  );
  const before = letters();
  await bench.round();
  await bench.round();
  const { rows } = await bench.at.owner.query(
    `select state, reason from delivery where journey_id = $1 and kind = 'feedback' order by id`,
    [id],
  );
  expect(rows).toEqual([
    { state: 'abandoned', reason: 'consent-to-renew' },
    { state: 'landed', reason: null },
  ]);
  expect(letters()).toBe(before + 1);
});

test('H6: of work that ended before the birthday the last letter still arrives, as it was agreed', async () => {
  const id = await written('w-4', true);
  await bench.round();
  expect((await bench.of(id, 'feedback')).state).toBe('landed');
});

/** As if the attempt had been on the wire at the moment of the move before this, and failed. */
const lostItsWay = (id: string) =>
  bench.at.owner.query(
    `update delivery set state = 'pending', reason = null, next_at = now() where id = (select min(id) from delivery
      where journey_id = $1 and kind = 'feedback')`,
    [id],
  );
const waysOf = async (id: string) =>
  (
    await bench.at.owner.query(
      `select state, reason from delivery where journey_id = $1 and kind = 'feedback' order by id`,
      [id],
    )
  ).rows.map((row) => `${row.state} ${row.reason}`);

test.each([
  ['H10', 'consent-withdrawn', (journey, at) => end(journey, 'consent-withdrawn', at)],
  ['H3', 'recalled', (journey, at) => recall(journey, 'Verkeerde persoon.', { ...at, actor: lead })],
] satisfies [string, string, Deciding][])(
  '%s: a letter that was under way when it was %s does not go again; what tells of that does',
  async (hazard, reason, decide) => {
    bench.at.now = new Date('2026-11-23T10:00:00Z');
    const id = await bench.referred(`${hazard.toLowerCase()}-1`);
    await make(id, accept);
    await make(id, word(false));
    bench.at.now = new Date('2026-11-23T10:01:00Z');
    await make(id, decide);
    await lostItsWay(id);
    await bench.round();
    await bench.dueNow();
    await bench.round();
    expect(await waysOf(id)).toEqual([`abandoned ${reason}`, 'landed null']);
  },
);

test('H10: who was mailed that it waits hears that it ended, also when it never came onto the worklist', async () => {
  const told = async (id: string) =>
    (
      await bench.at.owner.query(
        `select state from delivery where journey_id = $1 and kind = 'notify' and assignment is null order by id`,
        [id],
      )
    ).rows.map((row) => row.state);
  const ended = async (number: string, first?: 'notify') => {
    const id = await takeIn(bench.at.store, { number });
    const late = `update delivery set next_at = now() + interval '1 hour' where journey_id = $1 and kind is distinct from $2`;
    await bench.at.owner.query(late, [id, first ?? null]);
    await bench.round();
    const journey = await journeyOf(bench.at.store, id);
    await committed(bench.at.store, notRefused(end(journey, 'moved', { ...(await acting(journey)), actor: gp })));
    await bench.round();
    return told(id);
  };
  expect(await ended('unseen-1')).toEqual(['abandoned']);
  expect(await ended('mailed-1', 'notify')).toEqual(['landed']);
});
