import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { readMail } from './mail-text.ts';
import { openShelf, type Shelf } from './shelf.ts';

/** One caught mail. */
export interface Mail {
  readonly id: string;
  readonly at: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly attachments: readonly { readonly filename: string; readonly contentType: string; readonly base64: string }[];
  /** The mail as it came over the wire, base64. */
  readonly raw: string;
}

export interface MailCatcher {
  readonly port: number;
  /** Oldest first. */
  mails(): readonly Mail[];
  /** How the next mails are answered: 250, 451 (try again), 550 (never), or the connection is cut after DATA. */
  mode: 'normal' | 'temporary' | 'permanent' | 'cut';
  /** Called after a mail is kept and before the 250. */
  onMail: (mail: Mail) => void | Promise<void>;
  close(): Promise<void>;
}

const mailBytesMax = 10 * 1024 * 1024;

/** A mail server that keeps everything and sends nothing on; with `dataDir` it keeps it over a restart. Port 0 takes a free one. */
export async function startMailCatcher(options: {
  readonly port: number;
  /** 127.0.0.1 unless told. */
  readonly host?: string;
  readonly dataDir?: string;
  readonly now?: () => Date;
}): Promise<MailCatcher> {
  const { dataDir, now = () => new Date() } = options;
  const shelf: Shelf<Mail> | undefined =
    dataDir === undefined ? undefined : await openShelf<Mail>(join(dataDir, 'mail'));
  const kept: Mail[] = [...(shelf?.all() ?? [])].sort((a, b) => a.id.localeCompare(b.id));
  let last = Number(kept.at(-1)?.id ?? 0);

  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: mailBytesMax,
    logger: false,
    closeTimeout: 1,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', (error) => done(error));
      stream.on('end', () => {
        void keep(Buffer.concat(chunks), session).then(
          () => done(),
          (error) => done(error instanceof Error ? error : new Error('not kept')),
        );
      });
    },
  });
  server.on('error', () => undefined);
  const sockets = new Map<number, Socket>();
  server.server.on('connection', (socket: Socket) => {
    const port = socket.remotePort ?? 0;
    sockets.set(port, socket);
    socket.once('close', () => sockets.delete(port));
  });

  async function keep(raw: Buffer, { envelope, remotePort }: SMTPServerSession): Promise<void> {
    const { mode } = catcher;
    if (mode === 'temporary' || mode === 'permanent') {
      const responseCode = mode === 'temporary' ? 451 : 550;
      throw Object.assign(new Error(mode === 'temporary' ? 'Try again later' : 'Mailbox unavailable'), {
        responseCode,
      });
    }
    const { subject, text, attachments } = readMail(raw);
    last += 1;
    const mail: Mail = {
      id: String(last).padStart(8, '0'),
      at: now().toISOString(),
      from: envelope.mailFrom ? envelope.mailFrom.address : '',
      to: envelope.rcptTo.map(({ address }) => address),
      subject,
      text,
      attachments: attachments.map(({ filename, contentType, bytes }) => ({
        filename: filename ?? '',
        contentType: contentType.split(';')[0]?.trim() ?? '',
        base64: bytes.toString('base64'),
      })),
      raw: raw.toString('base64'),
    };
    await shelf?.put(mail);
    kept.push(mail);
    await catcher.onMail(mail);
    if (mode === 'cut') sockets.get(remotePort)?.destroy();
  }

  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(options.port, options.host ?? '127.0.0.1', () => {
      server.server.off('error', reject);
      resolve();
    });
  });
  const catcher: MailCatcher = {
    port: (server.server.address() as AddressInfo).port,
    mails: () => [...kept],
    mode: 'normal',
    onMail: () => undefined,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
  return catcher;
}
