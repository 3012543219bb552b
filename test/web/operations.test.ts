import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workBulk } from '../../src/delivery/bulk.ts';
import { openPostgresQueue } from '../../src/delivery/queue.ts';
import { relayOnce } from '../../src/delivery/relay.ts';
import { bounded } from '../../src/meter.ts';
import { sealAudit } from '../../src/store/audit.ts';
import { claim, type Due } from '../../src/store/outbox/outbox.ts';
import { brinkCredential, type OpenApp, openApp } from '../doubles/app.ts';
import { findChromium, openChromium } from '../doubles/browser.ts';
import { until } from '../doubles/made.ts';
import { people, refer, referralOf } from './harness.ts';

let app: OpenApp;
let queue: ReturnType<typeof openPostgresQueue>;
let admin: string;
let offered = 0;
const token = 'token-of-the-prometheus';

beforeAll(async () => {
  app = await openApp({
    metricsToken: token,
    queue: (at) => {
      queue = openPostgresQueue(at.connection, 'kortelijn_app', at.store.pool);
      return queue;
    },
  });
  await refer(app.site, 'de-brink', referralOf(1));
  admin = await app.signedIn(people.admin);
  offered = await relayOnce({ store: app.at.store, queue });
});
afterAll(() => app.close());

const figures = async (headers: Record<string, string> = {}) => {
  const response = await app.ask('GET', '/metrics', { headers });
  return { status: response.status, text: await response.text() };
};
/** The value of the line that begins so; undefined when there is none. */
const figureOf = (text: string, begins: string) => {
  const line = text.split('\n').find((one) => one.startsWith(begins));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
};

test('the figures say what waits and where, what the queue holds, and whether the trail is sealed', async () => {
  expect(offered).toBeGreaterThan(0);
  const { text } = await figures();
  expect(figureOf(text, 'kortelijn_record_up')).toBe(1);
  expect(figureOf(text, 'kortelijn_delivery_open{destination="worklist",kind="worklist",state="queued"}')).toBe(1);
  expect(figureOf(text, 'kortelijn_delivery_breaker_open{destination="worklist"}')).toBe(0);
  expect(figureOf(text, 'kortelijn_queue_jobs{state="waiting"}')).toBe(offered);
  expect(figureOf(text, 'kortelijn_outbox_relay_round_seconds')).toBe(0.5);
  expect(figureOf(text, 'kortelijn_audit_unsealed_lines')).toBeGreaterThan(0);
  for (const name of ['pool_connections', 'delivery_landed_seconds', 'delivery_oldest_seconds', 'nodejs_eventloop_lag'])
    expect(text).toContain(`kortelijn_${name}`);
  await app.at.owner.query(
    `insert into region_alarm (id, class, revision, opened_at, begun_at, subjects, count)
     values ('01900000-0000-7000-8000-000000000001', 'disk', 1, now(), now(), '{machine}', 1)`,
  );
  expect(figureOf((await figures()).text, 'kortelijn_alarm_open{kind="disk"}')).toBe(1);
  // Older transactions of other databases on this server hold the sealer back for a moment.
  const unsealed = async () => {
    await sealAudit(app.at.store);
    return figureOf((await figures()).text, 'kortelijn_audit_unsealed_lines');
  };
  await expect.poll(unsealed, { timeout: 20_000 }).toBe(0);
});

test('a request is counted by its route, never by what stands in its address', async () => {
  await app.ask('GET', '/admin/deliveries/987654321', { headers: { cookie: admin } });
  await app.ask('GET', '/fhir/R4/Task/01900000-0000-7000-8000-00000000abcd');
  await app.ask('GET', '/no/such/999990019');
  const { text } = await figures();
  expect(text).toContain('route="/admin/deliveries/:id",status="404"');
  for (const never of ['987654321', '00000000abcd', '999990019', 'van den Berg']) expect(text).not.toContain(never);
  const label = bounded(2);
  expect(['a', 'b', 'c', 'a'].map(label)).toEqual(['a', 'b', 'other', 'a']);
});

test('the figures are for this machine, also behind a proxy on it, and for who shows the token', async () => {
  const elsewhere = { 'x-forwarded-for': '203.0.113.9' };
  expect((await figures(elsewhere)).status).toBe(404);
  expect((await figures({ ...elsewhere, authorization: 'Bearer token-of-somebody-else!!' })).status).toBe(404);
  expect((await figures({ ...elsewhere, authorization: `Bearer ${token}` })).status).toBe(200);
});

