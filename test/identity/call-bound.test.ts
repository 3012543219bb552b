import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CallBound } from '../../src/identity/call-bound.ts';
import { writeCredential } from '../../src/store/access/sessions.ts';
import { brinkCredential, type OpenApp, openApp } from '../doubles/app.ts';

test('a bucket fills evenly, and says how long to wait', () => {
  const bound = new CallBound(60);
  for (let nth = 0; nth < 60; nth += 1) expect(bound.take('a', 0)).toBeUndefined();
  expect(bound.take('a', 0)).toEqual({ waitS: 1, first: true });
  expect(bound.take('a', 500)).toEqual({ waitS: 1, first: false });
  expect(bound.take('b', 500)).toBeUndefined();
  expect(bound.take('a', 1_500)).toBeUndefined();
  expect(bound.take('a', 1_500)).toEqual({ waitS: 1, first: true });
});

test('what one call asked beside itself is owed: the next ones wait for it', () => {
  const bound = new CallBound(60);
  expect(bound.take('a', 0)).toBeUndefined();
  bound.charge('a', 119, 0);
  expect(bound.take('a', 0)).toEqual({ waitS: 61, first: true });
  expect(bound.take('a', 60_000)).toEqual({ waitS: 1, first: false });
  expect(bound.take('b', 0)).toBeUndefined();
  expect(bound.take('a', 61_000)).toBeUndefined();
});

test('0 is no bound, and strangers do not fill the memory', () => {
  const none = new CallBound(0);
  for (let nth = 0; nth < 1_000; nth += 1) expect(none.take('a', 0)).toBeUndefined();
  const bound = new CallBound(1);
  expect(bound.take('first', 0)).toBeUndefined();
  for (let nth = 0; nth < 10_000; nth += 1) bound.take(`stranger-${nth}`, 0);
  expect(bound.take('first', 0)).toBeUndefined();
});

describe('at the doors', () => {
  let app: OpenApp;
  beforeAll(async () => {
    app = await openApp({ callsPerMinute: 5 });
  });
  afterAll(() => app.close());
  const call = (path: string, credential: string) =>
    app.ask('GET', path, { headers: { authorization: `Bearer ${credential}` } });

  test('who calls too often gets 429 and when to come back, once on the trail; others go on', async () => {
    const path = '/fhir/R4/Task/01900000-0000-7000-8000-000000000000';
    for (let nth = 0; nth < 5; nth += 1) expect((await call(path, brinkCredential)).status).toBe(404);
    for (const door of [path, path, '/intake/json']) {
      const answer = await call(door, brinkCredential);
      expect([answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([429, true]);
      expect(await answer.json()).toMatchObject({ issue: [{ code: 'throttled' }] });
    }
    expect((await call(path, 'another-credential')).status).toBe(401);
    const { rows } = await app.at.owner.query('select from audit where line like \'%"too-often"%\'');
    expect(rows.length).toBe(1);
    expect((await app.ask('GET', '/healthz')).status).toBe(200);
  });

  test('each entry of a Bundle is a call, and a thousand are the most', async () => {
    await writeCredential(app.at.store, 'zuidrand', 'his-zuidrand', 'bundles-of-zuidrand');
    const headers = { authorization: 'Bearer bundles-of-zuidrand', 'content-type': 'application/fhir+json' };
    const send = (type: string, length: number) => {
      const entry = Array.from({ length }, () => ({ request: { method: 'GET', url: 'Task?_count=1' } }));
      return app.ask('POST', '/fhir/R4', { headers, body: JSON.stringify({ resourceType: 'Bundle', type, entry }) });
    };
    for (const type of ['batch', 'transaction']) expect([type, (await send(type, 1_001)).status]).toEqual([type, 413]);
    expect((await send('batch', 21)).status).toBe(200);
    const next = await send('batch', 1);
    // Twenty more than the call itself, at five a minute.
    expect([next.status, Number(next.headers.get('retry-after')) > 180]).toEqual([429, true]);
  });

  test('so do tokens, however their address is written', async () => {
    const ask = (path: string) =>
      app.ask('POST', path, { body: new URLSearchParams({ grant_type: 'client_credentials' }) });
    const statuses = await Promise.all(Array.from({ length: 7 }, async () => (await ask('/oauth/token')).status));
    expect(statuses.filter((one) => one === 429).length).toBe(2);
    for (const path of ['/oauth/token/', '/oauth/TOKEN', '/OAUTH/Token/', '/oauth/%74oken'])
      expect([path, (await ask(path)).status]).toEqual([path, 429]);
  });
});
