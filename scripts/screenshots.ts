// npm run screenshots: a believable week in the invented region, and the pictures of it that README.md and docs/ show.
// npm run screenshots -- figures link: only those pictures are kept; the week is the same.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import type { Patient } from '../demo/model.ts';
import { addWorkingDays } from '../src/referral/deadlines.ts';
import { findChromium, openChromium, Person, type Watch } from '../test/doubles/browser.ts';
import { prepareService } from '../test/doubles/service.ts';
import {
  behave,
  localToday,
  logIn,
  openNew,
  type Region,
  type Report,
  refer,
  rowOf,
  takeOn,
  writeReport,
} from '../test/doubles/walk.ts';

const folder = fileURLToPath(new URL('../docs/images/', import.meta.url));

const only = process.argv.slice(2);

async function take(person: Person, name: string, width = 1200, heightMax = 1_000): Promise<void> {
  if (only.length > 0 && !only.includes(name)) return;
  const { page } = person;
  await page.setViewportSize({ width, height: 400 });
  await page.evaluate('document.activeElement?.blur(), scrollTo(0, 0)');
  const height = Number(await page.evaluate('document.documentElement.scrollHeight'));
  await page.screenshot({
    path: `${folder}${name}.png`,
    fullPage: true,
    clip: { x: 0, y: 0, width, height: Math.min(height, heightMax) },
  });
}

