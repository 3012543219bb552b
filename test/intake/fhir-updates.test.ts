import type { Bundle, ServiceRequest, Task } from '@medplum/fhirtypes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { validateBaseR4 } from '../../src/fhir/validate.ts';
import { type OpenFhirDoor, openFhirDoor, otherToken, reasonsIn, transaction } from '../doubles/fhir-door.ts';

let door: OpenFhirDoor;
beforeAll(async () => {
  door = await openFhirDoor();
});
afterAll(() => door.close());

const refer = async (number: string) => {
  const sent = await door.ask('POST', '/', transaction(number));
  expect(sent.status).toBe(200);
  const journey = await door.journeyOf(number);
  return { request: journey.serviceRequest.resource.id, task: journey.task.resource.id };
};
/** What the practice reads, with its version. */
async function get<T extends ServiceRequest | Task>(path: string): Promise<{ resource: T; etag: string }> {
  const got = await door.ask('GET', path);
  expect(got.status).toBe(200);
  return { resource: got.body as T, etag: got.headers.get('etag') ?? '' };
}
const reason = (text: string) => ({ reasonCode: [{ text }] });

describe('PUT ServiceRequest/<id>', () => {
  test('corrects what the practice read: the next version, at its own address', async () => {
    const { request } = await refer('u-1');
    const { resource, etag } = await get<ServiceRequest>(`/ServiceRequest/${request}`);
    expect(etag).toBe('W/"1"');
    const changed = { ...resource, ...reason('Toch schulden') };
    const put = await door.ask('PUT', `/ServiceRequest/${request}`, changed, { 'if-match': etag });
    expect([put.status, put.headers.get('etag')]).toEqual([200, 'W/"2"']);
    expect(put.headers.get('location')).toBe(`${door.url}/fhir/R4/ServiceRequest/${request}/_history/2`);
    expect(put.body).toMatchObject(reason('Toch schulden'));
    const { patient, consent, task } = await door.journeyOf('u-1');
    expect([patient.version, consent.version, task.resource.status]).toEqual([2, 2, 'requested']);
    // What was not changed is as it was: nothing falls out on the way to the practice and back.
    const before = (await door.ask('GET', `/Patient/${patient.resource.id}/_history/1`)).body;
    expect({ ...patient.resource, meta: undefined }).toEqual({ ...before, meta: undefined });
  });

  test('again is the same update, though the version has moved by it', async () => {
    const { request } = await refer('u-2');
    const { resource } = await get<ServiceRequest>(`/ServiceRequest/${request}`);
    const changed = { ...resource, ...reason('Eens') };
    const first = await door.ask('PUT', `/ServiceRequest/${request}`, changed, { 'if-match': 'W/"1"' });
    const again = await door.ask('PUT', `/ServiceRequest/${request}`, changed, { 'if-match': 'W/"1"' });
    expect([first.status, again.status, again.headers.get('x-duplicate')]).toEqual([200, 200, 'true']);
    expect((await door.journeyOf('u-2')).serviceRequest.version).toBe(2);
  });

  test('of an older version is 412, of none too; back to what it was is an update like any other', async () => {
    const { request } = await refer('u-3');
    const { resource: original } = await get<ServiceRequest>(`/ServiceRequest/${request}`);
    const { meta: _meta, ...plain } = original;
    const put = (body: object, version?: string) =>
      door.ask('PUT', `/ServiceRequest/${request}`, body, version === undefined ? {} : { 'if-match': version });
    expect((await put({ ...plain, ...reason('Een') }, 'W/"1"')).status).toBe(200);
    const stale = await put({ ...plain, ...reason('Twee') }, 'W/"1"');
    expect([stale.status, reasonsIn(stale.body)]).toEqual([412, ['other-version']]);
    const none = await put({ ...plain, ...reason('Twee') });
    expect([none.status, reasonsIn(none.body)]).toEqual([412, ['version-required']]);
    // The version in the resource itself counts as well.
    expect((await put({ ...plain, ...reason('Twee'), meta: { versionId: '2' } })).status).toBe(200);
    expect((await put(plain, 'W/"3"')).status).toBe(200);
    const { serviceRequest } = await door.journeyOf('u-3');
    expect([serviceRequest.version, serviceRequest.resource.reasonCode]).toEqual([4, original.reasonCode]);
  });

  test('of many at one moment one wins', async () => {
    const { request } = await refer('u-4');
    const { resource } = await get<ServiceRequest>(`/ServiceRequest/${request}`);
    const sent = await Promise.all(
      ['a', 'b', 'c', 'd'].map((one) =>
        door.ask('PUT', `/ServiceRequest/${request}`, { ...resource, ...reason(one) }, { 'if-match': 'W/"1"' }),
      ),
    );
    expect(sent.map((one) => one.status).sort()).toEqual([200, 412, 412, 412]);
    expect((await door.journeyOf('u-4')).serviceRequest.version).toBe(2);
  });

  test('with status revoked withdraws, with the reason', async () => {
    const { request } = await refer('u-5');
    const { resource, etag } = await get<ServiceRequest>(`/ServiceRequest/${request}`);
    const url = 'http://hl7.org/fhir/StructureDefinition/request-statusReason';
    const extension = [{ url, valueCodeableConcept: { text: 'Verhuisd' } }];
    const body = { ...resource, status: 'revoked', extension };
    const put = await door.ask('PUT', `/ServiceRequest/${request}`, body, { 'if-match': etag });
    expect([put.status, put.body]).toMatchObject([200, { resourceType: 'ServiceRequest', status: 'revoked' }]);
    const { task } = await door.journeyOf('u-5');
    expect(task.resource.statusReason?.text).toBe('Ingetrokken door de praktijk: Verhuisd');
  });

  test('under another number, another id, about somebody else, or not the practice’s: refused, nothing changed', async () => {
    const { request } = await refer('u-6');
    await refer('u-7');
    const { resource, etag } = await get<ServiceRequest>(`/ServiceRequest/${request}`);
    const identifier = resource.identifier?.map((one) => (one.value === 'u-6' ? { ...one, value: 'u-8' } : one)) ?? [];
    const other = (await door.journeyOf('u-7')).patient.resource.id;
    const address = `/ServiceRequest/${request}`;
    const put = (body: object, headers: Record<string, string> = {}) =>
      door.ask('PUT', address, body, { 'if-match': etag, ...headers });
    const renumbered = await put({ ...resource, identifier });
    expect([renumbered.status, reasonsIn(renumbered.body)]).toEqual([422, ['other-number']]);
    const elsewhere = await put({ ...resource, id: other });
    expect([elsewhere.status, reasonsIn(elsewhere.body)]).toEqual([400, ['other-id']]);
    const theirs = await put(resource, { authorization: `Bearer ${otherToken}` });
    expect([theirs.status, reasonsIn(theirs.body)]).toEqual([404, ['no-such-resource']]);
    const stranger = {
      ...resource,
      contained: [{ resourceType: 'Patient', id: 'p', name: [{ family: 'Anders' }], birthDate: '1950-01-01' }],
      subject: { reference: '#p' },
    };
    const wrong = await put(stranger);
    expect(reasonsIn(wrong.body).some((one) => one === 'other-person' || one === 'consent-missing')).toBe(true);
    expect((await door.journeyOf('u-6')).serviceRequest.version).toBe(1);
  });
});

