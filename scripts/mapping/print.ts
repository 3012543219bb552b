import { styleText } from 'node:util';

/** A heading, bold on a terminal. */
export const heading = (text: string): string => `${styleText('bold', text, { stream: process.stdout })}\n`;

/** Two columns, the second aligned. */
export function columns(rows: readonly (readonly [string, string])[], indent = '  '): string {
  const width = Math.min(60, Math.max(0, ...rows.map(([left]) => left.length)));
  return rows.map(([left, right]) => `${indent}${left.padEnd(width)}  ${right}`.trimEnd().concat('\n')).join('');
}

/** Every value of a plain object with the place it has in it, for people; long ones are cut. */
export function flat(value: unknown, name = ''): [string, string][] {
  if (typeof value !== 'object' || value === null) {
    const text = String(value).replaceAll(/\s+/g, ' ');
    return [[name, text.length > 100 ? `${text.slice(0, 100)}…` : text]];
  }
  return Object.entries(value).flatMap(([key, one]) =>
    flat(one, Array.isArray(value) ? `${name}[${key}]` : name === '' ? key : `${name}.${key}`),
  );
}
