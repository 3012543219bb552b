import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readLetterFonts } from '../../src/delivery/letter-fonts.ts';
import { supplement } from '../../src/feedback/later.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { readKeeping } from '../../src/store/keeping.ts';
import { readSought } from '../../src/store/lists/narrow.ts';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { committed, notRefused } from '../doubles/made.ts';
import {
  attemptFeedback,
  type Browsing,
  browse,
  journeyOf,
  type Person,
  people,
  referralOf,
  referred,
  siteOver,
} from './harness.ts';
import { expectSound } from './markup.ts';

let at: TestStore;
let site: Site;
let pages: Browsing;
/** Annie is lonely; Bart has debts, is young and comes from another practice; Cora is urgent. */
let annie: Journey;
let bart: Journey;
let cora: Journey;

const patientOf = (family: string, callName: string, birthDate: string) => ({
  ...referralOf(0).patient,
  name: { family, given: callName, callName, text: `${callName} ${family}` },
  birthDate,
});

beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  site = { ...siteOver(at.store), fonts: await readLetterFonts() };
  pages = await browse(site);
  annie = await referred(site, 'de-brink', referralOf(1));
  bart = await referred(
    site,
    'de-brink',
    referralOf(2, { patient: patientOf("Oldenhuis-'t Hart", 'Bart', '2001-02-03'), lifeAreas: ['debts'] }),
  );
  cora = await referred(
    site,
    'de-brink',
    referralOf(3, { patient: patientOf('Çelik', 'Cora', '1988-07-09'), priority: 'urgent' }),
  );
});
afterAll(async () => {
  await pages.close();
  await at.close();
});

const shown = (text: string) =>
  ['Annie van den Berg', 'Bart Oldenhuis', 'Cora Çelik'].filter((one) => text.includes(one)).map((one) => one[0]);
const search = async (sought: string) => pages.post('sanne', '/worklist/search', { sought });
const auditOf = async (event: string) => {
  const { rows } = await at.owner.query<{ line: string }>('select line from audit order by xid, id');
  return rows.map((row) => JSON.parse(row.line) as Record<string, unknown>).filter((line) => line.event === event);
};
const download = (as: string, path: string) => fetch(`${pages.url}${path}`, { headers: { 'x-as': as } });

test('filters stand in the address, narrow lists and counts, and are taken away with one tap', async () => {
  const at = async (query: string) => (await pages.get('sanne', `/worklist?folder=new${query}`)).text;
  expect(shown(await at(''))).toEqual(['A', 'B', 'C']);
  const debts = await at('&area=debts');
  expectSound(debts);
  expect(shown(debts)).toEqual(['B']);
  expect(debts).toContain('<h2>Nieuw: 1, geld en schulden</h2>');
  expect(debts).toMatch(/aria-current="page">Nieuw <span class="count">1</);
  expect(debts).toMatch(/<a href="\/worklist\?folder=new">geld en schulden<span class="vh">/);
  expect(debts).toContain('href="/worklist?folder=done&amp;area=debts"');
  expect(shown(await at('&urgency=urgent'))).toEqual(['C']);
  expect(shown(await at('&age=18-26'))).toEqual(['B']);
  expect(shown(await at('&practice=zuidrand'))).toEqual([]);
  expect(shown(await at('&practice=de-brink&urgency=routine'))).toEqual(['A', 'B']);
  expect(shown(await at('&days=3'))).toEqual([]);
  await cameEarlier(annie);
  expect(shown(await at('&days=3'))).toEqual(['A']);
  // What is no filter of ours narrows nothing and is not repeated.
  const strange = await at('&area=Berg&urgency=%3Cb%3E&days=4');
  expect(shown(strange)).toEqual(['A', 'B', 'C']);
  expect(strange).not.toContain('&lt;b&gt;');
});

