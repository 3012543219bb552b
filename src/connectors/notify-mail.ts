import nodemailer from 'nodemailer';
import type { Connector } from '../delivery/connector.ts';
import { Failure } from '../delivery/failure.ts';

export interface MailSettings {
  readonly host: string;
  readonly port: number;
  readonly from: string;
  readonly secure: boolean;
  readonly user?: string;
  readonly password?: string;
}

const texts = {
  wally: {
    path: '/worklist',
    text: 'Er staat iets nieuws voor u klaar op uw werklijst in Kortelijn.\n\nOpen uw werklijst: ',
  },
  'team-lead': {
    path: '/team',
    text: 'Er wacht een verwijzing op uw team en er is nu niemand die haar heeft. Wijs iemand aan in Kortelijn.\n\nOpen uw team: ',
  },
} as const;

function failureOf(error: { code?: string; responseCode?: number }): Failure {
  // A wrong password of ours (535) says nothing about this mail: it waits until someone mends it.
  if (error.code === 'EAUTH') return new Failure('transient', 'unauthorised', 60_000);
  if (error.responseCode && error.responseCode >= 500) return new Failure('permanent', 'mail-rejected');
  if (error.responseCode && error.responseCode >= 400) return new Failure('transient', 'mail-deferred');
  if (
    error.code === 'ECONNECTION' ||
    error.code === 'ESOCKET' ||
    error.code === 'EDNS' ||
    error.code === 'ECONNREFUSED'
  )
    return new Failure('transient', 'unreachable');
  if (error.code === 'EENVELOPE') return new Failure('permanent', 'no-address');
  return new Failure('ambiguous', 'connection-lost');
}

/** Rejects when the time of this attempt is over: the lease ends soon after, and then another may take it over. */
function whenOver(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const over = () => reject(new Failure('ambiguous', 'timeout'));
    if (signal.aborted) over();
    else signal.addEventListener('abort', over, { once: true });
  });
}

/**
 * A mail that says only that something waits: no name, no number, no reason (H5, promise 4). SMTP's 250 is the best
 * proof mail can give. The Message-ID is ours, so that a mail server can see a repeat.
 */
export function notifyMailConnector(settings: MailSettings, publicUrl: string): Connector & { close(): void } {
  const transport = nodemailer.createTransport({
    host: settings.host,
    port: settings.port,
    secure: settings.secure,
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 10_000,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(settings.user && { auth: { user: settings.user, pass: settings.password ?? '' } }),
  });
  return {
    async send(parcel, signal) {
      if (!parcel.mail) throw new Failure('permanent', 'no-address');
      const { path, text } = texts[parcel.mail.role];
      try {
        const sending = transport.sendMail({
          from: settings.from,
          to: parcel.mail.to,
          subject: 'Kortelijn: er wacht iets op u',
          text: `${text}${publicUrl}${path}\n\nIn deze mail staan met opzet geen gegevens van de inwoner.\n`,
          messageId: `<${parcel.messageId}@kortelijn>`,
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
        await Promise.race([sending, whenOver(signal)]);
      } catch (error) {
        throw error instanceof Failure ? error : failureOf(error as { code?: string; responseCode?: number });
      }
      return { proof: 'transport' };
    },
    close: () => transport.close(),
  };
}
