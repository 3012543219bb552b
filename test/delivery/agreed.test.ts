import type { HealthcareService, Organization } from '@medplum/fhirtypes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { followAgreed } from '../../src/delivery/agreed.ts';
import { pack } from '../../src/delivery/parcel.ts';
import { overseeQuestions } from '../../src/delivery/questions.ts';
import { extensions } from '../../src/fhir/systems.ts';
import { openLog } from '../../src/log.ts';
import { withAgreed } from '../../src/referral/directory/practice-service.ts';
import { readDirectoryResource } from '../../src/store/directory.ts';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { committed } from '../doubles/made.ts';
import { type Browsing, browse, referralOf, referred, siteOver } from '../web/harness.ts';

let at: TestStore;
let site: Site;
let pages: Browsing;
const log = openLog('silent');

beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  site = siteOver(at.store);
  pages = await browse(site);
});
afterAll(async () => {
  await pages.close();
  await at.close();
});

/** Mails that belong to no Task, in their order. */
const mails = async () =>
  (
    await at.owner.query<{ recipient: string }>(
      `select recipient from delivery where kind = 'notify' and document_id is null order by id`,
    )
  ).rows.map((one) => one.recipient);
const follow = () => followAgreed(at.store, site.directory);

async function serviceOf(practice: string): Promise<HealthcareService & { id: string }> {
  const id = (await site.directory()).practices.get(practice)?.service?.id ?? '';
  const found = await readDirectoryResource<HealthcareService>(at.store, 'HealthcareService', id);
  if (!found) throw new Error('no service');
  return found;
}
const write = (resource: (HealthcareService | Organization) & { id: string }) =>
  committed(at.store, {
    scope: { practice: '' },
    directory: [{ resource, validFrom: at.store.clock().toISOString() }],
    audit: [],
  });

/** The service with another fixed Wally. */
function withWally(service: HealthcareService & { id: string }, wally: string) {
  const others = (service.extension ?? []).filter((one) => one.url !== extensions.fixedWally);
  const valueReference = { reference: `PractitionerRole/${wally}` };
  return { ...service, extension: [...others, { url: extensions.fixedWally, valueReference }] };
}
async function withAddress(practice: string) {
  const found = await readDirectoryResource<Organization>(at.store, 'Organization', practice);
  if (!found) throw new Error('no practice');
  const email = { system: 'email' as const, value: `${practice}@voorbeeld.example` };
  await write({ ...found, telecom: [...(found.telecom ?? []), email] });
}

describe('what a practice agreed is followed when the directory changes', () => {
  test('fewer working days: the clocks of what is open are set anew at once, and of no other practice', async () => {
    const { id } = await referred(site, 'de-brink', referralOf(1));
    const other = await referred(site, 'zuidrand', referralOf(2));
    const due = async (journey: string) =>
      (await at.owner.query(`select due_on::text from clock where journey_id = $1 and kind = 'contact'`, [journey]))
        .rows[0]?.due_on;
    await follow();
    expect([await due(id), await due(other.id)]).toEqual(['2026-11-30', '2026-11-30']);
    await write(withAgreed(await serviceOf('de-brink'), { rules: [], levels: { contact: 3 }, cooperation: {} }));
    expect(await follow()).toBe(1);
    expect([await due(id), await due(other.id)]).toEqual(['2026-11-26', '2026-11-30']);
    expect(await follow()).toBe(0);
  });

  test('another fixed Wally: one mail without content, where the practice has an address', async () => {
    await write(withWally(await serviceOf('zuidrand'), 'wally-joost'));
    await follow();
    expect(await mails()).toEqual([]);
    await withAddress('de-brink');
    await write(withWally(await serviceOf('de-brink'), 'wally-karim'));
    await Promise.all([follow(), follow()]);
    await follow();
    expect(await mails()).toEqual(['de-brink']);
    await write(withWally(await serviceOf('de-brink'), 'wally-sanne'));
    await follow();
    await at.owner.query('delete from delivery');
  });
});

describe('a question about nobody without an answer', () => {
  const ask = async () => {
    const form = (await pages.get('brink', '/practice/questions')).text;
    const id = /name="id" value="([^"]+)"/.exec(form)?.[1] ?? '';
    await pages.post('brink', '/practice/questions', { id, text: 'Is er een eetgroep in de wijk?' });
    return id;
  };
  const oversee = () => overseeQuestions({ store: at.store, directory: site.directory, log });
  const on = (day: string) => {
    at.now = new Date(`${day}T09:00:00Z`);
  };

  test('after the agreed days one reminder for all of them, then the team lead, and no more', async () => {
    on('2026-11-23');
    const [first] = [await ask(), await ask()];
    await at.owner.query('delete from delivery');
    on('2026-11-30');
    expect(await oversee()).toBe(0);
    on('2026-12-01');
    expect(await oversee()).toBe(2);
    expect(await mails()).toEqual(['wally-sanne']);
    expect(await oversee()).toBe(0);
    expect((await pages.get('marijke', '/team')).text).not.toContain('Vragen van praktijken zonder antwoord');
    on('2026-12-02');
    expect(await oversee()).toBe(2);
    expect(await mails()).toEqual(['wally-sanne', 'lead-marijke']);
    const { text } = await pages.get('marijke', '/team');
    expect(text).toContain('Vragen van praktijken zonder antwoord');
    expect(text).not.toContain('eetgroep');
    on('2026-12-03');
    expect(await oversee()).toBe(0);
    // A Saturday is nobody's working day, whatever is late.
    on('2026-12-05');
    expect(await oversee()).toBe(0);
    on('2026-12-07');
    const answered = await pages.post('sanne', '/worklist/questions', { id: first, text: 'Ja, op dinsdag.' });
    expect(answered.location).toBe('/worklist/questions?done=answered');
    expect(await mails()).toEqual(['wally-sanne', 'lead-marijke', 'de-brink']);
    const mail = { destination: 'mail', recipient: 'de-brink', messageId: 'm', kind: 'notify', ambiguous: false };
    const packed = await pack(
      { store: at.store, directory: site.directory, connectors: {} } as unknown as Parameters<typeof pack>[0],
      mail as Parameters<typeof pack>[1],
    );
    expect(packed.parcel.mail).toEqual({ to: 'de-brink@voorbeeld.example', role: 'practice' });
  });
});
