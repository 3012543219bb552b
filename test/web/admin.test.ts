import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { attemptFeedback, type Browsing, browse, journeyOf, referralOf, referred, siteOver } from './harness.ts';

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

async function heldFeedback(nth: number, code: string): Promise<{ id: string; journey: string; number: string }> {
  const journey = await referred(site, 'de-brink', referralOf(nth));
  await pages.post('sanne', `/worklist/${journey.id}/accept`, {});
  const { task } = await journeyOf(site, journey.id);
  await pages.post('sanne', `/worklist/${journey.id}/report`, {
    step: 'send',
    version: String(task.version),
    contact: 'none',
    firstLine: 'Nog geen contact.',
    residentAgreed: 'yes',
    final: 'interim',
  });
  await attemptFeedback(site, journey.id, { held: code });
  const { rows } = await at.owner.query<{ id: string }>(
    `select id::text from delivery where journey_id = $1 and kind = 'feedback'`,
    [journey.id],
  );
  return { id: rows[0]?.id ?? '', journey: journey.id, number: journey.index.number };
}

const stateOf = async (id: string) =>
  (
    await at.owner.query<{ state: string; generation: number }>(
      'select state, generation from delivery where id = $1',
      [id],
    )
  ).rows[0];

test('every count links to its list, and the list says what to do, without a word about a person', async () => {
  const held = await heldFeedback(1, 'rejected');
  const overview = await pages.get('admin', '/admin');
  expect(overview.text).toContain('1 bericht wacht op u.');
  expect(overview.text).toContain('href="/admin?state=held&amp;destination=practice:de-brink"');
  const list = await pages.get('admin', '/admin?state=held&destination=practice:de-brink');
  for (const said of [
    held.number,
    'terugkoppeling',
    'Huisartsenpraktijk Voorbeeldbrink',
    '1 poging',
    'Bel de leverancier met het nummer.',
    'aria-current="true"',
  ]) {
    expect(list.text).toContain(said);
  }
  for (const page of [overview, list, await pages.get('admin', '/admin?state=queued')]) {
    for (const never of ['Annie', 'van den Berg', '1951', '999990019', 'Nog geen contact', '06-0000900', held.journey])
      expect(page.text).not.toContain(never);
  }
});

test('the list is oldest first and keeps to its filter; nonsense in the address is no filter', async () => {
  const first = await heldFeedback(1, 'rejected');
  at.now = new Date(at.now.getTime() + 3 * 86_400_000);
  const second = await heldFeedback(2, 'address-unknown');
  const { text } = await pages.get('admin', '/admin?state=held');
  expect(text.indexOf(first.number)).toBeLessThan(text.indexOf(second.number));
  expect(text).toContain('al 3 dagen');
  expect((await pages.get('admin', '/admin?state=held&destination=practice:zuidrand')).text).not.toContain(
    first.number,
  );
  expect((await pages.get('admin', "/admin?state=x'&destination=<script>")).status).toBe(200);
});

test('retry puts it back for a new try, once, and is audited with the code it had', async () => {
  const held = await heldFeedback(1, 'unauthorised');
  const before = await stateOf(held.id);
  const answer = await pages.post('admin', `/admin/deliveries/${held.id}/retry`, {
    back: 'state=held&destination=practice:de-brink',
  });
  expect([answer.status, answer.location]).toEqual([
    303,
    `/admin?state=held&destination=practice:de-brink&done=retried&of=${held.id}`,
  ]);
  expect(await stateOf(held.id)).toEqual({ state: 'pending', generation: Number(before?.generation) + 1 });
  expect((await pages.get('admin', answer.location ?? '')).text).toContain('Het bericht wordt nu opnieuw geprobeerd.');
  const { rows } = await at.owner.query<{ line: string; practice_id: string }>(
    `select line, practice_id from audit where line like '%delivery-retried%'`,
  );
  expect(rows.map((row) => ({ ...JSON.parse(row.line), scope: row.practice_id }))).toMatchObject([
    {
      actor: { id: 'admin-region', role: 'administrator' },
      code: 'unauthorised',
      object: `Delivery/${held.id}`,
      purpose: 'SYSADMIN',
      scope: 'de-brink',
    },
  ]);
});

test('what has landed is not tried again, whoever asks; what does not exist is not found', async () => {
  const held = await heldFeedback(1, 'rejected');
  await at.owner.query(`update delivery set state = 'landed', landed_at = now(), proof = 'record' where id = $1`, [
    held.id,
  ]);
  expect((await pages.post('admin', `/admin/deliveries/${held.id}/retry`, {})).status).toBe(303);
  expect((await stateOf(held.id))?.state).toBe('landed');
  for (const id of ['999999', 'x', '1;drop', '99999999999999999999'])
    expect((await pages.post('admin', `/admin/deliveries/${id}/retry`, {})).status).toBe(404);
  for (const as of ['marijke', 'sanne', 'brink'] as const) {
    expect((await pages.get(as, '/admin')).status).toBe(404);
    expect((await pages.post(as, `/admin/deliveries/${held.id}/retry`, {})).status).toBe(404);
  }
});
