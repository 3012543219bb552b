import type { Communication, HumanName, Patient, PractitionerRole } from '@medplum/fhirtypes';
import { identifiers } from '../../fhir/systems.ts';
import { dutchDate, type LetterPart, readLetter } from '../letter.ts';
import { instead, showable } from './glyphs.ts';
import type { Span } from './lines.ts';
import { column, type LetterFonts, openSheet, page, parseFonts, type Sheet, type Style } from './sheet.ts';

export interface LetterPdf {
  readonly bytes: Uint8Array;
  /** Characters of the letter that the font cannot show, each once; `[?]` stands in their place. */
  readonly lost: readonly string[];
}

const ink = '#1f2a2e';
const quiet = '#535f64';
const pine = '#22574a';
const text: Style = { size: 10.5, leading: 16, colour: ink };
const answer: Style = { size: 15.5, leading: 22, colour: ink, bold: true };
const team: Style = { size: 11.5, leading: 16, colour: pine, bold: true };
const title: Style = { size: 9.5, leading: 14, colour: quiet };
const label: Style = { size: 8.5, leading: 13.5, colour: quiet };
const foot: Style = { size: 8, leading: 11, colour: quiet };

const contained = <T extends Patient | PractitionerRole>(document: Communication, type: T['resourceType']) =>
  document.contained?.find((one) => one.resourceType === type) as T | undefined;

const nameOf = (name: HumanName | undefined) =>
  name?.text ?? [...(name?.prefix ?? []), ...(name?.given ?? []), name?.family].filter(Boolean).join(' ');

/** A birth date may be known by year or month only. */
const born = (day: string) => (/^\d{4}-\d\d-\d\d$/.test(day) ? dutchDate(day) : day);

interface Facts {
  readonly team: string;
  readonly title: string;
  readonly practice: string;
  readonly resident: readonly string[];
  readonly number: string;
  readonly practiceReferralId: string;
}

/** What stands around the letter, from the Communication alone. A BSN is named only when it travels anyway. */
function factsOf(document: Communication): Facts {
  const patient = contained<Patient>(document, 'Patient');
  const based = (document.basedOn ?? []).map((one) => one.identifier);
  const bsn = patient?.identifier?.find((one) => one.system === identifiers.bsn)?.value;
  return {
    team: contained<PractitionerRole>(document, 'PractitionerRole')?.organization?.display ?? 'Kortelijn',
    title: document.topic?.text ?? 'Terugkoppeling',
    practice: document.recipient?.[0]?.display ?? 'Huisartsenpraktijk',
    resident: [
      nameOf(patient?.name?.[0]),
      ...(patient?.birthDate ? [`geboren ${born(patient.birthDate)}`] : []),
      ...(bsn ? [`BSN ${bsn}`] : []),
    ],
    number: based.find((one) => one?.system === identifiers.journeyNumber)?.value ?? '',
    practiceReferralId: based.find((one) => one?.system !== identifiers.journeyNumber)?.value ?? '',
  };
}

function drawHead(sheet: Sheet, facts: Facts): void {
  sheet.fill(0, 0, page.width, 5, pine);
  const half = column / 2;
  // Cells beside one another, read from left to right; what follows stands below the lowest.
  const row = (cells: readonly (() => void)[], after: number) => {
    const top = sheet.y;
    let lowest = top;
    for (const cell of cells) {
      sheet.moveTo(top);
      cell();
      lowest = Math.max(lowest, sheet.y);
    }
    sheet.moveTo(lowest + after);
  };
  const cell = (left: number, name: string, lines: readonly string[]) => () => {
    const place = { left, width: half - 16 };
    sheet.paragraph([{ text: `${name} ` }], label, place);
    for (const [nth, line] of lines.entries()) sheet.paragraph([{ text: line, bold: nth === 0 }], text, place);
  };
  const right = page.left + half;
  row(
    [
      () => sheet.paragraph([{ text: facts.team, bold: true }], team, { width: half - 16 }),
      () => {
        sheet.space(team.size - title.size);
        sheet.paragraph([{ text: facts.title }], title, { tag: 'H1', left: right, width: half });
      },
    ],
    20,
  );
  row([cell(page.left, 'Aan', [facts.practice]), cell(right, 'Uw verwijzing', [facts.practiceReferralId])], 10);
  row([cell(page.left, 'Over', facts.resident), cell(right, 'Nummer bij Kortelijn', [facts.number])], 14);
  sheet.fill(page.left, sheet.y, column, 0.75, '#d8d5cb');
  sheet.space(22);
}

/** "Wat u hoeft te doen: niets." has its first words in bold. */
function labelled(line: string): Span[] {
  const end = line.indexOf(':') + 1;
  return [{ text: line.slice(0, end), bold: true }, { text: line.slice(end) }];
}

