import { releaseText, type ServiceCharacters, serviceOf } from './characters.ts';
import { unfit } from './charset.ts';

/** One segment: its values with the release characters gone. `elements` begin after the tag, `nesting` is TXT:<n>. */
export interface Segment {
  readonly tag: string;
  readonly nesting: readonly string[];
  readonly elements: readonly (readonly string[])[];
  /** Which segment of the interchange: UNB is 1, UNA does not count. */
  readonly number: number;
  /** Which of its tag in the message, from 1. */
  readonly occurrence: number;
}

/** Why bytes are no interchange that we read, and where it stops being one. No value of the message stands in it. */
export interface Fault {
  readonly unreadable:
    | 'too-large'
    | 'no-header'
    | 'service-characters'
    | 'syntax'
    | 'charset'
    | 'control-character'
    | 'line-break'
    | 'segment'
    | 'truncated'
    | 'order'
    | 'control-reference'
    | 'segment-count'
    | 'message-count'
    | 'after-end';
  /** The number of the segment, as in `Segment`; 0 before UNB. */
  readonly segment: number;
  /** Its tag; empty when it has none that can be read. */
  readonly tag: string;
}

/** A tag, or empty for what is none. */
const tagOf = (text: string): string => (/^[A-Z][A-Z0-9]{2}$/.test(text) ? text : '');

// More than any Medeur segment has, and than a line of free text could hold: what goes beyond would only cost memory.
const partsMax = 100;
const segmentsMax = 10_000;

const isGap = (code: number): boolean => code === 0x0d || code === 0x0a || code === 0x20 || code === 0x09;

/** Where the text begins after line ends and padding between segments. */
function skipGap(text: string, from: number): number {
  let at = from;
  while (at < text.length && isGap(text.charCodeAt(at))) at += 1;
  return at;
}

const [plain, part, released, wrong] = [0, 1, 2, 3];

/** What each character below 256 does in a segment. */
function marksOf(s: ServiceCharacters): Uint8Array {
  const marks = new Uint8Array(256);
  for (let code = 0; code < 0xa0; code += 1) if ((code < 0x20 && code !== 0x09) || code >= 0x7f) marks[code] = wrong;
  for (const one of [s.component, s.element, s.terminator]) marks[one.charCodeAt(0)] = part;
  if (s.release !== ' ') marks[s.release.charCodeAt(0)] = released;
  return marks;
}

function faultOf(character: string): Fault['unreadable'] {
  if (character === '\r' || character === '\n') return 'line-break';
  return character === unfit ? 'charset' : 'control-character';
}

const nothing: readonly string[] = [''];

/** The segments of a text, one after the other. Holds what the characters of it mean. */
function segmentReader(text: string, s: ServiceCharacters) {
  const marks = marksOf(s);
  const service = serviceOf(s);
  const markAt = (at: number): number => {
    const code = text.charCodeAt(at);
    return code < 256 ? (marks[code] ?? plain) : code >= 0xfffd ? wrong : plain;
  };
  /** One segment from `from`: its elements, the tag first, and where it ended; or what is wrong with it. */
  return (from: number): { readonly elements: (readonly string[])[]; readonly next: number } | Fault['unreadable'] => {
    const elements: (readonly string[])[] = [];
    let components: string[] | undefined;
    let parts = 0;
    let value = '';
    let begin = from;
    for (let at = from; at < text.length; at += 1) {
      const mark = markAt(at);
      if (mark === plain) continue;
      const character = text.charAt(at);
      if (mark === wrong) return faultOf(character);
      if (mark === released) {
        // Before any other character it was not meant as one: it stays, visible, never dropped.
        if (at + 1 < text.length && service.includes(text.charAt(at + 1))) {
          value += text.slice(begin, at);
          begin = at + 1;
          at += 1;
        }
        continue;
      }
      parts += 1;
      if (parts > partsMax) return 'segment';
      const whole = value + text.slice(begin, at);
      value = '';
      begin = at + 1;
      if (character === s.component || components) {
        components ??= [];
        components.push(whole);
      }
      if (character === s.component) continue;
      elements.push(components ?? (whole === '' ? nothing : [whole]));
      components = undefined;
      if (character === s.terminator) return { elements, next: at + 1 };
    }
    return 'truncated';
  };
}

/**
 * The segments of a decoded text from a place on, as far as they can be read, and what stopped the reading. Line ends and
 * padding between segments are none of them; a line end inside one is refused: it may hide a lost terminator. Linear.
 */
export function splitSegments(
  text: string,
  from: number,
  s: ServiceCharacters,
): { readonly segments: readonly Segment[]; readonly fault?: Fault } {
  const segments: Segment[] = [];
  const read = segmentReader(text, s);
  let counts = new Map<string, number>();
  for (let at = skipGap(text, from); at < text.length; ) {
    const number = segments.length + 1;
    const found = number > segmentsMax ? 'too-large' : read(at);
    const tag = tagOf(text.slice(at, at + 3));
    if (typeof found === 'string') return { segments, fault: { unreadable: found, segment: number, tag } };
    const [[name = '', ...nesting] = [], ...elements] = found.elements;
    if (tagOf(name) === '') return { segments, fault: { unreadable: 'segment', segment: number, tag } };
    if (name === 'UNH') counts = new Map();
    const occurrence = (counts.get(name) ?? 0) + 1;
    counts.set(name, occurrence);
    segments.push({ tag: name, nesting, elements, number, occurrence });
    at = skipGap(text, found.next);
  }
  return { segments };
}

/** A value by its place, trimmed: element and component count from 1; empty when it is not there. */
export function valueAt(segment: Segment | undefined, element: number, component = 1): string {
  return (segment?.elements[element - 1]?.[component - 1] ?? '').trim();
}

/** How a place is called for people: PID-3.2, TXT[4]-1. */
export function placeOf(segment: Segment, element?: number, component?: number): string {
  const name = segment.occurrence > 1 ? `${segment.tag}[${segment.occurrence}]` : segment.tag;
  if (element === undefined) return name;
  return component === undefined ? `${name}-${element}` : `${name}-${element}.${component}`;
}

const withoutEmptyEnd = (parts: readonly string[]): readonly string[] =>
  parts.slice(0, parts.findLastIndex((one) => one !== '') + 1);

/** A segment with its terminator. Values are released here; empty components and elements at the end stay off. */
export function writeSegment(
  tag: readonly string[],
  elements: readonly (string | readonly string[])[],
  s: ServiceCharacters,
): string {
  const written = [tag, ...elements].map((one) =>
    withoutEmptyEnd(typeof one === 'string' ? [one] : one)
      .map((part) => releaseText(part, s))
      .join(s.component),
  );
  return withoutEmptyEnd(written).join(s.element) + s.terminator;
}
