import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import {
  attemptFeedback,
  type Browsing,
  browse,
  journeyOf,
  putOnWorklist,
  refer,
  referralOf,
  referred,
  siteOver,
} from './harness.ts';

let at: TestStore;
let site: Site;
let pages: Browsing;

beforeEach(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  site = siteOver(at.store);
  pages = await browse(site);
});
afterEach(async () => {
  await pages.close();
  await at.close();
});

async function reported(id: string): Promise<void> {
  await pages.post('sanne', `/worklist/${id}/accept`, {});
  const { task } = await journeyOf(site, id);
  await pages.post('sanne', `/worklist/${id}/report`, {
    step: 'send',
    version: String(task.version),
    contact: 'made',
    contactOn: '2026-11-23',
    firstLine: 'Gesproken; wordt vervolgd.',
    residentAgreed: 'yes',
    final: 'interim',
  });
}

test('"onze verwijzingen" tells owner with number, state, promise and both numbers, at once', async () => {
  const journey = await refer(site, 'de-brink', referralOf(1), 120_000);
  const other = await referred(site, 'zuidrand', referralOf(2, { requester: { agb: '01990113' } }));
  const { text } = await pages.get('brink', '/practice');
  for (const said of [
    'Sanne Verhoeven',
    'tel:0600001011',
    'nog niet geopend',
    'belt vóór donderdag 26 november',
    'VB-1001',
    journey.index.number,
  ]) {
    expect(text).toContain(said);
  }
  expect(text).not.toContain(other.index.number);
});

test('a promise that was not kept is said plainly; a call ends it', async () => {
  const journey = await referred(site, 'de-brink', referralOf(1));
  at.now = new Date('2026-11-26T09:00:00Z');
  expect((await pages.get('brink', '/practice')).text).toContain(
    'nog niet gebeld; beloofd was vóór donderdag 26 november',
  );
  await reported(journey.id);
  const { text } = await pages.get('brink', '/practice');
  expect(text).not.toContain('nog niet gebeld');
  expect(text).toContain('loopt, tussenbericht gegeven');
});

test('the practice reads the feedback and how far it is; its system keeps the words apart (H4)', async () => {
  const journey = await referred(site, 'de-brink', referralOf(1));
  await reported(journey.id);
  for (const [end, word] of [
    [{ proof: 'transport', landed: false }, 'ontvangen'],
    [{ proof: 'application', landed: false }, 'bezorgd bij de praktijk'],
    [{ proof: 'record', landed: true }, 'in het dossier'],
  ] as const) {
    await at.owner.query(
      `update delivery set state = 'pending', next_at = now(), generation = generation + 1 where kind = 'feedback'`,
    );
    await attemptFeedback(site, journey.id, end);
    const { text } = await pages.get('brink', `/practice/${journey.id}`);
    expect(text).toContain(`aria-current="step">${word}<`);
    expect(text).toContain('Gesproken; wordt vervolgd.');
  }
  expect((await pages.get('brink', `/practice/${journey.id}`)).text).not.toContain('999990019');
});

test('undo while nobody saw it, withdraw after that, a phone number once the Wally has started', async () => {
  const journey = await refer(site, 'de-brink', referralOf(1), 120_000);
  const address = `/practice/${journey.id}`;
  const inTime = (await pages.get('brink', address)).text;
  expect(inTime).toContain('tot 10:02 uur nog terugnemen');
  expect(inTime).not.toContain('value="withdraw"');
  at.now = new Date(at.now.getTime() + 121_000);
  expect((await pages.get('brink', address)).text).toContain('value="withdraw"');
  const late = await pages.post('brink', `${address}/take-back`, { how: 'undo' });
  expect(late.status).toBe(409);
  expect(late.text).toContain('De bedenktijd is voorbij');

  await putOnWorklist(site, journey.id);
  await reported(journey.id);
  const started = (await pages.get('brink', address)).text;
  expect(started).not.toContain('value="withdraw"');
  expect(started).toContain('De Wally is al met de inwoner bezig.');
  expect((await pages.post('brink', `${address}/take-back`, { how: 'withdraw' })).status).toBe(409);
});

test('taking back cancels it, for the Wally too', async () => {
  const undone = await refer(site, 'de-brink', referralOf(1), 120_000);
  const answer = await pages.post('brink', `/practice/${undone.id}/take-back`, { how: 'undo' });
  expect([answer.status, answer.location]).toEqual([303, `/practice/${undone.id}?done=undo`]);
  expect((await pages.get('brink', answer.location ?? '')).text).toContain('De Wally heeft niets gezien.');
  expect((await journeyOf(site, undone.id)).index.taskStatus).toBe('cancelled');

  const withdrawn = await referred(site, 'de-brink', referralOf(2));
  await pages.post('brink', `/practice/${withdrawn.id}/take-back`, { how: 'withdraw' });
  expect((await pages.get('sanne', '/worklist?folder=done')).text).toContain('ingetrokken');
  expect((await pages.get('sanne', '/worklist')).text).not.toContain(withdrawn.index.number);
});

test("another practice's referral does not exist; looking is audited under the practice", async () => {
  const journey = await referred(site, 'de-brink', referralOf(1));
  const strange = await pages.get('rand', `/practice/${journey.id}`);
  expect(strange.status).toBe(404);
  expect((await pages.post('rand', `/practice/${journey.id}/take-back`, { how: 'withdraw' })).text).toBe(strange.text);
  await pages.get('brink', '/practice');
  await pages.get('brink', `/practice/${journey.id}`);
  const { rows } = await at.owner.query<{ line: string }>(
    `select line from audit where line like '%viewed%' order by xid, id`,
  );
  expect(rows.map((row) => JSON.parse(row.line))).toMatchObject([
    { event: 'list-viewed', code: '1', practice: 'de-brink', actor: { id: 'gp-vanleeuwen' } },
    { event: 'referral-viewed', practice: 'de-brink', journey: journey.id },
  ]);
});
