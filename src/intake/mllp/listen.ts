import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import type { Meter } from '../../meter.ts';
import { openSpan } from '../../trace.ts';
import { type MllpConnection, type MllpLimits, serveConnection } from './connection.ts';
import { answerFrame, type MllpDoor } from './mllp.ts';
import { type From, plainAddress } from './peer.ts';

/** PEM. With `ca` only clients it signed get in; without, any certificate, which the directory then knows or not. */
export interface MllpTls {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
}

/** Our certificate from its files, for inbound and outbound; undefined when there is none, and MLLP is plain. */
export async function readMllpTls(...files: readonly (string | undefined)[]): Promise<MllpTls | undefined> {
  const [cert, key, ca] = await Promise.all(files.map((file) => (file ? readFile(file, 'utf8') : undefined)));
  return cert && key ? { cert, key, ...(ca && { ca }) } : undefined;
}

export interface MllpListening extends MllpLimits {
  readonly host: string;
  /** Undefined: `usualPort`, or a free one when that is taken. */
  readonly port: number | undefined;
  readonly usualPort: number;
  readonly tls?: MllpTls;
  readonly meter?: Meter;
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
}

/** Where HL7 v2 usually is; a message within a minute of its start; idle for ten, and a system opens a new connection. */
export const usualMllp = {
  usualPort: 2575,
  messageMs: 60_000,
  idleMs: 600_000,
  connectionsMax: 500,
  connectionsPerAddressMax: 20,
} as const satisfies Partial<MllpListening>;

export interface MllpListener {
  readonly port: number;
  /** Takes no new connections, lets messages under way be answered. */
  close(): Promise<void>;
}

function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function fromOf(socket: Socket): From {
  const address = plainAddress(socket.remoteAddress ?? '');
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.fingerprint256 : undefined;
  return { address, ...(certificate && { certificate: certificate.replaceAll(':', '').toLowerCase() }) };
}

function createMllpServer(tls: MllpTls | undefined, serve: (socket: Socket) => void): Server {
  // A sender may close its half after the last message and still wait for the answer.
  if (!tls) return createServer({ allowHalfOpen: true }, serve);
  return createTlsServer(
    {
      allowHalfOpen: true,
      cert: tls.cert,
      key: tls.key,
      ...(tls.ca && { ca: tls.ca }),
      requestCert: true,
      rejectUnauthorized: tls.ca !== undefined,
      minVersion: 'TLSv1.2',
      handshakeTimeout: 10_000,
    },
    serve,
  );
}

/** MLLP carries no trace of its sender: each message begins one. */
async function measured<T>(meter: Meter | undefined, answer: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const span = openSpan('hl7v2 message', 'server');
  try {
    return await span.within(answer);
  } finally {
    span.end({});
    meter?.message((performance.now() - began) / 1_000);
  }
}

/** Opens the MLLP door. Throws when the port that was asked for is taken, or certificate and key do not fit. */
export async function listenMllp(door: MllpDoor, at: MllpListening): Promise<MllpListener> {
  const connections = new Set<MllpConnection>();
  const byAddress = new Map<string, number>();
  const server = createMllpServer(at.tls, (socket) => {
    const from = fromOf(socket);
    const open = byAddress.get(from.address) ?? 0;
    if (open >= at.connectionsPerAddressMax) {
      door.log.warn('mllp-too-many-connections', { door: 'mllp' });
      socket.destroy();
      return;
    }
    byAddress.set(from.address, open + 1);
    const connection = serveConnection(
      socket,
      (framed) => measured(at.meter, () => answerFrame(door, from, framed)),
      at,
    );
    connections.add(connection);
    void connection.ended.then(() => {
      connections.delete(connection);
      const left = (byAddress.get(from.address) ?? 1) - 1;
      if (left > 0) byAddress.set(from.address, left);
      else byAddress.delete(from.address);
    });
  });
  server.maxConnections = at.connectionsMax;
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    door.log.warn('mllp-tls', { door: 'mllp', code: error.code ?? '' });
  });
  const port = await listenOn(server, at.host, at.port ?? at.usualPort).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE' && at.port === undefined) return listenOn(server, at.host, 0);
    if (error.code === 'EADDRINUSE')
      throw new Error(`port ${at.port} is taken; set MLLP_PORT to another one, or leave it out`);
    throw error;
  });
  server.on('error', (error) => door.log.bug('mllp-listener', error, { door: 'mllp' }));
  return {
    port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections) connection.finish();
      await Promise.all([...connections].map((one) => one.ended));
      await closed;
    },
  };
}
