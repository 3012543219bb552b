import { type Charset, decodeBytes } from './charset.ts';

/** The five characters that MSH-1 and MSH-2 choose; `escape` is empty when the sender has none (HL7 2.5.1 §2.5.4). */
export interface Delimiters {
  readonly field: string;
  readonly component: string;
  readonly repetition: string;
  readonly escape: string;
  readonly subcomponent: string;
}

export const usualDelimiters: Delimiters = {
  field: '|',
  component: '^',
  repetition: '~',
  escape: '\\',
  subcomponent: '&',
};

/** MSH-2 as the sender's delimiters write it. */
export const encodingCharacters = (d: Delimiters): string =>
  `${d.component}${d.repetition}${d.escape}${d.subcomponent}`;

// Formatted text (HL7 2.5.1 §2.7.6): what starts a line ends up as a line; what only changes the look says nothing.
const layout = /^(?:\.(?:br|ce)|\.sp\+?(\d{0,2}))$/i;
const look = /^(?:[HN]|\.(?:fi|nf|in[+-]?\d+|ti[+-]?\d+|sk\+?\d*))$/i;

function meaning(sequence: string, d: Delimiters, charset: Charset): string | undefined {
  switch (sequence) {
    case 'F':
      return d.field;
    case 'S':
      return d.component;
    case 'T':
      return d.subcomponent;
    case 'R':
      return d.repetition;
    case 'E':
      return d.escape;
    default:
  }
  const line = layout.exec(sequence);
  if (line) return '\n'.repeat(Math.max(1, Number(line[1] || 1)));
  if (look.test(sequence)) return '';
  if (!/^X(?:[0-9A-F]{2})+$/i.test(sequence)) return undefined;
  const bytes = Buffer.from(sequence.slice(1), 'hex');
  return decodeBytes(bytes, charset === 'ASCII' ? '8859/1' : charset);
}

/**
 * What an escaped text says (HL7 2.5.1 §2.7): delimiters, hex data in the message's own set, line breaks. A sequence that
 * we do not know stays as it stands: visible, never dropped.
 */
export function unescapeText(text: string, d: Delimiters, charset: Charset): string {
  if (d.escape === '' || !text.includes(d.escape)) return text;
  let out = '';
  for (let at = 0; at < text.length; ) {
    const begin = text.indexOf(d.escape, at);
    const end = begin < 0 ? -1 : text.indexOf(d.escape, begin + 1);
    if (end < 0) return out + text.slice(at);
    const said = meaning(text.slice(begin + 1, end), d, charset);
    out += text.slice(at, begin) + (said ?? d.escape);
    at = said === undefined ? begin + 1 : end + 1;
  }
  return out;
}

/** A text that may stand in any component: delimiters and control characters escaped, line ends as `.br`. */
export function escapeText(text: string, d: Delimiters): string {
  const e = d.escape;
  const names = new Map([
    [d.field, 'F'],
    [d.component, 'S'],
    [d.subcomponent, 'T'],
    [d.repetition, 'R'],
    [e, 'E'],
  ]);
  let out = '';
  for (const character of text.replace(/\r\n?/g, '\n')) {
    const name = names.get(character);
    const code = character.charCodeAt(0);
    if (name) out += e + name + e;
    else if (character === '\n') out += `${e}.br${e}`;
    else if (code < 0x20) out += `${e}X${code.toString(16).toUpperCase().padStart(2, '0')}${e}`;
    else out += character;
  }
  return out;
}
