import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workBulk } from '../../src/delivery/bulk.ts';
import { keepRefused } from '../../src/intake/refused.ts';
import { issue, refuse } from '../../src/referral/refusal.ts';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { attemptFeedback, type Browsing, browse, journeyOf, referralOf, referred, siteOver } from './harness.ts';
import { faultsIn } from './markup.ts';

let at: TestStore;
let site: Site;
let pages: Browsing;
let nth = 0;

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

const person = ['Annie', 'van den Berg', '1951-04', '999990019', 'Nog geen contact', '06-0000900', 'Mevrouw'];
function expectNobody(text: string): void {
  for (const never of person) expect(text).not.toContain(never);
  expect(faultsIn(text)).toEqual([]);
}

interface Held {
  readonly id: string;
  readonly journey: string;
  readonly number: string;
}

async function heldFeedback(code: string, practice = 'de-brink'): Promise<Held> {
  nth += 1;
  const journey = await referred(
    site,
    practice,
    referralOf(nth, practice === 'de-brink' ? {} : { requester: { name: 'E. Blaak' } }),
  );
  await pages.post('sanne', `/worklist/${journey.id}/accept`, {});
  const { task } = await journeyOf(site, journey.id);
  const report = {
    step: 'send',
    contact: 'none',
    firstLine: 'Nog geen contact.',
    residentAgreed: 'yes',
    final: 'interim',
  };
  await pages.post('sanne', `/worklist/${journey.id}/report`, { ...report, version: String(task.version) });
  await attemptFeedback(site, journey.id, { held: code });
  const { rows } = await at.owner.query<{ id: string }>(
    `select id::text from delivery where journey_id = $1 and kind = 'feedback'`,
    [journey.id],
  );
  return { id: rows[0]?.id ?? '', journey: journey.id, number: journey.index.number };
}

const rowOf = async (id: string) =>
  (
    await at.owner.query<{ state: string; reason: string | null; generation: number; message_id: string }>(
      'select state, reason, generation, message_id from delivery where id = $1',
      [id],
    )
  ).rows[0];
const trail = async (event: string) =>
  (
    await at.owner.query<{ line: string }>(`select line from audit where line like $1 order by id`, [`%"${event}"%`])
  ).rows.map(
    ({ line }) => JSON.parse(line) as { reason?: string; code?: string; object?: string; actor: { id: string } },
  );
const line = {
  at: '2026-11-23T09:00:00Z',
  actor: { id: 'line', role: 'line' },
  action: 'U',
  outcome: 'ok',
  purpose: 'SYSADMIN',
} as const;
const reason = 'Verholpen bij hun leverancier';
const act = (id: string, action: string, why = reason) =>
  pages.post('admin', `/admin/deliveries/${id}/act`, { action, reason: why });

test('searching gives an address that holds what was filled in; filters narrow it, and have names of one’s own', async () => {
  const held = await heldFeedback('certificate');
  const found = await pages.post('admin', '/admin/find', {
    path: '/admin',
    number: held.number.toLowerCase(),
    practice: '',
    wally: '',
    control: '',
  });
  expect([found.status, found.location]).toEqual([303, `/admin?number=${held.number}`]);
  const list = await pages.get('admin', found.location ?? '');
  expect(list.text).toContain(`/admin/deliveries/${held.id}`);
  // What could be somebody's BSN never gets into an address.
  const bsn = await pages.post('admin', '/admin/find', {
    path: '/admin/journeys',
    control: '999990019',
    number: held.number,
  });
  expect(bsn.location).toBe(`/admin/journeys?number=${held.number}`);
  const typed = { practice: '999990019', wally: '999990019', destination: '999990019', number: '999990019' };
  expect((await pages.post('admin', '/admin/find', { path: '/admin', ...typed })).location).toBe('/admin');
  for (const [path, there] of [
    ['/admin?class=certificate', true],
    ['/admin?class=certificate&code=rejected', false],
    ['/admin?code=certificate&direction=practice&age=hour', false],
    ['/admin?direction=wally&state=held', false],
    ['/admin?practice=de-brink&wally=wally-sanne&state=held', true],
    ['/admin?practice=99999999', false],
  ] as const) {
    const page = await pages.get('admin', path);
    expect([path, page.text.includes(`/admin/deliveries/${held.id}"`)]).toEqual([path, there]);
    expectNobody(page.text);
  }
  await pages.post('admin', '/admin/views', { query: 'class=certificate&evil=<b>', name: 'Certificaten', do: 'save' });
  expect((await pages.get('admin', '/admin')).text).toContain('<a href="/admin?class=certificate">Certificaten</a>');
  const named = { query: 'class=certificate', name: 'Mevrouw Jansen, 999990019', do: 'save' };
  const personal = await pages.post('admin', '/admin/views', named);
  expect(personal.location).toBe('/admin?class=certificate&done=personal');
  const told = await pages.get('admin', personal.location ?? '');
  expect([told.text.includes('Het filter is niet bewaard'), told.text.includes('Jansen')]).toEqual([true, false]);
  await pages.post('admin', '/admin/views', { query: 'class=certificate', name: 'Certificaten', do: 'remove' });
  expect((await pages.get('admin', '/admin')).text).not.toContain('Certificaten');
});

