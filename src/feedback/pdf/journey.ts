import { instead, showable } from './glyphs.ts';
import { type LetterFonts, openSheet, page, parseFonts, type Style } from './sheet.ts';

const ink = '#1f2a2e';
const quiet = '#535f64';
const title: Style = { size: 15.5, leading: 22, colour: ink, bold: true };
const heading: Style = { size: 12, leading: 18, colour: ink, bold: true };
const label: Style = { size: 8.5, leading: 12.5, colour: quiet };
const text: Style = { size: 10.5, leading: 15.5, colour: ink };
const foot: Style = { size: 8, leading: 11, colour: quiet };

/** One heading with what stands under it, in the order in which it is read. */
export interface Section {
  readonly heading: string;
  readonly rows: readonly (readonly [label: string, text: string])[];
}

export interface JourneySheet {
  /** Number of the journey, at the foot of every sheet. */
  readonly number: string;
  /** Name and birth date, at the head of every sheet (H3). */
  readonly who: string;
  readonly created: Date;
  readonly sections: readonly Section[];
}

/** A journey on paper, tagged for a screen reader, in Dutch. The same input and fonts give the same bytes. */
export function journeyPdf(parts: JourneySheet, fonts: LetterFonts): Uint8Array {
  const parsed = parseFonts(fonts);
  let isLost = false;
  const shown = (written: string): string => {
    const found = showable(written, (one) => parsed.regular.hasGlyphForCodePoint(one));
    isLost ||= found.lost.length > 0;
    return found.text;
  };
  const sheet = openSheet(parsed, {
    title: `Verwijzing ${parts.number}`,
    created: parts.created,
    message: parts.number,
  });
  const who = shown(parts.who);
  sheet.onNext(() => {
    sheet.aside(who, label, { x: page.left, baseline: sheet.y });
    sheet.space(22);
  });
  sheet.paragraph([{ text: who, bold: true }], title, { tag: 'H1' });
  sheet.space(8);
  for (const { heading: name, rows } of parts.sections) {
    sheet.room(heading.leading + label.leading + text.leading);
    sheet.paragraph([{ text: shown(name), bold: true }], heading, { tag: 'H2' });
    for (const [row, said] of rows) {
      sheet.room(label.leading + text.leading);
      if (row) sheet.paragraph([{ text: shown(row) }], label);
      for (const line of shown(said).split('\n')) {
        if (line.trim() === '') sheet.space(text.leading / 2);
        else sheet.paragraph([{ text: line }], text);
      }
      sheet.space(4);
    }
    sheet.space(10);
  }
  if (isLost) sheet.paragraph([{ text: `Waar ${instead} staat, kan dit blad een teken niet laten zien.` }], label);
  return sheet.close((nth, count) => {
    const baseline = page.height - 48;
    sheet.aside(parts.number, foot, { x: page.left, baseline });
    sheet.aside(`pagina ${nth} van ${count}`, foot, { x: page.width - page.right, baseline, upTo: true });
  });
}
