import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import type { Bundle } from '@medplum/fhirtypes';
import { type His, startHis } from '../../demo/his.ts';
import type { Practice } from '../../demo/model.ts';
import type { Asked, Posted } from './judge.ts';

/** The practices' systems, behind one address at which requests go wrong and everything is written down. */
export interface Receivers {
  readonly his: His;
  readonly url: string;
  /** `host:port`, as OUTBOUND_HOSTS wants it. */
  readonly host: string;
  readonly posted: readonly Posted[];
  readonly asked: readonly Asked[];
  /** How often each thing was done to a request. */
  readonly fates: Readonly<Record<Fate | 'dead', number>>;
  /** Practices that are down now: every connection is cut. */
  readonly dead: Set<string>;
  close(): Promise<void>;
}

const fateNames = ['normal', 'error-before', 'error-after', 'hang-after', 'late'] as const;
type Fate = (typeof fateNames)[number];

/**
 * 20 % fail, half of them after the effect; 5 % hang, half of them after the effect and half before: those come in late,
 * when the sender has given them up. The switches of the HIS have these one at a time; here they are mixed.
 */
function fateOf(drawn: number): Fate {
  if (drawn < 0.1) return 'error-before';
  if (drawn < 0.2) return 'error-after';
  if (drawn < 0.225) return 'hang-after';
  return drawn < 0.25 ? 'late' : 'normal';
}

const lateMsMin = 1_000;
const lateMsMax = 6_000;
const passedOn = ['authorization', 'content-type', 'accept', 'if-none-exist', 'x-request-id'];

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    passedOn.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

/** `system|value` that a request is about: of its question, or of If-None-Exist. */
function keyOf(request: IncomingMessage): string {
  const question = new URL(request.url ?? '/', 'http://his').searchParams.get('identifier');
  return question ?? String(request.headers['if-none-exist'] ?? '').replace(/^identifier=/, '');
}

interface Heard {
  readonly status: number;
  readonly text: string;
}

/**
 * Starts the simulated HIS and the way to it. `random` in [0, 1) decides about each request; questions fail as often as
 * letters do, but have no effect.
 */
export async function openReceivers(practices: readonly Practice[], random: () => number): Promise<Receivers> {
  const dataDir = await mkdtemp(join(tmpdir(), 'kortelijn-receivers-'));
  // The senders of this run are its own; nothing is sent from the HIS's pages.
  const his = await startHis({ port: 0, dataDir, kortelijn: 'http://127.0.0.1:9', practices });
  const posted: Posted[] = [];
  const asked: Asked[] = [];
  const dead = new Set<string>();
  const fates = { dead: 0, ...Object.fromEntries(fateNames.map((name) => [name, 0])) } as Record<Fate | 'dead', number>;

  const pass = async (request: IncomingMessage, body: Buffer): Promise<Heard> => {
    const answer = await fetch(`${his.url}${request.url}`, {
      method: request.method ?? 'GET',
      headers: headersOf(request),
      ...(request.method === 'POST' && { body: new Uint8Array(body) }),
    });
    return { status: answer.status, text: await answer.text() };
  };
  const create = async (request: IncomingMessage, body: Buffer, arrivedMs: number): Promise<Heard> => {
    const heard = await pass(request, body);
    const made = heard.status === 201;
    posted.push({ key: keyOf(request), arrivedMs, ...(made && { effectMs: performance.now() }) });
    return heard;
  };
  const ask = async (request: IncomingMessage, body: Buffer): Promise<Heard> => {
    const beganMs = performance.now();
    const heard = await pass(request, body);
    if (heard.status === 200) {
      const found = ((JSON.parse(heard.text) as Bundle).entry?.length ?? 0) > 0;
      asked.push({ key: keyOf(request), beganMs, found });
    }
    return heard;
  };
  const say = (response: ServerResponse, { status, text }: Heard) => {
    if (response.destroyed) return;
    response.writeHead(status, { 'content-type': 'application/fhir+json', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  };
  const broken: Heard = { status: 500, text: '{"resourceType":"OperationOutcome"}' };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const arrivedMs = performance.now();
    const body = await buffer(request);
    if (dead.has((request.url ?? '').split('/')[1] ?? '')) {
      fates.dead += 1;
      request.socket.destroy();
      return;
    }
    const fate = fateOf(random());
    fates[fate] += 1;
    if (fate === 'error-before') return say(response, broken);
    if (fate === 'late') await pause(lateMsMin + random() * (lateMsMax - lateMsMin));
    const heard = await (request.method === 'POST' ? create(request, body, arrivedMs) : ask(request, body));
    if (fate === 'hang-after') return;
    say(response, fate === 'error-after' ? broken : heard);
  };
  const server = createServer((request, response) => {
    // A sender that is killed half-way through its request has sent nothing.
    void serve(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    his,
    url: `http://${host}`,
    host,
    posted,
    asked,
    fates,
    dead,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await his.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
