import { randomUUID } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Patient } from '../demo/model.ts';
import { fullName, listName } from '../demo/names.ts';
import { findChromium, openChromium, Person, readAxe, type Watch } from './doubles/browser.ts';
import { prepareService, type Service } from './doubles/service.ts';
import {
  behave,
  fillGpForm,
  localToday,
  logIn,
  type Region,
  refer,
  rowOf,
  takeOn,
  tracesOf,
  writeReport,
} from './doubles/walk.ts';

const program = findChromium();
const title = `the pages, walked in Chromium${program ? '' : ' (none is installed here)'}`;
const lonely = { reason: 'Is sinds de verhuizing veel alleen.', lifeAreas: ['loneliness'] };

describe.skipIf(program === undefined)(title, { timeout: 150_000 }, () => {
  let service: Service;
  let region: Region;
  let browser: Browser;
  let watch: Watch;
  const people: Person[] = [];
  const patients = new Map<string, Patient[]>();

  beforeAll(async () => {
    service = prepareService({ LOG_LEVEL: 'warn' });
    const [opened, axe] = await Promise.all([openChromium(program ?? ''), readAxe(), service.start()]);
    browser = opened;
    region = { url: service.url, his: service.his ?? '' };
    watch = { origins: [region.url, region.his], axe, findings: [], addresses: new Set() };
    for (const practice of ['de-brink', 'zuidrand', 'aan-de-kade']) {
      const listed = await (await fetch(`${region.his}/${practice}/api/patients`)).json();
      patients.set(practice, (listed as { patients: Patient[] }).patients);
    }
  });
  afterAll(async () => {
    await browser?.close();
    await service?.signal('SIGTERM');
    await service?.close();
  });
  afterEach(async () => {
    for (const person of people.splice(0)) await person.leave();
    expect(watch.findings.splice(0)).toEqual([]);
  });

  const everyone = () => [...patients.values()].flat();
  const patientOf = (practice: string, id: string): Patient => {
    const found = patients.get(practice)?.find((one) => one.id === id);
    if (!found) throw new Error('no such patient');
    return found;
  };
  const arrive = async (script: boolean, locale = 'nl-NL') => {
    const person = await Person.arrive(browser, watch, { script, locale });
    people.push(person);
    return person;
  };
  const signedIn = async (script: boolean, username: string, path: string) => {
    const person = await arrive(script);
    await person.open(`${region.url}${path}`);
    await logIn(person, username);
    expect(new URL(person.page.url()).pathname).toBe(path);
    return person;
  };
  for (const script of [true, false]) {
    describe(script ? 'with script, at a desk' : 'without script, on a telephone', () => {
      test('a referral from the GP system reaches the Wally, and her answer the journal', async () => {
        const practice = script ? 'de-brink' : 'aan-de-kade';
        const name = script ? 'Huisartsenpraktijk Voorbeeldbrink' : 'Praktijk Voorbeeldkade';
        const patient = patientOf(practice, 'p1');
        await behave(region, { practice, files: false });

        const gp = await arrive(script);
        const callNow = gp.page.getByText('Bel nu. Stuur dit niet als verwijzing.');
        await gp.open(region.his);
        await gp.press(gp.link(name));
        await gp.press(gp.link(listName(patient)));
        await gp.press(gp.link('Verwijs naar Wally'));
        await gp.choose('Ja', 'Is er nu acuut gevaar?');
        await gp.inspect();
        expect(await callNow.isVisible()).toBe(true);
        expect(await gp.button('Verstuur').isVisible()).toBe(false);
        await gp.enter();
        expect(await callNow.isVisible()).toBe(true);
        await gp.press(gp.link('Terug naar het dossier'));
        await gp.press(gp.link('Verwijs naar Wally'));
        await gp.choose('Nee', 'Is er nu acuut gevaar?');
        expect(await callNow.isVisible()).toBe(false);
        await gp.inspect();
        await fillGpForm(gp, 'Is veel alleen.', 'Ik wil weer onder de mensen komen.');
        await gp.press('Verstuur');
        expect(await gp.text()).toMatch(/Sanne Verhoeven belt de patiënt vóór \p{L}+ \d+ \p{L}+\./u);
        expect(await gp.text()).toContain('Telefoonnummer van de Wally: 06-00001011');
        const number = await gp.page.locator('.promise .code').innerText();

        const wally = await arrive(script);
        await wally.open(`${region.url}/worklist`);
        expect(await wally.heading()).toBe('Inloggen');
        await wally.fill('Gebruikersnaam', 'sanne');
        await wally.fill('Wachtwoord', 'huisarts-demo');
        await wally.press('Inloggen', 401);
        expect(await wally.text()).toContain('De gebruikersnaam of het wachtwoord klopt niet.');
        await logIn(wally, 'sanne');
        await takeOn(wally, region, number);
        expect(await wally.text()).toContain('Ik wil weer onder de mensen komen.');

        await writeReport(wally, { firstLine: 'Mevrouw gaat naar de eettafel.', kind: 'Afsluiten' });
        await wally.press('Bekijk het bericht', 422);
        expect(await wally.text()).toContain('Kies een uitkomst bij: eenzaamheid en sociale contacten.');
        await wally.choose(/^Tussenbericht/);
        await wally.press('Bekijk het bericht');
        expect(await wally.heading()).toBe('Klopt dit bericht?');
        expect(await wally.page.locator('.letter').innerText()).toContain('Mevrouw gaat naar de eettafel.');
        await wally.press('Versturen');

        // Accepted by their application, not in the record: a GP system that files nothing by itself.
        const steps = wally.page.locator('.steps').first();
        await wally.until(steps.locator('.now', { hasText: 'bezorgd bij de praktijk' }));
        expect(await steps.locator('li').allTextContents()).toEqual([
          'verstuurd',
          'ontvangen',
          'bezorgd bij de praktijk',
          'in het dossier (nog niet)',
        ]);
        await gp.press(gp.page.getByRole('link', { name: /^Postvak/ }));
        await gp.select(/^Patiënt/, patient.id);
        await gp.press(gp.button('Archiveer').first());

        await behave(region, { practice, reset: true });
        await writeReport(wally, { firstLine: 'Mevrouw gaat elke donderdag naar de eettafel.', kind: 'Afsluiten' });
        await wally.select('eenzaamheid en sociale contacten', 'led-on');
        await wally.press('Bekijk het bericht');
        await wally.press('Versturen en afsluiten');
        await wally.until(steps.locator('.now', { hasText: 'in het dossier' }));
        expect(await wally.text()).toContain('Het bericht staat in het dossier van de huisarts.');
        await wally.open(`${region.url}/worklist?folder=done`);
        expect(await rowOf(wally, number).innerText()).toContain('afgesloten');

        await gp.open(`${region.his}/${practice}/patients/${patient.id}`);
        await gp.press(gp.link('Mevrouw gaat elke donderdag naar de eettafel.'));
        expect(await gp.text()).toContain('Dit is het laatste bericht: de Wally heeft de verwijzing afgesloten.');
        expect(await gp.text()).toContain('automatisch');
      });

      test('a practice refers on the page itself, takes it back, and sees who has what', async () => {
        const patient = patientOf('de-brink', script ? 'p5' : 'p7');
        const gp = await arrive(script);
        await gp.open(`${region.his}/de-brink/patients/${patient.id}`);
        await gp.press('Openen in Kortelijn');
        expect(await gp.heading()).toBe('Inloggen');
        await logIn(gp, 'vanleeuwen');
        expect(await gp.text()).toContain(fullName(patient));
        const answer = async () => {
          await gp.fill(/^Waarom verwijst u\?/, 'Is gestopt met werk en mist een ritme.');
          await gp.choose(/^gewoon: /i);
          await gp.choose(/^de inwoner$/i, 'Wie gaf toestemming?');
          await gp.choose(/^mondeling$/i);
          await gp.fill('Op welke dag?', localToday());
          await gp.choose(/^hoe het ging/i);
          await gp.choose(/^nee$/i, /medische code/);
          await gp.press('Bekijk de verwijzing');
          expect(await gp.heading()).toBe('Klopt deze verwijzing?');
          await gp.press('Versturen');
          expect(await gp.heading()).toBe('De verwijzing is vastgelegd');
          expect(await gp.text()).toContain('Sanne Verhoeven');
          return gp.page.locator('dd', { hasText: /^KL-/ }).innerText();
        };
        await gp.press('Nee');
        expect(await gp.text()).toContain(fullName(patient));
        const handedOver = await answer();
        await gp.press(gp.link('Briefje voor de inwoner'));
        expect(await gp.heading()).toBe('De Wally belt u');

        await gp.press(gp.link('Verwijzen'));
        await gp.press('Ja');
        expect(await gp.heading()).toBe('Bel nu');
        await gp.press(gp.link('Verwijzen'));
        await gp.press('Nee');
        await gp.fill(/^Achternaam/, 'Testdijk');
        await gp.fill('Geboortedatum', '14-03-1957');
        await gp.fill(/^Telefoon mag/, '06-00009001');
        const typed = await answer();
        await gp.press('Terugnemen');
        expect(await gp.heading()).toBe('Deze verwijzing loopt niet meer');
        expect(await gp.text()).toContain('de Wally heeft niets gezien');

        await gp.press(gp.link('Onze verwijzingen'));
        expect(await rowOf(gp, typed).innerText()).toContain('teruggenomen');
        const own = rowOf(gp, handedOver);
        expect(await own.innerText()).toMatch(/nog niet geopend[\s\S]*Sanne Verhoeven/);
        await gp.press(own.getByRole('link').first());
        expect(await gp.text()).toContain('Bij wie is het nu');
        await gp.press('Terugnemen');
        expect(await gp.text()).toContain('De verwijzing is teruggenomen. De Wally heeft niets gezien.');
      });

      test('a team lead registers sickness in one tap; nobody present is an alarm; then everyone is back', async () => {
        const lead = await signedIn(script, 'marijke', '/team');
        const tap = (act: string, name: string) =>
          lead.press(lead.page.getByRole('button', { name: new RegExp(`^${act}.*${name}$`) }));

        await tap('Ziek vandaag', 'Sanne Verhoeven');
        expect(await lead.text()).toContain('De afwezigheid is bijgewerkt.');
        const { who } = await refer(region, 'de-brink', script ? 'p2' : 'p8', { gp: 'gp-vanleeuwen', ...lonely });
        expect(who).toBe('Karim Bouzid');
        await tap('Ziek vandaag', 'Karim Bouzid');
        const unowned = await refer(region, 'de-brink', 'p4', { gp: 'gp-vanleeuwen', ...lonely });
        expect(unowned.who).toBeUndefined();
        expect(unowned.said).toContain('teamleider');
        const alarm = lead.page.locator('.alarms > li', { hasText: unowned.number });
        const give = rowOf(lead, unowned.number).getByRole('button', { name: /^Geef aan Joost ter Braak/ });
        await lead.until(give);
        expect(await alarm.innerText()).toContain('Niemand aanwezig');
        await lead.press(give);
        expect(await lead.text()).toContain('De verwijzing is toegewezen.');
        expect(await alarm.count()).toBe(0);
        await lead.until(rowOf(lead, unowned.number).getByText('Bij: Joost ter Braak'));
        await tap('Weer aanwezig', 'Karim Bouzid');
        await tap('Weer aanwezig', 'Sanne Verhoeven');
        expect(await lead.page.locator('.presence.absent').count()).toBe(0);
      });

      test('an administrator sees what is stuck, why, and mends it without seeing a patient', async () => {
        const practice = 'de-brink';
        const { number } = await refer(region, practice, script ? 'p5' : 'p3', { gp: 'gp-vanleeuwen', ...lonely });
        await behave(region, { practice, mode: 'reject' });
        const wally = await signedIn(script, 'sanne', '/worklist');
        await takeOn(wally, region, number);
        await writeReport(wally, { firstLine: 'Wij gaan samen naar de wandelgroep.', kind: 'Tussenbericht' });
        await wally.press('Bekijk het bericht');
        await wally.press('Versturen');
        await wally.until(wally.page.locator('.fate.held'));
        expect(await wally.page.locator('.steps .now').innerText()).toBe('verstuurd');

        const administrator = await signedIn(script, 'beheer', '/admin');
        const stuck = administrator.page.locator('.delivery', { hasText: number });
        expect(await stuck.innerText()).toContain('Het systeem van de ontvanger heeft het bericht geweigerd.');
        const seen = [await administrator.page.content()];
        await behave(region, { practice, reset: true });
        await administrator.press(stuck.getByRole('button', { name: /^Nu opnieuw proberen/ }));
        expect(await administrator.text()).toContain('Het bericht wordt nu opnieuw geprobeerd.');
        seen.push(await administrator.page.content());
        await administrator.open(`${region.url}/admin?state=landed&destination=practice:${practice}`);
        await administrator.until(stuck);
        seen.push(await administrator.page.content());
        for (const trace of everyone().flatMap((one) => tracesOf(one, 'u'))) expect(seen.join()).not.toMatch(trace);

        await wally.until(wally.page.locator('.steps .now', { hasText: 'in het dossier' }));
      });

      test('who signs out is out', async () => {
        const person = await signedIn(script, 'osinga', '/practice');
        await person.press('Uitloggen');
        expect(await person.heading()).toBe('U bent uitgelogd');
        await person.open(`${region.url}/practice`);
        expect(await person.heading()).toBe('Inloggen');
      });
    });
  }

  test('a reader of English gets English', async () => {
    const person = await arrive(true, 'en-GB');
    await person.open(`${region.url}/worklist`);
    expect(await person.heading()).toBe('Sign in');
    await person.open(`${region.url}/${randomUUID()}`, 404);
    expect(await person.heading()).toBe('This page is not here');
  });

  test('every page answers HEAD as it answers GET; style and script are sent again only when they changed', async () => {
    const wally = await signedIn(false, 'sanne', '/worklist');
    const stranger = await arrive(false);
    const options = { maxRedirects: 0, failOnStatusCode: false };
    for (const [person, ...paths] of [
      [wally, '/worklist', '/worklist/questions', '/worklist/new', '/worklist/calls', '/worklist/nowhere', '/team'],
      [stranger, '/login', '/nowhere', '/worklist', '/refer', '/mijn', '/link/case'],
    ] as const) {
      for (const path of paths) {
        const { request } = person.page.context();
        const got = await request.get(`${region.url}${path}`, options);
        const head = await request.head(`${region.url}${path}`, options);
        expect([path, head.status(), (await head.body()).length]).toEqual([path, got.status(), 0]);
        for (const answer of [got, head]) {
          const policy = answer.headers()['content-security-policy'];
          expect(policy, path).toContain("default-src 'none'");
          expect(policy, path).not.toContain('unsafe');
        }
      }
    }
    for (const asset of ['/assets/kortelijn.css', '/assets/kortelijn.js', '/assets/icon.svg']) {
      const { request } = stranger.page.context();
      const first = await request.get(`${region.url}${asset}`, options);
      const headers = { 'if-none-match': first.headers().etag ?? '' };
      const again = await request.get(`${region.url}${asset}`, { ...options, headers });
      expect([first.status(), again.status()]).toEqual([200, 304]);
    }
  });

  for (const script of [true, false]) {
    test(`the inspection itself finds what is wrong ${script ? 'at a desk' : 'on a telephone'}`, async () => {
      const person = await arrive(script);
      await person.open(`${region.url}/login`);
      await person.page.evaluate("document.querySelector('main').innerHTML = '<img src=/assets/icon.svg width=1300>'");
      await person.inspect();
      expect(watch.findings.splice(0).join()).toMatch(script ? /px too wide.*image-alt/ : /px too wide/);
    });
  }

  test('no address that was asked for names a patient', () => {
    expect(watch.addresses.size).toBeGreaterThan(30);
    const traces = everyone()
      .flatMap((one) => tracesOf(one, 'iu'))
      .filter(({ source }) => !source.includes('Brink'));
    traces.push(/Testdijk/i, /1957/);
    // Ids, tokens and ports are chance: four digits of a year turn up in them sooner or later.
    const readable = (address: string) => decodeURIComponent(address).replaceAll(/:\d+\/|[\w-]{16,}/g, '…');
    for (const address of watch.addresses) for (const trace of traces) expect(readable(address)).not.toMatch(trace);
  });
});
