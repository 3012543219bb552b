import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { propagation } from '@opentelemetry/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openOutbound } from '../../src/connectors/outbound.ts';
import { claim, offerDue } from '../../src/store/outbox/outbox.ts';
import { openSpan, openTracing, traceparentNow } from '../../src/trace.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { refer, referralOf, siteOver } from '../web/harness.ts';

let at: TestStore;
let server: Server;
let address: string;
const received: { path: string; traceparent: string | undefined; body: string }[] = [];

beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      received.push({ path: request.url ?? '', traceparent: request.headers.traceparent as string | undefined, body });
      response.setHeader('content-type', 'application/json').end('{}');
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await at.close();
});

const sent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const traceOf = (traceparent: string | null | undefined) => traceparent?.split('-')[1];
const send = () =>
  openOutbound(new Set([address]))({
    method: 'GET',
    url: `http://${address}/fhir`,
    signal: AbortSignal.timeout(5_000),
  });
const claimed = async () => {
  let first: { id: string; generation: number } | undefined;
  await offerDue(at.store, async ([one]) => {
    first = one;
  });
  return first && claim(at.store, first, 60_000);
};

test('when nothing is traced, nothing is kept or sent', async () => {
  const site = siteOver(at.store);
  await openSpan('POST', 'server', sent).within(() => refer(site, 'de-brink', referralOf(1)));
  await openSpan('deliver', 'client', sent).within(send);
  const [one] = received;
  expect([one?.traceparent, (await claimed())?.traceparent]).toEqual([undefined, null]);
});

test('one trace from the GP system over the record to the receiver, and its spans hold no text of anybody', async () => {
  const tracing = await openTracing(`http://${address}/`);
  const site = siteOver(at.store);
  const door = openSpan('POST', 'server', sent);
  await door.within(() => refer(site, 'de-brink', referralOf(2)));
  door.end({ 'http.route': '/fhir/R4' });
  // Another process, another day: all that is left of the trace is what stands with the delivery.
  const later = await claimed();
  expect(traceOf(later?.traceparent)).toBe(traceOf(sent));
  const attempt = openSpan('deliver worklist', 'client', later?.traceparent);
  await attempt.within(send);
  attempt.end({ outcome: 'unreachable' }, true);
  expect(traceOf(received.find((one) => one.traceparent)?.traceparent)).toBe(traceOf(sent));
  // Baggage and tracestate are other people's texts.
  expect(propagation.fields()).toEqual(['traceparent']);
  expect(traceparentNow()).toBeUndefined();
  expect(openSpan('POST', 'server', 'not a traceparent').within(() => traceOf(traceparentNow()))).not.toBe(
    traceOf(sent),
  );
  await tracing.close();
  const [spans] = received.filter(({ path }) => path === '/v1/traces');
  const text = spans?.body ?? '';
  for (const name of ['deliver worklist', 'POST', '0af7651916cd43dd8448eb211c80319c']) expect(text).toContain(name);
  for (const never of ['van den Berg', '999990019', 'overlijden']) expect(text).not.toContain(never);
});
