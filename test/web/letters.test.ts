import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Referral } from '../../src/referral/referral.ts';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { type Browsing, browse, journeyOf, referralOf, referred, siteOver } from './harness.ts';

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

const pdf = Buffer.from('%PDF-1.7\n\u0000\u00ff not really', 'latin1');
const withLetter = (medicalCodes: boolean, letter: Partial<NonNullable<Referral['letters']>[number]> = {}) => {
  const referral = referralOf(1);
  return {
    ...referral,
    consent: { ...referral.consent, medicalCodes },
    letters: [
      { title: 'Verwijsbrief "cardio" <b>', contentType: 'application/pdf', base64: pdf.toString('base64'), ...letter },
    ],
  };
};
const download = (as: string, path: string) => fetch(`${pages.url}${path}`, { headers: { 'x-as': as } });
const addressOf = async (id: string) => {
  const { letters } = await journeyOf(site, id);
  return `/worklist/${id}/letter/${letters[0]?.resource.id}`;
};
const auditOf = async (event: string) => {
  const { rows } = await at.owner.query<{ line: string }>('select line from audit order by xid, id');
  return rows.map((row) => JSON.parse(row.line) as Record<string, unknown>).filter((line) => line.event === event);
};

describe('a letter of the practice (H17)', () => {
  test('is shown and downloaded by its Wally when the resident shares medical data, and that is noted', async () => {
    const journey = await referred(site, 'de-brink', withLetter(true));
    const address = await addressOf(journey.id);
    const { text } = await pages.get('sanne', `/worklist/${journey.id}`);
    expect(text).toContain(`href="${address}"`);
    expect(text).toContain('Verwijsbrief &quot;cardio&quot; &lt;b&gt;');
    const answer = await download('sanne', address);
    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer()).equals(pdf)).toBe(true);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'content-disposition': `attachment; filename="brief-${journey.index.number}.pdf"`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox",
    });
    const [line, ...more] = await auditOf('letter-downloaded');
    expect(more).toEqual([]);
    expect(line).toMatchObject({ actor: { id: 'wally-sanne' }, action: 'R' });
    expect(line?.object).toMatch(/^DocumentReference\//);
  });

  test('stays unseen without that consent, also by its address', async () => {
    const journey = await referred(site, 'de-brink', withLetter(false));
    const { text } = await pages.get('sanne', `/worklist/${journey.id}`);
    expect(text).not.toContain('Verwijsbrief');
    expect(text).not.toContain('/letter/');
    expect((await download('sanne', await addressOf(journey.id))).status).toBe(404);
    expect(await auditOf('letter-downloaded')).toEqual([]);
  });

  test.each(['joost', 'brink', 'marijke', 'admin'])('is not there for %s', async (who) => {
    const journey = await referred(site, 'de-brink', withLetter(true));
    expect((await download(who, await addressOf(journey.id))).status).toBe(404);
    expect(await auditOf('letter-downloaded')).toEqual([]);
  });

  test('of a kind that runs in a browser comes as bytes', async () => {
    const journey = await referred(site, 'de-brink', withLetter(true, { contentType: 'text/html' }));
    const { headers } = await download('sanne', await addressOf(journey.id));
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="brief-KL-[\w-]+\.bin"$/);
  });

  test('is not found by another id', async () => {
    const journey = await referred(site, 'de-brink', withLetter(true));
    for (const id of ['x', journey.id, '../report']) {
      expect((await download('sanne', `/worklist/${journey.id}/letter/${encodeURIComponent(id)}`)).status).toBe(404);
    }
  });
});

describe('"Wat ziet de Wally"', () => {
  test('on the practice’s page: what goes along, and by name what does not', async () => {
    const journey = await referred(site, 'de-brink', withLetter(false));
    const { text } = await pages.get('brink', `/practice/${journey.id}`);
    const part =
      /<details class="receiver">[\s\S]*?<\/details>\s*<section aria-labelledby="history"/.exec(text)?.[0] ?? '';
    expect(part).toContain('Wat ziet de Wally');
    for (const word of ['Ik zou zo graag', '06-00009001', 'Voorbeeldstraat', 'het BSN', 'medische codes', 'uw brieven'])
      expect(part).toContain(word);
    for (const word of ['999990019', 'Z15', 'Verwijsbrief', 'patient-1']) expect(part).not.toContain(word);
  });

  test('the letters too when the resident shares them', async () => {
    const journey = await referred(site, 'de-brink', withLetter(true));
    const { text } = await pages.get('brink', `/practice/${journey.id}`);
    expect(text).toContain('Verwijsbrief &quot;cardio&quot;');
    expect(text).toContain('Z15');
    expect(text).not.toContain('/letter/');
  });
});

test('"Wat krijgt de praktijk" stands beside the letter before it is sent', async () => {
  const journey = await referred(site, 'de-brink', referralOf(1));
  await pages.post('sanne', `/worklist/${journey.id}/accept`, {});
  const { task } = await journeyOf(site, journey.id);
  const { text } = await pages.post('sanne', `/worklist/${journey.id}/report`, {
    step: 'preview',
    version: String(task.version),
    contact: 'made',
    contactOn: '2026-11-23',
    firstLine: 'Gesproken; wordt vervolgd.',
    residentAgreed: 'yes',
    final: 'interim',
  });
  expect(text).toContain('Wat krijgt de praktijk');
  expect(text).toContain('als bericht (FHIR)');
});
