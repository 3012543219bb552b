import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deliver } from '../../src/delivery/deliver.ts';
import { openLog } from '../../src/log.ts';
import { removeExpired } from '../../src/store/access/sessions.ts';
import { readDirectoryResource } from '../../src/store/directory.ts';
import { offerDue } from '../../src/store/outbox/outbox.ts';
import type { Site } from '../../src/web/site.ts';
import { withAbsence } from '../../src/web/team/absence.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { committed } from '../doubles/made.ts';
import { type Browsing, browse, siteOver } from './harness.ts';

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

const text = 'Is er in de wijk een groep voor mantelzorgers met een xylofoon?';
const answer = 'Ja, op dinsdag in het buurthuis, met een xylofoonleraar.';
const idIn = (page: string) => /name="id" value="([^"]+)"/.exec(page)?.[1] ?? '';

async function ask(change: Record<string, string> = {}, as: 'brink' | 'rand' = 'brink') {
  const id = idIn((await pages.get(as, '/practice/questions')).text);
  return { id, page: await pages.post(as, '/practice/questions', { id, text, ...change }) };
}
const rows = async () =>
  (
    await at.owner.query<{ id: string; answered_by: string | null; row: string }>(
      'select id, answered_by, q::text as row from question q',
    )
  ).rows;
const audits = async () =>
  (await at.owner.query<{ event: string }>("select line::jsonb->>'event' as event from audit")).rows
    .map((one) => one.event)
    .filter((one) => one.startsWith('general-question'));

async function away(id: string): Promise<void> {
  const role = await readDirectoryResource(at.store, 'PractitionerRole', id);
  if (role?.resourceType !== 'PractitionerRole') throw new Error('no such role');
  await committed(at.store, {
    scope: { practice: '' },
    directory: [
      { resource: withAbsence(role, { from: '2026-11-20', to: '2026-12-20' }), validFrom: '2026-01-01T00:00:00Z' },
    ],
    audit: [],
  });
}

describe('a practice asks the Wally something about nobody', () => {
  test('the fixed Wally reads and answers it; the practice reads the answer; both are in the trail', async () => {
    const { id, page } = await ask();
    expect(page.location).toBe('/practice/questions?done=asked');
    expect((await pages.get('brink', '/practice/questions')).text).toContain('Nog geen antwoord.');
    const open = await pages.get('sanne', `/worklist/questions?question=${id}`);
    expect(open.text).toContain(text);
    expect(open.text).toContain('M. van Leeuwen');
    const done = await pages.post('sanne', '/worklist/questions', { id, text: answer });
    expect(done.location).toBe('/worklist/questions?done=answered');
    const after = await pages.get('brink', '/practice/questions');
    expect(after.text).toContain(answer);
    expect(after.text).toContain('Sanne Verhoeven');
    expect(await audits()).toEqual(['general-question-asked', 'general-question-answered']);
    expect((await pages.get('brink', '/practice/questions', 'en')).text).toContain('Ask the Wally');
  });

  test('nothing of it is readable where it is kept, nor in the trail or the outbox', async () => {
    const { id } = await ask();
    await pages.post('sanne', '/worklist/questions', { id, text: answer });
    const { rows: all } = await at.owner.query<{ row: string }>(
      'select q::text as row from question q union all select a::text from audit a union all select d::text from delivery d',
    );
    expect(all.length).toBeGreaterThan(3);
    for (const { row } of all)
      for (const form of ['xylofoon', Buffer.from('xylofoon').toString('hex')]) expect(row).not.toContain(form);
  });

  test('a mail without content says that something waits, and it really goes', async () => {
    const { id } = await ask();
    const sent: unknown[] = [];
    const connectors = {
      mail: {
        send: async (parcel: unknown) => {
          sent.push(parcel);
          return { proof: 'transport' as const };
        },
      },
    };
    const due: { id: string; generation: number }[] = [];
    await offerDue(at.store, async (rows) => void due.push(...rows));
    const parts = {
      store: at.store,
      directory: site.directory,
      connectors,
      log: openLog('silent'),
      timeoutMs: 1_000,
      random: () => 0,
    };
    for (const one of due) await deliver(parts as unknown as Parameters<typeof deliver>[0], one);
    expect(sent).toEqual([
      {
        messageId: expect.any(String),
        kind: 'notify',
        ambiguous: false,
        mail: { to: 'wally-sanne@voorbeeldstreek.example', role: 'wally' },
      },
    ]);
    const { rows: deliveries } = await at.owner.query('select state, journey_id from delivery');
    expect(deliveries).toEqual([{ state: 'landed', journey_id: id }]);
  });

  test('the same form twice is one question', async () => {
    const { id } = await ask();
    await pages.post('brink', '/practice/questions', { id, text });
    expect(await rows()).toHaveLength(1);
  });

  test('H8: what looks like a person is pointed out, and goes only when its writer looked again', async () => {
    const named = 'Kan mevrouw Jansen ook naar de eettafel?';
    const { id, page } = await ask({ text: named });
    expect(page.status).toBe(422);
    expect(page.text).toContain('mevrouw Jansen. Dat lijkt op een naam.');
    expect(page.text).toContain('href="#sure"');
    expect(await rows()).toHaveLength(0);
    const sure = await pages.post('brink', '/practice/questions', { id, text: named, sure: 'yes' });
    expect(sure.status).toBe(303);
    expect(await rows()).toHaveLength(1);
  });

  test.each([
    ['H17: a BSN never goes, whoever is sure', { text: 'Hoort 999990019 bij u?', sure: 'yes' }],
    ['nothing written', { text: ' ' }],
    ['too long', { text: 'a'.repeat(2001) }],
  ])('refused at its field: %s', async (_, change) => {
    const { page } = await ask(change);
    expect(page.status).toBe(422);
    expect(page.text).toContain('href="#text"');
    expect(await rows()).toHaveLength(0);
  });
});