test('bull-board is for administrators, looks and never touches, and shows ids and generations only', async () => {
  const asked = (path: string, method = 'GET', cookie = admin) =>
    app.ask(method, `/admin/bull${path}`, { headers: { cookie } });
  expect((await app.ask('GET', '/admin/bull')).status).not.toBe(200);
  for (const other of [people.sanne, people.marijke, people.brink])
    expect((await asked('/api/queues', 'GET', await app.signedIn(other))).status).not.toBe(200);
  const jobs = await (await asked('/api/queues?activeQueue=deliver&status=waiting')).json();
  const [found] = (jobs as { queues: { jobs: { id: string; data: Due }[] }[] }).queues;
  expect(found?.jobs.length).toBe(offered);
  for (const { id, data } of found?.jobs ?? []) {
    expect(Object.keys(data).toSorted()).toEqual(['generation', 'id']);
    expect(id).toBe(`d-${data.id}-${data.generation}`);
  }
  const first = found?.jobs[0];
  // With the token of our own forms, so that it is not that guard which says no.
  const form = await (await app.ask('GET', '/admin', { headers: { cookie: admin } })).text();
  const csrf = /name="csrf" value="([\w-]+)"/.exec(form)?.[1] ?? '';
  const write = (method: string, path: string) =>
    app.ask(method, `/admin/bull${path}`, { headers: { cookie: admin }, body: new URLSearchParams({ csrf }) });
  const before = await queue.counts();
  for (const [method, path] of [
    ['PUT', '/api/queues/deliver/pause'],
    ['PUT', '/api/queues/deliver/obliterate'],
    ['PUT', '/api/queues/deliver/empty'],
    ['PUT', `/api/queues/deliver/${first?.id}/clean`],
    ['POST', '/api/queues/deliver/add'],
    ['PATCH', `/api/queues/deliver/${first?.id}/update-data`],
  ] as const)
    expect([path, (await write(method, path)).status]).toEqual([path, 405]);
  expect(await queue.counts()).toEqual(before);
  expect(await claim(app.at.store, first?.data as Due, 1_000)).toBeDefined();
});

test('the ids in the log open: of an accepted referral its journey, of a refused message that message, by any of its names', async () => {
  const got = async (path: string) => (await app.ask('GET', path, { headers: { cookie: admin } })).text();
  const send = (body: string, more: Record<string, string> = {}) => {
    const headers = { authorization: `Bearer ${brinkCredential}`, 'content-type': 'application/fhir+json', ...more };
    return app.ask('POST', '/fhir/R4', { headers, body });
  };
  const lines = (event: string) =>
    app.logged
      .map((one) => JSON.parse(one) as Record<string, string>)
      .filter((one) => one.event === event)
      .map(({ journey = '', refused = '' }) => ({ journey, refused }));
  const received = readFileSync(new URL('../../fixtures/fhir-loneliness/0-received.json', import.meta.url), 'utf8');
  expect((await send(received)).status).toBe(200);
  const [taken] = lines('referral-accepted');
  const { rows } = await app.at.owner.query<{ number: string }>('select number from journey where id = $1', [
    taken?.journey,
  ]);
  const lane = await got(`/admin/journeys?journey=${taken?.journey}`);
  expect(lane.match(/class="lanes"/g)).toHaveLength(1);
  expect(lane).toContain(rows[0]?.number ?? 'no number');
  expect(await got(`/admin?journey=${taken?.journey}`)).toContain(rows[0]?.number ?? 'no number');
  expect(await got('/admin/journeys?journey=01900000-0000-7000-8000-00000000abcd')).not.toContain('class="lanes"');
  const wrong = (identifier?: string) =>
    JSON.stringify({
      resourceType: 'Bundle',
      type: 'transaction',
      ...(identifier && { identifier: { value: identifier } }),
    });
  await send(wrong('HIS-2026-77'));
  await send(wrong('patient-999990019'));
  await send('{', { 'x-request-id': 'request-78' });
  const refused = lines('referral-refused').map((one) => one.refused);
  expect(refused.map((id) => id.length)).toEqual([36, 36, 36]);
  for (const id of refused) expect(await got(`/admin/refused/${id}`)).toContain('Geweigerd bericht');
  const listed = async (query: string) => {
    const text = await got(`/admin/refused?${query}`);
    return refused.map((id) => text.includes(`/admin/refused/${id}`));
  };
  expect(await listed('control=HIS-2026-77')).toEqual([true, false, false]);
  expect(await listed('control=request-78')).toEqual([false, false, true]);
  expect(await listed('code=not-parseable')).toEqual([false, false, true]);
  expect(await listed('practice=de-brink')).toEqual([true, true, true]);
  expect(await listed('practice=zuidrand')).toEqual([false, false, false]);
  expect((await app.at.owner.query('select 1 from refused where control_id is null')).rowCount).toBe(1);
  const found = await app.post(
    admin,
    '/admin/find',
    { path: '/admin/refused', control: 'HIS-2026-77' },
    '/admin/refused',
  );
  expect(found.headers.get('location')).toBe('/admin/refused?control=HIS-2026-77');
});

