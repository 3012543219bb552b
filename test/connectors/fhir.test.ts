import type { ServerResponse } from 'node:http';
import type { Bundle, Communication, OperationOutcome } from '@medplum/fhirtypes';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fhirConnector } from '../../src/connectors/fhir.ts';
import { openOutbound } from '../../src/connectors/outbound.ts';
import type { Parcel } from '../../src/delivery/connector.ts';
import { Failure } from '../../src/delivery/failure.ts';
import { type Asked, json, openOtherServer } from '../doubles/web.ts';

const own = { system: 'https://kortelijn.example/fhir/NamingSystem/message', value: 'urn:uuid:0001' };
const letter = (change: Partial<Communication> = {}): Communication => ({
  resourceType: 'Communication',
  status: 'in-progress',
  identifier: [own],
  ...change,
});
const filed = letter({ status: 'completed', received: '2026-11-23T09:00:00Z' });
const bundle = (...found: Communication[]): Bundle => ({
  resourceType: 'Bundle',
  type: 'searchset',
  entry: found.map((resource) => ({ resource })),
});
const outcome = (code: 'duplicate' | 'conflict'): OperationOutcome => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code }],
});

type Answers = (asked: Asked, response: ServerResponse) => void;

/** One sending to a server that answers a search and a create as told; gives the end and what was asked. */
async function sent(answers: { readonly search?: Answers; readonly create?: Answers }, change: Partial<Parcel> = {}) {
  const server = await openOtherServer((asked, response) => {
    const answer = asked.method === 'POST' ? answers.create : answers.search;
    if (answer) answer(asked, response);
    else json(response, asked.method === 'POST' ? 201 : 200, asked.method === 'POST' ? letter() : bundle());
  });
  onTestFinished(server.close);
  const connector = fhirConnector(openOutbound(new Set([server.host])), () => new Date('2026-11-23T09:00:00Z'));
  const parcel: Parcel = {
    messageId: '0001',
    kind: 'feedback',
    ambiguous: false,
    document: letter(),
    address: `${server.url}/fhir/`,
    secret: 'a-secret',
    ...change,
  };
  const end = await connector.send(parcel, AbortSignal.timeout(10_000)).then(
    (receipt): unknown[] => [receipt.proof],
    (error: unknown) => (error instanceof Failure ? [error.kind, error.code, error.retryAfterMs] : [error]),
  );
  return { end, asked: server.asked, methods: server.asked.map((one) => one.method).join(' ') };
}
const found =
  (...letters: Communication[]): Answers =>
  (_asked, response) =>
    json(response, 200, bundle(...letters));
const empty: Answers = (_asked, response) => {
  response.writeHead(202).end();
};
const status =
  (code: number, body: unknown = {}, headers: Record<string, string> = {}): Answers =>
  (_asked, response) =>
    json(response, code, body, headers);

