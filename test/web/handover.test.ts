import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tooClose } from '../../src/feedback/too-close.ts';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { committed, notRefused } from '../doubles/made.ts';
import { type Browsing, browse, journeyOf, people, putOnWorklist, referralOf, referred, siteOver } from './harness.ts';
import { expectSound } from './markup.ts';

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

const hidden = (text: string, name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1] ?? '';
const preview = (from: string, to: string) => pages.get('marijke', `/team/handover?from=${from}&to=${to}`);
/** Presses the button of the page it is on. */
async function press(page: string) {
  const names = ['from', 'to', 'run', 'done', 'receivers'];
  return pages.post('marijke', '/team/handover', Object.fromEntries(names.map((name) => [name, hidden(page, name)])));
}
const index = async (id: string) => (await journeyOf(site, id)).index;
const mailed = async () =>
  (
    await at.owner.query<{ recipient: string }>(
      "select recipient from delivery where destination = 'mail' and assignment is null",
    )
  ).rows
    .map((one) => one.recipient)
    .toSorted();

describe('a Wally who leaves', () => {
  test('first what would happen, with counts and no names of residents; nothing has moved', async () => {
    const one = await referred(site, 'de-brink', referralOf(1));
    const two = await referred(site, 'aan-de-kade', referralOf(2, { requester: { agb: '01990114' } }));
    const { text } = await preview('wally-sanne', 'wally-joost');
    expect(text).toMatch(/Dit gaat over <span class="count">2</);
    expect(text).toContain('<strong>Joost ter Braak</strong>: 2');
    for (const found of [one, two]) expect(text).toContain(found.index.number);
    expect(text).not.toContain('van den Berg');
    expect(await index(one.id)).toMatchObject({ owner: 'wally-sanne', assignment: 1 });
  });

  test('all of it to one colleague: new, accepted, and what a substitute did; each person one mail', async () => {
    const fresh = await referred(site, 'de-brink', referralOf(1));
    const taken = await referred(site, 'de-brink', referralOf(2));
    await pages.post('sanne', `/worklist/${taken.id}/accept`, {});
    await pages.post('marijke', '/team/absence', { wally: 'wally-sanne', act: 'sick' });
    expect(await index(taken.id)).toMatchObject({ owner: 'wally-karim', actingFor: 'wally-sanne' });
    await pages.post('marijke', '/team/absence', { wally: 'wally-sanne', act: 'back' });

    const done = await press((await preview('wally-sanne', 'wally-joost')).text);
    expect(done.text).toContain('Klaar: 2 overgedragen.');
    expect(await index(fresh.id)).toMatchObject({
      owner: 'wally-joost',
      fixed: 'wally-joost',
      taskStatus: 'requested',
    });
    expect(await index(taken.id)).toMatchObject({ owner: 'wally-joost', actingFor: null, taskStatus: 'accepted' });
    expect(await mailed()).toEqual(['wally-joost', 'wally-sanne']);
    const { rows } = await at.owner.query(
      "select count(*)::int as n from delivery where kind = 'worklist' and recipient = 'wally-joost'",
    );
    expect(rows).toEqual([{ n: 2 }]);
    await putOnWorklist(site, fresh.id);
    expect((await pages.get('joost', '/worklist')).text).toContain(fresh.index.number);
    expect((await pages.get('sanne', `/worklist/${fresh.id}`)).status).toBe(404);
    const { rows: trail } = await at.owner.query(
      "select line::jsonb->>'code' as code from audit where line::jsonb->>'event' = 'work-handed-over'",
    );
    expect(trail).toEqual([{ code: '2' }]);
  });

  test('to each practice’s own fixed Wally, who may be another for each', async () => {
    const brink = await referred(site, 'de-brink', referralOf(1));
    const own = await referred(site, 'de-brink', referralOf(2, { requester: { agb: '01990112' } }));
    // Dekkers has a Wally of his own; the practice's is Sanne, her substitute Karim.
    expect(own.index.owner).toBe('wally-joost');
    const page = (await preview('wally-sanne', 'fixed')).text;
    expect(page).toContain('<strong>Karim Bouzid</strong>: 1');
    await press(page);
    expect((await index(brink.id)).owner).toBe('wally-karim');
    expect((await index(own.id)).owner).toBe('wally-joost');
  });

  test('in steps, with what was done and what is left; the mails only at the end, and once', async () => {
    await pages.close();
    pages = await browse(site, 25);
    for (let n = 1; n <= 27; n += 1) await referred(site, 'de-brink', referralOf(n));
    expect((await preview('wally-sanne', 'wally-joost')).text).toContain('hooguit 25');
    const first = await press((await preview('wally-sanne', 'wally-joost')).text);
    expect(first.text).toContain('25 overgedragen, nog 2 te gaan.');
    expect(await mailed()).toEqual([]);
    const last = await press(first.text);
    expect(last.text).toContain('Klaar: 27 overgedragen.');
    expect(await mailed()).toEqual(['wally-joost', 'wally-sanne']);
    // The last step sent once more: nobody is told again.
    await press(first.text);
    expect(await mailed()).toEqual(['wally-joost', 'wally-sanne']);
  }, 60_000);

  test('a hundred and twenty in one press: seen by pages, what presses most first, each counted; every one has moved', async () => {
    const all = await Promise.all(Array.from({ length: 119 }, (_, n) => referred(site, 'de-brink', referralOf(n + 1))));
    const acute = await referred(site, 'de-brink', referralOf(120, { priority: 'stat' }));
    const shown: string[] = [];
    const page = await preview('wally-sanne', 'wally-joost');
    for (let text: string | undefined = page.text; text !== undefined; ) {
      expectSound(text);
      expect(text).toMatch(/Dit gaat over <span class="count">120</);
      expect(text).toContain('<strong>Joost ter Braak</strong>: 120');
      expect(text).toContain('Huisartsenpraktijk Voorbeeldbrink: 120');
      shown.push(...[...text.matchAll(/class="lead"><a href="\/team\/([0-9a-f-]{36})"/g)].map(([, id]) => id ?? ''));
      const next: string | undefined = /<a href="([^"#]+)[^"]*" rel="next"/.exec(text)?.[1]?.replaceAll('&amp;', '&');
      text = next && (await pages.get('marijke', next)).text;
    }
    expect([shown.length, new Set(shown).size, shown[0]]).toEqual([120, 120, acute.id]);
    // Whatever page it is pressed on, all of it goes.
    const done = await press(page.text);
    expect(done.text).toContain('Klaar: 120 overgedragen.');
    for (const { id } of [...all, acute]) expect((await index(id)).owner).toBe('wally-joost');
    expect(await mailed()).toEqual(['wally-joost', 'wally-sanne']);
  }, 60_000);

  test('H11: never to who knows the resident; that one stays for the team lead to decide', async () => {
    const journey = await referred(site, 'zuidrand', referralOf(1, { requester: { agb: '01990113' } }));
    const directory = await site.directory();
    const acting = { actor: people.joost, now: at.store.clock(), newId: at.store.newId, directory };
    await committed(at.store, notRefused(tooClose(await journeyOf(site, journey.id), acting)));
    expect((await index(journey.id)).owner).toBe('wally-karim');
    const { text } = await preview('wally-karim', 'wally-joost');
    expect(text).toMatch(/Hier moet u zelf iemand voor kiezen <span class="count">1</);
    expect(text).not.toContain('Draag 1');
    expect(text).not.toContain('kent');
  });

  test('not to who is absent; not of or by another team, and not by a Wally', async () => {
    await referred(site, 'de-brink', referralOf(1));
    await pages.post('marijke', '/team/absence', { wally: 'wally-joost', act: 'sick' });
    const { text } = await preview('wally-sanne', 'wally-joost');
    expect(text).toMatch(/Hier moet u zelf iemand voor kiezen <span class="count">1</);
    expect(/id="to"[\s\S]*?<\/select>/.exec(text)?.[0]).not.toContain('wally-joost');
    expect((await preview('gp-vanleeuwen', 'fixed')).status).toBe(404);
    expect((await pages.get('sanne', '/team/handover')).status).toBe(404);
    const run = at.store.newId();
    const post = await pages.post('marijke', '/team/handover', { from: 'gp-vanleeuwen', to: 'fixed', run });
    expect(post.status).toBe(404);
  });
});

test('the practice reads on its own page who is its fixed Wally now, for a month, and no letter goes', async () => {
  expect((await pages.get('brink', '/practice')).text).not.toContain('Uw vaste Wally is');
  const form = (await pages.get('admin', '/admin/directory/practices/de-brink')).text;
  const fields = {
    versions: hidden(form, 'versions'),
    name: 'Huisartsenpraktijk Voorbeeldbrink',
    agb: '01990101',
    phone: '0570-000201',
    team: 'voorbeeldstreek',
    way1: 'his-de-brink',
    active: 'yes',
  };
  const saved = await pages.post('admin', '/admin/directory/practices/de-brink', { ...fields, wally: 'wally-joost' });
  expect(saved.status).toBe(303);
  expect((await pages.get('brink', '/practice')).text).toContain('Uw vaste Wally is Joost ter Braak');
  expect((await pages.get('rand', '/practice')).text).not.toContain('Uw vaste Wally is');
  at.now = new Date('2027-01-04T09:00:00Z');
  expect((await pages.get('brink', '/practice')).text).not.toContain('Uw vaste Wally is');
});
