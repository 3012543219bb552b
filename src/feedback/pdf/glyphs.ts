/** Where a letter holds what its font cannot show. Said at the foot of the letter too: nothing disappears silently. */
export const instead = '[?]';

export interface Shown {
  /** NFC, without control or invisible characters, lines ended by \n. */
  readonly text: string;
  /** What the font has no glyph for, each once, as it was written. */
  readonly lost: readonly string[];
}

const graphemes = new Intl.Segmenter('nl', { granularity: 'grapheme' });
const invisible = /[\p{Default_Ignorable_Code_Point}\p{Cc}]/u;

/** A text as a font can show it. `has` says whether the font has a glyph for a code point. */
export function showable(text: string, has: (codePoint: number) => boolean): Shown {
  const lost = new Set<string>();
  const plain = text
    .normalize('NFC')
    .replace(/\r\n?|[\u0085\u2028\u2029\v\f]/g, '\n')
    .replace(/[\t\p{Zs}]/gu, ' ')
    .replaceAll('\u2011', '-');
  let shown = '';
  for (const { segment } of graphemes.segment(plain)) {
    if (segment === '\n') {
      shown += segment;
      continue;
    }
    const visible = [...segment].filter((one) => !invisible.test(one));
    if (visible.every((one) => has(one.codePointAt(0) ?? 0))) shown += visible.join('');
    else {
      lost.add(segment);
      // A run of them is one gap to the reader.
      if (!shown.endsWith(instead)) shown += instead;
    }
  }
  return { text: shown, lost: [...lost] };
}

/** A stretch of one direction, in reading order. */
export interface Stretch {
  readonly text: string;
  readonly rightToLeft: boolean;
}

const script = '\\p{Script=Arabic}\\p{Script=Hebrew}\\p{Script=Syriac}\\p{Script=Thaana}\\p{Script=Nko}';
const rightToLeft = new RegExp(`([${script}](?:[${script}\\p{M}\\s'’.,-]*[${script}\\p{M}])?)`, 'u');

/**
 * A line cut where its direction turns. Enough for a name or a sentence from the right within a line from the left
 * (UAX 9 with embedding level 0); a number within such a sentence parts it.
 */
export function stretches(line: string): Stretch[] {
  return line
    .split(rightToLeft)
    .map((text, nth) => ({ text, rightToLeft: nth % 2 === 1 }))
    .filter((one) => one.text !== '');
}
