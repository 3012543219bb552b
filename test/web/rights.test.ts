import type { Bundle } from '@medplum/fhirtypes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { end } from '../../src/feedback/ending.ts';
import { validateBaseR4 } from '../../src/fhir/validate.ts';
import told from '../../src/profiles/told-codes.json' with { type: 'json' };
import { directoryReader } from '../../src/store/directory.ts';
import { readKeeping } from '../../src/store/keeping.ts';
import { trailWords } from '../../src/web/admin/trail-words.ts';
import { type OpenApp, openApp } from '../doubles/app.ts';
import { canaries, committed, journeyOf, notRefused, ownerOf, referralOf, takeIn } from '../doubles/made.ts';
import { people } from './harness.ts';

let app: OpenApp;
let brink: string;
let rand: string;
let admin: string;
beforeAll(async () => {
  app = await openApp();
  brink = await app.signedIn(people.brink);
  rand = await app.signedIn(people.rand);
  admin = await app.signedIn(people.admin);
});
afterAll(() => app.close());

let nth = 0;
/** A referral of de Brink about who has this BSN. */
async function referred(bsn: string, reason: string = canaries.reason): Promise<string> {
  nth += 1;
  const patient = { ...referralOf('x').patient, bsn };
  return takeIn(app.at.store, { number: `page-${nth}`, referral: { patient, reason } });
}
async function ended(journey: string): Promise<void> {
  const { store, owner } = app.at;
  const found = await journeyOf(store, journey);
  const directory = await directoryReader(store)();
  const acting = { actor: ownerOf(found), now: store.clock(), newId: store.newId, directory };
  await committed(store, notRefused(end(found, 'moved', acting)));
  await owner.query(
    `update delivery set state = 'landed', landed_at = now() where journey_id = $1 and state <> 'abandoned'`,
    [journey],
  );
}
const keepingOf = async (journey: string) => (await readKeeping(app.at.store, [journey]))[0];
const eventsOf = async (journey: string) =>
  (
    await app.at.owner.query<{ line: string }>(
      'select line from audit where journey_id = $1 order by recorded_at, id',
      [journey],
    )
  ).rows.map(
    (row) => JSON.parse(row.line) as { event: string; object?: string; code?: string; actor: { role: string } },
  );
const read = async (path: string, cookie = brink) => {
  const response = await app.ask('GET', path, { headers: { cookie } });
  return { status: response.status, text: await response.text(), headers: response.headers };
};
const act = async (journey: string, right: string, more: Record<string, string> = {}, cookie = brink) => {
  const fields = { reference: 'Z-2026-7', journeys: journey, [`j-${journey}`]: 'yes', right, sure: 'yes', ...more };
  const response = await app.post(cookie, '/practice/rights/act', fields, '/practice/rights');
  return { status: response.status, location: response.headers.get('location'), text: await response.text() };
};

describe('finding the resident', () => {
  test('by what was typed, posted and never in an address; the page names no one and every search is a line', async () => {
    const journey = await referred('999990019');
    const elsewhere = await takeIn(app.at.store, { number: 'rand', practice: 'zuidrand', referral: {} });
    const found = await app.post(brink, '/practice/rights', { reference: 'Z-2026-7', bsn: '9999 90019' });
    const text = await found.text();
    expect(found.status).toBe(200);
    expect(text).toContain((await keepingOf(journey))?.number);
    expect(text).not.toContain((await keepingOf(elsewhere))?.number);
    for (const word of [canaries.family, '999990019']) expect(text).not.toContain(word);
    expect((await eventsOf(journey)).at(-1)).toMatchObject({
      event: 'person-found',
      object: 'request/Z-2026-7',
      actor: { role: 'practice' },
    });
    const nobody = await app.post(brink, '/practice/rights', { reference: 'Z-1', bsn: '999993653' });
    expect(await nobody.text()).toContain('Niemand gevonden');
    for (const wrong of [
      { reference: 'mevrouw Jansen', bsn: '999990019' },
      { reference: 'Z-1', family: 'x' },
    ])
      expect((await app.post(brink, '/practice/rights', wrong)).status).toBe(422);
  });

  test('a referral of another practice is not there for any right, nor is who looked at it', async () => {
    const journey = await referred('999990020');
    for (const right of ['erase', 'hold', 'withdraw', 'access'])
      expect((await act(journey, right, {}, rand)).status).toBe(404);
    for (const end of ['', '.csv', '.json'])
      expect((await read(`/practice/${journey}/looked${end}`, rand)).status).toBe(404);
    expect(await keepingOf(journey)).toMatchObject({ heldAt: null, erasedAt: null, over: false });
  });
});

