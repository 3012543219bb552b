import { afterAll, beforeAll, expect, test } from 'vitest';
import { seenBy } from '../../src/intake/fhir/seen.ts';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { canaries, young } from '../doubles/made.ts';
import { type Browsing, browse, journeyOf, referralOf, referred, siteOver } from './harness.ts';
import { expectSound } from './markup.ts';

let at: TestStore;
let site: Site;
let pages: Browsing;

beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  site = siteOver(at.store);
  pages = await browse(site);
});
afterAll(async () => {
  await pages.close();
  await at.close();
});

test('H6: while consent waits, who reads for the practice reads nothing of a letter that has not arrived', async () => {
  at.now = new Date('2026-11-23T09:00:00Z');
  const { id } = await referred(site, 'de-brink', referralOf(1, young('2010-11-25')));
  await pages.post('sanne', `/worklist/${id}/accept`, {});
  const told = await pages.post('sanne', `/worklist/${id}/report`, {
    contact: 'made',
    contactOn: '2026-11-23',
    firstLine: canaries.letter,
    plan: 'Samen naar de sportclub.',
    residentAgreed: 'yes',
    final: 'interim',
    version: String((await journeyOf(site, id)).task.version),
    step: 'send',
  });
  const [letter] = (await journeyOf(site, id)).communications;
  if (!letter) throw new Error(`no letter: ${told.status} ${told.location}`);
  const overFhir = async () => {
    const scope = { kind: 'practice', practice: 'de-brink' } as const;
    return JSON.stringify(await seenBy(site, scope, [{ resource: letter.resource, journey: id }]));
  };
  const practicePage = async () => (await pages.get('brink', `/practice/${id}`)).text;
  expect(await practicePage()).toContain(canaries.letter);
  expect(await overFhir()).toContain(canaries.letter);
  at.now = new Date('2026-11-25T12:00:00Z');
  for (const text of [await practicePage(), await overFhir()]) {
    expect(text).toContain('wacht op toestemming');
    for (const one of [canaries.letter, 'sportclub']) expect(text).not.toContain(one);
  }
  for (const [who, path] of [
    ['marijke', '/team/calls'],
    ['sanne', '/worklist/calls'],
  ] as const) {
    const { text } = await pages.get(who, path);
    expectSound(text);
    expect(text).toContain('wacht op toestemming');
    expect(text).not.toContain(canaries.letter);
    expect(text).not.toContain('Het is voorgelezen');
  }
  const { rows } = await at.owner.query(`select id::text from delivery where journey_id = $1 and kind = 'feedback'`, [
    id,
  ]);
  expect((await pages.post('marijke', `/team/calls/${rows[0].id}`, { heardBy: 'Nadia' })).status).toBe(422);
  // The Wally wrote it herself.
  expect((await pages.get('sanne', `/worklist/${id}`)).text).toContain(canaries.letter);
  const { task } = await journeyOf(site, id);
  await pages.post('sanne', `/worklist/${id}/move/renew-consent`, {
    version: String(task.version),
    renewBy: 'resident',
    renewHow: 'spoken',
    renewOn: '2026-11-25',
  });
  for (const text of [await practicePage(), await overFhir(), (await pages.get('marijke', '/team/calls')).text])
    expect(text).toContain(canaries.letter);
});
