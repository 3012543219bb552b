import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { remindOfTalks } from '../../src/delivery/talks.ts';
import { validateBaseR4 } from '../../src/fhir/validate.ts';
import { readTalks } from '../../src/store/talks.ts';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { canaries } from '../doubles/made.ts';
import { type Browsing, browse, type Person, referralOf, referred, siteOver } from './harness.ts';
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

const areas = { sanne: '/worklist', marijke: '/team', brink: '/practice' } as const;
const all = Object.keys(areas) as (keyof typeof areas)[];
const mails = async () =>
  (
    await at.owner.query<{ recipient: string }>(
      `select recipient from delivery where kind = 'notify' and document_id is null order by id`,
    )
  ).rows.map((one) => one.recipient);
const withoutAddresses = async () => {
  const book = await site.directory();
  const roles = [...book.roles].map(([id, { email: _email, ...role }]) => [id, role] as const);
  return { ...book, roles: new Map(roles) };
};
const planned = {
  on: '2026-12-08',
  time: '12:30',
  place: '0570-000901',
  'with-wally-sanne': 'yes',
  'with-gp-vanleeuwen': 'yes',
};
const pageOf = (as: keyof typeof areas) => pages.get(as, `${areas[as]}/talks?practice=de-brink`);
const talk = async () => {
  const [first] = await readTalks(at.store, ['de-brink']);
  if (!first) throw new Error('no talk');
  return first;
};

describe('the quarterly talk', () => {
  test('as long as none is planned everyone reads that, and one mail a quarter says so, without content', async () => {
    for (const as of all) {
      const { text } = await pageOf(as);
      expectSound(text);
      expect(text).toContain('Nog niet gepland dit kwartaal');
    }
    expect((await pages.get('sanne', '/worklist')).text).toContain('Kwartaalgesprek: bij');
    expect((await pages.get('marijke', '/team')).text).toContain('Kwartaalgesprek: bij');
    // Nobody is there who can be mailed: that is no reminder, and the next day asks again.
    expect(await remindOfTalks(at.store, withoutAddresses)).toBe(0);
    expect(await mails()).toEqual([]);
    expect(await remindOfTalks(at.store, site.directory)).toBeGreaterThan(1);
    const told = await mails();
    expect(told).toContain('wally-sanne');
    expect(told).toEqual([...new Set(told)]);
    expect(await remindOfTalks(at.store, site.directory)).toBe(0);
    expect(await mails()).toEqual(told);
  });

  test('what is wrong with a plan comes back with what was typed', async () => {
    const wrong = await pages.post('sanne', '/worklist/talks', {
      practice: 'de-brink',
      ...planned,
      place: '',
      time: '',
    });
    expect(wrong.status).toBe(422);
    expectSound(wrong.text);
    for (const one of ['Kies een dag en een tijd.', 'Schrijf waar, of op welk nummer', 'value="2026-12-08"'])
      expect(wrong.text).toContain(one);
    const past = await pages.post('sanne', '/worklist/talks', { practice: 'de-brink', ...planned, on: '2026-11-02' });
    expect([past.status, past.text.includes('Een gesprek ligt in de toekomst.')]).toEqual([422, true]);
    const bsn = await pages.post('sanne', '/worklist/talks', { practice: 'de-brink', ...planned, place: '999990019' });
    expect([bsn.status, bsn.text.includes('burgerservicenummer')]).toEqual([422, true]);
    expect(await readTalks(at.store, ['de-brink'])).toEqual([]);
  });

  test('the Wally plans it: an Appointment with nobody else in it, in the trail, and all three read it', async () => {
    const done = await pages.post('sanne', '/worklist/talks', { practice: 'de-brink', ...planned });
    expect(done.location).toBe('/worklist/talks?practice=de-brink&done=planned');
    const { resource, version } = await talk();
    expect(validateBaseR4(resource).filter((one) => one.severity === 'error')).toEqual([]);
    expect(resource).toMatchObject({ status: 'booked', start: '2026-12-08T11:30:00.000Z', comment: '0570-000901' });
    expect([version, JSON.stringify(resource).includes('Patient')]).toEqual([1, false]);
    for (const as of all) {
      const { text } = await pageOf(as);
      expectSound(text);
      expect(text).toContain('Sanne Verhoeven, M. van Leeuwen');
      expect(text).not.toContain('Nog niet gepland');
    }
    const { rows } = await at.owner.query(`select 1 from audit where line::jsonb->>'event' = 'talk-planned'`);
    expect(rows).toHaveLength(1);
  });

  test('another practice and its Wally have no part in it', async () => {
    const { id } = (await talk()).resource;
    const answers = await Promise.all([
      pages.get('rand', '/practice/talks?practice=de-brink'),
      pages.get('rand', `/practice/talks/${id}.ics`),
      pages.post('rand', `/practice/talks/${id}`, { status: 'cancelled', version: '1' }),
      pages.post('rand', '/practice/talks', { practice: 'de-brink', ...planned }),
      pages.get('admin', '/team/talks'),
    ]);
    expect(answers.map((one) => one.status)).toEqual([404, 404, 404, 404, 404]);
  });

  test('the practice moves it: the same one, so that a calendar moves it too', async () => {
    const { id } = (await talk()).resource;
    const before = await pages.get('brink', `/practice/talks/${id}.ics`);
    expect(before.text).toContain(`UID:${id}\r\nSEQUENCE:0\r\n`);
    const move = { practice: 'de-brink', talk: id, ...planned, on: '2026-12-10' };
    expect((await pages.post('brink', '/practice/talks', { ...move, version: '1' })).status).toBe(303);
    const after = await pages.get('marijke', `/team/talks/${id}.ics`);
    expect(after.text).toContain(`UID:${id}\r\nSEQUENCE:1\r\n`);
    expect(after.text).toContain('DTSTART:20261210T113000Z');
    // Someone who still looks at the old page is shown the new one first.
    expect((await pages.post('sanne', '/worklist/talks', { ...move, version: '1' })).status).toBe(409);
    expect((await mails()).filter((one) => one === 'wally-sanne')).toHaveLength(2);
  });

  test('it is held when its time has come, and then it stands', async () => {
    const { id } = (await talk()).resource;
    const end = (status: string, version: string, as: Person = 'marijke') =>
      pages.post(as, `/team/talks/${id}`, { status, version });
    expect((await end('fulfilled', '2')).status).toBe(422);
    at.now = new Date('2026-12-11T09:00:00Z');
    expect((await end('fulfilled', '2')).location).toBe('/team/talks?practice=de-brink&done=fulfilled');
    expect((await end('cancelled', '3')).status).toBe(409);
    expect((await talk()).resource.status).toBe('fulfilled');
    expect((await pageOf('sanne')).text).not.toContain('Nog niet gepland');
    at.now = new Date('2027-01-11T09:00:00Z');
    expect((await pageOf('sanne')).text).toContain('Nog niet gepland dit kwartaal');
  });
});

