import type { Issue } from '../../src/fhir/outcome.ts';
import { toSystem } from '../../src/hl7v2/authority.ts';
import { type Coded, codedOf, place } from '../../src/hl7v2/coded.ts';
import { headerOf } from '../../src/hl7v2/header.ts';
import {
  fieldOf,
  type Message,
  type Received,
  repetitionsOf,
  type Segment,
  segmentOf,
  segmentsOf,
  textOf,
} from '../../src/hl7v2/message.ts';
import { type PatientParts, patientOrigin, patientPartsOf } from '../../src/hl7v2/patient.ts';
import type { Gathered, ReferralNumber } from '../../src/referral/format.ts';
import { issue } from '../../src/referral/refusal.ts';
import { type Document, documentOf } from './documents.ts';

/** An answer on the form, or a note with it. */
export interface Answer {
  readonly id: Coded;
  readonly text: string;
  readonly path: string;
}

/** What the OBX and NTE of a message say. */
export interface Content {
  /** OBX-3.1 of empty OBX of type NM: what kind of document this is. */
  readonly marks: readonly string[];
  readonly answers: readonly Answer[];
  readonly notes: readonly { readonly text: string; readonly path: string }[];
  readonly documents: readonly Document[];
  readonly unread: readonly string[];
}

/** What a message from ZorgDomein says; the contract is checked against this. */
export interface Parts extends Content {
  readonly kind: 'letter' | 'attachment' | 'announcement' | 'cancellation';
  readonly number: ReferralNumber;
  readonly numberPath: string;
  readonly writtenAt: string;
  readonly patient: PatientParts;
  readonly consent: { readonly segments: number; readonly agreed: boolean };
}

/** OBX-11: deleted, wrong, or without a result: what a sender took back is not carried. */
const takenBack = new Set(['D', 'W', 'X']);
/** An OBX without a value that only says what the message brings. */
const isMark = (message: Message, obx: Segment) =>
  fieldOf(message, obx, 2) === 'NM' && (obx.fields[5] ?? '') === '' && fieldOf(message, obx, 3) !== '';

function answerOf(message: Message, obx: Segment): Answer {
  const first = repetitionsOf(message, obx, 5)[0] ?? '';
  const isCoded = ['CE', 'CWE', 'CNE'].includes(fieldOf(message, obx, 2));
  const text = isCoded ? codedOf(message, first, '', '').text : textOf(message, obx, 5);
  const id = codedOf(message, repetitionsOf(message, obx, 3)[0] ?? '', 'OBX-3', place(obx, 3));
  return { id, text, path: place(obx) };
}

function contentOf(message: Message): Content {
  const marks: string[] = [];
  const answers: Answer[] = [];
  const notes: { text: string; path: string }[] = [];
  const documents: Document[] = [];
  const unread: string[] = [];
  let open: number | 'message' | 'unread' = 'message';
  for (const segment of message.segments) {
    const path = place(segment);
    if (segment.name === 'OBX') {
      open = 'unread';
      if (takenBack.has(fieldOf(message, segment, 11))) unread.push(path);
      else if (isMark(message, segment)) marks.push(fieldOf(message, segment, 3));
      else if (['ED', 'RP'].includes(fieldOf(message, segment, 2))) {
        const document = fieldOf(message, segment, 2) === 'ED' ? documentOf(message, segment) : undefined;
        if (document) documents.push(document);
        else unread.push(path);
      } else {
        const answer = answerOf(message, segment);
        // A question that nobody answered says nothing.
        if (answer.text) open = answers.push(answer) - 1;
      }
    } else if (segment.name === 'NTE') {
      const text = textOf(message, segment, 3);
      const at: Answer | undefined = typeof open === 'number' ? answers[open] : undefined;
      // NTE-4 names what ZorgDomein adds by itself: its cluster, a list of files.
      if (fieldOf(message, segment, 4) !== '' || open === 'unread') unread.push(path);
      else if (typeof open === 'number' && at) answers[open] = { ...at, text: `${at.text}\n${text}` };
      else if (text) notes.push({ text, path });
    } else open = 'message';
  }
  return { marks, answers, notes, documents, unread };
}

const numbered: readonly (readonly [string, number])[] = [
  ['ARQ', 1],
  ['ORC', 2],
  ['OBR', 2],
];

/** The ZD number: of the appointment or the order, else MSH-10 where that has its form. */
function numberOf(message: Message): { value: string; path: string } {
  for (const [name, field] of numbered) {
    const value = fieldOf(message, segmentOf(message, name), field);
    if (value) return { value, path: `${name}-${field}` };
  }
  const { controlId, type } = headerOf(message);
  const isNumber = /^ZD\d+$/i.test(controlId);
  return { value: isNumber ? controlId : '', path: isNumber ? 'MSH-10' : type === 'SRM' ? 'ARQ-1' : 'ORC-2' };
}

function several(message: Message): Issue[] {
  const numbers = numbered.flatMap(([name, field]) =>
    segmentsOf(message, name).map((segment) => ({
      value: fieldOf(message, segment, field),
      path: place(segment, field),
    })),
  );
  const [first, ...others] = numbers.filter((one) => one.value !== '');
  const other = others.find((one) => one.value !== first?.value);
  const second = segmentsOf(message, 'PID')[1];
  return [...(second ? [place(second)] : []), ...(other ? [other.path] : [])].map((path) =>
    issue('structure', 'several-referrals', path, {
      nl: 'Dit bericht gaat over meer dan één inwoner of verwijzing. Stuur elke verwijzing apart.',
      en: 'This message is about more than one resident or referral. Send each referral separately.',
    }),
  );
}

/** "ORU (PDF)", a letter or form, has a mark; what only brings files without one is "ORU (attachment)". */
function kindOf(message: Message, content: Content): Parts['kind'] {
  const { type, event } = headerOf(message);
  if (type === 'SRM') return event === 'S04' ? 'cancellation' : 'announcement';
  const isLetter = content.marks.length > 0 || content.answers.length > 0 || content.documents.length === 0;
  return isLetter ? 'letter' : 'attachment';
}

/** Takes a message from ZorgDomein apart. More than one patient or referral in it is refused. */
export function gather(received: unknown): Gathered {
  const { message, agreement } = received as Received;
  const content = contentOf(message);
  const { value, path: numberPath } = numberOf(message);
  const [written, writtenPath] = [
    [fieldOf(message, segmentOf(message, 'ORC'), 9), 'ORC-9'],
    [fieldOf(message, segmentOf(message, 'OBR'), 7), 'OBR-7'],
    [fieldOf(message, segmentOf(message, 'MSH'), 7), 'MSH-7'],
  ].find(([text]) => text) ?? ['', 'MSH-7'];
  const parts: Parts & Received = {
    ...content,
    message,
    ...(agreement && { agreement }),
    kind: kindOf(message, content),
    number: { value, system: toSystem({ namespace: 'ZorgDomein' }) },
    numberPath,
    writtenAt: written ?? '',
    patient: patientPartsOf(message),
    consent: { segments: segmentsOf(message, 'CON').length, agreed: agreement !== undefined },
  };
  const origins: Record<string, string> = { number: numberPath, writtenAt: writtenPath ?? 'MSH-7', consent: 'CON' };
  const origin = (path: readonly PropertyKey[]) => {
    const [first, ...rest] = path.map(String);
    if (first === 'patient') return patientOrigin(message, rest);
    if (first === 'documents') return content.documents[Number(rest[0])]?.path ?? 'OBX';
    return origins[first ?? ''] ?? 'OBX';
  };
  return { message: parts, origin, issues: several(message) };
}
