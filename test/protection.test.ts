import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listen } from '../src/web/listen.ts';
import { brinkCredential, type OpenApp, openApp } from './doubles/app.ts';
import { people } from './web/harness.ts';

let app: OpenApp;
let brink: string;
beforeAll(async () => {
  app = await openApp();
  brink = await app.signedIn(people.brink);
});
afterAll(() => app.close());

const bearer = { authorization: `Bearer ${brinkCredential}` };
/** Every door that takes a body, and as what. */
const doors = [
  ['/fhir/R4', 'application/fhir+json', bearer],
  ['/fhir/R4/Task/_search', 'application/x-www-form-urlencoded', bearer],
  ['/fhir/R4/Task/$validate', 'application/fhir+json', bearer],
  ['/intake/json', 'application/json', bearer],
  ['/intake/fhir-stu3', 'application/fhir+json', bearer],
  ['/refer/context', 'application/fhir+json', bearer],
  ['/practice/rights', 'application/x-www-form-urlencoded', {}],
  ['/launch/jwt', 'application/x-www-form-urlencoded', {}],
] as const;

describe('what is too much', () => {
  const huge = Buffer.alloc(20_000_000, 'a');
  test.each(doors)('%s: a small body that unpacks to twenty megabytes is refused', async (path, type, headers) => {
    const packed = gzipSync(huge);
    expect(packed.length).toBeLessThan(50_000);
    const answer = await app.ask('POST', path, {
      headers: { 'content-type': type, 'content-encoding': 'gzip', cookie: brink, ...headers },
      body: packed,
    });
    expect([413, 415]).toContain(answer.status);
  });

  test('a body that is not packed as it says is a fault of its sender, not ours', async () => {
    for (const [path, type, headers] of doors) {
      const answer = await app.ask('POST', path, {
        headers: { 'content-type': type, 'content-encoding': 'br', cookie: brink, ...headers },
        body: 'not packed at all',
      });
      expect([path, answer.status]).toEqual([path, expect.toBeOneOf([400, 403, 415])]);
    }
  });
});

describe('prototypes', () => {
  const names = ['__proto__', 'constructor', 'prototype'];
  test('no key of a message, a form or a query reaches one', async () => {
    const poison = (name: string) =>
      `{"resourceType":"Task","${name}":{"polluted":"yes","prototype":{"polluted":"yes"}}}`;
    for (const name of names) {
      for (const [path, type, headers] of doors) {
        const body = type.includes('json')
          ? poison(name)
          : `${name}[polluted]=yes&${name}=polluted&${name}.polluted=yes`;
        const answer = await app.ask('POST', `${path}?${name}[polluted]=yes&${name}=x`, {
          headers: { 'content-type': type, cookie: brink, ...headers },
          body,
        });
        expect(answer.status).toBeLessThan(500);
        await answer.text();
      }
      const patch = JSON.stringify([{ op: 'add', path: `/${name}/polluted`, value: 'yes' }]);
      const id = '01900000-0000-7000-8000-000000000000';
      const patched = await app.ask('PATCH', `/fhir/R4/Task/${id}`, {
        headers: { 'content-type': 'application/json-patch+json', ...bearer },
        body: patch,
      });
      expect(patched.status).toBeLessThan(500);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect((Object as unknown as Record<string, unknown>).polluted).toBeUndefined();
    expect((() => undefined as unknown as Record<string, unknown>).prototype).toBeUndefined();
  });
});

describe('what a sender writes into our lines', () => {
  test('an id of a request that could break a line or name a person is not taken over', async () => {
    for (const id of ['123456782', 'x y', 'a'.repeat(100), '{"event":"x"}', '../../x']) {
      const answer = await app.ask('GET', '/fhir/R4/metadata', { headers: { 'x-request-id': id } });
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
    expect(app.logged.every((line) => line.trimEnd().split('\n').length === 1)).toBe(true);
  });

  test('no header of an answer is made longer by an address', async () => {
    const answer = await app.ask('GET', '/login?return=%2Fx%0d%0aset-cookie:%20a=b');
    expect(answer.headers.get('set-cookie') ?? '').not.toContain('a=b');
    expect([...answer.headers.keys()]).not.toContain('a');
  });

  test('an error says nothing of our settings, files or statements', async () => {
    const secrets = [process.env.PATH ?? 'PATH', 'node_modules', '/src/', 'select ', 'kortelijn_app', brinkCredential];
    for (const path of [
      '/%E0%A4%A',
      '/practice/%ff',
      '/fhir/R4/%ff',
      '/intake/%ff',
      '/launch/callback?code=x',
      '/oauth/auth?x=1',
    ]) {
      const answer = await app.ask('GET', path, { headers: { cookie: brink, ...bearer } });
      const text = await answer.text();
      expect([path, answer.status]).toEqual([path, expect.toSatisfy((status: number) => status < 500)]);
      for (const secret of secrets) expect(text).not.toContain(secret);
    }
  });
});

describe('slow senders', () => {
  test('whoever does not finish a request loses the connection, and others are served meanwhile', async () => {
    const listener = await listen('127.0.0.1', 0, 0, { headersMs: 150, requestMs: 300, checkMs: 50 });
    listener.serve((_request, response) => void response.end('served'));
    const slow = (text: string) =>
      new Promise<string>((resolve) => {
        let got = '';
        const socket = connect(listener.port, '127.0.0.1', () => socket.write(text));
        socket.setEncoding('utf8').on('data', (part: string) => {
          got += part;
        });
        socket.on('close', () => resolve(got)).on('error', () => undefined);
      });
    const head = slow('GET / HTTP/1.1\r\nhost: x\r\nx-slow: ');
    const answer = await fetch(`http://127.0.0.1:${listener.port}/`);
    expect(await answer.text()).toBe('served');
    expect(await head).toContain('408');
    const many = slow(`GET / HTTP/1.1\r\nhost: x\r\n${'a: b\r\n'.repeat(3_000)}\r\n`);
    expect(await many).toMatch(/431|400/);
    await listener.close();
  });
});
