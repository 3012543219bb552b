/** A row of what is shown: values by the name of their column. */
export type Row = Readonly<Record<string, string | number | boolean | null | undefined>>;

const textOf = (value: Row[string]) => (value === null || value === undefined ? '' : String(value));

/** Rows as a table with its columns in line, or as one JSON array for a program. */
export function shown(rows: readonly Row[], asJson: boolean): string {
  if (asJson) return `${JSON.stringify(rows, null, 2)}\n`;
  const [first] = rows;
  if (!first) return 'Nothing.\n';
  const names = Object.keys(first);
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => textOf(row[name]).length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, nth) => cell.padEnd(widths[nth] ?? 0))
      .join('  ')
      .trimEnd();
  return `${[line(names), ...rows.map((row) => line(names.map((name) => textOf(row[name]))))].join('\n')}\n`;
}

const barWidth = 30;

/** How far work is, as one line; on a terminal it is written over the line before. */
export function progress(done: number, total: number, isTerminal: boolean): string {
  const full = total === 0 ? barWidth : Math.floor((done / total) * barWidth);
  const text = `[${'#'.repeat(full)}${'.'.repeat(barWidth - full)}] ${done} of ${total}`;
  return isTerminal ? `\r${text}` : `${text}\n`;
}

/** The English sentences of a refusal, as one. */
export const wordsOf = (refusal: { readonly refused: readonly { readonly said: { readonly en: string } }[] }): string =>
  refusal.refused.map(({ said }) => said.en).join(' ');
