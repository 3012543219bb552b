import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { reevaluatePresence } from '../../src/delivery/presence.ts';
import { readSession, startSession } from '../../src/store/access/sessions.ts';
import { readDirectoryNewest } from '../../src/store/directory.ts';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { type Browsing, browse, journeyOf, people, refer, referralOf, siteOver } from './harness.ts';
import { htmlBytesMax } from './judging.ts';

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

/** Every field of the form on a page, as a browser would post it. */
function formIn(page: string): Record<string, string> {
  const form = /<form method="post" action="\/admin\/directory[\s\S]*?<\/form>/.exec(page)?.[0] ?? '';
  const plain = (text: string) => text.replaceAll('&#39;', "'").replaceAll('&quot;', '"').replaceAll('&amp;', '&');
  const fields: Record<string, string> = {};
  for (const [, attributes = ''] of form.matchAll(/<input ([^>]*)>/g)) {
    const [name, value] = ['name', 'value'].map((one) => new RegExp(`\\b${one}="([^"]*)"`).exec(attributes)?.[1] ?? '');
    if (name && (!attributes.includes('checkbox') || attributes.includes(' checked')))
      fields[name] = plain(value ?? '');
  }
  for (const [, name = '', inner = ''] of form.matchAll(/<select id="[^"]*" name="([^"]*)"[^>]*>([\s\S]*?)<\/select>/g))
    fields[name] = /value="([^"]*)" selected/.exec(inner)?.[1] ?? '';
  for (const [, name = '', text = ''] of form.matchAll(/<textarea[^>]* name="([^"]*)"[^>]*>([\s\S]*?)<\/textarea>/g))
    fields[name] = plain(text);
  return fields;
}

const address = (thing: string, id: string) => `/admin/directory/${thing}/${id}`;
async function change(thing: string, id: string, fields: Record<string, string>) {
  const form = formIn((await pages.get('admin', address(thing, id))).text);
  return pages.post('admin', address(thing, id), { ...form, ...fields });
}
const versionsOf = async (type: string, id: string) =>
  (
    await at.owner.query<{ version: number; recorded_by: string; valid_from: Date }>(
      'select version, recorded_by, valid_from from directory_resource where type = $1 and id = $2 order by version',
      [type, id],
    )
  ).rows;
const audits = async () =>
  (
    await at.owner.query<{ line: { event: string; object: string; actor: { id: string } } }>(
      'select line::jsonb as line from audit',
    )
  ).rows
    .map((one) => one.line)
    .filter((one) => one.event === 'directory-changed')
    .map((one) => `${one.object} ${one.actor.id}`)
    .toSorted();

test('the list names practices, people, organisations and connections; only the administrator opens it', async () => {
  const { text, status } = await pages.get('admin', '/admin/directory');
  expect(status).toBe(200);
  for (const one of [
    'Huisartsenpraktijk Voorbeeldbrink',
    'Sanne Verhoeven',
    'Sociaal Werk Voorbeeldstreek',
    'HIS van Praktijk Voorbeeldkade',
  ])
    expect(text).toContain(one);
  for (const who of ['sanne', 'marijke', 'brink'] as const)
    expect((await pages.get(who, '/admin/directory')).status).toBe(404);
  expect((await pages.get('admin', '/admin/directory', 'en')).text).toContain('Connections');
  expect((await pages.get('admin', '/admin/directory/nonsense/x')).status).toBe(404);
});