test('a referral is a lane with every hop, and leads to what is stuck of it', async () => {
  const held = await heldFeedback('rejected');
  const lane = await pages.get('admin', `/admin/journeys?number=${held.number}`);
  for (const hop of [
    'ontvangen',
    'vertaald',
    'vastgelegd',
    'in de wachtrij',
    'bezorgd bij (Sanne Verhoeven)',
    'gezien',
    'terugkoppeling',
    'aangekomen',
  ])
    expect(lane.text).toContain(hop);
  expect(lane.text.match(/nog niet/g)).toHaveLength(2);
  expect(lane.text).toContain(`/admin/deliveries/${held.id}`);
  expectNobody(lane.text);
});

test('a kind of error: what waits, cause and who must act; known, solved, and back when it is seen again', async () => {
  await heldFeedback('unauthorised');
  const first = await pages.get('admin', '/admin/errors');
  for (const said of [
    'Geen toegang',
    'nieuw',
    'De leverancier, voor een nieuwe sleutel.',
    'Huisartsenpraktijk Voorbeeldbrink',
    'vandaag 1',
  ])
    expect(first.text).toContain(said);
  expectNobody(first.text);
  const say = (state: string, why = reason) =>
    pages.post('admin', '/admin/errors', { class: 'unauthorised', state, reason: why });
  expect((await say('solved', '')).status).toBe(422);
  expect((await say('solved', 'mevrouw Jansen belde')).text).toContain('zonder iets over een persoon');
  expect((await say('solved')).status).toBe(303);
  const part = async () =>
    (await pages.get('admin', '/admin/errors')).text.split('id="unauthorised"')[1]?.slice(0, 200);
  // The attempt ended by PostgreSQL's clock; what was said of it stands by ours, which stands still in a test.
  await at.owner.query(`update error_class set changed_at = now() + interval '1 hour' where class = 'unauthorised'`);
  expect(await part()).toContain('opgelost');
  await at.owner.query(`update error_class set changed_at = now() - interval '1 hour' where class = 'unauthorised'`);
  expect(await part()).toContain('terug, na opgelost');
  expect(await trail('error-class-changed')).toMatchObject([{ object: 'unauthorised', code: 'solved', reason }]);
});

test('one delivery: set aside, released, tried again and to be called, each with a reason and a line of the trail', async () => {
  const held = await heldFeedback('rejected');
  const before = await rowOf(held.id);
  const page = await pages.get('admin', `/admin/deliveries/${held.id}`);
  expectNobody(page.text);
  for (const said of [
    'rejected',
    before?.message_id ?? '',
    'payload[0].contentString',
    'Communication',
    `/admin/break-glass?number=${held.number}`,
  ])
    expect(page.text).toContain(said);
  expect((await act(held.id, 'park', 'x')).status).toBe(422);
  expect((await rowOf(held.id))?.reason).toBeNull();
  expect((await act(held.id, 'park')).status).toBe(303);
  expect(await rowOf(held.id)).toMatchObject({ state: 'held', reason: 'parked' });
  // Switched off is off: neither the list nor the page tries it again.
  await pages.post('admin', `/admin/deliveries/${held.id}/retry`, {});
  expect((await act(held.id, 'retry')).status).toBe(409);
  expect(await rowOf(held.id)).toMatchObject({ state: 'held', reason: 'parked' });
  expect((await act(held.id, 'call')).status).toBe(303);
  expect((await pages.get('marijke', '/team/calls')).text).toContain(held.number);
  expect((await act(held.id, 'release')).status).toBe(303);
  expect(await rowOf(held.id)).toMatchObject({ state: 'pending', reason: null, message_id: before?.message_id });
  for (const event of ['delivery-parked', 'delivery-to-call', 'delivery-released'])
    expect(await trail(event)).toMatchObject([
      { object: `Delivery/${held.id}`, code: 'rejected', reason, actor: { id: 'admin-region' } },
    ]);
  expect((await pages.get('sanne', `/admin/deliveries/${held.id}`)).status).toBe(404);
});