/** The state of the pictures: referrals of three practices, at every stage. Gives their numbers. */
async function fill(region: Region) {
  const gp = 'gp-vanleeuwen';
  const brink = (patient: string, request: object) => refer(region, 'de-brink', patient, { gp, ...request });
  const annie = await brink('p1', {
    reason: 'Is veel alleen sinds haar man is overleden. Komt weinig buiten.',
    question: 'Ik wil weer onder de mensen komen.',
    lifeAreas: ['loneliness', 'meaning'],
    episode: 'e2',
  });
  const ahmed = await brink('p2', {
    reason: 'Durft de post niet meer open te maken. Ligt wakker van rekeningen.',
    question: 'Wie helpt mij met mijn brieven?',
    lifeAreas: ['debts'],
    episode: 'e1',
  });
  const daan = await brink('p5', {
    reason: 'Gestopt met school. Zit veel op zijn kamer.',
    question: 'Ik wil iets te doen hebben.',
    lifeAreas: ['work'],
  });
  const samira = await brink('p3', {
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
  await brink('p4', {
    reason: 'Koken en boodschappen lukken niet meer. Dochter woont ver weg.',
    question: 'Ik wil in mijn eigen huis blijven.',
    lifeAreas: ['daily-life'],
    priority: 'urgent',
  });
  await brink('p7', { reason: 'Zorgt dag en nacht voor haar zieke man.', lifeAreas: ['health'] });
  const mien = await refer(region, 'aan-de-kade', 'p1', {
    reason: 'Zoekt aanspraak in de buurt.',
    lifeAreas: ['meaning'],
  });
  await refer(region, 'aan-de-kade', 'p8', { reason: 'Zoekt werk en mist zijn collega’s.', lifeAreas: ['work'] });
  const truus = await refer(region, 'zuidrand', 'p1', {
    reason: 'Wil iets doen voor een ander.',
    lifeAreas: ['loneliness'],
  });
  return { annie, ahmed, daan, samira, mien, truus };
}

/** What the newest mail to this address says, once it came. */
async function mailTo(person: Person, { his }: Region, address: string): Promise<string> {
  await person.open(`${his}/mail`);
  await person.until(person.page.getByText(address));
  const mails = (await (await fetch(`${his}/mail.json`)).json()) as { to: string[]; text: string }[];
  return mails.findLast((one) => one.to.includes(address))?.text ?? '';
}

/** From the page of an accepted referral: an organisation without an account is asked to help with debts. */
async function askOrganisation(wally: Person): Promise<void> {
  const { page } = wally;
  await page.locator('summary', { hasText: 'Ook een andere organisatie vragen' }).click();
  await page.locator('#onwardTo').selectOption('schuldhulp');
  await page.locator('#onwardQuestion').fill('Wilt u samen met meneer een betalingsregeling maken?');
  await page.locator('#area-debts').check();
  await page.locator('input[name=onwardBy][value=resident]').check();
  await page.locator('input[name=onwardHow][value=spoken]').check();
  await page.locator('#onwardOn').fill(localToday());
  await wally.press('Vraag deze organisatie');
}

/** Opens the link of that organisation's mail with the code of the second mail. */
async function openLink(organisation: Person, region: Region): Promise<void> {
  const { page } = organisation;
  const [link = ''] =
    /https?:\S+\/link\/[\w-]+/.exec(await mailTo(organisation, region, 'post@schuldhulp.example')) ?? [];
  await organisation.open(link);
  await organisation.press('Mail mij de code');
  const [code = ''] = /\b\d{6}\b/.exec(await mailTo(organisation, region, 'collega@schuldhulp.example')) ?? [];
  await organisation.open(link);
  await page.locator('#code').fill(code);
  await organisation.press('Verder');
}

async function play(browser: Browser, region: Region): Promise<void> {
  const { url, his } = region;
  const watch: Watch = { origins: [url, his], axe: undefined, findings: [], addresses: new Set() };
  const arrive = async (username: string, path: string) => {
    const person = await Person.arrive(browser, watch);
    await person.open(`${url}${path}`);
    await logIn(person, username);
    return person;
  };
  const report = async (wally: Person, number: string, said: Report, fate: string) => {
    await takeOn(wally, region, number);
    await writeReport(wally, said);
    await wally.press('Bekijk het bericht');
    await wally.press(said.kind === 'Afsluiten' ? 'Versturen en afsluiten' : 'Versturen');
    await wally.until(wally.page.locator(`strong.fate.${fate}`));
  };
  const { annie, ahmed, daan, samira, mien, truus } = await fill(region);

  const sanne = await arrive('sanne', '/worklist');
  await report(
    sanne,
    annie.number,
    {
      kind: 'Afsluiten',
      firstLine: 'Mevrouw gaat elke donderdag naar de eettafel in het buurthuis.',
      plan: 'Ik ga de eerste keer mee. Daarna haalt een buurvrouw haar op.',
      outcomes: { 'eenzaamheid en sociale contacten': 'led-on', 'zingeving en verlies': 'helped' },
    },
    'filed',
  );
  await report(
    sanne,
    ahmed.number,
    {
      kind: 'Tussenbericht',
      firstLine: 'Wij hebben de post samen op een rij gezet. Er is nog geen betalingsregeling.',
      plan: 'Meneer verzamelt zijn loonstroken. Ik bel de gemeente over hulp bij schulden.',
    },
    'filed',
  );

  // A GP system that refuses, and one that is out: what the administrator is there for.
  await behave(region, { practice: 'zuidrand', mode: 'reject' });
  await behave(region, { practice: 'aan-de-kade', mode: 'down' });
  const joost = await arrive('joost', '/worklist');
  const cooking = { kind: 'Tussenbericht', firstLine: 'Mevrouw kookt nu mee in het buurthuis.' } as const;
  await report(joost, truus.number, cooking, 'held');
  const walking = { kind: 'Tussenbericht', firstLine: 'Wij gaan samen kijken bij de wandelgroep.' } as const;
  await report(sanne, mien.number, walking, 'sent');

  await takeOn(sanne, region, daan.number);
  await sanne.open(`${url}/worklist`);
  await take(sanne, 'worklist');
  await take(sanne, 'phone', 390);
  await openNew(sanne, region, samira.number);
  await take(sanne, 'referral', 1200, 1_140);
  await sanne.open(`${url}/worklist?folder=open`);
  await sanne.press(rowOf(sanne, daan.number).getByRole('link'));
  await writeReport(sanne, {
    kind: 'Tussenbericht',
    firstLine: 'Daan begint maandag met een proefweek in de fietsenwerkplaats.',
    plan: 'Hij gaat drie ochtenden per week. Daarna kijken wij samen of hij weer naar school wil.',
    appointment: { on: addWorkingDays(localToday(), 5), at: '14:00', place: 'fietsenwerkplaats' },
  });
  await sanne.press('Bekijk het bericht');
  await take(sanne, 'report-preview');

  const gp = await arrive('vanleeuwen', '/practice');
  await take(gp, 'practice');
  await gp.open(`${his}/de-brink/patients/p1`);
  await take(gp, 'his-record');
  await gp.open(`${his}/de-brink/patients/p8`);
  await gp.press('Openen in Kortelijn');
  await gp.press('Nee');
  await take(gp, 'refer', 1200, 850);
  await gp.fill(/^Waarom verwijst u\?/, 'Is gestopt met werk en mist een ritme.');
  await gp.choose(/^gewoon: /i);
  await gp.choose(/^de inwoner$/i, 'Wie gaf toestemming?');
  await gp.choose(/^mondeling$/i);
  await gp.fill('Op welke dag?', localToday());
  await gp.choose(/^hoe het ging/i);
  await gp.choose(/^nee$/i, /medische code/);
  await gp.press('Bekijk de verwijzing');
  await take(gp, 'refer-check', 1200, 850);

  await gp.open(`${url}/practice`);
  await gp.press(rowOf(gp, daan.number).getByRole('link').first());
  await gp.page.locator('summary', { hasText: 'Code voor de inwoner' }).click();
  await gp.press('Maak een code');
  const code = await gp.page.locator('p', { hasText: '/mijn' }).locator('strong').innerText();
  const { patients } = (await (await fetch(`${his}/de-brink/api/patients`)).json()) as { patients: Patient[] };
  const resident = await Person.arrive(browser, watch);
  await resident.open(`${url}/mijn`);
  await resident.page.locator('input[name=code]').fill(code);
  await resident.fill('Uw geboortedatum', patients.find((one) => one.id === 'p5')?.birthDate ?? '');
  await resident.press('Kijk');
  await take(resident, 'resident', 390, 900);

  const lead = await arrive('marijke', '/team');
  for (const name of ['Joost ter Braak', 'Karim Bouzid'])
    await lead.press(lead.page.getByRole('button', { name: new RegExp(`^Ziek vandaag.*${name}$`) }));
  await refer(region, 'zuidrand', 'p8', { reason: 'Zit thuis zonder werk en mist een ritme.', lifeAreas: ['work'] });
  await lead.until(lead.page.locator('.alarms'));
  await lead.open(`${url}/team`);
  await take(lead, 'team', 1200, 760);

  const administrator = await arrive('beheer', '/admin');
  await take(administrator, 'admin');
  await administrator.press(administrator.link('Soorten fouten'));
  await take(administrator, 'admin-errors', 1200, 700);
  await administrator.open(`${url}/admin?state=held`);
  await administrator.press(administrator.link(truus.number));
  await take(administrator, 'admin-message', 1200, 900);
  const stranger = await Person.arrive(browser, watch);
  await stranger.open(`${url}/login`);
  await take(stranger, 'login');

  await sanne.open(`${url}/worklist?folder=open`);
  await sanne.press(rowOf(sanne, ahmed.number).getByRole('link'));
  await askOrganisation(sanne);
  const organisation = await Person.arrive(browser, watch);
  await openLink(organisation, region);
  await take(organisation, 'link', 390, 1_400);

  // Enough for figures: what is under five is left out.
  for (const patient of ['p1', 'p2', 'p3', 'p4', 'p7', 'p8']) {
    const request = { gp: 'gp-vanleeuwen', reason: 'Zoekt aanspraak in de buurt.', lifeAreas: ['loneliness'] };
    const { number } = await refer(region, 'de-brink', patient, request);
    const eating = { kind: 'Afsluiten', firstLine: 'Eet elke donderdag mee in het buurthuis.' } as const;
    const outcomes = { 'eenzaamheid en sociale contacten': 'led-on' };
    await report(sanne, number, { ...eating, outcomes }, 'filed');
  }
  for (const practice of ['aan-de-kade', 'zuidrand'])
    for (const patient of ['p2', 'p3', 'p4', 'p7', 'p8'])
      await refer(region, practice, patient, { reason: 'Ligt wakker van rekeningen.', lifeAreas: ['debts'] });
  const coordinator = await arrive('regio', '/report');
  await take(coordinator, 'figures', 1200, 900);
  if (watch.findings.length > 0) throw new Error(watch.findings.join('\n'));
}

const program = findChromium();
if (!program) throw new Error('no Chromium is installed here');
await mkdir(folder, { recursive: true });
const service = prepareService({ LOG_LEVEL: 'warn' });
await service.start();
const browser = await openChromium(program);
try {
  await play(browser, { url: service.url, his: service.his ?? '' });
} finally {
  await browser.close();
  await service.signal('SIGTERM');
  await service.close();
}
