import type { Communication, OperationOutcome } from '@medplum/fhirtypes';
import { describe, expect, test } from 'vitest';
import {
  annie,
  bodyOf,
  brink,
  brinkToken,
  feedback,
  hisUnderTest,
  made,
  post,
  read,
  recordOf,
  type Sent,
  send,
} from './his-under-test.ts';

type Stored = Communication & { id: string };

describe('conditional create', () => {
  test('201 with Location and body first, 200 with the same Location after', async () => {
    const his = await hisUnderTest();
    const first = await send(his, feedback('m1'));
    expect(first.status).toBe(201);
    const location = first.headers.get('location') ?? '';
    expect(location).toMatch(new RegExp(`^${his.url}/de-brink/fhir/Communication/[0-9a-f-]{36}/_history/1$`));
    const body = await first.json();
    const again = await send(his, feedback('m1'));
    expect(again.status).toBe(200);
    expect(again.headers.get('location')).toBe(location);
    expect(await again.json()).toEqual(body);
    expect(his.counts()[brink]).toMatchObject({ requests: 2, effects: 1, distinctIdentifiers: 1, duplicateEffects: 0 });
  });

  test('copies that arrive together have one effect', async () => {
    const his = await hisUnderTest();
    const answers = await Promise.all(Array.from({ length: 12 }, () => send(his, feedback('m1'))));
    expect(answers.map((one) => one.status).sort()).toEqual([...Array(11).fill(200), 201]);
    expect(his.counts()[brink]).toMatchObject({ requests: 12, effects: 1 });
  });

  test('a condition that names no identifier is refused, not ignored', async () => {
    const his = await hisUnderTest();
    for (const condition of ['identifier=', 'identifier=urn:x|', 'status=completed']) {
      const answer = await fetch(`${his.url}/${brink}/fhir/Communication`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${brinkToken}`, 'If-None-Exist': condition },
        body: JSON.stringify(feedback('m1')),
      });
      expect(answer.status).toBe(400);
    }
    expect(his.counts()[brink]).toMatchObject({ effects: 0 });
  });

  test('with deduplication off, or no condition, every POST is a new letter; later a condition meets several: 412', async () => {
    const his = await hisUnderTest();
    his.switches.set({ deduplicates: false }, brink);
    expect((await send(his, feedback('m1'))).status).toBe(201);
    expect((await send(his, feedback('m1'))).status).toBe(201);
    his.switches.reset();
    expect((await send(his, feedback('m2'), { unconditional: true })).status).toBe(201);
    expect((await send(his, feedback('m2'), { unconditional: true })).status).toBe(201);
    expect(his.counts()[brink]).toMatchObject({ effects: 4, distinctIdentifiers: 2, duplicateEffects: 2 });
    expect((await send(his, feedback('m1'))).status).toBe(412);
  });
});

describe('filing (H3, H4)', () => {
  test('reference, birth date and name agree: in the record, completed, linked to the episode of the referral', async () => {
    const his = await hisUnderTest();
    const sent = await post<Sent>(`${his.url}/${brink}/api/patients/p1/refer`, { reason: 'Alleen', episode: 'e2' });
    const { system, value } = sent.body.referral;
    const answer = await send(his, feedback('m1', { basedOn: [{ identifier: { system, value } }] }));
    const stored = await bodyOf<Stored>(answer);
    expect(stored).toMatchObject({ status: 'completed', received: '2026-11-23T08:15:00.000Z' });
    const record = await recordOf(his, 'p1');
    const letter = record.journal.find((one) => one.kind === 'letter');
    expect(letter).toMatchObject({
      title: 'Inkomende brief',
      date: '2026-11-23',
      by: 'Sanne de Wit, sociaal werker',
      summary: 'Eerste gesprek is geweest.',
      episode: 'e2',
      letterId: stored.id,
    });
    expect(record.referrals.find((one) => one.value === value)?.letters).toEqual([stored.id]);
  });

  test.each([
    ['own name without prefix', { family: annie.ownName }],
    ['own name with prefix, other capitals', { family: 'Van den berg' }],
    ['spaces around the hyphen', { family: 'Kuiper - van den Berg' }],
  ])('files: %s', async (_, name) => {
    const his = await hisUnderTest();
    const contained = [{ resourceType: 'Patient' as const, id: 'p', name: [name], birthDate: annie.birthDate }];
    expect(await (await send(his, feedback('m1', { contained }))).json()).toMatchObject({ status: 'completed' });
  });

  test.each([
    ['another number', { basedOn: [{ identifier: { system: made.system, value: 'V/2026 18' } }] }],
    [
      'another birth date',
      { contained: [{ resourceType: 'Patient', id: 'p', name: [{ family: 'Berg' }], birthDate: '1952-12-04' }] },
    ],
    [
      'another name',
      { contained: [{ resourceType: 'Patient', id: 'p', name: [{ family: 'Bergman' }], birthDate: annie.birthDate }] },
    ],
    [
      'only the name of the partner',
      { contained: [{ resourceType: 'Patient', id: 'p', name: [{ family: 'Kuiper' }], birthDate: annie.birthDate }] },
    ],
    [
      'another BSN',
      {
        contained: [
          {
            resourceType: 'Patient',
            id: 'p',
            identifier: [{ system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: '123456782' }],
            name: [{ family: 'Berg' }],
            birthDate: annie.birthDate,
          },
        ],
      },
    ],
  ] as const)('stays in the inbox, in-progress and without received: %s', async (_, change) => {
    const his = await hisUnderTest();
    const answer = await send(
      his,
      feedback('m1', { received: '2026-11-23T09:00:00Z', ...(structuredClone(change) as object) }),
    );
    expect(answer.status).toBe(201);
    const stored = await bodyOf<Stored>(answer);
    expect(stored.status).toBe('in-progress');
    expect(stored).not.toHaveProperty('received');
    expect((await recordOf(his, 'p1')).journal.some((one) => one.kind === 'letter')).toBe(false);
    expect(await (await fetch(`${his.url}/${brink}/inbox`)).text()).toContain('Eerste gesprek is geweest.');
  });

  test('staff files it with one click; then it reads back as received', async () => {
    const his = await hisUnderTest();
    his.switches.set({ files: false });
    const { id } = await bodyOf<Stored>(send(his, feedback('m1')));
    const filed = await fetch(`${his.url}/${brink}/inbox/${id}/file`, {
      method: 'POST',
      body: new URLSearchParams({ patientId: 'p1' }),
      redirect: 'manual',
    });
    expect(filed.status).toBe(303);
    const back = await read(his, `Communication/${id}`);
    expect(back.headers.get('etag')).toBe('W/"2"');
    expect(await back.json()).toMatchObject({ status: 'completed', received: '2026-11-23T08:15:00.000Z' });
    expect((await recordOf(his, 'p1')).journal[0]).toMatchObject({ kind: 'letter', letterId: id });
  });
});

describe('reading', () => {
  test('by id, by identifier, and the patient', async () => {
    const his = await hisUnderTest();
    const { id } = await bodyOf<Stored>(send(his, feedback('m 1|a')));
    expect(await (await read(his, `Communication/${id}`)).json()).toMatchObject({ id });
    const found = await (
      await read(his, `Communication?identifier=${encodeURIComponent('urn:test:message|m 1|a')}`)
    ).json();
    expect(found).toMatchObject({ type: 'searchset', total: 1, entry: [{ resource: { id } }] });
    expect(await (await read(his, 'Communication?identifier=urn:test:message|none')).json()).toMatchObject({
      total: 0,
    });
    const patient = await (
      await read(his, `Patient?identifier=http://fhir.nl/fhir/NamingSystem/bsn|${annie.bsn}`)
    ).json();
    expect(patient).toMatchObject({ total: 1, entry: [{ resource: { id: 'p1', birthDate: annie.birthDate } }] });
    expect(await (await read(his, 'Patient/p1')).json()).toMatchObject({ resourceType: 'Patient', id: 'p1' });
    expect(await (await read(his, 'metadata')).json()).toMatchObject({
      resourceType: 'CapabilityStatement',
      fhirVersion: '4.0.1',
    });
  });

  test('a search without an identifier gives nobody', async () => {
    const his = await hisUnderTest();
    await send(his, feedback('m1'));
    for (const query of ['', '?identifier=', '?identifier=|', '?status=completed']) {
      expect((await read(his, `Communication${query}`)).status).toBe(400);
    }
  });
});

describe('errors are OperationOutcomes', () => {
  const outcomeOf = async (response: Response) => {
    const body = await bodyOf<OperationOutcome>(response);
    expect(body.resourceType).toBe('OperationOutcome');
    return {
      status: response.status,
      expressions: body.issue.map((one) => one.expression?.[0]),
    };
  };

  test('401 without, and with another practice’s, credential', async () => {
    const his = await hisUnderTest();
    expect((await outcomeOf(await fetch(`${his.url}/${brink}/fhir/metadata`))).status).toBe(401);
    const headers = { Authorization: 'Bearer kortelijn-to-linde' };
    expect((await outcomeOf(await fetch(`${his.url}/${brink}/fhir/Patient/p1`, { headers }))).status).toBe(401);
  });

  test('404, 405, 400 and 413', async () => {
    const his = await hisUnderTest();
    const headers = { Authorization: `Bearer ${brinkToken}` };
    const at = `${his.url}/${brink}/fhir`;
    expect((await outcomeOf(await read(his, 'Communication/none'))).status).toBe(404);
    expect((await outcomeOf(await read(his, 'Observation'))).status).toBe(404);
    for (const [method, path] of [
      ['PUT', 'Communication/x'],
      ['DELETE', 'Patient/p1'],
      ['POST', 'Patient'],
    ] as const) {
      expect((await outcomeOf(await fetch(`${at}/${path}`, { method, headers }))).status).toBe(405);
    }
    for (const body of ['{', '[]', 'null', '{"resourceType":"Patient"}']) {
      expect((await outcomeOf(await fetch(`${at}/Communication`, { method: 'POST', headers, body }))).status).toBe(400);
    }
    const large = feedback('m1', { payload: [{ contentString: 'x'.repeat(5 * 1024 * 1024) }] });
    expect((await outcomeOf(await send(his, large))).status).toBe(413);
    const fits = feedback('m1', { payload: [{ contentString: 'x'.repeat(5 * 1024 * 1024 - 2000) }] });
    expect((await send(his, fits)).status).toBe(201);
  });

  test.each([
    ['identifier', { identifier: [{ value: 'm1' }] }, 'Communication.identifier'],
    ['basedOn', { basedOn: [{ reference: 'ServiceRequest/1' }] }, 'Communication.basedOn'],
    ['subject', { subject: { reference: '#q' } }, 'Communication.subject'],
    [
      'name',
      { contained: [{ resourceType: 'Patient', id: 'p', birthDate: '1952-04-12' }] },
      'Communication.contained[0].name',
    ],
    [
      'birthDate',
      { contained: [{ resourceType: 'Patient', id: 'p', name: [{ family: 'B' }] }] },
      'Communication.contained[0].birthDate',
    ],
    ['payload', { payload: [] }, 'Communication.payload'],
    ['status', { status: 'entered-in-error' }, 'Communication.status'],
    ['shape', { payload: { contentString: 'x' } }, 'Communication.payload'],
    ['shape deep', { identifier: [{ system: 'urn:a', value: 7 }] }, 'Communication.identifier[0].value'],
  ])('422 names the place: %s', async (_, change, expression) => {
    const his = await hisUnderTest();
    const answer = await outcomeOf(
      await send(his, { ...feedback('m1'), ...(change as object) }, { unconditional: true }),
    );
    expect(answer).toEqual({ status: 422, expressions: [expression] });
    expect(his.counts()[brink]).toMatchObject({ requests: 1, effects: 0 });
  });
});
