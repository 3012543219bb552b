import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { committed } from '../doubles/made.ts';
import {
  attemptFeedback,
  type Browsing,
  browse,
  journeyOf,
  type Person,
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

const auditLines = async (event: string): Promise<Record<string, unknown>[]> => {
  const { rows } = await at.owner.query<{ line: string }>('select line from audit order by xid, id');
  return rows.map((row) => JSON.parse(row.line) as Record<string, unknown>).filter((line) => line.event === event);
};

test('folders show their counts, and a referral moves from new to open to done', async () => {
  const [one, two] = [await referred(site, 'de-brink', referralOf(1)), await referred(site, 'de-brink', referralOf(2))];
  const fresh = await pages.get('sanne', '/worklist');
  expect(fresh.text).toMatch(/aria-current="page">Nieuw <span class="count">2</);
  expect(fresh.text).toContain(one.index.number);
  expect(fresh.text).toContain('12 april 1951');
  expect(fresh.text).toContain('Bel vóór donderdag 26 november');

  await pages.post('sanne', `/worklist/${one.id}/accept`, {});
  const open = await pages.get('sanne', '/worklist?folder=me');
  expect(open.text).toMatch(/Nieuw <span class="count">1</);
  expect(open.text).toMatch(/aria-current="page">Wacht op mij <span class="count">1</);
  expect(open.text).toContain(one.index.number);
  expect(open.text).not.toContain(two.index.number);
  expect((await pages.get('sanne', '/worklist?folder=done')).text).toMatch(/Klaar <span class="count">0</);
});

test('what is not delivered to the worklist yet is not there, and its page is not either (H3)', async () => {
  const journey = await refer(site, 'de-brink', referralOf(1), 120_000);
  expect((await pages.get('sanne', '/worklist')).text).not.toContain(journey.index.number);
  expect((await pages.get('sanne', `/worklist/${journey.id}`)).status).toBe(404);
  await putOnWorklist(site, journey.id);
  expect((await pages.get('sanne', `/worklist/${journey.id}`)).status).toBe(200);
});

test('urgency, safety and lateness are said in words, acute first', async () => {
  at.now = new Date('2026-11-18T09:00:00Z');
  const consent = { ...referralOf(0).consent, on: '2026-11-18' };
  await referred(site, 'de-brink', referralOf(1, { consent }));
  at.now = new Date('2026-11-23T09:00:00Z');
  await referred(site, 'de-brink', referralOf(2, { priority: 'urgent' }));
  const acute = await referred(
    site,
    'de-brink',
    referralOf(3, { priority: 'stat', safeContact: { unsafe: true, noVoicemail: true, noLetters: true } }),
  );
  const { text } = await pages.get('sanne', '/worklist');
  expect(text).toContain('Te laat: bel vandaag. Beloofd was vóór maandag 23 november');
  expect(text).toContain('Bel vandaag (vóór dinsdag 24 november)');
  expect(text).toContain('let op bij bellen');
  expect(text).toContain('dringend');
  expect(text.indexOf('acuut: bel eerst')).toBeLessThan(text.indexOf('Te laat:'));
  expect(text.indexOf(acute.index.number)).toBeLessThan(text.indexOf('Te laat:'));
});

test('the referral never shows a BSN, and medical codes only with consent (promise 4)', async () => {
  const without = await referred(site, 'de-brink', referralOf(1));
  const consent = { ...referralOf(0).consent, medicalCodes: true };
  const withCodes = await referred(site, 'de-brink', referralOf(2, { consent }));
  const first = (await pages.get('sanne', `/worklist/${without.id}`)).text;
  expect(first).toContain('Annie van den Berg');
  expect(first).toContain('Ik zou zo graag weer eens ergens koffie drinken');
  expect(first).toContain('Els van den Berg (dochter)');
  for (const never of ['999990019', 'patient-1', 'Z15', 'overlijden partner']) expect(first).not.toContain(never);
  const second = (await pages.get('sanne', `/worklist/${withCodes.id}`)).text;
  expect(second).toContain('Z15 Verlies of overlijden partner');
  expect(second).not.toContain('999990019');
});

test('H2: unsafe contact stands first, with the safe number alone to tap', async () => {
  const safeContact = {
    unsafe: true,
    phone: '06-00009099',
    times: 'tussen 9 en 12 uur',
    noVoicemail: true,
    noLetters: true,
  };
  const journey = await referred(site, 'de-brink', referralOf(1, { safeContact }));
  const { text } = await pages.get('sanne', `/worklist/${journey.id}`);
  expect(text.indexOf('Zo bereikt u de inwoner veilig')).toBeLessThan(text.indexOf('Aannemen'));
  expect(text).toContain('href="tel:0600009099"');
  expect(text).toContain('tussen 9 en 12 uur');
  expect(text).toContain('Spreek geen voicemail in.');
  expect(text).toContain('Stuur geen brieven.');
  expect(text).not.toContain('tel:0600009001');
  expect(text).not.toContain('annie@voorbeeld.example');
});

test('H1: an acute referral says to call first, with the number of the practice', async () => {
  const journey = await referred(site, 'de-brink', referralOf(1, { priority: 'asap' }));
  const { text } = await pages.get('sanne', `/worklist/${journey.id}`);
  expect(text).toContain('Acuut: bel eerst');
  expect(text.indexOf('tel:0570000201')).toBeLessThan(text.indexOf('Aannemen'));
});

test('the first opening is noted once, every view is in the audit trail', async () => {
  const journey = await referred(site, 'de-brink', referralOf(1));
  await pages.get('sanne', `/worklist/${journey.id}`);
  const seen = await journeyOf(site, journey.id);
  expect(seen.index.taskStatus).toBe('received');
  await pages.get('sanne', `/worklist/${journey.id}`);
  expect((await journeyOf(site, journey.id)).task.version).toBe(seen.task.version);
  const views = await auditLines('referral-viewed');
  expect(views).toHaveLength(2);
  expect(views[0]).toMatchObject({
    action: 'R',
    journey: journey.id,
    practice: 'de-brink',
    actor: { id: 'wally-sanne', role: 'wally' },
  });
  await pages.get('sanne', '/worklist');
  expect(await auditLines('list-viewed')).toMatchObject([{ action: 'R', code: '1', actor: { id: 'wally-sanne' } }]);
});

test('what was done in the own case system and could not be is said with its reason, until the next step', async () => {
  const { id, practice, task } = await referred(site, 'de-brink', referralOf(1));
  const said = { nl: 'Afsluiten kan alleen met een terugkoppeling.', en: 'Closing needs feedback.' };
  const refused = { at: at.store.clock().toISOString(), said: [said], ours: task.version, tried: 'hash' };
  await committed(at.store, {
    scope: { practice },
    journey: id,
    caseCopy: { destination: 'case:voorbeeldstreek', task: 'theirs', ours: 1, kept: { task: task.resource, refused } },
    audit: [],
  });
  const page = async (as: Person, area: string, language?: 'en') =>
    (await pages.get(as, `/${area}/${id}`, language)).text;
  // That it was looked at is no step.
  for (const _ of [1, 2]) expect(await page('sanne', 'worklist')).toContain(said.nl);
  expect(await page('sanne', 'worklist', 'en')).toContain('Something was done in the own case system');
  expect(await page('marijke', 'team')).toContain(said.nl);
  at.now = new Date(at.now.getTime() + 60_000);
  await pages.post('sanne', `/worklist/${id}/accept`, {});
  for (const [as, area] of [
    ['sanne', 'worklist'],
    ['marijke', 'team'],
  ] as const)
    expect(await page(as, area)).not.toContain(said.nl);
});

test('accepting redirects, is audited, and asking twice changes nothing more', async () => {
  const journey = await referred(site, 'de-brink', referralOf(1));
  const first = await pages.post('sanne', `/worklist/${journey.id}/accept`, {});
  expect([first.status, first.location]).toEqual([303, `/worklist/${journey.id}?done=accepted`]);
  const accepted = await journeyOf(site, journey.id);
  expect(accepted.index.taskStatus).toBe('accepted');
  expect((await pages.post('sanne', `/worklist/${journey.id}/accept`, {})).status).toBe(303);
  expect((await journeyOf(site, journey.id)).task.version).toBe(accepted.task.version);
  expect(await auditLines('task-accepted')).toHaveLength(1);
  const page = await pages.get('sanne', `/worklist/${journey.id}?done=accepted`);
  expect(page.text).toContain('U hebt de verwijzing aangenomen.');
  expect(page.text).toContain('Terugkoppelen');
});

test('a move that the table does not allow is refused with its sentence', async () => {
  const journey = await referred(site, 'de-brink', referralOf(1));
  await pages.post('brink', `/practice/${journey.id}/take-back`, { how: 'withdraw' });
  const answer = await pages.post('sanne', `/worklist/${journey.id}/accept`, {});
  expect(answer.status).toBe(409);
  expect(answer.text).toContain('Dit kan nu niet meer: de verwijzing is intussen veranderd.');
  const form = await pages.get('sanne', `/worklist/${journey.id}/report`);
  expect(form.status).toBe(409);
});

describe('not found and not yours are the same page', () => {
  test('another Wally, another role, no such id', async () => {
    const journey = await referred(site, 'de-brink', referralOf(1));
    const answers = await Promise.all([
      pages.get('karim', `/worklist/${journey.id}`),
      pages.post('karim', `/worklist/${journey.id}/accept`, {}),
      pages.get('karim', `/worklist/${journey.id}/report`),
      pages.post('karim', `/worklist/${journey.id}/report`, { step: 'send' }),
      pages.get('karim', `/worklist/${site.store.newId()}`),
      pages.get('karim', '/worklist/not-an-id'),
    ]);
    for (const answer of answers) {
      expect(answer.status).toBe(404);
      expect(answer.text).toBe(answers[0]?.text);
    }
    for (const as of ['marijke', 'brink', 'admin'] as const) {
      expect((await pages.get(as, '/worklist')).status).toBe(404);
      expect((await pages.get(as, `/worklist/${journey.id}`)).status).toBe(404);
    }
    expect((await journeyOf(site, journey.id)).index.taskStatus).toBe('requested');
  });
});

test('whatever a sender writes is text, never markup', async () => {
  const nasty = '<script>alert(1)</script>"\'><img src=x onerror=y>';
  const journey = await referred(
    site,
    'de-brink',
    referralOf(1, {
      patient: {
        ...referralOf(0).patient,
        name: { family: nasty, text: nasty, callName: nasty },
        phones: [nasty],
        address: { street: nasty, city: nasty },
      },
      reason: nasty,
      residentQuestion: nasty,
      requester: { name: nasty },
      notes: [nasty],
      contactPerson: { name: nasty, relation: nasty, phone: nasty },
      safeContact: { unsafe: true, phone: nasty, times: nasty, noVoicemail: false, noLetters: false },
    }),
  );
  for (const [as, path] of [
    ['sanne', '/worklist'],
    ['sanne', `/worklist/${journey.id}`],
    ['brink', '/practice'],
    ['brink', `/practice/${journey.id}`],
    ['marijke', '/team'],
  ] as const) {
    const { text } = await pages.get(as, path);
    expect(text).toContain('&lt;script&gt;');
    expect(text).not.toContain('<script');
    expect(text).not.toContain('<img');
    expect(text).not.toMatch(/<[^>]* (style|onerror|onclick)=/);
  }
});

test('no page is kept by the browser, and no address holds anything about a person', async () => {
  const journey = await referred(site, 'de-brink', referralOf(1));
  const response = await fetch(`${pages.url}/worklist/${journey.id}`, { headers: { 'x-as': 'sanne' } });
  expect(response.headers.get('cache-control')).toBe('no-store');
  const text = await response.text();
  const addresses = [...text.matchAll(/(?:href|action)="([^"]*)"/g)].map((match) => match[1] ?? '');
  for (const address of addresses) expect(address).toMatch(/^(\/|#|tel:)[\w/?=#.:-]*$/);
});

test('the page speaks English when asked', async () => {
  const journey = await referred(site, 'de-brink', referralOf(1));
  const { text } = await pages.get('sanne', `/worklist/${journey.id}`, 'en');
  expect(text).toContain('<html lang="en">');
  for (const said of ['How to reach', 'Accept', 'What was agreed', 'loneliness and social contacts'])
    expect(text).toContain(said);
  expect(text).not.toContain('Aannemen');
});

test('where feedback is stands in the list in one of the four words (H4)', async () => {
  const journey = await referred(site, 'de-brink', referralOf(1));
  await pages.post('sanne', `/worklist/${journey.id}/accept`, {});
  const { task } = await journeyOf(site, journey.id);
  await pages.post('sanne', `/worklist/${journey.id}/report`, {
    step: 'send',
    version: String(task.version),
    contact: 'made',
    contactOn: '2026-11-23',
    firstLine: 'Gesproken.',
    residentAgreed: 'yes',
    final: 'interim',
  });
  expect((await pages.get('sanne', '/worklist?folder=me')).text).toContain('staat klaar');
  await attemptFeedback(site, journey.id, { proof: 'transport', landed: false });
  expect((await pages.get('sanne', '/worklist?folder=me')).text).toContain('class="fate received">ontvangen<');
});
