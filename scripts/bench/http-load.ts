import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Sent } from './messages.ts';

/** What a run of requests came to. Times in milliseconds. */
export interface Run {
  readonly count: number;
  readonly elapsedMs: number;
  /** Per request: from the moment it had to go out until its answer was complete. */
  readonly latenciesMs: readonly number[];
}

/** One kept-alive connection that asks one thing at a time; node's own client would cost more than the service's door. */
class Connection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #waiting: PromiseWithResolvers<number> | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#take(chunk));
    for (const event of ['error', 'close'] as const)
      socket.on(event, () => this.#waiting?.reject(new Error('the service closed a connection')));
  }

  /** Gives the status of the answer, when all of it is there. */
  ask(bytes: Buffer): Promise<number> {
    this.#waiting = Promise.withResolvers();
    if (this.#socket.destroyed) this.#waiting.reject(new Error('a connection rested too long'));
    this.#socket.write(bytes);
    return this.#waiting.promise;
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#received.toString('latin1', 0, end);
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? Number.NaN);
    if (Number.isNaN(length)) this.#waiting?.reject(new Error('an answer without a length'));
    if (this.#received.length < end + 4 + length) return;
    this.#received = this.#received.subarray(end + 4 + length);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(Number(head.slice(9, 12)));
  }
}

function requestOf(url: URL, { practice, body }: Sent): Buffer {
  const head = [
    'POST /fhir/R4 HTTP/1.1',
    `host: ${url.host}`,
    `authorization: Bearer ${practice.credential}`,
    'content-type: application/fhir+json',
    `content-length: ${body.length}`,
    '\r\n',
  ];
  return Buffer.concat([Buffer.from(head.join('\r\n')), body]);
}

/** Sends to the FHIR door over a fixed number of connections. Every answer but 200 ends the run. */
export class FhirLoad {
  readonly #url: URL;
  readonly #all: Connection[];

  private constructor(url: URL, all: Connection[]) {
    this.#url = url;
    this.#all = all;
  }

  static async open(url: string, connections: number): Promise<FhirLoad> {
    const at = new URL(url);
    const opened = Array.from({ length: connections }, async () => {
      const socket = connect(Number(at.port), at.hostname);
      const ready = Promise.withResolvers<void>();
      socket.once('connect', () => ready.resolve());
      socket.once('error', ready.reject);
      await ready.promise;
      return new Connection(socket);
    });
    return new FhirLoad(at, await Promise.all(opened));
  }

  /** As fast as the service takes them: each connection sends its next when it has its answer. Stops at `msMax`. */
  async flood(messages: readonly Sent[], msMax: number): Promise<Run> {
    const requests = messages.map((one) => requestOf(this.#url, one));
    const latenciesMs: number[] = [];
    let next = 0;
    const began = performance.now();
    const run = async (connection: Connection) => {
      for (;;) {
        const request = requests[next];
        if (!request || performance.now() - began > msMax) return;
        next += 1;
        const sent = performance.now();
        await this.#asked(connection, request);
        latenciesMs.push(performance.now() - sent);
      }
    };
    await Promise.all(this.#all.map(run));
    return { count: latenciesMs.length, elapsedMs: performance.now() - began, latenciesMs };
  }

  /**
   * One every 1000 / `perSecond` ms, whether or not the service keeps up; a late answer makes no room. `onSent`: the
   * practice's number of each, and the moment at which it had to go out.
   */
  async steady(
    messages: readonly Sent[],
    perSecond: number,
    onSent: (sent: Sent, atMs: number) => void = () => undefined,
  ): Promise<Run> {
    const idle = [...this.#all];
    const waiting: ((connection: Connection) => void)[] = [];
    const latenciesMs: number[] = [];
    const began = performance.now();
    const send = async (message: Sent, atMs: number) => {
      // The one that rested longest: the service closes those that rest for seconds.
      const connection = idle.shift() ?? (await new Promise<Connection>((resolve) => waiting.push(resolve)));
      await this.#asked(connection, requestOf(this.#url, message));
      latenciesMs.push(performance.now() - atMs);
      const next = waiting.shift();
      if (next) next(connection);
      else idle.push(connection);
    };
    const sending: Promise<void>[] = [];
    for (const [nth, message] of messages.entries()) {
      const atMs = began + (nth * 1_000) / perSecond;
      const early = atMs - performance.now();
      if (early > 0) await pause(early);
      onSent(message, atMs);
      sending.push(send(message, atMs));
    }
    await Promise.all(sending);
    return { count: latenciesMs.length, elapsedMs: performance.now() - began, latenciesMs };
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }

  async #asked(connection: Connection, request: Buffer): Promise<void> {
    const status = await connection.ask(request);
    if (status !== 200) throw new Error(`the service answered ${status}`);
  }
}
