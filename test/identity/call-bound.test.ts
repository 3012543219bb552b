import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CallBound } from '../../src/identity/call-bound.ts';
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

  test('so do tokens, however their address is written', async () => {
    const ask = (path: string) =>
      app.ask('POST', path, { body: new URLSearchParams({ grant_type: 'client_credentials' }) });
    const statuses = await Promise.all(Array.from({ length: 7 }, async () => (await ask('/oauth/token')).status));
    expect(statuses.filter((one) => one === 429).length).toBe(2);
    for (const path of ['/oauth/token/', '/oauth/TOKEN', '/OAUTH/Token/', '/oauth/%74oken'])
      expect([path, (await ask(path)).status]).toEqual([path, 429]);
  });
});
