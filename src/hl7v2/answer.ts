import type { Issue, Language } from '../fhir/outcome.ts';
import { type AckCode, conditionOf, errorConditions } from './ack.ts';
import { writeInstant } from './date.ts';
import { type Delimiters, encodingCharacters, escapeText, usualDelimiters } from './escape.ts';
import { headerOf } from './header.ts';
import { type Message, repetitionsOf, segmentOf, writeSegment, writeSegments } from './message.ts';

const place =
  /^(?<segment>[A-Z][A-Z0-9]{2})(?:\[(?<occurrence>\d+)\])?(?:-(?<field>\d+)(?:\[(?<repetition>\d+)\])?(?:\.(?<component>\d+)(?:\.(?<sub>\d+))?)?)?$/;

/** A path as we write it (`PID-3[2].1`) in the components of ERL: segment, its number, field, repetition, component. */
export function locationOf(path: string): string[] {
  const found = place.exec(path)?.groups;
  if (!found?.segment) return [];
  const { segment, occurrence = '1', field, repetition, component, sub } = found;
  const all = [segment, occurrence, field ?? '', field ? (repetition ?? '1') : '', component ?? '', sub ?? ''];
  while (all.at(-1) === '') all.pop();
  return all;
}

/** The delimiters to answer in: the sender's, so that whoever reads no MSH-2 reads us too; the usual where it has none. */
export function answerDelimiters(message: Message | undefined): Delimiters {
  const theirs = message?.delimiters;
  const complete = theirs && theirs.repetition !== '' && theirs.escape !== '' && theirs.subcomponent !== '';
  return complete ? theirs : usualDelimiters;
}

/** An answer: to what, under which control id of our own, and what it says. */
export interface Answer {
  /** The message, or only its header when that was all that could be read; absent when not even that. */
  readonly to?: Message;
  readonly controlId: string;
  readonly at: Date;
  readonly language: Language;
  /** MSH-18: what they declared, or what we fell back to; empty when they declared nothing. */
  readonly charset: string;
  readonly code: AckCode;
  /** MSH-9 by component. */
  readonly type: readonly string[];
  /** MSA-3, for people. */
  readonly text: string;
  /** One ERR each. */
  readonly issues: readonly Issue[];
  /** Segments after MSA and ERR, written with `answerDelimiters`. */
  readonly segments?: readonly string[];
}

// Before 2.5 ERR had one field, which holds place and condition together.
const older = (version: string) => /^2\.[0-4](\.|$)/.test(version);

function errorSegment(issue: Issue, language: Language, version: string, d: Delimiters): string {
  const { code } = conditionOf(issue);
  const location = locationOf(issue.path);
  const condition = [code, errorConditions[code], 'HL70357'];
  const parts = (all: readonly string[], by: string) => all.map((one) => escapeText(one, d)).join(by);
  const old = [0, 1, 2].map((n) => location[n] ?? '').concat(parts(condition, d.subcomponent));
  const fields = [
    'ERR',
    older(version) ? old.join(d.component) : '',
    parts(location, d.component),
    parts(condition, d.component),
    'E',
    parts([issue.reason, '', '99KL'], d.component),
    '',
    '',
    escapeText(issue.said[language], d),
  ];
  return writeSegment(fields, d);
}

/**
 * MSH, MSA, ERR and what else belongs to an answer (HL7 2.5.1 §2.13.1), back to where the message came from, in its own
 * delimiters, version and processing id. Gives text; the caller encodes it in the set that MSH-18 names.
 */
export function writeAnswer(answer: Answer): string {
  const { to } = answer;
  const d = answerDelimiters(to);
  const msh = to && segmentOf(to, 'MSH');
  // Their own names go back as they stood on the wire.
  const raw = (field: number) => (to && d === to.delimiters ? (repetitionsOf(to, msh, field)[0] ?? '') : '');
  const header = to && headerOf(to);
  const version = header?.version || '2.5';
  const head = [
    'MSH',
    encodingCharacters(d),
    raw(5) || 'KORTELIJN',
    raw(6),
    raw(3),
    raw(4),
    writeInstant(answer.at),
    '',
  ];
  // Nobody unescapes MSH-9: a structure (RRI_I12) that holds their repetition delimiter is left out, and follows from the event.
  const type = answer.type.filter((one) => escapeText(one, d) === one);
  head.push(type.join(d.component), answer.controlId, escapeText(header?.processing || 'P', d));
  head.push(escapeText(version, d), '', '', '', '', '', escapeText(answer.charset, d));
  const first = answer.issues[0];
  const gravest = first && older(version) ? conditionOf(first).code : undefined;
  const condition = gravest ? ['', '', [gravest, errorConditions[gravest], 'HL70357'].join(d.component)] : [];
  const msa = ['MSA', answer.code, escapeText(header?.controlId ?? '', d), escapeText(answer.text, d), ...condition];
  const errors = answer.issues.map((one) => errorSegment(one, answer.language, version, d));
  return writeSegments([writeSegment(head, d), writeSegment(msa, d), ...errors, ...(answer.segments ?? [])]);
}
