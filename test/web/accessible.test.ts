import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workBulk } from '../../src/delivery/bulk.ts';
import type { Site } from '../../src/web/site.ts';
import { type OpenApp, openApp } from '../doubles/app.ts';
import type { TestStore } from '../doubles/database.ts';
import { type Route, routeAt, withRoutes } from '../doubles/routes.ts';
import { attemptFeedback, journeyOf, type Person, referralOf, referred } from './harness.ts';
import { hasChromium, type Judge, openJudge, type Seen } from './judging.ts';
import { makeRest, testProbe } from './made-pages.ts';
import { browseWhole, type WholeApp } from './whole-app.ts';

/** Who, where; what is pressed there with the form as it is, and the words that the page then begins its title with. */
type Visit = readonly [as: Person, path: string, press?: string, title?: string];

/** Every page of the line in every state that it can be in; `:name` is a referral or question made below. */
const visits: readonly Visit[] = [
  ['sanne', '/worklist'],
  ['sanne', '/worklist?folder=me&area=loneliness&urgency=routine'],
  ['sanne', '/worklist?folder=others'],
  ['sanne', '/worklist?folder=overdue'],
  ['sanne', '/worklist?folder=done'],
  ['sanne', '/worklist/own-record', 'main form button', 'Fout: '],
  ['karim', '/worklist?folder=me'],
  ['sanne', '/worklist', '.search button', 'Zoeken'],
  ['sanne', '/worklist/calls'],
  ['sanne', '/worklist/nowhere'],
  ['sanne', '/worklist/:acute'],
  ['sanne', '/worklist/:running?done=reported'],
  ['sanne', '/worklist/:long'],
  ['sanne', '/worklist/:stopping'],
  ['karim', '/worklist/:stopping'],
  ['sanne', '/worklist/:recalled'],
  ['sanne', '/worklist/:recalled', '.aside form button'],
  ['sanne', '/worklist/:stopping', 'form[action$="/move/ask"] button', 'Fout: '],
  ['sanne', '/worklist/:stopping', 'form[action$="/move/end"] button', 'Fout: '],
  ['sanne', '/worklist/:running/report'],
  ['sanne', '/worklist/:running/report', 'button[value=preview]', 'Fout: '],
  ['sanne', '/worklist/new'],
  ['sanne', '/worklist/new', 'button[value=preview]', 'Fout: '],
  ['sanne', '/worklist/questions'],
  ['sanne', '/worklist/questions?question=:asked'],
  ['brink', '/practice'],
  ['brink', '/practice/:running'],
  ['brink', '/practice/:acute'],
  ['brink', '/practice/:stopping'],
  ['brink', '/practice/questions'],
  ['brink', '/practice/questions', 'main form button', 'Fout: '],
  ['brink', '/refer'],
  ['brink', '/refer', 'button[name=danger][value=yes]'],
  ['brink', '/refer/sent/:long'],
  ['brink', '/refer/sent/:long/slip'],
  ['marijke', '/team'],
  ['marijke', '/team?folder=done'],
  ['marijke', '/team/calls'],
  ['marijke', '/team/:stopping'],
  ['marijke', '/team/own-record?all=yes'],
  ['marijke', '/team/sentences'],
  ['marijke', '/team/handover'],
  ['marijke', '/team/handover?from=wally-sanne&to=wally-joost'],
  ['sanne', '/worklist/talks?practice=de-brink'],
  ['brink', '/practice/talks'],
  ['brink', '/practice/talks', 'main form button', 'Fout: '],
  ['brink', '/practice/sentences'],
  ['brink', '/practice/rights'],
  ['brink', '/practice/rights', 'main form button', 'Fout: '],
  ['brink', '/practice/:running/looked'],
  ['admin', '/admin/trail'],
  ['admin', '/admin'],
  ['admin', '/admin/journeys'],
  ['admin', '/admin/errors'],
  ['admin', '/admin/alarms'],
  ['admin', '/admin/calls'],
  ['admin', '/admin/bull'],
  ['admin', '/admin/credentials'],
  ['admin', '/admin/mappings'],
  ['admin', '/admin/mappings/json'],
  ['admin', '/admin/deliveries/:pressed?done=yes'],
  ['admin', '/admin/bulk/:job'],
  ['admin', '/admin/destination?id=practice:de-brink'],
  ['admin', '/admin/deliveries/1'],
  ['admin', '/admin/directory'],
  ['admin', '/admin/directory?find=wally'],
  ['admin', '/admin/directory?find=nergens'],
  ['admin', '/admin/directory/practices/de-brink'],
  ['admin', '/admin/directory/people/wally-sanne'],
  ['admin', '/admin/directory/people/wally-sanne/access'],
  ['admin', '/admin/directory/organisations/voorbeeldstreek'],
  ['admin', '/admin/directory/endpoints/hl7-aan-de-kade'],
  ['admin', '/admin/directory/endpoints/smart-r4-de-brink'],
  ['admin', '/admin/directory/practices/new', 'main form button', 'Fout: '],
];

