import { normalisePhone, validBsn, validPostcode } from '../fhir/identifiers.ts';
import type { Said } from '../fhir/outcome.ts';
import { ageOn, type Referral } from './referral.ts';

/** Something in a text that looks as if it does not belong with the social side (H17). */
export interface MedicalLook {
  readonly kind: 'code' | 'bsn' | 'medication';
  readonly found: string;
}

/** Chapters of ICPC-1, as a word of its own: P76, Z01.02. */
const icpc = /(?<![\p{L}\d])[ABDFHKLNPRSTUWXYZ]\d{2}(?:\.\d{2})?(?![\p{L}\d])/gu;
const nineDigits = /(?<!\d[ .-]?)\d(?:[ .-]?\d){8}(?![ .-]?\d)/g;
const dose = /(?<!\d)\d{1,9}(?:[.,]\d{1,9})?\s?(?:mg|mcg|µg|ml|milligram)(?!\p{L})/giu;
/** Endings that generic names of medicines share, and the words around them. */
const medicineEndings =
  'azepam|zolam|oxetine|alopram|traline|tiapine|peridon|prolol|prazol|statine|cilline|fenidaat|triptyline|codon';
const medicineWords =
  'morfine|lithium|insuline|methadon|paracetamol|ritalin|antidepressiva|medicijn(?:en)?|medicatie|tabletten';
const medicine = new RegExp(`(?<!\\p{L})(?:\\p{L}+(?:${medicineEndings})|${medicineWords})(?!\\p{L})`, 'giu');

const foundMax = 5;

/** What in a text looks medical, each thing once, at most five: a question to the writer, never a verdict. */
export function looksMedical(text: string): MedicalLook[] {
  const all = (pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map((match) => match[0].trim()))];
  const looks: MedicalLook[] = [
    ...all(nineDigits).flatMap((found) => (validBsn(found) ? [{ kind: 'bsn' as const, found }] : [])),
    ...all(icpc).map((found) => ({ kind: 'code' as const, found })),
    ...[...all(dose), ...all(medicine)].map((found) => ({ kind: 'medication' as const, found })),
  ];
  return looks.slice(0, foundMax);
}

const what: Record<MedicalLook['kind'], Said> = {
  code: { nl: 'een medische code', en: 'a medical code' },
  bsn: { nl: 'een burgerservicenummer', en: 'a citizen service number (BSN)' },
  medication: { nl: 'een medicijn', en: 'a medicine' },
};

function medicalWords(text: string | undefined, place: Said): Said[] {
  return looksMedical(text ?? '').map(({ kind, found }) => ({
    nl: `Bij "${place.nl}" staat: ${found}. Dat lijkt op ${what[kind].nl}. Heeft de Wally dit nodig? Haal het anders weg.`,
    en: `At "${place.en}" it says: ${found}. This looks like ${what[kind].en}. Does the Wally need it? If not, remove it.`,
  }));
}

function reachWords(referral: Referral): Said[] {
  const { patient, safeContact } = referral;
  const numbers = [...patient.phones, safeContact?.phone, referral.contactPerson?.phone].filter(
    (one) => one !== undefined,
  );
  const words = numbers
    .filter((one) => normalisePhone(one) === undefined)
    .map((one): Said => ({ nl: `Klopt dit telefoonnummer: ${one}?`, en: `Is this phone number right: ${one}?` }));
  if (safeContact?.unsafe && !safeContact.phone) {
    words.push({
      nl: 'Thuis is het niet veilig, en er is geen veilig nummer ingevuld. De Wally belt dan eerst uw praktijk. Weet de inwoner een veilig nummer?',
      en: 'It is not safe at home, and no safe number is filled in. The Wally will call your practice first. Does the resident know a safe number?',
    });
  } else if (patient.phones.length === 0 && !safeContact?.phone) {
    words.push({
      nl: 'Er is geen telefoonnummer van de inwoner. Hoe kan de Wally de inwoner bereiken?',
      en: 'There is no phone number of the resident. How can the Wally reach the resident?',
    });
  }
  if (patient.email && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(patient.email)) {
    words.push({ nl: `Klopt dit mailadres: ${patient.email}?`, en: `Is this mail address right: ${patient.email}?` });
  }
  const postcode = patient.address?.postcode;
  if (postcode && !validPostcode(postcode)) {
    words.push({ nl: `Klopt deze postcode: ${postcode}?`, en: `Is this postcode right: ${postcode}?` });
  }
  return words;
}

/** Who the resident was in the practice's own system, before anyone typed. */
export interface KnownAs {
  readonly family: string;
  readonly birthDate: string;
}

/**
 * What the sender should look at once more before sending; questions, in the order of the form, none of which stops
 * anything (H2, H3, H6, H17). `day` is today.
 */
export function secondLook(referral: Referral, day: string, known?: KnownAs): Said[] {
  const { patient, reasonCodes, lifeAreas } = referral;
  const looks: Said[] = [];
  if (known && (known.family !== patient.name.family || known.birthDate !== patient.birthDate)) {
    looks.push({
      nl: 'De achternaam of de geboortedatum is anders dan in uw systeem. Gaat het nog over dezelfde persoon? Zo niet: begin opnieuw vanuit het goede dossier.',
      en: 'The family name or the birth date differs from your system. Is it still the same person? If not: start again from the right record.',
    });
  }
  if (ageOn(patient.birthDate, day) < 18) {
    looks.push({
      nl: 'De inwoner is jonger dan 18 jaar. Past hulp voor jeugd en gezin beter dan de Wally?',
      en: 'The resident is younger than 18. Would help for youth and families fit better than the Wally?',
    });
  }
  looks.push(...reachWords(referral));
  looks.push(
    ...medicalWords(referral.reason, { nl: 'Waarom verwijst u?', en: 'Why do you refer?' }),
    ...medicalWords(referral.residentQuestion, { nl: 'De vraag van de inwoner', en: "The resident's question" }),
  );
  if (reasonCodes.some((one) => one.code === 'Z25') || lifeAreas.includes('safety')) {
    looks.push({
      nl: 'Gaat het om geweld of verwaarlozing? Bel dan ook Veilig Thuis: 0800-2000, dag en nacht. Vul in hoe de Wally de inwoner veilig bereikt.',
      en: 'Is it about violence or neglect? Then also call Veilig Thuis: 0800-2000, day and night. Fill in how the Wally can safely reach the resident.',
    });
  }
  return looks;
}
