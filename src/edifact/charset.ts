/** The character sets of bytes in an interchange: what UNB declares, and what Dutch systems send instead by agreement. */
export type Charset = 'ASCII' | '8859/1' | 'WINDOWS-1252' | 'CP850' | 'UTF-8';

// ISO 9735 level A has no lower case, but everyone writes it under UNOA: both A and B are read as ASCII.
const declared: Readonly<Record<string, Charset>> = {
  UNOA: 'ASCII',
  UNOB: 'ASCII',
  UNOC: '8859/1',
  UNOW: 'UTF-8',
  UNOY: 'UTF-8',
};

/** What the syntax identifier of UNB means (UN/EDIFACT 0001); undefined for a repertoire that we do not have. */
export function charsetOf(syntaxIdentifier: string): Charset | undefined {
  return Object.hasOwn(declared, syntaxIdentifier) ? declared[syntaxIdentifier] : undefined;
}

/** Stands where a byte does not fit its set. The reader refuses it wherever it is. */
export const unfit = '\ufffd';

const cp850 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤' +
  'ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0';
const upper = Array.from({ length: 96 }, (_, n) => String.fromCharCode(0xa0 + n)).join('');
// What Windows-1252 has between 80 and 9F; there 8859-1 has nothing that can stand in a text.
const windows = '€\ufffd‚ƒ„…†‡ˆ‰Š‹Œ\ufffdŽ\ufffd\ufffd‘’“”•–—˜™š›œ\ufffdžŸ';

/** The characters of the bytes 80 to FF. */
const high: Readonly<Record<Exclude<Charset, 'UTF-8'>, string>> = {
  ASCII: unfit.repeat(128),
  '8859/1': unfit.repeat(32) + upper,
  'WINDOWS-1252': windows + upper,
  CP850: cp850,
};

/** The bytes as text, `unfit` where they cannot be of the set: what is not certain is not guessed. Linear. */
export function decodeBytes(bytes: Uint8Array, charset: Charset): string {
  if (charset === 'UTF-8') return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const table = high[charset];
  const units = new Uint16Array(bytes.length);
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    units[at] = byte < 0x80 ? byte : table.charCodeAt(byte - 0x80);
  }
  return new TextDecoder('utf-16le', { ignoreBOM: true }).decode(units);
}

/** Whether a character (a code point) may stand in a text of this set: never a control character. */
export function fits(character: string, charset: Charset): boolean {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return code >= 0x20 && code !== 0x7f;
  if (code === 0xfffd) return false;
  if (charset !== 'UTF-8') return high[charset].includes(character);
  return code >= 0xa0 && (code < 0xd800 || code > 0xdfff) && (code & 0xfffe) !== 0xfffe;
}

/** Text as bytes. What the set does not have was carried before (`carry`): it throws, that is a bug. */
export function encodeText(text: string, charset: Charset): Uint8Array {
  if (charset === 'UTF-8') return new TextEncoder().encode(text);
  const places = new Map([...high[charset]].map((character, n) => [character, 0x80 + n]));
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const byte = code < 0x80 ? code : places.get(text.charAt(at));
    if (byte === undefined || code === 0xfffd) throw new Error('a character that its set does not have');
    bytes[at] = byte;
  }
  return bytes;
}
