import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { reevaluatePresence } from '../../src/delivery/presence.ts';
import type { Language } from '../../src/fhir/outcome.ts';
import type { Journey } from '../../src/referral/journey.ts';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { young } from '../doubles/made.ts';
import {
  type Answer,
  type Browsing,
  browse,
  journeyOf,
  type Person,
  putOnWorklist,
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

const page = (as: Person = 'sanne', language: Language = 'nl') => pages.get(as, `/worklist/${id}`, language);
const now = (): Promise<Journey> => journeyOf(site, id);
const accept = () => pages.post('sanne', `/worklist/${id}/accept`, {});

/** Posts a move from the page as it is now. */
async function move(key: string, fields: Record<string, string> = {}, as: Person = 'sanne', language: Language = 'nl') {
  const { task } = await now();
  return pages.post(as, `/worklist/${id}/move/${key}`, { version: String(task.version), ...fields }, language);
}

async function made(key: string, fields: Record<string, string> = {}, as: Person = 'sanne'): Promise<string> {
  const answer = await move(key, fields, as);
  expect([key, answer.status, answer.location], answer.text.slice(0, 2_000)).toEqual([
    key,
    303,
    expect.stringMatching(`\\?done=${key}$`),
  ]);
  const { text, status } = await pages.get(as, answer.location ?? '');
  expect(status).toBe(200);
  expectSound(text);
  expect(text).toMatch(/<p class="notice done" role="status">[^<]{10,}<\/p>/);
  return text;
}

function refused(answer: Answer, status: number, ...said: string[]): void {
  expect(answer.status).toBe(status);
  expectSound(answer.text);
  for (const one of said) expect(answer.text).toContain(one);
}

/** The practice asks to stop what has begun. */
const stopAsked = async () => {
  await accept();
  await made('attempt', { way: 'phone' });
  const { task } = await now();
  await pages.post('brink', `/practice/${id}/move/ask-to-stop`, {
    version: String(task.version),
    stopWhy: 'Loopt al elders.',
  });
};

describe('reaching the resident', () => {
  test('an attempt is one tap, and shows how many of the three days there were (H14)', async () => {
    refused(await move('attempt', { way: 'phone' }), 409, 'Dit kan nu niet meer');
    await accept();
    expect((await page()).text).toMatch(/<button name="way" value="phone"/);
    const text = await made('attempt', { way: 'phone' });
    expect(text).toContain('Geprobeerd op 1 van de 3 dagen: maandag 23 november.');
    expect((await now()).index.businessStatus).toBe('contact-attempted');
    refused(
      await move('attempt', { way: 'visit', attemptOn: '2026-11-22', attemptAt: '10:00' }),
      422,
      'Dit was vóór de verwijzing.',
      'value="2026-11-22"',
    );
    at.now = new Date('2026-11-25T09:00:00Z');
    await made('attempt', { way: 'visit', attemptOn: '2026-11-24', attemptAt: '10:00' });
    expect((await page()).text).toContain('Geprobeerd op 2 van de 3 dagen');
    refused(
      await move('attempt', { way: 'phone', attemptOn: '2026-11-26' }),
      422,
      'Dit moment moet nog komen.',
      'value="2026-11-26"',
    );
    refused(await move('attempt', { way: 'telepathy' }), 422, 'Kies hoe u het probeerde.');
  });

  test('H2: a way that someone else can hear or read is not offered, and refused all the same', async () => {
    const safeContact = { unsafe: true, phone: '06-00009099', noVoicemail: true, noLetters: true };
    ({ id } = await referred(site, 'de-brink', referralOf(2, { safeContact })));
    await accept();
    const { text } = await page();
    expect([...text.matchAll(/name="way" value="([^"]*)"/g)].map((one) => one[1])).toEqual(['phone', 'visit']);
    refused(await move('attempt', { way: 'mail' }), 422, 'post, mail of een bericht niet veilig');
    expect((await now()).task.resource.output ?? []).toEqual([]);
  });

  test('a contact has a named moment that has been (H13)', async () => {
    refused(await move('contact', { contactOn: '2026-11-23', contactAt: '09:00' }), 409);
    await accept();
    expect((await page()).text).toContain('name="contactAt" value="10:00"');
    refused(await move('contact', {}), 422, 'Vul een dag en een tijd in die bestaan.');
    refused(
      await move('contact', { contactOn: '2026-11-23', contactAt: '18:30' }),
      422,
      'value="18:30"',
      'moet nog komen',
    );
    await made('contact', { contactOn: '2026-11-23', contactAt: '09:15' });
    expect((await now()).index.businessStatus).toBe('contact-made');
  });

  test('an appointment is made, moved, put in a calendar, missed, made again and cancelled', async () => {
    refused(await move('appoint', { appointOn: '2026-11-24', appointAt: '14:00' }), 409);
    await accept();
    refused(
      await move('appoint', { appointOn: '2026-11-20', appointAt: '14:00', appointPlace: 'buurthuis' }),
      422,
      'ligt in de toekomst',
      'value="buurthuis"',
    );
    refused(await move('appoint', { appointOn: '2026-03-29', appointAt: '02:30' }), 422, 'die bestaan');
    await made('appoint', { appointOn: '2026-11-24', appointAt: '14:00', appointPlace: 'bij Annie thuis' });
    await made('appoint', { appointOn: '2026-11-25', appointAt: '15:30' });
    const { appointments } = await now();
    expect(appointments.map((one) => one.resource.status)).toEqual(['booked']);

    const file = await fetch(`${pages.url}/worklist/${id}/appointment.ics`, { headers: { 'x-as': 'sanne' } });
    expect(file.headers.get('content-type')).toContain('text/calendar');
    const lines = (await file.text()).split('\r\n');
    expect(lines.filter((one) => !/^(UID|DTSTAMP):/.test(one))).toEqual([
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//Kortelijn//NL',
      'BEGIN:VEVENT',
      'SEQUENCE:1',
      'DTSTART:20261125T143000Z',
      'DTEND:20261125T151500Z',
      'SUMMARY:afspraak',
      'CLASS:PRIVATE',
      'END:VEVENT',
      'END:VCALENDAR',
      '',
    ]);
    expect((await pages.get('karim', `/worklist/${id}/appointment.ics`)).status).toBe(404);

    expect((await page()).text).not.toContain('De inwoner kwam niet');
    refused(await move('no-show'), 422, 'Dit moment moet nog komen.');
    at.now = new Date('2026-11-25T16:00:00Z');
    expect((await page()).text).toContain('De inwoner kwam niet');
    await made('no-show');
    refused(await move('cancel-appointment'), 422, 'Er staat geen afspraak.');
    await made('appoint', { appointOn: '2026-11-27', appointAt: '09:00' });
    await made('cancel-appointment');
    expect((await pages.get('sanne', `/worklist/${id}/appointment.ics`)).status).toBe(404);
  });

  test('H14: "niet bereikt" only after three days, asked once more, and never by itself', async () => {
    await accept();
    expect((await page()).text).not.toContain('Sluit af met');
    refused(await move('give-up', { sure: 'yes' }), 422, 'drie verschillende dagen');
    const tried = async (moment: string) => {
      at.now = new Date(`${moment}:00Z`);
      await made('attempt', { way: 'phone' });
    };
    for (const day of ['23', '24', '25']) await tried(`2026-11-${day}T10:00`);
    expect((await page()).text).toContain('Probeer het ook eens in de middag of avond.');
    refused(await move('give-up', { sure: 'yes' }), 422, 'twee delen van de dag');
    await tried('2026-11-25T17:30');
    expect((await page()).text).toMatch(/Geprobeerd op 3 van de 3 dagen: [^<]*\.</);
    const asked = await move('give-up');
    refused(asked, 200, 'Weet u het zeker?', 'Annie van den Berg', '12 april 1951');
    expect((await now()).index.taskStatus).toBe('in-progress');
    await made('give-up', { sure: 'yes' });
    expect((await now()).index.taskStatus).toBe('failed');
  });
});

describe('waiting', () => {
  test('a question to the practice, and its answer by telephone', async () => {
    refused(await move('ask', { question: 'Klopt het nummer?' }), 409);
    await accept();
    refused(await move('ask', { question: '' }), 422, 'Schrijf uw vraag, in hooguit 140 tekens.');
    refused(await move('ask', { question: 'x'.repeat(141) }), 422, 'x'.repeat(141));
    await made('ask', { question: 'Klopt het\r\ntelefoonnummer?' });
    expect((await page()).text).toContain('Klopt het telefoonnummer?');
    refused(await move('answer', { answerText: ' ' }), 422, 'Schrijf het antwoord.');
    await made('answer', { answerText: 'Ja, maar bel na vijven.' });
    expect((await page()).text).toContain('Ja, maar bel na vijven.');
    refused(await move('answer', { answerText: 'Nog iets' }), 422, 'geen vraag aan de praktijk open', 'Nog iets');
  });

  test('"ik wil tijd": a rest until a day, and taken up before it', async () => {
    refused(await move('hold', { restWhy: 'time', restUntil: '2026-12-01' }), 409);
    await accept();
    refused(await move('hold', { restWhy: '', restUntil: '' }), 422, 'Kies waarom.', 'Kies de laatste dag.');
    refused(
      await move('hold', { restWhy: 'time', restUntil: '2027-11-23' }),
      422,
      'hooguit 92 dagen',
      'value="2027-11-23"',
      'value="time" checked',
    );
    const text = await made('hold', { restWhy: 'time', restUntil: '2026-12-01' });
    expect(text).toContain('uiterlijk dinsdag 1 december');
    expect(text).toContain('Pak weer op');
    await made('resume');
    refused(await move('resume'), 409, 'Dit kan nu niet meer');
    expect((await now()).index.taskStatus).toBe('in-progress');
  });

  test('the practice asks to stop: the Wally goes on with a reason', async () => {
    refused(await move('refuse-to-stop', { goOnWhy: 'De inwoner wil door.' }), 409);
    await stopAsked();
    expect((await page()).text).toContain('Loopt al elders.');
    refused(await move('refuse-to-stop', { goOnWhy: '' }), 422, 'Schrijf waarom u doorgaat.');
    await made('refuse-to-stop', { goOnWhy: 'De inwoner wil door.' });
    refused(await move('refuse-to-stop', { goOnWhy: 'Nog eens.' }), 422, 'niet gevraagd om te stoppen');
  });

  test('the practice asks to stop: the Wally agrees, once sure', async () => {
    await stopAsked();
    refused(await move('agree-to-stop', { stopNote: 'Goed zo.' }), 200, 'Weet u het zeker?', 'value="Goed zo."');
    await made('agree-to-stop', { stopNote: 'Goed zo.', sure: 'yes' });
    expect((await now()).index.taskStatus).toBe('cancelled');
    refused(await move('agree-to-stop', { sure: 'yes' }), 409);
  });
});

describe('handing on', () => {
  test('an offered referral is seen by the colleague, who may look and take it over, nothing else', async () => {
    expect((await page('karim')).status).toBe(404);
    refused(await move('offer', { offerTo: 'lead-marijke' }), 422, 'geen Wally van uw team');
    refused(await move('offer', {}), 422, 'Kies een collega.');
    expect(await made('offer', { offerTo: 'wally-karim' })).toContain('Aangeboden aan Karim Bouzid');
    expect((await pages.get('karim', '/worklist?folder=me')).text).toContain('Aangeboden door Sanne Verhoeven');
    const { text } = await page('karim');
    expectSound(text);
    const moves = [...text.matchAll(/\/move\/([a-z-]+)"/g)].map((one) => one[1]);
    expect(moves).toEqual(['take-over', 'refuse-offer', 'too-close']);
    refused(await move('attempt', { way: 'phone' }, 'karim'), 409);
    expect((await pages.post('karim', `/worklist/${id}/accept`, {})).status).toBe(404);
    expect((await pages.get('karim', `/worklist/${id}/report`)).status).toBe(404);
    await made('take-over', {}, 'karim');
    expect((await now()).index).toMatchObject({ owner: 'wally-karim', proposed: null, taskStatus: 'accepted' });
    expect((await page()).status).toBe(404);
    expect((await move('take-over', {}, 'sanne')).status).toBe(404);
  });

  test('an offer that is refused stays with its owner', async () => {
    await made('offer', { offerTo: 'wally-joost' });
    await made('refuse-offer', {}, 'joost');
    expect((await page('joost')).status).toBe(404);
    expect((await now()).index).toMatchObject({ owner: 'wally-sanne', proposed: null });
    refused(await move('refuse-offer'), 403, 'zij is nu van iemand anders');
    refused(await move('take-over'), 403, 'zij is nu van iemand anders');
  });

  test('a substitute acts, is told for whom, and the fixed Wally takes it back', async () => {
    await accept();
    await pages.post('marijke', '/team/absence', { wally: 'wally-sanne', act: 'sick' });
    await putOnWorklist(site, id);
    expect((await pages.get('karim', '/worklist?folder=me')).text).toContain('U neemt waar voor Sanne Verhoeven');
    expect((await page('karim')).text).toContain('U neemt waar voor Sanne Verhoeven.');
    await pages.post('marijke', '/team/absence', { wally: 'wally-sanne', act: 'back' });
    expect((await pages.get('sanne', '/worklist?folder=me')).text).toContain('Karim Bouzid neemt waar voor u');
    refused(await move('resume-own', {}, 'karim'), 403);
    await made('resume-own');
    expect((await now()).index).toMatchObject({ owner: 'wally-sanne', actingFor: null });
  });

  test('a no has one of four reasons, is asked once more, and tells the practice', async () => {
    refused(await move('decline', { proposal: 'De buurtkamer.' }), 422, 'Kies een van de redenen.', 'De buurtkamer.');
    refused(await move('decline', { declineReason: 'too-busy' }), 422, 'Kies een van de redenen.');
    refused(await move('decline', { declineReason: 'duplicate' }), 200, 'Weet u het zeker?');
    await made('decline', { declineReason: 'duplicate', proposal: 'De buurtkamer.', sure: 'yes' });
    expect((await now()).index.taskStatus).toBe('rejected');
    expect((await pages.get('brink', `/practice/${id}`)).text).toContain('Voorstel: De buurtkamer.');
    refused(await move('decline', { declineReason: 'duplicate', sure: 'yes' }), 409);
  });

  test.each(['consent-withdrawn', 'deceased', 'moved', 'other-practice'])('ends when %s, once sure', async (reason) => {
    refused(await move('end', { endReason: 'bored' }), 422, 'Kies wat er veranderd is.');
    refused(await move('end', { endReason: reason }), 200, 'Weet u het zeker?');
    expect((await now()).index.taskStatus).not.toBe('cancelled');
    const text = await made('end', { endReason: reason, sure: 'yes' });
    expect((await now()).index.taskStatus).toBe('cancelled');
    // H10: what may no longer be read is no longer there to read.
    expect(text.includes('Annie van den Berg')).toBe(reason !== 'consent-withdrawn');
  });
});

describe('H11: "ik ken deze inwoner"', () => {
  const cannotSee = async (as: Person) => {
    expect((await page(as)).status).toBe(404);
    for (const folder of ['new', 'me', 'others', 'overdue', 'done'])
      expect((await pages.get(as, `/worklist?folder=${folder}`)).text).not.toContain('Annie');
    expect((await pages.get(as, `/worklist/${id}/report`)).status).toBe(404);
  };

  test('it goes to the substitute at once, whoever says so sees no more of it, and no reason is kept', async () => {
    refused(await move('too-close'), 200, 'Niemand vraagt waarom.');
    const answer = await move('too-close', { sure: 'yes' });
    expect([answer.status, answer.location]).toEqual([303, '/worklist?done=too-close']);
    await putOnWorklist(site, id);
    const { index, task } = await now();
    expect(index).toMatchObject({ owner: 'wally-karim', barred: ['wally-sanne'], taskStatus: 'requested' });
    expect(JSON.stringify(task.resource)).not.toMatch(/close|ken/);
    const { rows } = await at.owner.query('select kind, route, outcome from journey_event where journey_id = $1', [id]);
    expect(JSON.stringify(rows)).not.toContain('close');
    // The fixed Wally is there all along: the line must not bring it back to her.
    expect(await reevaluatePresence(at.store, site.directory)).toBe(0);
    expect((await now()).index.owner).toBe('wally-karim');
    await cannotSee('sanne');
    expect((await page('karim')).status).toBe(200);
    expect((await move('too-close', { sure: 'yes' }, 'sanne')).status).toBe(404);
  });

  test('nothing brings it back: no offer, no team lead, no absence of the other', async () => {
    await move('too-close', { sure: 'yes' });
    await putOnWorklist(site, id);
    await pages.get('karim', `/worklist/${id}`);
    refused(await move('offer', { offerTo: 'wally-sanne' }, 'karim'), 422, 'kan deze inwoner niet helpen');
    expect((await page('karim')).text).not.toContain('value="wally-sanne"');
    expect((await pages.post('marijke', `/team/${id}/assign`, { wally: 'wally-sanne' })).status).toBe(422);
    await pages.post('marijke', '/team/absence', { wally: 'wally-karim', act: 'sick' });
    expect((await now()).index.owner).toBeNull();
    await putOnWorklist(site, id);
    const queue = (await pages.get('marijke', '/team')).text.split('id="queue"')[1] ?? '';
    expect(queue).toContain('Geef aan Joost ter Braak');
    expect(queue.split('id="wallys"')[0]).not.toContain('Sanne Verhoeven');
    await pages.post('marijke', '/team/absence', { wally: 'wally-karim', act: 'back' });
    expect((await now()).index.owner).toBe('wally-karim');
  });

  test('begun work too; and a colleague to whom it was offered is barred without losing its owner', async () => {
    await accept();
    await made('offer', { offerTo: 'wally-joost' });
    await move('too-close', { sure: 'yes' }, 'joost');
    expect((await now()).index).toMatchObject({ owner: 'wally-sanne', proposed: null, barred: ['wally-joost'] });
    await cannotSee('joost');
    await move('too-close', { sure: 'yes' });
    expect((await now()).index).toMatchObject({
      owner: 'wally-karim',
      taskStatus: 'accepted',
      barred: ['wally-joost', 'wally-sanne'],
    });
    await cannotSee('sanne');
    await pages.post('marijke', '/team/absence', { wally: 'wally-karim', act: 'sick' });
    expect((await now()).index.owner).toBeNull();
  });
});

test('H6, H9: parents alone do not lead a young person on to another organisation; what was typed stays', async () => {
  ({ id } = await referred(site, 'de-brink', referralOf(2, young('2012-05-01'))));
  await accept();
  const asked = {
    onwardTo: 'schuldhulp',
    onwardQuestion: 'Wilt u samen de post ordenen?',
    onwardBy: 'parents',
    onwardHow: 'spoken',
    onwardOn: '2026-11-23',
  };
  const said = 'De jongere zelf én de ouders moeten toestemming geven.';
  refused(await move('refer-on', asked), 422, said, asked.onwardQuestion);
  expect((await now()).children).toEqual([]);
  await made('refer-on', { ...asked, onwardBy: 'resident-and-parents' });
});

test('H6: a birthday underway is a form, for the Wally and the team lead; until it is made no content goes back', async () => {
  // Twelve years old on the day after it came.
  ({ id } = await referred(site, 'de-brink', referralOf(2, young('2014-11-24', 'parents'))));
  await accept();
  expect((await page()).text).not.toContain('/move/renew-consent');
  at.now = new Date('2026-11-24T09:00:00Z');
  for (const { text } of [await page(), await pages.get('marijke', `/team/${id}`)]) {
    expect(text).toContain('Intussen 12 jaar: vraag nu ook de jongere zelf om toestemming');
    expect(text).toContain('/move/renew-consent');
    expectSound(text);
  }
  const form = await pages.get('sanne', `/worklist/${id}/report`);
  expect(form.text).toContain('Tot dan hoort de huisarts alleen dát de verwijzing loopt');
  expect(form.text).not.toContain('name="firstLine"');
  const yes = { renewBy: 'parents', renewHow: 'spoken', renewOn: '2026-11-24' };
  refused(await move('renew-consent', { renewBy: 'parents' }), 422, 'Vul de dag van de toestemming in.');
  refused(await move('renew-consent', yes), 422, 'De jongere zelf én de ouders');
  const text = await made('renew-consent', { ...yes, renewBy: 'resident-and-parents' });
  expect(text).not.toContain('Intussen 12 jaar');
  expect((await pages.get('sanne', `/worklist/${id}/report`)).text).toContain('name="firstLine"');
});

describe('the page of the moves', () => {
  test('offers only what the table allows now', async () => {
    const offered = async () => [...(await page()).text.matchAll(/\/move\/([a-z-]+)"/g)].map((one) => one[1]);
    expect(await offered()).toEqual(['offer', 'decline', 'end', 'too-close', 'resident-code', 'objection']);
    await accept();
    expect(await offered()).toEqual([
      'attempt',
      'contact',
      'appoint',
      'ask',
      'hold',
      'refer-on',
      'set-lead',
      'offer',
      'end',
      'too-close',
      'resident-code',
      'objection',
    ]);
    await made('hold', { restWhy: 'other', restUntil: '2026-12-01' });
    expect(await offered()).toEqual(['resume', 'set-lead', 'offer', 'end', 'too-close', 'resident-code', 'objection']);
    await made('end', { endReason: 'moved', sure: 'yes' });
    expect(await offered()).toEqual([]);
  });

  test('who acts on an older page is shown what changed, with what was typed', async () => {
    await accept();
    const { task } = await now();
    await made('attempt', { way: 'phone' });
    const answer = await pages.post('sanne', `/worklist/${id}/move/ask`, {
      version: String(task.version),
      question: 'Klopt dit?',
    });
    refused(answer, 409, 'De verwijzing is veranderd nadat u deze pagina opende.', 'Klopt dit?');
    expect((await now()).communications).toEqual([]);
  });

  test('a move that is none, and of nobody’s, is not there', async () => {
    expect((await move('fly')).status).toBe(404);
    expect((await move('attempt', { way: 'phone' }, 'karim')).status).toBe(404);
    expect((await move('attempt', { way: 'phone' }, 'brink')).status).toBe(404);
  });

  test('speaks English, also where it says no', async () => {
    await accept();
    const { text } = await page('sanne', 'en');
    expectSound(text);
    for (const said of ['Tried, not reached', 'Ask the practice something', 'I know this resident', 'Called'])
      expect(text).toContain(said);
    refused(await move('ask', { question: '' }, 'sanne', 'en'), 422, 'Write your question, in at most 140 characters.');
    refused(await move('end', { endReason: 'moved' }, 'sanne', 'en'), 200, 'Are you sure?', 'No, go back');
    refused(
      await move('give-up', { sure: 'yes' }, 'sanne', 'en'),
      422,
      'First try on three different days, and on at least two parts of the day',
    );
  });
});
