import type { Communication, Patient as FhirPatient } from '@medplum/fhirtypes';
import { z } from 'zod';
import { identifiers } from '../src/fhir/systems.ts';
import type { Fault } from './fhir-answer.ts';
import type { MadeReferral, Patient } from './model.ts';
import { familyName } from './names.ts';

const token = z.looseObject({ system: z.string().optional(), value: z.string().optional() });
const resource = z.looseObject({
  resourceType: z.string(),
  id: z.string().optional(),
  identifier: z.array(token).optional(),
  name: z.array(z.looseObject({ family: z.string().optional() })).optional(),
  birthDate: z.string().optional(),
});
/** Only the shape of what this HIS reads; it keeps the rest as it came. */
const communicationShape = z.looseObject({
  identifier: z.array(token).optional(),
  basedOn: z.array(z.looseObject({ identifier: token.optional() })).optional(),
  contained: z.array(resource).optional(),
  subject: z.looseObject({ reference: z.string().optional() }).optional(),
  payload: z
    .array(
      z.looseObject({
        contentString: z.string().optional(),
        contentAttachment: z
          .looseObject({ contentType: z.string().optional(), data: z.string().optional() })
          .optional(),
      }),
    )
    .optional(),
});

/** The Communication in a body, or what is wrong with its shape, each with the place. */
export function readCommunication(body: object): Communication | Fault[] {
  const checked = communicationShape.safeParse(body);
  if (checked.success) return body as Communication;
  return checked.error.issues.map(({ path }) => ({
    code: 'structure',
    text: 'Dit element heeft niet de vorm die FHIR voorschrijft.',
    expression: path.reduce<string>(
      (so, step) => (typeof step === 'number' ? `${so}[${step}]` : `${so}.${String(step)}`),
      'Communication',
    ),
  }));
}

const firstName = (patient: FhirPatient) => patient.name?.find((one) => one.use === 'official') ?? patient.name?.[0];

/** The Patient a Communication is about: contained, or in this HIS itself (`lookUp` gets the id after "Patient/"). */
export function subjectOf(
  communication: Communication,
  lookUp: (id: string) => FhirPatient | undefined,
): { patient: FhirPatient; path: string } | undefined {
  const reference = communication.subject?.reference ?? '';
  if (reference.startsWith('#')) {
    const at = (communication.contained ?? []).findIndex(
      (one) => one.resourceType === 'Patient' && one.id === reference.slice(1),
    );
    const found = communication.contained?.[at];
    return found?.resourceType === 'Patient' ? { patient: found, path: `Communication.contained[${at}]` } : undefined;
  }
  const id = /(?:^|\/)Patient\/([A-Za-z0-9.-]+)$/.exec(reference)?.[1];
  const found = id === undefined ? undefined : lookUp(id);
  return found && { patient: found, path: 'Communication.subject' };
}

/** What this HIS demands of a Communication before it takes it in; empty when it may come in. */
export function faultsOf(communication: Communication, lookUp: (id: string) => FhirPatient | undefined): Fault[] {
  const faults: Fault[] = [];
  const required = (expression: string, text: string) => faults.push({ code: 'required', expression, text });
  if (!communication.identifier?.some((one) => one.system && one.value)) {
    required('Communication.identifier', 'Een bericht zonder eigen nummer (identifier) nemen wij niet aan.');
  }
  if (!communication.basedOn?.some((one) => one.identifier?.system && one.identifier.value)) {
    required('Communication.basedOn', 'Het nummer van onze verwijzing ontbreekt (basedOn.identifier).');
  }
  if (communication.status !== 'in-progress' && communication.status !== 'completed') {
    faults.push({
      code: 'value',
      expression: 'Communication.status',
      text: 'De status moet in-progress of completed zijn.',
    });
  }
  const subject = subjectOf(communication, lookUp);
  if (!subject) {
    required('Communication.subject', 'Wij weten niet over welke patiënt dit bericht gaat.');
  } else {
    if (!firstName(subject.patient)?.family)
      required(`${subject.path}.name`, 'De achternaam van de patiënt ontbreekt.');
    if (!subject.patient.birthDate) required(`${subject.path}.birthDate`, 'De geboortedatum van de patiënt ontbreekt.');
  }
  if (!communication.payload?.some((one) => one.contentString || one.contentAttachment)) {
    required('Communication.payload', 'Het bericht heeft geen inhoud.');
  }
  return faults;
}

const plain = (name: string) =>
  name
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[’']/g, "'")
    .toLowerCase()
    .replace(/\s*-\s*/g, '-')
    .replace(/\s+/g, ' ')
    .trim();

/** Names agree when the sender's surname is one of the ways in which this record writes it; prefix and accents may be missing. */
function sameFamily(incoming: FhirPatient, known: Patient): boolean {
  const ways = new Set(
    [known.ownName, [known.ownPrefix, known.ownName].filter(Boolean).join(' '), familyName(known)].map(plain),
  );
  const name = firstName(incoming);
  return name?.family !== undefined && ways.has(plain(name.family));
}

export type Filing =
  | { readonly files: true; readonly patientId: string; readonly referralId: string }
  | { readonly files: false; readonly why: string };

/**
 * Where an incoming Communication goes: to the record only when reference, birth date and name all agree
 * (safety.md H3); otherwise to the inbox, with the reason for staff.
 */
export function fileWhere(
  communication: Communication,
  subject: FhirPatient,
  made: (system: string, value: string) => MadeReferral | undefined,
  patientOf: (id: string) => Patient | undefined,
): Filing {
  const referrals = (communication.basedOn ?? []).flatMap(({ identifier }) => {
    const found = made(identifier?.system ?? '', identifier?.value ?? '');
    return found ? [found] : [];
  });
  const [referral] = referrals;
  if (!referral) return { files: false, why: 'Het nummer van de verwijzing is bij ons niet bekend.' };
  if (referrals.some((one) => one.patientId !== referral.patientId)) {
    return { files: false, why: 'Het bericht noemt verwijzingen van verschillende patiënten.' };
  }
  const known = patientOf(referral.patientId);
  if (!known) return { files: false, why: 'De patiënt van deze verwijzing staat niet meer in ons bestand.' };
  if (subject.birthDate !== known.birthDate)
    return { files: false, why: 'De geboortedatum klopt niet met ons dossier.' };
  if (!sameFamily(subject, known)) return { files: false, why: 'De achternaam klopt niet met ons dossier.' };
  const bsn = subject.identifier?.find((one) => one.system === identifiers.bsn)?.value;
  if (bsn && known.bsn && bsn !== known.bsn) return { files: false, why: 'Het BSN klopt niet met ons dossier.' };
  return { files: true, patientId: known.id, referralId: referral.id };
}

/** All text of a message, in order; an attachment without text is named by its title. */
export function linesOf(communication: Communication): string[] {
  return (communication.payload ?? []).flatMap(({ contentString, contentAttachment }) => {
    if (contentString) return contentString.split('\n');
    if (contentAttachment?.contentType?.startsWith('text/plain') && contentAttachment.data) {
      return Buffer.from(contentAttachment.data, 'base64').toString('utf8').split('\n');
    }
    return contentAttachment
      ? [`Bijlage: ${contentAttachment.title ?? contentAttachment.contentType ?? 'zonder naam'}`]
      : [];
  });
}