test('by another way: one is given up and one made, in one step, and only once', async () => {
  const held = await heldFeedback('rejected', 'aan-de-kade');
  const reassign = (way: string) => pages.post('admin', `/admin/deliveries/${held.id}/reassign`, { way, reason });
  const page = await pages.get('admin', `/admin/deliveries/${held.id}`);
  expect(page.text).toContain('Stuur het langs een andere weg');
  const way = /<option value="([\w-]+)"/.exec(page.text)?.[1] ?? '';
  expect((await reassign('nowhere')).status).toBe(409);
  expect((await reassign(way)).status).toBe(303);
  expect((await reassign(way)).status).toBe(409);
  const { rows } = await at.owner.query(
    `select state, reason, destination from delivery where journey_id = $1 and kind = 'feedback' order by id`,
    [held.journey],
  );
  expect(rows).toEqual([
    { state: 'abandoned', reason: 'reassigned', destination: 'practice:aan-de-kade' },
    { state: 'pending', reason: null, destination: `practice:aan-de-kade/${way}` },
  ]);
  expect(await trail('delivery-reassigned')).toMatchObject([
    { object: `Delivery/${held.id}`, code: 'rejected', reason },
  ]);
});

test('a wrong address is corrected and tried again at once; one that is none changes nothing', async () => {
  const held = await heldFeedback('address-unknown');
  const page = await pages.get('admin', `/admin/deliveries/${held.id}`);
  const address = (value: string) =>
    pages.post('admin', `/admin/deliveries/${held.id}/address`, { address: value, reason });
  expect(page.text).toContain('Adres van de verbinding');
  const wrong = await address('geen adres');
  expect(wrong.status).toBe(422);
  expect((await rowOf(held.id))?.state).toBe('held');
  const right = await address('https://his.voorbeeld.example/fhir');
  expect(right.status).toBe(303);
  expect((await rowOf(held.id))?.state).toBe('pending');
  expect((await site.directory()).practices.get('de-brink')?.channels[0]?.address).toBe(
    'https://his.voorbeeld.example/fhir',
  );
  expect((await pages.post('admin', `/admin/deliveries/${held.id}/reassign`, { way: 'nowhere', reason })).status).toBe(
    409,
  );
});

test('a destination: what is asked of it is seen on the list, and undone', async () => {
  const ask = (fields: Record<string, string>) =>
    pages.post('admin', '/admin/destination', { id: 'practice:de-brink', reason, ...fields });
  expect((await pages.get('admin', '/admin/destination?id=practice:nowhere')).status).toBe(404);
  expect((await pages.get('admin', '/admin/destination?id=practice:de-brink')).text).toMatch(/wacht \(\d+\)/);
  expect((await ask({ to: 'paused', reason: '' })).status).toBe(422);
  expect((await ask({ to: 'paused' })).location).toBe('/admin/destination?id=practice%3Ade-brink&done=yes');
  expect((await pages.get('admin', '/admin')).text).toContain('Gepauzeerd: er gaat niets heen.');
  await ask({ to: 'resumed' });
  await ask({ to: 'down' });
  await ask({ to: 'retries-off' });
  expect((await ask({ to: 'window', from: '2026-12-01T22:00', until: '2026-12-01T21:00' })).status).toBe(422);
  await ask({ to: 'window', from: '2026-12-01T22:00', until: '2026-12-02T06:00' });
  const page = await pages.get('admin', '/admin/destination?id=practice:de-brink');
  expect(page.text).toContain('Onderhoud van 1 december 2026 om 22:00 tot 2 december 2026 om 06:00.');
  for (const said of ['Ligt plat', 'Opnieuw proberen staat uit.', 'Haal het onderhoud weg'])
    expect(page.text).toContain(said);
  expectNobody(page.text);
  for (const to of ['resumed', 'retries-on', 'window-off']) await ask({ to });
  expect((await pages.get('admin', '/admin/destination?id=practice:de-brink')).text).toContain('Alles loopt.');
  expect(await trail('destination-window')).toMatchObject([{ object: 'Destination/practice:de-brink', reason }]);
});