test('the agenda is counted from the quarter’s referrals, by number and never by name; none is kept', async () => {
  at.now = new Date('2026-11-23T09:00:00Z');
  const secret = { name: { family: canaries.letter, text: canaries.letter } };
  const one = await referred(site, 'de-brink', referralOf(1, { patient: { ...referralOf(0).patient, ...secret } }));
  await referred(site, 'de-brink', referralOf(2, { lifeAreas: ['debts'] }));
  await at.owner.query(`update journey set barred_ids = array['wally-sanne'] where practice_referral_id = 'VB-1002'`);
  at.now = new Date('2026-12-11T09:00:00Z');
  const said = async (as: keyof typeof areas) =>
    (await pageOf(as)).text.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
  expect(await said('brink')).toContain('Verwezen dit kwartaal 2');
  // H11: who is barred from a referral does not even read that it is there.
  expect(await said('sanne')).toContain('Verwezen dit kwartaal 1');
  for (const as of all) {
    expect(await said(as)).toContain(`Te laat ${as === 'sanne' ? 1 : 2}`);
    expect((await pageOf(as)).text).toContain(`href="${areas[as]}/${one.id}">${one.index.number}</a>`);
    expect(await said(as)).not.toContain(canaries.letter);
  }
  const { rows } = await at.owner.query<{ all: string }>('select doc::text as all from talk');
  expect(JSON.stringify(rows)).not.toContain(one.index.number);
  at.now = new Date('2027-01-11T09:00:00Z');
  expect(await said('brink')).toContain('Verwezen dit kwartaal 0');
});