async function cameEarlier(journey: Journey): Promise<void> {
  await at.owner.query(`update journey set received_at = received_at - interval '3 days' where id = $1`, [journey.id]);
}

test('what was typed to search for is a name, a day, a number, or nothing', () => {
  expect(readSought('  ')).toBeUndefined();
  expect(readSought('kl-abcde-12345')).toEqual({ families: [], number: 'KL-ABCDE-12345' });
  expect(readSought('Annie Berg 12-4-1951')).toEqual({ families: ['Annie Berg', 'Berg'], birthDate: '1951-04-12' });
  expect(readSought('1951-04-12')).toEqual({ families: [], birthDate: '1951-04-12' });
});

test('a resident is found by name among own referrals only, and how many is noted, not who', async () => {
  const before = (await auditOf('list-viewed')).length;
  for (const [typed, found] of [
    ['van den Berg', ['A']],
    ['berg', ['A']],
    ['Annie van den Berg', ['A']],
    ['Berg 12-04-1951', ['A']],
    ['Berg 13-04-1951', []],
    ['12-04-1951', ['A']],
    ['OLDENHUIS ’t hart', ['B']],
    ['celik', ['C']],
    [annie.index.number.toLowerCase(), ['A']],
    ['Ber', []],
    ["' or 1=1 --", []],
  ] as const) {
    const { status, text } = await search(typed);
    expect([typed, status, shown(text.replaceAll(/<input[^>]*>/g, ''))]).toEqual([typed, 200, found]);
    expectSound(text);
  }
  const lines = (await auditOf('list-viewed')).slice(before);
  expect(lines).toHaveLength(11);
  expect(lines[0]).toMatchObject({ object: 'worklist/search', code: '1', actor: { id: 'wally-sanne' } });
  expect(JSON.stringify(lines)).not.toMatch(/berg/i);
  expect((await pages.post('joost', '/worklist/search', { sought: 'Berg' })).text).not.toContain('Annie');
  expect((await search(' ')).status).toBe(422);
  expect((await pages.get('sanne', '/worklist/search')).location).toBe('/worklist');
  expect((await pages.post('brink', '/worklist/search', { sought: 'Berg' })).status).toBe(404);
});

test('H3: what was recalled is not found by its name', async () => {
  const gone = await referred(
    site,
    'de-brink',
    referralOf(4, { patient: patientOf('Terugroep', 'Wim', '1970-01-01') }),
  );
  expect((await search('Terugroep')).text).toContain('Wim Terugroep');
  await pages.post('brink', `/practice/${gone.id}/move/recall`, {
    version: String((await journeyOf(site, gone.id)).task.version),
    recallWhy: 'Verkeerde persoon.',
    sure: 'yes',
  });
  expect((await search('Terugroep')).text).not.toContain(gone.index.number);
});

test('keys can be switched off, and back on, in this browser', async () => {
  const list = await pages.get('sanne', '/worklist');
  expect(list.text).toContain(' data-keys');
  const off = await fetch(`${pages.url}/worklist/keys`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'x-as': 'sanne' },
    body: new URLSearchParams({ keys: 'off' }),
  });
  expect(off.headers.get('location')).toBe('/worklist');
  const cookie = off.headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(/^kl_keys=off; .*HttpOnly; SameSite=Lax/);
  for (const path of ['/worklist', `/worklist/${annie.id}`]) {
    const without = await fetch(`${pages.url}${path}`, { headers: { 'x-as': 'sanne', cookie: 'kl_keys=off' } });
    expect(await without.text()).not.toContain(' data-keys');
  }
});

test('accept and next goes on to the most pressing new referral, and says when there is none', async () => {
  const accept = (one: Journey) => pages.post('sanne', `/worklist/${one.id}/accept`, { and: 'next' });
  expect((await accept(bart)).location).toBe(`/worklist/${cora.id}?done=accepted-before`);
  expect((await pages.get('sanne', `/worklist/${cora.id}?done=accepted-before`)).text).toContain('Dit is de volgende.');
  expect((await accept(cora)).location).toBe(`/worklist/${annie.id}?done=accepted-before`);
  expect((await accept(annie)).location).toBe('/worklist?done=accepted');
  expect((await pages.get('sanne', '/worklist?done=accepted')).text).toContain('Dit was de laatste nieuwe.');
});

