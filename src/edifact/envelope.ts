import { type ServiceCharacters, usualCharacters, writeUna } from './characters.ts';
import type { Charset } from './charset.ts';
import type { Moment } from './date.ts';
import { writeSegment } from './syntax.ts';

/** How a mailbox wants its bytes. */
export interface Writing {
  readonly syntax: 'UNOA' | 'UNOB' | 'UNOC' | 'UNOW';
  /** The set that is really written: ASCII is without diacritics, whatever the syntax would allow. */
  readonly charset: Charset;
  readonly service: ServiceCharacters;
  /** Whether UNA stands before UNB; with other characters than the usual it always does. */
  readonly hasUna: boolean;
  /** Between segments. */
  readonly lineEnd: '\r\n' | '\r' | '\n' | '';
}

/** What every Dutch mailbox takes: plain letters under UNOA. */
export const usualWriting: Writing = {
  syntax: 'UNOA',
  charset: 'ASCII',
  service: usualCharacters,
  hasUna: true,
  lineEnd: '\r\n',
};

/** Latin-1 under UNOC, for a practice whose system is known to read it. */
export const latinWriting: Writing = { ...usualWriting, syntax: 'UNOC', charset: '8859/1' };

/** From which mailbox to which, and when. */
export interface Addressed {
  /** Mailbox numbers, nine digits with ZorgMail. */
  readonly sender: string;
  readonly receiver: string;
  readonly writtenAt: Moment;
  /** UNB-5, UNH-1 and their echoes; see `controlReference`. */
  readonly controlReference: string;
}

const uuid7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{6}([0-9a-f]{6})$/;

/**
 * A message id (UUIDv7) as a control reference of 14 capitals and digits (UNB-5, an..14): its 48 bits of time and the last
 * 24 of chance, in base 36. The same id gives the same reference; there is no way back. Throws for an id that is no UUIDv7.
 */
export function controlReference(messageId: string): string {
  const found = uuid7.exec(messageId.toLowerCase());
  if (!found) throw new Error('a message id that is no UUIDv7');
  return BigInt(`0x${found[1]}${found[2]}${found[3]}`).toString(36).toUpperCase().padStart(14, '0');
}

const mailbox = /^[0-9A-Za-z._@-]{1,35}$/;
const reference = /^[0-9A-Za-z]{1,14}$/;

/**
 * An interchange of one message around segments that are written already. Throws for a mailbox number or reference that
 * UNB cannot hold: those come from the directory and from us, not from a person who types.
 */
export function writeInterchange(
  { sender, receiver, writtenAt, controlReference: control }: Addressed,
  type: string,
  segments: readonly string[],
  { syntax, service: s, hasUna, lineEnd }: Writing,
): string {
  if (!mailbox.test(sender) || !mailbox.test(receiver)) throw new Error('a mailbox number that UNB cannot hold');
  if (!reference.test(control)) throw new Error('a control reference that UNB cannot hold');
  const day = writtenAt.day.replaceAll('-', '').slice(2);
  const minute = writtenAt.minute.replace(':', '');
  const all = [
    ...(hasUna || writeUna(s) !== writeUna(usualCharacters) ? [writeUna(s)] : []),
    writeSegment(['UNB'], [[syntax, '1'], sender, receiver, [day, minute], control], s),
    writeSegment(['UNH'], [control, [type, '1']], s),
    ...segments,
    writeSegment(['UNT'], [String(segments.length + 2), control], s),
    writeSegment(['UNZ'], ['1', control], s),
  ];
  return all.map((one) => one + lineEnd).join('');
}