test('many at once: seen first, begun with a limit and a reason, stopped, gone on with, done by the clock', async () => {
  const ids = [
    await heldFeedback('no-address'),
    await heldFeedback('no-address'),
    await heldFeedback('no-address'),
  ].map(({ id }) => id);
  const all = { query: 'code=no-address', of: 'all' };
  const preview = await pages.post('admin', '/admin/bulk/preview', all);
  expect(preview.text).toContain('Dit zijn er nu 3.');
  expect(preview.text).toContain('Er is nog niets gedaan.');
  expectNobody(preview.text);
  expect((await rowOf(ids[0] ?? ''))?.state).toBe('held');
  expect((await pages.post('admin', '/admin/bulk', { ...all, action: 'retry', limit: '2', reason: '' })).status).toBe(
    422,
  );
  expect((await pages.post('admin', '/admin/bulk', { ...all, action: 'retry', limit: '0', reason })).status).toBe(422);
  const begun = await pages.post('admin', '/admin/bulk', { ...all, action: 'retry', limit: '2', reason });
  const job = begun.location ?? '';
  const running = (await pages.get('admin', job)).text;
  for (const said of ['0 van 2 gehad', 'content="5"', `${job}?every=off`]) expect(running).toContain(said);
  expect((await pages.get('admin', `${job}?every=off`)).text).not.toContain('data-every');
  await pages.post('admin', `${job}/stop`, {});
  expect(await workBulk(at)).toBe(0);
  await pages.post('admin', `${job}/resume`, {});
  expect(await workBulk(at)).toBe(2);
  const done = (await pages.get('admin', job)).text;
  expect(done).toContain('klaar. 2 van 2 gehad');
  expect(done).not.toContain('data-every');
  expect((await Promise.all(ids.map(rowOf))).map((row) => row?.state)).toEqual(['pending', 'pending', 'held']);
  const chosen = await pages.post('admin', '/admin/bulk', {
    of: 'chosen',
    d: ids[2] ?? '',
    action: 'park',
    limit: '10',
    reason,
  });
  await workBulk(at);
  expect(await rowOf(ids[2] ?? '')).toMatchObject({ state: 'held', reason: 'parked' });
  // A referral is never given up for a call: it goes to its worklist.
  const { rows } = await at.owner.query<{ id: string }>(
    `select id::text from delivery where kind = 'worklist' and state in ('pending', 'queued') order by id limit 1`,
  );
  await pages.post('admin', '/admin/bulk', { of: 'chosen', d: rows[0]?.id ?? '', action: 'call', limit: '1', reason });
  expect([rows.length, await workBulk(at)]).toEqual([1, 0]);
  expect((await rowOf(rows[0]?.id ?? ''))?.reason).toBeNull();
  const overview = await pages.get('admin', '/admin/bulk');
  for (const one of [job, chosen.location ?? '']) expect(overview.text).toContain(one);
  expect(await trail('bulk-started')).toMatchObject([
    { code: 'retry 2', reason },
    { code: 'park 1', reason },
    { code: 'call 1', reason },
  ]);
});

