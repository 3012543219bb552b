import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { placeOf, placeText } from '../../src/web/list-pages.ts';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { type Browsing, browse, type Person, refer, referralOf, siteOver } from './harness.ts';
import { hasChromium, htmlBytesMax, openJudge } from './judging.ts';
import { expectSound } from './markup.ts';

const count = 205;
let at: TestStore;
let site: Site;
let pages: Browsing;
/** The last one that came in. */
let acute: string;

/** Names that compress as badly as those of so many people do. */
const nameOf = (nth: number) => createHash('sha256').update(`${nth}`).digest('base64url').slice(0, 14);

beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  site = siteOver(at.store);
  pages = await browse(site);
  const { patient } = referralOf(0);
  const made = (nth: number, change = {}) =>
    refer(
      site,
      'de-brink',
      referralOf(nth, {
        patient: {
          ...patient,
          name: { family: nameOf(nth), text: `Annie ${nameOf(nth)}` },
          localId: { ...patient.localId, system: 'urn:x', value: `p-${nth}` },
        },
        ...change,
      }),
    );
  await Promise.all(Array.from({ length: count - 1 }, (_, nth) => made(nth + 1)));
  // A week later: by its promised day it would stand last too.
  at.now = new Date('2026-11-30T09:00:00Z');
  acute = (await made(count, { priority: 'stat' })).id;
  await at.owner.query(
    `insert into worklist_entry (practice_id, journey_id, task_id, assignment, owner_id, visible_at)
     select practice_id, id, task_id, assignment, owner_id, now() from journey`,
  );
}, 60_000);
afterAll(async () => {
  await pages?.close();
  await at?.close();
});

const linked = (text: string, place: string): string[] =>
  [...text.matchAll(new RegExp(`class="lead"><a href="/${place}/([0-9a-f-]{36})"`, 'g'))].map(([, id]) => id ?? '');
const nextOf = (text: string): string | undefined =>
  /<a href="([^"]+)" rel="next"/.exec(text)?.[1]?.replaceAll('&amp;', '&');

/** What stands on the pages of a list, one after the other; `between` is done after the first. */
async function walked(
  as: Person,
  path: string,
  part: (text: string) => string = (text) => text,
  between?: () => Promise<unknown>,
) {
  const found: string[][] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const { text } = await pages.get(as, next.replace(/#.*/, ''));
    expectSound(text);
    found.push(linked(part(text), path.split(/[/?]/)[1] ?? ''));
    next = nextOf(part(text));
    if (found.length === 1) await between?.();
  }
  return found;
}

describe("a Wally's worklist", () => {
  test('an acute one that came last of all stands first, and is what "accept and next" takes', async () => {
    const { text } = await pages.get('sanne', '/worklist');
    expect(text).toMatch(new RegExp(`aria-current="page">Nieuw <span class="count">${count}<`));
    expect(linked(text, 'worklist')).toHaveLength(50);
    expect(linked(text, 'worklist')[0]).toBe(acute);
    expect(text).toContain(`U ziet er 50 van ${count}.`);
    const other = linked(text, 'worklist')[1];
    const answer = await pages.post('sanne', `/worklist/${other}/accept`, { and: 'next' });
    expect(answer.location).toBe(`/worklist/${acute}?done=accepted-before`);
  });

  test('its pages hold each referral once, keep the filters, and go on where they were when work was done meanwhile', async () => {
    const path = '/worklist?folder=new&urgency=routine';
    const first = linked((await pages.get('sanne', path)).text, 'worklist')[0];
    const all = await walked('sanne', path, undefined, () => pages.post('sanne', `/worklist/${first}/accept`, {}));
    expect(all.map((one) => one.length)).toEqual([50, 50, 50, 50, 3]);
    expect(new Set(all.flat()).size).toBe(203);
    expect(all.flat()).not.toContain(acute);
  });

  test('a place in the address that cannot be one is the first page; one where nothing is left says so', async () => {
    const place = { rank: 1, day: '2026-11-26', arrived: 1_795_424_400_000_123, journey: acute };
    expect(placeOf(placeText(place))).toEqual(place);
    for (const wrong of [
      '',
      'x',
      `1.2026-02-31.1.${acute}`,
      placeText(place).replace('2026', '0000'),
      `${placeText(place)}'`,
    ])
      expect([wrong, placeOf(wrong)]).toEqual([wrong, undefined]);
    const odd = await pages.get('sanne', "/worklist?folder=new&after=1' or 1=1");
    expect([odd.status, linked(odd.text, 'worklist')[0]]).toEqual([200, acute]);
    const end = await pages.get('sanne', `/worklist?folder=new&after=${placeText({ ...place, rank: 9 })}`, 'en');
    expect(end.text).toContain('Nothing is left on this page.');
    expect(end.text).toContain('First page');
  });

  test('what a search finds has its pages too, posted', async () => {
    const first = await pages.post('sanne', '/worklist/search', { sought: '12-04-1951' });
    expect(first.text).toContain(`Gevonden <span class="count">${count}</span>`);
    const after = /name="after" value="([^"]+)"/.exec(first.text)?.[1] ?? '';
    const second = await pages.post('sanne', '/worklist/search', { sought: '12-04-1951', after });
    const both = [...linked(first.text, 'worklist'), ...linked(second.text, 'worklist')];
    expect(new Set(both).size).toBe(100);
    expect(first.text).not.toMatch(/(href|action)="[^"]*1951/);
  });
});

