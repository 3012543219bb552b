import type { Communication } from '@medplum/fhirtypes';
import nodemailer from 'nodemailer';
import type { Connector } from '../delivery/connector.ts';
import { Failure } from '../delivery/failure.ts';
import type { WriteLetter } from '../referral/edi-letter.ts';
import { fromSmtp, whenOver } from './smtp.ts';

export interface MailboxSettings {
  readonly host: string;
  readonly port: number;
  /** `on`: from the first byte; `starttls`: refused without it; `off`: only inside a network that is closed itself. */
  readonly tls: 'on' | 'starttls' | 'off';
  readonly user?: string;
  readonly password?: string;
  /** Our own address and number in that network. */
  readonly from: string;
  readonly number: string;
  /** Domains of mailboxes: a letter with a person in it goes to no other address, whatever the directory says. */
  readonly domains: ReadonlySet<string>;
  /** Feedback as an interchange, from the mapping of the format, and which that is. */
  readonly write: WriteLetter;
  readonly mapping?: string | undefined;
}

/** How to get into the network. */
type MailboxWay = Pick<MailboxSettings, 'host' | 'port' | 'tls' | 'user' | 'password'>;

const addressOf = (address: string | undefined): string =>
  /^mailto:([^\s@?]+@[^\s@?]+)$/.exec(address ?? '')?.[1] ?? '';

function transportOf(settings: MailboxWay) {
  const { host, port, tls, user } = settings;
  return nodemailer.createTransport({
    host,
    port,
    secure: tls === 'on',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'off',
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 10_000,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(user && { auth: { user, pass: settings.password ?? '' } }),
  });
}

/** Says hello and logs in, and writes nothing. Throws Failure. */
export async function greetMailbox(settings: MailboxWay): Promise<void> {
  const transport = transportOf(settings);
  try {
    await transport.verify();
  } catch (error) {
    throw fromSmtp(error as Parameters<typeof fromSmtp>[0]);
  } finally {
    transport.close();
  }
}

/**
 * Feedback to an EDIFACT mailbox: a mail that says nothing about anybody, with the MEDVRI as its only attachment. The
 * network among care providers is closed, so that may hold a person's data; ordinary mail never does. SMTP's 250 is the
 * best proof there is: bounces that come later as a mail are not read, a person hears of them from the network.
 */
export function medvriMailConnector(settings: MailboxSettings): Connector & { close(): void } {
  const transport = transportOf(settings);
  return {
    mapping: settings.mapping,
    async send(parcel, signal) {
      const to = addressOf(parcel.address);
      const { mailbox, document, messageId } = parcel;
      if (!to || !mailbox || document?.resourceType !== 'Communication') throw new Failure('permanent', 'no-address');
      const domain = to.slice(to.lastIndexOf('@') + 1).toLowerCase();
      if (!settings.domains.has(domain)) throw new Failure('permanent', 'host-not-allowed');
      const letter = settings.write(document as Communication, { messageId, sender: settings.number, mailbox });
      try {
        const sending = transport.sendMail({
          from: settings.from,
          to,
          subject: 'EDIFACT MEDVRI',
          text: 'Bericht in de bijlage.\n',
          messageId: `<${messageId}@kortelijn>`,
          headers: { 'Auto-Submitted': 'auto-generated' },
          attachments: [
            {
              filename: `${letter.reference}.edi`,
              content: Buffer.from(letter.bytes),
              contentType: 'application/EDIFACT',
              contentTransferEncoding: 'base64',
            },
          ],
        });
        await Promise.race([sending, whenOver(signal)]);
      } catch (error) {
        throw error instanceof Failure ? error : fromSmtp(error as Parameters<typeof fromSmtp>[0]);
      }
      return { proof: 'transport', ...(letter.lost > 0 && { lost: letter.lost }) };
    },
    close: () => transport.close(),
  };
}
