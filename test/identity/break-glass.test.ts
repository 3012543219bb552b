import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { end } from '../../src/feedback/ending.ts';
import { accept } from '../../src/feedback/moves.ts';
import type { Actor } from '../../src/referral/actor.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { type OpenApp, openApp } from '../doubles/app.ts';
import { committed, journeyOf, notRefused } from '../doubles/made.ts';
import { attemptFeedback, people, referralOf, referred } from '../web/harness.ts';

let app: OpenApp;
let journey: Journey;
let other: Journey;
let admin: string;
const colleague: Actor = { id: 'admin-second', name: 'Tweede beheerder', role: 'administrator' };
const reason = 'De terugkoppeling komt niet aan en de leverancier vraagt welk nummer de praktijk gaf.';

beforeAll(async () => {
  app = await openApp();
  journey = await referred(app.site, 'de-brink', referralOf(1));
  other = await referred(app.site, 'de-brink', referralOf(2));
  admin = await app.signedIn(people.admin);
});
afterAll(() => app.close());

const text = async (cookie: string, path: string) => {
  const response = await app.ask('GET', path, { headers: { cookie } });
  return { status: response.status, text: await response.text() };
};
const lines = async (event: string) => {
  const { rows } = await app.at.owner.query<{ line: string }>('select line from audit order by id');
  return rows.map((row) => JSON.parse(row.line)).filter((one) => one.event === event);
};
const glass = () => `/admin/break-glass/${journey.id}`;

test('without it an administrator sees no referral, and does not learn whether there is one', async () => {
  const hidden = await text(admin, glass());
  const absent = await text(admin, '/admin/break-glass/01900000-0000-7000-8000-000000000000');
  expect(hidden).toEqual(absent);
  expect(hidden.status).toBe(404);
});

test('it wants a number that there is, and a reason', async () => {
  // From the page of a message nothing has to be typed but the reason.
  const from = await text(admin, `/admin/break-glass?number=${journey.index.number}`);
  expect(from.text).toContain(`name="number" value="${journey.index.number}"`);
  const wrong = await app.post(admin, '/admin/break-glass', { number: 'nergens', reason: 'kort' });
  expect(wrong.status).toBe(422);
  const page = await wrong.text();
  for (const field of ['number', 'reason']) expect(page).toContain(`href="#${field}"`);
  expect(await lines('break-glass')).toEqual([]);
});

