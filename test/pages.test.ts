import { randomUUID } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Patient } from '../demo/model.ts';
import { dutchDate, fullName, listName } from '../demo/names.ts';
import accounts from '../fixtures/region/accounts.json' with { type: 'json' };
import {
  findChromium,
  openChromium,
  Person,
  type RunningService,
  readAxe,
  startService,
  type Watch,
} from './doubles/browser.ts';

const program = findChromium();
const title = 'the pages, walked in Chromium';
const today = () => new Date().toLocaleDateString('sv-SE', { timeZone: 'Europe/Amsterdam' });

describe.skipIf(program === undefined)(
  program ? title : `${title} (no Chromium is installed here)`,
  { timeout: 60_000 },
  () => {
    let service: RunningService;
    let browser: Browser;
    let watch: Watch;
    const people: Person[] = [];
    const patients = new Map<string, Patient[]>();

    beforeAll(async () => {
      const [started, opened, axe] = await Promise.all([startService(), openChromium(program ?? ''), readAxe()]);
      service = started;
      browser = opened;
      watch = { origins: [service.url, service.his], axe, findings: [], addresses: new Set() };
      for (const practice of ['de-brink', 'zuidrand', 'aan-de-kade']) {
        const listed = (await (await fetch(`${service.his}/${practice}/api/patients`)).json()) as {
          patients: Patient[];
        };
        patients.set(practice, listed.patients);
      }
    });
    afterAll(async () => {
      await browser?.close();
      await service?.stop();
    });
    afterEach(async () => {
      for (const person of people.splice(0)) await person.leave();
      expect(watch.findings.splice(0)).toEqual([]);
    });

    const patientOf = (practice: string, nth: number): Patient => {
      const found = patients.get(practice)?.find((one) => one.id === `p${nth}`);
      if (!found) throw new Error('no such patient');
      return found;
    };
    const arrive = async (script: boolean, locale = 'nl-NL') => {
      const person = await Person.arrive(browser, watch, { script, locale });
      people.push(person);
      return person;
    };
    /** Types name and password into the log-in form that is open. */
    const logIn = async (person: Person, username: string) => {
      await person.fill('Gebruikersnaam', username);
      await person.fill('Wachtwoord', accounts.find((one) => one.username === username)?.password ?? '');
      await person.press('Inloggen');
    };
    const signedIn = async (script: boolean, username: string, path: string) => {
      const person = await arrive(script);
      await person.open(`${service.url}${path}`);
      await logIn(person, username);
      expect(new URL(person.page.url()).pathname).toBe(path);
      return person;
    };
    const post = async <T>(path: string, body: object): Promise<T> => {
      const response = await fetch(`${service.his}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return (await response.json()) as T;
    };
    /** A referral from the GP system's own side; gives its number at Kortelijn, and what was promised. */
    const refer = async (practice: string, nth: number, gp: string) => {
      const { promised } = await post<{ promised: { number: string; who?: string; said?: string } }>(
        `/${practice}/api/patients/p${nth}/refer`,
        {
          gp,
          reason: 'Is sinds de verhuizing veel alleen.',
          lifeAreas: ['loneliness'],
          consent: { by: 'resident', how: 'spoken', feedback: true },
        },
      );
      return promised;
    };
    const behave = (change: object) => post('/api/switches', change);
    const rowOf = (person: Person, number: string) => person.page.locator('.referral', { hasText: number });
    /** On the Wally's worklist: waits for the referral under new, opens it and takes it on. */
    const take = async (wally: Person, number: string) => {
      await wally.open(`${service.url}/worklist`);
      await wally.until(rowOf(wally, number));
      await wally.press(rowOf(wally, number).getByRole('link'));
      await wally.press('Aannemen');
      expect(await wally.text()).toContain('U hebt de verwijzing aangenomen.');
    };
    /** Fills in the report form, down to the kind of message. */
    const writeReport = async (wally: Person, firstLine: string, kind: 'Tussenbericht' | 'Afsluiten') => {
      await wally.press(wally.link('Terugkoppelen'));
      await wally.choose('Ja, gesproken');
      await wally.fill('Op welke dag?', today());
      await wally.fill(/^Eerste regel/, firstLine);
      await wally.choose(/^De inwoner is het ermee eens/);
      await wally.choose(new RegExp(`^${kind}`));
    };
    const chooseOutcome = (wally: Person) =>
      wally.page.getByLabel('eenzaamheid en sociale contacten').selectOption('led-on');

    for (const script of [true, false]) {
      describe(script ? 'with script, at a desk' : 'without script, on a telephone', () => {
        const shift = script ? 0 : 1;

        test('a referral from the GP system reaches the Wally, and her answer the journal', async () => {
          const practice = script ? 'de-brink' : 'aan-de-kade';
          const name = script ? 'Huisartsenpraktijk Voorbeeldbrink' : 'Praktijk Voorbeeldkade';
          const patient = patientOf(practice, 1);
          await behave({ practice, files: false });

          const gp = await arrive(script);
          await gp.open(service.his);
          await gp.press(gp.link(name));
          await gp.press(gp.link(listName(patient)));
          await gp.press(gp.link('Verwijs naar Wally'));
          await gp.choose('Ja', 'Is er nu acuut gevaar?');
          await gp.inspect();
          expect(await gp.page.getByText('Bel nu. Stuur dit niet als verwijzing.').isVisible()).toBe(true);
          expect(await gp.button('Verstuur').isVisible()).toBe(false);
          await gp.choose('Nee', 'Is er nu acuut gevaar?');
          expect(await gp.page.getByText('Bel nu. Stuur dit niet als verwijzing.').isVisible()).toBe(false);
          await gp.inspect();
          await gp.fill('Reden', 'Is veel alleen.');
          await gp.fill('Vraag van de patiënt, in eigen woorden', 'Ik wil weer onder de mensen komen.');
          await gp.choose('Eenzaamheid en contacten');
          await gp.choose('Patiënt zelf');
          await gp.choose('Mondeling');
          await gp.choose('Ja, met uitleg');
          await gp.press('Verstuur');
          expect(await gp.text()).toMatch(/Sanne Verhoeven belt de patiënt vóór \p{L}+ \d+ \p{L}+\./u);
          expect(await gp.text()).toContain('Telefoonnummer van de Wally: 06-00001011');
          const number = await gp.page.locator('.promise .code').innerText();

          const wally = await arrive(script);
          await wally.open(`${service.url}/worklist`);
          expect(await wally.heading()).toBe('Inloggen');
          await wally.fill('Gebruikersnaam', 'sanne');
          await wally.fill('Wachtwoord', 'huisarts-demo');
          await wally.press('Inloggen', 401);
          expect(await wally.text()).toContain('De gebruikersnaam of het wachtwoord klopt niet.');
          await logIn(wally, 'sanne');
          await take(wally, number);
          expect(await wally.text()).toContain('Ik wil weer onder de mensen komen.');

          await writeReport(wally, 'Mevrouw gaat naar de eettafel.', 'Afsluiten');
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
          await gp.page.getByLabel('Patiënt').first().selectOption(patient.id);
          await gp.press(gp.button('Archiveer').first());

          await behave({ practice, reset: true });
          await writeReport(wally, 'Mevrouw gaat elke donderdag naar de eettafel.', 'Afsluiten');
          await chooseOutcome(wally);
          await wally.press('Bekijk het bericht');
          await wally.press('Versturen en afsluiten');
          await wally.until(steps.locator('.now', { hasText: 'in het dossier' }));
          expect(await wally.text()).toContain('Het bericht staat in het dossier van de huisarts.');
          await wally.open(`${service.url}/worklist?folder=done`);
          expect(await rowOf(wally, number).innerText()).toContain('afgesloten');

          await gp.open(`${service.his}/${practice}/patients/${patient.id}`);
          await gp.press(gp.link('Mevrouw gaat elke donderdag naar de eettafel.'));
          expect(await gp.text()).toContain('Dit is het laatste bericht: de Wally heeft de verwijzing afgesloten.');
          expect(await gp.text()).toContain('automatisch');
        });

        test('a practice refers on the page itself, takes it back, and sees who has what', async () => {
          const patient = patientOf('de-brink', 5 + 2 * shift);
          const gp = await arrive(script);
          await gp.open(`${service.his}/de-brink/patients/${patient.id}`);
          await gp.press('Openen in Kortelijn');
          expect(await gp.heading()).toBe('Inloggen');
          await logIn(gp, 'vanleeuwen');
          expect(await gp.text()).toContain(fullName(patient));
          const answer = async () => {
            await gp.fill(/^Waarom verwijst u\?/, 'Is gestopt met werk en mist een ritme.');
            await gp.choose(/^gewoon: /i);
            await gp.choose(/^de inwoner$/i, 'Wie gaf toestemming?');
            await gp.choose(/^mondeling$/i);
            await gp.fill('Op welke dag?', today());
            await gp.choose(/^hoe het ging/i);
            await gp.choose(/^nee$/i, /medische code/);
            await gp.press('Bekijk de verwijzing');
            expect(await gp.heading()).toBe('Klopt deze verwijzing?');
            await gp.press('Versturen');
            expect(await gp.heading()).toBe('De verwijzing is vastgelegd');
            expect(await gp.text()).toContain('Sanne Verhoeven');
          };
          await gp.choose('Nee');
          await gp.press('Verder');
          expect(await gp.page.locator('main').innerText()).toContain(fullName(patient));
          await answer();
          await gp.press(gp.link('Briefje voor de inwoner'));
          expect(await gp.heading()).toBe('De Wally belt u');

          await gp.press(gp.link('Verwijzen'));
          await gp.choose('Ja');
          await gp.press('Verder');
          expect(await gp.heading()).toBe('Bel nu');
          await gp.press(gp.link('Verwijzen'));
          await gp.press('Verder', 422);
          await gp.choose('Nee');
          await gp.press('Verder');
          await gp.fill(/^Achternaam/, 'Testdijk');
          await gp.fill('Geboortedatum', '14-03-1957');
          await gp.fill('Telefoon', '06-00009001');
          await answer();
          const number = await gp.page.locator('dd', { hasText: /^KL-/ }).innerText();
          await gp.press('Terugnemen');
          expect(await gp.heading()).toBe('Deze verwijzing loopt niet meer');
          expect(await gp.text()).toContain('de Wally heeft niets gezien');

          await gp.press(gp.link('Onze verwijzingen'));
          expect(await rowOf(gp, number).innerText()).toContain('teruggenomen');
          const own = gp.page.locator('.referral', { hasText: patient.ownName }).first();
          expect(await own.innerText()).toMatch(/nog niet geopend[\s\S]*Sanne Verhoeven/);
          await gp.press(own.getByRole('link').first());
          expect(await gp.text()).toContain('Bij wie is het nu');
          await gp.press('Terugnemen');
          expect(await gp.text()).toContain('De verwijzing is teruggenomen. De Wally heeft haar niet gezien.');
        });

        test('a team lead registers sickness in one tap; nobody present is an alarm; then everyone is back', async () => {
          const lead = await signedIn(script, 'marijke', '/team');
          const tap = (act: string, name: string) =>
            lead.press(lead.page.getByRole('button', { name: new RegExp(`^${act}.*${name}$`) }));
          const sick = (name: string) => tap('Ziek vandaag', name);
          const back = (name: string) => tap('Weer aanwezig', name);
          await sick('Sanne Verhoeven');
          expect(await lead.text()).toContain('De afwezigheid is bijgewerkt.');
          expect((await refer('de-brink', 2 + 6 * shift, 'gp-vanleeuwen')).who).toBe('Karim Bouzid');
          await sick('Karim Bouzid');
          const unowned = await refer('de-brink', 4, 'gp-vanleeuwen');
          expect(unowned.who).toBeUndefined();
          expect(unowned.said).toContain('teamleider');
          const alarm = lead.page.locator('.alarms > li', { hasText: unowned.number });
          await lead.until(alarm);
          expect(await alarm.innerText()).toContain('Niemand aanwezig');
          await lead.press(rowOf(lead, unowned.number).getByRole('button', { name: /^Geef aan Joost ter Braak/ }));
          expect(await lead.text()).toContain('De verwijzing is toegewezen.');
          expect(await alarm.count()).toBe(0);
          await lead.until(rowOf(lead, unowned.number).getByText('Van: Joost ter Braak'));
          await back('Karim Bouzid');
          await back('Sanne Verhoeven');
          expect(await lead.page.locator('.presence.absent').count()).toBe(0);
        });

        test('an administrator sees what is stuck, why, and mends it without seeing a patient', async () => {
          const practice = 'aan-de-kade';
          const { number } = await refer(practice, 2 + shift, 'gp-blaak');
          await behave({ practice, mode: 'reject' });
          const wally = await signedIn(script, 'sanne', '/worklist');
          await take(wally, number);
          await writeReport(wally, 'Wij gaan samen naar de wandelgroep.', 'Tussenbericht');
          await wally.press('Bekijk het bericht');
          await wally.press('Versturen');
          await wally.until(wally.page.locator('.fate.held'));
          expect(await wally.page.locator('.steps .now').innerText()).toBe('verstuurd');

          const administrator = await signedIn(script, 'beheer', '/admin');
          const stuck = administrator.page.locator('.delivery', { hasText: number });
          expect(await stuck.innerText()).toContain('Het systeem van de ontvanger heeft het bericht geweigerd.');
          const seen = [await administrator.page.content()];
          await behave({ practice, reset: true });
          await administrator.press(stuck.getByRole('button', { name: /^Nu opnieuw proberen/ }));
          expect(await administrator.text()).toContain('Het bericht wordt nu opnieuw geprobeerd.');
          seen.push(await administrator.page.content());
          await administrator.open(`${service.url}/admin?state=landed&destination=practice:${practice}`);
          await administrator.until(stuck);
          seen.push(await administrator.page.content());
          for (const patient of [...patients.values()].flat()) {
            const { bsn, birthDate, ownName, partnerName, callName } = patient;
            for (const one of [bsn, birthDate, dutchDate(birthDate), ownName, partnerName, callName])
              if (one) expect(seen.join()).not.toMatch(new RegExp(`(?<!\\p{L})${one}(?!\\p{L})`, 'u'));
          }
          await wally.until(wally.page.locator('.steps .now', { hasText: 'in het dossier' }));
        });

        test('who signs out is out', async () => {
          const person = await signedIn(script, 'osinga', '/practice');
          await person.press('Uitloggen');
          expect(await person.heading()).toBe('U bent uitgelogd');
          await person.open(`${service.url}/practice`);
          expect(await person.heading()).toBe('Inloggen');
        });
      });
    }

    test('a reader of English gets English', async () => {
      const person = await arrive(true, 'en-GB');
      await person.open(`${service.url}/worklist`);
      expect(await person.heading()).toBe('Sign in');
      await person.open(`${service.url}/${randomUUID()}`, 404);
      expect(await person.heading()).toBe('This page is not here');
    });

    for (const script of [true, false]) {
      test(`the inspection itself finds what is wrong ${script ? 'at a desk' : 'on a telephone'}`, async () => {
        const person = await arrive(script);
        await person.open(`${service.url}/login`);
        await person.page.evaluate(
          "document.querySelector('main').innerHTML = '<img src=/assets/icon.svg width=1300>'",
        );
        await person.inspect();
        expect(watch.findings.splice(0).join()).toMatch(script ? /px too wide.*image-alt/ : /px too wide/);
      });
    }

    test('no address that was asked for names a patient', () => {
      expect(watch.addresses.size).toBeGreaterThan(30);
      const names = [...patients.values()].flat().flatMap(({ bsn, birthDate, ownName, partnerName, callName }) => {
        return [bsn, birthDate, dutchDate(birthDate), ownName, partnerName, callName, 'Testdijk'];
      });
      for (const address of watch.addresses) {
        for (const name of names.filter((one) => one !== undefined && one.length > 4))
          expect(decodeURIComponent(address).replace('/de-brink', '')).not.toMatch(
            new RegExp(`(?<!\\p{L})${name}(?!\\p{L})`, 'iu'),
          );
      }
    });
  },
);
