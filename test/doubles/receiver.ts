import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';

/** A practice's FHIR endpoint of which a test decides how it behaves. Files nothing: it has accepted, no more. */
export interface Receiver {
  readonly url: string;
  readonly host: string;
  /** `never`: takes the request and does not answer. */
  mode: 'well' | 'never' | 'broken' | 'busy';
  /** Every request so far, answered or not. */
  readonly requests: number;
  /** Of those, how many wait for an answer now. */
  readonly hanging: number;
  /** How often each message was created, by its identifier. */
  readonly created: ReadonlyMap<string, number>;
  /** Cuts what waits for an answer. */
  cut(): void;
  close(): Promise<void>;
}

/** Starts one; `retryAfterSeconds` is what it says when it is busy. */
export async function startReceiver(retryAfterSeconds: number): Promise<Receiver> {
  const stored = new Map<string, object>();
  const created = new Map<string, number>();
  const sockets = new Set<Socket>();
  const hanging = new Set<Socket>();
  let requests = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    requests += 1;
    const body = await text(request);
    const say = (status: number, resource: object) => {
      response.writeHead(status, { 'content-type': 'application/fhir+json' }).end(JSON.stringify(resource));
    };
    if (receiver.mode === 'never') return void hanging.add(request.socket);
    if (receiver.mode === 'broken') return void request.socket.destroy();
    if (receiver.mode === 'busy') {
      response.setHeader('retry-after', String(retryAfterSeconds));
      return say(429, { resourceType: 'OperationOutcome', issue: [] });
    }
    const asked = new URL(request.url ?? '/', 'http://x').searchParams.get('identifier');
    if (request.method === 'GET') {
      const found = stored.get(asked ?? '');
      return say(200, { resourceType: 'Bundle', entry: found ? [{ resource: found }] : [] });
    }
    const communication = JSON.parse(body);
    const [identifier] = communication.identifier;
    const key = `${identifier.system}|${identifier.value}`;
    const known = stored.get(key);
    if (known) return say(200, known);
    created.set(key, (created.get(key) ?? 0) + 1);
    const made = { ...communication, id: randomUUID() };
    stored.set(key, made);
    say(201, made);
  };
  const server = createServer((request, response) => void answer(request, response));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      hanging.delete(socket);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const receiver: Receiver = {
    url: `http://${host}/fhir`,
    host,
    mode: 'well',
    get requests() {
      return requests;
    },
    get hanging() {
      return hanging.size;
    },
    created,
    cut: () => {
      for (const socket of hanging) socket.destroy();
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
  return receiver;
}
