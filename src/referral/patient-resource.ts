import type { Extension, Identifier, Patient } from '@medplum/fhirtypes';
import { extensions, identifiers } from '../fhir/systems.ts';
import type { Referral } from './referral.ts';

const string = (url: string, valueString: string | undefined): Extension[] =>
  valueString ? [{ url, valueString }] : [];

/** The resident of a referral as FHIR Patient, in the manner of nl-core (name, address parts as extensions). */
export function toPatient(referral: Referral, id: string): Patient & { id: string } {
  const { patient } = referral;
  const identifier: Identifier[] = [];
  if (patient.bsn) identifier.push({ system: identifiers.bsn, value: patient.bsn });
  if (patient.localId) identifier.push({ ...patient.localId });
  const { address } = patient;
  const line = [address?.street, address?.houseNumber].filter(Boolean).join(' ');
  const telecom = [
    ...patient.phones.map((value) => ({ system: 'phone' as const, value })),
    ...(patient.email ? [{ system: 'email' as const, value: patient.email }] : []),
  ];
  return {
    resourceType: 'Patient',
    id,
    ...(identifier.length > 0 && { identifier }),
    name: [
      {
        use: 'official',
        text: patient.name.text,
        family: patient.name.family,
        ...(patient.name.given && { given: [patient.name.given] }),
      },
      ...(patient.name.callName ? [{ use: 'usual' as const, given: [patient.name.callName] }] : []),
    ],
    birthDate: patient.birthDate,
    ...(patient.gender && { gender: patient.gender }),
    ...(patient.deceased && { deceasedBoolean: true }),
    // An empty array is not FHIR (json.html#null): a resident without any number has no telecom at all.
    ...(telecom.length > 0 && { telecom }),
    ...(address && {
      address: [
        {
          use: 'home',
          ...(line && {
            line: [line],
            _line: [
              {
                extension: [
                  ...string(extensions.streetName, address.street),
                  ...string(extensions.houseNumber, address.houseNumber),
                ],
              },
            ],
          }),
          ...(address.postcode && { postalCode: address.postcode }),
          ...(address.city && { city: address.city }),
          country: 'NL',
        },
      ],
    }),
    ...(referral.contactPerson && {
      contact: [
        {
          name: { text: referral.contactPerson.name },
          ...(referral.contactPerson.phone && { telecom: [{ system: 'phone', value: referral.contactPerson.phone }] }),
          ...(referral.contactPerson.relation && { relationship: [{ text: referral.contactPerson.relation }] }),
        },
      ],
    }),
  };
}
