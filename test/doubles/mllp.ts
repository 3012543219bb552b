import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import {
  type ConnectionOptions,
  connect as connectTls,
  createServer as createTlsServer,
  type TlsOptions,
} from 'node:tls';
import type { Endpoint, Extension, Organization } from '@medplum/fhirtypes';
import { codeSystems, extensions } from '../../src/fhir/systems.ts';
import { Frames, frame } from '../../src/hl7v2/frame.ts';
import { theLine } from '../../src/referral/actor.ts';
import { directoryReader, readDirectoryResource, syncDestinations } from '../../src/store/directory.ts';
import type { Store } from '../../src/store/store.ts';

/** Sub-extensions from plain values; strings become valueString. */
const parts = (values: Readonly<Record<string, string | number | boolean>>): Extension[] =>
  Object.entries(values).map(([url, value]) =>
    typeof value === 'string'
      ? { url, valueString: value }
      : typeof value === 'number'
        ? { url, valueDecimal: value }
        : { url, valueBoolean: value },
  );

export interface MllpEndpoint {
  readonly address?: string;
  readonly peer?: Readonly<Record<string, string>>;
  readonly channel?: Readonly<Record<string, string | number>>;
  readonly agreement?: Readonly<Record<string, string | boolean>>;
  readonly bestProof?: string;
}

/** Gives a practice of the region an MLLP endpoint: `instead` of the one it has, or beside it. */
export async function giveMllp(
  store: Store,
  practice: string,
  at: MllpEndpoint,
  how: 'instead' | 'beside',
): Promise<void> {
  const organization = await readDirectoryResource<Organization>(store, 'Organization', practice);
  if (!organization) throw new Error(`no practice ${practice}`);
  const id = `mllp-${practice}`;
  const endpoint: Endpoint & { id: string } = {
    resourceType: 'Endpoint',
    id,
    status: 'active',
    connectionType: { system: codeSystems.connectionType, code: 'hl7v2-mllp' },
    payloadType: [{ text: 'HL7 v2' }],
    address: at.address ?? 'mllp://nowhere.example',
    extension: [
      { url: extensions.bestProof, valueCode: at.bestProof ?? 'application' },
      ...(at.peer ? [{ url: extensions.mllpPeer, extension: parts(at.peer) }] : []),
      ...(at.channel ? [{ url: extensions.mllpChannel, extension: parts(at.channel) }] : []),
      ...(at.agreement ? [{ url: extensions.consentAgreement, extension: parts(at.agreement) }] : []),
    ],
  };
  const others = (organization.endpoint ?? []).filter((one) => one.reference !== `Endpoint/${id}`);
  const mine = { reference: `Endpoint/${id}` };
  const now = store.clock().toISOString();
  const done = await store.commit({
    scope: { practice: '' },
    directory: [
      { resource: endpoint, validFrom: now },
      { resource: { ...organization, endpoint: how === 'instead' ? [mine] : [...others, mine] }, validFrom: now },
    ],
    audit: [
      {
        event: 'directory-changed',
        at: now,
        actor: { id: theLine.id, role: theLine.role },
        action: 'U',
        outcome: 'ok',
        purpose: 'HOPERAT',
      },
    ],
  });
  if (!done.ok) throw new Error('the directory did not change');
  await syncDestinations(store, await directoryReader(store)());
}

/** A practice's system that sends: bytes out, whole messages back. */
export interface MllpClient {
  readonly socket: Socket;
  write(bytes: Uint8Array | string): void;
  /** Frames a message and sends it. */
  send(message: string, encoding?: BufferEncoding): void;
  /** The next message that comes back, as latin1 text; rejects when the other side closes first. */
  next(): Promise<string>;
  readonly closed: Promise<void>;
  end(): void;
}

