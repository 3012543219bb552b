import type {
  Bundle,
  Endpoint,
  HealthcareService,
  OperationOutcome,
  Organization,
  PractitionerRole,
  Resource,
} from '@medplum/fhirtypes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reevaluatePresence } from '../../src/delivery/presence.ts';
import { codeSystems, extensions } from '../../src/fhir/systems.ts';
import { directoryReader, readDirectoryNewest } from '../../src/store/directory.ts';
import { type OpenFhirDoor, openFhirDoor, reasonsIn, transaction } from '../doubles/fhir-door.ts';
import { teamToken } from '../doubles/wally-systems.ts';

let door: OpenFhirDoor;
const administrator = { authorization: 'Bearer region' };

beforeAll(async () => {
  door = await openFhirDoor((store) => ({
    outbound: new Set(['his.example']),
    onDirectory: () => reevaluatePresence(store, directoryReader(store)),
  }));
});
afterAll(() => door.close());

const ask = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  door.ask(method, path, body, { ...administrator, ...headers });
async function read<T extends Resource>(reference: string): Promise<{ resource: T; tag: string }> {
  const { body, headers } = await ask('GET', `/${reference}`);
  return { resource: body as T, tag: headers.get('etag') ?? '' };
}
const directory = () => directoryReader(door.at.store)();
const count = async () => (await readDirectoryNewest(door.at.store)).reduce((sum, one) => sum + one.version, 0);
const put = (name: string, resource: unknown, ifMatch?: string) => ({
  resource,
  request: { method: 'PUT', url: name, ...(ifMatch && { ifMatch }) },
});
const together = (...entry: unknown[]) => ({ resourceType: 'Bundle', type: 'transaction', entry });

