import type { Socket } from 'node:net';
import { type Framed, Frames, frame } from '../../hl7v2/frame.ts';

export interface MllpLimits {
  readonly messageBytesMax: number;
  /** From the first byte of a message to its last, and for our answer to be taken: a slow sender holds a connection no longer. */
  readonly messageMs: number;
  /** Without a message for this long a connection is closed; systems open a new one. */
  readonly idleMs: number;
}

/** A peer's connection, as far as whoever closes the listener needs it. */
export interface MllpConnection {
  /** Lets the message that is being handled be answered, then closes. */
  finish(): void;
  readonly ended: Promise<void>;
}

const keepAliveMs = 30_000;
/** This much that is no MLLP: whoever is there speaks another protocol. */
const noiseBytesMax = 65_536;

const written = (socket: Socket, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    if (socket.destroyed || socket.write(bytes)) return resolve();
    const go = () => {
      socket.off('drain', go);
      socket.off('close', go);
      resolve();
    };
    socket.on('drain', go);
    socket.on('close', go);
  });

/**
 * Serves one connection: message by message, each answered before the next is looked at. While one is handled the socket
 * is not read, so that TCP makes the sender wait. Ends when the peer does, at a limit, or when told to finish.
 */
export function serveConnection(
  socket: Socket,
  answer: (framed: Framed) => Promise<readonly Uint8Array[]>,
  limits: MllpLimits,
): MllpConnection {
  const frames = new Frames(limits.messageBytesMax);
  let timer: NodeJS.Timeout | undefined;
  let handling = false;
  let finishing = false;
  const closeIn = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => socket.destroy(), ms);
  };
  const handle = async (framed: Framed) => {
    handling = true;
    // Our own time is not the sender's: the limits stand still.
    clearTimeout(timer);
    const answers = await answer(framed);
    closeIn(limits.messageMs);
    for (const one of answers) await written(socket, frame(one));
    handling = false;
  };
  const run = async () => {
    socket.setKeepAlive(true, keepAliveMs);
    socket.setNoDelay(true);
    closeIn(limits.idleMs);
    // Leaving the loop must not cut off an answer that is still on its way out.
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      const wasOpen = frames.open;
      let ended = false;
      for (const framed of frames.push(chunk as Buffer)) {
        ended = true;
        await handle(framed);
        if (finishing || socket.destroyed) return;
      }
      if (frames.noiseBytes > noiseBytesMax) return;
      // A message has one deadline from its start: bytes that trickle in do not move it.
      if (!frames.open) closeIn(limits.idleMs);
      else if (ended || !wasOpen) closeIn(limits.messageMs);
    }
  };
  // What went wrong on the wire is the peer's to see: it got no answer, so it sends again.
  socket.on('error', () => socket.destroy());
  const ended = run()
    .catch(() => undefined)
    .then(
      () =>
        new Promise<void>((resolve) => {
          clearTimeout(timer);
          if (socket.destroyed) return resolve();
          socket.once('close', () => resolve());
          socket.end(() => socket.destroy());
          timer = setTimeout(() => socket.destroy(), limits.messageMs);
        }),
    )
    .finally(() => clearTimeout(timer));
  return {
    ended,
    finish: () => {
      finishing = true;
      if (!handling) socket.end(() => socket.destroy());
    },
  };
}
