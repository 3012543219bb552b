import { canaries } from '../doubles/made.ts';

/** Every word that is looked for, and other ways in which systems write some of them. */
export const words = {
  ...canaries,
  firstLine: canaries.letter,
  dutchDay: '12-04-1951',
  bareDay: '19510412',
  noSpace: '8299ZQ',
};

/** A word as base64 holds it, wherever in the text around it it begins. */
function inBase64(word: string): string[] {
  return [0, 1, 2].map((shift) => {
    const text = Buffer.from('\0'.repeat(shift) + word)
      .toString('base64')
      .replace(/=+$/, '');
    // The first and last characters depend on what stands beside it.
    const whole = text.slice(shift === 0 ? 0 : shift + 1, -2);
    // Fewer say nothing: they stand everywhere by chance.
    return whole.length < 8 ? word : whole;
  });
}

const forms = Object.entries(words).flatMap(([name, word]) =>
  [
    word,
    word.toLowerCase(),
    word.toUpperCase(),
    encodeURIComponent(word),
    word.replaceAll(' ', '+'),
    Buffer.from(word).toString('hex'),
    ...inBase64(word),
  ]
    .filter((form) => form.length >= 6)
    .map((form) => [name, form] as const),
);
/** The names of the words that stand in a text, in whatever form. */
export const foundIn = (text: string): string[] => [
  ...new Set(forms.filter(([, form]) => text.includes(form)).map(([name]) => name)),
];

/** Those of some words that do not stand in a text: a failing test says them, and not the whole page. */
export const absentFrom = (text: string, ...wanted: readonly string[]): string[] =>
  wanted.filter((word) => !text.includes(word));
