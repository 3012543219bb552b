import type { Issue, Language } from '../../fhir/outcome.ts';
import { acknowledgements, conditionOf, type Outcome } from '../../hl7v2/ack.ts';
import { answerDelimiters, writeAnswer } from '../../hl7v2/answer.ts';
import { type Charset, charsetOf, decodeBytes, encodeText, undeclaredCharset } from '../../hl7v2/charset.ts';
import { toControlId } from '../../hl7v2/control-id.ts';
import { type Delimiters, escapeText } from '../../hl7v2/escape.ts';
import { type Header, headerOf } from '../../hl7v2/header.ts';
import {
  fieldOf,
  type Message,
  parseMessage,
  partOf,
  repetitionsOf,
  segmentOf,
  writeSegment,
} from '../../hl7v2/message.ts';
import type { Promised } from '../../referral/receive.ts';
import type { Refusal } from '../../referral/refusal.ts';
import type { Accepted } from '../arriving.ts';
import { acceptedIssues } from '../fhir/answer.ts';

/** What can be said of a message from its first segment alone: enough to answer it, and to know whose it is. */
export interface Envelope {
  /** Only MSH; absent when not even that can be read. */
  readonly head?: Message;
  readonly header: Header;
  /** Undefined when MSH-18 names a set that we do not have. */
  readonly charset: Charset | undefined;
}

const noHeader: Header = {
  application: '',
  facility: '',
  controlId: '',
  type: '',
  event: '',
  processing: '',
  version: '',
  acceptAck: '',
  applicationAck: '',
  charset: '',
  language: '',
};

const [LF, CR] = [0x0a, 0x0d];

/** The bytes of the first segment; of a message that broke off within it, without the field that it broke off in. */
function firstSegment(bytes: Uint8Array, broken: boolean): Uint8Array {
  const begin = bytes.findIndex((byte) => byte !== CR && byte !== LF);
  const start = bytes.subarray(Math.max(0, begin));
  const end = start.findIndex((byte) => byte === CR || byte === LF);
  if (end >= 0) return start.subarray(0, end);
  return broken ? start.subarray(0, Math.max(0, start.lastIndexOf(start[3] ?? 0))) : start;
}

/** Reads MSH of a message as bytes; `broken` when the bytes are only its beginning. */
export function readEnvelope(bytes: Uint8Array, broken: boolean): Envelope {
  const first = firstSegment(bytes, broken);
  const read = (text: string | undefined) => {
    const head = text === undefined ? undefined : parseMessage(text, 'ASCII');
    return head && !('unreadable' in head) ? head : undefined;
  };
  const head = read(
    Buffer.from(first)
      .toString('latin1')
      .replace(/^\u00ef\u00bb\u00bf/, ''),
  );
  if (!head) return { header: noHeader, charset: 'ASCII' };
  const declared = headerOf(head).charset;
  const charset = declared === '' ? undeclaredCharset(bytes) : charsetOf(declared);
  // Once more in the set that it declares: names in MSH go back as they came.
  const own = (charset && read(decodeBytes(first, charset))) ?? head;
  return { head: own, header: headerOf(own), charset };
}

export interface Answering {
  readonly newId: () => string;
  readonly now: Date;
}

interface Said {
  readonly outcome: Outcome;
  readonly text: string;
  readonly issues: readonly Issue[];
  /** Of an application's yes: it has a message of its own (HL7 2.5.1 §11.3). */
  readonly segments?: readonly string[];
}

const languageOf = (header: Header): Language => (/^en/i.test(header.language) ? 'en' : 'nl');

/** MSH-9 of an application's yes: what HL7 2.5.1 answers to a referral (§11.3), to an appointment (§10.3), to the rest. */
function yesType({ type, event }: Header): string[] {
  if (type === 'REF') return ['RRI', event, 'RRI_I12'];
  return type === 'SRM' ? ['SRR', event, 'SRR_S01'] : ['ACK', event, 'ACK'];
}

/** One encoded acknowledgement for each that the sender asked for, each with a control id of its own. */
function write(envelope: Envelope, said: Said, at: Answering): Uint8Array[] {
  const { head, header, charset = 'ASCII' } = envelope;
  // An acknowledgement is not acknowledged in turn, unless its transport asks for it (HL7 2.5.1 §2.9.3).
  const isAck = header.type === 'ACK';
  const codes = acknowledgements(header, said.outcome).filter((code) => !isAck || code.startsWith('C'));
  return codes.map((code) => {
    const event = /^[A-Z]\d{2}$/.test(header.event) ? [header.event] : [];
    const isYes = code === 'AA' && said.segments !== undefined;
    const tellsAll = code !== 'CA';
    const text = writeAnswer({
      ...(head && { to: head }),
      controlId: toControlId(at.newId()),
      at: at.now,
      language: languageOf(header),
      charset: envelope.charset ? header.charset : 'ASCII',
      code,
      type: isYes ? yesType(header) : ['ACK', ...event, ...(event.length > 0 ? ['ACK'] : [])],
      text: tellsAll ? said.text : '',
      issues: tellsAll ? said.issues : [],
      ...(isYes && said.segments && { segments: said.segments }),
    });
    return encodeText(text, charset);
  });
}

