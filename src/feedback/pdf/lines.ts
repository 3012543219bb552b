/** Words in one weight; the spans of a paragraph follow one another. */
export interface Span {
  readonly text: string;
  readonly bold?: boolean;
}

/** A span on its line, so far from where the line begins. */
export interface Placed {
  readonly text: string;
  readonly bold: boolean;
  readonly x: number;
}

/** Width of a text in one weight, in the unit of the column. */
export type WidthOf = (text: string, bold: boolean) => number;

/**
 * A paragraph as lines no wider than `width`. Breaks after spaces; a word wider than a line breaks between letters.
 * The spaces stay at the ends of lines, so that who copies or listens gets words and not one long word.
 */
export function linesOf(spans: readonly Span[], width: number, widthOf: WidthOf): Placed[][] {
  let line: Placed[] = [];
  const lines = [line];
  let x = 0;
  const put = (text: string, bold: boolean, bare: number, whole: number) => {
    if (x > 0 && x + bare > width) {
      line = [];
      lines.push(line);
      x = 0;
    }
    const before = line.at(-1);
    if (before?.bold === bold) line[line.length - 1] = { ...before, text: before.text + text };
    else line.push({ text, bold, x });
    x += whole;
  };
  for (const { text, bold = false } of spans) {
    for (const word of text.match(/[^ ]+ *| +/gu) ?? []) {
      const bare = widthOf(word.trimEnd(), bold);
      if (bare <= width) put(word, bold, bare, widthOf(word, bold));
      else {
        for (const letter of word.match(/\P{M}\p{M}*|\p{M}+/gu) ?? []) {
          const wide = widthOf(letter, bold);
          put(letter, bold, letter === ' ' ? 0 : wide, wide);
        }
      }
    }
  }
  return lines;
}
