import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { step } from '../../src/feedback/moves.ts';
import type { Language } from '../../src/fhir/outcome.ts';
import { extensions } from '../../src/fhir/systems.ts';
import { theLine } from '../../src/referral/actor.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { actingFor } from '../../src/web/acting.ts';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import {
  type Answer,
  type Browsing,
  browse,
  journeyOf,
  type Person,
  putOnWorklist,
  refer,
  referralOf,
  referred,
  siteOver,
} from './harness.ts';
import { expectSound } from './markup.ts';

let at: TestStore;
let site: Site;
let pages: Browsing;
let id: string;

beforeEach(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  site = siteOver(at.store);
  pages = await browse(site);
  ({ id } = await referred(site, 'de-brink', referralOf(1)));
});
afterEach(async () => {
  await pages.close();
  await at.close();
});

const now = (): Promise<Journey> => journeyOf(site, id);
const page = (as: Person = 'brink', language: Language = 'nl') => pages.get(as, `/practice/${id}`, language);

async function move(key: string, fields: Record<string, string> = {}, as: Person = 'brink', language: Language = 'nl') {
  const { task } = await now();
  const place = as === 'sanne' ? 'worklist' : 'practice';
  return pages.post(as, `/${place}/${id}/move/${key}`, { version: String(task.version), ...fields }, language);
}

async function made(key: string, fields: Record<string, string> = {}, as: Person = 'brink'): Promise<string> {
  const answer = await move(key, fields, as);
  expect([key, answer.status]).toEqual([key, 303]);
  const { text } = await pages.get(as, answer.location ?? '');
  expectSound(text);
  expect(text).toContain('class="notice done"');
  return text;
}

function refused(answer: Answer, status: number, ...said: string[]): void {
  expect(answer.status).toBe(status);
  expectSound(answer.text);
  for (const one of said) expect(answer.text).toContain(one);
}

const begun = async () => {
  await pages.post('sanne', `/worklist/${id}/accept`, {});
  await made('contact', { contactOn: '2026-11-23', contactAt: '09:15' }, 'sanne');
};

describe('what the practice sees', () => {
  test('who has it, in whose place, and what happens before which day', async () => {
    const fresh = (await page()).text;
    expectSound(fresh);
    expect(fresh).toContain('De Wally opent de verwijzing, uiterlijk dinsdag 24 november.');
    at.now = new Date('2026-11-27T09:00:00Z');
    expect((await page()).text).toContain(
      'Te laat: de Wally probeert de inwoner te bereiken. Dat moest uiterlijk woensdag 25 november.',
    );
    at.now = new Date('2026-11-23T09:00:00Z');
    await begun();
    await pages.post('marijke', '/team/absence', { wally: 'wally-sanne', act: 'sick' });
    await putOnWorklist(site, id);
    const { text } = await page();
    expect(text).toContain('neemt waar voor Sanne Verhoeven');
    expect(text).toContain('tel:0600001012');
    expect((await pages.get('brink', '/practice')).text).toContain('neemt waar voor Sanne Verhoeven');
  });

  test('while it can be taken back unseen nothing else is offered', async () => {
    ({ id } = await refer(site, 'de-brink', referralOf(2), 120_000));
    expect((await page()).text).not.toContain('/move/');
  });
});

