import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Referral } from '../../src/referral/referral.ts';
import { linksOf, residentCode } from '../../src/store/access/links.ts';
import { readKeeping } from '../../src/store/keeping.ts';
import { readJourney } from '../../src/store/referrals.ts';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { type Browsing, browse, journeyOf, type Person, referralOf, referred, siteOver } from './harness.ts';
import { expectSound } from './markup.ts';
import { outsider } from './outsider.ts';

let at: TestStore;
let site: Site;
let pages: Browsing;
let nth = 0;

beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  site = siteOver(at.store);
});
// What was tried is counted per address: each test has a service of its own, over the one record.
beforeEach(async () => {
  await pages?.close();
  pages = await browse(site);
});
afterAll(async () => {
  await pages.close();
  await at.close();
});

async function made(change: Partial<Referral> = {}): Promise<string> {
  nth += 1;
  return (await referred(site, 'de-brink', referralOf(nth, change))).id;
}

async function move(id: string, key: string, as: Person = 'brink') {
  const { task } = await journeyOf(site, id);
  const place = as === 'brink' ? 'practice' : 'worklist';
  return pages.post(as, `/${place}/${id}/move/${key}`, { version: String(task.version) });
}

async function codeOf(id: string): Promise<string> {
  const link = (await linksOf(at.store, 'de-brink', id)).at(-1);
  return link ? residentCode(at.store.master, link.id) : '';
}

async function asked(code: string, born: string, more: Record<string, string> = {}, language: 'nl' | 'en' = 'nl') {
  const browser = outsider(pages.url, language);
  await browser.get('/mijn');
  return browser.post('/mijn', { code, born, ...more });
}
const born = '1951-04-12';
/** What differs between two refusals must not tell which it was. */
const plain = (text: string) => text.replaceAll(/value="[^"]*"/g, '');

test('a resident sees where it is, who calls before which day and who looked, and nothing of what it is about', async () => {
  const id = await made();
  expect((await move(id, 'resident-code')).status).toBe(303);
  const code = await codeOf(id);
  expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
  const practice = await pages.get('brink', `/practice/${id}`);
  expect(practice.text).toContain(code);
  await pages.get('sanne', `/worklist/${id}`);
  const answer = await asked(code.toLowerCase().replace('-', ' '), born);
  expect(answer.status).toBe(200);
  expectSound(answer.text);
  expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
  for (const one of [
    'Sanne Verhoeven',
    'U wordt gebeld vóór',
    'Huisartsenpraktijk Voorbeeldbrink',
    'een sociaal werker (Wally)',
  ])
    expect(answer.text).toContain(one);
  for (const one of ['Annie', 'Berg', 'overlijden', 'koffie', 'eenzaam', '999990019', 'Z15'])
    expect(answer.text).not.toContain(one);
  expect(answer.text).not.toContain('/logout');
  const english = await asked(code, born, {}, 'en');
  expect(english.text).toContain('You will be called before');
  const { rows } = await at.owner.query(`select line from audit where journey_id = $1 and line like '%link-opened%'`, [
    id,
  ]);
  expect(JSON.parse(rows[0].line).actor).toEqual({ id: 'resident', role: 'resident' });
});

test('H12: what the table keeps of a code cannot be tried without the master key; a code from before that still opens', async () => {
  const id = await made();
  await move(id, 'resident-code');
  const code = await codeOf(id);
  const bare = createHash('sha256').update(code.replace('-', '')).digest();
  const kept = async () => (await at.owner.query('select hash from link where journey_id = $1', [id])).rows[0].hash;
  expect((await kept()).equals(bare)).toBe(false);
  expect((await asked(code, born)).status).toBe(200);
  await at.owner.query('update link set hash = $2 where journey_id = $1', [id, bare]);
  expect((await asked(code, born)).status).toBe(200);
});

test('H2: where home is not safe no code is made, and one from before gets the answer of an unknown one', async () => {
  const safeContact = { unsafe: true, noVoicemail: true, noLetters: true };
  const unsafe = await made({ safeContact });
  expect((await pages.get('brink', `/practice/${unsafe}`)).text).not.toContain('resident-code');
  expect((await move(unsafe, 'resident-code')).status).toBe(403);
  const id = await made();
  await move(id, 'resident-code');
  const code = await codeOf(id);
  expect((await asked(code, born)).status).toBe(200);
  const { serviceRequest, task, index } = await journeyOf(site, id);
  const { serviceRequest: flagged } = await journeyOf(site, unsafe);
  const done = await at.store.commit({
    scope: { practice: 'de-brink' },
    journey: id,
    resources: [
      {
        resource: { ...serviceRequest.resource, extension: flagged.resource.extension ?? [] },
        version: serviceRequest.version + 1,
      },
      { resource: task.resource, version: task.version + 1 },
    ],
    index: { ...index, unsafeContact: true },
    audit: [],
  });
  expect(done.ok).toBe(true);
  const known = await asked(code, born);
  const unknown = await asked('AAAAA-AAAAA', born);
  expect([known.status, plain(known.text)]).toEqual([unknown.status, plain(unknown.text)]);
  expect(known.status).toBe(403);
  expect((await pages.get('brink', `/practice/${id}`)).text).not.toContain(code);
});

