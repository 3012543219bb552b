import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Communication } from '@medplum/fhirtypes';
import type { Connector, Parcel, Receipt } from '../delivery/connector.ts';
import { Failure, fromAnswer, fromNetwork } from '../delivery/failure.ts';
import { charsetOf, encodeText } from '../hl7v2/charset.ts';
import { toControlId } from '../hl7v2/control-id.ts';
import { Frames, frame } from '../hl7v2/frame.ts';
import { fieldOf, parseMessage, segmentOf } from '../hl7v2/message.ts';
import type { MllpChannel } from '../referral/directory/mllp.ts';
import type { FeedbackEnvelope } from '../referral/format.ts';

export interface MllpSettings {
  /** `host:port` that may be sent to; anything else is refused before a name is looked up (SSRF). */
  readonly allowedHosts: ReadonlySet<string>;
  /** PEM: our client certificate for `mllps:`, and who signed theirs when that is nobody the system trusts. */
  readonly tls?: { readonly cert?: string; readonly key?: string; readonly ca?: string };
  /** Feedback as a message, from the mapping of the format, and which that is. */
  readonly write: ((document: Communication, envelope: FeedbackEnvelope) => string) | undefined;
  readonly mapping?: string | undefined;
}

const answerBytesMax = 1_048_576;
const usualPort = 2575;

/** Connects, or throws: nothing was sent yet, so trying again is always safe. */
async function open(url: URL, tls: MllpSettings['tls'], signal: AbortSignal): Promise<Socket> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const to = { host, port: Number(url.port || usualPort) };
  const isTls = url.protocol === 'mllps:';
  const socket = isTls
    ? connectTls({ ...to, ...tls, minVersion: 'TLSv1.2', ...(isIP(host) === 0 && { servername: host }) })
    : connect(to);
  // After the connection every error is seen by whoever reads; before it, by `once`.
  socket.on('error', () => undefined);
  try {
    await once(socket, isTls ? 'secureConnect' : 'connect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    const failure = fromNetwork((error as { code?: string }).code, error instanceof Error ? error.name : '');
    throw failure.kind === 'transient' ? failure : new Failure('transient', 'unreachable');
  }
}

/** MSA-1 of an answer to this very message; undefined for another's, which may come late on a line that we reuse. */
function codeOf(bytes: Uint8Array, controlId: string): string | undefined {
  const message = parseMessage(Buffer.from(bytes).toString('latin1'), 'ASCII');
  const msa = 'unreadable' in message ? undefined : segmentOf(message, 'MSA');
  if ('unreadable' in message || !msa) throw new Failure('ambiguous', 'receiver-fault');
  return fieldOf(message, msa, 2) === controlId ? fieldOf(message, msa, 1) : undefined;
}

/** An answer as somebody can read it, a segment per line. */
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1').replaceAll('\r', '\n');

/**
 * Reads until the best answer there is: AA is the application's yes, AE and AR its no. CA says that their transport has
 * it; then their application may take until the caller's signal, and after that until the channel's deadline.
 */
async function hear(socket: Socket, controlId: string, parcel: Parcel & { channel: MllpChannel }): Promise<Receipt> {
  const { channel } = parcel;
  const committed: Receipt = { proof: 'transport', answerWithinMs: channel.answerWithinMs };
  const frames = new Frames(answerBytesMax);
  let isCommitted = false;
  try {
    for await (const chunk of socket) {
      for (const framed of frames.push(chunk as Buffer)) {
        if (framed.kind !== 'message') throw new Failure('ambiguous', 'answer-too-large');
        const code = codeOf(framed.bytes, controlId);
        if (code === 'AA') return { proof: 'application' };
        if (code === 'AE' || code === 'CE') throw fromAnswer(channel.onError, textOf(framed.bytes));
        if (code === 'AR' || code === 'CR') throw fromAnswer(channel.onReject, textOf(framed.bytes));
        if (code === 'CA') {
          isCommitted = true;
          if (!parcel.awaitsApplication) return committed;
        }
      }
    }
  } catch (error) {
    // A no after CA is a no; a line that broke after it is not.
    if (error instanceof Failure) throw error;
  }
  if (isCommitted) return committed;
  throw new Failure('ambiguous', 'connection-lost');
}

/**
 * Feedback to a practice's system as HL7 v2 over MLLP. MSH-10 is made from the message id, so a resend is known as one.
 * A connection per message: a practice gets a few a week.
 */
export function mllpConnector(settings: MllpSettings): Connector {
  return {
    mapping: settings.mapping,
    async send(parcel, signal) {
      const { address, channel, document } = parcel;
      if (!address || !channel || document?.resourceType !== 'Communication')
        throw new Failure('permanent', 'no-address');
      const url = URL.canParse(address) ? new URL(address) : undefined;
      if (!url || !/^mllps?:$/.test(url.protocol)) throw new Failure('permanent', 'address-unknown');
      if (!settings.allowedHosts.has(url.host)) throw new Failure('permanent', 'host-not-allowed');
      const controlId = toControlId(parcel.messageId);
      const awaitsApplication = parcel.awaitsApplication === true;
      if (!settings.write) throw new Error('a format without feedback');
      const { pdf } = parcel;
      const text = settings.write(document, { controlId, channel, awaitsApplication, ...(pdf && { pdf }) });
      const socket = await open(url, settings.tls, signal);
      const stop = () => socket.destroy();
      signal.addEventListener('abort', stop, { once: true });
      try {
        if (signal.aborted) stop();
        socket.write(frame(encodeText(text, charsetOf(channel.charset) ?? '8859/1')));
        return await hear(socket, controlId, { ...parcel, channel });
      } catch (error) {
        throw signal.aborted && !(error instanceof Failure && error.kind === 'permanent')
          ? new Failure('ambiguous', 'timeout')
          : error;
      } finally {
        signal.removeEventListener('abort', stop);
        socket.destroy();
      }
    },
  };
}