describe('each right', () => {
  test('asks once more before it does anything', async () => {
    const journey = await referred('999990031');
    const asked = await act(journey, 'withdraw', { sure: '' });
    expect(asked.text).toContain('Dit kan niet ongedaan worden gemaakt');
    expect(asked.text).toContain('name="sure"');
    expect((await keepingOf(journey))?.taskStatus).toBe('requested');
    expect((await act(journey, 'nonsense')).status).toBe(422);
  });

  test('H10: consent is withdrawn at once by the practice, and says what cannot be recalled', async () => {
    const journey = await referred('999990031');
    await app.at.owner.query(
      `update delivery set state = 'landed', landed_at = now(), first_sent_at = '2026-11-23' where journey_id = $1 and kind = 'notify'`,
      [journey],
    );
    const done = await act(journey, 'withdraw');
    expect(done.text).toMatch(/is gestopt[\s\S]*Niet terug te halen[\s\S]*23 november/);
    expect((await journeyOf(app.at.store, journey)).consent.resource).toMatchObject({ status: 'inactive' });
    expect((await eventsOf(journey)).map((one) => one.event)).toContain('consent-withdrawn');
  });

  test('H16: nothing is erased that is open, held or perhaps the only copy; each no says what to do', async () => {
    const journey = await referred('999990043');
    await app.at.owner.query(
      `insert into worklist_entry (practice_id, journey_id, task_id, assignment, owner_id, visible_at)
       select practice_id, id, task_id, assignment, owner_id, now() from journey where id = $1`,
      [journey],
    );
    expect(await act(journey, 'erase', { 'only-copy': 'yes' })).toMatchObject({
      status: 409,
      text: expect.stringContaining('Sluit haar eerst af'),
    });
    await ended(journey);
    expect((await act(journey, 'hold')).status).toBe(200);
    expect((await act(journey, 'erase', { 'only-copy': 'yes' })).text).toContain('moet bewaard blijven (Z-2026-7)');
    expect((await act(journey, 'release')).text).toContain('niet meer vastgehouden');
    expect((await act(journey, 'release')).status).toBe(409);
    expect((await act(journey, 'erase')).text).toContain('enige kopie');
    expect((await act(journey, 'erase', { 'only-copy': 'yes' })).text).toContain('is gewist');
    expect((await keepingOf(journey))?.erasedAt).not.toBeNull();
    expect((await act(journey, 'erase')).text).toContain('al gewist');
  });

  test('a correction and an objection are noted, with what is to be done next', async () => {
    const journey = await referred('999990055');
    expect((await act(journey, 'correct')).text).toContain('onder hetzelfde nummer');
    expect((await act(journey, 'object')).text).toContain('de toestemming intrekt');
    expect((await keepingOf(journey))?.objectedAt).toEqual(app.at.now);
    expect((await eventsOf(journey)).map((one) => one.event)).toEqual(
      expect.arrayContaining(['correction-asked', 'objection-noted']),
    );
  });
});

