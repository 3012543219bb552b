import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createServer } from 'node:tls';

/** What stands before somebody's system and ends TLS: their supplier's work. */
export interface TlsFront {
  readonly host: string;
  /** From now on it shows this certificate. */
  renew(certificate: TlsPair): void;
  close(): void;
}
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

/** Passes on what comes in over TLS to the port of this machine that `portOf` gives. */
export async function openTlsFront(pair: TlsPair, portOf: () => number): Promise<TlsFront> {
  const server = createServer(pair, (socket) => {
    const behind = connect(portOf(), '127.0.0.1');
    socket.on('error', () => behind.destroy()).pipe(behind);
    behind.on('error', () => socket.destroy()).pipe(socket);
  });
  // A caller who does not trust the certificate hangs up: that is what is looked at.
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    renew: (next) => server.setSecureContext(next),
    close: () => void server.close(),
  };
}