describe('what the practice does', () => {
  test('answers a question, once', async () => {
    refused(await move('answer', { answerText: 'Ja.' }), 409, 'Dit kan nu niet meer', 'Ja.');
    await pages.post('sanne', `/worklist/${id}/accept`, {});
    await made('ask', { question: 'Klopt het nummer?' }, 'sanne');
    expect((await pages.get('sanne', '/worklist?folder=others')).text).toContain('Wacht op antwoord van de praktijk');
    const { text } = await page();
    expect(text).toContain('De Wally vraagt u iets');
    expect(text).toContain('Klopt het nummer?');
    refused(await move('answer', { answerText: '' }), 422, 'Schrijf het antwoord.');
    await made('answer', { answerText: 'Ja, maar bel na vijven.' });
    expect((await pages.get('sanne', `/worklist/${id}`)).text).toContain('Ja, maar bel na vijven.');
    refused(await move('answer', { answerText: 'Nog iets.' }), 422, 'geen vraag aan de praktijk open', 'Nog iets.');
  });

  test('asks to stop what has begun, and is answered', async () => {
    expect((await page()).text).not.toContain('/move/ask-to-stop');
    refused(await move('ask-to-stop', { stopWhy: 'Loopt al elders.' }), 409, 'Loopt al elders.');
    await begun();
    refused(await move('ask-to-stop', { stopWhy: '' }), 422, 'Schrijf waarom u wilt stoppen.');
    const text = await made('ask-to-stop', { stopWhy: 'Loopt al elders.' });
    expect(text).toContain('De Wally antwoordt op uw vraag om te stoppen, uiterlijk woensdag 25 november.');
    expect(text).not.toContain('/move/ask-to-stop');
    expect((await pages.get('sanne', '/worklist?folder=me')).text).toContain('de praktijk vraagt om te stoppen');
    await made('refuse-to-stop', { goOnWhy: 'De inwoner wil graag door.' }, 'sanne');
    expect((await page()).text).toContain('De inwoner wil graag door.');
  });

  test('ends it when something changed for the resident, once sure', async () => {
    refused(await move('end', {}), 422, 'Kies wat er veranderd is.');
    refused(await move('end', { endReason: 'moved' }), 200, 'Weet u het zeker?', 'Annie van den Berg');
    expect((await now()).index.taskStatus).toBe('requested');
    await made('end', { endReason: 'moved', sure: 'yes' });
    expect((await now()).index.taskStatus).toBe('cancelled');
    refused(await move('end', { endReason: 'moved', sure: 'yes' }), 409, 'Dit kan nu niet meer');
  });

  test('H3: recalls what should not have been sent; whoever had it reads it no more', async () => {
    refused(await move('recall', { sure: 'yes' }), 422, 'Schrijf wat er mis ging.');
    refused(await move('recall', { recallWhy: 'Verkeerde persoon.' }), 200, 'Weet u het zeker?');
    await made('recall', { recallWhy: 'Verkeerde persoon.', sure: 'yes' });
    const list = (await pages.get('sanne', '/worklist?folder=done')).text;
    expect(list).toContain('teruggeroepen');
    const { text, status } = await pages.get('sanne', `/worklist/${id}`);
    expect(status).toBe(200);
    expectSound(text);
    for (const one of [list, text]) expect(one).not.toMatch(/Annie|van den Berg|1951|koffie drinken/);
    refused(await move('recall', { recallWhy: 'Nog eens.', sure: 'yes' }), 409);
  });

  test('confirms what a Wally wrote down for it after a call', async () => {
    refused(await move('confirm'), 422, 'Er is niets te bevestigen.');
    const journey = await now();
    const { resource } = journey.serviceRequest;
    const unconfirmed = { url: extensions.unconfirmed, valueBoolean: true };
    const registered = step(journey, { status: 'requested' }, 'registered', await actingFor(site, theLine), {
      serviceRequest: { ...resource, extension: [...(resource.extension ?? []), unconfirmed] },
    });
    expect((await at.store.commit(registered)).ok).toBe(true);
    const { text } = await page();
    expectSound(text);
    expect(text).toContain('Klopt deze verwijzing?');
    expect(text).toContain('U bevestigt deze verwijzing, uiterlijk maandag 30 november.');
    await made('confirm');
    expect((await now()).serviceRequest.resource.extension).toEqual(resource.extension);
    expect((await page()).text).not.toContain('Klopt deze verwijzing?');
  });

  test("cannot make a Wally's moves, nor any of another practice", async () => {
    for (const key of ['attempt', 'decline', 'too-close', 'offer', 'nothing'])
      expect((await move(key)).status).toBe(404);
    expect((await move('end', { endReason: 'moved', sure: 'yes' }, 'rand')).status).toBe(404);
    expect((await now()).index.taskStatus).toBe('requested');
  });

  test('speaks English, also where it says no', async () => {
    await begun();
    const { text } = await page('brink', 'en');
    expectSound(text);
    for (const said of ['Ask to stop', 'Recall: should not be here', 'The Wally tells you how it goes, by'])
      expect(text).toContain(said);
    refused(await move('ask-to-stop', {}, 'brink', 'en'), 422, 'Write why you want to stop.');
  });
});