describe('H8: the copy for the resident', () => {
  const neighbour = 'Buurman Diederik Xylander dronk weer';
  const textsIn = (page: string) => [...page.matchAll(/name="d-(r\d+)" value="keep"/g)].map(([, id = '']) => id);

  test('H8: is given only when a person decided about every text, and is then the same each time it is fetched', async () => {
    const journey = await referred('999990067', neighbour);
    const { location } = await act(journey, 'access');
    const address = location ?? '';
    const page = (await read(address)).text;
    expect(page).toContain(neighbour);
    expect((await read(address, rand)).status).toBe(404);
    expect((await read(`${address}/copy/bundle.json`)).status).toBe(404);
    const early = await app.post(brink, `${address}/give`, {}, address);
    expect(early.status).toBe(422);
    expect(await early.text()).toContain('Nog niet over elke tekst');
    // Page by page, as a person does.
    let now = page;
    for (let turn = 0; turn < 10 && !now.includes('Over elke tekst is besloten'); turn += 1) {
      const files = new Set([...now.matchAll(/\/text\/(r\d+)"/g)].map(([, id]) => id));
      const about = (id: string) => now.split(`<legend>${id} `)[1]?.split('</fieldset>')[0] ?? '';
      const decision = (id: string) =>
        files.has(id)
          ? 'remove'
          : about(id).includes('Diederik') || about(id).includes(canaries.contactPerson)
            ? 'remove'
            : 'keep';
      const fields = Object.fromEntries(textsIn(now).map((id) => [`d-${id}`, decision(id)]));
      const next = await app.post(brink, `${address}/texts`, fields, address);
      now = (await read(next.headers.get('location') ?? '')).text;
    }
    expect(now).toContain('Over elke tekst is besloten');
    // What was decided is content: sealed.
    const { rows } = await app.at.owner.query<{ decisions: Buffer }>(
      'select decisions from rights_request where decisions is not null',
    );
    expect(rows.map((row) => row.decisions.toString('latin1')).join()).not.toContain('Diederik');
    expect((await app.post(brink, `${address}/give`, {}, address)).status).toBe(303);
    const copies = await Promise.all(
      ['bundle.json', 'overzicht.html', 'wie-heeft-gekeken.csv'].map((name) => read(`${address}/copy/${name}`)),
    );
    const all = copies.map((one) => one.text).join('\n');
    expect(copies.map((one) => one.status)).toEqual([200, 200, 200]);
    expect(all).toContain(canaries.question);
    for (const word of ['Diederik', canaries.contactPerson]) expect(all).not.toContain(word);
    expect(copies[1]?.headers.get('content-disposition')).toContain('attachment');
    for (const { resource } of (JSON.parse(copies[0]?.text ?? '') as Bundle).entry ?? [])
      expect(validateBaseR4(resource)).toEqual([]);
    expect((await eventsOf(journey)).map((one) => one.event)).toEqual(
      expect.arrayContaining(['access-put-together', 'access-viewed', 'access-given', 'access-downloaded']),
    );
    // Something came in since: the copy that was given is not made anew under its name.
    await act(journey, 'withdraw');
    expect((await read(`${address}/copy/bundle.json`)).status).toBe(404);
    expect((await read(`${address}/copy/wie-heeft-gekeken.csv`)).status).toBe(200);
  });

  test('a file can be opened before someone decides about it, by its own practice only', async () => {
    const journey = await referred('999990079');
    const address = (await act(journey, 'access')).location ?? '';
    const item = /\/text\/(r\d+)"/.exec((await read(address)).text)?.[1];
    const file = await read(`${address}/text/${item}`);
    expect(file.status).toBe(200);
    expect(JSON.parse(file.text)).toMatchObject({ reason: canaries.reason });
    expect((await read(`${address}/text/${item}`, rand)).status).toBe(404);
    expect((await read(`${address}/text/constructor`)).status).toBe(404);
  });
});

describe('who looked', () => {
  test('is a page in plain words, a table and valid AuditEvents; looking at it is a line itself', async () => {
    const journey = await referred('999990080');
    expect((await read(`/practice/${journey}`, brink)).status).toBe(200);
    expect((await read(`/practice/${journey}`, rand)).status).toBe(404);
    const page = await read(`/practice/${journey}/looked`);
    for (const words of ['Verwijzing bekeken', 'huisartsenpraktijk, ', 'hulp aan de inwoner', 'mocht dat niet'])
      expect(page.text).toContain(words);
    expect(page.text).not.toContain(people.brink.id);
    const table = await read(`/practice/${journey}/looked.csv`);
    expect(table.text).toContain('referral-viewed');
    const bundle = JSON.parse((await read(`/practice/${journey}/looked.json`)).text) as Bundle;
    expect(validateBaseR4(bundle)).toEqual([]);
    const codes = bundle.entry?.map(({ resource }) => (resource as { subtype: { code: string }[] }).subtype[0]?.code);
    expect(codes).toEqual(expect.arrayContaining(['page-refused', 'audit-viewed', 'audit-exported']));
    for (const word of Object.values(canaries))
      expect(page.text + table.text + JSON.stringify(bundle)).not.toContain(word);
  });

  test('of a period names nobody: no member of staff, no referral; requests by their reference', async () => {
    const journey = await referred('999990092');
    await act(journey, 'access', { reference: 'Z-2026-99' });
    const number = (await keepingOf(journey))?.number ?? '?';
    const asked = 'from=2020-01-01&to=2099-01-01';
    const at = app.at.now.toISOString().slice(0, 10);
    const page = await read(`/admin/trail?from=${at}&to=${at}`, admin);
    expect(page.status).toBe(200);
    expect(page.text).toContain('Z-2026-99');
    expect(page.text).toContain('Alles bij elkaar gezet voor inzage');
    const csv = await read(`/admin/trail.csv?from=${at}&to=${at}`, admin);
    expect(csv.text).toMatch(/access-put-together,R,ok,,p-[0-9a-f]{12},practice,de-brink/);
    const json = await read(`/admin/trail.json?from=${at}&to=${at}`, admin);
    expect(validateBaseR4(JSON.parse(json.text))).toEqual([]);
    for (const text of [page.text, csv.text, json.text])
      for (const word of [number, journey, people.brink.id, ...Object.values(canaries)])
        expect(text).not.toContain(word);
    expect((await read(`/admin/trail?${asked}`, admin)).status).toBe(200);
    expect((await read('/admin/trail', brink)).status).toBe(403);
  });

  test('every kind of line has words', () => {
    expect(told.events.filter((event) => trailWords[event] === undefined)).toEqual([]);
  });
});
