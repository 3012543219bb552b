import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A wire between two systems that can be cut at the moment an answer comes back, or that holds back what it carries. */
export interface Wire {
  readonly url: string;
  /** Sees the first bytes of an answer before the client does; true cuts the wire, and the client gets nothing. */
  onAnswer: (bytes: Buffer) => boolean;
  /** How long these bytes of a request are on their way. They arrive also when the sender has long since hung up. */
  holdMs: (bytes: Buffer) => number;
  close(): Promise<void>;
}

export async function openWire(portOf: () => number): Promise<Wire> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A wire that breaks is what it is here for.
    socket.on('error', () => undefined);
  };
  const server = createServer((client) => {
    const upstream = connect(portOf(), '127.0.0.1');
    keep(client);
    keep(upstream);
    let carried = Promise.resolve();
    client.on('data', (bytes) => {
      const ms = wire.holdMs(bytes);
      carried = carried.then(async () => {
        if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
        upstream.write(bytes);
      });
    });
    client.on('close', () => void carried.then(() => upstream.end()));
    upstream.on('close', () => client.destroy());
    upstream.on('data', (bytes) => {
      if (wire.onAnswer(bytes)) {
        client.destroy();
        upstream.destroy();
      } else client.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const wire: Wire = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    onAnswer: () => false,
    holdMs: () => 0,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return wire;
}
