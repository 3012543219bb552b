import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Referral } from '../../src/referral/referral.ts';
import { linkCode, linksOf, linkToken } from '../../src/store/access/links.ts';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { canaries, young } from '../doubles/made.ts';
import { type Browsing, browse, journeyOf, referralOf, referred, siteOver } from './harness.ts';
import { expectSound } from './markup.ts';
import { outsider } from './outsider.ts';

let at: TestStore;
let site: Site;
let pages: Browsing;
let id: string;
let nth = 0;
const organization = 'schuldhulp';

beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  site = siteOver(at.store);
});
// What was tried is counted per address: each test has a service of its own, over the one record.
beforeEach(async () => {
  await pages?.close();
  at.now = new Date('2026-11-23T09:00:00Z');
  pages = await browse(site);
  nth += 1;
});
afterAll(async () => {
  await pages.close();
  await at.close();
});

async function move(key: string, fields: Record<string, string> = {}, as: 'sanne' | 'marijke' | 'brink' = 'sanne') {
  const place = as === 'sanne' ? 'worklist' : as === 'marijke' ? 'team' : 'practice';
  const { task } = await journeyOf(site, id);
  const version = String(task.version);
  return pages.post(as, `/${place}/${id}/move/${key}`, { version, ...fields });
}

/** Led on to the organisation by the Wally's page; gives the link as the mail has it. */
async function ledOn(change: Partial<Referral> = {}, more: Record<string, string> = {}) {
  ({ id } = await referred(site, 'de-brink', referralOf(nth, change)));
  await pages.post('sanne', `/worklist/${id}/accept`, {});
  const answer = await move('refer-on', {
    onwardTo: organization,
    onwardQuestion: 'Wilt u samen de post ordenen?',
    'area-debts': 'yes',
    onwardBy: 'resident',
    onwardHow: 'spoken',
    onwardOn: '2026-11-23',
    ...more,
  });
  expect([answer.status, answer.location], answer.text).toEqual([303, expect.stringMatching('done=refer-on')]);
  return linkNow();
}

async function linkNow() {
  const link = (await linksOf(at.store, 'de-brink', id)).at(-1);
  if (!link) throw new Error('no link was made');
  const { master } = at.store;
  return { link, path: `/link/${linkToken(master, link.id)}`, code: linkCode(master, link.id) };
}

/** Comes in with the right code. */
async function inside({ path, code }: { path: string; code: string }) {
  const browser = outsider(pages.url);
  await browser.get(path);
  const answer = await browser.post(path, { code });
  expect([answer.status, answer.location]).toEqual([303, '/link/case']);
  return browser;
}

const mailsOf = async (document: string) =>
  (
    await at.owner.query(
      'select recipient, destination, kind, document_id from delivery where journey_id = $1 and document_type = $2',
      [id, document],
    )
  ).rows;
const patient = ['Annie', 'Berg', '1951', '0600009001', 'post ordenen', 'KL-'];

test('H12: a link shows nothing about anyone before its code, however it is looked at, and nothing uses it up', async () => {
  const sent = await ledOn();
  expect(await mailsOf('Link')).toMatchObject([
    { recipient: organization, destination: 'mail', document_id: sent.link.id },
  ]);
  const browser = outsider(pages.url);
  for (const answer of [await browser.head(sent.path), await browser.get(sent.path), await browser.head(sent.path)]) {
    expect(answer.status).toBe(200);
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    for (const one of patient) expect(answer.text).not.toContain(one);
  }
  const page = await browser.get(sent.path);
  expectSound(page.text);
  expect((await linkNow()).link).toMatchObject({ tries: 0, openedAt: null, endedWhy: null });
  // The code goes to the second address that the directory has, by a mail of its own, three times at most.
  for (const status of [200, 200, 200, 429]) expect((await browser.post(`${sent.path}/code`)).status).toBe(status);
  expect(await mailsOf('LinkCode')).toHaveLength(3);
  const { rows } = await at.owner.query('select * from link');
  expect(JSON.stringify(rows)).not.toContain(sent.code);
  expect(JSON.stringify(rows)).not.toContain(sent.path.slice(6));
  expect((await outsider(pages.url).get('/link/case')).status).toBe(404);
  expect((await browser.get('/link/nonsense')).status).toBe(404);
});