/** Connects, by TLS when there are options for it. */
export async function openMllpClient(port: number, tls?: ConnectionOptions): Promise<MllpClient> {
  const socket = tls ? connectTls({ host: '127.0.0.1', port, ...tls }) : connect(port, '127.0.0.1');
  const frames = new Frames(10_000_000);
  const got: string[] = [];
  const waiting: { resolve: (text: string) => void; reject: (error: Error) => void }[] = [];
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      for (const one of waiting.splice(0)) one.reject(new Error('closed'));
      resolve();
    });
  });
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    for (const framed of frames.push(chunk)) {
      if (framed.kind !== 'message') throw new Error(framed.kind);
      const text = Buffer.from(framed.bytes).toString('latin1');
      const first = waiting.shift();
      if (first) first.resolve(text);
      else got.push(text);
    }
  });
  await Promise.race([once(socket, tls ? 'secureConnect' : 'connect'), closed]);
  return {
    socket,
    write: (bytes) => void socket.write(bytes),
    send: (message, encoding = 'utf8') => void socket.write(frame(Buffer.from(message, encoding))),
    next: () => {
      const text = got.shift();
      if (text !== undefined) return Promise.resolve(text);
      return socket.destroyed
        ? Promise.reject(new Error('closed'))
        : new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    closed,
    end: () => socket.destroy(),
  };
}

/** What a practice's system does with a message: codes now (`AA:OTHER` to another message), or nothing at all. */
export type HisBehaviour = readonly string[] | 'silent' | 'hangs-up' | 'nonsense';

/** A practice's system that receives over MLLP. It knows a message by its control id, as such systems do. */
export interface MllpHis {
  readonly host: string;
  readonly address: string;
  behave: HisBehaviour;
  /** What it says to its codes, in MSA-3 and an ERR segment; usually nothing. */
  saying: string | undefined;
  /** Every message that came in, resends too. */
  readonly received: readonly string[];
  /** Control ids that it filed, each once. */
  readonly filed: ReadonlySet<string>;
  /** Answers the last message on its own connection, after all. */
  answer(code: string): void;
  /** The next message that comes in. */
  arrived(): Promise<string>;
  close(): Promise<void>;
}

/** Listens on a free port, by TLS when there are options for it. */
export async function openMllpHis(tls?: TlsOptions): Promise<MllpHis> {
  const received: string[] = [];
  const filed = new Set<string>();
  const waiting: ((text: string) => void)[] = [];
  const sockets = new Set<Socket>();
  let last: { socket: Socket; controlId: string } | undefined;
  const acknowledge = (socket: Socket, own: string, said: string) => {
    const [code = '', controlId = own] = said.split(':');
    if (code === 'AA') filed.add(controlId);
    const words =
      his.saying === undefined ? '' : `|${his.saying}\rERR|||207^Application internal error^HL70357|E|||${his.saying}`;
    const text = `MSH|^~\\&|HIS|P|KORTELIJN||20261123100000||ACK|A${received.length}${code}|P|2.5\rMSA|${code}|${controlId}${words}\r`;
    socket.write(frame(Buffer.from(text, 'latin1')));
  };
  const his = { behave: ['AA'] as HisBehaviour, saying: undefined as string | undefined };
  const serve = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    const frames = new Frames(10_000_000);
    socket.on('data', (chunk: Buffer) => {
      for (const framed of frames.push(chunk)) {
        if (framed.kind !== 'message') {
          socket.destroy();
          return;
        }
        const text = Buffer.from(framed.bytes).toString('latin1');
        const controlId = text.split('\r')[0]?.split('|')[9] ?? '';
        received.push(text);
        last = { socket, controlId };
        if (his.behave === 'hangs-up') socket.destroy();
        else if (his.behave === 'nonsense') socket.write(frame(Buffer.from('HTTP/1.1 400 Bad Request')));
        else if (his.behave !== 'silent') for (const code of his.behave) acknowledge(socket, controlId, code);
        waiting.shift()?.(text);
      }
    });
  };
  const server = tls ? createTlsServer(tls, serve) : createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(his, {
    host,
    address: `${tls ? 'mllps' : 'mllp'}://${host}`,
    received,
    filed,
    answer: (code: string) => last && acknowledge(last.socket, last.controlId, code),
    arrived: () => new Promise<string>((resolve) => waiting.push(resolve)),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
