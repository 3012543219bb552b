/** A sum that is printed beside its parts: whoever has all but one can compute that one. */
export interface Line {
  readonly total: string;
  readonly parts: readonly string[];
}

/** Fewer than so many, and a number may point at a person. */
export const least = 5;

type Row = Map<string, number>;

/** The unknowns that follow from the lines by any adding and subtracting (the rows of the reduced echelon form with one entry). */
function determined(unknown: ReadonlySet<string>, lines: readonly Line[]): Set<string> {
  const rows: Row[] = lines.flatMap(({ total, parts }) => {
    const row: Row = new Map();
    for (const part of parts) if (unknown.has(part)) row.set(part, (row.get(part) ?? 0) + 1);
    if (unknown.has(total)) row.set(total, (row.get(total) ?? 0) - 1);
    return row.size > 0 ? [row] : [];
  });
  const minus = (row: Row, times: number, other: Row) => {
    for (const [name, value] of other) {
      const rest = (row.get(name) ?? 0) - times * value;
      if (Math.abs(rest) < 1e-9) row.delete(name);
      else row.set(name, rest);
    }
  };
  const reduced: Row[] = [];
  for (const row of rows) {
    for (const other of reduced) {
      const [pivot = ''] = other.keys();
      minus(row, row.get(pivot) ?? 0, other);
    }
    const [first] = row;
    if (!first) continue;
    const [pivot, scale] = first;
    const made: Row = new Map([...row].map(([name, value]) => [name, value / scale]));
    for (const other of reduced) minus(other, other.get(pivot) ?? 0, made);
    reduced.push(made);
  }
  return new Set(reduced.flatMap((row) => (row.size === 1 ? [...row.keys()] : [])));
}

/**
 * Which numbers are not printed: those from 1 to 4, and as many others as it takes that none of these can be computed from
 * what is printed (secondary suppression). Per line what is left out adds up to five at least, so that it says nothing of
 * its parts. Smallest numbers go first; tables that share a total share its name. Pure.
 */
export function suppressed(counts: ReadonlyMap<string, number>, lines: readonly Line[]): ReadonlySet<string> {
  const count = (name: string) => counts.get(name) ?? 0;
  const out = new Set([...counts].flatMap(([name, n]) => (n > 0 && n < least ? [name] : [])));
  /** The smallest number of these that is still printed; a nought only when there is nothing else. */
  const next = (names: readonly string[]) =>
    names
      .filter((name) => !out.has(name))
      .toSorted((a, b) => (count(a) || Number.MAX_SAFE_INTEGER) - (count(b) || Number.MAX_SAFE_INTEGER))[0];
  const add = (names: readonly string[]): boolean => {
    const found = next(names);
    if (found !== undefined) out.add(found);
    return found !== undefined;
  };
  for (let isAdding = true; isAdding; ) {
    isAdding = false;
    for (const { total, parts } of lines) {
      const hidden = parts.filter((part) => out.has(part));
      const sum = hidden.reduce((all, part) => all + count(part), 0);
      if (hidden.length > 0 && !out.has(total) && (hidden.length === 1 || sum < least))
        isAdding = add([...parts]) || add([total]) || isAdding;
    }
    for (const name of determined(out, lines)) {
      // What is nought is no secret; what gives it away are the others of its lines.
      if (count(name) === 0) continue;
      const beside = lines.flatMap((line) => (line.total === name || line.parts.includes(name) ? [line] : []));
      isAdding = add(beside.flatMap((line) => line.parts)) || add(beside.map((line) => line.total)) || isAdding;
    }
  }
  return out;
}