/** Who, where, the status of what is judged; what is pressed there, after what was typed by field. */
type Once = readonly [
  as: Person | 'nobody',
  path: string,
  status?: number,
  press?: string,
  typed?: Readonly<Record<string, string>>,
];

/** Pages with few states, judged once each: by turns on a telephone in Dutch and at a desk in English. */
const once: readonly Once[] = [
  ['marijke', '/team/talks?practice=de-brink'],
  ['admin', '/admin/clients'],
  ['admin', '/admin/clients/case-system'],
  ['admin', '/admin/clients/new', 422, 'main form button'],
  ['admin', '/admin/break-glass'],
  ['admin', '/admin/break-glass', 422, 'main form button'],
  ['admin', '/admin/break-glass/:running'],
  ['coordinator', '/report?quarter=2026Q3'],
  ['coordinator', '/report'],
  ['admin', '/admin/directory/import'],
  ['admin', '/admin/directory/import', 200, 'button[value=preview]', { '#bundle': ':bundle' }],
  ['admin', '/admin/directory/import', 422, 'button[value=preview]', { '#bundle': 'none' }],
  ['admin', '/admin/directory/endpoints/his-de-brink', 200, 'form[action$="/test"] button'],
  ['admin', '/admin/directory/endpoints/his-de-brink', 429, 'form[action$="/test"] button'],
  ['admin', '/admin/directory/endpoints/his-zuidrand', 200, 'form[action$="/test"] button'],
  ['admin', '/admin/mappings/hl7v2-ref'],
  ['admin', '/admin/refused'],
  ['admin', '/admin/refused/:refused?rehearse=yes'],
  ['admin', '/admin/refused/:bare'],
  ['admin', '/admin?state=held', 200, 'button[value=all]'],
  ['admin', '/admin/bulk'],
  ['admin', '/admin/bulk/:job'],
  ['rand', '/refer', 409],
  ['brink', '/practice/rights/requests/:request'],
  ['sanne', '/admin', 403],
  ['nobody', '/nowhere', 404],
  ['nobody', '/login'],
  ['nobody', '/login', 401, 'main form button', { '#username': 'nobody', '#password': 'wrong' }],
  ['nobody', '/login/callback', 400],
  ['nobody', '/logout'],
  ['nobody', '/launch', 403],
  ['nobody', '/launch/callback', 410],
  ['nobody', '/launch/jwt', 400],
  ['nobody', '/mijn'],
  ['nobody', '/mijn', 422, 'main form button'],
  ['nobody', '/mijn', 200, 'main form button', { '#code': ':code', '#born': '1951-04-12' }],
  ['nobody', '/link/:token'],
  ['nobody', '/link/:token', 422, 'main form button:not(.quiet)'],
  ['nobody', '/link/:token', 200, 'main form button:not(.quiet)', { '#code': ':linkCode' }],
  ['nobody', '/link/done'],
  ['nobody', '/docs'],
  ['nobody', '/docs/doors'],
  ['nobody', '/docs/states'],
  ['nobody', '/docs/profiles/referral-task'],
];

