import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Communication, Patient as FhirPatient } from '@medplum/fhirtypes';
import { ownSystems, toFhirPatient } from './fhir-patient.ts';
import { fileWhere, subjectOf } from './filing.ts';
import type { Letter, MadeReferral, Patient, Practice } from './model.ts';
import { localDay } from './names.ts';
import { inventedPatients } from './patients.ts';
import { openShelf, type Shelf } from './shelf.ts';

/** Everything one practice keeps. */
export interface Records {
  readonly practice: Practice;
  readonly patients: Shelf<Patient>;
  readonly referrals: Shelf<MadeReferral>;
  readonly letters: Shelf<Letter>;
  referralBy(system: string, value: string): MadeReferral | undefined;
  fhirPatient(id: string): FhirPatient | undefined;
  /** Letters with this identifier, system and value exactly. */
  lettersBy(system: string, value: string): readonly Letter[];
  /** A number for a new referral, like 2026-000123; never given out twice. */
  nextNumber(now: Date): string;
  /** Stores a checked Communication and files it when it may; durable when it returns. */
  takeIn(communication: Communication, options: TakeIn): Promise<Letter>;
  /** Staff files a letter from the inbox to a patient. */
  fileByHand(letterId: string, patientId: string, now: Date): Promise<Letter | undefined>;
  /** Requests to create a Communication since the start of this process, answered or not. */
  requests: number;
  /** Forms sent since the start of this process, by the form's own id. */
  readonly forms: Map<string, Promise<MadeReferral>>;
}

export interface TakeIn {
  readonly id: string;
  readonly now: Date;
  /** False: nothing files itself, all goes to the inbox. */
  readonly files: boolean;
  /** Why it goes to the inbox, when that is known before. */
  readonly why?: string;
}

const keyOf = (system: string, value: string) => `${system}|${value}`;

/** File name of a referral that was made elsewhere; its own number may hold any sign. */
export function foreignId(system: string, value: string): string {
  return createHash('sha256').update(keyOf(system, value)).digest('hex').slice(0, 32);
}

const keysOf = (letter: Letter) =>
  (letter.communication.identifier ?? []).flatMap(({ system, value }) =>
    system && value ? [keyOf(system, value)] : [],
  );

function received(communication: Communication & { id: string }, now: Date): Communication & { id: string } {
  const version = String(Number(communication.meta?.versionId ?? '0') + 1);
  return {
    ...communication,
    meta: { ...communication.meta, versionId: version, lastUpdated: now.toISOString() },
    status: 'completed',
    received: now.toISOString(),
  };
}

/** Opens the records of one practice; a practice without patients gets the invented ones. `nth`: its place in the file. */
export async function openRecords(dataDir: string, practice: Practice, nth: number, now: Date): Promise<Records> {
  const folder = join(dataDir, practice.id);
  const patients = await openShelf<Patient>(join(folder, 'patients'));
  const referrals = await openShelf<MadeReferral>(join(folder, 'referrals'));
  const letters = await openShelf<Letter>(join(folder, 'letters'));
  if (patients.all().length === 0) await patients.putAll(inventedPatients(practice, nth, now));

  const own = ownSystems(practice.id);
  const byIdentifier = new Map<string, string[]>();
  const index = (letter: Letter) => {
    for (const key of keysOf(letter)) byIdentifier.set(key, [...(byIdentifier.get(key) ?? []), letter.id]);
  };
  for (const letter of letters.all()) index(letter);
  let highest = 0;
  const ownNumber = /^\d{4}-\d{6}$/;
  const referralBy = (system: string, value: string) => {
    const made = system === own.referral && ownNumber.test(value) ? referrals.get(value) : undefined;
    return made ?? referrals.get(foreignId(system, value));
  };
  const fhirPatient = (id: string) => {
    const patient = patients.get(id);
    return patient && { ...toFhirPatient(practice, patient), id };
  };

  return {
    practice,
    patients,
    referrals,
    letters,
    requests: 0,
    forms: new Map(),
    referralBy,
    fhirPatient,
    lettersBy: (system, value) => (byIdentifier.get(keyOf(system, value)) ?? []).flatMap((id) => letters.get(id) ?? []),
    nextNumber(now) {
      const numbered = () => `${localDay(now).slice(0, 4)}-${String(highest).padStart(6, '0')}`;
      do highest += 1;
      while (referralBy(own.referral, numbered()));
      return numbered();
    },
    async takeIn(communication, { id, now, files, why = 'Automatisch archiveren staat uit.' }) {
      const { received: _, ...rest } = communication;
      const stored = { ...rest, id, meta: { ...rest.meta, versionId: '1', lastUpdated: now.toISOString() } };
      const subject = subjectOf(communication, fhirPatient)?.patient;
      const filing =
        files && subject
          ? fileWhere(communication, subject, referralBy, patients.get)
          : ({ files: false, why } as const);
      const base = { id, arrivedAt: now.toISOString() };
      const letter: Letter = filing.files
        ? {
            ...base,
            communication: { ...stored, status: 'completed', received: now.toISOString() },
            patientId: filing.patientId,
            referralId: filing.referralId,
            filedBy: 'itself',
          }
        : { ...base, communication: { ...stored, status: 'in-progress' }, why: filing.why };
      await letters.put(letter);
      index(letter);
      return letter;
    },
    async fileByHand(letterId, patientId, now) {
      const letter = letters.get(letterId);
      if (!letter || !patients.get(patientId)) return undefined;
      if (letter.patientId) return letter;
      const named = (letter.communication.basedOn ?? [])
        .map(({ identifier }) => referralBy(identifier?.system ?? '', identifier?.value ?? ''))
        .find((one) => one?.patientId === patientId);
      const { why: _, ...rest } = letter;
      const filed: Letter = {
        ...rest,
        communication: received(letter.communication, now),
        patientId,
        ...(named && { referralId: named.id }),
        filedBy: 'staff',
      };
      await letters.put(filed);
      return filed;
    },
  };
}

/** What arrived and what came of it, for one practice. A duplicate effect is a second stored letter with one identifier. */
export function countsOf(records: Records) {
  const letters = records.letters.all();
  const distinct = new Set(letters.map((letter) => keysOf(letter)[0] ?? letter.id)).size;
  return {
    requests: records.requests,
    effects: letters.length,
    distinctIdentifiers: distinct,
    duplicateEffects: letters.length - distinct,
    filed: letters.filter((letter) => letter.patientId).length,
    inbox: letters.filter((letter) => !letter.patientId).length,
  };
}
