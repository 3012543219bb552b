import { describe, expect, test } from 'vitest';
import { regionWith } from '../scripts/fixture-case.ts';
import { type Fuzzing, mutantOf, tryMutant } from '../scripts/fuzz/run.ts';
import { casesOf } from '../scripts/mapping/cases.ts';
import { loadMappings } from '../src/mapping/load.ts';

const count = 2_500;
const seed = 1;

const mappings = await loadMappings();
const region = await regionWith({});
const fuzzings: (readonly [string, Fuzzing])[] = await Promise.all(
  [...mappings].map(async ([name, mapping]) => {
    const cases = await casesOf(name, new URL('../fixtures/', import.meta.url));
    return [name, { mappings, mapping, cases, region, seed }] as const;
  }),
);

// Time and memory are what `npm run fuzz` looks at, with 200,000 of each: here only what any machine can say for sure.
describe.each(fuzzings)('%s', (name, fuzzing) => {
  test(`${count} mutants: none throws, and what is taken says what a second reader reads`, { timeout: 300_000 }, () => {
    expect(fuzzing.cases).not.toEqual([]);
    const wrong: string[] = [];
    let taken = 0;
    for (let nth = 0; nth < count && wrong.length < 10; nth += 1) {
      const tried = tryMutant(fuzzing, mutantOf(fuzzing, nth));
      if (tried.isTaken) taken += 1;
      for (const one of tried.wrong)
        wrong.push(`npm run fuzz -- --format ${name} --seed ${seed} --first ${nth} --count 1: ${one}`);
    }
    expect(wrong).toEqual([]);
    // Mutants that are all refused would show nothing of what is taken.
    expect(taken).toBeGreaterThan(count / 20);
  });
});

test('a mutant is the same whenever it is made', () => {
  for (const [, fuzzing] of fuzzings.filter(([, one]) => one.cases.length > 0)) {
    const twice = [mutantOf(fuzzing, 17), mutantOf(fuzzing, 17)].map(({ bytes }) => Buffer.from(bytes).toString('hex'));
    expect(twice[0]).toBe(twice[1]);
  }
});
