import type { ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openOutbound } from '../../src/connectors/outbound.ts';
import { Failure } from '../../src/delivery/failure.ts';
import { freePort } from '../doubles/made.ts';
import { type Asked, type OtherServer, openOtherServer } from '../doubles/web.ts';

async function other(answer: (asked: Asked, response: ServerResponse) => void): Promise<OtherServer> {
  const server = await openOtherServer(answer);
  onTestFinished(server.close);
  return server;
}
const never = AbortSignal.timeout(20_000);
const failed = (work: Promise<unknown>): Promise<unknown[]> =>
  work.then(
    () => ['no failure'],
    (error: unknown) => (error instanceof Failure ? [error.kind, error.code] : [error]),
  );

describe('the one fetch', () => {
  test('sends what it is given and gives back what it got', async () => {
    const server = await other((_asked, response) => response.writeHead(201, { 'x-one': 'two' }).end('gemaakt é'));
    const send = openOutbound(new Set([server.host]));
    const answer = await send({
      method: 'POST',
      url: `${server.url}/a?b=c`,
      headers: { 'x-mine': 'yes' },
      body: '{"é":1}',
      signal: never,
    });
    expect([answer.status, answer.headers.get('x-one'), answer.text]).toEqual([201, 'two', 'gemaakt é']);
    expect(server.asked).toMatchObject([{ method: 'POST', path: '/a?b=c', body: '{"é":1}' }]);
    expect(server.asked[0]?.headers['x-mine']).toBe('yes');
  });

  test('reaches listed hosts only, whatever the address looks like, and asks nobody else', async () => {
    const server = await other((_asked, response) => response.end('secret of the inside'));
    const port = server.host.split(':')[1];
    const send = openOutbound(new Set(['his.example', 'his.example:8443', `127.0.0.1:${await freePort()}`]));
    for (const url of [
      server.url,
      `http://localhost:${port}/`,
      `http://127.1:${port}/`,
      `http://2130706433:${port}/`,
      `http://[::ffff:127.0.0.1]:${port}/`,
      `http://his.example@${server.host}/`,
      `http://his.example:8444/`,
      `http://his.example.evil.example/`,
      'http://169.254.169.254/latest/meta-data/',
      'file:///etc/passwd',
      'ftp://his.example/',
      'data:text/plain,his.example',
      'javascript:his.example',
    ]) {
      expect([url, ...(await failed(send({ method: 'GET', url, signal: never })))]).toEqual([
        url,
        'permanent',
        'host-not-allowed',
      ]);
    }
    for (const url of ['', 'his.example', '//his.example/', 'http://']) {
      expect([url, ...(await failed(send({ method: 'GET', url, signal: never })))]).toEqual([
        url,
        'permanent',
        'no-address',
      ]);
    }
    expect(server.asked).toEqual([]);
  });

  test('never follows a redirect, not even to the same host', async () => {
    const server = await other((asked, response) =>
      asked.path === '/there' ? response.end('there') : response.writeHead(302, { location: '/there' }).end(),
    );
    const send = openOutbound(new Set([server.host]));
    const answer = await send({ method: 'GET', url: `${server.url}/here`, signal: never });
    expect(answer.status).toBe(302);
    expect(server.asked.map((asked) => asked.path)).toEqual(['/here']);
  });

  test('stops reading an answer of more than a megabyte, also one without a length', async () => {
    const block = Buffer.alloc(65_536, 'x');
    let written = 0;
    const server = await other((asked, response) => {
      const whole = asked.path === '/just' ? 16 : 10_000;
      const more = (): void => {
        while (written < whole * block.length && !response.destroyed) {
          written += block.length;
          if (!response.write(block)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    });
    const send = openOutbound(new Set([server.host]));
    expect((await send({ method: 'GET', url: `${server.url}/just`, signal: never })).text).toHaveLength(1_048_576);
    written = 0;
    expect(await failed(send({ method: 'GET', url: `${server.url}/endless`, signal: never }))).toEqual([
      'ambiguous',
      'answer-too-large',
    ]);
    expect(written).toBeLessThan(100 * block.length);
  });

  test('gives up at its time, before an answer and in the middle of one', async () => {
    const server = await other((asked, response) => {
      if (asked.path === '/half') response.writeHead(200).write('half of ');
    });
    const send = openOutbound(new Set([server.host]));
    for (const path of ['/silent', '/half']) {
      expect(await failed(send({ method: 'GET', url: server.url + path, signal: AbortSignal.timeout(200) }))).toEqual([
        'ambiguous',
        'timeout',
      ]);
    }
    expect(await failed(send({ method: 'GET', url: server.url, signal: AbortSignal.abort() }))).toEqual([
      'ambiguous',
      'timeout',
    ]);
  });

  test('tells a closed door from a connection that broke', async () => {
    const server = await other((_asked, response) => response.destroy());
    const closed = `127.0.0.1:${await freePort()}`;
    const send = openOutbound(new Set([server.host, closed]));
    expect(await failed(send({ method: 'GET', url: `http://${closed}/`, signal: never }))).toEqual([
      'transient',
      'unreachable',
    ]);
    expect(await failed(send({ method: 'GET', url: server.url, signal: never }))).toEqual([
      'ambiguous',
      'connection-lost',
    ]);
  });
});