describe('whose it is', () => {
  test('another practice, another Wally and the substitute of who is there do not see it', async () => {
    const { id } = await ask();
    expect((await pages.get('rand', '/practice/questions')).text).not.toContain(text);
    for (const who of ['joost', 'karim'] as const) {
      expect((await pages.get(who, '/worklist/questions')).text).not.toContain(text);
      expect((await pages.post(who, '/worklist/questions', { id, text: answer })).status).toBe(404);
    }
    expect((await pages.get('brink', '/worklist/questions')).status).toBe(404);
    expect((await pages.get('marijke', '/worklist/questions')).status).toBe(404);
  });

  test('the substitute while the fixed Wally is away; any of the team when nobody is there', async () => {
    await away('wally-sanne');
    const { id } = await ask();
    expect((await pages.get('karim', '/worklist/questions')).text).toContain(text);
    expect((await pages.get('joost', '/worklist/questions')).text).not.toContain(text);
    await away('wally-karim');
    expect((await pages.get('joost', '/worklist/questions')).text).toContain(text);
    expect((await pages.post('joost', '/worklist/questions', { id, text: answer })).status).toBe(303);
    expect((await rows())[0]?.answered_by).toBe('wally-joost');
  });

  test('answered once: who comes second hears that', async () => {
    const { id } = await ask();
    await pages.post('sanne', '/worklist/questions', { id, text: answer });
    const again = await pages.post('sanne', '/worklist/questions', { id, text: 'Iets anders' });
    expect(again.text).toContain('Deze vraag is al beantwoord.');
    expect((await pages.get('brink', '/practice/questions')).text).not.toContain('Iets anders');
  });
});

test('an answered question goes after 90 days, an open one never by itself', async () => {
  const { id } = await ask();
  await ask();
  await pages.post('sanne', '/worklist/questions', { id, text: answer });
  at.now = new Date('2027-02-21T08:00:00Z');
  await removeExpired(at.store);
  expect(await rows()).toHaveLength(2);
  at.now = new Date('2027-02-21T10:00:00Z');
  await removeExpired(at.store);
  expect((await rows()).map((one) => one.id)).not.toContain(id);
  expect(await rows()).toHaveLength(1);
});
