import type { ConsentAgreement } from '../../src/referral/directory/mllp.ts';
import type { Mapped } from '../../src/referral/format.ts';
import { asBsn, type Identity, identityOf, isAgreed, isWithin, type SecondReader, saying } from './second.ts';

type Raw = Record<string, unknown>;

const isRaw = (value: unknown): value is Raw => typeof value === 'object' && value !== null;
const listOf = (value: unknown): Raw[] => (Array.isArray(value) ? value.filter(isRaw) : []);
const texts = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : isRaw(value) ? Object.values(value).flatMap(texts) : [];

/** Every resource of a type, however deep it stands. */
function resources(at: unknown, type: string): Raw[] {
  if (!isRaw(at)) return [];
  return [...(at.resourceType === type ? [at] : []), ...Object.values(at).flatMap((one) => resources(one, type))];
}

const bsnSystem = /(NamingSystem\/bsn|2\.16\.840\.1\.113883\.2\.4\.6\.3)$/;

/** Whether a Patient is the one that was read. A Patient without a BSN of its own has none to differ in. */
function isPerson(patient: Raw, { family = '', birthDate, bsn }: Identity): boolean {
  const own = listOf(patient.identifier).filter(
    (one) => bsnSystem.test(String(one.system)) && typeof one.value === 'string',
  );
  const numbers = own.map((one) => asBsn(String(one.value)));
  return (
    isWithin(family, texts(patient.name).join(' ')) &&
    (birthDate === undefined || patient.birthDate === birthDate) &&
    (bsn === undefined || numbers.includes(bsn))
  );
}

function consentProblems(raw: Raw, mapped: Mapped, agreement: ConsentAgreement | undefined): string[] {
  if (!('referral' in mapped) || isAgreed(mapped, agreement)) return [];
  const { on, medicalCodes, feedback } = mapped.referral.consent;
  const active = resources(raw, 'Consent').filter(({ status }) => status === 'active');
  const given = active.filter((one) => !isRaw(one.provision) || one.provision.type !== 'deny');
  const scope = (code: string) => given.some((one) => texts(one).includes(code));
  return [
    ...saying(
      given.some((one) => String(one.dateTime).startsWith(on)),
      'a consent that is not there, or of another day',
    ),
    ...saying(!medicalCodes || scope('share-medical-codes'), 'another scope: medical codes'),
    ...saying(feedback !== 'content' || scope('feedback-content'), 'another scope: feedback'),
  ];
}

/** FHIR by hand: no reference is followed, every Patient, Consent and Organization counts. */
export const secondFhir: SecondReader = (bytes, mapped, agreement) => {
  const raw = JSON.parse(Buffer.from(bytes).toString('utf8')) as Raw;
  const patients = resources(raw, 'Patient');
  const agb = mapped.practiceAgb?.value;
  return [
    // A cancellation may name its patient in a reference alone.
    ...saying(
      patients.some((one) => isPerson(one, identityOf(mapped))) || (patients.length === 0 && !('referral' in mapped)),
      'another person',
    ),
    ...saying(agb === undefined || texts(raw).includes(agb), 'another practice'),
    ...consentProblems(raw, mapped, agreement),
  ];
};
