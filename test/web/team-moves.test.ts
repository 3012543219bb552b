import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Language } from '../../src/fhir/outcome.ts';
import type { Journey } from '../../src/referral/journey.ts';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import {
  type Answer,
  attemptFeedback,
  type Browsing,
  browse,
  journeyOf,
  type Person,
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
const page = (as: Person = 'marijke', language: Language = 'nl') => pages.get(as, `/team/${id}`, language);
const accept = () => pages.post('sanne', `/worklist/${id}/accept`, {});
const reason = 'Sanne is onbereikbaar en de inwoner wacht.';

async function move(
  key: string,
  fields: Record<string, string> = {},
  as: Person = 'marijke',
  language: Language = 'nl',
) {
  const { task } = await now();
  return pages.post(as, `/team/${id}/move/${key}`, { version: String(task.version), ...fields }, language);
}

async function made(key: string, fields: Record<string, string> = {}): Promise<string> {
  const answer = await move(key, fields);
  expect([key, answer.status], answer.text.slice(0, 1_500)).toEqual([key, 303]);
  const { text } = await pages.get('marijke', answer.location ?? '');
  expectSound(text);
  expect(text).toContain('class="notice done"');
  return text;
}

function refused(answer: Answer, status: number, ...said: string[]): void {
  expect(answer.status).toBe(status);
  expectSound(answer.text);
  for (const one of said) expect(answer.text).toContain(one);
}

const stopAsked = async () => {
  await accept();
  await made('attempt', { way: 'phone', 'reason-attempt': reason });
  const { task } = await now();
  await pages.post('brink', `/practice/${id}/move/ask-to-stop`, { version: String(task.version), stopWhy: 'Elders.' });
};

describe('H18: a team lead deviates, with a reason', () => {
  const from: Record<string, () => Promise<unknown>> = {
    accept: async () => undefined,
    attempt: accept,
    contact: accept,
    appoint: accept,
    'cancel-appointment': async () => {
      await accept();
      await made('appoint', { appointOn: '2026-11-24', appointAt: '14:00', 'reason-appoint': reason });
    },
    'no-show': async () => {
      await accept();
      await made('appoint', { appointOn: '2026-11-24', appointAt: '14:00', 'reason-appoint': reason });
      at.now = new Date('2026-11-24T15:00:00Z');
    },
    hold: accept,
    resume: async () => {
      await accept();
      await made('hold', { restWhy: 'time', restUntil: '2026-12-01', 'reason-hold': reason });
    },
    'give-up': accept,
    'agree-to-stop': stopAsked,
  };
  const filled: Record<string, Record<string, string>> = {
    attempt: { way: 'phone' },
    contact: { contactOn: '2026-11-23', contactAt: '09:15' },
    appoint: { appointOn: '2026-11-24', appointAt: '14:00' },
    hold: { restWhy: 'time', restUntil: '2026-12-01' },
    'give-up': { sure: 'yes' },
    'agree-to-stop': { sure: 'yes' },
  };
  test.each(Object.keys(from))('%s: not without one, then with one, audited and shown', async (key) => {
    await from[key]?.();
    const before = await now();
    const fields = filled[key] ?? {};
    refused(await move(key, fields), 422, 'Schrijf waarom u dit voor de Wally doet.');
    expect((await now()).task.version).toBe(before.task.version);
    const text = await made(key, { ...fields, [`reason-${key}`]: reason });
    expect(text).toContain('Gedaan door de teamleider, met een reden');
    expect((await now()).index.owner).toBe('wally-sanne');
    const { rows } = await at.owner.query(`select 1 from journey_event where kind = 'deviated' and journey_id = $1`, [
      id,
    ]);
    expect(rows.length).toBeGreaterThan(0);
  });

  test('what is about consent or safety, or only between two people, is not offered and refused', async () => {
    await accept();
    const { text } = await page();
    const offered = [...text.matchAll(/\/move\/([a-z-]+)"/g)].map((one) => one[1]);
    expect(offered).toEqual(['attempt', 'contact', 'appoint', 'give-up', 'hold', 'end', 'recall']);
    refused(
      await move('ask', { question: 'Klopt dit?', 'reason-ask': reason }),
      403,
      'zij is nu van iemand anders',
      'Klopt dit?',
    );
    for (const key of ['decline', 'offer', 'too-close', 'take-over']) expect((await move(key)).status).toBe(404);
  });

  test('ends and recalls in her own right, once sure', async () => {
    refused(await move('end', { endReason: 'deceased' }), 200, 'Weet u het zeker?');
    await made('end', { endReason: 'deceased', sure: 'yes' });
    refused(await move('recall', { recallWhy: 'Te laat.', sure: 'yes' }), 409);
    ({ id } = await referred(site, 'de-brink', referralOf(2)));
    refused(await move('recall', { sure: 'yes' }), 422, 'Schrijf wat er mis ging.');
    const text = await made('recall', { recallWhy: 'Verkeerde persoon.', sure: 'yes' });
    expect(text).not.toContain('Annie');
  });

  test('the page shows who has it and how far it is, not why; nobody else has it', async () => {
    const { text } = await page();
    expectSound(text);
    expect(text).toContain('Open deze verwijzing, uiterlijk dinsdag 24 november.');
    expect(text).not.toContain('koffie drinken');
    for (const as of ['sanne', 'brink', 'admin'] as const) expect((await page(as)).status).toBe(404);
    ({ id } = await refer(site, 'de-brink', referralOf(3), 120_000));
    expect((await page()).status).toBe(404);
  });

  test('speaks English, also where it says no', async () => {
    await accept();
    const { text } = await page('marijke', 'en');
    expectSound(text);
    expect(text).toContain('Deviate, with a reason');
    refused(
      await move('attempt', { way: 'phone' }, 'marijke', 'en'),
      422,
      'Write why you do this in the owner&#39;s place.',
    );
  });
});

describe("the team's lists", () => {
  test('folders by who must do something, with counts; what is late is grouped by whose it is', async () => {
    await accept();
    const others = await referred(site, 'de-brink', referralOf(2));
    await pages.post('sanne', `/worklist/${others.id}/accept`, {});
    const { task } = await journeyOf(site, others.id);
    await pages.post('sanne', `/worklist/${others.id}/move/ask`, {
      version: String(task.version),
      question: 'Klopt dit?',
    });
    await referred(site, 'zuidrand', referralOf(3, { requester: { agb: '01990113' } }));
    const count = async (as: Person, path: string, name: string) =>
      new RegExp(`>${name} <span class="count">(\\d+)<`).exec((await pages.get(as, path)).text)?.[1];
    const counts = async (as: Person, path: string, names: readonly string[]) =>
      Promise.all(names.map((name) => count(as, path, name)));
    expect(await counts('marijke', '/team', ['Nieuw', 'Bij de Wally', 'Wacht op anderen', 'Klaar'])).toEqual([
      '1',
      '1',
      '1',
      '0',
    ]);
    expect(await counts('sanne', '/worklist', ['Nieuw', 'Wacht op mij', 'Wacht op anderen', 'Te laat'])).toEqual([
      '0',
      '1',
      '1',
      '0',
    ]);
    expect((await pages.get('marijke', '/team?folder=others')).text).toContain(others.index.number);

    at.now = new Date('2026-12-02T09:00:00Z');
    const { text } = await pages.get('marijke', '/team');
    expectSound(text);
    expect(text).toContain('Te laat: 2 bij Sanne Verhoeven');
    expect(text).toContain('Te laat: 1 bij Joost ter Braak');
    expect(await counts('sanne', '/worklist', ['Te laat', 'Wacht op mij'])).toEqual(['2', '1']);
    const late = await pages.get('sanne', '/worklist?folder=overdue');
    expectSound(late.text);
    expect(late.text).toContain('Te laat: wacht op antwoord van de praktijk. Dat moest uiterlijk maandag 30 november');
    expectSound((await pages.get('marijke', '/team?folder=overdue')).text);
    expectSound((await pages.get('marijke', '/team?folder=done')).text);
  });

  test('an appointment that is to come waits for others, and for the Wally again once it has been', async () => {
    await accept();
    const { task } = await now();
    await pages.post('sanne', `/worklist/${id}/move/appoint`, {
      version: String(task.version),
      appointOn: '2026-11-25',
      appointAt: '14:00',
    });
    const others = (await pages.get('sanne', '/worklist?folder=others')).text;
    expectSound(others);
    expect(others).toContain('Afspraak op woensdag 25 november');
    at.now = new Date('2026-11-26T09:00:00Z');
    expect((await pages.get('sanne', '/worklist?folder=others')).text).not.toContain('Annie');
    expect((await pages.get('sanne', '/worklist?folder=me')).text).toContain('Annie');
  });
});

describe('feedback that did not land', () => {
  const reported = async () => {
    await accept();
    const { task } = await now();
    await pages.post('sanne', `/worklist/${id}/report`, {
      step: 'send',
      version: String(task.version),
      contact: 'made',
      contactOn: '2026-11-23',
      firstLine: 'Mevrouw gaat naar de eettafel.',
      residentAgreed: 'yes',
      'outcome-loneliness': 'helped',
      'outcome-meaning': 'helped',
      final: 'final',
    });
  };
  const deliveryOf = async () => {
    const { rows } = await at.owner.query<{ id: string; state: string; reason: string }>(
      `select id::text, state, reason from delivery where kind = 'feedback' and journey_id = $1`,
      [id],
    );
    return rows[0];
  };

  test.each(['marijke', 'sanne'] as const)(
    'after a day %s reads it aloud by telephone, with the name of who heard it',
    async (as) => {
      const path = as === 'marijke' ? '/team' : '/worklist';
      await reported();
      await attemptFeedback(site, id, { held: 'rejected' });
      expect((await pages.get(as, path)).text).not.toContain('/calls');
      at.now = new Date('2026-11-24T09:00:01Z');
      await at.owner.query(`update delivery set created_at = '2026-11-23T09:00:00Z'`);
      const home = (await pages.get(as, path)).text;
      expectSound(home);
      expect(home).toContain('1 bericht kwam niet aan bij de praktijk');
      const list = (await pages.get(as, `${path}/calls`)).text;
      expectSound(list);
      for (const said of [
        'Mevrouw gaat naar de eettafel.',
        'Annie van den Berg',
        '12 april 1951',
        'tel:0570000201',
        'VB-1001',
      ])
        expect(list).toContain(said);
      const delivery = await deliveryOf();
      refused(
        await pages.post(as, `${path}/calls/${delivery?.id}`, { heardBy: ' ' }),
        422,
        'Vul in wie van de praktijk meeluisterde.',
      );
      expect((await deliveryOf())?.state).toBe('held');
      for (const twice of [1, 2]) {
        const answer = await pages.post(as, `${path}/calls/${delivery?.id}`, { heardBy: 'assistente Nadia' });
        expect([answer.status, answer.location]).toEqual([303, `${path}/calls${twice === 1 ? '?done=read' : ''}`]);
      }
      expect((await pages.get(as, `${path}/calls?done=read`)).text).toContain('Alles is aangekomen.');
      expect(await deliveryOf()).toMatchObject({ state: 'abandoned', reason: 'by-phone' });
      const { communications, serviceRequest } = await now();
      expect(communications[0]?.resource).toMatchObject({
        status: 'completed',
        note: [{ text: 'Voorgelezen per telefoon aan assistente Nadia' }],
      });
      expect(serviceRequest.resource.status).toBe('completed');
      const { rows } = await at.owner.query(
        `select outcome from journey_event where kind = 'landed' and journey_id = $1`,
        [id],
      );
      expect(rows).toEqual([{ outcome: 'final by-phone' }]);
      const seen = (await pages.get('brink', `/practice/${id}`)).text;
      expect(seen).toContain('voorgelezen per telefoon');
    },
  );

  test('stands on nobody else’s list', async () => {
    await reported();
    at.now = new Date('2026-11-25T09:00:00Z');
    await at.owner.query(`update delivery set created_at = '2026-11-23T09:00:00Z'`);
    const delivery = await deliveryOf();
    expect((await pages.get('karim', '/worklist/calls')).text).toContain('Alles is aangekomen.');
    expect((await pages.post('karim', `/worklist/calls/${delivery?.id}`, { heardBy: 'Nadia' })).location).toBe(
      '/worklist/calls',
    );
    expect((await pages.post('karim', `/worklist/calls/${delivery?.id}`, {})).status).toBe(404);
    for (const as of ['brink', 'admin'] as const) {
      expect((await pages.get(as, '/team/calls')).status).toBe(404);
      expect((await pages.get(as, '/worklist/calls')).status).toBe(404);
    }
    expect((await deliveryOf())?.state).toBe('pending');
    expect((await pages.get('marijke', '/team/calls', 'en')).text).toContain('Called, heard by');
  });
});