function drawLines(sheet: Sheet, lines: readonly string[]): void {
  for (const line of lines) {
    if (line.trim() === '') sheet.space(text.leading / 2);
    else sheet.paragraph([{ text: line }], text);
  }
}

function drawList(sheet: Sheet, items: readonly string[]): void {
  const list = sheet.group('L');
  for (const item of items) {
    const one = sheet.group('LI', list);
    sheet.room(text.leading);
    const top = sheet.y;
    sheet.paragraph([{ text: '• ' }], text, { tag: 'Lbl', parent: one, left: page.left + 4 });
    sheet.moveTo(top);
    sheet.paragraph([{ text: item }], text, { tag: 'LBody', parent: one, left: page.left + 18, width: column - 18 });
    one.end();
  }
  list.end();
}

function drawTodo(sheet: Sheet, lines: readonly string[]): void {
  const inner = { left: page.left + 16, width: column - 28 };
  const count = lines.reduce((sum, line) => sum + sheet.linesIn(labelled(line), text, inner.width).length, 0);
  const height = count * text.leading + 20;
  sheet.room(height + 12);
  sheet.space(4);
  const top = sheet.y;
  sheet.fill(page.left, top, column, height, '#e5efeb');
  sheet.fill(page.left, top, 3, height, pine);
  sheet.space(11.5);
  for (const line of lines) sheet.paragraph(labelled(line), text, inner);
  sheet.moveTo(top + height + 8);
}

function drawPart(sheet: Sheet, { kind, lines }: LetterPart): void {
  const [first = '', ...more] = lines;
  // A label does not stay behind at the foot of a sheet, and who signs stays together.
  sheet.room(text.leading * Math.min(lines.length, kind === 'from' ? 6 : 2));
  if (kind === 'answer') {
    for (const line of lines) sheet.paragraph([{ text: line, bold: true }], answer, { tag: 'H2' });
    sheet.space(4);
  } else if (kind === 'todo') drawTodo(sheet, lines);
  else if (kind === 'about' || kind === 'text' || kind === 'from') drawLines(sheet, lines);
  else {
    sheet.paragraph(labelled(first), text);
    if (kind === 'outcomes') {
      drawList(
        sheet,
        more.map((line) => line.replace(/^- /, '')),
      );
    } else drawLines(sheet, more);
  }
  sheet.space(10);
}

/** The outcome stands before what was agreed: a GP reads from the top and stops early. */
const order: readonly LetterPart['kind'][] = [
  'answer',
  'about',
  'outcomes',
  'contact',
  'plan',
  'appointment',
  'text',
  'todo',
  'from',
];

/**
 * The letter as PDF, from the text that the Communication carries and nothing else: no second wording, and what the
 * resident did not share is not in it either. A4, one page when the text allows. The same Communication and fonts give
 * the same bytes. Throws when the fonts are no TrueType.
 */
export function letterPdf(document: Communication, fonts: LetterFonts): LetterPdf {
  const parsed = parseFonts(fonts);
  const lost = new Set<string>();
  // A private character looks different in every font: none of its shapes is right.
  const has = (one: number) =>
    !/\p{Co}/u.test(String.fromCodePoint(one)) &&
    parsed.regular.hasGlyphForCodePoint(one) &&
    parsed.bold.hasGlyphForCodePoint(one);
  const shown = (written: string): string => {
    const found = showable(written, has);
    for (const one of found.lost) lost.add(one);
    return found.text;
  };
  const raw = factsOf(document);
  const facts: Facts = {
    team: shown(raw.team),
    title: shown(raw.title),
    practice: shown(raw.practice),
    resident: raw.resident.map(shown),
    number: shown(raw.number),
    practiceReferralId: shown(raw.practiceReferralId),
  };
  const written = document.payload?.findLast((one) => one.contentString !== undefined)?.contentString ?? '';
  const parts = readLetter(shown(written));
  parts.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  const sheet = openSheet(parsed, {
    title: facts.title,
    created: new Date(document.sent ?? 0),
    message: document.identifier?.find((one) => one.system === identifiers.message)?.value ?? '',
  });
  const who = facts.resident.join(', ');
  sheet.onNext(() => {
    sheet.aside(who, label, { x: page.left, baseline: sheet.y });
    sheet.space(22);
  });
  drawHead(sheet, facts);
  for (const part of parts) drawPart(sheet, part);
  if (lost.size > 0) {
    const notice = `Waar ${instead} staat, kan deze brief een teken niet laten zien. Vraag het zo nodig aan de Wally.`;
    sheet.paragraph([{ text: notice }], { ...label, colour: ink });
  }
  const bytes = sheet.close((nth, count) => {
    const baseline = page.height - 48;
    sheet.aside(facts.number, foot, { x: page.left, baseline });
    sheet.aside(`pagina ${nth} van ${count}`, foot, { x: page.left + column, baseline, upTo: true });
  });
  return { bytes, lost: [...lost] };
}