test('H12: after the fifth wrong code the link is dead, also for the right one, and the Wally is told', async () => {
  const sent = await ledOn();
  const wrong = sent.code === '000000' ? '111111' : '000000';
  const told = async () =>
    (await at.owner.query(`select 1 from delivery where kind = 'notify' and recipient = 'wally-sanne'`)).rowCount;
  const before = await told();
  for (const left of [4, 3, 2, 1]) {
    const browser = outsider(pages.url);
    await browser.get(sent.path);
    const answer = await browser.post(sent.path, { code: wrong });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain(`nog ${left} keer`);
    expectSound(answer.text);
  }
  expect(await told()).toBe(before);
  const browser = outsider(pages.url);
  await browser.get(sent.path);
  const last = await browser.post(sent.path, { code: wrong });
  expect(last.status).toBe(410);
  expect(last.text).toContain('vijf keer verkeerd');
  expect(last.text).toContain('0570-000100');
  expect(await told()).toBe((before ?? 0) + 1);
  expect((await browser.get(sent.path)).status).toBe(410);
  expect((await browser.post(sent.path, { code: sent.code })).status).toBe(410);
  const { text } = await pages.get('sanne', `/worklist/${id}`);
  expect(text).toContain('vijf keer een verkeerde code');
  expect(text).not.toContain(sent.code);
});

test('H12: five guesses are five guesses, also at one moment over several processes', async () => {
  const sent = await ledOn();
  // Each counts tries per link and address in its own memory; only the record knows them all.
  const processes = await Promise.all([1, 2, 3].map(() => browse(site)));
  const guesses = await Promise.all(
    processes.map(async ({ url }, at) => {
      const browser = outsider(url);
      await browser.get(sent.path);
      return Promise.all([0, 1, 2, 3, 4].map((nth) => browser.post(sent.path, { code: `${700_000 + at * 5 + nth}` })));
    }),
  );
  await Promise.all(processes.map((one) => one.close()));
  const said = guesses.flat().filter((one) => one.text.includes('klopt niet') || one.text.includes('vijf keer'));
  const { link } = await linkNow();
  const { rows } = await at.owner.query(`select 1 from audit where line like $1 and line like '%"refused"%'`, [
    `%Link/${link.id}%`,
  ]);
  expect(rows).toHaveLength(link.tries);
  expect(guesses.flat().every((one) => one.status !== 303)).toBe(true);
  expect(said.length).toBeGreaterThan(0);
});

test('an organisation accepts and then closes by its link: the Wally reads how it went, and the GP is not told by itself', async () => {
  const sent = await ledOn();
  const browser = await inside(sent);
  const page = await browser.get('/link/case');
  expectSound(page.text);
  for (const one of ['Annie van den Berg', '12 april 1951', 'post ordenen', 'koffie drinken', 'Sanne Verhoeven'])
    expect(page.text).toContain(one);
  // H9: what the GP wrote and which practice it was are not theirs to read.
  for (const one of ['overlijden', 'Z15', '999990019', 'Voorbeeldbrink', '0570-000201', 'Wally van'])
    expect(page.text).not.toContain(one);
  const accepted = await browser.post('/link/case/accept');
  expect(accepted.location).toBe('/link/case?done=accepted');
  expect((await journeyOf(site, id)).children[0]?.resource.status).toBe('accepted');
  await browser.get('/link/case');
  const empty = await browser.post('/link/case/report', { firstLine: 'Geordend.' });
  expect(empty.status).toBe(422);
  expectSound(empty.text);
  expect(empty.text).toContain('Geordend.');
  const done = await browser.post('/link/case/report', {
    firstLine: 'De post is geordend.',
    'outcome-debts': 'helped',
  });
  expect(done.location).toBe('/link/done');
  const journey = await journeyOf(site, id);
  expect(journey.children[0]?.resource).toMatchObject({ status: 'completed' });
  expect(journey.index).toMatchObject({ taskStatus: 'in-progress', businessStatus: 'onward-feedback' });
  const { text } = await pages.get('sanne', `/worklist/${id}`);
  expect(text).toContain('De post is geordend.');
  expect(text).toContain('link gebruikt');
  expect((await browser.get('/link/case')).status).toBe(404);
  expect((await browser.get(sent.path)).text).toContain('al beantwoord');
  const { rows } = await at.owner.query(
    `select line from audit where journey_id = $1 and line like '%"organisation"%'`,
    [id],
  );
  const events = rows.map((row) => JSON.parse(row.line).event);
  expect(events).toEqual(expect.arrayContaining(['link-opened', 'referral-viewed', 'onward-heard']));
  const by = JSON.parse(rows[0].line).actor;
  expect(by).toEqual({ id: `link-${sent.link.id}`, role: 'organisation', organization });
});

