import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { identifiers } from '../../src/fhir/systems.ts';
import { writeCredential } from '../../src/store/access/sessions.ts';
import { readJourney } from '../../src/store/referrals.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import {
  brink,
  type Fields,
  filled,
  formIn,
  previewed,
  type ReferSiteUnderTest,
  rand,
  referSite,
  type Visitor,
} from './refer-browser.ts';

const credential = 'test-de-brink-to-kortelijn';

let opened: TestStore;
let site: ReferSiteUnderTest;
let visitor: Visitor;

beforeAll(async () => {
  opened = await openTestStore();
  await loadTestRegion(opened.store);
  await writeCredential(opened.store, 'de-brink', 'his-de-brink', credential);
  site = await referSite(opened.store);
  visitor = await site.visitor(brink);
});
afterAll(async () => {
  await site.close();
  await opened.close();
});

const countOf = async (table: string, where = 'true') =>
  Number((await opened.owner.query<{ count: string }>(`select count(*) from ${table} where ${where}`)).rows[0]?.count);
const auditOf = async (event: string) => countOf('audit', `line::jsonb->>'event' = '${event}'`);

describe('what the practice’s system hands over', () => {
  const patient = {
    resourceType: 'Patient',
    identifier: [
      { system: identifiers.bsn, value: '999990019' },
      { system: 'http://de-brink.his.example/patient', value: 'p7' },
    ],
    name: [
      { use: 'official', family: 'Bakker', given: ['Cornelis'] },
      { use: 'usual', given: ['Kees'] },
    ],
    birthDate: '1948-02-29',
    gender: 'male',
    telecom: [{ system: 'phone', value: '06-00009011' }],
    address: [{ use: 'home', line: ['Dorpsweg 3'], postalCode: '2345 CD', city: 'Voorbeelddorp' }],
  };
  const handOver = async (headers: Fields = {}) => {
    const response = await fetch(`${site.url}/refer/context`, {
      method: 'POST',
      headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/fhir+json', ...headers },
      body: JSON.stringify(patient),
    });
    const { url } = (await response.json()) as { url: string };
    return new URL(url);
  };
  const pathOf = (link: URL) => link.pathname + link.search;

  test('opens with the person filled in, keeps the system’s numbers, and the link holds no patient data', async () => {
    const link = await handOver({ 'x-practice-referral': 'http://de-brink.his.example/referral|2026-000042' });
    expect(link.href).toMatch(/^https:\/\/kortelijn\.example\/refer\?handle=[\w-]{43}$/);
    const noted = await auditOf('refer-context-opened');
    const fields = await filled(visitor, {}, pathOf(link));
    expect(await auditOf('refer-context-opened')).toBe(noted + 1);
    expect(fields).toMatchObject({
      callName: 'Kees',
      family: 'Bakker',
      birthDate: '29-02-1948',
      phone1: '06-00009011',
      number: '2026-000042',
    });
    const preview = await previewed(visitor, fields);
    expect(preview.text).toContain('Kees Bakker');
    expect(preview.text).not.toContain('anders dan in uw systeem');
    const page = await visitor.post('/refer', { ...formIn(preview.text, '/refer'), step: 'send' });
    expect(page.location).toMatch(/^\/refer\/sent\/[0-9a-f-]{36}$/);
    const journey = await readJourney(opened.store, { kind: 'line' }, page.location.split('/').at(-1) ?? '');
    expect(journey?.index.practiceReferral).toEqual({
      system: 'http://de-brink.his.example/referral',
      value: '2026-000042',
    });
    expect(journey?.patient.resource.identifier).toContainEqual({
      system: 'http://de-brink.his.example/patient',
      value: 'p7',
    });
  });

  test('H3: another name or birth date than the system’s is pointed out', async () => {
    const fields = await filled(visitor, { family: 'Jansen' }, pathOf(await handOver()));
    expect((await previewed(visitor, fields)).text).toContain('anders dan in uw systeem');
  });

  test('works once; a HEAD does not use it up', async () => {
    const path = pathOf(await handOver());
    expect((await visitor.head(path)).status).toBe(200);
    expect((await visitor.get(path)).text).toContain('Kees Bakker');
    const again = await visitor.get(path);
    expect(again.status).toBe(410);
    expect(again.text).not.toContain('Bakker');
    // The form by hand is still there.
    expect(again.text).toContain('Is er nu acuut gevaar?');
  });

  test('opens for its own practice only, and is still there for it afterwards', async () => {
    const path = pathOf(await handOver());
    const other = await (await site.visitor(rand)).get(path);
    expect(other.status).toBe(410);
    expect(other.text).not.toContain('Bakker');
    expect((await visitor.get(path)).text).toContain('Kees Bakker');
  });

  test('is gone after ten minutes, and signs nobody in', async () => {
    const path = pathOf(await handOver());
    opened.now = new Date('2026-11-23T09:10:01Z');
    expect((await visitor.get(path)).status).toBe(410);
    opened.now = new Date('2026-11-23T09:00:00Z');
    const stranger = await fetch(`${site.url}${path}`, { redirect: 'manual' });
    expect(stranger.status).toBe(303);
    expect(stranger.headers.get('location')).toMatch(/^\/login\?return=/);
  });
});
