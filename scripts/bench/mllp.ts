import { connect, type Socket } from 'node:net';
import { frame } from '../../src/hl7v2/frame.ts';
import { countCpu } from './cpu.ts';
import { quantile } from './figures.ts';
import { someJourneys } from './intake.ts';
import { type Footprint, footprint, limitOf, rowsPerJourney } from './limit.ts';
import { hl7Messages, type Sent } from './messages.ts';
import { freePort } from './others.ts';
import type { Bench, Figures } from './scale.ts';
import { startService } from './service.ts';

const connections = 16;
const warmUp = 200;
const largeBytes = 30_000_000;

/** One connection of a practice's system: a message at a time, as MLLP wants it. */
class Peer {
  readonly #socket: Socket;
  #received = '';
  #waiting: PromiseWithResolvers<void> | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.#received += chunk.toString('utf8');
      if (!this.#received.endsWith('\x1c\r')) return;
      const answer = this.#received;
      this.#received = '';
      if (/\rMSA\|AA\|/.test(answer)) this.#waiting?.resolve();
      else this.#waiting?.reject(new Error(`answered ${/\rMSA\|(..)/.exec(answer)?.[1] ?? 'nothing'}`));
    });
    for (const event of ['error', 'close'] as const)
      socket.on(event, () => this.#waiting?.reject(new Error('the service closed a connection')));
  }

  static async open(port: number): Promise<Peer> {
    const socket = connect(port, '127.0.0.1');
    const ready = Promise.withResolvers<void>();
    socket.once('connect', () => ready.resolve());
    socket.once('error', ready.reject);
    await ready.promise;
    return new Peer(socket);
  }

  /** Resolves with `AA`; anything else rejects. */
  ask(framed: Uint8Array): Promise<void> {
    this.#waiting = Promise.withResolvers();
    this.#socket.write(framed);
    return this.#waiting.promise;
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }
}

async function flood(peers: readonly Peer[], messages: readonly Sent[], msMax: number) {
  const framed = messages.map(({ body }) => frame(body));
  const latenciesMs: number[] = [];
  let next = 0;
  const began = performance.now();
  await Promise.all(
    peers.map(async (peer) => {
      for (let bytes = framed[next]; bytes && performance.now() - began < msMax; bytes = framed[next]) {
        next += 1;
        const sent = performance.now();
        await peer.ask(bytes);
        latenciesMs.push(performance.now() - sent);
      }
    }),
  );
  return { latenciesMs, elapsedMs: performance.now() - began };
}

/** The MLLP door alone: messages per second over sixteen connections, and how long one of 30 MB takes. */
export async function measureMllp(bench: Bench): Promise<Figures> {
  const { place, scale } = bench;
  const database = await place.fresh();
  const figures: Record<string, number> = {};
  let rows: Footprint;
  let largeRows: Footprint;
  try {
    const port = await freePort();
    const settings = { ROLES: 'http,mllp', MLLP_PORT: String(port), BODY_BYTES_MAX: '67108864' };
    const service = await startService(place, database, settings, bench.profileDir);
    try {
      const peers = await Promise.all(Array.from({ length: connections }, () => Peer.open(port)));
      const messages = hl7Messages(place.practices, 0, warmUp + scale.mllp);
      await flood(peers, messages.slice(0, warmUp), bench.phaseMsMax);
      const cpuOf = countCpu('mllp', { service: service.pid, database: place.serverPid });
      const { latenciesMs, elapsedMs } = await flood(peers, messages.slice(warmUp), bench.phaseMsMax);
      Object.assign(figures, cpuOf(latenciesMs.length));
      rows = await footprint(database, (await someJourneys(database)).fifty);
      const [large] = hl7Messages(place.practices, 9_000_000, 1, largeBytes);
      const [peer] = peers;
      if (!large || !peer) throw new Error('nothing to send');
      const framed = frame(large.body);
      const began = performance.now();
      await peer.ask(framed);
      figures['mllp largeMs'] = performance.now() - began;
      for (const one of peers) one.close();
      const { count, fifty } = await someJourneys(database);
      if (count !== warmUp + latenciesMs.length + 1) throw new Error(`${count} stored, not all that were acknowledged`);
      largeRows = await footprint(database, fifty.slice(-1));
      figures['mllp perSecond'] = latenciesMs.length / (elapsedMs / 1_000);
      figures['mllp medianMs'] = quantile(latenciesMs, 0.5);
      figures['mllp p99Ms'] = quantile(latenciesMs, 0.99);
      figures['mllp rows'] = rowsPerJourney(rows);
    } finally {
      await service.stop();
    }
  } finally {
    await database.drop();
  }
  const limit = { journeys: scale.limit, connections: scale.limitConnections };
  Object.assign(figures, await limitOf(place, 'mllp limit', rows, limit));
  const one = { journeys: 3, connections: 1, journeysPerCommit: 1 };
  const large = await limitOf(place, 'mllp large limit', largeRows, one);
  figures['mllp largeLimitMs'] = 1_000 / (large['mllp large limit'] ?? Number.NaN);
  return figures;
}
