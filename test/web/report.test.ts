import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Site } from '../../src/web/site.ts';
import { localInstant, readReport, reportFields } from '../../src/web/worklist/report-fields.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { attemptFeedback, type Browsing, browse, journeyOf, referralOf, referred, siteOver } from './harness.ts';

let at: TestStore;
let site: Site;
let pages: Browsing;

beforeEach(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  site = siteOver(at.store);
  pages = await browse(site);
});
afterEach(async () => {
  await pages.close();
  await at.close();
});

async function accepted(change = {}): Promise<string> {
  const journey = await referred(site, 'de-brink', referralOf(1, change));
  await pages.post('sanne', `/worklist/${journey.id}/accept`, {});
  return journey.id;
}

const versionOf = async (id: string) => String((await journeyOf(site, id)).task.version);
const post = (id: string, fields: Record<string, string>) => pages.post('sanne', `/worklist/${id}/report`, fields);

const final = {
  contact: 'made',
  contactOn: '2026-11-23',
  firstLine: 'Mevrouw is gestart met de wandelgroep; wij sluiten af.',
  plan: 'Zij belt zelf als het niet gaat.',
  'outcome-loneliness': 'led-on',
  'outcome-meaning': 'unchanged',
  residentAgreed: 'yes',
  final: 'final',
};

const feedbackRows = async (id: string) =>
  (await at.owner.query(`select document_id from delivery where journey_id = $1 and kind = 'feedback'`, [id])).rows;

test('the form asks nothing in advance, and warns against naming others (H8)', async () => {
  const id = await accepted();
  const { text } = await pages.get('sanne', `/worklist/${id}/report`);
  expect(text).not.toMatch(/ checked| selected/);
  expect(text.match(/Noem geen andere mensen bij naam/g)).toHaveLength(2);
  expect(text).toContain('maxlength="140"');
  expect(text).toContain('Zonder dit vinkje krijgt de huisarts alleen bericht');
  expect(text.indexOf('outcome-loneliness')).toBeLessThan(text.indexOf('outcome-debts'));
});

test('the preview shows the very letter that is then stored and sent, with name and birth date (H3)', async () => {
  const id = await accepted();
  const fields = { ...final, version: await versionOf(id) };
  const preview = await post(id, { ...fields, step: 'preview' });
  expect(preview.status).toBe(200);
  expect(preview.text).toContain('Annie van den Berg');
  expect(preview.text).toContain('12 april 1951');
  expect(await feedbackRows(id)).toHaveLength(0);
  const letter = /<div class="letter" lang="nl">([\s\S]*?)<\/div>/.exec(preview.text)?.[1] ?? '';
  expect(letter).toContain('eenzaamheid en sociale contacten: begeleid naar andere hulp');

  const sent = await post(id, { ...fields, step: 'send' });
  expect([sent.status, sent.location]).toEqual([303, `/worklist/${id}?done=closed`]);
  const journey = await journeyOf(site, id);
  expect(journey.index.taskStatus).toBe('completed');
  expect(journey.communications[0]?.resource.payload?.[1]?.contentString).toBe(letter);
  expect(await feedbackRows(id)).toHaveLength(1);
  expect((await pages.get('sanne', '/worklist?folder=done')).text).toContain(journey.index.number);
});

test('everything in the preview goes back into the form as it was typed', async () => {
  const id = await accepted();
  const nasty = 'Zij zei: "<b>goed</b>" & meer';
  const fields = {
    ...final,
    plan: nasty,
    version: await versionOf(id),
    appointmentOn: '2026-11-26',
    appointmentAt: '10:00',
    appointmentPlace: 'Buurthuis',
  };
  const preview = await post(id, { ...fields, step: 'preview' });
  const hidden = [...preview.text.matchAll(/<input type="hidden" name="([\w-]+)" value="([^"]*)">/g)].map(
    ([, name, value]) => [name, value],
  );
  expect(Object.fromEntries(hidden)).toMatchObject({
    firstLine: final.firstLine,
    appointmentAt: '10:00',
    'outcome-meaning': 'unchanged',
  });
  const form = await post(id, { ...fields, step: 'edit' });
  expect(form.text).toContain('Zij zei: &quot;&lt;b&gt;goed&lt;/b&gt;&quot; &amp; meer</textarea>');
  expect(form.text).toMatch(/value="led-on" selected/);
  expect(form.text).toMatch(/id="residentAgreed"[^>]* checked/);
});

