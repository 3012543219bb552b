import { Hl7Message, type Hl7Segment } from '@medplum/core';
import { readEnvelope } from '../../src/intake/mllp/answer.ts';
import { asBsn, identityOf, isAgreed, isWithin, type SecondReader, saying } from './second.ts';

const labels: Readonly<Record<string, string>> = {
  '8859/1': 'windows-1252',
  'ISO IR100': 'windows-1252',
  '8859/15': 'iso-8859-15',
  ASCII: 'windows-1252',
  'ISO IR6': 'windows-1252',
};

/** The text in the set that it declares; without one UTF-8 when it is that. */
function textOf(bytes: Uint8Array): string {
  const latin = new TextDecoder('windows-1252').decode(bytes);
  const [header = ''] = latin.split(/[\r\n]/, 1);
  const declared = (header.split(latin[3] ?? '|')[17] ?? '').trim().toUpperCase();
  try {
    return new TextDecoder(labels[declared] ?? 'utf-8', { fatal: true }).decode(bytes);
  } catch {
    return latin;
  }
}

/** Values as they are meant: the library leaves escapes as they stand. */
function plain(raw: string, mark: string): string {
  if (mark === '') return raw.trim();
  const parts = raw.split(mark);
  // Every second part stands between two marks; a last mark without another is text.
  return parts
    .map((one, n) => {
      if (n % 2 === 0) return one;
      if (n === parts.length - 1) return mark + one;
      // An escape that nobody knows is text.
      if (!/^([FSTREHN]|\.\w{2}[+\d]*|[XCMZ][0-9A-F]*)$/i.test(one)) return one;
      return /^X[0-9A-F]+$/i.test(one) ? new TextDecoder('windows-1252').decode(Buffer.from(one.slice(1), 'hex')) : ' ';
    })
    .join('')
    .trim();
}

/** HL7 v2 by @medplum/core. */
export const secondHl7v2: SecondReader = (bytes, mapped, agreement) => {
  const text = textOf(bytes).replace(/^\uFEFF?[\r\n]*/, '');
  // In a message with CR an LF alone is text (HL7 2.5.1 §2.6), where the library would end a segment.
  const ended = text.includes('\r') ? text.replaceAll('\r\n', '\r').replaceAll('\n', ' ') : text.replaceAll('\n', '\r');
  const message = Hl7Message.parse(ended);
  const mark = text[6] === text[3] ? '' : (text[6] ?? '');
  const at = (segment: Hl7Segment | undefined, field: number, component = 1, repetition = 0) =>
    plain(segment?.getField(field)?.getComponent(component, undefined, repetition) ?? '', mark);
  const repetitions = (segment: Hl7Segment | undefined, field: number) =>
    segment?.getField(field)?.components.length ?? 0;
  const [msh, pid] = [message.getSegment('MSH'), message.getSegment('PID')];
  const { family = '', birthDate, bsn } = identityOf(mapped);
  const numbers = Array.from({ length: repetitions(pid, 3) }, (_, n) => n)
    .filter((n) => at(pid, 3, 5, n) === 'NNNLD' || /NLMINBIZA|2\.16\.840\.1\.113883\.2\.4\.6\.3/.test(at(pid, 3, 4, n)))
    .map((n) => asBsn(at(pid, 3, 1, n)));
  const day = at(pid, 7).slice(0, 8);
  const cons = message.getAllSegments('CON');
  const given = (code: string) => cons.some((one) => at(one, 2) === code && at(one, 11) === 'A');
  const consent = 'referral' in mapped ? mapped.referral.consent : undefined;
  const isOwn = consent !== undefined && (cons.length > 0 || !isAgreed(mapped, agreement));
  return [
    ...saying(isWithin(family, plain(pid?.getField(5)?.toString() ?? '', mark)), 'another family name'),
    ...saying(birthDate === undefined || birthDate.replaceAll('-', '') === day, 'another birth date'),
    ...saying(bsn === undefined || numbers.includes(bsn), 'another BSN'),
    // The library has no subcomponents here: the name of a facility is the first.
    ...saying(
      readEnvelope(bytes, false).header.facility === at(msh, 4).split(text[7] ?? '&', 1)[0],
      'another practice',
    ),
    ...saying(!isOwn || given('share-reason'), 'a consent that is not there'),
    ...saying(!isOwn || !consent.medicalCodes || given('share-medical-codes'), 'another scope: medical codes'),
    ...saying(!isOwn || consent.feedback !== 'content' || given('feedback-content'), 'another scope: feedback'),
  ];
};
