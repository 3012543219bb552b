import type { Address, Extension, Patient as FhirPatient, HumanName } from '@medplum/fhirtypes';
import { extensions, identifiers } from '../src/fhir/systems.ts';
import type { Patient, Practice } from './model.ts';
import { familyName, initials } from './names.ts';

/** Extensions on a primitive travel in a twin property with an underscore (FHIR R4 json.html#primitive). */
interface Extended {
  readonly extension: Extension[];
}
interface NamedHumanName extends HumanName {
  _family?: Extended;
  _given?: Extended[];
}
interface LinedAddress extends Address {
  _line?: Extended[];
}

/** The systems of the numbers this HIS gives out; each practice its own. */
export function ownSystems(practiceId: string): { patient: string; referral: string; message: string } {
  const base = `http://${practiceId}.his.example`;
  return { patient: `${base}/patient`, referral: `${base}/referral`, message: `${base}/message` };
}

const text = (url: string, value: string | undefined): Extension[] => (value ? [{ url, valueString: value }] : []);

function officialName(patient: Patient): NamedHumanName {
  const name: NamedHumanName = {
    extension: [{ url: extensions.assemblyOrder, valueCode: patient.nameOrder }],
    use: 'official',
    text: [initials(patient), familyName(patient)].filter(Boolean).join(' '),
    family: familyName(patient),
    _family: {
      extension: [
        ...text(extensions.ownPrefix, patient.ownPrefix),
        ...text(extensions.ownName, patient.ownName),
        ...text(extensions.partnerPrefix, patient.partnerPrefix),
        ...text(extensions.partnerName, patient.partnerName),
      ],
    },
  };
  if (patient.given.length > 0) {
    name.given = [...patient.given];
    name._given = patient.given.map(() => ({ extension: [{ url: extensions.iso21090Qualifier, valueCode: 'BR' }] }));
  }
  return name;
}

function homeAddress(patient: Patient): LinedAddress | undefined {
  if (!patient.street && !patient.postcode) return undefined;
  const { street, houseNumber, houseNumberSuffix } = patient;
  const address: LinedAddress = { use: 'home', type: 'both' };
  const line = [street, `${houseNumber ?? ''}${houseNumberSuffix ?? ''}`].filter(Boolean).join(' ');
  if (line) {
    address.line = [line];
    address._line = [
      {
        extension: [
          ...text(extensions.streetName, street),
          ...text(extensions.houseNumber, houseNumber),
          ...text(extensions.houseNumberSuffix, houseNumberSuffix),
        ],
      },
    ];
  }
  if (patient.city) address.city = patient.city;
  if (patient.postcode) address.postalCode = patient.postcode;
  address.country = 'NL';
  return address;
}

/** The patient as nl-core-Patient writes it (facts: dutch-exchange 3.3). No BSN in the record: no BSN identifier. */
export function toFhirPatient(practice: Pick<Practice, 'id'>, patient: Patient): FhirPatient {
  const names: HumanName[] = [officialName(patient)];
  if (patient.callName) names.push({ use: 'usual', given: [patient.callName] });
  const own = { use: 'usual', system: ownSystems(practice.id).patient, value: patient.id } as const;
  const out: FhirPatient = {
    resourceType: 'Patient',
    identifier: patient.bsn ? [{ use: 'official', system: identifiers.bsn, value: patient.bsn }, own] : [own],
    name: names,
    gender: patient.gender,
    birthDate: patient.birthDate,
  };
  const telecom: NonNullable<FhirPatient['telecom']> = [];
  if (patient.mobile) telecom.push({ system: 'phone', value: patient.mobile, use: 'mobile' });
  if (patient.phone) telecom.push({ system: 'phone', value: patient.phone, use: 'home' });
  if (patient.email) telecom.push({ system: 'email', value: patient.email, use: 'home' });
  if (telecom.length > 0) out.telecom = telecom;
  const address = homeAddress(patient);
  if (address) out.address = [address];
  return out;
}
