import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import {
  attemptFeedback,
  type Browsing,
  browse,
  journeyOf,
  type Person,
  referralOf,
  referred,
  siteOver,
} from './harness.ts';
import { hasChromium, type Judge, openJudge, type Seen } from './judging.ts';

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
  ['marijke', '/team/handover'],
  ['marijke', '/team/handover?from=wally-sanne&to=wally-joost'],
  ['sanne', '/worklist/talks?practice=de-brink'],
  ['brink', '/practice/talks'],
  ['brink', '/practice/talks', 'main form button', 'Fout: '],
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
  ['admin', '/admin/destination?id=practice:de-brink'],
  ['admin', '/admin/deliveries/1'],
  ['admin', '/admin/directory'],
  ['admin', '/admin/directory/practices/de-brink'],
  ['admin', '/admin/directory/people/wally-sanne'],
  ['admin', '/admin/directory/people/wally-sanne/access'],
  ['admin', '/admin/directory/organisations/voorbeeldstreek'],
  ['admin', '/admin/directory/endpoints/hl7-aan-de-kade'],
  ['admin', '/admin/directory/practices/new', 'main form button', 'Fout: '],
];

let at: TestStore;
let site: Site;
let pages: Browsing;
let judge: Judge;
const named: Record<string, string> = {};
const open = ([as, path]: Visit, seen: Seen = 'telephone', language = 'nl') =>
  judge.open(
    `${pages.url}${path.replace(/:(\w+)/, (_, name: string) => named[name] ?? '')}`,
    { 'x-as': as, 'x-language': language },
    seen,
  );

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
  Object.assign(named, {
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
    at = await openTestStore();
    await loadTestRegion(at.store);
    site = siteOver(at.store);
    [pages, judge] = await Promise.all([browse(site), openJudge()]);
    await makeReferrals();
    await makeQuestion();
  }, 60_000);
  afterAll(async () => {
    await judge?.close();
    await pages?.close();
    await at?.close();
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
          await judge.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })");
          await Promise.all([judge.page.waitForNavigation(), judge.page.locator(press).last().click()]);
          if (seen === 'telephone') expect(await judge.page.title()).toContain(title);
        }
        await judge.judge(`${path} ${seen}`);
      }
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
});
