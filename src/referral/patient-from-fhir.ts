import { normaliseBsn } from '../fhir/identifiers.ts';
import { extensions, identifiers } from '../fhir/systems.ts';
import type { Patient } from './referral.ts';

interface Point {
  readonly use?: string | undefined;
  readonly system?: string | undefined;
  readonly value?: string | undefined;
}
interface Name {
  readonly use?: string | undefined;
  readonly text?: string | undefined;
  readonly family?: string | undefined;
  readonly given?: readonly string[] | undefined;
}
interface Address {
  readonly use?: string | undefined;
  readonly line?: readonly string[] | undefined;
  readonly postalCode?: string | undefined;
  readonly city?: string | undefined;
}

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

interface WithExtensions {
  extension?: { url: string; valueString?: string }[];
}

/** Both names of the system in which a BSN stands: the URI of Nictiz, and the OID that older systems write. */
export const bsnSystems: readonly string[] = [identifiers.bsn, identifiers.bsnOid];

const fromExtension = (element: unknown, url: string): string | undefined =>
  (element as WithExtensions | undefined)?.extension?.find((one) => one.url === url)?.valueString;

/** The nl-core name: the official one; the call name is a name of its own with use `usual`. */
function nameOf(source: FhirPatientSource): Patient['name'] {
  const official =
    source.name.find((one) => one.use === 'official') ??
    source.name.find((one) => one.use !== 'usual' && (one.family ?? one.text)) ??
    source.name[0];
  const usual = source.name.find((one) => one.use === 'usual');
  const callName = usual?.given?.[0] ?? usual?.text;
  const given = official?.given?.join(' ');
  const family = official?.family ?? official?.text ?? '';
  const text = official?.text ?? [callName ?? given, family].filter(Boolean).join(' ');
  return { family, text, ...(given && { given }), ...(callName && { callName }) };
}

function addressOf(source: FhirPatientSource): Patient['address'] {
  const home = source.address?.find((one) => one.use === 'home') ?? source.address?.[0];
  if (!home) return undefined;
  const element = (home as { _line?: unknown[] })._line?.[0];
  const street = fromExtension(element, extensions.streetName);
  const number = fromExtension(element, extensions.houseNumber);
  const suffix = fromExtension(element, extensions.houseNumberSuffix);
  const line = home.line?.join(', ');
  const houseNumber = number && [number, suffix].filter(Boolean).join(' ');
  const address = {
    ...((street ?? line) && { street: street ?? line }),
    ...(houseNumber && { houseNumber }),
    ...(home.postalCode && { postcode: home.postalCode.replaceAll(/\s/g, '').toUpperCase() }),
    ...(home.city && { city: home.city }),
  };
  return Object.keys(address).length > 0 ? address : undefined;
}

/** A FHIR Patient as our Patient, for every door that gets one. Old phone numbers (`use` old) stay behind. */
export function patientFromFhir(source: FhirPatientSource): Patient {
  const bsn = source.identifier?.find((one) => bsnSystems.includes(one.system ?? ''))?.value;
  const local = source.identifier?.find((one) => !bsnSystems.includes(one.system ?? '') && one.system && one.value);
  const telecom = (source.telecom ?? []).filter((one) => one.use !== 'old' && one.value);
  const email = telecom.find((one) => one.system === 'email')?.value;
  const address = addressOf(source);
  const deceased = source.deceasedBoolean === true || typeof source.deceasedDateTime === 'string';
  const gender = source.gender as Patient['gender'];
  return {
    name: nameOf(source),
    birthDate: source.birthDate,
    phones: telecom.flatMap((one) => (one.system !== 'email' && one.value ? [one.value] : [])).slice(0, 5),
    ...(local?.system && local.value && { localId: { system: local.system, value: local.value } }),
    ...(bsn && { bsn: normaliseBsn(bsn) }),
    ...(gender && { gender }),
    ...(deceased && { deceased }),
    ...(email && { email }),
    ...(address && { address }),
  };
}