describe('one at a time', () => {
  test('an update makes a version, on the trail, that the rules follow; without the version it read, nothing', async () => {
    const { resource, tag } = await read<Organization>('Organization/voorbeeldstreek');
    const named = { ...resource, name: 'Sociaal Werk Elders' };
    const { meta: _meta, ...unread } = named;
    const blind = await ask('PUT', '/Organization/voorbeeldstreek', unread);
    expect([blind.status, reasonsIn(blind.body)]).toEqual([412, ['version-required']]);
    const done = await ask('PUT', '/Organization/voorbeeldstreek', named, { 'if-match': tag });
    expect([done.status, done.headers.get('etag')]).toEqual([200, 'W/"2"']);
    expect((await directory()).teams.get('voorbeeldstreek')?.name).toBe('Sociaal Werk Elders');
    const late = await ask('PUT', '/Organization/voorbeeldstreek', resource, { 'if-match': tag });
    expect([late.status, reasonsIn(late.body)]).toEqual([412, ['other-version']]);
    const { rows } = await door.at.owner.query(
      "select line::jsonb->'actor'->>'id' as who, line::jsonb->>'object' as object from audit where line like '%directory-changed%'",
    );
    expect(rows).toEqual([{ who: 'region', object: 'Organization/voorbeeldstreek' }]);
  });

  test('promise 2: an absence by PATCH moves what is open at once', async () => {
    expect((await door.ask('POST', '/', transaction('DIR-1'))).status).toBe(200);
    expect((await door.journeyOf('DIR-1')).index.owner).toBe('wally-sanne');
    const { tag } = await read<PractitionerRole>('PractitionerRole/wally-sanne');
    const away = [
      { op: 'add', path: '/notAvailable', value: [{ description: 'Afwezig', during: { start: '2026-11-20' } }] },
    ];
    const headers = { 'content-type': 'application/json-patch+json' };
    const blind = await ask('PATCH', '/PractitionerRole/wally-sanne', away, headers);
    expect(blind.status).toBe(412);
    const done = await ask('PATCH', '/PractitionerRole/wally-sanne', away, { ...headers, 'if-match': tag });
    expect(done.status).toBe(200);
    expect((await door.journeyOf('DIR-1')).index.owner).not.toBe('wally-sanne');
  });

  test('valid from a day to come; a later change on what was read before it is refused', async () => {
    const { resource, tag } = await read<Organization>('Organization/zuidrand');
    const later = { ...resource, name: 'Nieuwe Rand' };
    const bad = await ask('PUT', '/Organization/zuidrand', later, { 'if-match': tag, 'x-valid-from': '2020-01-01' });
    expect([bad.status, reasonsIn(bad.body)]).toEqual([422, ['valid-from']]);
    const done = await ask('PUT', '/Organization/zuidrand', later, { 'if-match': tag, 'x-valid-from': '2027-01-01' });
    expect(done.status).toBe(200);
    expect((await directory()).practices.get('zuidrand')?.name).not.toBe('Nieuwe Rand');
    expect((await ask('PUT', '/Organization/zuidrand', later, { 'if-match': tag })).status).toBe(412);
  });

  test('what no system reads of a connection stays when it is sent back without it', async () => {
    const { resource, tag } = await read<Endpoint>('Endpoint/his-de-brink');
    expect(resource.extension?.map((one) => one.url)).toEqual([extensions.bestProof]);
    const moved = { ...resource, address: 'https://his.example/fhir' };
    expect((await ask('PUT', '/Endpoint/his-de-brink', moved, { 'if-match': tag })).status).toBe(200);
    expect((await directory()).practices.get('de-brink')?.launches?.map((one) => one.id)).toContain('his-de-brink');
  });

  test('every issue at once, with its place: base R4 first, then our rules', async () => {
    const wrong = await ask('POST', '/Organization', { resourceType: 'Organization', name: 3, active: 'yes' });
    expect(wrong.status).toBe(422);
    expect((wrong.body as { issue?: unknown[] }).issue?.length).toBeGreaterThan(1);
    const before = await count();
    const endpoint = {
      resourceType: 'Endpoint',
      status: 'active',
      connectionType: { system: codeSystems.connectionType, code: 'hl7-fhir-rest' },
      payloadType: [{ text: 'FHIR' }],
      address: 'https://inside.example/fhir',
      managingOrganization: { reference: 'Organization/nowhere' },
    };
    const refused = await ask('POST', '/Endpoint', endpoint);
    expect([refused.status, reasonsIn(refused.body).toSorted()]).toEqual([
      422,
      ['host-not-allowed', 'reference-not-there'],
    ]);
    expect(await count()).toBe(before);
    const made = await ask('POST', '/Endpoint', {
      ...endpoint,
      address: 'https://his.example/2',
      managingOrganization: undefined,
    });
    expect([made.status, made.headers.get('location')]).toEqual([
      201,
      expect.stringMatching(/\/Endpoint\/[\da-f-]{36}\/_history\/1$/),
    ]);
  });

  const inPractice = { organization: { reference: 'Organization/de-brink' } };
  test.each([
    ['the last Wally of a practice', 'PractitionerRole/wally-joost', { active: false }, 'one-fixed-wally'],
    ['the only team lead', 'PractitionerRole/lead-marijke', { active: false }, 'team-without-lead'],
    [
      'a substitute of herself',
      'PractitionerRole/wally-karim',
      {
        extension: [{ url: extensions.fixedSubstitute, valueReference: { reference: 'PractitionerRole/wally-karim' } }],
      },
      'not-a-wally',
    ],
    [
      'a practice without its fixed Wally',
      'HealthcareService/wally-of-zuidrand',
      { extension: [{ url: extensions.servesPractice, valueReference: { reference: 'Organization/zuidrand' } }] },
      'one-fixed-wally',
    ],
    ['a Wally of a practice', 'PractitionerRole/wally-karim', inPractice, 'role-elsewhere'],
    [
      'a closure that never begins',
      'HealthcareService/wally-of-zuidrand',
      { notAvailable: [{ description: 'x', during: { end: '2026-12-01' } }] },
      'period-without-begin',
    ],
    [
      'consulting hours that end before they begin',
      'HealthcareService/wally-of-zuidrand',
      { availableTime: [{ daysOfWeek: ['tue'], availableStartTime: '12:00:00', availableEndTime: '09:00:00' }] },
      'hours-order',
    ],
  ])('refused: %s', async (_, reference, change, reason) => {
    const { resource, tag } = await read<PractitionerRole | HealthcareService>(reference);
    const answer = await ask('PUT', `/${reference}`, { ...resource, ...change }, { 'if-match': tag });
    expect([answer.status, reasonsIn(answer.body)]).toEqual([422, expect.arrayContaining([reason])]);
  });
});

