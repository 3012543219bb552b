import { type Ending, endings, type Measure, median } from './measures.ts';
import { type Line, least, suppressed } from './suppression.ts';

/** A number as it is printed; null: left out, because it or its neighbour could point at a person. */
export type Printed = number | null;

export interface FigureRow {
  readonly label: readonly string[];
  readonly referrals: Printed;
  /** Referrals in which someone spoke with the resident (H13). */
  readonly contacts: Printed;
  readonly endings: Readonly<Record<Ending, Printed>>;
  /** Medians in days, only of five referrals or more. */
  readonly toOpened: Printed;
  readonly toContact: Printed;
  readonly toClosed: Printed;
  readonly toLanded: Printed;
}

export interface FigureTable {
  readonly name: 'who' | 'life-area' | 'age-band';
  readonly rows: readonly FigureRow[];
}

export interface QuarterFigures {
  readonly tables: readonly FigureTable[];
  readonly total: FigureRow;
  /** Coded outcomes per life area, at closing. */
  readonly outcomes: readonly { readonly lifeArea: string; readonly outcome: string; readonly count: Printed }[];
}

interface Group {
  readonly key: string;
  readonly label: readonly string[];
  readonly measures: readonly Measure[];
}

function grouped(
  measures: readonly Measure[],
  labels: (one: Measure) => readonly (readonly string[])[],
  name: string,
): Group[] {
  const groups = new Map<string, Group>();
  for (const one of measures)
    for (const label of labels(one)) {
      const key = `${name}|${label.join('|')}`;
      groups.set(key, { key, label, measures: [...(groups.get(key)?.measures ?? []), one] });
    }
  return [...groups.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

const times = ['toOpened', 'toContact', 'toClosed', 'toLanded'] as const;

/** Every number of a row, by name: what is printed, and what follows from it (the referrals without a contact). */
function cellsOf({ key, measures }: Group): { counts: [string, number][]; lines: Line[] } {
  const ending = endings.map(
    (one) => [`${key}#${one}`, measures.filter((found) => found.ending === one).length] as const,
  );
  const contacts = measures.filter((one) => one.toContact !== undefined).length;
  const all = `${key}#all`;
  return {
    counts: [
      ...ending.map(([name, count]): [string, number] => [name, count]),
      [`${key}#contact`, contacts],
      [`${key}#no-contact`, measures.length - contacts],
      [all, measures.length],
    ],
    lines: [
      { total: all, parts: ending.map(([name]) => name) },
      { total: all, parts: [`${key}#contact`, `${key}#no-contact`] },
    ],
  };
}

/** Rows of one table add up, column by column, to the whole. */
function columnLines(groups: readonly Group[], whole: string): Line[] {
  return ['all', 'contact', 'no-contact', ...endings].map((column) => ({
    total: `${whole}#${column}`,
    parts: groups.map((one) => `${one.key}#${column}`),
  }));
}

/**
 * The figures of a quarter: who referred to whom, by life area and by age band, with cells under five left out, also
 * where subtraction would give them. A referral about two life areas stands in both, so those do not add up. Pure.
 */
export function quarterFigures(measures: readonly Measure[]): QuarterFigures {
  const whole: Group = { key: 'whole', label: [], measures };
  const who = grouped(measures, (one) => [[one.practice, one.owner || one.team]], 'who');
  const areas = grouped(
    measures,
    (one) => (one.lifeAreas.length > 0 ? one.lifeAreas.map((area) => [area]) : [['']]),
    'area',
  );
  const ages = grouped(measures, (one) => [[one.ageBand]], 'age');
  const closed = measures.flatMap((one) => one.outcomes);
  const outcomes = new Map<string, number>();
  for (const [area, outcome] of closed)
    outcomes.set(`out|${area}|${outcome}`, (outcomes.get(`out|${area}|${outcome}`) ?? 0) + 1);
  const cells = [whole, ...who, ...areas, ...ages].map(cellsOf);
  const counts = new Map([...cells.flatMap((one) => one.counts), ...outcomes]);
  const lines = [...cells.flatMap((one) => one.lines), ...columnLines(who, whole.key), ...columnLines(ages, whole.key)];
  const hidden = suppressed(counts, lines);
  const printed = (name: string): Printed => (hidden.has(name) ? null : (counts.get(name) ?? 0));
  const row = ({ key, label, measures: own }: Group): FigureRow => {
    const middle = (name: (typeof times)[number]): Printed => {
      const days = own.flatMap((one) => one[name] ?? []);
      return days.length >= least ? (median(days) ?? null) : null;
    };
    return {
      label,
      referrals: printed(`${key}#all`),
      contacts: printed(`${key}#contact`),
      endings: Object.fromEntries(endings.map((one) => [one, printed(`${key}#${one}`)])) as Record<Ending, Printed>,
      toOpened: middle('toOpened'),
      toContact: middle('toContact'),
      toClosed: middle('toClosed'),
      toLanded: middle('toLanded'),
    };
  };
  return {
    total: row(whole),
    tables: [
      { name: 'who', rows: who.map(row) },
      { name: 'life-area', rows: areas.map(row) },
      { name: 'age-band', rows: ages.map(row) },
    ],
    outcomes: [...outcomes.keys()].toSorted().map((name) => {
      const [, lifeArea = '', outcome = ''] = name.split('|');
      return { lifeArea, outcome, count: printed(name) };
    }),
  };
}
