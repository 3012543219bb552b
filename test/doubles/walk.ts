import type { Locator } from 'playwright-core';
import type { Patient } from '../../demo/model.ts';
import { dutchDate } from '../../demo/names.ts';
import accounts from '../../fixtures/region/accounts.json' with { type: 'json' };
import { birthDateText } from '../../src/web/html.ts';
import type { Person } from './browser.ts';

/** Addresses of Kortelijn and of the simulated GP system; no slash at the end. */
export interface Region {
  readonly url: string;
  readonly his: string;
}

/** Today in the Netherlands, as a date field wants it. */
export function localToday(): string {
  return new Date().toLocaleDateString('sv-SE', { timeZone: 'Europe/Amsterdam' });
}

async function post<T>(region: Region, path: string, body: object): Promise<T> {
  const response = await fetch(`${region.his}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()) as T;
}

/** How the simulated GP system behaves from now on: its switches, as /switches shows them. */
export async function behave(region: Region, change: object): Promise<void> {
  await post(region, '/api/switches', change);
}

/** What the practice was told at the click. */
export interface Told {
  readonly number: string;
  readonly who?: string;
  readonly said?: string;
}

/** A referral from a practice's GP system, as its own form sends it. Throws when Kortelijn does not take it. */
export async function refer(
  region: Region,
  practice: string,
  patient: string,
  request: Readonly<Record<string, unknown>>,
): Promise<Told> {
  const consent = { by: 'resident', how: 'spoken', medical: false, feedback: true };
  const { promised, sentences } = await post<{ promised: Partial<Told>; sentences: { text: string }[] }>(
    region,
    `/${practice}/api/patients/${patient}/refer`,
    { consent, ...request },
  );
  const { number } = promised;
  if (!number) throw new Error(sentences.map((one) => one.text).join(' '));
  return { ...promised, number };
}

/** Fills in the GP system's own refer form, once the first question is answered with no; nothing is sent. */
export async function fillGpForm(gp: Person, reason: string, question: string): Promise<void> {
  await gp.fill('Reden', reason);
  await gp.fill('Vraag van de patiënt, in eigen woorden', question);
  await gp.choose('Eenzaamheid en contacten');
  await gp.choose('Patiënt zelf');
  await gp.choose('Mondeling');
  await gp.choose('Ja, met uitleg');
}

/** Types the name and password of one of the demo's users into the log-in form that is open. */
export async function logIn(person: Person, username: string): Promise<void> {
  await person.fill('Gebruikersnaam', username);
  await person.fill('Wachtwoord', accounts.find((one) => one.username === username)?.password ?? '');
  await person.press('Inloggen');
}

/** The row of a referral in whichever list is open. */
export function rowOf(person: Person, number: string): Locator {
  return person.page.locator('.referral', { hasText: number });
}

/** On the worklist: waits for the referral under new, and opens it. */
export async function openNew(wally: Person, region: Region, number: string): Promise<void> {
  await wally.open(`${region.url}/worklist`);
  await wally.until(rowOf(wally, number));
  await wally.press(rowOf(wally, number).getByRole('link'));
}

export async function takeOn(wally: Person, region: Region, number: string): Promise<void> {
  await openNew(wally, region, number);
  await wally.press('Aannemen');
}

export interface Report {
  readonly firstLine: string;
  readonly plan?: string;
  readonly appointment?: { readonly on: string; readonly at: string; readonly place: string };
  /** Per life area, in the words of the form: the code of its outcome. */
  readonly outcomes?: Readonly<Record<string, string>>;
  readonly kind: 'Tussenbericht' | 'Afsluiten';
}

/** From the page of an accepted referral to its report form, filled in; nothing is sent. */
export async function writeReport(wally: Person, report: Report): Promise<void> {
  await wally.press(wally.link('Terugkoppelen'));
  await wally.choose('Ja, gesproken');
  await wally.fill('Op welke dag?', localToday());
  await wally.fill(/^Eerste regel/, report.firstLine);
  await wally.fill('Afgesproken met de inwoner', report.plan ?? '');
  if (report.appointment) {
    await wally.fill('Dag', report.appointment.on);
    await wally.fill('Tijd', report.appointment.at);
    await wally.fill('Plaats', report.appointment.place);
  }
  for (const [area, outcome] of Object.entries(report.outcomes ?? {})) await wally.select(area, outcome);
  await wally.choose(/^De inwoner is het ermee eens/);
  await wally.choose(new RegExp(`^${report.kind}`));
}

/** Whatever of this patient may not be in the text; names as whole words. */
export function tracesOf({ bsn, birthDate, ownName, partnerName, callName }: Patient, flags: string): RegExp[] {
  return [bsn, birthDate, dutchDate(birthDate), birthDateText(birthDate, 'nl'), ownName, partnerName, callName]
    .filter((one) => one !== undefined && one.length > 2)
    .map((one) => new RegExp(`(?<!\\p{L})${one}(?!\\p{L})`, flags));
}
