import { readUna, type ServiceCharacters, usualCharacters } from './characters.ts';
import { type Charset, charsetOf, decodeBytes } from './charset.ts';
import { readDay, readMinute } from './date.ts';
import { type Fault, type Segment, splitSegments, valueAt } from './syntax.ts';

/** What UNB says: who sends to whom, and under which reference. */
export interface Envelope {
  /** UNOA, UNOB, UNOC … and the version of the syntax. */
  readonly syntax: string;
  readonly version: string;
  /** The mailbox numbers of the sender and the receiver (EDI addresses). */
  readonly sender: string;
  readonly receiver: string;
  /** Local day and minute, as far as they exist. */
  readonly day?: string;
  readonly minute?: string;
  readonly controlReference: string;
  readonly application: string;
  /** UNB-11 is 1: nothing in it may be done for real. */
  readonly isTest: boolean;
}

/** One message: the segments between its UNH and its UNT. */
export interface Message {
  readonly reference: string;
  readonly type: string;
  readonly version: string;
  readonly segments: readonly Segment[];
}

export interface Interchange {
  readonly service: ServiceCharacters;
  readonly charset: Charset;
  readonly envelope: Envelope;
  readonly messages: readonly Message[];
}

/** A fault, with the envelope when UNB could be read: then there is someone to tell. */
export interface Unreadable extends Fault {
  readonly envelope?: Envelope;
}

/** A quarter of a mebibyte: over three thousand lines of free text. */
export const interchangeBytesMax = 262_144;

// What a mailbox or a DOS program adds at the end: line ends, padding, end-of-file marks.
const isTail = (byte: number): boolean =>
  byte === 0x1a || byte === 0 || byte === 0x0d || byte === 0x0a || byte === 0x20 || byte === 0x09;

const at = (unreadable: Fault['unreadable'], segment: Segment): Fault => ({
  unreadable,
  segment: segment.number,
  tag: segment.tag,
});

function envelopeOf(unb: Segment): Envelope {
  const day = readDay(valueAt(unb, 4));
  const minute = readMinute(valueAt(unb, 4, 2));
  return {
    syntax: valueAt(unb, 1),
    version: valueAt(unb, 1, 2),
    sender: valueAt(unb, 2),
    receiver: valueAt(unb, 3),
    ...(day && { day }),
    ...(minute && { minute }),
    controlReference: valueAt(unb, 5),
    application: valueAt(unb, 7),
    isTest: valueAt(unb, 11) === '1',
  };
}

/** A count as UNT and UNZ write it; undefined for what is none. */
const countOf = (text: string): number | undefined => (/^\d{1,6}$/.test(text) ? Number(text) : undefined);

/** The messages between UNB and UNZ (ISO 9735 §8): references equal, counts right, nothing outside them. */
function messagesOf(unb: Segment, rest: readonly Segment[]): readonly Message[] | Fault {
  const messages: Message[] = [];
  const references = new Set<string>();
  let unh: Segment | undefined;
  let segments: Segment[] = [];
  for (const [n, one] of rest.entries()) {
    if (one.tag === 'UNZ' && !unh) {
      const after = rest[n + 1];
      if (valueAt(one, 2) !== valueAt(unb, 5)) return at('control-reference', one);
      if (messages.length === 0 || countOf(valueAt(one, 1)) !== messages.length) return at('message-count', one);
      return after ? at('after-end', after) : messages;
    }
    if (one.tag === 'UNH' && !unh) {
      const reference = valueAt(one, 1);
      if (reference === '' || references.has(reference)) return at('control-reference', one);
      references.add(reference);
      unh = one;
      segments = [];
    } else if (one.tag === 'UNT' && unh) {
      if (valueAt(one, 2) !== valueAt(unh, 1)) return at('control-reference', one);
      if (countOf(valueAt(one, 1)) !== segments.length + 2) return at('segment-count', one);
      messages.push({
        reference: valueAt(unh, 1),
        type: valueAt(unh, 2),
        version: valueAt(unh, 2, 2),
        segments,
      });
      unh = undefined;
    } else if (!unh || one.tag.startsWith('UN')) return at('order', one);
    else segments.push(one);
  }
  return { unreadable: 'truncated', segment: rest.length + 2, tag: '' };
}

/**
 * Takes the bytes of one interchange apart. The characters are those of UNA, the set that of UNB's syntax identifier;
 * `agreed` is the set that this sender really writes, where that is another (UNOA with Latin-1 in it). Bytes that do not
 * fit are refused, and so is all that two readers could take apart differently. Never throws; linear in the bytes.
 */
export function readInterchange(bytes: Uint8Array, agreed?: Charset): Interchange | Unreadable {
  const nowhere = (unreadable: Fault['unreadable'], tag = ''): Unreadable => ({ unreadable, segment: 0, tag });
  if (bytes.length > interchangeBytesMax) return nowhere('too-large');
  let begin = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  let end = bytes.length;
  while (begin < end && isTail(bytes[begin] ?? 0)) begin += 1;
  while (begin < end && isTail(bytes[end - 1] ?? 0)) end -= 1;
  const whole = bytes.subarray(begin, end);
  const ascii = (from: number, to: number) => Buffer.from(whole.subarray(from, to)).toString('latin1');
  const hasUna = ascii(0, 3) === 'UNA';
  const service = hasUna ? readUna(ascii(0, 9)) : usualCharacters;
  if (!service) return nowhere('service-characters', 'UNA');
  let unbAt = hasUna ? 9 : 0;
  while (unbAt < whole.length && isTail(whole[unbAt] ?? 0)) unbAt += 1;
  const head = ascii(unbAt, unbAt + 9);
  if (!head.startsWith('UNB')) return nowhere('no-header');
  if (head[3] !== service.element) return nowhere('service-characters', 'UNB');
  const declared = charsetOf(head.slice(4, 8));
  if (!declared || head[8] !== service.component) return { unreadable: 'syntax', segment: 1, tag: 'UNB' };

  const charset = declared === 'UTF-8' ? declared : (agreed ?? declared);
  const { segments, fault } = splitSegments(decodeBytes(whole.subarray(unbAt), charset), 0, service);
  const [unb, ...rest] = segments;
  if (!unb) return fault ?? nowhere('no-header');
  const envelope = envelopeOf(unb);
  if (fault) return { ...fault, envelope };
  // Version 4 has other service characters of its own; no Dutch mailbox was seen with it.
  if (!/^[123]$/.test(envelope.version)) return { ...at('syntax', unb), envelope };
  if (!/^[!-~](?:[ -~]{0,33}[!-~])?$/.test(envelope.controlReference))
    return { ...at('control-reference', unb), envelope };
  const messages = messagesOf(unb, rest);
  return 'unreadable' in messages ? { ...messages, envelope } : { service, charset, envelope, messages };
}
