import { toSystem } from '../../src/hl7v2/authority.ts';
import { type Coded, codedOf, place } from '../../src/hl7v2/coded.ts';
import { headerOf } from '../../src/hl7v2/header.ts';
import {
  fieldOf,
  type Message,
  partOf,
  type Received,
  repetitionsOf,
  segmentOf,
  segmentsOf,
  textOf,
} from '../../src/hl7v2/message.ts';
import { type PatientParts, patientOrigin, patientPartsOf } from '../../src/hl7v2/patient.ts';
import type { Gathered, ReferralNumber } from '../../src/referral/format.ts';
import { issue } from '../../src/referral/refusal.ts';

/** An OBX that is text, and its notes. */
export interface Observation {
  readonly id: Coded;
  readonly text: string;
  readonly path: string;
}

/** What a REF^I12 or I13 says, taken out of its segments; the contract is checked against this. */
export interface ReferralParts {
  readonly kind: 'referral';
  readonly intent: 'refer' | 'correct';
  readonly number: ReferralNumber;
  /** RF1-6, second repetition of a correction: the number that it had. */
  readonly replaces?: ReferralNumber;
  readonly status: string;
  readonly writtenAt: string;
  readonly patient: PatientParts;
  readonly consent: { readonly segments: number; readonly agreed: boolean };
}

/** What a REF^I14 says. */
export interface CancellationParts {
  readonly kind: 'cancellation';
  readonly number: ReferralNumber;
  readonly patient: PatientParts;
}

const textual = new Set(['TX', 'FT', 'ST', 'CE', 'CWE', 'ID', 'IS', '']);
/** OBX-11: deleted, wrong, or without a result: what a sender took back is not carried. */
const takenBack = new Set(['D', 'W', 'X']);

/** The texts of a message: OBX with their NTE, NTE that belong to no observation, and what is not read at all. */
export interface Texts {
  readonly observations: Observation[];
  readonly notes: { readonly text: string; readonly path: string }[];
  readonly unread: string[];
}

export function textsOf(message: Message): Texts {
  const texts: Texts = { observations: [], notes: [], unread: [] };
  // What an NTE belongs to: the OBX before it (its number here), one that is not read, or the message.
  let open: number | 'unread' | 'message' = 'message';
  for (const segment of message.segments) {
    const path = place(segment);
    if (segment.name === 'OBX') {
      const kept = textual.has(fieldOf(message, segment, 2)) && !takenBack.has(fieldOf(message, segment, 11));
      const text = kept ? textOf(message, segment, 5) : '';
      const id = codedOf(message, repetitionsOf(message, segment, 3)[0] ?? '', 'OBX-3', place(segment, 3));
      open = text ? texts.observations.push({ id, text, path }) - 1 : 'unread';
      if (open === 'unread') texts.unread.push(path);
    } else if (segment.name === 'NTE') {
      const text = textOf(message, segment, 3);
      const at = typeof open === 'number' ? texts.observations[open] : undefined;
      if (typeof open === 'number' && at) texts.observations[open] = { ...at, text: `${at.text}\n${text}` };
      else if (text && open === 'message') texts.notes.push({ text, path });
      else if (text) texts.unread.push(path);
    } else open = segment.name === 'OBR' ? 'unread' : 'message';
  }
  return texts;
}

/** RF1-6: the practice's own number, given out by who it says, else by the sending application (MSH-3). */
function numbersOf(message: Message): ReferralNumber[] {
  return repetitionsOf(message, segmentOf(message, 'RF1'), 6).map((raw) => {
    const part = (n: number) => partOf(message, raw, n);
    const own = { namespace: part(2), universalId: part(3), universalIdType: part(4) };
    return { value: part(1), system: toSystem(own) || toSystem({ namespace: headerOf(message).application }) };
  });
}

function partsOf({ message, agreement }: Received): ReferralParts | CancellationParts {
  const { event } = headerOf(message);
  const [first, second] = numbersOf(message);
  const number = first ?? { value: '', system: toSystem({ namespace: headerOf(message).application }) };
  const patient = patientPartsOf(message);
  if (event === 'I14') return { kind: 'cancellation', number, patient };
  const rf1 = segmentOf(message, 'RF1');
  const isNew = event === 'I13' && second !== undefined && second.value !== '' && second.value !== number.value;
  return {
    kind: 'referral',
    intent: event === 'I13' ? 'correct' : 'refer',
    number,
    ...(isNew && { replaces: second }),
    status: fieldOf(message, rf1, 1),
    writtenAt: fieldOf(message, rf1, 7) || fieldOf(message, segmentOf(message, 'MSH'), 7),
    patient,
    consent: { segments: segmentsOf(message, 'CON').length, agreed: agreement !== undefined },
  };
}

/** Takes a REF apart. More than one patient or referral in a message is refused: an answer could belong to either. */
export function gather(received: unknown): Gathered {
  const { message, agreement } = received as Received;
  const twice = ['PID', 'RF1'].filter((name) => segmentsOf(message, name).length > 1);
  const issues = twice.map((name) =>
    issue('structure', 'several-referrals', `${name}[2]`, {
      nl: `Dit bericht heeft meer dan één ${name}. Stuur elke verwijzing apart.`,
      en: `This message has more than one ${name}. Send each referral separately.`,
    }),
  );
  const written = fieldOf(message, segmentOf(message, 'RF1'), 7);
  const origins: Record<string, string> = {
    number: 'RF1-6',
    status: 'RF1-1',
    writtenAt: written ? 'RF1-7' : 'MSH-7',
    consent: 'CON',
  };
  const origin = (path: readonly PropertyKey[]) => {
    const [first, ...rest] = path.map(String);
    return first === 'patient' ? patientOrigin(message, rest) : (origins[first ?? ''] ?? 'RF1');
  };
  const parts = partsOf(received as Received);
  return { message: { message, ...(agreement && { agreement }), ...parts }, origin, issues };
}
