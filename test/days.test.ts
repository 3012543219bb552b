import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Patient } from '../demo/model.ts';
import { addWorkingDays } from '../src/referral/deadlines.ts';
import { findChromium, openChromium, Person, readAxe, type Watch } from './doubles/browser.ts';
import { prepareService, type Service } from './doubles/service.ts';
import { localToday, logIn, openNew, type Region, refer, rowOf, takeOn, writeReport } from './doubles/walk.ts';

const program = findChromium();
const title = `whole days at the pages${program ? '' : ' (not run: no Chromium on this machine)'}`;
const practice = 'de-brink';
const alone = { gp: 'gp-vanleeuwen', reason: 'Is veel alleen.', lifeAreas: ['loneliness'] };

describe.skipIf(program === undefined)(title, { timeout: 90_000 }, () => {
  let service: Service;
  let region: Region;
  let browser: Browser;
  let watch: Watch;
  const people: Person[] = [];

  beforeAll(async () => {
    service = prepareService({ LOG_LEVEL: 'warn' });
    const [opened, axe] = await Promise.all([openChromium(program ?? ''), readAxe(), service.start()]);
    browser = opened;
    region = { url: service.url, his: service.his ?? '' };
    watch = { origins: [region.url, region.his], axe, findings: [], addresses: new Set() };
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await service?.signal('SIGTERM');
    await service?.close();
  });
  afterEach(async () => {
    for (const person of people.splice(0)) await person.leave();
    expect(watch.findings.splice(0)).toEqual([]);
  });

  const arrive = async (script: boolean) => {
    const person = await Person.arrive(browser, watch, { script });
    people.push(person);
    return person;
  };
  const signedIn = async (script: boolean, username: string, path: string) => {
    const person = await arrive(script);
    await person.open(`${region.url}${path}`);
    await logIn(person, username);
    return person;
  };
  const openFolder = async (person: Person, number: string, folder: string) => {
    await person.open(`${region.url}/worklist?folder=${folder}`);
    await person.press(rowOf(person, number).getByRole('link'));
  };
  /** Opens a move that is folded away and gives its part of the page. */
  const unfold = async (person: Person, name: string) => {
    const part = person.page.locator('details.move', { has: person.page.locator('summary', { hasText: name }) });
    if ((await part.getAttribute('open')) === null) await part.locator('summary').first().click();
    return part;
  };

  for (const script of [true, false]) {
    test(`a Wally works a day ${script ? 'at a desk' : 'without script, on a telephone'}`, async () => {
      const first = await refer(region, practice, script ? 'p1' : 'p3', alone);
      const second = await refer(region, practice, script ? 'p2' : 'p4', alone);
      const wally = await signedIn(script, 'sanne', '/worklist');
      await wally.until(rowOf(wally, second.number));
      await openNew(wally, region, first.number);
      await wally.press('Aannemen en volgende');
      expect(await wally.text()).toContain('Dit is de volgende.');

      await openFolder(wally, first.number, 'open');
      await wally.press('Gebeld');
      expect(await wally.text()).toContain('De poging is genoteerd.');
      expect(await wally.text()).toContain('Geprobeerd op 1 van de 3 dagen');

      const plan = await unfold(wally, 'Afspraak maken of verzetten');
      await plan.getByLabel('Dag van de afspraak').fill(addWorkingDays(localToday(), 3));
      await plan.getByLabel('Tijd van de afspraak').fill('10:30');
      await plan.getByLabel('Plaats (mag leeg)').fill('buurthuis');
      await wally.press('Leg de afspraak vast');
      expect(await wally.text()).toContain('Volgende afspraak');

      const onward = await unfold(wally, 'Ook een andere organisatie vragen');
      await onward.getByLabel('Welke organisatie?').selectOption('schuldhulp');
      await onward.getByLabel('Wat vraagt u?').fill('Wilt u samen de post ordenen?');
      await onward.getByLabel('de inwoner', { exact: true }).check();
      await onward.getByLabel('mondeling').check();
      await onward.getByLabel('Op welke dag?').fill(localToday());
      await wally.press('Vraag deze organisatie');
      expect(await wally.text()).toContain('De organisatie is gevraagd.');

      await writeReport(wally, { firstLine: 'Wij gaan samen naar de wandelgroep.', kind: 'Tussenbericht' });
      await wally.press('Bekijk het bericht');
      await wally.press('Versturen');
      await wally.until(wally.page.locator('.steps .now', { hasText: 'in het dossier' }));
    });
  }

  test('a referral from new to its report with the keyboard alone', async () => {
    const { number } = await refer(region, practice, 'p5', alone);
    const wally = await signedIn(true, 'sanne', '/worklist');
    await wally.until(rowOf(wally, number));
    const { page } = wally;
    const hasFocus = async (what: Locator) => (await what.and(page.locator(':focus')).count()) > 0;
    const reach = async (what: Locator, key = 'Tab') => {
      for (let n = 0; n < 150; n += 1) {
        if (await hasFocus(what)) return;
        await page.keyboard.press(key);
      }
      throw new Error(`the keyboard does not come to ${what}`);
    };
    const goBy = async (key: string) => {
      await Promise.all([page.waitForNavigation(), page.keyboard.press(key)]);
      await wally.inspect();
    };
    const pick = async (group: string, label: string | RegExp) => {
      const radios = page.getByRole('group', { name: group }).getByRole('radio');
      await reach(radios);
      await reach(page.getByRole('group', { name: group }).getByLabel(label), 'ArrowDown');
      await page.keyboard.press('Space');
    };
    await reach(rowOf(wally, number).getByRole('link'), 'j');
    await goBy('Enter');
    await goBy('a');
    expect(await wally.text()).toContain('U hebt de verwijzing aangenomen.');
    await goBy('t');
    await pick('Is er contact geweest met de inwoner?', 'Nog niet');
    await reach(page.getByLabel(/^Eerste regel/));
    await page.keyboard.type('Ik bel mevrouw morgenochtend.');
    await reach(page.getByLabel(/^De inwoner is het ermee eens/));
    await page.keyboard.press('Space');
    await reach(page.getByLabel(/^Tussenbericht/));
    await page.keyboard.press('Space');
    await reach(wally.button('Bekijk het bericht'));
    await goBy('Enter');
    expect(await wally.heading()).toBe('Klopt dit bericht?');
    await reach(wally.button('Versturen'));
    await goBy('Enter');
    expect(await wally.text()).toContain('Uw tussenbericht gaat naar de praktijk.');
  });

  test('a substitute takes over what is new and acts for what was accepted, until the Wally is back', async () => {
    const { number } = await refer(region, practice, 'p7', alone);
    const wally = await signedIn(false, 'sanne', '/worklist');
    await takeOn(wally, region, number);
    const lead = await signedIn(false, 'marijke', '/team');
    const tap = (act: string) =>
      lead.press(lead.page.getByRole('button', { name: new RegExp(`^${act}.*Sanne Verhoeven$`) }));
    await tap('Ziek vandaag');
    const fresh = await refer(region, practice, 'p8', alone);
    expect(fresh.who).toBe('Karim Bouzid');

    const substitute = await signedIn(true, 'karim', '/worklist');
    await takeOn(substitute, region, fresh.number);
    await openFolder(substitute, number, 'open');
    expect(await substitute.text()).toContain('U neemt waar voor Sanne Verhoeven.');
    await substitute.press('Gebeld');
    expect(await substitute.text()).toContain('De poging is genoteerd.');

    await tap('Weer aanwezig');
    await openFolder(wally, number, 'open');
    expect(await wally.text()).toContain('Karim Bouzid neemt waar voor u.');
    await wally.press('Neem terug');
    expect(await wally.text()).toContain('U hebt de verwijzing terug.');
    await substitute.open(`${region.url}/worklist?folder=open`);
    expect([await rowOf(substitute, number).count(), await rowOf(substitute, fresh.number).count()]).toEqual([0, 1]);
  });

  test('a resident looks with the code that the practice gave on paper', async () => {
    const listed = await (await fetch(`${region.his}/${practice}/api/patients`)).json();
    const patient = (listed as { patients: Patient[] }).patients.find((one) => one.id === 'p1');
    const { number } = await refer(region, practice, 'p1', alone);
    const gp = await signedIn(true, 'vanleeuwen', '/practice');
    await gp.press(rowOf(gp, number).getByRole('link').first());
    await unfold(gp, 'Code voor de inwoner');
    await gp.press('Maak een code');
    const code = await gp.page.locator('p', { hasText: '/mijn' }).locator('strong').innerText();
    for (const script of [true, false]) {
      const resident = await arrive(script);
      await resident.open(`${region.url}/mijn`);
      await resident.page.locator('input[name=code]').fill(code);
      await resident.fill('Uw geboortedatum', patient?.birthDate ?? '');
      await resident.press('Kijk');
      expect(await resident.text()).toContain('Uw verwijzing is aangekomen.');
      expect(await resident.text()).toContain('Sanne Verhoeven');
      expect(await resident.text()).not.toContain(alone.reason);
    }
  });
});
