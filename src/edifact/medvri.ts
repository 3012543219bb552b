import type { ServiceCharacters } from './characters.ts';
import { readDay, readMinute } from './date.ts';
import type { Envelope, Interchange, Message } from './interchange.ts';
import { type Line, lineCharactersMax } from './lines.ts';
import { isMarkedBsn, type Party, type Patient, partyOf, patientOf, wholeOf } from './person.ts';
import { placeOf, type Segment, valueAt } from './syntax.ts';

/** Something that was taken although it is not by the book. */
export interface Oddity {
  readonly oddity: 'segment-order' | 'text-number' | 'long-line' | 'unreleased' | 'bsn-place';
  readonly path: string;
}

/** A MEDVRI as it was taken apart. What is missing is for the contract of a mapping to refuse. */
export interface Medvri {
  readonly envelope: Envelope;
  readonly reference: string;
  readonly sender?: Party;
  /** DET on the Dutch clock; absent when it does not exist: `writtenSaid` is what stood there. */
  readonly writtenDay?: string;
  readonly writtenMinute?: string;
  readonly writtenSaid: string;
  readonly patient?: Patient;
  readonly lines: readonly Line[];
  readonly receiver?: Party;
  /** Segments that MEDVRI does not have there (also an address of nobody): nothing in them was read. */
  readonly unknown: readonly Segment[];
  readonly oddities: readonly Oddity[];
}

/** Why a message is no MEDVRI that we read. */
export interface NoMedvri {
  readonly unreadable: 'message-type' | 'message-version' | 'repeated' | 'surplus' | 'two-bsns';
  readonly path: string;
}

const order = ['GGA', 'DET', 'PID', 'PAD', 'TXT', 'GGO'];
const once = order.filter((tag) => tag !== 'TXT');

/** How many components each element holds; 0 for a text, where a separator that was not released is part of it. */
const holds: Readonly<Record<string, readonly number[]>> = {
  GGA: [0, 0, 0, 7, 0],
  DET: [3, 3],
  PID: [3, 1, 6, 0, 0],
  PAD: [7, 0],
  GGO: [0, 0, 0, 7, 0],
};

/** Where a segment has more than it can hold: a separator that was not released has moved its values along. */
function surplusOf(segment: Segment): string | undefined {
  const sizes = holds[segment.tag];
  const isFull = (one: readonly string[]) => one.some((part) => part.trim() !== '');
  const at = sizes
    ? segment.elements.findIndex((one, n) => isFull(one.slice(n < sizes.length ? sizes[n] || one.length : 0)))
    : -1;
  return at < 0 ? undefined : placeOf(segment, at + 1);
}

/** The text of TXT, to the last space: it has one element without components, so all that stands there is text. */
function lineOf(segment: Segment, s: ServiceCharacters): Line {
  const text = segment.elements.map((one) => one.join(s.component)).join(s.element);
  return { text, path: placeOf(segment, 1) };
}

/** The first place of each kind. */
function odditiesOf(segments: readonly Segment[], lines: readonly Line[]): Oddity[] {
  const known = segments.filter((one) => order.includes(one.tag));
  const texts = segments.filter((one) => one.tag === 'TXT');
  const misplaced = known.find((one, n) => order.indexOf(one.tag) < order.indexOf(known[n - 1]?.tag ?? ''));
  const misnumbered = texts.find((one, n) => one.nesting[0] !== String(n + 1));
  const unreleased = texts.find((one) => one.elements.length > 1 || (one.elements[0]?.length ?? 0) > 1);
  const pid = segments.find((one) => one.tag === 'PID' && isMarkedBsn(valueAt(one, 4)));
  const long = lines.find(({ text }) => text.length > lineCharactersMax && [...text].length > lineCharactersMax);
  const all: readonly (readonly [Oddity['oddity'], string | undefined])[] = [
    ['segment-order', misplaced && placeOf(misplaced)],
    ['bsn-place', pid && placeOf(pid, 4)],
    ['text-number', misnumbered && placeOf(misnumbered)],
    ['unreleased', unreleased && placeOf(unreleased, 1)],
    ['long-line', long?.path],
  ];
  return all.flatMap(([oddity, path]) => (path === undefined ? [] : [{ oddity, path }]));
}

/**
 * One message of an interchange as MEDVRI:1 (UNH GGA DET [PID] [PAD] TXT+ [GGO] UNT, Specificatie berichten 3i-project,
 * versie 3.BSN). Lines stay the lines they were, in the order they stand in, whatever their numbers say.
 */
export function readMedvri({ service, envelope }: Interchange, message: Message): Medvri | NoMedvri {
  if (message.type !== 'MEDVRI') return { unreadable: 'message-type', path: 'UNH-2.1' };
  if (message.version !== '1') return { unreadable: 'message-version', path: 'UNH-2.2' };
  const repeated = message.segments.find((one) => once.includes(one.tag) && one.occurrence > 1);
  if (repeated) return { unreadable: 'repeated', path: placeOf(repeated) };
  const surplus = message.segments.map(surplusOf).find((path) => path !== undefined);
  if (surplus) return { unreadable: 'surplus', path: surplus };
  const [gga, det, pid, pad, ggo] = once.map((tag) => message.segments.find((one) => one.tag === tag));
  const patient = pid && patientOf(pid, pad, service);
  if (patient && 'unreadable' in patient) return patient;
  const lines = message.segments.filter((one) => one.tag === 'TXT').map((one) => lineOf(one, service));
  const part = (element: number, components: readonly number[]) =>
    components.map((component) => valueAt(det, element, component));
  const day = readDay(...part(1, [1, 2, 3]));
  const minute = readMinute(...part(2, [1, 2]));
  return {
    envelope,
    reference: message.reference,
    ...(gga && { sender: partyOf(gga, service) }),
    ...(day && { writtenDay: day }),
    ...(minute && { writtenMinute: minute }),
    writtenSaid: det
      ? [1, 2]
          .map((element) => wholeOf(det, element, service))
          .join(' ')
          .trim()
      : '',
    ...(patient && { patient }),
    lines,
    ...(ggo && { receiver: partyOf(ggo, service) }),
    unknown: message.segments.filter((one) => !order.includes(one.tag) || (one === pad && !pid)),
    oddities: odditiesOf(message.segments, lines),
  };
}
