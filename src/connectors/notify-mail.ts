import nodemailer from 'nodemailer';
import type { Connector, Parcel } from '../delivery/connector.ts';
import { Failure } from '../delivery/failure.ts';
import { fromSmtp, whenOver } from './smtp.ts';

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
    text: 'Er wacht iets op uw team: een verwijzing die niemand heeft, of iets dat te laat is. Kijk in Kortelijn.\n\nOpen uw team: ',
  },
  practice: {
    path: '/practice',
    text: 'Er staat iets nieuws voor uw praktijk klaar in Kortelijn.\n\nOpen uw pagina: ',
  },
  administrator: { path: '/admin', text: '' },
  system: {
    path: '/docs',
    text:
      'Kortelijn kan uw eigen systeem niet meer bereiken en stuurt het daarom geen berichten meer. ' +
      'Er is niets verloren: uw werk staat gewoon in Kortelijn. ' +
      'Vraag uw leverancier om de verbinding (Subscription) weer aan te zetten.\n\nUitleg voor uw leverancier: ',
  },
  link: {
    path: '',
    text: 'Een sociaal werker vraagt iets aan uw organisatie of praktijk. U hebt geen account nodig.\n\nOpen de link. U krijgt dan een code om in te vullen: ',
  },
  over: {
    path: '',
    text: 'Een vraag die u eerder kreeg, loopt niet meer. Hebt u er al iets mee gedaan of iets genoteerd? Bel dan de sociaal werker. Het gaat om deze link: ',
  },
  code: {
    path: '',
    text: 'Iemand opende een link van Kortelijn die aan u was gestuurd. Was u dat, of een collega? Vul dan deze code in: ',
  },
} as const;

const closing = 'In deze mail staan met opzet geen gegevens van de inwoner.';

/** The words of a mail; what is secret in it stands in the mail alone. */
function textOf({ role, link, code }: NonNullable<Parcel['mail']>, news: Parcel['news'], publicUrl: string): string {
  if (news) return `${news.lines.join('\n')}\n\n${publicUrl}${news.path}\n\n${closing}\n`;
  const { path, text } = texts[role];
  if (role === 'code')
    return `${text}${code}\n\nWas u het niet? Doe dan niets, en bel de sociaal werker.\n\n${closing}\n`;
  return `${text}${publicUrl}${link ?? path}\n\n${closing}\n`;
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
      try {
        const sending = transport.sendMail({
          from: settings.from,
          to: parcel.mail.to,
          subject: parcel.news?.subject ?? 'Kortelijn: er wacht iets op u',
          text: textOf(parcel.mail, parcel.news, publicUrl),
          messageId: `<${parcel.messageId}@kortelijn>`,
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
        await Promise.race([sending, whenOver(signal)]);
      } catch (error) {
        throw error instanceof Failure ? error : fromSmtp(error as Parameters<typeof fromSmtp>[0]);
      }
      return { proof: 'transport' };
    },
    close: () => transport.close(),
  };
}
