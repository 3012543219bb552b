/**
 * Checks of one single value, told from its text alone: Dutch numbers, and what FHIR values a receiver can trust.
 * Nothing here looks anything up: a number that is valid need not belong to anybody.
 */

/**
 * A BSN as nine digits: eight get their zero back, single spaces, dots and hyphens between digits fall away.
 * What has not that shape comes back as it came; whether the number can exist, validBsn says.
 */
export function normaliseBsn(text: string): string {
  const digits = text.trim().replace(/(?<=\d)[ .-](?=\d)/g, '');
  return /^\d{8,9}$/.test(digits) ? digits.padStart(9, '0') : text;
}

/** The 11-proef: weights 9, 8, … 2 and -1 for the last digit, the sum a multiple of 11; nine zeros are no BSN. */
export function validBsn(text: string): boolean {
  const bsn = normaliseBsn(text);
  if (!/^\d{9}$/.test(bsn) || bsn === '000000000') return false;
  const weights = [9, 8, 7, 6, 5, 4, 3, 2, -1];
  return weights.reduce((sum, weight, i) => sum + weight * Number(bsn[i]), 0) % 11 === 0;
}

/** Whether a text holds nine digits in a row, which may be somebody's BSN. */
export const mayHoldBsn = (text: string): boolean => /(?<!\d)\d{9}(?!\d)/.test(text);

/** The same text with a dash for each digit of what may be somebody's BSN. */
export const withoutBsn = (text: string): string => text.replaceAll(/(?<!\d)\d{9}(?!\d)/g, '---------');

/** An AGB code of Vektis: eight digits, the first two the kind of carer (01 GP); it has no check digit. */
export function validAgb(text: string): boolean {
  return /^\d{8}$/.test(text) && !/^0+$/.test(text);
}

/**
 * A Dutch telephone number that can be dialled: ten digits from 0, or +31 or 0031 and nine digits, however spaced;
 * also a public three-digit number (112, 113) and 0800, 0900 or 14 + area code. Undefined when it is none of these.
 * Gives the digits as they are dialled in the Netherlands.
 */
export function normalisePhone(text: string): string | undefined {
  const digits = text
    .trim()
    .replace(/^\+31\s*\(0\)/, '+31')
    .replace(/[\s().-]/g, '');
  const national = digits.replace(/^(?:\+31|0031)(?=[1-9])/, '0');
  const isDialled = /^0[1-9]\d{8}$/.test(national) || /^0[89]00\d{4}(?:\d{3})?$/.test(national);
  return isDialled || /^11\d$/.test(digits) || /^140\d{2,3}$/.test(digits) ? national : undefined;
}

/** Whether normalisePhone knows it. */
export function validPhone(text: string): boolean {
  return normalisePhone(text) !== undefined;
}

/**
 * A Dutch postcode as `1234 AB` writes it without the space: four digits not from 0, two letters, never SA, SD or SS.
 * Undefined when it is none.
 */
export function normalisePostcode(text: string): string | undefined {
  const found = /^([1-9]\d{3})\s?([A-Za-z]{2})$/.exec(text.trim());
  const letters = found?.[2]?.toUpperCase() ?? '';
  return found && !/^S[ADS]$/.test(letters) ? `${found[1]}${letters}` : undefined;
}

/** Whether normalisePostcode knows it. */
export function validPostcode(text: string): boolean {
  return normalisePostcode(text) !== undefined;
}
