import type { HealthcareService } from '@medplum/fhirtypes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readDirectoryResource } from '../../src/store/directory.ts';
import { worklistPages } from '../../src/web/worklist.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { committed } from '../doubles/made.ts';
import { journeyOf, people, putOnWorklist, siteOver } from './harness.ts';
import {
  brink,
  filled,
  formIn,
  previewed,
  type ReferSiteUnderTest,
  referSite,
  sent,
  type Visitor,
} from './refer-browser.ts';

const [first, second] = ['2026-11-24T08:00:00.000Z', '2026-11-24T08:30:00.000Z'];
let opened: TestStore;
let site: ReferSiteUnderTest;
let visitor: Visitor;

beforeAll(async () => {
  opened = await openTestStore();
  await loadTestRegion(opened.store);
  const { sanne } = people;
  site = await referSite(opened.store, undefined, (app, parts) =>
    app.use(worklistPages(parts, () => ({ actor: sanne, language: 'nl', csrf: 'x' }))),
  );
  visitor = await site.visitor(brink);
});
afterAll(async () => {
  await site.close();
  await opened.close();
});

async function holdHours(): Promise<void> {
  const { rows } = await opened.owner.query<{ id: string }>(
    `select id from directory_resource where type = 'HealthcareService' and id like '%brink%' limit 1`,
  );
  const service = await readDirectoryResource<HealthcareService>(opened.store, 'HealthcareService', rows[0]?.id ?? '');
  if (!service) throw new Error('no service of the practice');
  const availableTime = [
    { daysOfWeek: ['tue' as const], availableStartTime: '09:00:00', availableEndTime: '10:00:00' },
  ];
  await committed(opened.store, {
    scope: { practice: '' },
    directory: [{ resource: { ...service, availableTime }, validFrom: opened.store.clock().toISOString() }],
    audit: [],
  });
}

const offered = async () => {
  const { csrf } = await filled(visitor);
  const { text } = await visitor.post('/refer', { csrf: csrf ?? '', danger: 'no', step: 'edit' });
  const part = /<select id="slot".*?<\/select>/s.exec(text)?.[0];
  return part && [...part.matchAll(/value="([^"]+)"/g)].map(([, value]) => value);
};

test('without consulting hours at the practice nothing is asked', async () => {
  expect(await offered()).toBeUndefined();
});

test('H2: a slot is taken with the referral, said on each page, and in a calendar it is one word', async () => {
  await holdHours();
  expect(await offered()).toEqual([first, second, '2026-12-01T08:00:00.000Z', '2026-12-01T08:30:00.000Z']);
  const preview = await previewed(visitor, await filled(visitor, { slot: first }));
  const moment = 'dinsdag 24 november om 09:00';
  expect(preview.text).toContain(moment);
  const { location } = await visitor.post('/refer', { ...formIn(preview.text, '/refer'), step: 'send' });
  const id = location.split('/').at(-1) ?? '';
  expect((await visitor.get(location)).text).toContain(moment);
  expect((await visitor.get(`${location}/slip`)).text).toContain(moment);
  const { appointments } = await journeyOf(siteOver(opened.store), id);
  expect(appointments.map((one) => one.resource)).toEqual([
    expect.objectContaining({ status: 'booked', description: 'afspraak', start: first, end: second }),
  ]);
  await putOnWorklist(siteOver(opened.store), id);
  expect(await (await fetch(`${site.url}/worklist/${id}`)).text()).toContain(moment);
  const calendar = await (await fetch(`${site.url}/worklist/${id}/appointment.ics`)).text();
  expect(calendar).toMatch(/DTSTART:20261124T080000Z[\s\S]*SUMMARY:afspraak\r\n/);
  expect(await offered()).not.toContain(first);
});

test('of two who take a slot at once one gets it; the other hears so, and loses nothing that was typed', async () => {
  const fields = await Promise.all(
    [1, 2].map(async () => formIn((await previewed(visitor, await filled(visitor, { slot: second }))).text, '/refer')),
  );
  const count = async () => (await opened.owner.query('select from journey')).rowCount ?? 0;
  const before = await count();
  const answers = await Promise.all(fields.map((one) => visitor.post('/refer', { ...one, step: 'send' })));
  expect(answers.map((one) => one.status).toSorted()).toEqual([303, 409]);
  expect(await count()).toBe(before + 1);
  const refused = answers.find((one) => one.status === 409);
  expect(refused?.text).toContain('id="slot-error"');
  const again = formIn(refused?.text ?? '', '/refer');
  expect(again).toMatchObject({ family: 'van den Berg', consentBy: 'resident', slot: '' });
  const other = await visitor.post('/refer', { ...again, slot: '2026-12-01T08:00:00.000Z', step: 'send' });
  expect(other.status).toBe(303);
});

test('taken back in time the slot is free again, and can be taken anew', async () => {
  const slot = '2026-12-01T08:30:00.000Z';
  const { page, fields } = await sent(visitor, { slot });
  expect(page.status).toBe(303);
  expect(await offered()).toBeUndefined();
  await visitor.post(`${page.location}/undo`, { csrf: fields.csrf ?? '' });
  expect(await offered()).toEqual([slot]);
  expect((await sent(visitor, { slot })).page.status).toBe(303);
});