/** A no: every issue as an ERR with its place, AE when it is about what the message says, AR when it never got there. */
export function refusedAnswers(envelope: Envelope, refusal: Refusal, at: Answering): Uint8Array[] {
  const language = languageOf(envelope.header);
  const rejected = refusal.refused.some((one) => conditionOf(one).rejects);
  return write(
    envelope,
    {
      outcome: rejected ? 'rejected' : 'refused',
      text: refusal.refused[0]?.said[language] ?? '',
      issues: refusal.refused,
    },
    at,
  );
}

/** To an acknowledgement that was taken: CA when its transport asks for one, else nothing. */
export function committedAnswer(envelope: Envelope, at: Answering): Uint8Array[] {
  return write(envelope, { outcome: 'accepted', text: '', issues: [] }, at);
}

/** PID of the answer: who it is about, as the practice wrote it, without the BSN. */
function patientSegment(message: Message): string {
  const d = answerDelimiters(message);
  const pid = segmentOf(message, 'PID');
  const own = repetitionsOf(message, pid, 3).filter(
    (raw) => partOf(message, raw, 4) !== 'NLMINBIZA' && partOf(message, raw, 5) !== 'NNNLD',
  );
  const name = [fieldOf(message, pid, 5), fieldOf(message, pid, 5, 2)].map((one) => escapeText(one, d));
  const ids = d === message.delimiters ? own.join(d.repetition) : '';
  return writeSegment(['PID', '1', '', ids, '', name.join(d.component), '', fieldOf(message, pid, 7)], d);
}

/** PRD: who calls, on which number (HL7 table 0286: referred to provider). */
function callerSegment({ name, team, phone }: Promised, line: (...values: string[]) => string, d: Delimiters): string {
  const role = line('RT', 'Referred to Provider', 'HL70286');
  return writeSegment(['PRD', role, line(name ?? team), '', '', phone ? line(phone, 'WPN', 'PH') : ''], d);
}

/** A yes, always after the commit (promise 1): who calls, before which day, on which number; and what was lost, as notes. */
export function acceptedAnswers(envelope: Envelope, message: Message, accepted: Accepted, at: Answering): Uint8Array[] {
  const language = languageOf(envelope.header);
  const d = answerDelimiters(message);
  const line = (...values: readonly string[]) => values.map((one) => escapeText(one, d)).join(d.component);
  const issues = acceptedIssues(accepted);
  const warnings = issues.filter((one) => one.severity === 'warning');
  const isKept = accepted.outcome === 'kept';
  const isOver = isKept || accepted.outcome === 'cancelled';
  // What became of it, and who calls; whoever asked to stop is not told that someone calls.
  const first = issues.filter(
    ({ severity, reason }) =>
      severity !== 'warning' &&
      !reason.startsWith('loss-') &&
      !(reason === 'promise' && accepted.outcome === 'stop-asked'),
  );
  const text = [...warnings, ...first].map((one) => one.said[language]).join(' ');
  const number = [1, 2, 3, 4].map((n) => fieldOf(message, segmentOf(message, 'RF1'), 6, n));
  const notes = [...warnings, ...issues.filter((one) => one.severity !== 'warning')].map((one) =>
    one.path ? `${one.path}: ${one.said[language]}` : one.said[language],
  );
  const referral = () => [
    writeSegment(
      [
        'RF1',
        // HL7 table 0283: pending, or rejected where the practice itself took it back.
        isOver ? line('R', 'Rejected', 'HL70283') : line('P', 'Pending', 'HL70283'),
        '',
        '',
        '',
        '',
        line(...number.slice(0, number.findLastIndex((one) => one !== '') + 1)),
        '',
        '',
        '',
        '',
        isKept ? '' : line(accepted.answer.number, 'KORTELIJN'),
      ],
      d,
    ),
    ...(isKept ? [] : [callerSegment(accepted.answer.promise, line, d)]),
    patientSegment(message),
  ];
  const segments = [
    ...(envelope.header.type === 'REF' ? referral() : []),
    ...notes.map((note, n) => writeSegment(['NTE', String(n + 1), '', escapeText(note, d)], d)),
  ];
  return write(envelope, { outcome: 'accepted', text, issues: [], segments }, at);
}
