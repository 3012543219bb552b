import type { Communication, Patient, PractitionerRole } from '@medplum/fhirtypes';
import { localMoment } from '../../src/edifact/date.ts';
import { controlReference, latinWriting, usualWriting } from '../../src/edifact/envelope.ts';
import { type Subject, writeMedvri } from '../../src/edifact/medvri-write.ts';
import type { PatientName } from '../../src/edifact/person.ts';
import { identifiers } from '../../src/fhir/systems.ts';
import type { WriteLetter } from '../../src/referral/edi-letter.ts';

const contained = <T extends Patient | PractitionerRole>(document: Communication, type: T['resourceType']) =>
  document.contained?.find((one) => one.resourceType === type) as T | undefined;

const prefixCharactersMax = 8;
const initials = /^(?:\p{Lu}\p{Ll}?\.? ?)+$/u;

/** "van den Berg" has its prefix apart in PID; one that is longer than its field stays with the name. */
function nameOf(patient: Patient | undefined): PatientName {
  const name = patient?.name?.[0];
  const whole = name?.family ?? name?.text ?? '';
  const prefix = /^(?:[\p{Ll}'’]+ )+/u.exec(whole)?.[0].trimEnd() ?? '';
  const isApart = prefix !== '' && prefix.length <= prefixCharactersMax;
  const given = name?.given?.join(' ') ?? '';
  return {
    family: isApart ? whole.slice(prefix.length).trim() : whole,
    ...(isApart && { prefix }),
    ...(given && (initials.test(given) ? { initials: given.replaceAll(/[. ]/g, '') } : { given })),
  };
}

/**
 * Feedback as MEDVRI: what it is and the practice's own number first, then the letter, 70 characters a line. Of the
 * resident only what the practice needs to recognise them (H3): name, birth date, and the BSN where the caller gives it.
 * Everything else of the letter is in it; what its characters lose is counted.
 */
export const fromFeedback: WriteLetter = (document, { messageId, sender, mailbox }) => {
  const patient = contained<Patient>(document, 'Patient');
  const author = contained<PractitionerRole>(document, 'PractitionerRole');
  const numbered = (document.basedOn ?? []).flatMap((one) => one.identifier ?? []);
  const ours = numbered.find((one) => one.system === identifiers.journeyNumber)?.value ?? '';
  const theirs = numbered.find((one) => one.system !== identifiers.journeyNumber)?.value ?? '';
  const letter = document.payload?.findLast((one) => one.contentString !== undefined)?.contentString ?? '';
  const writtenAt = localMoment(new Date(document.sent ?? 0));
  const phone = author?.telecom?.find((one) => one.system === 'phone')?.value;
  const team = author?.organization?.display;
  const subject: Subject = {
    birthDay: patient?.birthDate ?? '',
    sex: '',
    name: nameOf(patient),
    // An..12: the number as people read it aloud, without its strokes.
    senderReference: ours.replaceAll('-', ''),
    ...(mailbox.bsn && { bsn: mailbox.bsn }),
  };
  const reference = controlReference(messageId);
  const { losses, encode } = writeMedvri(
    {
      sender: {
        name: author?.practitioner?.display ?? document.sender?.display ?? '',
        department: 'Sociaal werker (Wally)',
        ...(team && { institution: team }),
        ...(phone && { phone }),
      },
      writtenAt,
      subject,
      lines: [
        `Terugkoppeling Wally, uw verwijzing ${theirs}`,
        `Nummer bij Kortelijn ${ours}`,
        '',
        ...letter.split('\n'),
      ],
      receiver: { name: mailbox.practice },
    },
    { sender, receiver: mailbox.number, writtenAt, controlReference: reference },
    mailbox.charset === '8859/1' ? latinWriting : usualWriting,
  );
  return { bytes: encode(), reference, lost: losses.length };
};
