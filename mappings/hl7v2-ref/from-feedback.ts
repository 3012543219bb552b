import type { Communication, Identifier, Patient, PractitionerRole } from '@medplum/fhirtypes';
import { identifiers } from '../../src/fhir/systems.ts';
import { fromSystem } from '../../src/hl7v2/authority.ts';
import { writeDay, writeInstant } from '../../src/hl7v2/date.ts';
import { usualDelimiters as d, encodingCharacters, escapeText } from '../../src/hl7v2/escape.ts';
import { writeSegment, writeSegments } from '../../src/hl7v2/message.ts';
import { isCategory } from '../../src/referral/category.ts';
import type { FeedbackEnvelope } from '../../src/referral/format.ts';

const text = (value: string | undefined): string => escapeText(value ?? '', d);
const parts = (...values: readonly (string | undefined)[]): string => {
  const all = values.map(text);
  return all.slice(0, all.findLastIndex((one) => one !== '') + 1).join(d.component);
};

/** EI: a number and who gave it out. */
function entity(identifier: Identifier | undefined): string {
  const { namespace, universalId, universalIdType } = fromSystem(identifier?.system ?? '');
  return parts(identifier?.value, namespace, universalId, universalIdType);
}

/** CX: an id of the practice's own, as its own messages write it. */
function idWithAuthority(identifier: Identifier, type = ''): string {
  const { namespace, universalId, universalIdType } = fromSystem(identifier.system ?? '');
  const authority = [namespace, universalId, universalIdType].map(text);
  const hd = authority.slice(0, authority.findLastIndex((one) => one !== '') + 1).join(d.subcomponent);
  return [text(identifier.value), '', '', hd, type].join(d.component).replace(/\^+$/, '');
}

function contained<T extends Patient | PractitionerRole>(document: Communication, type: T['resourceType']) {
  return document.contained?.find((one) => one.resourceType === type) as T | undefined;
}

const segment = (name: string, fields: Readonly<Record<number, string>>): string => {
  const last = Math.max(0, ...Object.keys(fields).map(Number));
  return writeSegment([name, ...Array.from({ length: last }, (_, n) => fields[n + 1] ?? '')], d);
};

/** ED: the letter as a file. Base64 has none of the delimiters that we write with. */
const document64 = (pdf: Uint8Array): string =>
  ['', 'application', 'pdf', 'Base64', Buffer.from(pdf).toString('base64')].join(d.component);

/**
 * Feedback as ORU^R01: the letter, a line of text per OBX and as PDF where there is one, under the practice's own patient
 * id and referral number, so that it files itself. Says the same for the same Communication, so a resend has the same
 * bytes. Unencoded text.
 */
export function fromFeedback(document: Communication, envelope: FeedbackEnvelope): string {
  const { channel, controlId, awaitsApplication, pdf } = envelope;
  const patient = contained<Patient>(document, 'Patient');
  const sender = contained<PractitionerRole>(document, 'PractitionerRole');
  const sent = writeInstant(new Date(document.sent ?? 0));
  const own = document.basedOn?.find((one) => one.identifier?.system !== identifiers.journeyNumber)?.identifier;
  const ours = document.basedOn?.find((one) => one.identifier?.system === identifiers.journeyNumber)?.identifier;
  const episode = document.about?.find((one) => one.type === 'EpisodeOfCare')?.identifier;
  const final = isCategory(document, 'feedback-final');
  const filler = parts(ours?.value, 'KORTELIJN');
  const name = patient?.name?.[0];
  const letter = (document.payload?.[1] ?? document.payload?.[0])?.contentString ?? '';
  const lines = letter.split('\n');
  const written = { 3: parts('LETTER', 'Brief van de Wally', '99KL'), 11: 'F', 14: sent };
  const by = { 16: parts('', sender?.practitioner?.display) };
  const msh = ['MSH', encodingCharacters(d), 'KORTELIJN', '', text(channel.application), text(channel.facility), sent];
  msh.push('', parts('ORU', 'R01', 'ORU_R01'), text(controlId), 'P', text(channel.version), '', '');
  msh.push('AL', awaitsApplication ? 'AL' : 'NE', 'NLD', text(channel.charset));
  return writeSegments([
    writeSegment(msh, d),
    segment('PID', {
      1: '1',
      3: (patient?.identifier ?? []).map((one) => idWithAuthority(one, 'PI')).join(d.repetition),
      5: parts(name?.family ?? name?.text, name?.given?.join(' '), '', '', '', '', 'L'),
      7: writeDay(patient?.birthDate ?? ''),
    }),
    ...(episode ? [segment('PV1', { 1: '1', 2: 'O', 19: idWithAuthority(episode) })] : []),
    segment('ORC', { 1: 'RE', 2: entity(own), 3: filler }),
    segment('OBR', {
      1: '1',
      2: entity(own),
      3: filler,
      4: parts('WALLY', 'Terugkoppeling Wally', '99KL'),
      7: sent,
      22: sent,
      25: final ? 'F' : 'P',
    }),
    ...lines.map((line, n) =>
      segment('OBX', {
        ...written,
        ...by,
        1: String(n + 1),
        2: 'TX',
        4: String(n + 1),
        // A field without anything in it would say nothing was written: an empty line is a space.
        5: text(line) || ' ',
      }),
    ),
    ...(pdf
      ? [segment('OBX', { ...written, ...by, 1: String(lines.length + 1), 2: 'ED', 4: '1', 5: document64(pdf) })]
      : []),
  ]);
}