/** The names on a page, in their order. */
const namesIn = (text: string) =>
  [...text.matchAll(/<div class="lead"><a href="\/admin\/directory\/people\/[^"]+">([^<]+)/g)].map(([, name]) => name);

test('people stand by family name; words find what has them all, whatever their case or accents, and keep the address', async () => {
  const { text } = await pages.get('admin', '/admin/directory');
  expect(namesIn(text)).toEqual([
    'E. Blaak',
    'Karim Bouzid',
    'Joost ter Braak',
    'P. Dekkers',
    'Marijke Hoekzema',
    'M. van Leeuwen',
    'T. Osinga',
    'Nadia Ouchan',
    'Sanne Verhoeven',
  ]);
  const found = (await pages.get('admin', '/admin/directory?find=wally+VÓORBEELDSTREEK')).text;
  expect(namesIn(found)).toEqual(['Karim Bouzid', 'Joost ter Braak', 'Sanne Verhoeven']);
  expect(found).toContain('value="wally VÓORBEELDSTREEK"');
  expect(found).not.toContain('<h2 id="practices">');
  expect((await pages.get('admin', '/admin/directory?find=nergens')).text).toContain('Niets gevonden.');
});

test('a region of some hundreds of practices stays light, and its pages hold each once', async () => {
  const practices = Array.from({ length: 230 }, (_, nth) => ({
    resourceType: 'Organization' as const,
    id: `ver-${nth}`,
    name: `Praktijk ${createHash('sha256').update(`${nth}`).digest('hex').slice(0, 12)}`,
    type: [{ coding: [{ system: 'http://nictiz.nl/fhir/NamingSystem/organization-type', code: 'Z3' }] }],
  }));
  const made = await at.store.commit({
    scope: { practice: '' },
    directory: practices.map((resource) => ({ resource, validFrom: '2026-01-01T00:00:00Z' })),
    audit: [],
  });
  expect(made.ok).toBe(true);
  const seen: string[] = [];
  let next: string | undefined = '/admin/directory';
  while (next) {
    const { text }: { text: string } = await pages.get('admin', next);
    expect(gzipSync(text).length).toBeLessThan(htmlBytesMax);
    seen.push(...[...text.matchAll(/\/admin\/directory\/practices\/(ver-\d+)"/g)].map(([, id = '']) => id));
    next = /href="([^"]*practices=\d+#practices)" rel="next"/.exec(text)?.[1]?.replaceAll('&amp;', '&');
  }
  expect(seen.toSorted()).toEqual(practices.map(({ id }) => id).toSorted());
});

test.each([
  ['practices', 'de-brink'],
  ['people', 'wally-sanne'],
  ['people', 'gp-dekkers'],
  ['organisations', 'voorbeeldstreek'],
  ['endpoints', 'hl7-aan-de-kade'],
])('opened and saved unchanged, %s %s is what it was: no new version', async (thing, id) => {
  const before = await readDirectoryNewest(at.store);
  expect((await change(thing, id, {})).status).toBe(303);
  expect(await readDirectoryNewest(at.store)).toEqual(before);
  expect(await audits()).toEqual([]);
});

describe('a practice', () => {
  test('what was agreed is kept with the practice, and its working days count', async () => {
    const saved = await change('practices', 'de-brink', {
      goal: 'Eerder de juiste hulp',
      mayShare: 'De reden, nooit de diagnose',
      agreedOn: '2026-01-12',
      agreedWith: 'dr. van Leeuwen',
      evaluateOn: '2027-01-12',
      day1: 'tue',
      begin1: '09:30',
      end1: '12:00',
      'level-contact': '3',
      email: 'balie@brink.example',
    });
    expect(saved.location).toBe('/admin/directory/practices/de-brink?done=saved');
    const form = formIn((await pages.get('admin', address('practices', 'de-brink'))).text);
    expect(form).toMatchObject({
      goal: 'Eerder de juiste hulp',
      day1: 'tue',
      end1: '12:00',
      evaluateOn: '2027-01-12',
      'level-contact': '3',
    });
    const directory = await site.directory();
    expect(directory.practices.get('de-brink')?.levels).toMatchObject({ contact: 3, attempt: 2 });
    expect(await audits()).toEqual([
      'HealthcareService/wally-of-de-brink admin-region',
      'Organization/de-brink admin-region',
    ]);
    const journey = await refer(site, 'de-brink', referralOf(1));
    const { rows } = await at.owner.query("select due_on from clock where journey_id = $1 and kind = 'contact'", [
      journey.id,
    ]);
    expect(rows).toEqual([{ due_on: '2026-11-26' }]);
  });

  test('another fixed Wally: what was promised by name stays with her, what comes goes to the new one', async () => {
    const journey = await refer(site, 'de-brink', referralOf(1));
    expect((await change('practices', 'de-brink', { wally: 'wally-joost' })).location).toContain('done=saved');
    expect((await journeyOf(site, journey.id)).index.owner).toBe('wally-sanne');
    expect((await refer(site, 'de-brink', referralOf(2))).index.owner).toBe('wally-joost');
  });

  test('H6: a rule that the practice asked for sends under 18 to someone else', async () => {
    await change('practices', 'de-brink', { under1: '18', to1: 'wally-joost' });
    const patient = { ...referralOf(1).patient, birthDate: '2010-05-01' };
    const consent = { ...referralOf(1).consent, by: 'resident' as const };
    const young = await refer(site, 'de-brink', referralOf(1, { patient, consent }));
    expect(young.index).toMatchObject({ owner: 'wally-joost', rule: 'wally-joost' });
    expect(young.task.resource.reasonCode?.text).toContain('jonger dan 18 jaar');
    expect((await refer(site, 'de-brink', referralOf(2))).index).toMatchObject({ owner: 'wally-sanne', rule: null });
    // Read again from the index, without content: it is where it belongs.
    expect(await reevaluatePresence(at.store, site.directory)).toBe(0);
    const { rows } = await at.owner.query('select rule_id from journey order by received_at, number');
    expect(rows.map((one) => (one as { rule_id: string | null }).rule_id).toSorted()).toEqual(
      ['wally-joost', null].toSorted(),
    );
  });

  test('valid from a day to come: today nothing changes, then it does', async () => {
    await change('practices', 'zuidrand', { wally: 'wally-sanne', validFrom: '2026-12-01' });
    expect((await site.directory()).practices.get('zuidrand')?.service?.wally).toBe('wally-joost');
    expect((await versionsOf('HealthcareService', 'wally-of-zuidrand'))[1]?.valid_from.toISOString()).toBe(
      '2026-11-30T23:00:00.000Z',
    );
    at.now = new Date('2026-11-30T22:59:00Z');
    expect((await site.directory()).practices.get('zuidrand')?.service?.wally).toBe('wally-joost');
    at.now = new Date('2026-11-30T23:01:00Z');
    expect((await site.directory()).practices.get('zuidrand')?.service?.wally).toBe('wally-sanne');
  });

  test('a new one: its organisation, its service, and where its feedback goes', async () => {
    const made = await change('practices', 'new', {
      id: 'nieuwland',
      name: 'Praktijk Voorbeeldland',
      agb: '01990104',
      phone: '0570-000204',
      team: 'voorbeeldstreek',
      wally: 'wally-karim',
      way1: 'his-de-brink',
    });
    expect(made.location).toBe('/admin/directory/practices/nieuwland?done=saved');
    expect((await refer(site, 'nieuwland', referralOf(1))).index.owner).toBe('wally-karim');
    const { rows } = await at.owner.query("select id from destination where id like 'practice:nieuwland%'");
    expect(rows).toEqual([{ id: 'practice:nieuwland' }]);
    // Twice the same short name is not a second practice.
    const again = await change('practices', 'new', { id: 'nieuwland', name: 'Ander', team: 'voorbeeldstreek' });
    expect(again.status).toBe(422);
    expect(again.text).toContain('href="#id"');
  });
});

test('the code of the resident on the slip: agreed with a tick, and not any more without it', async () => {
  const printsCode = async () => (await site.directory()).practices.get('de-brink')?.service?.printsCode;
  await change('practices', 'de-brink', { printCode: 'yes' });
  expect(await printsCode()).toBe(true);
  await change('practices', 'de-brink', { printCode: '' });
  expect(await printsCode()).toBeUndefined();
});

test('interim letters: agreed with a tick, beside the code on the slip', async () => {
  const service = async () => (await site.directory()).practices.get('de-brink')?.service;
  await change('practices', 'de-brink', { interimLetters: 'yes', printCode: 'yes' });
  expect(await service()).toMatchObject({ interimLetters: true, printsCode: true });
  await change('practices', 'de-brink', { interimLetters: '', printCode: '' });
  expect((await service())?.interimLetters).toBeUndefined();
});

test('connections that only launch stay with their practice, and are offered as no way for feedback', async () => {
  const form = (await pages.get('admin', address('practices', 'aan-de-kade'))).text;
  expect(formIn(form)).toMatchObject({ way1: 'his-aan-de-kade', way2: 'hl7-aan-de-kade', way3: '' });
  expect(/<select id="way1"[\s\S]*?<\/select>/.exec(form)?.[0]).not.toContain('value="smart-r4-aan-de-kade"');
  expect(formIn(form)).toMatchObject({
    launch1: 'smart-r4-aan-de-kade',
    launch2: 'smart-stu3-aan-de-kade',
    launch3: '',
  });
  await change('practices', 'aan-de-kade', { phone: '0570-000299' });
  const { channels, launches } = (await site.directory()).practices.get('aan-de-kade') ?? {};
  expect(channels?.map((one) => one.id)).toEqual(['his-aan-de-kade', 'hl7-aan-de-kade']);
  expect(launches?.map((one) => one.id).toSorted()).toEqual([
    'his-aan-de-kade',
    'smart-r4-aan-de-kade',
    'smart-stu3-aan-de-kade',
  ]);
});

test('whom the route is for and when it is closed, beside what the form has no row for', async () => {
  const over = { description: 'Zomer', during: { start: '2026-07-01', end: '2026-07-31' } };
  await at.owner.query(
    `update directory_resource set doc = doc || $1 where type = 'HealthcareService' and id = 'wally-of-de-brink'`,
    [JSON.stringify({ notAvailable: [over] })],
  );
  const terms = async () => (await site.directory()).practices.get('de-brink')?.service;
  const closed = { closedFrom1: '2026-12-24', closedTo1: '2027-01-03', closedWhy1: 'Kerstvakantie' };
  expect((await change('practices', 'de-brink', { agesFrom: '18', ...closed })).status).toBe(303);
  const christmas = { why: 'Kerstvakantie', from: '2026-12-24', to: '2027-01-03' };
  const summer = { why: 'Zomer', from: '2026-07-01', to: '2026-07-31' };
  expect(await terms()).toMatchObject({ ages: { from: 18 }, closures: [summer, christmas] });
  const page = (await pages.get('admin', address('practices', 'de-brink'))).text;
  expect(formIn(page)).toMatchObject({ agesFrom: '18', agesUpTo: '', ...closed, closedFrom2: '' });
  await change('practices', 'de-brink', { agesFrom: '', closedFrom1: '', closedTo1: '', closedWhy1: '' });
  expect(await terms()).toMatchObject({ closures: [summer] });
  expect(await terms()).not.toHaveProperty('ages');
});

test('from where a practice opens Kortelijn: read and changed, with what only the demo says of it', async () => {
  const launchAt = async (id: string) =>
    (await site.directory()).practices.get('zuidrand')?.launches?.find((one) => one.id === id);
  await change('endpoints', 'smart-r4-zuidrand', {
    launchClient: 'kortelijn-zuidrand',
    launchProof: 'private_key_jwt',
    launchOrigins: 'https://his.example\r\nhttps://his2.example',
  });
  expect(await launchAt('smart-r4-zuidrand')).toMatchObject({
    client: { id: 'kortelijn-zuidrand', proof: 'private_key_jwt' },
    origins: ['https://his.example', 'https://his2.example'],
    demo: true,
  });
  await change('practices', 'zuidrand', { launch1: 'smart-stu3-zuidrand', launch2: '' });
  expect([await launchAt('smart-r4-zuidrand'), (await launchAt('smart-stu3-zuidrand'))?.id]).toEqual([
    undefined,
    'smart-stu3-zuidrand',
  ]);
});

describe('people', () => {
  test('a substitute and an absence; the open work follows', async () => {
    const journey = await refer(site, 'de-brink', referralOf(1));
    await change('people', 'wally-sanne', {
      substitute: 'wally-joost',
      absentFrom: '2026-11-23',
      absentTo: '2026-11-27',
    });
    expect((await journeyOf(site, journey.id)).index).toMatchObject({ owner: 'wally-joost', route: 'substitute' });
    expect((await pages.get('admin', address('people', 'wally-sanne'))).text).toContain('2026-11-23 – 2026-11-27');
    // Back earlier than was planned: an administrator can say so too.
    await change('people', 'wally-sanne', { backFrom: '2026-11-25' });
    expect((await pages.get('admin', address('people', 'wally-sanne'))).text).toContain('2026-11-23 – 2026-11-24');
    expect((await change('people', 'wally-sanne', { backFrom: '2026-11-26' })).text).toContain('href="#backFrom"');
  });

  test('who leaves is absent after the last day', async () => {
    await change('people', 'wally-sanne', { lastDay: '2026-11-30' });
    const last = await refer(site, 'de-brink', referralOf(1));
    expect(last.index.owner).toBe('wally-sanne');
    at.now = new Date('2026-12-01T09:00:00Z');
    expect((await refer(site, 'de-brink', referralOf(2))).index.owner).toBe('wally-karim');
  });
});

describe('refused, with what was typed', () => {
  test.each([
    ['practices', 'de-brink', { agb: '123' }, 'agb'],
    ['practices', 'de-brink', { team: 'zuidrand' }, 'team'],
    ['practices', 'de-brink', { 'level-contact': '0' }, 'level-contact'],
    ['practices', 'de-brink', { under1: '18' }, 'to1'],
    ['practices', 'de-brink', { under2: '130', to2: 'wally-karim' }, 'to2'],
    ['practices', 'de-brink', { 'level-news': '251' }, 'level-news'],
    ['practices', 'de-brink', { wally: '' }, 'wally'],
    ['practices', 'de-brink', { way2: 'his-de-brink' }, 'way2'],
    ['practices', 'de-brink', { day1: 'tue', begin1: '12:00', end1: '09:30' }, 'begin1'],
    ['practices', 'de-brink', { day2: 'tue', begin2: '12', end2: '13:00' }, 'day2'],
    ['practices', 'de-brink', { agesFrom: '18', agesUpTo: '12' }, 'agesFrom'],
    ['practices', 'de-brink', { closedFrom2: '2026-12-24', closedTo2: '2026-12-01', closedWhy2: 'x' }, 'closedFrom2'],
    ['practices', 'de-brink', { closedFrom1: '2026-12-24' }, 'closedWhy1'],
    ['practices', 'de-brink', { agreedOn: '2026-02-30' }, 'agreedOn'],
    ['practices', 'de-brink', { validFrom: '2026-11-22' }, 'validFrom'],
    ['practices', 'new', { id: 'Niet Goed', name: 'X', team: 'voorbeeldstreek' }, 'id'],
    ['people', 'wally-sanne', { substitute: 'wally-sanne' }, 'substitute'],
    ['people', 'wally-sanne', { organization: 'de-brink' }, 'organization'],
    ['people', 'wally-sanne', { absentFrom: '2026-11-27', absentTo: '2026-11-20' }, 'absentFrom'],
    ['people', 'wally-sanne', { backFrom: '2026-11-25' }, 'backFrom'],
    ['organisations', 'voorbeeldstreek', { name: '' }, 'name'],
    ['endpoints', 'his-de-brink', { address: 'ftp://x' }, 'address'],
    ['endpoints', 'his-de-brink', { launchKeys: '{"keys":[{"kty":"EC","d":"secret"}]}' }, 'launchKeys'],
    ['endpoints', 'his-de-brink', { launchOrigins: 'https://his.example/path' }, 'launchOrigins'],
    ['endpoints', 'his-de-brink', { launchProof: 'private_key_jwt' }, 'launchProof'],
    ['endpoints', 'smart-r4-de-brink', { address: 'http://127.0.0.1:8090/zuidrand/smart/r4' }, 'address'],
    ['endpoints', 'hl7-aan-de-kade', { launchClient: 'kortelijn' }, 'launchClient'],
  ])('%s %s: %o', async (thing, id, fields, name) => {
    const before = await readDirectoryNewest(at.store);
    const page = await change(thing, id, fields);
    expect(page.status).toBe(422);
    expect(page.text).toContain(`href="#${name}"`);
    expect(await readDirectoryNewest(at.store)).toEqual(before);
  });

  test('of two who change one thing at once, the later one looks again', async () => {
    const form = formIn((await pages.get('admin', address('organisations', 'voorbeeldstreek'))).text);
    await change('organisations', 'voorbeeldstreek', { phone: '0570-000111' });
    const late = await pages.post('admin', address('organisations', 'voorbeeldstreek'), {
      ...form,
      phone: '0570-000222',
    });
    expect(late.status).toBe(409);
    expect((await site.directory()).teams.get('voorbeeldstreek')?.phone).toBe('0570-000111');
  });
});

describe('history', () => {
  test('who, when and what, newest first; an older version comes back as a new one', async () => {
    await change('organisations', 'voorbeeldstreek', { phone: '0570-000111', basis: 'youth-care', bsn: 'yes' });
    expect((await site.directory()).teams.get('voorbeeldstreek')?.contract).toEqual({
      basis: 'youth-care',
      bsn: 'allowed',
    });
    const page = await pages.get('admin', address('organisations', 'voorbeeldstreek'));
    expect(page.text).toContain('admin-region');
    expect(page.text).toContain('<del>0570-000100</del>');
    expect(page.text).toContain('<ins>0570-000111</ins>');
    const back = { type: 'Organization', of: 'voorbeeldstreek', version: '1' };
    const restored = await pages.post('admin', `${address('organisations', 'voorbeeldstreek')}/restore`, back);
    expect(restored.status).toBe(303);
    const team = (await site.directory()).teams.get('voorbeeldstreek');
    expect(team).toMatchObject({ phone: '0570-000100' });
    expect(team).not.toHaveProperty('contract');
    expect((await versionsOf('Organization', 'voorbeeldstreek')).map((one) => one.recorded_by)).toEqual([
      'kortelijn',
      'admin-region',
      'admin-region',
    ]);
    expect(await audits()).toHaveLength(2);
  });

  test('nothing is restored that belongs to another thing, or is not there', async () => {
    const path = `${address('organisations', 'voorbeeldstreek')}/restore`;
    for (const back of [
      { type: 'Organization', of: 'de-brink', version: '1' },
      { type: 'Organization', of: 'voorbeeldstreek', version: '9' },
    ])
      expect((await pages.post('admin', path, back)).status).toBe(404);
    expect(
      (await pages.post('marijke', path, { type: 'Organization', of: 'voorbeeldstreek', version: '1' })).status,
    ).toBe(404);
  });
});

test('a connection is tested at the press of a button: each step, kept without content, not twice in ten seconds', async () => {
  const tested: string[] = [];
  const probe: NonNullable<Site['probe']> = async ({ channel }) => {
    tested.push(channel.id);
    return [
      { step: 'address', state: 'ok', ms: 1 },
      { step: 'tls', state: 'not-ok', ms: 12, code: 'certificate-expired', until: '2026-11-01' },
      { step: 'write', state: 'not-reached', ms: 0 },
    ];
  };
  const testing = await browse({ ...site, probe });
  try {
    const path = address('endpoints', 'his-de-brink');
    expect((await pages.get('admin', path)).text).not.toContain(`${path}/test`);
    expect((await testing.get('admin', path)).text).toContain(`${path}/test`);
    const page = await testing.post('admin', `${path}/test`, {});
    expect([page.status, tested]).toEqual([200, ['his-de-brink']]);
    for (const said of ['Certificaat (TLS)', 'niet goed', '2026-11-01', 'verlopen', 'niet bereikt'])
      expect(page.text).toContain(said);
    expect((await testing.post('admin', `${path}/test`, {})).status).toBe(429);
    expect((await testing.get('admin', '/admin/directory')).text).toContain('Certificaat (TLS): certificate-expired');
    expect((await testing.post('admin', `${address('endpoints', 'smart-r4-de-brink')}/test`, {})).status).toBe(404);
    expect((await testing.post('marijke', `${path}/test`, {})).status).toBe(404);
    const { rows } = await at.owner.query(
      "select line::jsonb->>'object' as object, line::jsonb->>'code' as code from audit where line::jsonb->>'event' = 'endpoint-tested'",
    );
    expect(rows).toEqual([{ object: 'Endpoint/his-de-brink', code: 'tls certificate-expired' }]);
  } finally {
    await testing.close();
  }
});

describe('the whole directory as a file', () => {
  const importing = (fields: Record<string, string>, as: 'admin' | 'marijke' = 'admin') =>
    pages.post(as, '/admin/directory/import', fields);
  const seenIn = (page: string) => /name="seen" value="([\w-]+)"/.exec(page)?.[1] ?? '';

  test('out without secrets, and in again without a change', async () => {
    await at.owner.query(
      `update directory_resource set doc = doc || '{"header":["X-Key: very-secret"]}' where type = 'Endpoint' and id = 'his-de-brink'`,
    );
    const { text, status } = await pages.get('admin', '/admin/directory/export');
    expect([status, text.includes('very-secret'), text.includes('his-de-brink')]).toEqual([200, false, true]);
    expect((await pages.get('marijke', '/admin/directory/export')).status).toBe(404);
    const before = await readDirectoryNewest(at.store);
    const page = await importing({ bundle: text });
    expect([page.status, seenIn(page.text)]).toEqual([200, '']);
    expect(page.text).toContain('Er verandert niets');
    expect(await readDirectoryNewest(at.store)).toEqual(before);
  });

  test('in only as it was shown: first the differences, then all of it', async () => {
    const team = (await readDirectoryNewest(at.store)).find((one) => one.id === 'voorbeeldstreek')?.resource;
    const bundle = JSON.stringify({ resourceType: 'Bundle', entry: [{ resource: { ...team, name: 'Elders' } }] });
    const before = await readDirectoryNewest(at.store);
    const shown = await importing({ bundle, do: 'preview' });
    expect(shown.text).toContain('<ins>Elders</ins>');
    expect((await importing({ bundle, do: 'take', seen: 'other' })).status).toBe(409);
    expect((await importing({ bundle, do: 'take', seen: seenIn(shown.text) }, 'marijke')).status).toBe(404);
    expect(await readDirectoryNewest(at.store)).toEqual(before);
    expect((await importing({ bundle, do: 'take', seen: seenIn(shown.text) })).status).toBe(303);
    expect((await site.directory()).teams.get('voorbeeldstreek')?.name).toBe('Elders');
    const wrong = await importing({
      bundle: JSON.stringify({
        resourceType: 'Bundle',
        entry: [{ resource: { ...team, partOf: { reference: 'Organization/x' } } }],
      }),
    });
    expect([wrong.status, wrong.text.includes('Bundle.entry[0].resource.partOf')]).toEqual([422, true]);
    expect((await importing({ bundle: 'nonsense' })).status).toBe(422);
  });
});

test('any two versions are compared in words, and what a restore would break is refused', async () => {
  await change('organisations', 'voorbeeldstreek', { phone: '0570-000111' });
  await change('organisations', 'voorbeeldstreek', { phone: '0570-000222' });
  const path = `${address('organisations', 'voorbeeldstreek')}?from=Organization/1&to=Organization/3`;
  const { text } = await pages.get('admin', path);
  expect(text.split('id="compare"')[1]).toMatch(/telefoon of mail.*<del>0570-000100<\/del> <ins>0570-000222<\/ins>/s);
  // Her first version has a substitute who has gone since.
  await change('people', 'wally-sanne', { substitute: '' });
  await change('people', 'wally-joost', { substitute: '' });
  await change('people', 'wally-karim', { substitute: '' });
  await change('people', 'wally-karim', { active: '' });
  const roles = await readDirectoryNewest(at.store);
  const back = { type: 'PractitionerRole', of: 'wally-sanne', version: '1' };
  const refused = await pages.post('admin', `${address('people', 'wally-sanne')}/restore`, back);
  expect([refused.status, refused.text.includes('Hier hoort een Wally')]).toEqual([409, true]);
  expect(await readDirectoryNewest(at.store)).toEqual(roles);
});

test('mappings: name, version and README of each, and per door who sends and what was refused', async () => {
  await refer(site, 'de-brink', referralOf(1));
  await at.owner.query(
    `insert into refused (practice_id, id, application, door, hash, codes, paths, received_at, expires_at)
     values ('zuidrand', gen_random_uuid(), 'his', 'mllp', '\\x00', '{bsn-invalid,missing-field}', '{"",""}', $1, $1::timestamptz + interval '30 days')`,
    [at.now],
  );
  const { text } = await pages.get('admin', '/admin/mappings');
  expect(text).toMatch(/hl7v2-zorgdomein[\s\S]*<code>[\da-f]{12}<\/code>/);
  expect(text).toContain('Huisartsenpraktijk Voorbeeldbrink');
  expect(text).toContain('<code>bsn-invalid</code> 1');
  expect((await pages.get('admin', '/admin/mappings/medvri')).text).toContain('# ');
  expect((await pages.get('admin', '/admin/mappings/nonsense')).status).toBe(404);
  expect((await pages.get('sanne', '/admin/mappings')).status).toBe(404);
});

test('a person is signed out everywhere, locked out and let in again, with a reason that stands in the trail', async () => {
  const token = await startSession(at.store, people.sanne, 60_000);
  const place = '/admin/directory/people/wally-sanne';
  expect((await pages.get('admin', place)).text).toContain(`href="${place}/access"`);
  const page = await pages.get('admin', `${place}/access`);
  expect(page.text).toContain('Nu ingelogd op 1 plaatsen');
  expect(page.text).not.toContain('Weer toelaten');
  expect((await pages.post('admin', `${place}/access`, { to: 'locked-out', reason: '' })).status).toBe(422);
  expect(await readSession(at.store, token, 60_000)).toBeDefined();
  const press = async (to: string) =>
    (await pages.post('admin', `${place}/access`, { to, reason: 'Uit dienst sinds vandaag' })).location;
  for (const twice of [1, 2])
    expect([twice, await press('locked-out')]).toEqual([twice, `${place}/access?done=locked-out`]);
  expect(await readSession(at.store, token, 60_000)).toBeUndefined();
  expect((await pages.get('admin', `${place}/access`)).text).toContain('Niet toegelaten sinds');
  await press('let-in');
  expect((await pages.get('admin', `${place}/access?done=let-in`)).text).toContain('Weer toegelaten.');
  await press('sessions-ended');
  for (const [path, fields] of [
    [`${place}/access`, { to: 'nonsense', reason: 'Uit dienst' }],
    ['/admin/directory/people/no-such/access', { to: 'locked-out', reason: 'Uit dienst' }],
  ] as const)
    expect((await pages.post('admin', path, fields)).status).toBe(404);
  expect((await pages.get('sanne', `${place}/access`)).status).toBe(404);
  const { rows } = await at.owner.query<{ event: string }>(
    `select line::jsonb->>'event' as event from audit where line::jsonb->>'object' = 'PractitionerRole/wally-sanne'
        and line::jsonb->>'event' like 'person-%' order by id`,
  );
  expect(rows.map((one) => one.event)).toEqual(['person-locked-out', 'person-let-in', 'person-sessions-ended']);
});