test('a press is undone as it was found, while nothing has happened since; then it says so and changes nothing', async () => {
  const held = await heldFeedback('rejected');
  const undo = () => pages.post('admin', `/admin/deliveries/${held.id}/undo`, {});
  const page = async () => (await pages.get('admin', `/admin/deliveries/${held.id}`)).text;
  expect((await undo()).status).toBe(409);
  expect(await page()).not.toContain('Ongedaan maken');
  await act(held.id, 'park');
  expect(await page()).toContain('Opzijzetten, ');
  expect((await undo()).location).toBe(`/admin/deliveries/${held.id}?done=undone`);
  expect(await rowOf(held.id)).toMatchObject({ state: 'held', reason: null });
  expect((await undo()).status).toBe(409);
  // To the phone list and back aside, released and aside again: each undo takes back one press.
  for (const [action, was] of [
    ['park', null],
    ['call', 'parked'],
    ['release', 'parked'],
    ['retry', null],
  ] as const) {
    if (action === 'retry') await act(held.id, 'release');
    if (action === 'retry') await at.owner.query(`update delivery set state = 'held' where id = $1`, [held.id]);
    await act(held.id, action);
    if (action === 'park') continue;
    expect([action, (await undo()).status]).toEqual([action, 303]);
    expect([action, await rowOf(held.id)]).toEqual([action, expect.objectContaining({ state: 'held', reason: was })]);
  }
  // What the queue has been offered is on its way: too late, and kindly said.
  const listed = await pages.post('admin', `/admin/deliveries/${held.id}/retry`, { back: 'state=held' });
  expect(listed.location).toBe(`/admin?state=held&done=retried&of=${held.id}`);
  expect((await pages.get('admin', listed.location ?? '')).text).toContain(`/admin/deliveries/${held.id}/undo`);
  await at.owner.query(`update delivery set state = 'queued' where id = $1`, [held.id]);
  expect((await pages.get('admin', listed.location ?? '')).text).not.toContain(`/admin/deliveries/${held.id}/undo`);
  const late = await undo();
  expect([late.status, late.text]).toEqual([409, expect.stringContaining('Dit kan niet meer ongedaan')]);
  expect(await page()).toContain('kan niet meer ongedaan: er is intussen iets met het bericht gebeurd');
  await at.owner.query(`update delivery set state = 'pending', was_at = now() - interval '25 hours' where id = $1`, [
    held.id,
  ]);
  expect((await undo()).status).toBe(409);
  expect((await trail('delivery-undone')).map(({ code }) => code)).toEqual(['park', 'call', 'release', 'retry']);
  expect((await pages.post('sanne', `/admin/deliveries/${held.id}/undo`, {})).status).toBe(404);
  expect((await pages.post('admin', '/admin/deliveries/999999999/undo', {})).status).toBe(404);
});

test('a mail that was given up waits again; what was tried or read aloud since does not', async () => {
  const tried = await heldFeedback('rejected', 'aan-de-kade');
  await act(tried.id, 'retry');
  await attemptFeedback(site, tried.journey, { held: 'rejected' });
  expect((await pages.post('admin', `/admin/deliveries/${tried.id}/undo`, {})).status).toBe(409);
  const { id, journey } = await heldFeedback('rejected');
  await at.owner.query(`update delivery set kind = 'notify' where id = $1`, [id]);
  await act(id, 'give-up');
  expect(await rowOf(id)).toMatchObject({ state: 'abandoned', reason: 'given-up' });
  expect((await pages.get('admin', `/admin/deliveries/${id}`)).text).toContain('Opgegeven, ');
  expect((await pages.post('admin', `/admin/deliveries/${id}/undo`, {})).status).toBe(303);
  expect(await rowOf(id)).toMatchObject({ state: 'held', reason: null });
  await at.owner.query(`update delivery set kind = 'feedback' where id = $1`, [id]);
  await act(id, 'call');
  const audit = [{ ...line, event: 'delivery-landed' }];
  const readAloud = { to: 'abandoned', id, reason: 'by-phone' } as const;
  await at.store.commit({ scope: { practice: 'de-brink' }, journey, deliveries: [readAloud], audit });
  expect((await pages.post('admin', `/admin/deliveries/${id}/undo`, {})).status).toBe(409);
  expect(await rowOf(id)).toMatchObject({ state: 'abandoned', reason: 'by-phone' });
});

