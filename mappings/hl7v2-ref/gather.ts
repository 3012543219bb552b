import { type Authority, toSystem } from '../../src/hl7v2/authority.ts';
import { headerOf } from '../../src/hl7v2/header.ts';
import {
  fieldOf,
  type Message,
  partOf,
  type Received,
  repetitionsOf,
  type Segment,
  segmentOf,
  segmentsOf,
  textOf,
} from '../../src/hl7v2/message.ts';
import type { Gathered, Translate } from '../../src/referral/format.ts';
import { issue } from '../../src/referral/refusal.ts';
import { patientName } from './person.ts';

/** A coded element (CE, CWE): its first code and the alternate one, each with the system as our tables name it. */
export interface Coded {
  readonly codes: readonly { readonly code: string; readonly system: string }[];
  /** For people: its text, else its code. */
  readonly text: string;
  readonly path: string;
}

/** The first code of a coded element that a table knows. */
export function translated(translate: Translate, table: string, coded: Coded): string | undefined {
  return coded.codes.map((one) => translate(table, one.system, one.code)).find((one) => one !== undefined);
}

/** An OBX that is text, and its notes. */
export interface Observation {
  readonly id: Coded;
  readonly text: string;
  readonly path: string;
}

/** What a REF^I12 says, taken out of its segments; the contract is checked against this. */
export interface Parts {
  readonly number: { readonly value: string; readonly system: string };
  readonly status: string;
  readonly writtenAt: string;
  readonly patient: {
    readonly identifiers: readonly { readonly value: string; readonly system: string; readonly isBsn: boolean }[];
    readonly name: ReturnType<typeof patientName> | undefined;
    readonly birthDate: string;
  };
  readonly consent: { readonly segments: number; readonly agreed: boolean };
}

/** `99KL` and a system's own tables by their name; HL7's tables (also when no system is named) by their number. */
export function codingSystem(name: string, table: string): string {
  if (name === 'LN') return 'http://loinc.org';
  const numbered = /^HL7(\d{4})$/.exec(name)?.[1];
  if (name === '' || numbered) return `http://terminology.hl7.org/CodeSystem/v2-${numbered ?? table}`;
  return `urn:hl7v2:coding-system:${name}`;
}

/** A repetition of a coded field; `table` is the HL7 table of codes without a system. */
export function codedOf(message: Message, raw: string, table: string, path: string): Coded {
  const codes = [1, 4].flatMap((from) => {
    const code = partOf(message, raw, from);
    const system = codingSystem(partOf(message, raw, from + 2), table);
    return code ? [{ code, system }] : [];
  });
  return { codes, path, text: partOf(message, raw, 2) || partOf(message, raw, 5) || (codes[0]?.code ?? '') };
}

export function place(segment: Segment, field?: number, repetition = 1): string {
  const name = segment.occurrence > 1 ? `${segment.name}[${segment.occurrence}]` : segment.name;
  if (field === undefined) return name;
  return repetition > 1 ? `${name}-${field}[${repetition}]` : `${name}-${field}`;
}

/** Every repetition of a coded field of every segment of a name. */
export function allCoded(message: Message, name: string, field: number, table: string): Coded[] {
  return segmentsOf(message, name).flatMap((segment) =>
    repetitionsOf(message, segment, field).map((raw, n) => codedOf(message, raw, table, place(segment, field, n + 1))),
  );
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

const bsnAuthorities = new Set(['NLMINBIZA', '2.16.840.1.113883.2.4.6.3']);

function identifiersOf(message: Message, pid: Segment | undefined): Parts['patient']['identifiers'] {
  return repetitionsOf(message, pid, 3).map((raw) => {
    const authority: Authority = {
      namespace: partOf(message, raw, 4, 1),
      universalId: partOf(message, raw, 4, 2),
      universalIdType: partOf(message, raw, 4, 3),
    };
    // By who gave it out and what kind it is, never by position (ZorgDomein: order and presence vary).
    const isBsn =
      bsnAuthorities.has(authority.namespace) ||
      bsnAuthorities.has(authority.universalId ?? '') ||
      partOf(message, raw, 5) === 'NNNLD';
    return { value: partOf(message, raw, 1), system: toSystem(authority), isBsn };
  });
}

/** RF1-6: the practice's own number, given out by who it says, else by the sending application (MSH-3). */
function numberOf(message: Message, rf1: Segment | undefined): Parts['number'] {
  const part = (n: number) => fieldOf(message, rf1, 6, n);
  const own = { namespace: part(2), universalId: part(3), universalIdType: part(4) };
  return { value: part(1), system: toSystem(own) || toSystem({ namespace: headerOf(message).application }) };
}

/** Takes a REF^I12 apart. More than one patient or referral in a message is refused: an answer could belong to either. */
export function gather(received: unknown): Gathered {
  const { message, agreement } = received as Received;
  const twice = ['PID', 'RF1'].filter((name) => segmentsOf(message, name).length > 1);
  const issues = twice.map((name) =>
    issue('structure', 'several-referrals', `${name}[2]`, {
      nl: `Dit bericht heeft meer dan één ${name}. Stuur elke verwijzing apart.`,
      en: `This message has more than one ${name}. Send each referral separately.`,
    }),
  );
  const [rf1, pid] = [segmentOf(message, 'RF1'), segmentOf(message, 'PID')];
  const written = fieldOf(message, rf1, 7);
  const parts: Parts & Received = {
    message,
    ...(agreement && { agreement }),
    number: numberOf(message, rf1),
    status: fieldOf(message, rf1, 1),
    writtenAt: written || fieldOf(message, segmentOf(message, 'MSH'), 7),
    patient: {
      identifiers: identifiersOf(message, pid),
      name: patientName(message, pid),
      birthDate: fieldOf(message, pid, 7),
    },
    consent: { segments: segmentsOf(message, 'CON').length, agreed: agreement !== undefined },
  };
  const origins: Record<string, string> = {
    number: 'RF1-6',
    status: 'RF1-1',
    writtenAt: written ? 'RF1-7' : 'MSH-7',
    patient: pid ? 'PID-3' : 'PID',
    'patient.name': pid ? 'PID-5' : 'PID',
    'patient.birthDate': pid ? 'PID-7' : 'PID',
    consent: 'CON',
  };
  const origin = (path: readonly PropertyKey[]) => {
    const [first, second, third] = path.map(String);
    if (second === 'identifiers' && third !== undefined)
      return Number(third) > 0 ? `PID-3[${Number(third) + 1}].1` : 'PID-3.1';
    return origins[`${first}.${second}`] ?? origins[first ?? ''] ?? 'RF1';
  };
  return { message: parts, origin, issues };
}
