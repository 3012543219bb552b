import { type Interchange, interchangeBytesMax } from './interchange.ts';

const [lf, cr] = [0x0a, 0x0d];

/** Where each segment of an interchange ends (behind its terminator), in bytes. Service characters are ASCII in every set. */
function endsOf(bytes: Uint8Array, from: number, { service }: Interchange): number[] {
  const [terminator, release] = [service.terminator.charCodeAt(0), service.release.charCodeAt(0)];
  const ends: number[] = [];
  for (let at = from; at < bytes.length && ends.length <= interchangeBytesMax; at += 1) {
    if (bytes[at] === release && service.release !== ' ') at += 1;
    else if (bytes[at] === terminator) ends.push(at + 1);
  }
  return ends;
}

/**
 * The bytes of one message of an interchange that was read, in an interchange of its own: what is kept of one resident
 * holds nothing of another. An interchange of one message stays as it came. Everything but UNZ is the sender's own bytes.
 */
export function messageApart(bytes: Uint8Array, interchange: Interchange, n: number): Uint8Array {
  const { messages, envelope, service: s } = interchange;
  if (messages.length === 1) return bytes;
  const una = Buffer.from(bytes.subarray(0, 64)).toString('latin1').indexOf('UNA');
  const ends = endsOf(bytes, una >= 0 && una < 4 ? una + 9 : 0, interchange);
  // UNB is the first segment; each message has UNH and UNT around its segments.
  const before = messages.slice(0, n).reduce((sum, one) => sum + one.segments.length + 2, 1);
  const last = before + (messages[n]?.segments.length ?? 0) + 2;
  const head = bytes.subarray(0, ends[0]);
  const own = bytes.subarray(ends[before - 1], ends[last - 1]);
  const between = own[0] === cr || own[0] === lf ? Buffer.from(own.subarray(0, own[1] === lf ? 2 : 1)) : '';
  const reference = Buffer.from(envelope.controlReference, 'latin1').toString('latin1');
  const unz = `UNZ${s.element}1${s.element}${release(reference, interchange)}${s.terminator}`;
  return Buffer.concat([head, own, Buffer.from(between), Buffer.from(unz, 'latin1')]);
}

function release(text: string, { service: s }: Interchange): string {
  const special = [s.component, s.element, s.terminator, s.release, s.repetition].filter((one) => one !== ' ');
  return [...text].map((one) => (special.includes(one) && s.release !== ' ' ? s.release + one : one)).join('');
}
