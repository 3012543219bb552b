import { caseSystemConnector } from './case-system.ts';
import { fhirConnector } from './fhir.ts';
import { type MailboxSettings, medvriMailConnector } from './medvri-mail.ts';
import { type MllpSettings, mllpConnector } from './mllp.ts';
import { type MailSettings, notifyMailConnector } from './notify-mail.ts';
import { openOutbound } from './outbound.ts';
import { subscriptionConnector } from './subscription.ts';
import { worklistConnector } from './worklist.ts';

/** Everything outside that feedback and notices may reach. */
export interface Outside {
  /** `host:port` of systems; anything else is refused before a name is looked up. */
  readonly hosts: ReadonlySet<string>;
  readonly mail: MailSettings;
  readonly publicUrl: string;
  readonly mllp: {
    readonly write: MllpSettings['write'];
    readonly mapping?: MllpSettings['mapping'];
    readonly tls?: NonNullable<MllpSettings['tls']>;
  };
  /** Absent: no way into the network of EDIFACT mailboxes. */
  readonly mailbox?: MailboxSettings;
  readonly clock: () => Date;
}

/** One connector per kind of system. Connects to nothing yet; `close` drops what the mail servers keep open. */
export function openConnectors({ hosts, mail, publicUrl, mllp, mailbox, clock }: Outside) {
  const notices = notifyMailConnector(mail, publicUrl);
  const medvri = mailbox && medvriMailConnector(mailbox);
  return {
    worklist: worklistConnector,
    mail: notices,
    fhir: fhirConnector(openOutbound(hosts), clock),
    subscription: subscriptionConnector(openOutbound(hosts), clock),
    caseSystem: caseSystemConnector(openOutbound(hosts), clock),
    mllp: mllpConnector({ allowedHosts: hosts, ...mllp }),
    ...(medvri && { medvri }),
    close: () => {
      notices.close();
      medvri?.close();
    },
  };
}
