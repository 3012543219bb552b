import { isAscii } from 'node:buffer';

/** The character sets of HL7 table 0211 that Dutch systems declare in MSH-18. */
export type Charset = 'ASCII' | '8859/1' | '8859/15' | 'UNICODE UTF-8';

const declared: Readonly<Record<string, Charset>> = {
  ASCII: 'ASCII',
  'ISO IR6': 'ASCII',
  '8859/1': '8859/1',
  'ISO IR100': '8859/1',
  '8859/15': '8859/15',
  UNICODE: 'UNICODE UTF-8',
  'UNICODE UTF-8': 'UNICODE UTF-8',
  'UTF-8': 'UNICODE UTF-8',
};

/** What MSH-18 means; undefined for a set we do not have. An empty MSH-18 is not asked here: see `decodeBytes`. */
export function charsetOf(msh18: string): Charset | undefined {
  return declared[msh18.trim().toUpperCase()];
}

// Systems that declare 8859/1 write the euro sign and curly quotes of Windows-1252, which is the same but for 80–9F.
const labels = { '8859/1': 'windows-1252', '8859/15': 'iso-8859-15', 'UNICODE UTF-8': 'utf-8' } as const;

/** The bytes as text, or undefined when they cannot be of this set: what is not certain is not guessed. */
export function decodeBytes(bytes: Uint8Array, charset: Charset): string | undefined {
  if (charset === 'ASCII') return isAscii(bytes) ? new TextDecoder('windows-1252').decode(bytes) : undefined;
  try {
    return new TextDecoder(labels[charset], { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** For a message without MSH-18: bytes above 7F that are valid UTF-8 are hardly ever anything else; the rest is 8859/1. */
export function undeclaredCharset(bytes: Uint8Array): Charset {
  if (isAscii(bytes)) return 'ASCII';
  return decodeBytes(bytes, 'UNICODE UTF-8') === undefined ? '8859/1' : 'UNICODE UTF-8';
}

const spelled: Readonly<Record<string, string>> = {
  '\u2013': '-',
  '\u2014': '-',
  '\u2011': '-',
  '\u2018': "'",
  '\u2019': "'",
  '\u201c': '"',
  '\u201d': '"',
  '\u201e': '"',
  '\u2026': '...',
  '\u00a0': ' ',
  '\u20ac': 'EUR',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ı: 'i',
  œ: 'oe',
  Œ: 'OE',
  ß: 'ss',
  æ: 'ae',
  Æ: 'AE',
  ø: 'o',
  Ø: 'O',
};

const high = (charset: '8859/1' | '8859/15'): ReadonlyMap<string, number> =>
  new Map(
    Array.from({ length: 96 }, (_, n) => {
      const byte = 0xa0 + n;
      return [new TextDecoder(labels[charset]).decode(Uint8Array.of(byte)), byte];
    }),
  );
const tables = { ASCII: new Map<string, number>(), '8859/1': high('8859/1'), '8859/15': high('8859/15') };

function plain(character: string): string {
  const bare = character.normalize('NFD').replace(/\p{M}/gu, '');
  return bare !== '' && /^[\x20-\x7e]+$/.test(bare) ? bare : '?';
}

/** Text as bytes. What the set does not have loses its accent or is spelled out (Š → S, € → EUR); else it is `?`. */
export function encodeText(text: string, charset: Charset): Uint8Array {
  if (charset === 'UNICODE UTF-8') return new TextEncoder().encode(text);
  const table = tables[charset];
  const encode = (character: string): string => {
    const byte = table.get(character);
    return byte === undefined ? (spelled[character] ?? plain(character)) : String.fromCharCode(byte);
  };
  // Only what is not ASCII is looked at by itself: a letter may have a file in it.
  return Buffer.from(text.replace(/[^\0-\x7f]/gu, encode), 'latin1');
}
