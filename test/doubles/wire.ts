import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A wire between a client and a service that can be cut at the moment an answer comes back. */
export interface Wire {
  readonly url: string;
  /** Sees the first bytes of an answer before the client does; true cuts the wire, and the client gets nothing. */
  onAnswer: (bytes: Buffer) => boolean;
  close(): Promise<void>;
}

export async function openWire(port: number): Promise<Wire> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A wire that breaks is what it is here for.
    socket.on('error', () => undefined);
  };
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    keep(client);
    keep(upstream);
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    client.on('close', cut);
    upstream.on('close', cut);
    client.pipe(upstream);
    upstream.on('data', (bytes) => {
      if (wire.onAnswer(bytes)) cut();
      else client.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const wire: Wire = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    onAnswer: () => false,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return wire;
}
