import type { Language, Said } from '../fhir/outcome.ts';
import { csvCell } from '../referral/audit-event.ts';
import { isLifeArea, lifeAreas } from '../referral/life-area.ts';
import { endings } from './measures.ts';
import type { FigureRow, FigureTable, Printed, QuarterFigures } from './quarter.ts';
import { least } from './suppression.ts';

const heads: Record<FigureTable['name'], Said> = {
  who: { nl: 'Praktijk → Wally', en: 'Practice → Wally' },
  'life-area': { nl: 'Leefgebied', en: 'Area of life' },
  'age-band': { nl: 'Leeftijd', en: 'Age' },
};
/** In the order of a row's numbers; the last four are days, the middle one of them all. */
const columnsSaid: Record<Language, readonly string[]> = {
  nl: [
    ...['verwezen', 'contact', 'afgesloten', 'niet bereikt', 'niet aangenomen', 'gestopt', 'loopt nog'],
    ...['geopend', 'contact na', 'afgesloten na', 'in dossier na'],
  ],
  en: [
    ...['referred', 'contact', 'closed', 'not reached', 'not accepted', 'stopped', 'still open'],
    ...['opened', 'contact after', 'closed after', 'in record after'],
  ],
};

const shown = (value: Printed) => (value === null ? '·' : String(value));

function cells(row: FigureRow): string[] {
  const { referrals, contacts, toOpened, toContact, toClosed, toLanded } = row;
  const counted = [referrals, contacts, ...endings.map((one) => row.endings[one])];
  return [...counted, toOpened, toContact, toClosed, toLanded].map(shown);
}

function lines({ head, columns, rows }: PrintedTable): string[] {
  const all = [[head, columns] as const, ...rows];
  const first = Math.max(...all.map(([label]) => label.length));
  const widths = columns.map((_, n) => Math.max(...all.map(([, values]) => (values[n] ?? '').length)));
  return all.map(([label, values]) =>
    [label.padEnd(first), ...values.map((value, n) => value.padStart(widths[n] ?? 0))].join('  '),
  );
}

function areaName(code: string, language: Language): string {
  if (isLifeArea(code)) return lifeAreas[code][language];
  return language === 'en' ? 'not named' : 'niet genoemd';
}

/** A table of figures as it is read: what was left out is `·`. */
export interface PrintedTable {
  readonly head: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly [label: string, cells: readonly string[]])[];
}

/** The tables of a quarter, with the sum where rows add up to one; `name` gives the name of a practice, Wally or team. */
export function figureTables(
  figures: QuarterFigures,
  name: (id: string) => string,
  language: Language,
): readonly PrintedTable[] {
  const label = (table: FigureTable, row: FigureRow): string => {
    const [first = '', second = ''] = row.label;
    if (table.name === 'who') return `${name(first)} → ${name(second)}`;
    return table.name === 'life-area' ? areaName(first, language) : first;
  };
  return figures.tables.map((table) => ({
    head: heads[table.name][language],
    columns: columnsSaid[language],
    rows: [
      ...table.rows.map((row) => [label(table, row), cells(row)] as const),
      // A referral about two life areas stands in both rows: a sum below them would be no number of referrals.
      ...(table.name === 'life-area'
        ? []
        : [[language === 'en' ? 'together' : 'samen', cells(figures.total)] as const]),
    ],
  }));
}

/** Every number of a quarter as CSV (RFC 4180), a table below the other, in one language. */
export function figuresCsv(figures: QuarterFigures, name: (id: string) => string, language: Language): string {
  const rows = figureTables(figures, name, language).flatMap((table) => [
    [table.head, ...table.columns],
    ...table.rows.map(([label, values]) => [label, ...values]),
    [],
  ]);
  const outcomes = figures.outcomes.map((one) => [areaName(one.lifeArea, language), one.outcome, shown(one.count)]);
  return [...rows, ...outcomes].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

/** The figures as a page of text; `name` gives the name of a practice, Wally or team. */
export function figuresText(
  figures: QuarterFigures,
  days: { readonly from: string; readonly to: string },
  name: (id: string) => string,
): string {
  const tables = figureTables(figures, name, 'nl').flatMap((table) => ['', ...lines(table)]);
  const outcomes = figures.outcomes.map(
    (one) => `${areaName(one.lifeArea, 'nl')}, ${one.outcome}: ${shown(one.count)}`,
  );
  return `${[
    `Verwijzingen die binnenkwamen van ${days.from} tot en met ${days.to}`,
    `· = weggelaten: minder dan ${least}, of uit te rekenen wat minder dan ${least} is. Dagen: de middelste.`,
    ...tables,
    ...(outcomes.length > 0 ? ['', 'Uitkomst per leefgebied bij afsluiten', ...outcomes] : []),
  ].join('\n')}\n`;
}
