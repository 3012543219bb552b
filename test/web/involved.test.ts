import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { type Browsing, browse, journeyOf, referralOf, referred, siteOver } from './harness.ts';
import { expectSound } from './markup.ts';

let at: TestStore;
let site: Site;
let pages: Browsing;
let id: string;

beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  site = siteOver(at.store);
  pages = await browse(site);
  ({ id } = await referred(site, 'de-brink', referralOf(1)));
  await pages.post('sanne', `/worklist/${id}/accept`, {});
});
afterAll(async () => {
  await pages.close();
  await at.close();
});

const readers = [
  ['sanne', '/worklist'],
  ['marijke', '/team'],
  ['brink', '/practice'],
] as const;

/** What stands in the part of this name, without its markup. */
const partOf = (text: string, name: string) =>
  (new RegExp(`<section aria-labelledby="${name}">(.*?)</section>`, 's').exec(text)?.[1] ?? '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');

test('Wally, team lead and practice read the same people, and who has the lead', async () => {
  for (const [as, list] of readers) {
    const { text } = await pages.get(as, `${list}/${id}`);
    expectSound(text);
    const said = partOf(text, 'involved');
    for (const one of ['Regie Sanne Verhoeven', 'Karim Bouzid', 'Marijke Hoekzema', 'M. van Leeuwen (huisarts)'])
      expect(said).toContain(one);
  }
});

test('the Wally notes that the practice has the lead, and everyone reads it', async () => {
  const { task } = await journeyOf(site, id);
  const version = String(task.version);
  expect((await pages.post('sanne', `/worklist/${id}/move/set-lead`, { version, lead: 'someone' })).status).toBe(422);
  const done = await pages.post('sanne', `/worklist/${id}/move/set-lead`, { version, lead: 'practice' });
  expect([done.status, done.location]).toEqual([303, `/worklist/${id}?done=set-lead`]);
  const practice = (await site.directory()).practices.get('de-brink')?.name;
  for (const [as, list] of readers)
    expect(partOf((await pages.get(as, `${list}/${id}`)).text, 'involved')).toContain(`Regie ${practice}`);
  expect((await pages.get('brink', `/practice/${id}`)).text).toContain('De regie is bij de praktijk');
});

test('what was agreed stands there with its author; the team lead reads that, and not what', async () => {
  const fields = {
    step: 'send',
    final: 'interim',
    contact: 'made',
    contactOn: '2026-11-23',
    firstLine: 'Mevrouw gaat naar de eettafel.',
    plan: 'Elke dinsdag samen eten.',
    residentAgreed: 'yes',
  };
  const { task } = await journeyOf(site, id);
  const sent = await pages.post('sanne', `/worklist/${id}/report`, { ...fields, version: String(task.version) });
  expect(sent.status, sent.text.slice(0, 3_000)).toBe(303);
  for (const [as, list] of readers) {
    const { text } = await pages.get(as, `${list}/${id}`);
    expectSound(text);
    expect(partOf(text, 'plan')).toContain('Sanne Verhoeven met de inwoner');
    expect(text.includes('Elke dinsdag samen eten.')).toBe(as !== 'marijke');
  }
});