test('H6: there is no such page about a child', async () => {
  const consent = { by: 'parents', how: 'spoken', on: '2026-11-23', medicalCodes: false, feedback: 'content' } as const;
  const patient = { ...referralOf(1).patient, birthDate: '2016-04-12' };
  const id = await made({ patient, consent });
  expect((await move(id, 'resident-code')).status).toBe(403);
});

test('H12: five wrong birth dates end a code, with one and the same answer', async () => {
  const id = await made();
  await move(id, 'resident-code');
  const code = await codeOf(id);
  const answers = [];
  for (const day of ['1951-04-13', '1951-04-14', '1951-04-15', '1951-04-16', '1951-04-17'])
    answers.push(await asked(code, day));
  expect(new Set(answers.map((one) => `${one.status} ${plain(one.text)}`)).size).toBe(1);
  // Another address may try, as far as the throttle goes: the code itself is over.
  await pages.close();
  pages = await browse(site);
  expect((await asked(code, born)).status).toBe(403);
  expect((await linksOf(at.store, 'de-brink', id)).at(-1)).toMatchObject({ tries: 5, endedWhy: 'tries' });
});

test('whoever guesses codes has to wait', async () => {
  for (let guess = 0; guess < 5; guess += 1) expect((await asked(`BBBBB-0000${guess}`, born)).status).toBe(403);
  const waits = await asked('BBBBB-00009', born);
  expect([waits.status, waits.headers.get('retry-after')]).toEqual([429, '900']);
  expect((await asked('', born)).status).toBe(422);
});

test('who wants to object is called, and the objection is put on record by a person', async () => {
  const id = await made();
  await move(id, 'resident-code', 'sanne');
  const answer = await asked(await codeOf(id), born, { act: 'object' });
  expect(answer.text).toContain('weten dat u bezwaar wilt maken');
  expect((await readKeeping(at.store, [id]))[0]?.objectedAt).toBeNull();
  const seen = (await pages.get('brink', `/practice/${id}`)).text;
  expect(seen).toContain('De inwoner wil bezwaar maken: bel');
  expect(seen).toContain('<strong>De inwoner wil bezwaar maken.</strong>');
  expect((await move(id, 'objection')).status).toBe(303);
  expect((await readKeeping(at.store, [id]))[0]?.objectedAt).toEqual(at.now);
  expect((await pages.get('brink', `/practice/${id}`)).text).not.toContain('<strong>De inwoner wil bezwaar maken.');
});

test('H10: the resident stops it, asked once more; the practice and the Wally are told, and nothing goes on', async () => {
  const id = await made();
  await move(id, 'resident-code');
  const code = await codeOf(id);
  const task = async () =>
    (await at.owner.query<{ status: string }>('select task_status as status from journey where id = $1', [id])).rows[0]
      ?.status;
  const sure = await asked(code, born, { act: 'stop' });
  expectSound(sure.text);
  expect(sure.text).toContain('Weet u het zeker?');
  expect(await task()).toBe('requested');
  const stopped = await asked(code, born, { act: 'stop-sure' });
  expectSound(stopped.text);
  expect(stopped.text).toContain('De verwijzing is gestopt.');
  expect(stopped.text).toContain('Uw verwijzing is klaar of gestopt.');
  expect(stopped.text).not.toContain('value="stop"');
  expect(await task()).toBe('cancelled');
  const journey = await readJourney(at.store, { kind: 'practice', practice: 'de-brink' }, id);
  expect(journey?.consent.resource).toMatchObject({ status: 'inactive', provision: { type: 'deny' } });
  expect(journey?.communications.at(-1)?.resource.payload?.[0]?.contentString).toBe(
    'De inwoner is zelf gestopt met deze verwijzing.',
  );
  const { rows } = await at.owner.query<{ kind: string; state: string }>(
    `select kind, state from delivery where journey_id = $1 and state <> 'abandoned' order by kind`,
    [id],
  );
  expect(rows.map((one) => one.kind)).toContain('feedback');
  const trail = await at.owner.query<{ actor: string }>(
    `select line::json -> 'actor' ->> 'role' as actor from audit where journey_id = $1 and line like '%referral-ended%'`,
    [id],
  );
  expect(trail.rows).toEqual([{ actor: 'resident' }]);
});

test('the code goes with the content', async () => {
  const id = await made();
  await move(id, 'resident-code');
  const code = await codeOf(id);
  expect((await asked(code, born)).status).toBe(200);
  await at.owner.query('update journey_key set wrapped = null, destroyed_at = now() where journey_id = $1', [id]);
  expect((await asked(code, born)).status).toBe(403);
});
