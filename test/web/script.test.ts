import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Journey } from '../../src/referral/journey.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { type Browsing, browse, type Person, referralOf, referred, siteOver } from './harness.ts';
import { hasChromium, type Judge, openJudge } from './judging.ts';

let at: TestStore;
let pages: Browsing;
let judge: Judge;
let first: Journey;
let second: Journey;

describe.skipIf(!hasChromium)('what the script adds', () => {
  beforeAll(async () => {
    at = await openTestStore();
    await loadTestRegion(at.store);
    const site = siteOver(at.store);
    [pages, judge] = await Promise.all([browse(site), openJudge()]);
    first = await referred(site, 'de-brink', referralOf(1));
    second = await referred(site, 'de-brink', referralOf(2));
  }, 60_000);
  afterAll(async () => {
    await judge?.close();
    await pages?.close();
    await at?.close();
  });

  const open = (as: Person, path: string) => judge.open(`${pages.url}${path}`, { 'x-as': as }, 'desk');
  const path = () => new URL(judge.page.url()).pathname;
  const arrive = async (go: () => Promise<unknown>) => {
    await Promise.all([judge.page.waitForNavigation(), go()]);
  };

  test('a day by keys alone: down the list, open, accept and next, report, back', async () => {
    const { page } = judge;
    const { keyboard } = page;
    await open('sanne', '/worklist');
    for (const key of ['j', 'j', 'k', 'j']) await keyboard.press(key);
    expect(await page.evaluate('document.activeElement.getAttribute("href")')).toBe(`/worklist/${second.id}`);
    await keyboard.press('k');
    await arrive(() => keyboard.press('Enter'));
    expect(path()).toBe(`/worklist/${first.id}`);
    await arrive(() => keyboard.press('v'));
    expect(path()).toBe(`/worklist/${second.id}`);
    await arrive(() => keyboard.press('a'));
    await arrive(() => keyboard.press('t'));
    expect(path()).toBe(`/worklist/${second.id}/report`);
    await open('sanne', `/worklist/${second.id}`);
    await arrive(() => keyboard.press('w'));
    expect(path()).toBe('/worklist');
  });

  test('keys do nothing while someone types, with another key held, or when they are switched off', async () => {
    const { page } = judge;
    await open('sanne', '/worklist?folder=me');
    await page.locator('#sought').fill('');
    await page.locator('#sought').press('j');
    expect(await page.locator('#sought').inputValue()).toBe('j');
    expect(await page.evaluate('document.activeElement.id')).toBe('sought');
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('Alt+j');
    expect(await page.evaluate('document.activeElement.tagName')).toBe('BODY');
    await page.locator('.keys summary').click();
    await arrive(() => page.getByRole('button', { name: 'Zet sneltoetsen uit' }).click());
    expect(await page.locator('.keys summary').innerText()).toBe('Sneltoetsen staan uit');
    await page.keyboard.press('j');
    expect(await page.evaluate('document.activeElement.tagName')).toBe('BODY');
  });

  test('the first line counts down while one types, and a standard sentence comes where the cursor is', async () => {
    const { page } = judge;
    await open('sanne', `/worklist/${first.id}/report`);
    const line = page.locator('#firstLine');
    const count = page.locator('#firstLine-count');
    expect(await count.innerText()).toBe('Nog 140 van de 140 tekens.');
    await line.pressSequentially('Gesproken.');
    expect(await count.innerText()).toBe('Nog 130 van de 140 tekens.');
    await page.locator('.phrases summary').first().click();
    await page.locator('button[value="firstLine-0"]').click();
    expect(await line.inputValue()).toBe('Gesproken. Kennisgemaakt; wij gaan samen aan de slag.');
    expect(await count.innerText()).toBe('Nog 87 van de 140 tekens.');
    expect(path()).toBe(`/worklist/${first.id}/report`);
    await line.fill('x'.repeat(125));
    expect(await count.getAttribute('role')).toBe('status');
  });

  test('a lost connection leaves the refer form as it was typed, and says so; once back, it goes on', async () => {
    const { page } = judge;
    await open('brink', '/refer');
    await arrive(() => page.locator('button[name=danger][value=no]').click());
    await page.locator('#family').fill('Testdijk');
    await page.locator('#reason').fill('Is veel alleen.');
    await page.context().setOffline(true);
    await page.locator('button[value=preview]').click();
    await page.getByText('Geen verbinding, of u bent uitgelogd.').waitFor();
    expect(path()).toBe('/refer');
    expect(await page.locator('#reason').inputValue()).toBe('Is veel alleen.');
    await page.context().setOffline(false);
    await arrive(() => page.locator('button[value=preview]').click());
    expect(await page.title()).toContain('Fout: ');
    await open('brink', '/refer');
    expect(await page.locator('main').innerText()).toContain('U was bezig met een verwijzing');
    const stored = 'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])';
    expect(await page.evaluate(stored)).toBe('[{},{},""]');
  });
});