describe('a transaction', () => {
  const practice = {
    resourceType: 'Organization',
    active: true,
    name: 'Praktijk Voorbeeldland',
    type: [{ coding: [{ system: codeSystems.organizationType, code: 'Z3' }] }],
  };
  const service = (of: string) => ({
    resourceType: 'HealthcareService',
    name: 'Wally van Praktijk Voorbeeldland',
    providedBy: { reference: 'Organization/voorbeeldstreek' },
    extension: [
      { url: extensions.servesPractice, valueReference: { reference: of } },
      { url: extensions.fixedWally, valueReference: { reference: 'PractitionerRole/wally-karim' } },
    ],
  });

  test('a practice and its service come together or not at all; references by fullUrl are answered', async () => {
    const before = await count();
    const alone = await ask('POST', '/', together(put('Organization/nieuwland', { ...practice, id: 'nieuwland' })));
    expect([alone.status, reasonsIn(alone.body)]).toEqual([422, ['one-fixed-wally']]);
    const urn = 'urn:uuid:0b1f4a6e-4f2b-4b53-9d0a-2d7f2f5f7a11';
    const entries = [
      { fullUrl: urn, ...put('Organization/nieuwland', { ...practice, id: 'nieuwland' }) },
      { resource: service(urn), request: { method: 'POST', url: 'HealthcareService' } },
    ];
    const broken = await ask(
      'POST',
      '/',
      together(
        ...entries,
        put('Organization/x', { resourceType: 'Organization', id: 'x', partOf: { reference: 'Organization/y' } }),
      ),
    );
    expect([broken.status, (broken.body as { issue?: { expression?: string[] }[] }).issue?.[0]?.expression]).toEqual([
      422,
      ['Bundle.entry[2].resource.partOf'],
    ]);
    expect(await count()).toBe(before);
    const done = await ask('POST', '/', together(...entries));
    expect(done.status).toBe(200);
    expect((done.body as Bundle).entry?.map((one) => one.response?.status)).toEqual(['201 Created', '201 Created']);
    expect((await directory()).practices.get('nieuwland')?.service?.wally).toBe('wally-karim');
    const { rows } = await door.at.owner.query("select id from destination where id = 'practice:nieuwland'");
    expect(rows).toHaveLength(1);
  });

  test('http.html#trules: a patch and a look go along; what cannot be looked at refuses the change too', async () => {
    const before = await count();
    const { tag } = await read<Organization>('Organization/nieuwland');
    const data = Buffer.from('[{"op":"replace","path":"/name","value":"Praktijk Nieuwland"}]').toString('base64');
    const entries = [
      { request: { method: 'GET', url: 'Organization/nieuwland' } },
      {
        resource: { resourceType: 'Binary', contentType: 'application/json-patch+json', data },
        request: { method: 'PATCH', url: 'Organization/nieuwland', ifMatch: tag },
      },
    ];
    const unseen = await ask(
      'POST',
      '/',
      together(...entries, { request: { method: 'GET', url: 'Location/nowhere' } }),
    );
    expect([unseen.status, reasonsIn(unseen.body)]).toEqual([404, ['no-such-resource']]);
    expect(await count()).toBe(before);
    const done = await ask('POST', '/', together(...entries));
    expect(done.status, done.text).toBe(200);
    expect((done.body as Bundle).entry?.[0]?.resource).toMatchObject({ name: 'Praktijk Nieuwland' });
    expect((done.body as Bundle).entry?.[1]?.response?.etag).toBe('W/"2"');
    const again = await ask('POST', '/', together(...entries));
    expect([again.status, (again.body as OperationOutcome).issue?.[0]?.expression]).toEqual([
      412,
      ['Bundle.entry[1].resource'],
    ]);
  });

  test('a version that is not the newest refuses all of it', async () => {
    const before = await count();
    const { resource } = await read<Organization>('Organization/nieuwland');
    const entries = [
      put('Organization/nieuwland', { ...resource, name: 'Anders' }, 'W/"9"'),
      put('Organization/ook-nieuw', { resourceType: 'Organization', id: 'ook-nieuw', name: 'Ook' }),
    ];
    expect((await ask('POST', '/', together(...entries))).status).toBe(412);
    expect(await count()).toBe(before);
  });
});

test('a practice and a Wally’s system may not: alone, in a batch or in a transaction', async () => {
  const before = await count();
  const { resource, tag } = await read<Organization>('Organization/voorbeeldstreek');
  const changed = { ...resource, name: 'Gekaapt' };
  for (const authorization of [undefined, `Bearer ${teamToken}`]) {
    const headers = { 'if-match': tag, ...(authorization && { authorization }) };
    expect((await door.ask('PUT', '/Organization/voorbeeldstreek', changed, headers)).status).toBe(403);
    const bundle = together(put('Organization/voorbeeldstreek', changed, tag));
    expect((await door.ask('POST', '/', bundle, headers)).status).toBeGreaterThanOrEqual(400);
    const batch = await door.ask('POST', '/', { ...bundle, type: 'batch' }, headers);
    expect((batch.body as Bundle).entry?.[0]?.response?.status).toBe('403 Forbidden');
  }
  expect(await count()).toBe(before);
});