test('what was asked of a receiver, and what was said of a kind of error, is undone to what was before', async () => {
  const id = 'practice:zuidrand';
  const ask = (to: string, more = {}) => pages.post('admin', '/admin/destination', { id, reason, to, ...more });
  const undo = () => pages.post('admin', '/admin/destination/undo', { id });
  const page = async () => (await pages.get('admin', `/admin/destination?id=${id}`)).text;
  expect((await undo()).status).toBe(409);
  await ask('draining');
  await ask('paused');
  expect(await page()).toContain('Laatst gevraagd: Pauzeer');
  expect((await undo()).location).toBe('/admin/destination?id=practice%3Azuidrand&done=undone');
  expect(await page()).toContain('Loopt leeg');
  expect(await page()).not.toContain('Gepauzeerd');
  expect((await undo()).status).toBe(409);
  await ask('window', { from: '2026-12-01T22:00', until: '2026-12-02T06:00' });
  await ask('window', { from: '2026-12-03T22:00', until: '2026-12-04T06:00' });
  await undo();
  expect(await page()).toContain('Onderhoud van 1 december 2026 om 22:00');
  await ask('resumed');
  await undo();
  expect(await page()).toContain('Loopt leeg');
  await ask('resumed');
  await ask('window-off');
  expect((await trail('destination-undone')).map(({ code }) => code)).toEqual(['paused', 'window', 'resumed']);

  await heldFeedback('timeout');
  const say = (state: string) => pages.post('admin', '/admin/errors', { class: 'timeout', state, reason });
  const back = () => pages.post('admin', '/admin/errors/undo', { class: 'timeout' });
  const part = async () => (await pages.get('admin', '/admin/errors')).text.split('id="timeout"')[1]?.slice(0, 200);
  expect((await back()).status).toBe(409);
  await say('known');
  await say('solved');
  expect((await back()).location).toBe('/admin/errors?done=undone');
  expect(await part()).toContain('bekend');
  expect((await back()).status).toBe(409);
  await at.owner.query(`delete from error_class where class = 'timeout'`);
  await say('known');
  await back();
  expect(await part()).toContain('nieuw');
  expect((await trail('error-class-undone')).map(({ code }) => code)).toEqual(['solved', 'known']);
  expect((await pages.post('admin', '/admin/errors/undo', { class: 'nothing' })).status).toBe(404);
});

test('work on many is undone by work of its own: once, not what moved on or was pressed again since', async () => {
  const ids = [
    await heldFeedback('redirected'),
    await heldFeedback('redirected'),
    await heldFeedback('redirected'),
  ].map(({ id }) => id);
  const all = { query: 'code=redirected', of: 'all' };
  const job = (await pages.post('admin', '/admin/bulk', { ...all, action: 'park', limit: '9', reason })).location ?? '';
  // Not while it runs.
  expect((await pages.post('admin', `${job}/undo`, { reason })).status).toBe(409);
  await workBulk(at);
  expect((await Promise.all(ids.map(rowOf))).map((row) => row?.reason)).toEqual(['parked', 'parked', 'parked']);
  // One was put on the phone list since: that press is nobody's to undo but its own.
  await act(ids[0] ?? '', 'call');
  expect((await pages.post('admin', `${job}/undo`, { reason: '' })).status).toBe(422);
  const undone = await pages.post('admin', `${job}/undo`, { reason });
  expect(undone.status).toBe(303);
  expect(await workBulk(at)).toBe(2);
  expect((await Promise.all(ids.map(rowOf))).map((row) => `${row?.state} ${row?.reason}`)).toEqual([
    'held to-call',
    'held null',
    'held null',
  ]);
  expect((await pages.get('admin', undone.location ?? '')).text).toContain('1 overgeslagen');
  expect((await pages.get('admin', job)).text).toContain('Deze opdracht is ongedaan gemaakt.');
  for (const path of [job, undone.location])
    expect((await pages.post('admin', `${path}/undo`, { reason })).status).toBe(409);
  expect(await trail('bulk-undone')).toMatchObject([
    { object: `BulkJob/${job.split('/').at(-1)}`, code: 'park 3', reason },
  ]);
});

