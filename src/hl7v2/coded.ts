import type { Translate } from '../referral/format.ts';
import { type Message, partOf, repetitionsOf, type Segment, segmentsOf } from './message.ts';

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

/** `99KL` and a system's own tables by their name; HL7's tables (also when no system is named) by their number. */
function codingSystem(name: string, table: string): string {
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

/** Where something stands, as we write it: `PID-3[2]`, `OBX[4]`. */
export function place(segment: Segment, field?: number, repetition = 1): string {
  const name = segment.occurrence > 1 ? `${segment.name}[${segment.occurrence}]` : segment.name;
  if (field === undefined) return name;
  return repetition > 1 ? `${name}-${field}[${repetition}]` : `${name}-${field}`;
}

/** Every repetition of a coded field of every segment of a name; one that is empty says nothing. */
export function allCoded(message: Message, name: string, field: number, table: string): Coded[] {
  return segmentsOf(message, name).flatMap((segment) =>
    repetitionsOf(message, segment, field).flatMap((raw, n) =>
      raw === '' || raw === '""' ? [] : [codedOf(message, raw, table, place(segment, field, n + 1))],
    ),
  );
}