describe('the practice and the team', () => {
  const loose = 70;
  const queued = (text: string) => text.split('id="queue"')[1]?.split('</section>')[0] ?? '';
  const listed = (text: string) => text.split('id="open"')[1] ?? '';

  test('"onze verwijzingen" counts and reaches all that runs and all that is done, each apart', async () => {
    await at.owner.query(
      `update journey set task_status = 'completed', business_status = 'completed'
        where id in (select id from journey where id <> $1 order by received_at desc, id desc limit 60)`,
      [acute],
    );
    const { text } = await pages.get('brink', '/practice');
    expect(text).toContain(`Loopt <span class="count">${count - 60}</span>`);
    expect(text).toContain('Klaar <span class="count">60</span>');
    const [open, done] = [(one: string) => one.split('>Klaar')[0] ?? '', (one: string) => one.split('>Klaar')[1] ?? ''];
    expect((await walked('brink', '/practice', open)).map((one) => one.length)).toEqual([50, 50, 45]);
    const closed = await walked('brink', '/practice', done);
    expect(new Set(closed.flat()).size).toBe(60);
    await at.owner.query(`update journey set task_status = 'requested', business_status = 'new'`);
  });

  test('the team queue and the folders have pages of their own; for the team acute, overdue, urgent, then whose owner is absent', async () => {
    await at.owner.query(
      `update journey set owner_id = null where id in (select id from journey where id <> $1 order by id limit ${loose})`,
      [acute],
    );
    await at.owner.query(
      `update journey set owner_id = 'wally-nobody' where id = (select id from journey where owner_id is not null and id <> $1 order by id desc limit 1)`,
      [acute],
    );
    const some = await at.owner.query<{ id: string }>(
      `select id::text from journey where owner_id is not null and owner_id <> 'wally-nobody' and id <> $1 order by id desc limit 2`,
      [acute],
    );
    const [urgent = '', overdue = ''] = some.rows.map((one) => one.id);
    await at.owner.query(`update journey set priority = 'urgent' where id = $1`, [urgent]);
    await at.owner.query(`update journey set call_before = '2026-12-31' where id <> $1`, [overdue]);
    await at.owner.query(`delete from clock where journey_id <> $1`, [overdue]);
    const whose = await at.owner.query<{ id: string }>(`select id::text from journey where owner_id = 'wally-nobody'`);
    const { text } = await pages.get('marijke', '/team');
    expect(text).toContain(`Teamwachtrij <span class="count">${loose}</span>`);
    expect(text).toMatch(new RegExp(`aria-current="page">Loopt <span class="count">${count - loose}<`));
    expect(linked(listed(text), 'team').slice(0, 4)).toEqual([acute, overdue, urgent, whose.rows[0]?.id]);
    const queue = await walked('marijke', '/team?folder=new', queued);
    expect([queue.map((one) => one.length), new Set(queue.flat()).size]).toEqual([[50, 20], loose]);
    const own = await walked('marijke', '/team', listed);
    expect([own.map((one) => one.length), new Set(own.flat()).size]).toEqual([[50, 50, 35], count - loose]);
    at.now = new Date('2027-01-07T09:00:00Z');
    const late = await pages.get('marijke', '/team');
    expect(late.text).toContain(`Te laat: ${loose} bij niemand`);
    expect(late.text).toMatch(new RegExp(`id="overdue">Te laat <span class="count">${count}<`));
  });
});

