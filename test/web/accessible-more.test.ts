import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { type Browsing, browse, type Person, referralOf, referred, siteOver } from './harness.ts';

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
  await referred(site, 'de-brink', referralOf(1));
  const form = (await pages.get('brink', '/practice/questions')).text;
  const id = /name="id" value="([^"]+)"/.exec(form)?.[1] ?? '';
  await pages.post('brink', '/practice/questions', { id, text: 'Is er een groep voor mantelzorgers?' });
  asked = id;
  const versions = /name="versions" value="([^"]+)"/.exec(
    (await pages.get('admin', '/admin/directory/organisations/voorbeeldstreek')).text,
  )?.[1];
  await pages.post('admin', '/admin/directory/organisations/voorbeeldstreek', {
    versions: versions ?? '',
    name: 'Sociaal Werk Voorbeeldstreek',
    phone: '0570-000111',
    active: 'yes',
  });
});
let asked = '';
afterAll(async () => {
  if (!executablePath) return;
  await browser.close();
  await pages.close();
  await at.close();
});

/** Path, who looks, and a button that is pressed with the form as it is: what is refused is a page too. */
const visits: readonly (readonly [as: Person, path: string, press: string])[] = [
  ['sanne', '/worklist/new', ''],
  ['sanne', '/worklist/new', 'button[value=preview]'],
  ['brink', '/practice/questions', ''],
  ['brink', '/practice/questions', 'main form button'],
  ['sanne', '/worklist/questions', ''],
  ['sanne', '/worklist/questions?question=:asked', ''],
  ['sanne', '/worklist/talks?practice=de-brink', ''],
  ['brink', '/practice/talks', 'main form button'],
  ['marijke', '/team/handover', ''],
  ['marijke', '/team/handover?from=wally-sanne&to=wally-joost', ''],
  ['admin', '/admin/directory', ''],
  ['admin', '/admin/directory/practices/de-brink', ''],
  ['admin', '/admin/directory/people/wally-sanne', ''],
  ['admin', '/admin/directory/organisations/voorbeeldstreek', ''],
  ['admin', '/admin/directory/endpoints/hl7-aan-de-kade', ''],
  ['admin', '/admin/directory/practices/new', 'main form button'],
];

test.skipIf(!executablePath).each(visits)(
  '%s %s passes axe and fits 360 pixels',
  { timeout: 60_000 },
  async (as, path, press) => {
    const context = await browser.newContext({
      viewport: { width: 360, height: 800 },
      extraHTTPHeaders: { 'x-as': as },
    });
    const page = await context.newPage();
    await page.goto(`${pages.url}${path.replace(':asked', asked)}`);
    for (const summary of await page.locator('summary').all()) await summary.click();
    if (press) {
      await Promise.all([page.waitForNavigation(), page.locator(press).first().click()]);
      expect(await page.title()).toContain('Fout: ');
    }
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
    await page.evaluate(axe);
    const found = (await page.evaluate(
      "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })",
    )) as AxeResults;
    expect(found.violations.map((one) => `${one.id}: ${one.nodes[0]?.html}`)).toEqual([]);
    await context.close();
  },
);
