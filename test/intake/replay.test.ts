import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { extensions } from '../../src/fhir/systems.ts';
import { type Kept, type Replaying, rehearse, takeAgain } from '../../src/intake/replay.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { medvriBytes } from '../doubles/medvri.ts';
import { giveMllp } from '../doubles/mllp.ts';
import { refMessage } from '../doubles/ref.ts';

let at: TestStore;
let parts: Replaying;
beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  const directory = directoryReader(at.store);
  parts = { store: at.store, directory, mappings: await loadMappings() };
});
afterAll(() => at.close());

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));
const kept = (door: string, body: Buffer, application = 'test-his'): Kept => ({
  practice: 'de-brink',
  application,
  door,
  body,
});
const rows = async () =>
  (
    await at.owner.query(
      `select (select count(*) from journey) + (select count(*) from inbound) + (select count(*) from audit)
         + (select count(*) from delivery) + (select count(*) from early_message) as all`,
    )
  ).rows[0];

async function addMailbox(): Promise<void> {
  const resource = {
    resourceType: 'Endpoint' as const,
    id: 'his-de-brink',
    status: 'active' as const,
    connectionType: { code: 'hl7-fhir-rest' },
    payloadType: [{ text: 'FHIR' }],
    address: 'http://127.0.0.1:1/fhir',
    extension: [{ url: extensions.medvriMailbox, extension: [{ url: 'number', valueString: '500000001' }] }],
  };
  await at.store.commit({
    scope: { practice: '' },
    directory: [{ resource, validFrom: '2026-01-01T00:00:00Z' }],
    audit: [],
  });
}

test('each door’s message goes through today’s mapping and its rules, and nothing of it is stored', async () => {
  await addMailbox();
  await giveMllp(at.store, 'de-brink', { peer: { facility: '01990101', addressRange: '127.0.0.0/8' } }, 'beside');
  const messages = [
    kept('fhir', fixture('fhir-loneliness/0-received.json')),
    kept('mllp', Buffer.from(refMessage({ number: 'V-mllp' })), 'VOORBEELDHIS'),
    kept('maildrop', medvriBytes(), 'edi:500000001'),
    kept('json', fixture('json-loneliness/0-received.json')),
  ];
  const before = await rows();
  for (const message of messages) {
    const found = await rehearse(parts, message);
    expect([message.door, found]).toMatchObject([message.door, { intent: 'refer', isKnown: false }]);
  }
  const refused = await rehearse(parts, kept('fhir', fixture('fhir-bsn-invalid/0-received.json')));
  expect('refused' in refused && refused.refused.map((one) => one.reason)).toContain('bsn-invalid');
  for (const [door, body] of [
    ['fhir', '{'],
    ['fhir', 'null'],
    ['json', '[]'],
    ['mllp', 'MSH|^~\\&|A|unknown|K|R|20261123100000+0100||REF^I12|M1|P|2.5\r'],
    ['maildrop', 'UNB'],
    ['no-such-door', '{}'],
  ] as const) {
    const answer = await rehearse(parts, kept(door, Buffer.from(body)));
    expect([door, 'refused' in answer]).toEqual([door, true]);
  }
  expect(await rows()).toEqual(before);
});

test('taken in after all it is one journey with the first answer; the trial then says where it differs', async () => {
  const message = kept('fhir', fixture('fhir-loneliness/0-received.json'));
  expect(await takeAgain(parts, message)).toMatchObject({ outcome: 'new' });
  expect(await takeAgain(parts, message)).toMatchObject({ outcome: 'replayed' });
  expect(await rehearse(parts, message)).toMatchObject({ isKnown: true, differs: [] });
  // The same referral by another door is the same referral, and its words are not what is told of it.
  const other = JSON.parse(message.body.toString('utf8')) as {
    entry: { resource: { resourceType: string; birthDate?: string } }[];
  };
  const patient = other.entry.find((one) => one.resource.resourceType === 'Patient');
  if (patient) patient.resource.birthDate = '1930-01-01';
  const clash = await rehearse(parts, kept('fhir', Buffer.from(JSON.stringify(other))));
  expect('refused' in clash && clash.refused.map((one) => one.reason)).toEqual(['same-number-other-content']);
  expect(JSON.stringify(clash)).not.toContain('1930');
});
