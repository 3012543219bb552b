import { folded } from '../fhir/folded.ts';

/** One line of free text as it was received: never joined with another, and where it stood in the message. */
export interface Line {
  readonly text: string;
  readonly path: string;
}

/** What one TXT holds (Medeur: an..70). */
export const lineCharactersMax = 70;

/** Where a line of characters, begun at `start` and too long, is cut: its end, and where the next one begins. */
function cut(characters: readonly string[], start: number, max: number): readonly [end: number, next: number] {
  let first = start;
  while (characters[first] === ' ') first += 1;
  for (let at = Math.min(start + max, characters.length); at > first; at -= 1) {
    if (characters[at] === ' ') return [at, at + 1];
  }
  // No room for the first word: its indent falls away; a word longer than a line is cut.
  if (first > start) return [start, first];
  return [start + max, start + max];
}

/** A line in pieces of at most `max` characters, words whole; the space where it is broken falls away. Linear. */
export function wrapLine(line: string, max = lineCharactersMax): string[] {
  const characters = [...line];
  const out: string[] = [];
  let start = 0;
  while (characters.length - start > max) {
    const [end, next] = cut(characters, start, max);
    if (end > start) out.push(characters.slice(start, end).join(''));
    start = next;
  }
  if (start < characters.length || out.length === 0) out.push(characters.slice(start).join(''));
  return out;
}

/** A text as lines of at most `max` characters; empty lines stay. */
export function wrapText(text: string, max = lineCharactersMax): string[] {
  return text.split(/\r\n?|\n/).flatMap((line) => wrapLine(line, max));
}

/** A named piece of a letter: "Toestemming: …" and the lines up to the next name. */
export interface Block {
  /** As the reader's list has it. */
  readonly name: string;
  /** The place of the line with the name. */
  readonly path: string;
  /** What stands behind the name, when something does, then the lines below it, without empty ones at the end. */
  readonly lines: readonly Line[];
}

export interface Blocks {
  /** What stands before the first name. */
  readonly opening: readonly Line[];
  readonly named: readonly Block[];
}

const nameCharactersMax = 40;

function withoutEnd(lines: readonly Line[]): Line[] {
  return lines.slice(0, lines.findLastIndex((one) => one.text.trim() !== '') + 1);
}

/**
 * Free text by the names that the reader knows. A name counts at the beginning of a line, followed by a colon, or alone on
 * its line. Names that are not in the list are text. A name that stands there twice gives two blocks: who reads decides.
 */
export function blocksOf(lines: readonly Line[], names: readonly string[]): Blocks {
  const known = new Map(names.map((name) => [folded(name), name]));
  const opening: Line[] = [];
  const named: { name: string; path: string; lines: Line[] }[] = [];
  for (const line of lines) {
    const colon = line.text.slice(0, nameCharactersMax).indexOf(':');
    const alone = colon < 0 && line.text.length <= nameCharactersMax;
    const name = colon >= 0 || alone ? known.get(folded(colon < 0 ? line.text : line.text.slice(0, colon))) : undefined;
    if (name !== undefined) {
      const rest = colon < 0 ? '' : line.text.slice(colon + 1).trim();
      named.push({ name, path: line.path, lines: rest === '' ? [] : [{ text: rest, path: line.path }] });
    } else (named.at(-1)?.lines ?? opening).push(line);
  }
  return { opening: withoutEnd(opening), named: named.map((one) => ({ ...one, lines: withoutEnd(one.lines) })) };
}

/** What a letter is about: its first line that says something; undefined for a letter without words. */
export function subjectOf(lines: readonly Line[]): Line | undefined {
  return lines.find((one) => one.text.trim() !== '');
}
