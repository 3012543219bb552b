import { isLifeArea, lifeAreas } from '../referral/life-area.ts';
import { endings } from './measures.ts';
import type { FigureRow, FigureTable, Printed, QuarterFigures } from './quarter.ts';
import { least } from './suppression.ts';

const heads: Record<FigureTable['name'], string> = {
  who: 'Praktijk → Wally',
  'life-area': 'Leefgebied',
  'age-band': 'Leeftijd',
};
const endingHeads = ['afgesloten', 'niet bereikt', 'niet aangenomen', 'gestopt', 'loopt nog'];
const columns = ['verwezen', 'contact', ...endingHeads, 'geopend', 'contact na', 'afgesloten na', 'in dossier na'];

const shown = (value: Printed) => (value === null ? '·' : String(value));

function cells(row: FigureRow): string[] {
  const { referrals, contacts, toOpened, toContact, toClosed, toLanded } = row;
  const counted = [referrals, contacts, ...endings.map((one) => row.endings[one])];
  return [...counted, toOpened, toContact, toClosed, toLanded].map(shown);
}

function lines(head: string, rows: readonly (readonly [string, readonly string[]])[]): string[] {
  const all = [[head, columns] as const, ...rows];
  const first = Math.max(...all.map(([label]) => label.length));
  const widths = columns.map((_, n) => Math.max(...all.map(([, values]) => (values[n] ?? '').length)));
  return all.map(([label, values]) =>
    [label.padEnd(first), ...values.map((value, n) => value.padStart(widths[n] ?? 0))].join('  '),
  );
}

const areaName = (code: string) => (isLifeArea(code) ? lifeAreas[code].nl : 'niet genoemd');

/** The figures as a page of text; `name` gives the name of a practice, Wally or team. */
export function figuresText(
  figures: QuarterFigures,
  days: { readonly from: string; readonly to: string },
  name: (id: string) => string,
): string {
  const label = (table: FigureTable, row: FigureRow): string => {
    const [first = '', second = ''] = row.label;
    if (table.name === 'who') return `${name(first)} → ${name(second)}`;
    return table.name === 'life-area' ? areaName(first) : first;
  };
  const tables = figures.tables.flatMap((table) => [
    '',
    ...lines(heads[table.name], [
      ...table.rows.map((row) => [label(table, row), cells(row)] as const),
      // A referral about two life areas stands in both rows: a sum below them would be no number of referrals.
      ...(table.name === 'life-area' ? [] : [['samen', cells(figures.total)] as const]),
    ]),
  ]);
  const outcomes = figures.outcomes.map((one) => `${areaName(one.lifeArea)}, ${one.outcome}: ${shown(one.count)}`);
  return `${[
    `Verwijzingen die binnenkwamen van ${days.from} tot en met ${days.to}`,
    `· = weggelaten: minder dan ${least}, of uit te rekenen wat minder dan ${least} is. Dagen: de middelste.`,
    ...tables,
    ...(outcomes.length > 0 ? ['', 'Uitkomst per leefgebied bij afsluiten', ...outcomes] : []),
  ].join('\n')}\n`;
}