test('a standard sentence is added by the server, as far as it fits, and the rest of the form stays', async () => {
  const path = `/worklist/${annie.id}/report`;
  const typed = { firstLine: 'Gesproken.', plan: 'Samen op pad.', contact: 'made', version: '2' };
  const first = await pages.post('sanne', path, { ...typed, phrase: 'firstLine-0' });
  expect(first.status).toBe(200);
  expectSound(first.text);
  expect(first.text).toContain('>Gesproken. Kennisgemaakt; wij gaan samen aan de slag.</textarea>');
  expect(first.text).toContain('>Samen op pad.</textarea>');
  expect(first.text).toMatch(/value="made" checked/);
  expect(first.text).toContain('Nog 87 van de 140 tekens.');
  const full = await pages.post('sanne', path, { ...typed, firstLine: 'x'.repeat(130), phrase: 'firstLine-0' });
  expect(full.text).toContain(`>${'x'.repeat(130)}</textarea>`);
  for (const phrase of ['firstLine-99', 'version-0', 'plan', '__proto__-0'])
    expect((await pages.post('sanne', path, { ...typed, phrase })).text).toContain('>Gesproken.</textarea>');
});

test('a team and a practice keep standard sentences of their own: in the directory, on the trail, and each where they are used', async () => {
  const save = async (as: 'marijke' | 'brink', path: string, fields: Record<string, string>) => {
    const version = /name="version" value="(\d+)"/.exec((await pages.get(as, path)).text)?.[1] ?? '';
    return pages.post(as, path, { version, ...fields });
  };
  const team = (await pages.get('marijke', '/team/sentences')).text;
  expectSound(team);
  expect(team).toContain('Begeleid naar een activiteit in de buurt.');
  const own = { firstLine: 'Gestart met de wandelgroep.\r\nEens per week contact.\r\n', plan: '' };
  expect((await save('marijke', '/team/sentences', own)).location).toBe('/team/sentences?done=saved');
  const report = `/worklist/${annie.id}/report`;
  const pressed = (await pages.post('sanne', report, { firstLine: 'Gesproken.', phrase: 'firstLine-1' })).text;
  expect(pressed).toContain('>Gesproken. Eens per week contact.</textarea>');
  // What has none of its own has the usual ones.
  expect(pressed).not.toContain('Begeleid naar een activiteit');
  expect(pressed).toContain('Ik ga de eerste keer mee.');
  expect((await save('brink', '/practice/sentences', { reason: 'Mist een netwerk.' })).status).toBe(303);
  const form = (await pages.post('brink', '/refer', { danger: 'no', reason: 'Sinds kort.', phrase: 'reason-0' })).text;
  expectSound(form);
  expect(form).toContain('>Sinds kort. Mist een netwerk.</textarea>');
  expect((await pages.post('rand', '/refer', { danger: 'no', phrase: 'reason-0' })).text).toContain(
    '>Is veel alleen en',
  );
  // The usual ones again are none of their own; nobody is named, and of two at once the later one looks again.
  await save('marijke', '/team/sentences', { firstLine: '', plan: '' });
  expect((await site.directory()).teams.get('voorbeeldstreek')).not.toHaveProperty('sentences');
  const named = await save('brink', '/practice/sentences', { reason: 'BSN 123456782.' });
  expect([named.status, named.text.includes('noemt niemand')]).toEqual([422, true]);
  expect((await pages.post('brink', '/practice/sentences', { version: '1', reason: 'x' })).status).toBe(409);
  for (const [as, path] of [
    ['sanne', '/team/sentences'],
    ['brink', '/team/sentences'],
    ['marijke', '/practice/sentences'],
  ] as const)
    expect((await pages.get(as, path)).status).toBe(404);
  const { rows } = await at.owner.query<{ line: string }>(
    `select line from audit where line like '%directory-changed%' order by id`,
  );
  expect(
    rows.map(({ line }) => JSON.parse(line)).map(({ actor, object, purpose }) => [actor.id, object, purpose]),
  ).toEqual([
    ['lead-marijke', 'Organization/voorbeeldstreek', 'HOPERAT'],
    ['gp-vanleeuwen', 'Organization/de-brink', 'TREAT'],
    ['lead-marijke', 'Organization/voorbeeldstreek', 'HOPERAT'],
  ]);
});

