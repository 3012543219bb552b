import type { Said } from '../fhir/outcome.ts';
import { looksMedical } from './second-look.ts';

/** Something in a text that should name nobody, and yet looks like a person or like medical data (H8, H17). */
export interface PersonalLook {
  readonly found: string;
  readonly said: Said;
  /** It can be nothing else than one person: it does not go. */
  readonly isCertain: boolean;
}

const addressed =
  /(?<!\p{L})(?:[Mm]evrouw|[Mm]eneer|[Mm]evr\.?|[Mm]w\.?|[Dd]hr\.?|[Dd]e heer|[Ff]amilie)\s+(?:\p{Ll}{1,4}\s+){0,2}\p{Lu}[\p{L}'’-]+/gu;
/** Two words with a capital in a row; the first word of a sentence is no name by itself. */
const twoNames =
  /(?<!\p{L})(?!(?:De|Het|Een|Wat|Hoe|Kan|Is|Mag|Welke|Wie|Waar|Wanneer|Bij|Voor|Als|Heeft|Zijn|In|Met)\s)\p{Lu}\p{Ll}+(?:\s+(?:van|de|den|der|het|ter|ten|el|al))*\s+\p{Lu}\p{Ll}+/gu;
const day = /(?<!\d)\d{1,2}[-/. ](?:\d{1,2}|[a-z]{3,9})[-/. ](?:19|20)\d{2}(?!\d)/giu;
const postcode = /(?<![\p{L}\d])[1-9]\d{3}\s?[A-Z]{2}(?!\p{L})/gu;
const phone = /(?<!\d)(?:\+31|0031|0)[\s-]?\d(?:[\s-]?\d){8}(?!\d)/gu;

const foundMax = 5;

/** Names in a text that are not this family's: a third person, perhaps (H8). A question to the writer, never a verdict. */
export function othersNamed(text: string, family: string): string[] {
  const names = [addressed, twoNames].flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[0].trim()));
  return [...new Set(names)].filter((name) => !name.includes(family)).slice(0, foundMax);
}

/** What looks like a person or like medical data in a question about nobody; questions to the writer, most certain first. */
export function looksPersonal(text: string): PersonalLook[] {
  const all = (pattern: RegExp, nl: string, en: string): PersonalLook[] =>
    [...new Set([...text.matchAll(pattern)].map((match) => match[0].trim()))].map((found) => ({
      found,
      isCertain: false,
      said: { nl: `Er staat: ${found}. Dat lijkt op ${nl}.`, en: `It says: ${found}. This looks like ${en}.` },
    }));
  const medical = looksMedical(text).map(({ kind, found }): PersonalLook => {
    const nl = { bsn: 'een burgerservicenummer', code: 'een medische code', medication: 'een medicijn' }[kind];
    const en = { bsn: 'a citizen service number (BSN)', code: 'a medical code', medication: 'a medicine' }[kind];
    const said = { nl: `Er staat: ${found}. Dat lijkt op ${nl}.`, en: `It says: ${found}. This looks like ${en}.` };
    return { found, said, isCertain: kind === 'bsn' };
  });
  const looks = [
    ...medical,
    ...all(addressed, 'een naam', 'a name'),
    ...all(twoNames, 'een naam', 'a name'),
    ...all(day, 'een geboortedatum', 'a birth date'),
    ...all(postcode, 'een postcode', 'a postcode'),
    ...all(phone, 'een telefoonnummer', 'a phone number'),
  ];
  const once = looks.filter((one, nth) => looks.findIndex((other) => other.found === one.found) === nth);
  return once.toSorted((a, b) => Number(b.isCertain) - Number(a.isCertain)).slice(0, foundMax);
}