/** What the app answers to a GET and is no page of its own, and why. */
const noPages: readonly (readonly [path: RegExp, why: string])[] = [
  [/^\/(healthz|readyz|metrics)$/, 'for machines: states and figures as text'],
  [/^\/assets\//, 'style, script and icon'],
  [/^\/(fhir\/R4|intake|cds-services|\.well-known)(\/|$)/, 'doors of systems: JSON'],
  [/^\/launch\/jwks\.json$/, 'our public keys: JSON'],
  [/\.(ics|csv|json|pdf)$/, 'a download'],
  [/\/letter\/:letter$|\/copy\/:file$|\/text\/:item$|\/directory\/export$/, 'a download'],
  [/^\/$|^\/login$|^\/worklist\/search$/, 'leads on to a page'],
  [/^\/docs\/(?!$|doors$|states$|profiles\/)/, 'of the same few shapes as those of the guide that are judged'],
];

let app: OpenApp;
let routes: Route[];
let at: TestStore;
let site: Site;
let pages: WholeApp;
let judge: Judge;
const named: Record<string, string> = {};
const withNames = (text: string) => text.replace(/:(\w+)/, (whole, name: string) => named[name] ?? whole);
const open = async ([as, path]: Visit | Once, seen: Seen = 'telephone', language = 'nl') => {
  const context = judge.page.context();
  await context.clearCookies();
  if (as !== 'nobody') await context.addCookies([{ name: 'kl_session', value: pages.sessionOf(as), url: pages.url }]);
  await judge.open(`${pages.url}${withNames(path)}`, { 'accept-language': language }, seen);
};
/** Presses what is named, with all that is folded away unfolded. */
async function pressOn(what: string): Promise<void> {
  await judge.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })");
  await Promise.all([judge.page.waitForNavigation(), judge.page.locator(what).last().click()]);
}

async function makeReferrals(): Promise<void> {
  const safeContact = {
    unsafe: true,
    phone: '06-00009099',
    times: 'tussen 9 en 12 uur',
    noVoicemail: true,
    noLetters: true,
  };
  const acute = await referred(site, 'de-brink', referralOf(1, { priority: 'asap', safeContact }));
  const running = await referred(site, 'de-brink', referralOf(2));
  await pages.post('sanne', `/worklist/${running.id}/accept`, {});
  const { task } = await journeyOf(site, running.id);
  await pages.post('sanne', `/worklist/${running.id}/report`, {
    step: 'send',
    version: String(task.version),
    contact: 'made',
    contactOn: '2026-11-23',
    firstLine: 'Gesproken.',
    residentAgreed: 'yes',
    final: 'interim',
  });
  await attemptFeedback(site, running.id, { held: 'rejected' });
  const long = 'Wolfeschlegelsteinhausenbergerdorff'.repeat(3);
  const longNamed = await referred(
    site,
    'de-brink',
    referralOf(3, {
      patient: { ...referralOf(0).patient, name: { family: long, text: long } },
      practiceReferralId: { system: 'urn:x', value: long },
      reason: long,
      contactPerson: { name: long },
    }),
  );
  await pages.post('marijke', '/team/absence', { wally: 'wally-karim', act: 'plan', from: '2026-12-21', to: '' });
  await pages.post('marijke', '/team/absence', { wally: 'wally-joost', act: 'sick' });
  const post = async (as: Person, id: string, key: string, fields: Record<string, string>) => {
    const { task } = await journeyOf(site, id);
    const place = as === 'brink' ? 'practice' : 'worklist';
    const { status } = await pages.post(as, `/${place}/${id}/move/${key}`, {
      version: String(task.version),
      ...fields,
    });
    if (status !== 303) throw new Error(`${key} was not made`);
  };
  const stopping = await referred(site, 'de-brink', referralOf(4));
  await pages.post('sanne', `/worklist/${stopping.id}/accept`, {});
  await post('sanne', stopping.id, 'ask', { question: 'Klopt het nummer?' });
  await post('sanne', stopping.id, 'appoint', { appointOn: '2026-11-25', appointAt: '14:00' });
  await post('brink', stopping.id, 'ask-to-stop', { stopWhy: 'Loopt al elders.' });
  await post('sanne', stopping.id, 'offer', { offerTo: 'wally-karim' });
  const recalled = await referred(site, 'de-brink', referralOf(5));
  const { task: old } = await journeyOf(site, recalled.id);
  await pages.post('brink', `/practice/${recalled.id}/move/recall`, {
    version: String(old.version),
    recallWhy: 'Verkeerde persoon.',
    sure: 'yes',
  });
  await at.owner.query(`update delivery set created_at = created_at - interval '2 days'`);
  await at.owner.query(
    `insert into region_alarm (id, class, revision, opened_at, begun_at, subjects, count)
     values ('01900000-0000-7000-8000-000000000001', 'practice-silent', 1, now(), now(), '{de-brink,zuidrand}', 2)`,
  );
  // What was pressed can be undone: that button is judged too.
  const { rows } = await at.owner.query<{ id: string }>(
    `select id::text from delivery where state = 'held' order by id`,
  );
  const [pressed = ''] = rows.map((row) => row.id);
  const reason = 'Wij kijken eerst';
  await pages.post('admin', `/admin/deliveries/${pressed}/act`, { action: 'park', reason });
  await pages.post('admin', '/admin/destination', { id: 'practice:de-brink', to: 'paused', reason });
  await pages.post('admin', '/admin/errors', { class: 'rejected', state: 'known', reason });
  const begun = await pages.post('admin', '/admin/bulk', {
    query: 'state=pending',
    of: 'all',
    action: 'park',
    limit: '1',
    reason,
  });
  await workBulk({ store: at.store });
  Object.assign(named, {
    pressed,
    job: begun.location?.split('/').at(-1) ?? '',
    acute: acute.id,
    running: running.id,
    long: longNamed.id,
    stopping: stopping.id,
    recalled: recalled.id,
  });
}