test('the journey is taken along as FHIR and as PDF: what she may see, noted each time, and by nobody else', async () => {
  const { task } = await journeyOf(site, annie.id);
  await pages.post('sanne', `/worklist/${annie.id}/report`, {
    step: 'send',
    version: String(task.version),
    contact: 'made',
    contactOn: '2026-11-23',
    firstLine: 'Gesproken.',
    residentAgreed: 'yes',
    final: 'interim',
  });
  const json = await download('sanne', `/worklist/${annie.id}/journey.json`);
  expect(json.status).toBe(200);
  expect(Object.fromEntries(json.headers)).toMatchObject({
    'content-type': 'application/fhir+json; charset=utf-8',
    'content-disposition': `attachment; filename="${annie.index.number}.json"`,
    'cache-control': 'no-store',
  });
  const text = await json.text();
  const bundle = JSON.parse(text) as { type: string; entry: { resource: { resourceType: string } }[] };
  expect(bundle.type).toBe('collection');
  expect(bundle.entry.map((one) => one.resource.resourceType)).toEqual(
    expect.arrayContaining(['Patient', 'ServiceRequest', 'Consent', 'Task', 'Communication']),
  );
  expect(text).toContain('Annie van den Berg');
  // The BSN, the medical code and the practice's own number of the resident stay where they are.
  expect(text).not.toMatch(/999990019|Z15|patient-1"/);
  const pdf = await download('sanne', `/worklist/${annie.id}/journey.pdf`);
  expect(pdf.headers.get('content-type')).toBe('application/pdf');
  const bytes = Buffer.from(await pdf.arrayBuffer());
  expect(bytes.subarray(0, 5).toString()).toBe('%PDF-');
  const { extractText, getDocumentProxy } = await import('unpdf');
  const words = (await extractText(await getDocumentProxy(new Uint8Array(bytes)), { mergePages: true })).text;
  expect(words).toMatch(/Annie van den Berg, geboren 12 april 1951/);
  expect(words).toMatch(/Ik zou zo graag weer eens ergens koffie drinken/);
  expect(words).toMatch(/Gesproken\./);
  expect(words).not.toMatch(/999990019|Z15/);
  expect(await auditOf('journey-downloaded')).toMatchObject([{ code: 'json' }, { code: 'pdf' }]);
  for (const [as, path] of [
    ['karim', `/worklist/${annie.id}/journey.json`],
    ['brink', `/worklist/${annie.id}/journey.pdf`],
    ['admin', `/worklist/${annie.id}/journey.json`],
  ] as const)
    expect((await download(as, path)).status).toBe(404);
  expect(await auditOf('journey-downloaded')).toHaveLength(2);
});

test('H2: on paper stands the safe number only', async () => {
  const unsafe = await referred(
    site,
    'de-brink',
    referralOf(5, { safeContact: { unsafe: true, phone: '06-00009099', noVoicemail: true, noLetters: true } }),
  );
  const pdf = await download('sanne', `/worklist/${unsafe.id}/journey.pdf`);
  const { extractText, getDocumentProxy } = await import('unpdf');
  const file = await getDocumentProxy(new Uint8Array(await pdf.arrayBuffer()));
  const { text } = await extractText(file, { mergePages: true });
  expect(text).toContain('06-00009099');
  expect(text).not.toContain('06-00009001');
});

/** A referral of Annie's that its Wally has closed, and that landed. */
async function closed(nth: number): Promise<Journey> {
  const journey = await referred(site, 'de-brink', referralOf(nth));
  await pages.post('sanne', `/worklist/${journey.id}/accept`, {});
  const { status } = await pages.post('sanne', `/worklist/${journey.id}/report`, {
    step: 'send',
    version: String((await journeyOf(site, journey.id)).task.version),
    contact: 'made',
    contactOn: '2026-11-23',
    firstLine: 'Afgerond.',
    residentAgreed: 'yes',
    final: 'final',
    'outcome-loneliness': 'led-on',
    'outcome-meaning': 'unchanged',
  });
  expect(status).toBe(303);
  await attemptFeedback(site, journey.id, { proof: 'application', landed: true });
  return journey;
}
const said = async ({ id }: Journey) => (await readKeeping(at.store, [id]))[0]?.transferredBy ?? undefined;
const own = (as: Person, { id }: Journey, pressed: string, place = 'worklist') =>
  pages.post(as, `/${place}/${id}/own-record`, { do: pressed });

describe('H16: "staat in ons eigen dossier"', () => {
  test('is asked beside the downloads when it is over, of who may say it; can be taken back', async () => {
    const one = await closed(20);
    const page = (await pages.get('sanne', `/worklist/${one.id}`)).text;
    expectSound(page);
    for (const part of [
      'journey.pdf',
      'journey.json',
      'Het staat in ons eigen dossier',
      'Kortelijn wist het hier, 90 dagen',
    ])
      expect(page).toContain(part);
    expect((await pages.get('sanne', `/worklist/${one.id}`, 'en')).text).toContain('It stands in our own record');
    const open = await referred(site, 'de-brink', referralOf(21));
    const running = (await pages.get('sanne', `/worklist/${open.id}`)).text;
    expect([running.includes('journey.pdf'), running.includes('own-record"><input')]).toEqual([true, false]);
    const early = await own('sanne', open, 'confirm');
    expect([early.status, early.text.includes('De verwijzing is nog open.')]).toEqual([422, true]);
    expect((await own('karim', one, 'confirm')).status).toBe(404);
    expect((await own('brink', one, 'confirm')).status).toBe(404);
    expect(await said(one)).toBeUndefined();
    expect((await own('sanne', one, 'confirm')).location).toBe(`/worklist/${one.id}?done=confirmed`);
    expect(await said(one)).toBe('wally-sanne');
    const after = (await pages.get('sanne', `/worklist/${one.id}?done=confirmed`)).text;
    expect(after).toContain('Sanne Verhoeven bevestigde op');
    const done = (await pages.get('sanne', '/worklist?folder=done')).text;
    expect(done.match(/staat in het eigen dossier</g)).toHaveLength(1);
    expect((await own('sanne', one, 'undo')).location).toBe(`/worklist/${one.id}?done=undone`);
    expect(await said(one)).toBeUndefined();
    expect(await auditOf('transfer-undone')).toMatchObject([{ actor: { id: 'wally-sanne' }, action: 'U' }]);
  });

  test('what was said of it before a supplement came is not said of the supplement', async () => {
    const one = await closed(22);
    await own('sanne', one, 'confirm');
    at.now = new Date(at.now.getTime() + 60_000);
    const journey = await journeyOf(site, one.id);
    const acting = {
      actor: people.brink,
      now: at.now,
      newId: at.store.newId,
      directory: await site.directory(),
    };
    const places = { consentBy: '', consentOn: '', practice: '', birthDate: '', number: '' };
    const more = { text: 'Zij belde.', letters: [], about: { family: 'Berg', birthDate: '1951-04-12' }, places };
    await committed(at.store, notRefused(supplement(journey, more, {}, acting)));
    expect(await said(one)).toBeUndefined();
    expect((await pages.get('sanne', '/worklist?folder=done')).text).toMatch(
      /Van \d afgesloten verwijzingen weten wij/,
    );
  });

  test('many are looked at, ticked and confirmed; of what is ticked nowhere nothing is said', async () => {
    const page = (await pages.get('sanne', '/worklist/own-record')).text;
    expectSound(page);
    const ids = [...page.matchAll(/name="j-([\w-]+)"/g)].map(([, id = '']) => id);
    expect(ids.length).toBeGreaterThan(1);
    expect(page).not.toContain(' checked');
    const all = (await pages.get('sanne', '/worklist/own-record?all=yes')).text;
    expect(all.match(/ checked/g)).toHaveLength(ids.length);
    const none = await pages.post('sanne', '/worklist/own-record', {});
    expect([none.status, none.text.includes('Vink minstens één verwijzing aan.')]).toEqual([422, true]);
    expect((await pages.get('karim', '/worklist/own-record')).text).toContain('Alles is bevestigd.');
    const [first = '', ...rest] = ids;
    expect((await pages.post('karim', '/worklist/own-record', { [`j-${first}`]: 'yes' })).status).toBe(200);
    const before = (await auditOf('transfer-confirmed')).length;
    const done = await pages.post(
      'sanne',
      '/worklist/own-record',
      Object.fromEntries(rest.map((id) => [`j-${id}`, 'yes'])),
    );
    expect(done.location).toBe(`/worklist/own-record?done=${rest.length}`);
    expect((await auditOf('transfer-confirmed')).length).toBe(before + rest.length);
    expect((await pages.get('sanne', '/worklist/own-record')).text).toContain(`name="j-${first}"`);
    const next = await pages.post('sanne', `/worklist/${rest[0]}/own-record`, { do: 'next' });
    expect(next.location).toBe(`/worklist/${first}?done=confirmed-before`);
    const last = await pages.post('sanne', `/worklist/${first}/own-record`, { do: 'next' });
    expect(last.location).toBe('/worklist/own-record?done=1');
  });

  test('the team lead and the administrator see how many wait past their days, and the lead may say it', async () => {
    const one = await closed(23);
    // The mails and the worklist's own rows, which no relay took here.
    await at.owner.query(
      `update delivery set state = 'landed', proof = 'transport', landed_at = $2 where journey_id = $1 and state <> 'landed'`,
      [one.id, at.now],
    );
    expect((await pages.get('marijke', '/team')).text).not.toContain('Wacht op een bevestiging');
    at.now = new Date(at.now.getTime() + 91 * 86_400_000);
    const team = (await pages.get('marijke', '/team')).text;
    expectSound(team);
    expect(team).toMatch(/Sanne Verhoeven<\/strong>: 1 verwijzing, de oudste wacht al 91 dagen/);
    const admin = (await pages.get('admin', '/admin/journeys')).text;
    expect(admin).toMatch(/Sociaal Werk Voorbeeldstreek<\/strong>: 1 verwijzing/);
    expect(admin).not.toContain('/team/own-record');
    const list = (await pages.get('marijke', '/team/own-record')).text;
    expect(list).toContain(one.index.number);
    expect((await own('marijke', one, 'confirm', 'team')).location).toBe(`/team/${one.id}?done=confirmed`);
    expect(await said(one)).toBe('lead-marijke');
    expect((await pages.get('marijke', '/team')).text).not.toContain('Wacht op een bevestiging');
    // Where nothing is ever erased nothing is asked.
    const forever = await browse({ ...site, retentionDays: 0 });
    expect((await forever.get('sanne', `/worklist/${one.id}`)).text).not.toContain('eigen dossier staat');
    await forever.close();
  });
});
