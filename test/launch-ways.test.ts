import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Patient } from '../demo/model.ts';
import { fullName } from '../demo/names.ts';
import { findChromium, openChromium, Person, readAxe, type Watch } from './doubles/browser.ts';
import { prepareService, type Service } from './doubles/service.ts';
import { localToday, logIn, tracesOf } from './doubles/walk.ts';

const program = findChromium();
const title = `referring from inside the GP system, in Chromium${program ? '' : ' (none is installed here)'}`;

/** What a GP does between the button and "sent": consent and reason are theirs to give, and are counted apart. */
interface Effort {
  clicks: number;
  fields: number;
  consentClicks: number;
  consentFields: number;
}

describe.skipIf(program === undefined)(title, { timeout: 120_000 }, () => {
  let service: Service;
  let browser: Browser;
  let watch: Watch;
  /** Without axe: the pages of these walks are judged once, with the card, and in tests of their own. */
  let quick: Watch;
  let gp: Person;
  let patients: Patient[];
  const practice = 'de-brink';

  beforeAll(async () => {
    service = prepareService({ LOG_LEVEL: 'warn' });
    const [opened, axe] = await Promise.all([openChromium(program ?? ''), readAxe(), service.start()]);
    browser = opened;
    watch = { origins: [service.url, service.his ?? ''], axe, findings: [], addresses: new Set() };
    quick = { ...watch, axe: undefined };
    const listed = await fetch(`${service.his}/${practice}/api/patients`);
    patients = ((await listed.json()) as { patients: Patient[] }).patients;
  });
  afterAll(async () => {
    await browser?.close();
    await service?.signal('SIGTERM');
    await service?.close();
  });
  afterEach(async () => {
    await gp?.leave();
    expect(watch.findings.splice(0)).toEqual([]);
  });

  const patientOf = (id: string): Patient => {
    const found = patients.find((one) => one.id === id);
    if (!found) throw new Error('no such patient');
    return found;
  };
  /** From the open refer page to sent, counting; the page must be filled in by the launch. */
  const sendOn = async (filled: boolean): Promise<Effort> => {
    const effort: Effort = { clicks: 0, fields: 0, consentClicks: 0, consentFields: 0 };
    const press = async (what: Locator | string) => {
      await gp.press(what);
      effort.clicks += 1;
    };
    await press('Nee');
    if (!filled) {
      for (const [label, value] of [
        [/^Achternaam/, 'Testdijk'],
        ['Geboortedatum', '14-03-1957'],
        [/^Telefoon mag/, '06-00009001'],
      ] as const) {
        await gp.fill(label, value);
        effort.fields += 1;
      }
      await gp.choose(/^gewoon: /i);
      effort.clicks += 1;
    }
    expect(
      await gp.page.locator('input:checked').evaluateAll((all) => all.map((one) => one.getAttribute('name'))),
    ).toEqual(['urgency']);
    await gp.fill(/^Waarom verwijst u\?/, 'Is gestopt met werk en mist een ritme.');
    await gp.fill('Op welke dag?', localToday());
    effort.consentFields += 2;
    for (const [label, group] of [
      [/^de inwoner$/i, 'Wie gaf toestemming?'],
      [/^mondeling$/i, undefined],
      [/^hoe het ging/i, undefined],
      [/^nee$/i, /medische code/],
    ] as const) {
      await gp.choose(label, group);
      effort.consentClicks += 1;
    }
    await press('Bekijk de verwijzing');
    await press('Versturen');
    expect(await gp.heading()).toBe('De verwijzing is vastgelegd');
    return effort;
  };
  const told: string[] = [];
  const say = (way: string, effort: Effort) => {
    told.push(
      `${way}: ${effort.clicks} clicks and ${effort.fields} typed fields after the button; consent and reason ${effort.consentClicks} choices and ${effort.consentFields} typed`,
    );
  };
  afterAll(() => {
    for (const line of told) process.stdout.write(`${line}\n`);
  });

  test.each([
    ['SMART (R4)', 'p1', true],
    ['SMART 1 (STU3)', 'p2', true],
    ['Ondertekende link', 'p3', true],
    ['card', 'p1', true],
    ['handle', 'p4', false],
  ] as const)('%s: the page opens filled, and it is three clicks to sent', async (way, id, signedIn) => {
    const patient = patientOf(id);
    gp = await Person.arrive(browser, way === 'card' ? watch : quick);
    if (!signedIn) {
      await gp.open(`${service.url}/practice`);
      await logIn(gp, 'vanleeuwen');
    }
    watch.addresses.clear();
    await gp.open(`${service.his}/${practice}/patients/${id}`);
    if (way === 'handle') await gp.press('Openen in Kortelijn');
    else if (way === 'card') await gp.press('Verwijs naar de Wally');
    else {
      await gp.page.locator('summary', { hasText: 'Andere manieren' }).click();
      await gp.press(way);
    }
    expect(new URL(gp.page.url()).pathname).toBe('/refer');
    expect(await gp.text()).toContain(fullName(patient));
    const effort = await sendOn(true);
    say(way, effort);
    expect(effort.clicks).toBeLessThanOrEqual(3);
    expect(effort.fields).toBe(0);
    const traces = tracesOf(patient, 'u');
    const said = [...watch.addresses].filter((one) => traces.some((trace) => trace.test(decodeURIComponent(one))));
    expect(said).toEqual([]);
  });

  test('a system that can do none of it: sign in, and fill in the form by hand', async () => {
    gp = await Person.arrive(browser, quick);
    await gp.open(`${service.his}/${practice}/patients/p5`);
    await gp.page.locator('summary', { hasText: 'Andere manieren' }).click();
    await gp.press(gp.link('Leeg formulier'));
    await logIn(gp, 'vanleeuwen');
    expect(new URL(gp.page.url()).pathname).toBe('/refer');
    say('deep link', await sendOn(false));
    await gp.open(`${service.url}/refer`);
    await gp.press(gp.link('Vraag het de Wally'));
    expect(new URL(gp.page.url()).pathname).toBe('/practice/questions');
  });

  test('what cannot be opened is a page that says what to do', async () => {
    gp = await Person.arrive(browser, watch);
    await gp.open(`${service.url}/launch?iss=https%3A%2F%2Felsewhere.example&launch=x`, 403);
    expect(await gp.text()).toContain('Wij kennen het systeem niet');
    expect(await gp.text()).toContain('Er is niets verstuurd');
  });
});
