import { readdirSync, readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, test } from 'vitest';

const root = new URL('../', import.meta.url);
/** A linear expression reads a hundred thousand characters in a few milliseconds, a quadratic one in many seconds. */
const length = 100_000;
const stuckMs = 2_000;

const literal =
  /(?:[=(,:;!&|?[{]|return|=>)\s*\/((?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([dgimsuvy]*)(?=[\s.,;)\]}:])/g;

interface Found {
  readonly file: string;
  readonly source: string;
  readonly flags: string;
}

function expressionsIn(folder: string): Found[] {
  return readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((one) => one.endsWith('.ts'))
    .flatMap((one) =>
      [...readFileSync(new URL(`${folder}${one}`, root), 'utf8').matchAll(literal)].map(
        ([, source = '', flags = '']) => ({
          file: `${folder}${one}`,
          source,
          flags,
        }),
      ),
    );
}

/** Texts that make an expression try again: what it may repeat, then what it does not end in. */
function hostileFor(source: string): string[] {
  const letters = new Set([...source.replaceAll(/\\[a-zA-Z]|[[\](){}|^$*+?.\\]/g, '')].slice(0, 12));
  const kinds = [' ', '\t', '\n', 'a', 'A', '0', '-', '.', '/', '_', '\\', ...letters];
  return kinds
    .flatMap((one) => [`${one.repeat(length)}\u0001`, `a${one.repeat(length)}\u0001a`])
    .concat('a1 '.repeat(length / 3), 'a.'.repeat(length / 2));
}

/** Whether it comes to an end on each of them. */
function isStuck({ source, flags }: Found): boolean {
  const context = createContext({ texts: hostileFor(source), pattern: new RegExp(source, flags.replace('y', '')) });
  try {
    runInContext('for (const text of texts) { pattern.lastIndex = 0; pattern.test(text); }', context, {
      timeout: stuckMs,
    });
    return false;
  } catch {
    return true;
  }
}

describe('expressions that see input', () => {
  const all = [...expressionsIn('src/'), ...expressionsIn('mappings/')];
  const once = [...new Map(all.map((one) => [`${one.source}/${one.flags}`, one])).values()];

  test('are found', () => {
    expect(once.length).toBeGreaterThan(150);
  });

  test('each comes to an end on a hundred thousand characters made to hold it up', { timeout: 300_000 }, () => {
    expect(once.filter(isStuck).map(({ file, source }) => `${file} /${source}/`)).toEqual([]);
  });

  test('one that does not is found', () => {
    expect(isStuck({ file: '', source: '^(a+)+$', flags: '' })).toBe(true);
  });
});
