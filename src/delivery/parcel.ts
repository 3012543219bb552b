import type { Communication } from '@medplum/fhirtypes';
import { inForm } from '../feedback/documents.ts';
import { letterPdf } from '../feedback/pdf/letter.ts';
import type { LetterFonts } from '../feedback/pdf/sheet.ts';
import { letterOver, letterWaits } from '../referral/consent-waits.ts';
import { localDay } from '../referral/deadlines.ts';
import { channelAt, type PracticeEndpoint } from '../referral/directory/channels.ts';
import type { Directory, Role } from '../referral/directory/directory.ts';
import type { Journey } from '../referral/journey.ts';
import { isOpen } from '../referral/lifecycle/lifecycle.ts';
import { bsnForPractice } from '../referral/minimise.ts';
import { readDestinationSecret } from '../store/directory.ts';
import type { Claimed } from '../store/outbox/outbox.ts';
import { readJourney } from '../store/referrals.ts';
import type { Store } from '../store/store.ts';
import { type AlarmWays, packAlarm } from './alarm-parcel.ts';
import { type CaseSheet, packCase } from './case-system.ts';
import type { Connector, Parcel } from './connector.ts';
import { Failure } from './failure.ts';
import { linkMail } from './link-mail.ts';
import { packNotice, type Telling } from './subscription.ts';

/** Which page a mail without content points its reader to. */
const readerOf: Readonly<Record<Role['kind'], 'wally' | 'team-lead' | 'practice'>> = {
  wally: 'wally',
  'team-lead': 'team-lead',
  gp: 'practice',
  poh: 'practice',
  assistant: 'practice',
  other: 'wally',
};

/** What each kind of destination is reached with. */
export type Connectors = Readonly<Record<'worklist' | 'mail' | 'fhir' | 'mllp', Connector>> & {
  /** Absent: this process has no way into the mailbox network. */
  readonly medvri?: Connector;
  /** Absent: nobody is told that something changed. */
  readonly subscription?: Connector;
  /** Absent: no case system of others is kept up to date. */
  readonly caseSystem?: Connector;
};

export interface Packing {
  readonly store: Store;
  readonly directory: () => Promise<Directory>;
  readonly connectors: Connectors;
  /** Without them a letter goes as text only. */
  readonly fonts?: LetterFonts;
  /** Where alarms go; absent: nowhere from here. */
  readonly alarms?: AlarmWays;
  /** Absent: nobody is told that something changed. */
  readonly telling?: Telling;
  /** Absent: no case system of others is kept up to date. */
  readonly caseSheet?: CaseSheet;
}

export interface Packed {
  readonly connector: Connector;
  readonly parcel: Parcel;
  /** As it was when the parcel was made. */
  readonly journey?: Journey;
  /** Characters that the PDF cannot show. */
  readonly lost?: number;
}

/** The letter in the form that this channel takes. Throws when the fonts are no fonts. */
function letterFor(channel: PracticeEndpoint, document: Communication, fonts: LetterFonts | undefined) {
  const pdf = channel.pdf && fonts ? letterPdf(document, fonts) : undefined;
  const lost = pdf?.lost.length ?? 0;
  if (channel.kind === 'fhir') return { document: inForm(document, channel.form ?? 'Communication', pdf?.bytes), lost };
  return { document, ...(pdf && { pdf: pdf.bytes }), lost };
}

/** Whether a letter may still go to its practice, asked again before each sending (H3, H6, H10). Throws Failure when not. */
function mayGo(journey: Journey, letter: Communication, day: string): void {
  const over = letterOver(journey, letter);
  if (over === 'recalled') throw new Failure('permanent', 'recalled');
  if (over) throw new Failure('permanent', 'consent-withdrawn');
  if (!letterWaits(journey, letter, day)) return;
  if (isOpen(journey.task.resource.status ?? '')) throw new Failure('transient', 'consent-to-renew', 3_600_000);
  throw new Failure('permanent', 'consent-to-renew');
}

/** What every parcel has. */
type Plain = Pick<Parcel, 'messageId' | 'kind' | 'ambiguous'>;

/** Mail without content: with a link, or that there is something to read. */
async function packMail(
  { store, connectors }: Packing,
  directory: Directory,
  claimed: Claimed,
  plain: Plain,
): Promise<Packed> {
  const mail = await linkMail(store, directory, claimed);
  if (mail) return { connector: connectors.mail, parcel: { ...plain, mail } };
  const role = directory.roles.get(claimed.recipient);
  const to = role?.email ?? directory.practices.get(claimed.recipient)?.email;
  if (!to) throw new Failure('permanent', 'no-address');
  const reader = claimed.kind === 'subscription' ? 'system' : role ? readerOf[role.kind] : 'practice';
  return { connector: connectors.mail, parcel: { ...plain, mail: { to, role: reader } } };
}

/** Feedback by one of the practice's own ways. */
async function packFeedback(parts: Packing, directory: Directory, claimed: Claimed, plain: Plain): Promise<Packed> {
  const { store, connectors } = parts;
  const practice = directory.practices.get(claimed.recipient);
  const endpoint = practice && channelAt(practice, claimed.destination);
  const secret = await readDestinationSecret(store, claimed.destination);
  const journey = await readJourney(store, { kind: 'line' }, claimed.journey);
  const found = journey?.communications.find((one) => one.resource.id === claimed.document?.id)?.resource;
  if (!endpoint || !journey || !found) throw new Failure('permanent', 'no-address');
  // Asked of what has not gone yet: what they took already is only looked for.
  if (claimed.proof === null) mayGo(journey, found, localDay(store.clock()));
  const connector = connectors[endpoint.kind];
  if (!connector) throw new Failure('permanent', 'no-mailbox');
  const { address, channel, mailbox } = endpoint;
  const bsn = mailbox && bsnForPractice(journey.patient.resource, mailbox);
  const { lost, ...letter } = letterFor(endpoint, found, parts.fonts);
  return {
    connector,
    journey,
    ...(lost > 0 && { lost }),
    parcel: {
      ...plain,
      address,
      ...letter,
      ...(secret && { secret }),
      ...(channel && { channel, awaitsApplication: claimed.bestProof !== 'transport' }),
      ...(mailbox && { mailbox: { ...mailbox, practice: practice.name, ...(bsn && { bsn }) } }),
    },
  };
}

/** What a connector needs for one delivery, read at sending. Throws Failure when it has nowhere to go. */
export async function pack(parts: Packing, claimed: Claimed): Promise<Packed> {
  const { store, connectors } = parts;
  const plain = { messageId: claimed.messageId, kind: claimed.kind, ambiguous: claimed.ambiguous };
  if (claimed.kind === 'alarm') return packAlarm(store, parts.alarms, claimed);
  if (claimed.destination === 'worklist') return { connector: connectors.worklist, parcel: plain };
  const directory = await parts.directory();
  if (claimed.destination === 'mail') return packMail(parts, directory, claimed, plain);
  if (claimed.kind === 'subscription') {
    if (!connectors.subscription || !parts.telling) throw new Failure('transient', 'no-address');
    return { connector: connectors.subscription, parcel: await packNotice(store, parts.telling, claimed) };
  }
  if (claimed.kind === 'case') {
    if (!connectors.caseSystem || !parts.caseSheet) throw new Failure('transient', 'no-address');
    const parcel = await packCase(store, directory, parts.caseSheet, claimed);
    return { connector: connectors.caseSystem, parcel };
  }
  return packFeedback(parts, directory, claimed, plain);
}
