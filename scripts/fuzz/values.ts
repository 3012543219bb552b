import type { Random } from './random.ts';

/** Values at the edge of what a field may hold: dates, numbers, characters, sizes. */
const edges: readonly string[] = [
  '',
  ' ',
  '0',
  '-1',
  '1e309',
  '00000000',
  '99999999',
  '20260230',
  '19000229',
  '2026-02-30',
  '0000-00-00',
  '9999-12-31',
  '2026-11-23T24:00:00Z',
  '2026-11-23T09:00:00+99:99',
  '000000000',
  '123456782',
  '111222333',
  '999990019',
  'null',
  'true',
  '""',
  '\u0000',
  '\u202e9102',
  'a\u0301\u0327',
  '👩‍👩‍👧',
  '\ufeff',
  'Ærøskøbing',
  '\u200b',
  '../../etc',
  '__proto__',
  'constructor',
  '\\X0D\\',
  '\\.br\\',
  "?'+:",
  '|^~\\&',
];

const hugeMax = 200_000;

/** A value that somebody may well send by accident, or on purpose. */
export function edgeValue(random: Random): string {
  if (random.chance(40)) return random.pick(['A', '9', 'é', ' ', '~', '&']).repeat(random.int(hugeMax));
  return random.pick(edges);
}

/** A value like the one it was: a character more, less or another, a digit changed, other case. */
export function nearValue(random: Random, value: string): string {
  const at = random.int(value.length + 1);
  const kinds = [
    () => value.slice(0, at) + value.slice(at + 1),
    () => value.slice(0, at) + random.pick(['x', '9', 'ë', '-', '.', ' ']) + value.slice(at),
    () => value.replace(/\d/g, (one) => (random.chance(4) ? String(random.int(10)) : one)),
    () => value.toUpperCase(),
    () => [...value].reverse().join(''),
    () => value + value,
  ];
  return random.pick(kinds)();
}

/** Either of the two; a value like it was is more likely to get far. */
export const otherValue = (random: Random, value: string): string =>
  random.chance(3) ? edgeValue(random) : nearValue(random, value);
