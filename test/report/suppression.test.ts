import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Line, least, suppressed } from '../../src/report/suppression.ts';

/** A table with its totals, as names and lines. */
function tableOf(values: readonly (readonly number[])[]) {
  const width = values[0]?.length ?? 0;
  const counts = new Map<string, number>();
  const sum = (all: readonly number[]) => all.reduce((a, b) => a + b, 0);
  const row = (r: number) => values[r] ?? [];
  const column = (c: number) => values.map((one) => one[c] ?? 0);
  values.forEach((one, r) => {
    one.forEach((value, c) => {
      counts.set(`${r},${c}`, value);
    });
    counts.set(`${r},all`, sum(row(r)));
  });
  const columns = Array.from({ length: width }, (_, c) => c);
  for (const c of columns) counts.set(`all,${c}`, sum(column(c)));
  counts.set('all,all', sum(values.flat()));
  const lines: Line[] = [
    ...values.map((_, r) => ({ total: `${r},all`, parts: columns.map((c) => `${r},${c}`) })),
    ...columns.map((c) => ({ total: `all,${c}`, parts: values.map((_, r) => `${r},${c}`) })),
    { total: 'all,all', parts: values.map((_, r) => `${r},all`) },
    { total: 'all,all', parts: columns.map((c) => `all,${c}`) },
  ];
  return { counts, lines };
}

const prime = 1_000_003;
const inverse = (value: number): number => {
  let [result, base, power] = [1, value, prime - 2];
  for (; power > 0; power = Math.floor(power / 2)) {
    if (power % 2 === 1) result = Number((BigInt(result) * BigInt(base)) % BigInt(prime));
    base = Number((BigInt(base) * BigInt(base)) % BigInt(prime));
  }
  return result;
};
const mod = (value: number) => ((value % prime) + prime) % prime;

/** The rank of rows of numbers, in a field: an arithmetic of its own beside that of the code. */
function rank(rows: readonly (readonly number[])[]): number {
  const left = rows.map((row) => row.map(mod));
  let found = 0;
  for (let column = 0; column < (left[0]?.length ?? 0); column += 1) {
    const at = left.findIndex((row, n) => n >= found && row[column] !== 0);
    const pivot = left[at];
    if (!pivot) continue;
    [left[at], left[found]] = [left[found] ?? [], pivot];
    const scale = inverse(pivot[column] ?? 1);
    for (let n = found + 1; n < left.length; n += 1) {
      const times = Number((BigInt(left[n]?.[column] ?? 0) * BigInt(scale)) % BigInt(prime));
      left[n] = (left[n] ?? []).map((value, c) =>
        mod(value - Number((BigInt(times) * BigInt(pivot[c] ?? 0)) % BigInt(prime))),
      );
    }
    found += 1;
  }
  return found;
}

/** Whether a number that is left out follows from the lines: adding "it is known" teaches nothing new then. */
function follows(name: string, out: ReadonlySet<string>, lines: readonly Line[]): boolean {
  const names = [...out];
  const row = (line: Line) => names.map((one) => (line.parts.includes(one) ? 1 : 0) - (line.total === one ? 1 : 0));
  const rows = lines.map(row);
  const own = names.map((one) => (one === name ? 1 : 0));
  return rank([...rows, own]) === rank(rows);
}

const tables = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })).chain(([rows, columns]) =>
  fc.array(
    fc.array(fc.oneof(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 60 })), {
      minLength: columns,
      maxLength: columns,
    }),
    {
      minLength: rows,
      maxLength: rows,
    },
  ),
);

describe('numbers under five', () => {
  test('are never printed, and never follow from what is printed, by any adding and subtracting', () => {
    fc.assert(
      fc.property(tables, (values) => {
        const { counts, lines } = tableOf(values);
        const out = suppressed(counts, lines);
        for (const [name, count] of counts) {
          if (count === 0 || count >= least) continue;
          expect(out.has(name)).toBe(true);
          expect([name, follows(name, out, lines)]).toEqual([name, false]);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('what is left out of a line with a printed total adds up to five at least', () => {
    fc.assert(
      fc.property(tables, (values) => {
        const { counts, lines } = tableOf(values);
        const out = suppressed(counts, lines);
        for (const { total, parts } of lines) {
          const hidden = parts.filter((one) => out.has(one));
          const sum = hidden.reduce((all, one) => all + (counts.get(one) ?? 0), 0);
          if (hidden.length > 0 && !out.has(total)) expect(sum).toBeGreaterThanOrEqual(least);
        }
      }),
    );
  });

  test('nothing is left out where nothing is small', () => {
    const { counts, lines } = tableOf([
      [5, 9, 0],
      [12, 0, 7],
    ]);
    expect([...suppressed(counts, lines)]).toEqual([]);
  });

  test('one small number takes the smallest others with it, no more', () => {
    const { counts, lines } = tableOf([
      [2, 20, 30],
      [8, 40, 50],
      [9, 60, 70],
    ]);
    expect([...suppressed(counts, lines)].toSorted()).toEqual(['0,0', '0,1', '1,0', '1,1']);
  });

  test('the test can fail: without the others the small number follows', () => {
    const { lines } = tableOf([
      [2, 20],
      [8, 40],
    ]);
    expect(follows('0,0', new Set(['0,0']), lines)).toBe(true);
  });
});