describe('once broken', () => {
  beforeAll(async () => {
    const done = await app.post(admin, '/admin/break-glass', { number: journey.index.number, reason });
    expect([done.status, done.headers.get('location')]).toEqual([303, glass()]);
  });

  test('the referral can be read, as its Wally sees it, and nothing else', async () => {
    const page = await text(admin, glass());
    expect(page.status).toBe(200);
    expect(page.text).toContain('Annie van den Berg');
    // No BSN, as for the Wally (promise 4); nothing to press but signing out.
    expect(page.text).not.toContain('999990019');
    expect([...page.text.matchAll(/<form method="post" action="([^"]+)"/g)].map((one) => one[1])).toEqual(['/logout']);
    expect((await text(admin, `/admin/break-glass/${other.id}`)).status).toBe(404);
    for (const path of [`/worklist/${journey.id}`, `/practice/${journey.id}`, `/team/${journey.id}`])
      expect([path, (await text(admin, path)).status]).toEqual([path, 403]);
  });

  test('it is for one administrator', async () => {
    expect((await text(await app.signedIn(colleague), glass())).status).toBe(404);
  });

  test('it stands on the trail as its own event, and so does each look', async () => {
    expect(await lines('break-glass')).toMatchObject([
      {
        actor: { id: 'admin-region', role: 'administrator' },
        journey: journey.id,
        practice: 'de-brink',
        purpose: 'BTG',
      },
    ]);
    expect((await lines('referral-viewed')).filter((one) => one.purpose === 'BTG').length).toBeGreaterThan(0);
    // Why is free text about somebody's referral: it is sealed, and in no line.
    expect(JSON.stringify(await lines('break-glass'))).not.toContain('leverancier');
    const { rows } = await app.at.owner.query<{ reason: Buffer }>('select reason from break_glass');
    expect(rows[0]?.reason.includes('leverancier')).toBe(false);
  });

  test('every administrator sees that it was done, and why', async () => {
    const page = await text(await app.signedIn(colleague), '/admin/break-glass');
    expect(page.text).toContain(journey.index.number);
    expect(page.text).toContain('de leverancier vraagt');
    expect(page.text).not.toContain('Annie');
  });

  test('the practice is told on its own page, and other practices are not', async () => {
    const own = await text(await app.signedIn(people.brink), '/practice');
    expect(own.text).toContain('Een beheerder heeft gekeken');
    expect(own.text).toContain('Beheer van de regio');
    expect(own.text).not.toContain('leverancier');
    expect((await text(await app.signedIn(people.rand), '/practice')).text).not.toContain(
      'Een beheerder heeft gekeken',
    );
  });

  test('those of the practice who have an address get a mail without content', async () => {
    const { rows } = await app.at.owner.query(
      "select d.recipient from delivery d where d.journey_id = $1 and d.destination = 'mail' and d.assignment is null",
      [journey.id],
    );
    const directory = await app.site.directory();
    const reachable = [...directory.roles.values()].filter((one) => one.organization === 'de-brink' && one.email);
    expect(rows.map((row) => row.recipient).toSorted()).toEqual(reachable.map((one) => one.id).toSorted());
  });

  test('what another system answered is read here and nowhere else, and its reading is on the trail', async () => {
    const said = 'Patiënt Annie van den Berg (999990019) is hier niet bekend';
    await attemptFeedback(app.site, journey.id, { held: 'rejected', said }, 'notify');
    const { rows } = await app.at.owner.query<{ id: string; said: Buffer }>(
      'select delivery_id::text as id, said from attempt where said is not null',
    );
    expect(rows.map((row) => row.said.includes('Annie'))).toEqual([false]);
    const delivery = await text(admin, `/admin/deliveries/${rows[0]?.id}`);
    expect(delivery.text).toContain('Lezen kan alleen met noodinzage');
    expect(delivery.text).not.toContain('hier niet bekend');
    // The BSN is not theirs to read, whoever says it (promise 4).
    expect((await text(admin, glass())).text).toContain(said.replace('999990019', '---------'));
    expect(await lines('foreign-text-viewed')).toMatchObject([{ purpose: 'BTG', journey: journey.id, action: 'R' }]);
  });

  test('it ends by itself after six hours', async () => {
    const before = app.at.now;
    app.at.now = new Date(before.getTime() + 6 * 3_600_000 - 1_000);
    const fresh = await app.signedIn(people.admin);
    expect((await text(fresh, glass())).status).toBe(200);
    app.at.now = new Date(before.getTime() + 6 * 3_600_000);
    expect((await text(fresh, glass())).status).toBe(404);
    app.at.now = before;
  });
});

test('H10: once the consent is withdrawn nobody reads the content any more, at once and whoever had it open', async () => {
  const names = async (cookie: string, path: string) => (await text(cookie, path)).text.includes('Annie van den Berg');
  const open = await referred(app.site, 'de-brink', referralOf(3));
  expect((await app.post(admin, '/admin/break-glass', { number: open.index.number, reason })).status).toBe(303);
  const owner = Object.values(people).find((one) => one.id === open.index.owner) ?? people.sanne;
  const readers = [
    [admin, `/admin/break-glass/${open.id}`],
    [await app.signedIn(owner), `/worklist/${open.id}`],
    [await app.signedIn(people.marijke), `/team/${open.id}`],
  ] as const;
  const texts = async () => (await text(admin, `/admin/break-glass/${open.id}`)).text.includes('onbekend bij ons');
  await attemptFeedback(
    app.site,
    open.id,
    { held: 'rejected', said: 'Annie van den Berg: onbekend bij ons' },
    'notify',
  );
  expect(await texts()).toBe(true);
  for (const [cookie, path] of readers) expect([path, await names(cookie, path)]).toEqual([path, true]);
  const acting = { actor: owner, now: app.at.now, newId: app.site.store.newId, directory: await app.site.directory() };
  // Its Wally opened it by looking, so it is read again.
  const seen = await journeyOf(app.site.store, open.id);
  await committed(app.site.store, notRefused(accept(seen, acting)));
  const accepted = await journeyOf(app.site.store, open.id);
  await committed(app.site.store, notRefused(end(accepted, 'consent-withdrawn', acting)));
  for (const [cookie, path] of readers) expect([path, await names(cookie, path)]).toEqual([path, false]);
  expect(await texts()).toBe(false);
});
