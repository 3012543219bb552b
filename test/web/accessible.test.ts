import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import type { AxeResults } from 'axe-core';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
const css = new URL('../../src/web/assets/kortelijn.css', import.meta.url);

let at: TestStore;
let site: Site;
let pages: Browsing;
let browser: Browser;
let axe: string;
const visits: [as: Person, path: string][] = [];
/** A referral whose every part is open: a question, an appointment, a request to stop, an offer. */
let moving: string;

beforeAll(async () => {
  if (!executablePath) return;
  at = await openTestStore();
  await loadTestRegion(at.store);
  site = siteOver(at.store);
  pages = await browse(site);
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
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
  await referred(
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
  moving = stopping.id;
  visits.push(
    ['sanne', `/worklist/${stopping.id}`],
    ['karim', `/worklist/${stopping.id}`],
    ['brink', `/practice/${stopping.id}`],
    ['marijke', `/team/${stopping.id}`],
    ['sanne', `/worklist/${recalled.id}`],
    ['sanne', '/worklist?folder=me'],
    ['sanne', '/worklist/calls'],
    ['marijke', '/team/calls'],
    ['marijke', '/team?folder=done'],
    ['sanne', '/worklist'],
    ['sanne', `/worklist/${acute.id}`],
    ['sanne', `/worklist/${running.id}?done=reported`],
    ['sanne', `/worklist/${running.id}/report`],
    ['brink', '/practice'],
    ['brink', `/practice/${running.id}`],
    ['brink', `/practice/${acute.id}`],
    ['marijke', '/team'],
    ['admin', '/admin'],
    ['admin', '/admin/journeys'],
    ['admin', '/admin/errors'],
    ['admin', '/admin/destination?id=practice:de-brink'],
    ['admin', '/admin/deliveries/1'],
    ['sanne', '/worklist/nowhere'],
  );
});
afterAll(async () => {
  if (!executablePath) return;
  await browser.close();
  await pages.close();
  await at.close();
});

test('the style is one small file', async () => {
  expect(gzipSync(await readFile(css)).length).toBeLessThan(15_000);
});

test.skipIf(!executablePath)(
  'every page passes axe (WCAG 2.2 A and AA) and fits 360 pixels, everything unfolded',
  { timeout: 120_000 },
  async () => {
    for (const [as, path] of visits) {
      const context = await browser.newContext({
        viewport: { width: 360, height: 800 },
        extraHTTPHeaders: { 'x-as': as },
      });
      const page = await context.newPage();
      await page.goto(`${pages.url}${path}`);
      for (const summary of await page.locator('summary').all()) await summary.click();
      if (path.endsWith('/report')) await Promise.all([page.waitForNavigation(), page.click('button[value=preview]')]);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), path).toBe(0);
      await page.evaluate(axe);
      const found = (await page.evaluate(
        "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })",
      )) as AxeResults;
      expect(
        found.violations.map((one) => `${one.id}: ${one.nodes[0]?.html}`),
        path,
      ).toEqual([]);
      await context.close();
    }
  },
);

test.skipIf(!executablePath)(
  'a move that is refused, and one that is asked once more, pass axe too, without script of ours',
  { timeout: 60_000 },
  async () => {
    for (const [move, choose] of [
      ['ask', undefined],
      ['end', 'moved'],
      ['end', undefined],
    ] as const) {
      const context = await browser.newContext({
        viewport: { width: 360, height: 800 },
        extraHTTPHeaders: { 'x-as': 'sanne' },
      });
      const page = await context.newPage();
      await page.goto(`${pages.url}/worklist/${moving}`);
      const form = page.locator(`form[action$="/move/${move}"]`);
      await page.locator('summary', { has: page.locator(`xpath=../form[contains(@action, '/move/${move}')]`) }).click();
      if (choose) await form.locator(`input[value=${choose}]`).check();
      await Promise.all([page.waitForNavigation(), form.locator('button').last().click()]);
      expect(await page.title()).toContain(choose ? 'Weet u het zeker?' : 'Fout: ');
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
      await page.evaluate(axe);
      const found = (await page.evaluate(
        "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })",
      )) as AxeResults;
      expect(found.violations.map((one) => `${one.id}: ${one.nodes[0]?.html}`)).toEqual([]);
      await context.close();
    }
  },
);

test.skipIf(!executablePath)(
  'after a refused form the keyboard stands on the summary, and its links lead to the fields',
  async () => {
    const form = visits.find(([, path]) => path.endsWith('/report'))?.[1];
    const context = await browser.newContext({ javaScriptEnabled: true, extraHTTPHeaders: { 'x-as': 'sanne' } });
    const page = await context.newPage();
    await page.goto(`${pages.url}${form}`);
    await Promise.all([page.waitForNavigation(), page.click('button[value=preview]')]);
    expect(await page.evaluate('document.activeElement.className')).toBe('errors');
    await page.click('.errors a[href="#firstLine"]');
    expect(await page.evaluate('document.activeElement.id')).toBe('firstLine');
    await context.close();
  },
);
