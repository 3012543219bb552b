import { createHash } from 'node:crypto';
import { localMoment } from '../../edifact/date.ts';
import { usualWriting } from '../../edifact/envelope.ts';
import type { Envelope } from '../../edifact/interchange.ts';
import { blocksOf } from '../../edifact/lines.ts';
import type { Medvri, NoMedvri } from '../../edifact/medvri.ts';
import { writeMedvri } from '../../edifact/medvri-write.ts';
import type { Issue } from '../../fhir/outcome.ts';
import type { Directory } from '../../referral/directory/directory.ts';

/** What a sender calls its own message; nothing else of it is repeated to anyone. */
export interface OwnReferences {
  /** UNB-5 and, of one message, UNH-1. */
  readonly message: string;
  /** The referral's number, where a line names it. */
  readonly number?: string;
  /** PID-4: the practice's own number of the patient. */
  readonly patient?: string;
}

const charactersMax = 35;

/** The sender's own names for a message, as far as it could be read. */
export function ownReferences({ controlReference }: Envelope, medvri?: Medvri | NoMedvri): OwnReferences {
  if (!medvri || 'unreadable' in medvri) return { message: controlReference };
  const [named] = blocksOf(medvri.lines, ['Verwijsnummer', 'Referral number']).named;
  const number = named?.lines[0]?.text.trim().slice(0, charactersMax);
  const patient = medvri.patient?.senderReference?.slice(0, charactersMax);
  return { message: `${controlReference}/${medvri.reference}`, ...(number && { number }), ...(patient && { patient }) };
}

/** A hash of what is given as 14 capitals and digits (UNB-5): a message that is read again is answered under the same. */
function answerReference(...of: readonly string[]): string {
  const hash = createHash('sha256').update(of.join('\n')).digest();
  return hash.readBigUInt64BE().toString(36).toUpperCase().padStart(14, '0').slice(-14);
}

/** A UUID (version 8) made of what is given: the same for the same. */
export function madeId(...of: readonly string[]): string {
  const hash = createHash('sha256').update(of.join('\n')).digest().subarray(0, 16);
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** What is said back about one message of a known sender. */
export interface Reply {
  readonly envelope: Envelope;
  readonly references: OwnReferences;
  readonly practice: string;
  /** Every reason of a refusal, or the warnings of a referral that was taken. */
  readonly issues: readonly Issue[];
  readonly isTaken: boolean;
}

function linesOf({ envelope, references, practice, issues, isTaken }: Reply, directory: Directory): string[] {
  const { message, number, patient } = references;
  const team = directory.teams.get(directory.practices.get(practice)?.service?.team ?? '');
  const whom = team ? `${team.name}${team.phone ? `, ${team.phone}` : ''}` : 'de beheerder van uw regio';
  const sentOn = [envelope.day?.split('-').reverse().join('-'), envelope.minute].filter(Boolean).join(' ');
  return [
    isTaken
      ? 'Kortelijn: uw verwijzing is aangenomen, lees dit nu'
      : 'Kortelijn: uw bericht is NIET aangenomen, de Wally heeft het niet',
    '',
    `Uw bericht: ${message}${sentOn ? ` van ${sentOn}` : ''}`,
    ...(number ? [`Uw verwijsnummer: ${number}`] : []),
    ...(patient ? [`Uw nummer van de inwoner: ${patient}`] : []),
    '',
    ...(isTaken ? [] : ['Waarom:']),
    ...issues.map(({ said, path }) => `- ${said.nl}${path ? ` (${path})` : ''}`),
    '',
    ...(isTaken ? [] : ['Wat u kunt doen: verbeter dit en stuur het bericht opnieuw.']),
    `Vragen? Bel ${whom}. Bij gevaar: bel 112.`,
  ];
}

/** A MEDVRI back to the mailbox it came from, with no word about the resident; and the name it has on the wire. */
export function writeReply(reply: Reply, directory: Directory, now: Date): { reference: string; bytes: Uint8Array } {
  const { envelope, references, practice, isTaken } = reply;
  const reference = answerReference(practice, envelope.day ?? '', references.message, isTaken ? 'taken' : 'refused');
  const writtenAt = localMoment(now);
  const written = writeMedvri(
    { sender: { name: 'Kortelijn' }, writtenAt, lines: linesOf(reply, directory) },
    { sender: envelope.receiver, receiver: envelope.sender, writtenAt, controlReference: reference },
    usualWriting,
  );
  return { reference, bytes: written.encode() };
}
