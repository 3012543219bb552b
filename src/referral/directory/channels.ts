import type { Endpoint } from '@medplum/fhirtypes';
import { codeSystems, extensions } from '../../fhir/systems.ts';
import { isOnlyLaunch } from './launch-system.ts';
import { channelOf, endpointKind, type MllpChannel } from './mllp.ts';

/** What a FHIR system files: the message itself, a letter in its list of documents, or a document of its own. */
export type FhirForm = 'Communication' | 'DocumentReference' | 'Composition';

/** An EDIFACT mailbox: a closed network among care providers, the only mail that holds a person's data. */
export interface Mailbox {
  /** Its number in UNB, nine digits with ZorgMail. */
  readonly number: string;
  /** `ASCII`: no diacritics, which every mailbox takes. */
  readonly charset: 'ASCII' | '8859/1';
  /** Nobody between us and the GP opens it: then the BSN may stand in it (Wabvpz 9). */
  readonly endsAtGp: boolean;
}

/** The best proof of landing a practice's channel can give (safety.md H4). */
export type Proof = 'transport' | 'application' | 'record';

/** One way for feedback to a practice. */
export interface PracticeEndpoint {
  readonly id: string;
  readonly address: string;
  readonly bestProof: Proof;
  readonly kind: 'fhir' | 'mllp' | 'medvri';
  /** Of kind `fhir`: what it files, when that is not the Communication itself. */
  readonly form?: FhirForm;
  /** It wants the letter as PDF too. */
  readonly pdf?: true;
  /** Of kind `mllp`: how its system wants its messages. */
  readonly channel?: MllpChannel;
  /** Of kind `medvri`. */
  readonly mailbox?: Mailbox;
}

/** Whose channels they are, in their order. */
interface Reached {
  readonly id: string;
  readonly channels: readonly PracticeEndpoint[];
}

const forms: readonly FhirForm[] = ['Communication', 'DocumentReference', 'Composition'];
const partsOf = (endpoint: Endpoint, url: string) => endpoint.extension?.find((one) => one.url === url)?.extension;

function formOf(endpoint: Endpoint): FhirForm {
  const codes = (endpoint.payloadType ?? [])
    .flatMap((one) => one.coding ?? [])
    .flatMap((one) => (one.system === codeSystems.resourceTypes ? one.code : []));
  return forms.find((one) => codes.includes(one)) ?? 'Communication';
}

/** Whether it wants the letter as PDF too: who files documents does, unless it names what it takes. */
function wantsPdf(endpoint: Endpoint, form: FhirForm): boolean {
  const types: readonly string[] = endpoint.payloadMimeType ?? [];
  return types.includes('application/pdf') || (form === 'DocumentReference' && types.length === 0);
}

function mailboxOf(endpoint: Endpoint): Mailbox | undefined {
  const parts = partsOf(endpoint, extensions.medvriMailbox);
  const text = (name: string) => parts?.find((one) => one.url === name)?.valueString ?? '';
  if (!/^[0-9A-Za-z._-]{1,35}$/.test(text('number')) || !/^mailto:[^\s@]+@[^\s@]+$/.test(endpoint.address))
    return undefined;
  return {
    number: text('number'),
    charset: text('charset') === '8859/1' ? '8859/1' : 'ASCII',
    endsAtGp: parts?.find((one) => one.url === 'endsAtGp')?.valueBoolean === true,
  };
}

/**
 * The best proof of landing: what the directory says, but never more than such a channel can give (H4). Only a FHIR
 * system can be read back from, and a document that we find there is kept, not filed; SMTP's 250 is all that mail says.
 */
function proofOf(endpoint: Endpoint, kind: PracticeEndpoint['kind'], form: FhirForm): Proof {
  const url = extensions.bestProof;
  const said = (endpoint.extension?.find((one) => one.url === url)?.valueCode ?? 'transport') as Proof;
  if (kind === 'medvri') return 'transport';
  return said === 'record' && (kind === 'mllp' || form === 'Composition') ? 'application' : said;
}

/** An active Endpoint of a practice as a way for its feedback; undefined when nothing can go there. */
function toChannel(endpoint: Endpoint): PracticeEndpoint | undefined {
  const isMail = endpoint.connectionType.code === 'secure-email';
  const mailbox = isMail ? mailboxOf(endpoint) : undefined;
  // An ordinary mail holds no person's data, however secure it calls itself.
  if (!endpoint.address || (isMail && !mailbox)) return undefined;
  const kind = mailbox ? 'medvri' : endpointKind(endpoint);
  const form = kind === 'fhir' ? formOf(endpoint) : 'Communication';
  return {
    id: endpoint.id ?? '',
    address: endpoint.address,
    bestProof: proofOf(endpoint, kind, form),
    kind,
    ...(form !== 'Communication' && { form }),
    ...(kind !== 'medvri' && wantsPdf(endpoint, form) && { pdf: true as const }),
    ...(kind === 'mllp' && { channel: channelOf(endpoint) }),
    ...(mailbox && { mailbox }),
  };
}

/** An MLLP endpoint that says who may send from there, and not how to send to it, is a door and no way back. */
const isOnlyDoor = (one: Endpoint) =>
  endpointKind(one) === 'mllp' &&
  partsOf(one, extensions.mllpPeer) !== undefined &&
  partsOf(one, extensions.mllpChannel) === undefined;

/** The ways for a practice's feedback, in the order in which they are tried, from its active Endpoints in theirs. */
export function channelsOf(active: readonly Endpoint[]): PracticeEndpoint[] {
  const isNoWay = (one: Endpoint, nth: number) => (nth > 0 && isOnlyDoor(one)) || isOnlyLaunch(one);
  return active.flatMap((one, nth) => (isNoWay(one, nth) ? [] : (toChannel(one) ?? [])));
}

/** What the window, the breaker and the order of a channel are kept for; the first one's name outlives its Endpoint. */
export function destinationOf(practice: Reached, channel: PracticeEndpoint): string {
  const first = `practice:${practice.id}`;
  return practice.channels[0]?.id === channel.id ? first : `${first}/${channel.id}`;
}

/** The channel that a destination is now; undefined when the directory does not have it any more. */
export function channelAt(practice: Reached, destination: string): PracticeEndpoint | undefined {
  const id = destination.slice(`practice:${practice.id}/`.length);
  return id === '' ? practice.channels[0] : practice.channels.find((one) => one.id === id);
}

/** The channel that is tried after this one; undefined after the last, and after one that is not there. */
export function channelAfter(practice: Reached, destination: string): PracticeEndpoint | undefined {
  const at = channelAt(practice, destination);
  return at && practice.channels[practice.channels.indexOf(at) + 1];
}