describe('PUT ServiceRequest?identifier=', () => {
  const address = (number: string) =>
    `/ServiceRequest?identifier=${encodeURIComponent('http://de-brink.his.example/referral|')}${number}`;

  test('makes what is not there, then changes it', async () => {
    const { request } = await refer('u-9');
    const { resource } = await get<ServiceRequest>(`/ServiceRequest/${request}`);
    const { meta: _meta, id: _id, ...plain } = resource;
    const changed = await door.ask('PUT', address('u-9'), { ...plain, ...reason('Anders') });
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, 'W/"2"']);
    const again = await door.ask('PUT', address('u-9'), { ...plain, ...reason('Anders') });
    expect([again.status, again.headers.get('x-duplicate')]).toEqual([200, 'true']);
    const identifier = [{ system: 'http://de-brink.his.example/referral', value: 'u-10' }];
    const made = await door.ask('PUT', address('u-10'), { ...plain, identifier });
    expect(made.status).toBe(201);
    expect(await door.journeysOf('u-10')).toHaveLength(1);
  });

  test('of an older version of the sender’s own than the last is refused (H15)', async () => {
    const { request } = await refer('u-13');
    const { resource } = await get<ServiceRequest>(`/ServiceRequest/${request}`);
    const { id: _id, ...plain } = resource;
    const version = (versionId: string, text: string) =>
      door.ask('PUT', address('u-13'), { ...plain, meta: { versionId }, ...reason(text) });
    expect((await version('8', 'Nieuw')).status).toBe(200);
    const late = await version('7', 'Oud');
    expect([late.status, reasonsIn(late.body)]).toEqual([409, ['older-correction']]);
    expect((await door.journeyOf('u-13')).serviceRequest.resource.reasonCode?.[0]?.text).toBe('Nieuw');
  });

  test('of another number than the message has, or of none, is refused', async () => {
    const { request } = await refer('u-11');
    const { resource } = await get<ServiceRequest>(`/ServiceRequest/${request}`);
    expect(reasonsIn((await door.ask('PUT', address('u-12'), resource)).body)).toEqual(['other-number']);
    expect(reasonsIn((await door.ask('PUT', '/ServiceRequest?status=active', resource)).body)).toEqual(['condition']);
  });
});