test('closing needs a first line and an outcome for each life area; faults link to their fields', async () => {
  const id = await accepted();
  const answer = await post(id, {
    ...final,
    firstLine: ' ',
    'outcome-meaning': '',
    version: await versionOf(id),
    step: 'send',
  });
  expect(answer.status).toBe(422);
  expect(answer.text).toContain('<a href="#firstLine">');
  expect(answer.text).toContain('<a href="#outcome-meaning">Kies een uitkomst bij: zingeving en verlies.</a>');
  expect(answer.text).toMatch(/id="firstLine"[^>]*aria-invalid="true"/);
  expect(answer.text).toContain('Zij belt zelf als het niet gaat.</textarea>');
  expect((await journeyOf(site, id)).index.taskStatus).toBe('accepted');
  expect(await feedbackRows(id)).toHaveLength(0);
});

test('every fault is told at once, in the order of the form', async () => {
  const id = await accepted();
  const answer = await post(id, {
    contact: 'made',
    appointmentOn: '2026-11-26',
    version: await versionOf(id),
    step: 'preview',
  });
  const links = [...answer.text.matchAll(/<li><a href="#([\w-]+)">/g)].map((match) => match[1]);
  expect(links).toEqual(['contactOn', 'firstLine', 'appointmentOn', 'final']);
});

test('H9: without agreement the practice gets a closure without content', async () => {
  const id = await accepted();
  const { residentAgreed: _, ...fields } = { ...final, version: await versionOf(id) };
  const preview = await post(id, { ...fields, step: 'preview' });
  expect(preview.text).toContain('Er gaat geen inhoud mee');
  expect(preview.text).toContain('De inwoner deelt verder niets met de huisarts.');
  await post(id, { ...fields, step: 'send' });
  const stored = JSON.stringify((await journeyOf(site, id)).communications);
  expect(stored).toContain('De inwoner deelt verder niets met de huisarts.');
  for (const withheld of ['wandelgroep', 'belt zelf', 'led-on']) expect(stored).not.toContain(withheld);
});

test('consent that lets no content back: the form asks for none, whatever is posted', async () => {
  const id = await accepted({ consent: { ...referralOf(0).consent, feedback: 'closure-only' } });
  const form = await pages.get('sanne', `/worklist/${id}/report`);
  expect(form.text).toContain('afgesproken dat er geen inhoud teruggaat');
  expect(form.text).not.toMatch(/name="(firstLine|plan|residentAgreed)"/);
  await post(id, { ...final, version: await versionOf(id), step: 'send' });
  const stored = JSON.stringify((await journeyOf(site, id)).communications);
  expect(stored).not.toContain('wandelgroep');
  expect((await journeyOf(site, id)).index.taskStatus).toBe('completed');
});

test('tapped twice sends once; a form from before another change asks to look first and keeps what was typed', async () => {
  const id = await accepted();
  const fields = { ...final, final: 'interim', version: await versionOf(id) };
  expect((await post(id, { ...fields, step: 'send' })).status).toBe(303);
  expect((await post(id, { ...fields, step: 'send' })).status).toBe(303);
  expect(await feedbackRows(id)).toHaveLength(1);

  const other = await post(id, { ...fields, firstLine: 'Heel ander nieuws.', step: 'send' });
  expect(other.status).toBe(409);
  expect(other.text).toContain('De verwijzing is veranderd nadat u dit formulier opende.');
  expect(other.text).toContain('Heel ander nieuws.');
  expect(other.text).toContain(`name="version" value="${await versionOf(id)}"`);
  expect(await feedbackRows(id)).toHaveLength(1);
});

