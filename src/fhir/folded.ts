/** A text as people compare what they typed (search.html#string): without case and accents, and with one space between words. */
export const folded = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').replace(/\s+/g, ' ').trim().toLowerCase();
