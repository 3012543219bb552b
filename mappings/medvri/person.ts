import type { Medvri } from '../../src/edifact/medvri.ts';
import { normaliseBsn, validPhone } from '../../src/fhir/identifiers.ts';
import { identifiers } from '../../src/fhir/systems.ts';
import type { Translate } from '../../src/referral/format.ts';
import type { Loss, Patient, Referral } from '../../src/referral/referral.ts';
import type { Parts } from './gather.ts';
import { words } from './names.ts';

const phonesMax = 5;

function addressOf({ address }: NonNullable<Medvri['patient']>): Patient['address'] {
  const postcode = address?.postcode?.replaceAll(/\s/g, '').toUpperCase();
  const found = {
    ...(address?.street && { street: address.street }),
    ...(address?.houseNumber && { houseNumber: address.houseNumber }),
    ...(postcode && { postcode }),
    ...(address?.city && { city: address.city }),
  };
  return Object.keys(found).length > 0 ? found : undefined;
}

/** PID and PAD; phones of the named lines stand first: who wrote them meant them for this referral. */
export function residentOf(parts: Parts, translate: Translate): { patient: Patient; losses: Loss[] } {
  const { medvri, patient: checked, named } = parts;
  const { patient } = medvri;
  if (!patient) throw new Error('a referral without a patient passed the contract');
  const gender = translate('gender', words, patient.sex.toLowerCase());
  const { given, initials } = patient.name;
  const typed = named.filter((one) => one.part === 'phone' && one.value !== '').map((one) => one.value);
  const phones = [...new Set([...typed, ...(patient.phone ? [patient.phone] : [])])];
  const address = addressOf(patient);
  const lost = (value: string | undefined, path: string): Loss[] => (value ? [{ path, why: 'kept-with-source' }] : []);
  return {
    patient: {
      name: {
        family: checked.family,
        ...((initials || given) && { given: initials ?? given }),
        ...(initials && given && { callName: given }),
        text: [given ?? initials, checked.family].filter(Boolean).join(' '),
      },
      birthDate: checked.birthDate,
      phones: phones.slice(0, phonesMax),
      ...(patient.bsn && { bsn: normaliseBsn(patient.bsn) }),
      ...(patient.senderReference && {
        localId: { system: `${identifiers.ediMailbox}${medvri.envelope.sender}`, value: patient.senderReference },
      }),
      ...(gender && { gender: gender as Patient['gender'] }),
      ...(address && { address }),
    },
    losses: [
      ...(patient.sex && !gender ? [{ path: 'PID-2', why: 'unknown-code' } as const] : []),
      ...lost(patient.receiverReference, 'PID-5'),
      ...lost(patient.address?.poBox, 'PAD-1.3'),
      ...lost(patient.address?.province, 'PAD-1.6'),
      ...lost(patient.address?.country, 'PAD-1.7'),
      ...lost(phones[phonesMax], 'PAD-2'),
    ],
  };
}

/** `Contactpersoon: name, relation, phone`: a part that can be dialled is the phone, the first of the others the name. */
export function contactOf(value: string): Referral['contactPerson'] {
  const all = value
    .split(/[,;]/)
    .map((one) => one.trim())
    .filter(Boolean);
  const phone = all.find(validPhone);
  const [name, ...more] = all.filter((one) => one !== phone);
  if (!name) return undefined;
  return { name, ...(phone && { phone }), ...(more.length > 0 && { relation: more.join(', ') }) };
}
