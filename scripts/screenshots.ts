// npm run screenshots: a believable week in the invented region, and the pictures of it that README.md shows.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { findChromium, openChromium, Person, type RunningService, startService } from '../test/doubles/browser.ts';

const folder = fileURLToPath(new URL('../docs/images/', import.meta.url));
const heightMax = 1100;

const consent = { by: 'resident', how: 'spoken', medical: false, feedback: true };

/** Sends a referral from a practice's GP system, as its refer form does; gives its number at Kortelijn. */
async function refer(his: string, practice: string, patient: string, request: object): Promise<string> {
  const response = await fetch(`${his}/${practice}/api/patients/${patient}/refer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ consent, ...request }),
  });
  const answer = (await response.json()) as { promised?: { number?: string }; sentences: { text: string }[] };
  const number = answer.promised?.number;
  if (!number) throw new Error(`refused: ${answer.sentences.map((one) => one.text).join(' ')}`);
  return number;
}

async function behave(his: string, change: object): Promise<void> {
  const response = await fetch(`${his}/api/switches`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(change),
  });
  await response.body?.cancel();
}

async function signIn(person: Person, service: RunningService, username: string, password: string): Promise<void> {
  await person.open(`${service.url}/login`);
  await person.fill('Gebruikersnaam', username);
  await person.fill('Wachtwoord', password);
  await person.press('Inloggen');
}

/** Opens a referral of the signed-in Wally by its number. */
async function openReferral(wally: Person, service: RunningService, number: string): Promise<void> {
  await wally.open(`${service.url}/worklist`);
  const row = wally.page.locator('.referral', { hasText: number });
  await wally.until(row);
  await wally.press(row.getByRole('link'));
}

interface Report {
  readonly firstLine: string;
  readonly plan: string;
  readonly outcomes?: Readonly<Record<string, string>>;
  readonly appointment?: { readonly on: string; readonly at: string; readonly place: string };
  readonly final: boolean;
}

/** From an accepted referral to the preview of its message. */
async function preview(wally: Person, said: Report): Promise<void> {
  await wally.press(wally.link('Terugkoppelen'));
  await wally.choose('Ja, gesproken');
  await wally.fill('Op welke dag?', new Date().toLocaleDateString('sv-SE', { timeZone: 'Europe/Amsterdam' }));
  await wally.fill('Eerste regel: het antwoord aan de huisarts', said.firstLine);
  await wally.fill('Afgesproken met de inwoner', said.plan);
  if (said.appointment) {
    await wally.fill('Dag', said.appointment.on);
    await wally.fill('Tijd', said.appointment.at);
    await wally.fill('Plaats', said.appointment.place);
  }
  for (const [area, outcome] of Object.entries(said.outcomes ?? {}))
    await wally.page.getByLabel(area, { exact: true }).selectOption(outcome);
  await wally.choose('De inwoner is het ermee eens dat dit naar de huisarts gaat');
  await wally.page.getByLabel(said.final ? 'Afsluiten' : 'Tussenbericht').check();
  await wally.press('Bekijk het bericht');
}

async function take(person: Person, name: string, width = 1200): Promise<void> {
  const { page } = person;
  await page.setViewportSize({ width, height: 600 });
  await page.evaluate('document.activeElement?.blur(), scrollTo(0, 0)');
  const height = Number(await page.evaluate('document.documentElement.scrollHeight'));
  await page.screenshot({
    path: `${folder}${name}.png`,
    fullPage: true,
    clip: { x: 0, y: 0, width, height: Math.min(height, heightMax) },
  });
}

async function play(browser: Browser, service: RunningService): Promise<void> {
  const { url, his } = service;
  const findings: string[] = [];
  const watch = { origins: [url, his], axe: undefined, findings, addresses: new Set<string>() };
  const arrive = async (username: string, password: string) => {
    const person = await Person.arrive(browser, watch);
    await signIn(person, service, username, password);
    return person;
  };

  const annie = await refer(his, 'de-brink', 'p1', {
    gp: 'gp-vanleeuwen',
    reason: 'Is veel alleen sinds haar man is overleden. Komt weinig buiten.',
    question: 'Ik wil weer onder de mensen komen.',
    lifeAreas: ['loneliness', 'meaning'],
    episode: 'e2',
  });
  const ahmed = await refer(his, 'de-brink', 'p2', {
    gp: 'gp-vanleeuwen',
    reason: 'Durft de post niet meer open te maken. Ligt wakker van rekeningen.',
    question: 'Wie helpt mij met mijn brieven?',
    lifeAreas: ['debts'],
    episode: 'e1',
  });
  const daan = await refer(his, 'de-brink', 'p5', {
    gp: 'gp-vanleeuwen',
    reason: 'Gestopt met school. Zit veel op zijn kamer.',
    question: 'Ik wil iets te doen hebben.',
    lifeAreas: ['work'],
  });
  const samira = await refer(his, 'de-brink', 'p3', {
    gp: 'gp-vanleeuwen',
    reason: 'Er is veel spanning thuis. Er is nu geen gevaar.',
    question: 'Ik wil met iemand praten die mij niet kent.',
    lifeAreas: ['relations', 'housing'],
    contact: {
      phone: '06 0010 99 12',
      times: 'werkdagen tussen 10 en 12 uur',
      noVoicemail: true,
      noLetters: true,
      unsafe: true,
    },
  });
  await refer(his, 'de-brink', 'p4', {
    gp: 'gp-vanleeuwen',
    reason: 'Koken en boodschappen lukken niet meer. Dochter woont ver weg.',
    question: 'Ik wil in mijn eigen huis blijven.',
    lifeAreas: ['daily-life'],
    priority: 'urgent',
  });
  const mien = await refer(his, 'aan-de-kade', 'p1', {
    reason: 'Mist haar man. Zoekt aanspraak in de buurt.',
    lifeAreas: ['meaning'],
  });
  const truus = await refer(his, 'zuidrand', 'p1', {
    reason: 'Wil graag iets doen voor een ander.',
    question: 'Kan ik ergens helpen?',
    lifeAreas: ['loneliness'],
  });

  const sanne = await arrive('sanne', 'wally-demo');
  const accept = async (wally: Person, number: string) => {
    await openReferral(wally, service, number);
    await wally.press('Aannemen');
  };
  const landed = (wally: Person) => wally.until(wally.page.locator('strong.fate.filed'));
  await accept(sanne, annie);
  await preview(sanne, {
    firstLine: 'Mevrouw gaat elke donderdag naar de eettafel in het buurthuis.',
    plan: 'Ik ga de eerste keer mee. Daarna haalt een buurvrouw haar op.',
    outcomes: { 'eenzaamheid en sociale contacten': 'led-on', 'zingeving en verlies': 'helped' },
    final: true,
  });
  await sanne.press('Versturen en afsluiten');
  await landed(sanne);
  await accept(sanne, ahmed);
  await preview(sanne, {
    firstLine: 'Wij hebben de post samen op een rij gezet. Er is nog geen betalingsregeling.',
    plan: 'Meneer verzamelt zijn loonstroken. Ik bel de gemeente over hulp bij schulden.',
    appointment: { on: '2030-01-08', at: '10:30', place: 'buurthuis' },
    final: false,
  });
  await sanne.press('Versturen');
  await landed(sanne);

  // A GP system that refuses, and one that is out: what the administrator is there for.
  const joost = await arrive('joost', 'wally-demo');
  await behave(his, { practice: 'zuidrand', mode: 'reject' });
  await accept(joost, truus);
  await preview(joost, {
    firstLine: 'Mevrouw kookt nu mee in het buurthuis.',
    plan: '',
    outcomes: { 'eenzaamheid en sociale contacten': 'led-on' },
    final: true,
  });
  await joost.press('Versturen en afsluiten');
  await joost.until(joost.page.locator('strong.fate.held'));
  await behave(his, { practice: 'aan-de-kade', mode: 'down' });
  await accept(sanne, mien);
  await preview(sanne, {
    firstLine: 'Ik heb mevrouw gesproken. Wij gaan samen kijken bij de wandelgroep.',
    plan: '',
    final: false,
  });
  await sanne.press('Versturen');

  await accept(sanne, daan);
  await sanne.open(`${url}/worklist?folder=new`);
  await take(sanne, 'worklist');
  await take(sanne, 'phone', 390);
  await openReferral(sanne, service, samira);
  await take(sanne, 'referral');
  await sanne.open(`${url}/worklist?folder=open`);
  await sanne.press(sanne.page.locator('.referral', { hasText: daan }).getByRole('link'));
  await preview(sanne, {
    firstLine: 'Daan begint maandag met een proefweek in de fietsenwerkplaats.',
    plan: 'Hij gaat drie ochtenden per week. Wij kijken samen of hij weer naar school wil.',
    appointment: { on: '2030-01-09', at: '14:00', place: 'fietsenwerkplaats' },
    final: false,
  });
  await take(sanne, 'report-preview');

  const practice = await arrive('vanleeuwen', 'huisarts-demo');
  await practice.open(`${url}/practice`);
  await take(practice, 'practice');
  await practice.open(`${his}/de-brink/patients/p1`);
  await take(practice, 'his-record');
  await practice.open(`${his}/de-brink/patients/p8`);
  await practice.press('Openen in Kortelijn');
  await practice.choose('Nee');
  await practice.press('Verder');
  await take(practice, 'refer');

  const lead = await arrive('marijke', 'teamleider-demo');
  for (const name of ['Joost ter Braak', 'Karim Bouzid'])
    await lead.press(lead.page.getByRole('button', { name: new RegExp(`^Ziek vandaag.*${name}`) }));
  await refer(his, 'zuidrand', 'p8', { reason: 'Zit thuis zonder werk en mist een ritme.', lifeAreas: ['work'] });
  await lead.until(lead.page.locator('.alarms'));
  await take(lead, 'team');

  const administrator = await arrive('beheer', 'beheer-demo');
  await take(administrator, 'admin');

  const stranger = await Person.arrive(browser, watch);
  await stranger.open(`${url}/login`);
  await take(stranger, 'login');
  if (findings.length > 0) throw new Error(findings.join('\n'));
}

const program = findChromium();
if (!program) throw new Error('no Chromium is installed here');
await mkdir(folder, { recursive: true });
const service = await startService();
const browser = await openChromium(program);
try {
  await play(browser, service);
} finally {
  await browser.close();
  await service.stop();
}
