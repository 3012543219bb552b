import { v7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Alarming, lookForAlarms } from '../../src/delivery/alarms.ts';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { attemptFeedback, type Browsing, browse, journeyOf, referralOf, referred, siteOver } from './harness.ts';
import { faultsIn } from './markup.ts';

let at: TestStore;
let site: Site;
let pages: Browsing;
let watch: Alarming;
let number = '';

const person = ['Annie', 'van den Berg', '1951-04', '999990019', '06-0000900', 'Mevrouw', 'Nog geen contact'];
function expectNobody(text: string): void {
  for (const never of person) expect(text).not.toContain(never);
  expect(faultsIn(text)).toEqual([]);
}

beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  site = siteOver(at.store);
  pages = await browse(site);
  const limits = { waitingMinutes: 60, breakerMinutes: 30, answerHours: 24, wallyDays: 3, practiceMissed: 6 };
  watch = {
    ...{ store: site.store, directory: site.directory, log: site.log },
    limits: { ...limits, expiryDays: 30, diskPercent: 10, databaseGb: 50 },
    channels: [],
  };
  const journey = await referred(site, 'de-brink', referralOf(1));
  number = journey.index.number;
  await pages.post('sanne', `/worklist/${journey.id}/accept`, {});
  const { task } = await journeyOf(site, journey.id);
  const report = {
    step: 'send',
    contact: 'none',
    firstLine: 'Nog geen contact.',
    residentAgreed: 'yes',
    final: 'interim',
  };
  await pages.post('sanne', `/worklist/${journey.id}/report`, { ...report, version: String(task.version) });
  await attemptFeedback(site, journey.id, { held: 'rejected' });
});
afterAll(async () => {
  await pages.close();
  await at.close();
});

const heldAlarm = async () =>
  (
    await at.owner.query<{ id: string; answered_as: string | null; snoozed_until: Date | null }>(
      `select id, answered_as, snoozed_until from region_alarm where class = 'held' and over_at is null`,
    )
  ).rows[0];

test('the page says when nobody watches, and that alarms stand there alone', async () => {
  const { text } = await pages.get('admin', '/admin/alarms');
  expect(text).toContain('Niemand kijkt');
  expect(text).toContain('ALARM_MAIL_TO');
});

test('an alarm says what it is, since when, who must act and where; a person says that they know, with a reason', async () => {
  await lookForAlarms(watch);
  const { text } = await pages.get('admin', '/admin/alarms');
  expectNobody(text);
  expect(text).not.toContain('Niemand kijkt');
  expect(text).toContain('Berichten zijn vastgelopen');
  expect(text).toContain('href="/admin?state=held"');
  const alarm = await heldAlarm();
  const path = `/admin/alarms/${alarm?.id}`;
  expect((await pages.post('admin', path, { do: 'acknowledged', reason: '' })).status).toBe(422);
  expect((await pages.post('admin', path, { do: 'for-ever', reason: 'Zij weten het' })).status).toBe(422);
  expect((await pages.post('admin', path, { do: 'acknowledged', reason: 'BSN 999990019' })).status).toBe(422);
  expect((await heldAlarm())?.answered_as).toBeNull();
  expect((await pages.post('admin', path, { do: 'day', reason: 'Zij weten het' })).location).toBe(
    '/admin/alarms?done=yes',
  );
  const snoozed = await heldAlarm();
  expect(snoozed?.answered_as).toBe('snoozed');
  expect(snoozed?.snoozed_until).toEqual(new Date(at.now.getTime() + 86_400_000));
  expect((await pages.get('admin', '/admin/alarms')).text).toContain('Zij weten het');
  const { rows } = await at.owner.query(`select from audit where line like '%"alarm-snoozed"%'`);
  expect(rows).toHaveLength(1);
});

