import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser as Chromium, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSite, password } from './open-site.ts';

const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);

describe.skipIf(program === undefined)('in a real browser without script, under the content security policy', () => {
  let browser: Chromium;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: program ?? '', args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser.close();
  });

  // Under no-referrer the browser writes `Origin: null` on our own forms; helmet sends that policy unless told otherwise.
  for (const referrerPolicy of ['no-referrer', 'same-origin']) {
    test(`someone signs in by keyboard, works, and signs out (Referrer-Policy ${referrerPolicy})`, async () => {
      const site = await openSite({ referrerPolicy });
      const context = await browser.newContext({ javaScriptEnabled: false, locale: 'nl-NL' });
      const blocked: string[] = [];
      const page = await context.newPage();
      page.on('console', (message) => blocked.push(message.text()));
      await page.goto(`${site.publicUrl}/worklist/3`);
      expect(await page.title()).toBe('Inloggen – Kortelijn');
      await page.getByLabel('Gebruikersnaam').fill('sanne');
      await page.getByLabel('Wachtwoord').fill('mis');
      await page.keyboard.press('Enter');
      await page.waitForSelector('.notice.refused');
      expect(await page.getByLabel('Gebruikersnaam').inputValue()).toBe('sanne');
      await page.getByLabel('Wachtwoord').fill(password);
      await page.keyboard.press('Enter');
      await page.waitForURL('**/worklist/3');
      await page.getByRole('button', { name: 'Uitloggen' }).click();
      await page.waitForURL('**/logout');
      expect(await page.textContent('h1')).toBe('U bent uitgelogd');
      expect(await context.cookies(site.publicUrl)).toEqual([]);
      // Whoever comes next and goes back sees the log-in form, not what was on the screen.
      await page.goBack();
      expect(await page.title()).toBe('Inloggen – Kortelijn');
      expect(await page.content()).not.toContain('Sanne Verhoeven');
      expect(blocked.filter((text) => /content security policy/i.test(text))).toEqual([]);
      await context.close();
      await site.close();
    });
  }

  test('the log-in form, with and without a refusal, has no accessibility fault that axe knows', async () => {
    const site = await openSite();
    const context = await browser.newContext({ bypassCSP: true, locale: 'nl-NL' });
    const page = await context.newPage();
    const faults = async () => {
      await page.addScriptTag({ path: fileURLToPath(import.meta.resolve('axe-core/axe.min.js')) });
      const found = (await page.evaluate('axe.run()')) as { violations: { id: string }[] };
      return found.violations.map(({ id }) => id);
    };
    await page.goto(`${site.publicUrl}/login`);
    expect(await faults()).toEqual([]);
    await page.getByLabel('Gebruikersnaam').fill('sanne');
    await page.getByLabel('Wachtwoord').fill('mis');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.notice.refused');
    expect(await faults()).toEqual([]);
    await context.close();
    await site.close();
  });
});