describe('PUT Task/<id>', () => {
  test('with status cancelled withdraws; again is the same', async () => {
    const { task } = await refer('t-1');
    const { resource, etag } = await get<Task>(`/Task/${task}`);
    const body = { ...resource, status: 'cancelled', statusReason: { text: 'Wil niet meer' } };
    const put = await door.ask('PUT', `/Task/${task}`, body, { 'if-match': etag });
    expect([put.status, put.body]).toMatchObject([200, { resourceType: 'Task', status: 'cancelled' }]);
    expect((await door.journeyOf('t-1')).serviceRequest.resource.status).toBe('revoked');
    const again = await door.ask('PUT', `/Task/${task}`, body, { 'if-match': etag });
    expect([again.status, again.headers.get('x-duplicate')]).toEqual([200, 'true']);
  });

  test('after work began asks the Wally to stop: 202, the Task goes on', async () => {
    const { task } = await refer('t-2');
    await door.begin('t-2');
    const { resource, etag } = await get<Task>(`/Task/${task}`);
    const put = await door.ask('PUT', `/Task/${task}`, { ...resource, status: 'cancelled' }, { 'if-match': etag });
    expect([put.status, reasonsIn(put.body)[0]]).toEqual([202, 'stop-asked']);
    const journey = await door.journeyOf('t-2');
    expect([journey.task.resource.status, journey.requests.length]).toEqual(['in-progress', 1]);
  });

  test('after closing is 409: it was closed', async () => {
    const { task } = await refer('t-3');
    await door.begin('t-3', true);
    const { resource, etag } = await get<Task>(`/Task/${task}`);
    const put = await door.ask('PUT', `/Task/${task}`, { ...resource, status: 'cancelled' }, { 'if-match': etag });
    expect([put.status, reasonsIn(put.body)]).toEqual([409, ['already-closed']]);
  });

  test.each(['requested', 'accepted', 'in-progress', 'completed', 'rejected', 'failed', 'on-hold'] as const)(
    'with status %s is 409: that is not the practice’s to say',
    async (status) => {
      const { task } = await refer(`t-${status}`);
      const { resource, etag } = await get<Task>(`/Task/${task}`);
      const put = await door.ask('PUT', `/Task/${task}`, { ...resource, status }, { 'if-match': etag });
      expect([put.status, reasonsIn(put.body)]).toEqual([409, ['task-is-ours']]);
      expect((await door.journeyOf(`t-${status}`)).task.version).toBe(1);
    },
  );

  test('of an older version is 412', async () => {
    const { task } = await refer('t-4');
    const { resource, etag } = await get<Task>(`/Task/${task}`);
    await door.begin('t-4');
    const put = await door.ask('PUT', `/Task/${task}`, { ...resource, status: 'cancelled' }, { 'if-match': etag });
    expect([put.status, reasonsIn(put.body)]).toEqual([412, ['other-version']]);
    expect((await door.journeyOf('t-4')).requests).toEqual([]);
  });
});