const chromium = findChromium();
test.runIf(chromium)('bull-board works in a browser under its policy, and asks nobody else for anything', async () => {
  const browser = await openChromium(chromium as string);
  try {
    const page = await browser.newPage();
    const [name = '', value = ''] = admin.split('=');
    await page.context().addCookies([{ name, value, url: app.url }]);
    const faults: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(app.url)) faults.push(`asks ${request.url()}`);
    });
    await page.goto(`${app.url}/admin/bull`);
    await page
      .getByRole('link', { name: /deliver/ })
      .first()
      .click();
    await page.getByText(`d-`).first().waitFor();
    expect(page.url()).toContain('/admin/bull/queue/deliver');
    await page.reload();
    await page.getByText(`d-`).first().waitFor();
    expect(await page.getByRole('button', { name: /retry|pause|obliterate|empty/i }).count()).toBe(0);
    expect(faults).toEqual([]);
  } finally {
    await browser.close();
  }
});

const listed =
  'a list refreshes itself when asked, never under one’s hands; bulk work is stopped, gone on with and followed';
test.runIf(chromium)(listed, async () => {
  await app.at.owner.query(`update delivery set state = 'held', failure_code = 'rejected', lease = null`);
  const browser = await openChromium(chromium as string);
  try {
    const page = await browser.newPage({ locale: 'nl-NL', viewport: { width: 360, height: 300 } });
    const [name = '', value = ''] = admin.split('=');
    await page.context().addCookies([{ name, value, url: app.url }]);
    page.setDefaultTimeout(4_000);
    await page.clock.install();
    await page.goto(`${app.url}/admin`);
    expect(await page.locator('[data-every]').count()).toBe(0);
    await page.getByRole('link', { name: /elke 30 seconden/ }).click();
    await page.locator('[data-every="30"]').waitFor();
    expect(await page.locator('noscript').first().textContent()).toContain('http-equiv="refresh" content="30"');
    let loads = 0;
    page.on('domcontentloaded', () => {
      loads += 1;
    });
    const box = page.locator('input[name=d]').first();
    await box.check();
    await page.clock.runFor(31_000);
    await box.uncheck();
    await page.getByText('Zoeken').click();
    await page.clock.runFor(31_000);
    expect(loads).toBe(0);
    await page.getByText('Zoeken').click();
    await page.evaluate('document.activeElement.blur(); scrollTo(0, 400)');
    const again = page.waitForEvent('load');
    await page.clock.runFor(31_000);
    await again;
    await until('the same place', async () => (await page.evaluate('scrollY')) === 400);
    await page.getByRole('link', { name: 'Niet meer vanzelf verversen' }).click();
    await page.locator('main:not([data-every])').waitFor();
    await page.getByRole('button', { name: 'Doe iets met alles van dit filter' }).click();
    await page.getByLabel('Waarom?').fill('Verholpen door de leverancier');
    await page.getByRole('button', { name: 'Begin' }).click();
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByText('gestopt').waitFor();
    expect(await workBulk(app.at)).toBe(0);
    await page.getByRole('button', { name: 'Ga verder' }).click();
    await page.locator('[data-every="5"]').waitFor();
    expect(await workBulk(app.at)).toBeGreaterThan(0);
    await page.clock.runFor(6_000);
    await page.getByText(/klaar\. (\d+) van \1 gehad/).waitFor();
    expect(await page.locator('[data-every]').count()).toBe(0);
  } finally {
    await browser.close();
  }
  const get = async (path: string) => (await app.ask('GET', path, { headers: { cookie: admin } })).text();
  // An hour is the end of it, whatever an address says: a session that nobody uses must end.
  const now = app.at.now.getTime();
  for (const [end, is] of [
    [now + 60_000, true],
    [now - 1, false],
    [now + 7_200_000, false],
  ] as const)
    expect((await get(`/admin?every=30&until=${end}`)).includes('data-every')).toBe(is);
});
