import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { linkCode, linksOf, linkToken, residentCode } from '../../src/store/access/links.ts';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { type Browsing, browse, journeyOf, referralOf, referred, siteOver } from './harness.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
let at: TestStore;
let site: Site;
let pages: Browsing;
let browser: Browser;
let axe: string;

beforeAll(async () => {
  if (!executablePath) return;
  at = await openTestStore();
  await loadTestRegion(at.store);
  site = siteOver(at.store);
  pages = await browse(site);
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
});
afterAll(async () => {
  await browser?.close();
  await pages?.close();
  await at?.close();
});

/** Nothing that axe finds, and nothing wider than a telephone. */
async function fits(page: Page): Promise<void> {
  expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  await page.evaluate(axe);
  const found = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string }[] }> } }).axe.run(),
  );
  expect([page.url(), found.violations.map((one) => one.id)]).toEqual([page.url(), []]);
}

test.skipIf(!executablePath)(
  'H12: on a telephone a small organisation opens its link, types the code, and closes',
  async () => {
    const { id } = await referred(site, 'de-brink', referralOf(1));
    await pages.post('sanne', `/worklist/${id}/accept`, {});
    const { task } = await journeyOf(site, id);
    await pages.post('sanne', `/worklist/${id}/move/refer-on`, {
      version: String(task.version),
      onwardTo: 'schuldhulp',
      onwardQuestion: 'Wilt u samen de post ordenen?',
      'area-debts': 'yes',
      onwardBy: 'resident',
      onwardHow: 'spoken',
      onwardOn: '2026-11-23',
    });
    const [link] = await linksOf(at.store, 'de-brink', id);
    const { master } = at.store;
    const context = await browser.newContext({ viewport: { width: 360, height: 740 }, locale: 'nl-NL' });
    const page = await context.newPage();
    await page.goto(`${pages.url}/link/${linkToken(master, link?.id ?? '')}`);
    await fits(page);
    await page.getByLabel('Code van zes cijfers').fill('12');
    await page.getByRole('button', { name: 'Verder' }).click();
    expect(await page.getByText('Deze code klopt niet').first().isVisible()).toBe(true);
    await fits(page);
    await page.getByLabel('Code van zes cijfers').fill(linkCode(master, link?.id ?? ''));
    await page.getByRole('button', { name: 'Verder' }).click();
    // No secret in the address that stays in the browser's history.
    expect(new URL(page.url()).pathname).toBe('/link/case');
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('Annie van den Berg');
    await fits(page);
    await page.getByRole('button', { name: 'Wij nemen dit aan' }).click();
    await page.getByLabel('In het kort').fill('De post is geordend, er ligt een plan.');
    await page.getByLabel('geld en schulden', { exact: false }).selectOption('helped');
    await page.getByRole('button', { name: 'Verstuur en sluit af' }).click();
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Dank u wel');
    await fits(page);
    expect((await journeyOf(site, id)).children[0]?.resource.status).toBe('completed');
    await context.close();
  },
);

test.skipIf(!executablePath)(
  'a resident looks where the referral is, with the keyboard alone and without script',
  async () => {
    const { id } = await referred(site, 'de-brink', referralOf(2));
    const { task } = await journeyOf(site, id);
    await pages.post('brink', `/practice/${id}/move/resident-code`, { version: String(task.version) });
    const [link] = await linksOf(at.store, 'de-brink', id);
    const context = await browser.newContext({
      viewport: { width: 360, height: 740 },
      locale: 'nl-NL',
      javaScriptEnabled: false,
    });
    const page = await context.newPage();
    await page.goto(`${pages.url}/mijn`);
    await page.getByLabel('Code').focus();
    await page.keyboard.type(residentCode(at.store.master, link?.id ?? ''));
    await page.getByLabel('Uw geboortedatum').fill('1951-04-12');
    await page.keyboard.press('Enter');
    await page.getByText('Uw verwijzing is aangekomen').waitFor();
    expect(new URL(page.url()).pathname).toBe('/mijn');
    // A label is two lines at most: no word is broken in its middle.
    const label = await page.locator('dt', { hasText: 'Uw huisarts' }).boundingBox();
    expect(label?.height).toBeLessThan(50);
    await context.close();
  },
);
