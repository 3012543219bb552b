import { normaliseBsn } from '../fhir/identifiers.ts';
import { identifiers } from '../fhir/systems.ts';
import { type Name, nameFromFhir } from './name-from-fhir.ts';
import { type Address, addressFromFhir, emailIn, type Point, phonesFrom } from './reach-from-fhir.ts';
import type { Patient } from './referral.ts';

export { familyOf } from './name-from-fhir.ts';

/** A FHIR R4 Patient as far as we read it: with a name and a whole birth date, which the caller has checked. */
export interface FhirPatientSource {
  readonly identifier?: readonly Point[] | undefined;
  readonly name: readonly Name[];
  readonly birthDate: string;
  readonly gender?: string | undefined;
  readonly telecom?: readonly Point[] | undefined;
  readonly address?: readonly Address[] | undefined;
  readonly deceasedBoolean?: unknown;
  readonly deceasedDateTime?: unknown;
}

/** Both names of the system in which a BSN stands: the URI of Nictiz, and the OID that older systems write. */
export const bsnSystems: readonly string[] = [identifiers.bsn, identifiers.bsnOid];

/** Where among the identifiers the BSN stands, and the practice's own number of the resident; −1 for what is not there. */
export function numbersIn(all: readonly Point[]): { bsn: number; local: number } {
  const isBsn = (one: Point) => bsnSystems.includes(one.system ?? '');
  return {
    bsn: all.findIndex((one) => isBsn(one) && one.value),
    local: all.findIndex((one) => !isBsn(one) && one.use !== 'old' && one.system && one.value),
  };
}

const genders: Readonly<Record<string, NonNullable<Patient['gender']>>> = {
  M: 'male',
  F: 'female',
  UN: 'other',
  UNK: 'unknown',
};

/** nl-core says the gender of the zib beside FHIR's own, and some systems only there (ext-CodeSpecification). */
function genderOf(source: FhirPatientSource): Patient['gender'] {
  if (source.gender) return source.gender as Patient['gender'];
  const { _gender } = source as {
    _gender?: { extension?: { valueCodeableConcept?: { coding?: { code?: string }[] } }[] };
  };
  const codes = _gender?.extension?.flatMap((one) => one.valueCodeableConcept?.coding ?? []) ?? [];
  return codes.map((one) => genders[one.code ?? '']).find(Boolean);
}

/** A FHIR Patient as our Patient, for every door that gets one. What is old (`use` old) stays behind, and a secret address. */
export function patientFromFhir(source: FhirPatientSource): Patient {
  const { identifier: all = [], telecom = [] } = source;
  const found = numbersIn(all);
  const bsn = all[found.bsn]?.value;
  const local = all[found.local];
  const email = telecom[emailIn(telecom)]?.value;
  const address = addressFromFhir(source, source.address);
  const deceased = source.deceasedBoolean === true || typeof source.deceasedDateTime === 'string';
  const gender = genderOf(source);
  return {
    name: nameFromFhir(source.name),
    birthDate: source.birthDate,
    phones: phonesFrom(telecom),
    ...(local?.system && local.value && { localId: { system: local.system, value: local.value } }),
    ...(bsn && { bsn: normaliseBsn(bsn) }),
    ...(gender && { gender }),
    ...(deceased && { deceased }),
    ...(email && { email }),
    ...(address && { address }),
  };
}