test('decision 15: what fails base R4 is kept sealed when it names a consent, and as ids and hash when it does not', async () => {
  const wrong = transaction('u-20');
  for (const { resource } of wrong.entry ?? [])
    if (resource?.resourceType === 'Patient') Object.assign(resource, { gender: 'V' });
  const bare = structuredClone(wrong);
  bare.entry = (bare.entry ?? []).filter(({ resource }) => resource?.resourceType !== 'Consent');
  const keptOf = async (bundle: Bundle) => {
    const sent = await door.ask('POST', '/', bundle);
    const { rows } = await door.at.owner.query(
      'select codes, sealed is null as bare from refused order by received_at desc, id desc limit 1',
    );
    return [sent.status, reasonsIn(sent.body), rows[0]];
  };
  const reasons = ['code-not-allowed'];
  expect(await keptOf(wrong)).toEqual([422, reasons, { codes: reasons, bare: false }]);
  expect(await keptOf(bare)).toEqual([422, reasons, { codes: reasons, bare: true }]);
});

describe('a transaction that changes what was sent', () => {
  const entryOf = (bundle: Bundle, answer: Bundle, type: string) =>
    answer.entry?.[(bundle.entry ?? []).findIndex(({ resource }) => resource?.resourceType === type)]?.response;

  test('says which entry became what, in which version', async () => {
    const { request } = await refer('b-1');
    const bundle = transaction(
      'b-1',
      ({ request: one }) => Object.assign(one, reason('Gewijzigd'), { meta: { versionId: '2' } }),
      'b-1-second',
    );
    const sent = await door.ask('POST', '/', bundle);
    expect(sent.status).toBe(200);
    expect(validateBaseR4(sent.body).filter((one) => one.severity === 'error')).toEqual([]);
    for (const type of ['ServiceRequest', 'Patient', 'Consent', 'Task'])
      expect(entryOf(bundle, sent.body as Bundle, type)).toMatchObject({ status: '200 OK', etag: 'W/"2"' });
    const told = entryOf(bundle, sent.body as Bundle, 'ServiceRequest');
    expect(told?.location).toBe(`${door.url}/fhir/R4/ServiceRequest/${request}/_history/2`);
    expect(reasonsIn(told?.outcome)[0]).toBe('corrected');
    expect(entryOf(bundle, sent.body as Bundle, 'Organization')?.location).toBeUndefined();
  });

  test('with replaces makes a new request, in the same journey', async () => {
    const { request } = await refer('b-2');
    const replaces = [{ identifier: { system: 'http://de-brink.his.example/referral', value: 'b-2' } }];
    const bundle = transaction('b-2-new', ({ request: one }) => Object.assign(one, { replaces }));
    const sent = await door.ask('POST', '/', bundle);
    const told = entryOf(bundle, sent.body as Bundle, 'ServiceRequest');
    expect(told).toMatchObject({ status: '201 Created', etag: 'W/"1"' });
    const journey = await door.journeyOf('b-2-new');
    expect(told?.location).toBe(`${door.url}/fhir/R4/ServiceRequest/${journey.serviceRequest.resource.id}/_history/1`);
    expect(journey.serviceRequest.resource.id).not.toBe(request);
    expect((await get<ServiceRequest>(`/ServiceRequest/${request}`)).resource.status).toBe('revoked');
    expect(journey.id).toBe((await door.journeyOf('b-2')).id);
  });

  test('that withdraws says so, and calls nothing new', async () => {
    await refer('b-3');
    const bundle = transaction('b-3', ({ request: one }) => Object.assign(one, { status: 'revoked' }), 'b-3-cancel');
    const sent = await door.ask('POST', '/', bundle);
    const answer = sent.body as Bundle;
    const told = entryOf(bundle, answer, 'ServiceRequest');
    expect([told?.status, told?.etag, reasonsIn(told?.outcome)]).toEqual(['200 OK', 'W/"2"', ['cancelled']]);
    expect(entryOf(bundle, answer, 'Patient')).toMatchObject({ status: '200 OK' });
    expect(entryOf(bundle, answer, 'Patient')?.location).toBeUndefined();
    const again = await door.ask('POST', '/', bundle);
    expect([
      again.headers.get('x-duplicate'),
      reasonsIn(entryOf(bundle, again.body as Bundle, 'ServiceRequest')?.outcome),
    ]).toEqual(['true', ['cancelled']]);
  });
});
