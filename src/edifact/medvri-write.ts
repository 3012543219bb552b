import { encodeText } from './charset.ts';
import type { Moment } from './date.ts';
import { type Addressed, type Writing, writeInterchange } from './envelope.ts';
import { wrapText } from './lines.ts';
import type { Address, Party, PatientName } from './person.ts';
import { carry } from './plain.ts';
import { writeSegment } from './syntax.ts';

/** Whom a letter is about. No BSN means that PID-5 stays empty: whether it may stand there, the channel decides. */
export interface Subject {
  /** yyyy-mm-dd. */
  readonly birthDay: string;
  readonly sex: 'M' | 'V' | '';
  readonly name: PatientName;
  readonly senderReference?: string;
  readonly bsn?: string;
  readonly address?: Address;
  readonly phone?: string;
}

/** What a MEDVRI is to say. */
export interface Letter {
  readonly sender: Party;
  /** DET, on the Dutch clock. */
  readonly writtenAt: Moment;
  readonly subject?: Subject;
  /** As long as they come: each is broken at 70 characters. */
  readonly lines: readonly string[];
  readonly receiver?: Party;
}

/** What of a letter is not on the wire as it was given. */
export interface Loss {
  /** `changed`: other characters that say the same; `lost`: a question mark; `cut`: too long for its field. */
  readonly kind: 'changed' | 'lost' | 'cut';
  /** The place in the letter: `subject.name.family`, `lines[3]`. */
  readonly path: string;
  /** Where in that text, in UTF-16 units; for `cut` and for line ends, in what it had become by then. */
  readonly at: number;
  /** What stood there, and what was written for it. */
  readonly given: string;
  readonly written: string;
}

export interface Written {
  readonly text: string;
  readonly losses: readonly Loss[];
  readonly encode: () => Uint8Array;
}

/** What the fields of Medeur hold (3i-project, versie 3.BSN), in characters. */
const holds = {
  address: { street: 30, houseNumber: 8, poBox: 8, city: 20, postcode: 9, province: 20, country: 20 },
  name: { family: 30, prefix: 8, birthFamily: 30, birthPrefix: 8, given: 12, initials: 8 },
  party: { name: 40, department: 70, institution: 70, phone: 20 },
  subject: { senderReference: 12, bsn: 9, phone: 20 },
} as const;

/** Writes values for one set, and remembers what they lost. */
function pen(charset: Writing['charset'], losses: Loss[]) {
  const carried = (given: string, path: string): string => {
    const { text, replaced } = carry(given, charset);
    for (const { at, character, written, lost } of replaced)
      losses.push({ kind: lost ? 'lost' : 'changed', path, at, given: character, written });
    return text;
  };
  const field = (given: string | undefined, path: string, max: number): string => {
    const lines = carried(given ?? '', path);
    for (const { index } of lines.matchAll(/\n/g))
      losses.push({ kind: 'changed', path, at: index, given: '\n', written: ' ' });
    const text = lines.replaceAll('\n', ' ').trim();
    const characters = [...text];
    if (characters.length <= max) return text;
    const rest = characters.slice(max).join('');
    losses.push({ kind: 'cut', path, at: text.length - rest.length, given: rest, written: '' });
    return characters.slice(0, max).join('').trim();
  };
  /** The fields of an object in the order of what they hold. */
  const fields = <K extends string>(
    given: { readonly [key in NoInfer<K>]?: string } | undefined,
    path: string,
    max: Readonly<Record<K, number>>,
  ): string[] => (Object.keys(max) as K[]).map((key) => field(given?.[key], `${path}.${key}`, max[key]));
  return { carried, fields };
}

/**
 * A letter as MEDVRI:1 in an interchange of its own: at most 70 characters a line, words whole, empty lines kept; in plain
 * letters unless the mailbox reads others. Everything that is not there as it was given stands in the losses.
 */
export function writeMedvri(letter: Letter, addressed: Addressed, how: Writing): Written {
  const losses: Loss[] = [];
  const { carried, fields } = pen(how.charset, losses);
  const segment = (tag: readonly string[], elements: readonly (string | readonly string[])[]) =>
    writeSegment(tag, elements, how.service);
  const party = (tag: string, given: Party, path: string): string => {
    const [name = '', department = '', institution = '', phone = ''] = fields(given, path, holds.party);
    return segment(
      [tag],
      [name, department, institution, fields(given.address, `${path}.address`, holds.address), phone],
    );
  };
  const { subject, sender, receiver, writtenAt } = letter;
  const segments = [
    party('GGA', sender, 'sender'),
    segment(['DET'], [writtenAt.day.slice(2).split('-'), writtenAt.minute.split(':')]),
  ];
  if (subject) {
    const [own = '', bsn = '', phone = ''] = fields(subject, 'subject', holds.subject);
    const name = fields(subject.name, 'subject.name', holds.name);
    const birth = subject.birthDay.split('-');
    segments.push(segment(['PID'], [birth, subject.sex, name, own, bsn && `BSN${bsn}`]));
    const address = fields(subject.address, 'subject.address', holds.address);
    const pad = segment(['PAD'], [address, phone]);
    if (pad !== segment(['PAD'], [])) segments.push(pad);
  }
  const lines = letter.lines.flatMap((line, n) => wrapText(carried(line, `lines[${n}]`)));
  // TXT is mandatory, and a blank one has its element: TXT:3+'
  for (const [n, line] of (lines.length > 0 ? lines : ['']).entries()) {
    const tag = ['TXT', String(n + 1)];
    segments.push(
      line === '' ? segment(tag, []).slice(0, -1) + how.service.element + how.service.terminator : segment(tag, [line]),
    );
  }
  if (receiver) segments.push(party('GGO', receiver, 'receiver'));
  const text = writeInterchange(addressed, 'MEDVRI', segments, how);
  return { text, losses, encode: () => encodeText(text, how.charset) };
}
