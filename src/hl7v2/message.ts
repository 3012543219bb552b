import type { ConsentAgreement } from '../referral/directory/mllp.ts';
import type { Charset } from './charset.ts';
import { type Delimiters, unescapeText } from './escape.ts';

/** One segment: its fields as they stand on the wire, by HL7 number (MSH-1 is the separator itself). */
export interface Segment {
  readonly name: string;
  /** Which of its name in the message, from 1. */
  readonly occurrence: number;
  readonly fields: readonly string[];
}

/** A message as it was taken apart, with what it was written with. */
export interface Message {
  readonly delimiters: Delimiters;
  readonly charset: Charset;
  readonly segments: readonly Segment[];
}

/** What a door hands to a mapping of this format: the message, and what the practice agreed on consent beforehand. */
export interface Received {
  readonly message: Message;
  readonly agreement?: ConsentAgreement;
}

/** Why a text is no HL7 v2 message: where it stops being one. */
export interface Unreadable {
  readonly unreadable: 'no-header' | 'delimiters' | 'segment' | 'control-character';
  readonly path: string;
}

// Letters and digits would clash with escape sequences, quotes and points with what we write in place of others.
const delimiter = /^[!#$%&()*+,/:;<=>@[\\\]^_`{|}~]$/;

/** The delimiters that a header chooses, or undefined when they cannot be (HL7 2.5.1 §2.16.9.1–2). */
export function readDelimiters(header: string): Delimiters | undefined {
  if (!header.startsWith('MSH')) return undefined;
  const field = header[3] ?? '';
  const chosen = header.slice(4).split(field, 1)[0] ?? '';
  // A fifth character is the truncation mark of 2.7: it changes nothing that we read.
  const [component = '', repetition = '', mark = '', subcomponent = '', ...more] = chosen;
  const all = [field, component, repetition, mark, subcomponent].filter((one) => one !== '');
  if (all.length < 3 || more.length > 1 || new Set(all).size < all.length) return undefined;
  if (!all.every((one) => delimiter.test(one))) return undefined;
  return { field, component, repetition, escape: mark, subcomponent };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what we look for
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

const quoted = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Where hex data means a control character (HL7 2.5.1 §2.7.5): what may not stand in a message may not hide in it. */
function hexControlAt(text: string, { escape: mark }: Delimiters): number {
  if (mark === '') return -1;
  for (const found of text.matchAll(new RegExp(`${quoted(mark)}X([0-9A-F]*)${quoted(mark)}`, 'gi'))) {
    const bytes = Buffer.from(found[1] ?? '', 'hex').toString('latin1');
    if (control.test(bytes)) return found.index;
  }
  return -1;
}

const hiddenSegment = ({ field }: Delimiters) => new RegExp(`[^\\r]\\n[A-Z][A-Z0-9]{2}${quoted(field)}`);

/** Which segment a character position of the text stands in. */
function nameAt(text: string, position: number): string {
  const begin = Math.max(text.lastIndexOf('\r', position), text.lastIndexOf('\n', position)) + 1;
  return /^[A-Z][A-Z0-9]{2}/.exec(text.slice(begin, begin + 3))?.[0] ?? '';
}

/**
 * Takes a decoded message apart into segments and fields. Segments end in CR; CRLF or LF alone are taken too, and a byte
 * order mark before MSH. Values stay escaped until they are asked for. What no two readers could agree on is refused.
 */
export function parseMessage(decoded: string, charset: Charset): Message | Unreadable {
  const text = decoded.replace(/^\uFEFF?[\r\n]*/, '');
  const delimiters = readDelimiters(text);
  if (!text.startsWith('MSH')) return { unreadable: 'no-header', path: '' };
  if (!delimiters) return { unreadable: 'delimiters', path: 'MSH-2' };
  const plain = text.search(control);
  const bad = plain >= 0 ? plain : hexControlAt(text, delimiters);
  if (bad >= 0) return { unreadable: 'control-character', path: nameAt(text, bad) };
  // CR ends a segment; a system without any CR ends them in LF. One that does both would hide segments in a field.
  const ends = text.includes('\r') ? /\r\n?/ : /\n/;
  if (text.includes('\r') && hiddenSegment(delimiters).test(text)) return { unreadable: 'segment', path: '' };
  const counts = new Map<string, number>();
  const segments: Segment[] = [];
  for (const line of text.split(ends)) {
    if (line === '') continue;
    const fields = line.split(delimiters.field);
    const name = fields[0] ?? '';
    if (!/^[A-Z][A-Z0-9]{2}$/.test(name)) return { unreadable: 'segment', path: segments.at(-1)?.name ?? '' };
    const occurrence = (counts.get(name) ?? 0) + 1;
    if (name === 'MSH' && occurrence > 1) return { unreadable: 'segment', path: 'MSH' };
    counts.set(name, occurrence);
    segments.push({
      name,
      occurrence,
      fields: name === 'MSH' ? ['MSH', delimiters.field, ...fields.slice(1)] : fields,
    });
  }
  return { delimiters, charset, segments };
}

export function segmentsOf(message: Message, name: string): Segment[] {
  return message.segments.filter((one) => one.name === name);
}

export function segmentOf(message: Message, name: string): Segment | undefined {
  return message.segments.find((one) => one.name === name);
}

/** The repetitions of a field as they stand on the wire; none when it is empty or `""` (HL7: to be emptied). */
export function repetitionsOf(message: Message, segment: Segment | undefined, field: number): string[] {
  const raw = segment?.fields[field] ?? '';
  if (raw === '' || raw === '""') return [];
  // MSH-1 and MSH-2 are the delimiters themselves.
  return segment?.name === 'MSH' && field <= 2 ? [raw] : raw.split(message.delimiters.repetition || /(?!)/);
}

/**
 * One value, unescaped and trimmed: component and subcomponent count from 1, as HL7 does. Empty when it is not there.
 * `raw` is a repetition of a field; of a component without subcomponents the first is the whole.
 */
export function partOf(message: Message, raw: string | undefined, component = 1, subcomponent = 1): string {
  const { delimiters: d, charset } = message;
  const whole = (raw ?? '').split(d.component)[component - 1] ?? '';
  const part = d.subcomponent === '' ? whole : (whole.split(d.subcomponent)[subcomponent - 1] ?? '');
  return part === '""' ? '' : unescapeText(part, d, charset).trim();
}

/** A value by field: its first repetition. */
export function fieldOf(
  message: Message,
  segment: Segment | undefined,
  field: number,
  component = 1,
  subcomponent = 1,
): string {
  return partOf(message, repetitionsOf(message, segment, field)[0], component, subcomponent);
}

/**
 * The whole of a text field (TX, FT, ST): these have no parts, so a delimiter that the sender forgot to escape is text.
 * Repetitions of TX are lines (HL7 2.5.1 §2.A.78).
 */
export function textOf(message: Message, segment: Segment | undefined, field: number): string {
  const { delimiters: d, charset } = message;
  return repetitionsOf(message, segment, field)
    .map((one) => unescapeText(one, d, charset))
    .join('\n')
    .trim();
}

/** A segment of fields that are escaped already; empty ones at the end stay off. */
export function writeSegment(fields: readonly string[], d: Delimiters): string {
  return fields.slice(0, fields.findLastIndex((one) => one !== '') + 1).join(d.field);
}

/** Each segment ends in CR, the last one too (HL7 2.5.1 §2.6). */
export function writeSegments(segments: readonly string[]): string {
  return segments.map((one) => `${one}\r`).join('');
}