test('a practice that asks for no interim messages gets one more only when the GP must act, and only what goes along', async () => {
  const id = await accepted();
  const interim = { ...final, final: 'interim' };
  await post(id, { ...interim, version: await versionOf(id), step: 'send' });
  expect((await pages.get('sanne', `/worklist/${id}/report`)).text).toContain('deze praktijk vraagt ze niet');
  const more = async (change: Record<string, string>) =>
    post(id, {
      ...interim,
      firstLine: 'Graag een controle.',
      version: await versionOf(id),
      step: 'preview',
      ...change,
    });
  const refused = await more({});
  expect([refused.status, refused.text.includes('href="#final"')]).toEqual([422, true]);
  expect(refused.text).toContain('Deze praktijk vraagt geen tussenberichten');
  expect((await more({ gpMustAct: 'yes', residentAgreed: '' })).status).toBe(422);
  expect((await more({ step: 'send' })).status).toBe(422);
  const preview = await more({ gpMustAct: 'yes' });
  expect([preview.status, preview.text.includes('name="gpMustAct" value="yes"')]).toEqual([200, true]);
  expect(preview.text).toContain('Wat u hoeft te doen: zie de eerste regel.');
  expect((await more({ gpMustAct: 'yes', step: 'send' })).status).toBe(303);
  expect((await more({ final: 'final' })).status).toBe(200);
  expect(await feedbackRows(id)).toHaveLength(2);
});

test('two taps at the very same moment still send once', async () => {
  const id = await accepted();
  const fields = { ...final, version: await versionOf(id), step: 'send' };
  const answers = await Promise.all([post(id, fields), post(id, fields), post(id, fields)]);
  expect(answers.map((one) => one.status)).toEqual([303, 303, 303]);
  expect(await feedbackRows(id)).toHaveLength(1);
});

test('reporting on work that was not accepted is refused with the sentence', async () => {
  const journey = await referred(site, 'de-brink', referralOf(1));
  const answer = await post(journey.id, { ...final, version: '1', step: 'preview' });
  expect(answer.status).toBe(409);
  expect(answer.text).toContain('Dit kan nu niet meer');
  expect(answer.text).toContain(final.firstLine);
});

test('the journey tells each feedback with its own fate; the appointment is there (H4)', async () => {
  const id = await accepted();
  await post(id, {
    ...final,
    final: 'interim',
    appointmentOn: '2026-11-26',
    appointmentAt: '10:00',
    appointmentPlace: 'Buurthuis',
    version: await versionOf(id),
    step: 'send',
  });
  const before = await pages.get('sanne', `/worklist/${id}`);
  expect(before.text).toContain('staat klaar');
  expect(before.text).toContain('donderdag 26 november om 10:00, Buurthuis');
  await attemptFeedback(site, id, { proof: 'application', landed: false });
  const after = await pages.get('sanne', `/worklist/${id}`);
  expect(after.text).toContain('aria-current="step">bezorgd bij de praktijk');
  expect(after.text).toMatch(/class="todo">in het dossier/);
});

test('Dutch wall clock to an instant: summer, winter, the doubled and the skipped hour', () => {
  expect(localInstant('2026-07-01', '10:00')).toBe('2026-07-01T10:00:00+02:00');
  expect(localInstant('2026-12-01', '10:00')).toBe('2026-12-01T10:00:00+01:00');
  expect(localInstant('2026-10-25', '02:30')).toBe('2026-10-25T02:30:00+02:00');
  expect(localInstant('2026-03-29', '02:30')).toBeUndefined();
  expect(localInstant('2026-02-30', '10:00')).toBeUndefined();
});

test('a referral without life areas closes on any outcome, not on none', async () => {
  const journey = await referred(site, 'de-brink', referralOf(1, { lifeAreas: [] }));
  const { 'outcome-loneliness': _, 'outcome-meaning': __, ...bare } = final;
  const none = readReport(reportFields(bare), journey, at.now);
  expect(none).toMatchObject({ faults: [{ field: 'outcome-other' }] });
  expect(readReport(reportFields({ ...bare, 'outcome-debts': 'helped' }), journey, at.now)).toHaveProperty('answer');
});