describe('weight', () => {
  const full: readonly (readonly [as: Person, path: string])[] = [
    ['karim', '/worklist'],
    ['brink', '/practice'],
    ['marijke', '/team'],
  ];
  beforeAll(async () => {
    await at.owner.query(`update journey set owner_id = 'wally-karim' where owner_id is not null`);
    await at.owner.query(
      `update journey set task_status = 'completed', business_status = 'completed'
        where id in (select id from journey where owner_id is not null and id <> $1 limit 60)`,
      [acute],
    );
    await at.owner.query(
      `insert into alarm (kind, journey_id, practice_id, team_id, raised_at)
       select 'nobody-present', id, practice_id, team_id, now() from journey where owner_id is null`,
    );
  });

  test.each(full)('%s %s with more than a page of everything stays under 30 kB', async (as, path) => {
    const response = await fetch(`${pages.url}${path}`, { headers: { 'x-as': as } });
    expect(gzipSync(await response.text()).length).toBeLessThan(htmlBytesMax);
  });

  test('the phone list has one line per call, however many of a practice wait for it', async () => {
    const { text } = await pages.get('marijke', '/team');
    expect(text.match(/Niemand aanwezig/g)).toHaveLength(1);
    expect(text).toMatch(/Niemand aanwezig <span class="count">70</);
    expect(text.indexOf('Acute verwijzing')).toBeLessThan(text.indexOf('Niemand aanwezig'));
    // Ten numbers are enough to ask after; the others stand in the queue below.
    expect(text).toContain('en nog 60');
  });

  test('a phone list of many calls has pages, with how many there are', async () => {
    await at.owner.query(
      `insert into alarm (kind, journey_id, practice_id, team_id, raised_at)
       select 'call-practice', id, 'zuidrand', team_id, now() from journey limit 45`,
    );
    const calls = (text: string) => text.slice(text.indexOf('id="calls"'), text.indexOf('id="queue"'));
    const named = (text: string) => [...calls(text).matchAll(/team\/([0-9a-f-]{36})\/called/g)].map(([, id]) => id);
    const found: unknown[] = [];
    let path: string | undefined = '/team';
    for (let n = 0; path && n < 9; n += 1) {
      const { text }: { text: string } = await pages.get('marijke', path.replace(/#.*/, ''));
      expectSound(text);
      expect(text).toMatch(/nu doen <span class="count">116</);
      expect(text).toContain('van 47.');
      found.push(...named(text));
      path = nextOf(calls(text).split('id="overdue"')[0] ?? '');
    }
    expect([found.length, new Set(found).size]).toEqual([45, 45]);
    await at.owner.query(`delete from alarm where kind = 'call-practice'`);
  });

  test.skipIf(!hasChromium)('axe finds nothing on them on a telephone', async () => {
    const judge = await openJudge();
    try {
      for (const [as, path] of full) {
        await judge.open(`${pages.url}${path}`, { 'x-as': as }, 'telephone');
        await judge.judge(path);
      }
    } finally {
      await judge.close();
    }
  });
});
