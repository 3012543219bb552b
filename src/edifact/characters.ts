/** The characters of UNA (ISO 9735 §7.1). `release` and `repetition` are a space where there is none. */
export interface ServiceCharacters {
  readonly component: string;
  readonly element: string;
  /** Says nothing here: no number in a MEDVRI has decimals. Systems leave it a space. */
  readonly decimal: string;
  readonly release: string;
  readonly repetition: string;
  readonly terminator: string;
}

/** Those that count without UNA (ISO 9735 level A). */
export const usualCharacters: ServiceCharacters = {
  component: ':',
  element: '+',
  decimal: '.',
  release: '?',
  repetition: ' ',
  terminator: "'",
};

const punctuation = /^[!-/:-@[-`{-~]$/;

/** The characters that a UNA of nine characters chooses, or undefined when no reader could tell them apart. */
export function readUna(text: string): ServiceCharacters | undefined {
  const [component = '', element = '', decimal = '', release = '', repetition = '', terminator = ''] = text.slice(3, 9);
  const used = [component, element, terminator, ...[release, repetition].filter((one) => one !== ' ')];
  if (!text.startsWith('UNA') || !used.every((one) => punctuation.test(one))) return undefined;
  if (new Set(used).size < used.length || !/^[ -~]$/.test(decimal)) return undefined;
  return { component, element, decimal, release, repetition, terminator };
}

export const writeUna = (s: ServiceCharacters): string =>
  `UNA${s.component}${s.element}${s.decimal}${s.release}${s.repetition}${s.terminator}`;

/** The characters of a text that would end it, if they were not released. */
export const serviceOf = (s: ServiceCharacters): string =>
  [s.component, s.element, s.terminator, s.release, s.repetition].filter((one) => one !== ' ').join('');

/** A value that may stand in any component. Throws for characters without a release: nothing we write has none. */
export function releaseText(text: string, s: ServiceCharacters): string {
  if (s.release === ' ') throw new Error('service characters without a release character');
  const service = serviceOf(s);
  let out = '';
  for (const character of text) out += service.includes(character) ? s.release + character : character;
  return out;
}
