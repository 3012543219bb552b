import type { HealthcareService, HealthcareServiceAvailableTime } from '@medplum/fhirtypes';
import { v7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Actor } from '../../src/referral/actor.ts';
import { readBooked } from '../../src/store/booked.ts';
import { openPool } from '../../src/store/database.ts';
import { readDirectoryResource } from '../../src/store/directory.ts';
import { masterKeyFrom } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import { worklistPages } from '../../src/web/worklist/worklist.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { committed } from '../doubles/made.ts';
import { journeyOf, people, putOnWorklist, siteOver } from './harness.ts';
import {
  brink,
  filled,
  formIn,
  previewed,
  type ReferSiteUnderTest,
  rand,
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

type Hours = readonly [day: 'tue' | 'wed', begin: string, end: string];
async function holdHours(practice: string, ...hours: readonly Hours[]): Promise<void> {
  const id = `wally-of-${practice}`;
  const service = await readDirectoryResource<HealthcareService>(opened.store, 'HealthcareService', id);
  if (!service) throw new Error('no service of the practice');
  const availableTime = hours.map(
    ([day, begin, end]): HealthcareServiceAvailableTime => ({
      daysOfWeek: [day],
      availableStartTime: `${begin}:00`,
      availableEndTime: `${end}:00`,
    }),
  );
  await committed(opened.store, {
    scope: { practice: '' },
    directory: [{ resource: { ...service, availableTime }, validFrom: opened.store.clock().toISOString() }],
    audit: [],
  });
}

const offered = async (by = visitor) => {
  const { csrf } = await filled(by);
  const { text } = await by.post('/refer', { csrf: csrf ?? '', danger: 'no', step: 'edit' });
  const part = /<select id="slot".*?<\/select>/s.exec(text)?.[0];
  return part && [...part.matchAll(/value="([^"]+)"/g)].map(([, value]) => value);
};

test('without consulting hours at the practice nothing is asked', async () => {
  expect(await offered(await site.visitor(rand))).toBeUndefined();
});

test('H2: a slot is taken with the referral, said on each page, and in a calendar it is one word', async () => {
  await holdHours('de-brink', ['tue', '09:00', '10:00']);
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

test('two practices and two processes after one Wally at one moment: never two appointments that touch', async () => {
  const kade: Actor = { id: 'gp-blaak', name: 'E. Blaak', role: 'practice', organization: 'aan-de-kade' };
  await holdHours('de-brink', ['wed', '13:00', '15:00']);
  await holdHours('aan-de-kade', ['wed', '13:15', '15:15']);
  const pool = openPool(opened.connection, 'kortelijn_app', 10);
  const elsewhere = await referSite(openStore(pool, masterKeyFrom(Buffer.alloc(32, 7)), () => opened.now, v7));
  try {
    const visitors = await Promise.all([site, elsewhere].flatMap((one) => [one.visitor(brink), one.visitor(kade)]));
    // Each pair overlaps by a quarter of an hour: slots that begin at other times are one moment of hers all the same.
    const rounds = ['2026-11-25', '2026-12-02'].flatMap((day) =>
      ['12', '13'].map((hour) => [`${day}T${hour}:00:00.000Z`, `${day}T${hour}:15:00.000Z`] as const),
    );
    for (const slots of rounds) {
      const forms = await Promise.all(
        visitors.map(async (by, nth) => {
          const slot = slots[nth % 2] ?? '';
          return formIn((await previewed(by, await filled(by, { slot }))).text, '/refer');
        }),
      );
      const answers = await Promise.all(visitors.map((by, nth) => by.post('/refer', { ...forms[nth], step: 'send' })));
      expect(answers.map((one) => one.status).toSorted()).toEqual([303, 409, 409, 409]);
    }
    const booked = (await readBooked(opened.store, 'wally-sanne', opened.now)).toSorted((a, b) =>
      a.start < b.start ? -1 : 1,
    );
    expect(booked.length).toBeGreaterThanOrEqual(rounds.length);
    expect(booked.filter((one, nth) => nth > 0 && one.start < (booked[nth - 1]?.end ?? ''))).toEqual([]);
  } finally {
    await elsewhere.close();
    await pool.end();
  }
});