async function makeQuestion(): Promise<void> {
  const form = (await pages.get('brink', '/practice/questions')).text;
  const id = /name="id" value="([^"]+)"/.exec(form)?.[1] ?? '';
  await pages.post('brink', '/practice/questions', { id, text: 'Is er een groep voor mantelzorgers?' });
  named.asked = id;
  const versions = /name="versions" value="([^"]+)"/.exec(
    (await pages.get('admin', '/admin/directory/organisations/voorbeeldstreek')).text,
  )?.[1];
  await pages.post('admin', '/admin/directory/organisations/voorbeeldstreek', {
    versions: versions ?? '',
    name: 'Sociaal Werk Voorbeeldstreek',
    phone: '0570-000111',
    active: 'yes',
  });
}

describe.skipIf(!hasChromium)('every page (WCAG 2.2 AA)', () => {
  beforeAll(async () => {
    [[app, routes], judge] = await Promise.all([
      withRoutes(
        () => openApp({ probe: testProbe }),
        (one) => one.app,
      ),
      openJudge(),
    ]);
    ({ at, site } = app);
    pages = await browseWhole(app);
    await makeReferrals();
    await makeQuestion();
    Object.assign(named, await makeRest(app, pages, named.running ?? ''));
  }, 60_000);
  afterAll(async () => {
    await judge?.close();
    await app?.close();
  });

  test.each(visits.map(([as, path, press = '', title = '']) => ({ as, path, press, title })))(
    '$as $path $press: on a telephone in Dutch, at a desk in English',
    async ({ as, path, press, title }) => {
      for (const [seen, language] of [
        ['telephone', 'nl'],
        ['desk', 'en'],
      ] as const) {
        await open([as, path], seen, language);
        if (press) {
          await pressOn(press);
          if (seen === 'telephone') expect(await judge.page.title()).toContain(title);
        }
        await judge.judge(`${path} ${seen}`);
      }
    },
  );

  test.each(once.map((one, nth) => ({ as: one[0], path: one[1], press: one[3] ?? '', one, nth })))(
    '$as $path $press, once',
    async ({ path, press, one, nth }) => {
      const [seen, language] = nth % 2 === 0 ? (['telephone', 'nl'] as const) : (['desk', 'en'] as const);
      const [, , status = 200, , typed = {}] = one;
      await open(one, seen, language);
      for (const [field, text] of Object.entries(typed)) await judge.page.locator(field).fill(withNames(text));
      if (press) await pressOn(press);
      expect(judge.status()).toBe(status);
      await judge.judge(`${path} ${press} ${seen}`);
    },
  );

  test('what cannot be undone is asked once more, and that page is judged too', async () => {
    await open(['sanne', '/worklist/:stopping']);
    const form = judge.page.locator('form[action$="/move/end"]');
    await judge.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })");
    await form.locator('input[value=moved]').check();
    await Promise.all([judge.page.waitForNavigation(), form.locator('button').last().click()]);
    expect(await judge.page.title()).toContain('Weet u het zeker?');
    await judge.judge('asked once more');
  });

  test('the refer page is judged as it is filled in, refused, previewed, and where it stops', async () => {
    const { page } = judge;
    const press = (button: string) =>
      Promise.all([page.waitForNavigation(), page.locator(`button[value=${button}]`).last().click()]);
    await open(['brink', '/refer']);
    await press('yes');
    await judge.judge('call now');
    await open(['brink', '/refer'], 'desk');
    await press('no');
    await judge.judge('the form');
    await page.locator('#reason').fill('Is sinds de verhuizing veel alleen.');
    await press('preview');
    expect(await page.title()).toContain('Fout: ');
    await judge.judge('the form with faults');
    await page.setViewportSize({ width: 360, height: 800 });
    await judge.judge('the form with faults on a telephone');
    await open(['brink', '/refer']);
    expect(await page.locator('main').innerText()).toContain('U was bezig met een verwijzing');
    await judge.judge('a form that was left');
  });

  test('after a refused form the keyboard stands on the summary, and its links lead to the fields', async () => {
    await open(['sanne', '/worklist/:running/report']);
    const { page } = judge;
    await Promise.all([page.waitForNavigation(), page.click('button[value=preview]')]);
    expect(await page.evaluate("document.activeElement.classList.contains('errors')")).toBe(true);
    await page.click('.errors a[href="#firstLine"]');
    expect(await page.evaluate('document.activeElement.id')).toBe('firstLine');
    // On a telephone the bar at the bottom does not lie over what has the keyboard (2.4.11).
    const over = await page.evaluate(
      "document.activeElement.getBoundingClientRect().top < document.querySelector('.at-hand').getBoundingClientRect().top",
    );
    expect(over).toBe(true);
  });

  test('in forced colours buttons keep their edge and what is chosen can be told from what is not', async () => {
    await judge.page.emulateMedia({ forcedColors: 'active' });
    await open(['sanne', '/worklist/:running/report'], 'desk');
    const style = (selector: string) =>
      judge.page.evaluate(
        `(({ borderTopWidth, borderTopStyle }) => borderTopWidth + borderTopStyle)(getComputedStyle(document.querySelector('${selector}')))`,
      );
    expect(await style('button[value=preview]')).toBe('1pxsolid');
    // The component's dot is an image of colours, which are gone here: the browser draws its own.
    const drawn = 'getComputedStyle(document.querySelector("#contact")).appearance';
    expect(await judge.page.evaluate(drawn)).toBe('auto');
    await judge.page.emulateMedia({ forcedColors: 'none' });
  });

  test('on paper stands the case and not what can be done with it', async () => {
    await open(['sanne', '/worklist/:running'], 'desk');
    await judge.page.emulateMedia({ media: 'print' });
    const shown = (selector: string) => judge.page.locator(selector).first().isVisible();
    for (const selector of ['#why', '#who', '#referrer']) expect(await shown(selector)).toBe(true);
    for (const selector of ['body > header', '.moves', '.at-hand', '#take']) expect(await shown(selector)).toBe(false);
    await judge.page.emulateMedia({ media: 'screen' });
  });

  // After all others: it looks at what they judged.
  test('every page that the app has was judged, or stands among what is no page', () => {
    const asked = routes.filter((one) => one.methods.includes('GET')).map((one) => one.path);
    const judged = new Set([...judge.judged].map((path) => routeAt(routes, path)?.path));
    const isNoPage = (path: string) => noPages.some(([no]) => no.test(path));
    expect(asked.filter((path) => !judged.has(path) && !isNoPage(path))).toEqual([]);
    // None is left of what went, and none that was judged.
    expect(noPages.filter(([no]) => !asked.some((path) => no.test(path) && !judged.has(path)))).toEqual([]);
  });
});