test('a refused message: structure without content, a trial that stores nothing, and then it is taken in after all, once', async () => {
  const received = readFileSync(new URL('../../fixtures/fhir-loneliness/0-received.json', import.meta.url), 'utf8');
  // With a place that this mapping does not carry.
  const body = Buffer.from(
    received.replace('"resourceType": "Patient",', '"resourceType": "Patient", "multipleBirthBoolean": false,'),
  );
  const by = {
    practice: 'de-brink',
    application: 'test-his',
    door: 'fhir',
    actor: { id: 'test-his', name: 'HIS', role: 'practice-system', organization: 'de-brink' },
  } as const;
  const said = { nl: 'Nee.', en: 'No.' };
  await keepRefused(at.store, by, body, refuse(issue('not-found', 'no-wally-service', 'Bundle', said)));
  await keepRefused(at.store, by, body, refuse(issue('forbidden', 'consent-missing', 'Bundle', said)));
  const { rows } = await at.owner.query<{ id: string; code: string }>('select id, codes[1] as code from refused');
  const idOf = (code: string) => rows.find((row) => row.code === code)?.id ?? '';
  const list = await pages.get('admin', '/admin/refused?class=no-wally');
  expect(list.text).toContain(idOf('no-wally-service'));
  expect(list.text).not.toContain(idOf('consent-missing'));
  expect((await pages.get('admin', '/admin/errors')).text).toContain('href="/admin/refused?class=consent-missing"');
  const counts = async () =>
    (
      await at.owner.query(
        'select (select count(*) from journey) as journeys, (select count(*) from inbound) as inbound',
      )
    ).rows;
  const before = await counts();
  const path = `/admin/refused/${idOf('no-wally-service')}`;
  const page = await pages.get('admin', path);
  expect(page.text).toContain('entry[0].resource.resourceType');
  expect(page.text).not.toContain(`${path}/take`);
  const trial = await pages.get('admin', `${path}?rehearse=yes`);
  expect(trial.text).toContain('Nu zou dit bericht aangenomen worden.');
  for (const one of [list, page, trial]) expectNobody(one.text);
  expect(await counts()).toEqual(before);
  expect((await pages.post('admin', `${path}/take`, { reason: '' })).status).toBe(422);
  const taken = await pages.post('admin', `${path}/take`, { reason });
  expect(taken.location).toBe(`${path}?done=taken`);
  expect(await counts()).toEqual([
    { journeys: Number(before[0]?.journeys) + 1, inbound: Number(before[0]?.inbound) + 1 },
  ]);
  expect((await pages.post('admin', `${path}/take`, { reason })).status).toBe(404);
  expect((await pages.get('admin', '/admin/refused?class=no-wally')).text).not.toContain(idOf('no-wally-service'));
  // Without consent there is nothing to look at, nor to take.
  const silent = `/admin/refused/${idOf('consent-missing')}`;
  expect((await pages.get('admin', `${silent}?rehearse=yes`)).text).toContain('De inhoud is niet bewaard.');
  expect((await pages.post('admin', `${silent}/take`, { reason })).status).toBe(404);
  expect(await trail('refused-taken')).toMatchObject([{ reason, actor: { id: 'admin-region' } }]);
  const [delivery] = (
    await at.owner.query<{ id: string }>(
      `select d.id::text from delivery d join inbound i on i.journey_id = d.journey_id where i.application = 'test-his' order by d.id`,
    )
  ).rows;
  const again = await pages.get('admin', `/admin/deliveries/${delivery?.id}?rehearse=yes`);
  expect(again.text).toContain('Dit bericht hoort bij een verwijzing die wij hebben.');
  expect(again.text).toContain('Nergens.');
  expectNobody(again.text);
  // Which mapping read it, and what that did not carry: on the message, the lane, the list of its version, and counted.
  const named = /href="(\/admin\/journeys\?mapping=fhir-r4%40\d+%2B[0-9a-f]{12})"/.exec(again.text)?.[1] ?? '';
  expect(again.text).toMatch(/entry\[\d\]\.resource\.multipleBirthBoolean/);
  const lanes = await pages.get('admin', named);
  expect(lanes.text.match(/class="lanes"/g)).toHaveLength(1);
  expect(lanes.text).toContain('gelezen met fhir-r4 versie ');
  expect((await pages.get('admin', named.replace(/[0-9a-f]{12}/, '000000000000'))).text).toContain(
    'Geen verwijzingen.',
  );
  expect((await pages.get('admin', '/admin/mappings')).text).toContain(named);
  const mapping = await pages.get('admin', '/admin/mappings/fhir-r4');
  expect(mapping.text).toMatch(
    /Patient\.multipleBirthBoolean<\/td><td>alleen bewaard bij het bericht<\/td><td>1<\/td>/,
  );
  expect(mapping.text).toContain('Consent.policyRule');
  for (const one of [lanes, mapping]) expectNobody(one.text);
});