test('an alarm that could not be sent stands on the page with the reason, and can be tried again', async () => {
  const alarm = await heldAlarm();
  await at.owner.query(
    `insert into delivery (practice_id, journey_id, message_id, kind, destination, recipient, state, failure_code, next_at, created_at)
     values ('', $1, $2, 'alarm', 'alarm:mail', 'region', 'held', 'mail-rejected', $3, $3)`,
    [alarm?.id, v7(), at.now],
  );
  const { text } = await pages.get('admin', '/admin/alarms');
  expect(text).toContain('Niet verstuurd: Alarmen per mail');
  const { rows } = await at.owner.query<{ id: string }>(`select id::text from delivery where kind = 'alarm'`);
  const path = `/admin/deliveries/${rows[0]?.id}`;
  expect((await pages.get('admin', path)).status).toBe(200);
  const again = await pages.post('admin', `${path}/act`, { action: 'retry', reason: 'Adres verbeterd' });
  expect(again.location).toBe(`${path}?done=yes`);
});

test('nobody else sees alarms or the phone list', async () => {
  for (const path of ['/admin/alarms', '/admin/calls'])
    for (const who of ['sanne', 'marijke', 'brink'] as const) expect((await pages.get(who, path)).status).toBe(404);
  const alarm = await heldAlarm();
  expect((await pages.post('sanne', `/admin/alarms/${alarm?.id}`, { do: 'week', reason: 'Stil' })).status).toBe(404);
  expect((await pages.post('admin', '/admin/alarms/nothing', { do: 'week', reason: 'Stil' })).status).toBe(404);
});

test('the phone list has feedback after a day, refused messages and mails that cannot be delivered: place and number only', async () => {
  expect((await pages.get('admin', '/admin/calls')).text).toContain('Er hoeft niemand gebeld te worden.');
  at.now = new Date(at.now.getTime() + 25 * 3_600_000);
  await at.owner.query(
    `insert into alarm (practice_id, journey_id, kind, team_id, raised_at) values ('zuidrand', $1, 'call-practice', 'voorbeeldstreek', $2)`,
    [v7(), at.now],
  );
  await at.owner.query(
    `insert into delivery (practice_id, journey_id, message_id, kind, destination, recipient, state, failure_code, next_at, created_at)
     values ('de-brink', $1, $1, 'notify', 'mail', 'wally-karim', 'held', 'mail-rejected', $2, $2)`,
    [v7(), at.now],
  );
  const { text } = await pages.get('admin', '/admin/calls');
  expectNobody(text);
  expect(text).toContain(number);
  expect(text).toContain('Terugkoppeling kwam niet aan.');
  expect(text).toContain('is niet aangenomen');
  expect(text).toContain('Karim Bouzid');
  expect((await pages.get('admin', '/admin/calls', 'en')).text).toContain('Phone list');
  await at.owner.query(
    `insert into delivery (practice_id, journey_id, message_id, kind, destination, recipient, state, failure_code, next_at, created_at)
     select 'de-brink', gen_random_uuid(), gen_random_uuid(), 'notify', 'mail', 'wally-karim', 'held', 'mail-rejected', now(), now()
       from generate_series(1, 60)`,
  );
  const links = (one: string) => [...one.matchAll(/\/admin\/deliveries\/(\d+)/g)].map(([, id]) => id);
  const mails = (one: string) => one.slice(one.indexOf('id="mail"'));
  const first = (await pages.get('admin', '/admin/calls')).text;
  expect(first).toMatch(/id="mail">Mails <span class="count">61</);
  const next = /<a href="([^"#]+)[^"]*" rel="next"/.exec(mails(first))?.[1]?.replaceAll('&amp;', '&') ?? '';
  const second = (await pages.get('admin', next)).text;
  expect([links(mails(first)).length, links(mails(second)).length]).toEqual([50, 11]);
  expect(new Set([...links(mails(first)), ...links(mails(second))]).size).toBe(61);
  // The other kinds stay where they are.
  expect(second).toContain(number);
});