describe('feedback to a FHIR endpoint', () => {
  test('is created on the condition of its own number, with our credential, and read back', async () => {
    const { end, asked } = await sent({ search: found(filed) });
    expect(end).toEqual(['record']);
    expect(asked.map((one) => [one.method, one.path])).toEqual([
      ['POST', '/fhir/Communication'],
      ['GET', `/fhir/Communication?identifier=${encodeURIComponent(`${own.system}|${own.value}`)}`],
    ]);
    expect(asked[0]?.headers).toMatchObject({
      authorization: 'Bearer a-secret',
      'if-none-exist': `identifier=${own.system}|${own.value}`,
      'x-request-id': '0001',
      'content-type': 'application/fhir+json; charset=utf-8',
    });
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual(letter());
  });

  test.each([
    ['stands in the record', { search: found(filed) }, 'record'],
    ['was accepted, and waits for staff', { search: found(letter()) }, 'application'],
    ['was accepted, and cannot be searched for', { search: status(404) }, 'application'],
    ['was accepted, and the look after it fails', { search: status(500) }, 'application'],
    ['was accepted with 200: it was there already', { create: status(200, letter()), search: found(filed) }, 'record'],
    ['was accepted with 202 and no body', { create: empty }, 'application'],
    [
      'is there already, in their own words',
      { create: status(409, outcome('duplicate')), search: found(filed) },
      'record',
    ],
    ['is there more than once', { create: status(412), search: found(letter(), filed) }, 'application'],
  ] as const)('that %s', async (_what, answers, proof) => {
    expect((await sent(answers)).end).toEqual([proof]);
  });

  test.each([
    ['is refused', { create: status(422) }, ['permanent', 'rejected', undefined]],
    ['meets another conflict', { create: status(409, outcome('conflict')) }, ['permanent', 'rejected', undefined]],
    ['is said to be there more than once, and is not', { create: status(412) }, ['permanent', 'rejected', undefined]],
    ['must wait', { create: status(429, {}, { 'retry-after': '30' }) }, ['transient', 'busy', 30_000]],
    [
      'comes at a bad moment',
      { create: status(503, {}, { 'retry-after': 'Mon, 23 Nov 2026 09:10:00 GMT' }) },
      ['transient', 'unavailable', 600_000],
    ],
    [
      'is sent elsewhere',
      { create: status(301, {}, { location: '/elsewhere' }) },
      ['permanent', 'redirected', undefined],
    ],
    ['breaks something', { create: status(500) }, ['ambiguous', 'receiver-fault', undefined]],
    ['is not let in', { create: status(401) }, ['transient', 'unauthorised', 60_000]],
  ] as const)('that %s', async (_what, answers, failure) => {
    expect((await sent(answers)).end).toEqual(failure);
  });

  test('goes nowhere without an address or a number of its own', async () => {
    for (const change of [
      { address: '' },
      { document: letter({ identifier: [] }) },
      { document: letter({ identifier: [{ system: 'x' }] }) },
    ]) {
      const { end, asked } = await sent({}, change);
      expect([end, asked]).toEqual([['permanent', 'no-address', undefined], []]);
    }
  });
});

describe('after an end that may have had its effect', () => {
  const ambiguous = { ambiguous: true };

  test('it asks first, and does not send what is there', async () => {
    expect(await sent({ search: found(filed) }, ambiguous)).toMatchObject({ end: ['record'], methods: 'GET' });
    expect(await sent({ search: found(letter()) }, ambiguous)).toMatchObject({ end: ['application'], methods: 'GET' });
  });

  test('it sends what is not there, and what cannot be asked for', async () => {
    expect(await sent({}, ambiguous)).toMatchObject({ end: ['application'], methods: 'GET POST GET' });
    for (const code of [400, 404, 405, 501]) {
      expect(await sent({ search: status(code) }, ambiguous)).toMatchObject({
        end: ['application'],
        methods: 'GET POST GET',
      });
    }
  });

  test('it does not send while the question itself gets no answer', async () => {
    for (const [code, failure] of [
      [500, 'receiver-fault'],
      [503, 'unavailable'],
      [504, 'receiver-fault'],
      [429, 'busy'],
      [408, 'timeout'],
      [401, 'unauthorised'],
      [403, 'unauthorised'],
    ] as const) {
      const { end, methods } = await sent({ search: status(code) }, ambiguous);
      expect([end[1], methods]).toEqual([failure, 'GET']);
    }
  });

  test('another letter is not ours: a server that ignores the question answers with all it has', async () => {
    const others = [
      letter({ identifier: [{ ...own, value: 'urn:uuid:0002' }], received: '2026-11-01T00:00:00Z' }),
      letter({
        identifier: [{ system: 'http://elsewhere.example', value: own.value }],
        received: '2026-11-01T00:00:00Z',
      }),
      { resourceType: 'Communication', status: 'completed', received: '2026-11-01T00:00:00Z' } as const,
    ];
    expect(await sent({ search: found(...others) }, ambiguous)).toMatchObject({
      end: ['application'],
      methods: 'GET POST GET',
    });
    expect(await sent({ search: found(...others, filed) }, ambiguous)).toMatchObject({
      end: ['record'],
      methods: 'GET',
    });
    expect(await sent({ search: found(...others) })).toMatchObject({ end: ['application'], methods: 'POST GET' });
  });
});