test('where the Wally wants it an organisation says how it goes, and has its days and its link anew', async () => {
  const sent = await ledOn({}, { onwardInterim: 'yes' });
  const browser = await inside(sent);
  const page = (await browser.get('/link/case')).text;
  expect(page).toContain('Stuur een tussenbericht');
  expectSound(page);
  const empty = await browser.post('/link/case/interim', { interimText: '' });
  expect([empty.status, empty.text.includes('href="#interimText"')]).toEqual([422, true]);
  at.now = new Date('2026-12-14T09:00:00Z');
  const again = await inside(sent);
  await again.get('/link/case');
  const said = await again.post('/link/case/interim', { interimText: 'De helft is geordend.' });
  expect(said.location).toBe('/link/case?done=interim');
  expect((await again.get('/link/case?done=interim')).text).toContain('Uw tussenbericht staat bij de sociaal werker');
  const { children } = await journeyOf(site, id);
  // Twenty working days, of which Christmas and New Year are none.
  expect(children[0]?.resource).toMatchObject({
    status: 'in-progress',
    restriction: { period: { end: '2027-01-13' } },
  });
  expect((await linkNow()).link.expiresAt.toISOString()).toBe('2027-01-11T09:00:00.000Z');
  const { text } = await pages.get('sanne', `/worklist/${id}`);
  expect(text).toContain('De helft is geordend.');
  expect(text).toContain('</strong>: bezig');
  const done = await again.post('/link/case/report', { firstLine: 'Klaar.', 'outcome-debts': 'helped' });
  expect(done.location).toBe('/link/done');
  expect((await journeyOf(site, id)).children[0]?.resource.output).toHaveLength(2);
});

test('no interim message where the Wally asked for none; she may note one from the telephone', async () => {
  const browser = await inside(await ledOn());
  expect((await browser.get('/link/case')).text).not.toContain('tussenbericht');
  const refused = await browser.post('/link/case/interim', { interimText: 'Het loopt.' });
  expect([refused.status, refused.text.includes('vroeg geen tussenbericht')]).toEqual([409, true]);
  const task = (await journeyOf(site, id)).children[0]?.resource.id ?? '';
  const noted = { heardTask: task, heardOutcome: 'interim' };
  const empty = await move('hear-onward', noted);
  expect([empty.status, empty.text.includes('Schrijf in het kort hoe het gaat')]).toEqual([422, true]);
  expect((await move('hear-onward', { ...noted, heardText: 'Het loopt.' })).status).toBe(303);
  expect((await journeyOf(site, id)).children[0]?.resource.status).toBe('in-progress');
});

test('an organisation says no with one of the four reasons', async () => {
  const browser = await inside(await ledOn());
  await browser.get('/link/case');
  expect((await browser.post('/link/case/decline', { reason: 'busy' })).status).toBe(422);
  expect((await browser.post('/link/case/decline', { reason: 'no-consent' })).location).toBe('/link/done');
  expect((await journeyOf(site, id)).children[0]?.resource).toMatchObject({
    status: 'rejected',
    statusReason: { text: 'no-consent' },
  });
});

test('H2: how to reach the resident safely comes first for the organisation too', async () => {
  const safeContact = { unsafe: true, phone: '06-00009099', noVoicemail: true, noLetters: true };
  const browser = await inside(await ledOn({ safeContact }));
  const { text } = await browser.get('/link/case');
  expect(text.indexOf('Zo bereikt u de inwoner veilig')).toBeLessThan(text.indexOf('Gevraagd'));
  expect(text).toContain('Spreek geen voicemail in.');
});

test('H12: revoked, sent anew and expired: only the newest link opens, also for who is in already', async () => {
  const first = await ledOn();
  const { task } = (await journeyOf(site, id)).children.map((one) => ({ task: one.resource.id }))[0] ?? { task: '' };
  const browser = await inside(first);
  expect((await move('link-anew', { 'task-link-anew': task })).status).toBe(303);
  expect((await browser.get('/link/case')).status).toBe(410);
  expect((await browser.get(first.path)).text).toContain('nieuwere mail');
  const second = await linkNow();
  expect(second.link.id).not.toBe(first.link.id);
  expect(await mailsOf('Link')).toHaveLength(2);
  const other = await inside(second);
  expect((await move('link-revoke', { 'task-link-revoke': task }, 'marijke')).status).toBe(303);
  expect((await other.get('/link/case')).status).toBe(410);
  expect((await other.get(second.path)).text).toContain('ingetrokken');
  await move('link-anew', { 'task-link-anew': task });
  const third = await linkNow();
  at.now = new Date(at.now.getTime() + 29 * 86_400_000);
  const late = await outsider(pages.url, 'en').get(third.path);
  expect(late.status).toBe(410);
  expect(late.text).toContain('expired');
});

