import { afterEach, beforeEach, expect, test } from 'vitest';
import { extensions } from '../../src/fhir/systems.ts';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { type Browsing, browse, journeyOf, siteOver } from './harness.ts';

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

const typed = {
  danger: 'no',
  caller: 'gp-vanleeuwen',
  callName: 'Annie',
  family: 'van den Berg',
  birthDate: '12-04-1951',
  phone1: '06-00009001',
  reason: 'Mevrouw is veel alleen sinds de verhuizing.',
  question: 'Met wie kan ik koffie drinken?',
  'area-loneliness': 'yes',
  urgency: 'routine',
  consentBy: 'resident',
  consentHow: 'spoken',
  consentOn: '23-11-2026',
  feedback: 'content',
  medicalCodes: 'no',
};
const hidden = (text: string, name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1] ?? '';

async function filled(change: Record<string, string> = {}): Promise<Record<string, string>> {
  const form = await pages.get('sanne', '/worklist/new');
  return { ...typed, form: hidden(form.text, 'form'), ...change };
}
const journeys = async () => (await at.owner.query<{ id: string }>('select id from journey')).rows.map((one) => one.id);

test('the form names who may have called, of the practices of this team alone', async () => {
  const form = await pages.get('sanne', '/worklist/new');
  expect(form.status).toBe(200);
  expect(form.text).toContain('<option value="gp-vanleeuwen">');
  expect(form.text).toContain('Is er nu acuut gevaar?');
  expect(form.text).not.toContain('value="wally-sanne"');
  expect(form.text).not.toMatch(/ checked/);
  expect((await pages.get('brink', '/worklist/new')).status).toBe(404);
  expect((await pages.get('sanne', '/worklist/new', 'en')).text).toContain('Register after a telephone call');
});

test('read back first, then written down: the practice sees it and confirms', async () => {
  const fields = await filled();
  const preview = await pages.post('sanne', '/worklist/new', { ...fields, step: 'preview' });
  expect(preview.text).toContain('Annie van den Berg');
  expect(preview.text).toContain('12 april 1951');
  expect(preview.text).toContain('Sanne Verhoeven belt vóór donderdag 26 november');
  expect(await journeys()).toEqual([]);

  const done = await pages.post('sanne', '/worklist/new', { ...fields, step: 'send' });
  expect(done.location).toMatch(/^\/worklist\/new\?done=KL-/);
  expect((await pages.get('sanne', done.location ?? '')).text).toContain('De praktijk krijgt bericht en bevestigt.');
  const [id = ''] = await journeys();
  const journey = await journeyOf(site, id);
  expect(journey.practice).toBe('de-brink');
  expect(journey.serviceRequest.resource.requester?.reference).toBe('PractitionerRole/gp-vanleeuwen');

  const shown = await pages.get('brink', `/practice/${id}`);
  expect(shown.text).toContain('Klopt deze verwijzing?');
  const confirmed = await pages.post('brink', `/practice/${id}/move/confirm`, {
    version: hidden(shown.text, 'version'),
  });
  expect(confirmed.status).toBe(303);
  expect((await journeyOf(site, id)).serviceRequest.resource.extension ?? []).not.toContainEqual(
    expect.objectContaining({ url: extensions.unconfirmed }),
  );
  expect((await pages.get('brink', `/practice/${id}`)).text).not.toContain('Klopt deze verwijzing?');
});

test('sent twice it is one referral; with something else in it, it is refused', async () => {
  const fields = await filled({ step: 'send' });
  const first = await pages.post('sanne', '/worklist/new', fields);
  const again = await pages.post('sanne', '/worklist/new', fields);
  expect(again.location).toBe(first.location);
  expect(await journeys()).toHaveLength(1);
  const other = await pages.post('sanne', '/worklist/new', { ...fields, reason: 'Iets heel anders.' });
  expect(other.status).toBe(409);
  expect(await journeys()).toHaveLength(1);
});

test('H1: danger stops with the numbers to call, whatever else the form says', async () => {
  const stop = await pages.post('sanne', '/worklist/new', await filled({ danger: 'yes', step: 'send' }));
  expect(stop.text).toContain('tel:112');
  expect(stop.text).toContain('href="/worklist"');
  expect(await journeys()).toEqual([]);
});

test.each([
  ['nobody called', { caller: '' }, '#caller'],
  ['who called is of no practice', { caller: 'wally-karim' }, '#caller'],
  ['no consent', { consentBy: '' }, '#consentBy'],
  ['no name', { family: '' }, '#family'],
  ['a birth date that does not exist', { birthDate: '31-02-1951' }, '#birthDate'],
] as const)('refused at its field, with what was typed: %s', async (_, change, link) => {
  const page = await pages.post('sanne', '/worklist/new', await filled({ ...change, step: 'send' }));
  expect(page.status).toBe(422);
  expect(page.text).toContain(`href="${link}"`);
  expect(page.text).toContain('Mevrouw is veel alleen sinds de verhuizing.');
  expect(await journeys()).toEqual([]);
});

test('H6: who has custody of a child is written down as the caller said it', async () => {
  const child = { birthDate: '12-04-2013', consentBy: 'resident-and-parents', custody: 'both-parents' };
  expect((await pages.get('sanne', '/worklist/new')).text).toContain('Wie heeft het gezag?');
  await pages.post('sanne', '/worklist/new', await filled({ ...child, step: 'send' }));
  const [id = ''] = await journeys();
  const { extension } = (await journeyOf(site, id)).consent.resource;
  expect(extension).toContainEqual({ url: extensions.custody, valueCode: 'both-parents' });
  expect((await pages.get('brink', `/practice/${id}`)).text).toMatch(/Gezag<\/dt><dd[^>]*>beide ouders/);
});

test('names and medical text are pointed out before anything is written down (H17)', async () => {
  const reason = 'Zij slikt sertraline sinds de verhuizing.';
  const preview = await pages.post('sanne', '/worklist/new', await filled({ reason, step: 'preview' }));
  expect(preview.text).toContain('Kijk hier nog eens naar');
});
