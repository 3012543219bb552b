import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Other people's systems, as light as they can be: what they cost would be taken from what is measured. */
export interface Other {
  readonly host: string;
  close(): Promise<void>;
}

/**
 * A GP system at `/<practice>/fhir` that files every Communication at once: conditional create, and search by identifier
 * with proof of the record (`received`).
 */
export async function openHis(): Promise<Other & { readonly url: string; filed(): number }> {
  const filed = new Map<string, string>();
  const answer = (response: ServerResponse, status: number, text: string) => {
    response.writeHead(status, { 'content-type': 'application/fhir+json', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  };
  const search = (request: IncomingMessage, response: ServerResponse) => {
    const key = new URL(request.url ?? '/', 'http://his').searchParams.get('identifier') ?? '';
    const found = filed.get(key);
    const entry = found ? `{"resource":${found}}` : '';
    answer(response, 200, `{"resourceType":"Bundle","type":"searchset","entry":[${entry}]}`);
  };
  const create = (request: IncomingMessage, response: ServerResponse, text: string) => {
    const key = String(request.headers['if-none-exist'] ?? '').replace('identifier=', '');
    const known = filed.get(key);
    const body = JSON.parse(text) as Record<string, unknown>;
    const now = new Date().toISOString();
    const kept = known ?? JSON.stringify({ ...body, id: randomUUID(), status: 'completed', received: now });
    filed.set(key, kept);
    answer(response, known ? 200 : 201, kept);
  };
  const server = createHttpServer((request, response) => {
    if (request.method === 'GET') return search(request, response);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => create(request, response, Buffer.concat(chunks).toString('utf8')));
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `http://${host}`,
    filed: () => filed.size,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A mail server that says yes to everything and keeps nothing. */
export async function openMailServer(): Promise<Other & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let inData = false;
    let rest = '';
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.write('220 mail.example\r\n');
    socket.on('data', (chunk) => {
      rest += chunk.toString('latin1');
      if (inData) {
        if (!/(^|\r\n)\.\r\n$/.test(rest)) return;
        inData = false;
        rest = '';
        socket.write('250 ok\r\n');
        return;
      }
      const lines = rest.split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        inData = /^DATA/i.test(line);
        socket.write(inData ? '354 go on\r\n' : /^QUIT/i.test(line) ? '221 bye\r\n' : '250 mail.example\r\n');
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function answersPing(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => socket.write('PING\r\n'));
    const end = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('data', (data) => end(data.toString().startsWith('+PONG')));
    socket.once('error', () => end(false));
  });
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

/** A Redis on a socket of its own, with an append-only file written every second; undefined where none is installed. */
export async function openRedis(): Promise<{ readonly url: string; close(): Promise<void> } | undefined> {
  const program = ['redis-server', 'valkey-server'].find((one) => spawnSync(one, ['--version']).status === 0);
  if (!program) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'kl-bench-'));
  const url = join(folder, 'redis.sock');
  const keep = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', '', '--maxmemory-policy', 'noeviction'];
  const child = spawn(program, ['--port', '0', '--unixsocket', url, '--dir', folder, ...keep], { stdio: 'ignore' });
  const close = async () => {
    await stopped(child);
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 100; tries += 1) {
    if (await answersPing(url)) return { url, close };
    await pause(50);
  }
  await close();
  throw new Error('Redis did not start');
}

/** A port on which nobody listens now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
