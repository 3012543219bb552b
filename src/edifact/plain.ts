import { type Charset, fits } from './charset.ts';

/** A character that is written another way, or could not be written at all: then `written` is a question mark. */
export interface Replacement {
  /** Where it stood, in UTF-16 units of the text that was given. */
  readonly at: number;
  readonly character: string;
  readonly written: string;
  readonly lost: boolean;
}

export interface Carried {
  readonly text: string;
  readonly replaced: readonly Replacement[];
}

/** What no decomposition gives, or gives with another meaning: 10² is not 102 and ≠ is not =. */
const spelled: Readonly<Record<string, string>> = {
  '\t': ' ',
  '\u2010': '-',
  '\u2011': '-',
  '\u2012': '-',
  '\u2013': '-',
  '\u2014': '-',
  '\u2015': '-',
  '\u2212': '-',
  '\u2022': '-',
  '\u2018': "'",
  '\u2019': "'",
  '\u201b': "'",
  '\u2032': "'",
  '\u2039': "'",
  '\u203a': "'",
  '´': "'",
  '\u201a': ',',
  '\u201c': '"',
  '\u201d': '"',
  '\u201e': '"',
  '\u2033': '"',
  '«': '"',
  '»': '"',
  '€': 'EUR',
  '£': 'GBP',
  '¥': 'JPY',
  '¢': 'ct',
  ß: 'ss',
  ẞ: 'SS',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  ð: 'd',
  Ð: 'D',
  þ: 'th',
  Þ: 'Th',
  đ: 'd',
  Đ: 'D',
  ł: 'l',
  Ł: 'L',
  ı: 'i',
  µ: 'u',
  μ: 'u',
  '¹': '^1',
  '²': '^2',
  '³': '^3',
  '°': ' graden ',
  '±': '+/-',
  '×': 'x',
  '÷': '/',
  '·': '.',
  '¦': '|',
  '¡': '!',
  '¿': '?',
  '§': 'par. ',
  '©': '(c)',
  '®': '(r)',
  '≤': '<=',
  '≥': '>=',
  '≠': '<>',
  '≈': '~',
  '→': '->',
  '←': '<-',
  // Invisible: a hyphen that is only sometimes there, joiners, a byte order mark.
  '\u00ad': '',
  '\u200b': '',
  '\u200c': '',
  '\u200d': '',
  '\u2060': '',
  '\ufeff': '',
};

const lineEnd = /^[\n\v\f\u0085\u2028\u2029]$/;
const isDigit = (character: string | undefined): boolean => character !== undefined && /\d/.test(character);
const superscript = /^[\u2070-\u207f]$/;

/** One character in the letters of the set, or undefined: nothing is put in its place that means something else. */
function spell(character: string, charset: Charset, afterDigit: boolean): string | undefined {
  const said = Object.hasOwn(spelled, character) ? spelled[character] : undefined;
  if (said !== undefined) return said;
  if (superscript.test(character)) return undefined;
  // An accent falls away from a letter only: from a sign it is the meaning (≠).
  const bare = character
    .normalize('NFKD')
    .replace(/(?<=\p{L})\p{M}/gu, '')
    .replace('\u2044', '/');
  if (bare === character || bare === '' || ![...bare].every((one) => fits(one, charset))) return undefined;
  return bare.includes('/') && afterDigit ? ` ${bare}` : bare;
}

/**
 * The text in the characters of a set: what it lacks is spelled out (é → e, € → EUR, ½ → 1/2) or is a question mark. Says
 * each place where that was done. Every kind of line end becomes `\n`; letters with loose accents are put together first.
 */
export function carry(text: string, charset: Charset): Carried {
  let out = '';
  const replaced: Replacement[] = [];
  // A letter with more than eight accents is no letter: the bound keeps normalising linear.
  for (const { 0: character, index: at } of text.matchAll(/\P{M}\p{M}{0,8}|\p{M}/gsu)) {
    if (character === '\r') {
      if (text[at + 1] !== '\n') out += '\n';
    } else if (lineEnd.test(character)) out += '\n';
    else {
      const whole = character.normalize('NFC');
      if ([...whole].every((one) => fits(one, charset))) out += whole;
      else {
        const isLetter = /^\p{L}/u.test(whole);
        const spelledOut = [...whole].map((one) => {
          if (fits(one, charset)) return one;
          return isLetter && /\p{M}/u.test(one) ? '' : spell(one, charset, isDigit(text[at - 1]));
        });
        const lost = spelledOut.includes(undefined);
        const written = spelledOut.map((one) => one ?? '?').join('');
        out += written;
        replaced.push({ at, character, written, lost });
      }
    }
  }
  return { text: out, replaced };
}