test('H9: the link dies with the consent', async () => {
  const sent = await ledOn();
  const browser = await inside(sent);
  await move('end', { endReason: 'consent-withdrawn', sure: 'yes' });
  for (const path of ['/link/case', sent.path]) {
    const answer = await browser.get(path);
    expect(answer.status).toBe(410);
    for (const one of patient) expect(answer.text).not.toContain(one);
  }
  expect((await browser.post('/link/case/accept')).status).toBe(410);
});

test('H6: after a birthday a link that was out shows nothing of it, until the yes was said for that organisation too', async () => {
  const sent = await ledOn(young('2010-11-25'), { onwardBy: 'resident-and-parents' });
  const browser = await inside(sent);
  expect((await browser.get('/link/case')).text).toContain('post ordenen');
  at.now = new Date('2026-11-25T09:00:00Z');
  const later = await inside(sent);
  const closed = await later.get('/link/case');
  expect(closed.status).toBe(403);
  expectSound(closed.text);
  expect(closed.text).toContain('wacht op toestemming');
  for (const one of [...patient, canaries.given, canaries.family, '2010']) expect(closed.text, one).not.toContain(one);
  expect((await later.post('/link/case/accept')).status).toBe(403);
  expect((await journeyOf(site, id)).children[0]?.resource.status).toBe('requested');
  const own = await pages.get('sanne', `/worklist/${id}`);
  expect(own.text).toContain('ziet nu niets: wacht op toestemming');
  expect(own.text).not.toContain('Stel de vraag');
  const yes = { renewBy: 'resident', renewHow: 'spoken', renewOn: '2026-11-25' };
  const unsaid = await move('renew-consent', yes);
  expect(unsaid.status).toBe(422);
  expectSound(unsaid.text);
  expect((await move('renew-consent', { ...yes, renewFor: 'nobody' })).status).toBe(303);
  expect((await later.get('/link/case')).status).toBe(403);
  const [task = ''] = (await journeyOf(site, id)).children.map((one) => one.resource.id);
  expect((await move('renew-consent', { ...yes, renewFor: task })).status).toBe(303);
  const open = await later.get('/link/case');
  expect([open.status, open.text.includes('post ordenen')]).toEqual([200, true]);
  expect((await later.post('/link/case/accept')).location).toBe('/link/case?done=accepted');
});

test('a form that is not ours, or of another browser, does nothing', async () => {
  const sent = await ledOn();
  const browser = outsider(pages.url);
  expect((await browser.post(sent.path, { code: sent.code })).status).toBe(403);
  const inOwn = await inside(sent);
  expect((await inOwn.post('/link/case/accept', { csrf: 'x' })).status).toBe(403);
  expect((await journeyOf(site, id)).children[0]?.resource.status).toBe('requested');
});

test('a practice answers a question by a link, where the directory has its address', async () => {
  const practice = (await at.store.pool.query(`select doc from directory_resource where id = 'de-brink'`)).rows[0].doc;
  practice.telecom.push({ system: 'email', value: 'praktijk@brink.example' });
  await at.store.commit({
    scope: { practice: '' },
    directory: [{ resource: practice, validFrom: at.now.toISOString() }],
    audit: [],
  });
  ({ id } = await referred(site, 'de-brink', referralOf(nth)));
  await pages.post('sanne', `/worklist/${id}/accept`, {});
  expect((await move('ask', { question: 'Welk nummer klopt?' })).status).toBe(303);
  const sent = await linkNow();
  expect(sent.link).toMatchObject({ purpose: 'question', recipient: 'de-brink' });
  const browser = await inside(sent);
  const page = await browser.get('/link/case');
  expectSound(page.text);
  expect(page.text).toContain('Welk nummer klopt?');
  const answered = await browser.post('/link/case/answer', { answerText: 'Het mobiele nummer.' });
  expect(answered.location).toBe('/link/done');
  const { communications } = await journeyOf(site, id);
  expect(communications.at(-1)?.resource).toMatchObject({ payload: [{ contentString: 'Het mobiele nummer.' }] });
  expect((await browser.get(sent.path)).status).toBe(410);
});
