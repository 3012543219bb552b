import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP server that listens before it knows its routes: its address is part of what the routes are made of. */
export interface Listener {
  readonly port: number;
  /** From now requests go to this app; until then they are asked to come back. */
  serve(app: RequestListener): void;
  /** Takes no new requests, lets those under way end within two seconds; a second call waits for the same. */
  close(): Promise<void>;
}

const closeMsMax = 2_000;

/** How long a sender may take, and how often that is looked at, in milliseconds. */
export interface Patience {
  readonly headersMs: number;
  readonly requestMs: number;
  readonly checkMs: number;
}

/** Slow clients: the headers within ten seconds, the whole request within a minute; Node itself looks every half minute. */
const usualPatience: Patience = { headersMs: 10_000, requestMs: 60_000, checkMs: 2_000 };

function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Listens on the port; when it is taken and nobody asked for it by name, on a free one. */
export async function listen(
  host: string,
  port: number | undefined,
  usual: number,
  { headersMs, requestMs, checkMs } = usualPatience,
): Promise<Listener> {
  let app: RequestListener = (_request, response) => {
    response.writeHead(503, { 'retry-after': '2', 'content-type': 'text/plain' }).end('Kortelijn is starting.\n');
  };
  const limits = { headersTimeout: headersMs, requestTimeout: requestMs, connectionsCheckingInterval: checkMs };
  const server = createServer(limits, (request, response) => app(request, response));
  server.keepAliveTimeout = 5_000;
  const bound = await listenOn(server, host, port ?? usual).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE' && port === undefined) return listenOn(server, host, 0);
    if (error.code === 'EADDRINUSE') throw new Error(`port ${port} is taken; set PORT to another one, or leave it out`);
    throw error;
  });
  let closing: Promise<void> | undefined;
  return {
    port: bound,
    serve: (next) => {
      app = next;
    },
    close: () => {
      closing ??= new Promise((resolve) => {
        // One slow sender must not keep the line from draining: nothing was promised to it yet (promise 1).
        const cut = setTimeout(() => server.closeAllConnections(), closeMsMax);
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
        server.closeIdleConnections();
      });
      return closing;
    },
  };
}
