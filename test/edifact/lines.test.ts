import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blocksOf, type Line, subjectOf, wrapLine, wrapText } from '../../src/edifact/lines.ts';

const words = fc
  .array(fc.oneof(fc.constantFrom(' ', '  ', '-', 'x'.repeat(69), 'y'.repeat(70), 'z'.repeat(71)), fc.string()), {
    maxLength: 30,
  })
  .map((parts) => parts.join(' ').replace(/[\r\n]/g, ''));
const bare = (text: string) => text.replaceAll(' ', '');
const linesOf = (...texts: string[]): Line[] => texts.map((text, n) => ({ text, path: `TXT[${n + 1}]-1` }));

describe('seventy characters', () => {
  test('no line is longer, no character but spaces is gone, and doing it again changes nothing', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 80 }), (text, max) => {
        const lines = wrapLine(text, max);
        expect(lines.every((one) => [...one].length <= max)).toBe(true);
        expect(bare(lines.join(''))).toBe(bare(text));
        expect(lines.flatMap((one) => wrapLine(one, max))).toEqual(lines);
      }),
      { numRuns: 500 },
    );
  });

  test('words that fit on a line stay whole', () => {
    fc.assert(
      fc.property(words, (text) => {
        const fitting = text
          .split(' ')
          .filter((word) => [...word].length <= 70)
          .join(' ');
        const after = wrapLine(fitting).flatMap((one) => one.split(' '));
        expect(after.filter((word) => word !== '')).toEqual(fitting.split(' ').filter((word) => word !== ''));
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    [`${'a'.repeat(70)} b`, ['a'.repeat(70), 'b']],
    ['a'.repeat(71), ['a'.repeat(70), 'a']],
    ['', ['']],
    [' '.repeat(90), ['']],
    [`  - ${'a'.repeat(66)} b`, [`  - ${'a'.repeat(66)}`, 'b']],
  ])('%j', (text, lines) => {
    expect(wrapLine(text)).toEqual(lines);
  });

  test('empty lines stay, also at the end', () => {
    expect(wrapText('een\r\n\r\ntwee\n\n')).toEqual(['een', '', 'twee', '', '']);
  });
});

describe('named lines', () => {
  const names = ['Toestemming', 'Reden van verwijzing', 'Vraag'];

  test('a block is a name and what stands below it', () => {
    const lines = linesOf(
      'Verwijzing Wally',
      '',
      'TOESTEMMING : inwoner, mondeling',
      'Reden van  verwijzing',
      '',
      'schulden: veel',
      '12:00 gebeld',
      '',
      'Vraág:',
      '',
    );
    const { opening, named } = blocksOf(lines, names);
    expect(opening.map((one) => one.text)).toEqual(['Verwijzing Wally']);
    expect(named.map((one) => [one.name, one.path, one.lines.map((line) => line.text)])).toEqual([
      ['Toestemming', 'TXT[3]-1', ['inwoner, mondeling']],
      ['Reden van verwijzing', 'TXT[4]-1', ['', 'schulden: veel', '12:00 gebeld']],
      ['Vraag', 'TXT[9]-1', []],
    ]);
  });

  test('a name that is part of a sentence is none', () => {
    expect(blocksOf(linesOf('Toestemming gegeven: ja', 'over Vraag: niets'), names).named).toEqual([]);
  });

  test('a name that stands there twice is two blocks', () => {
    const { named } = blocksOf(linesOf('Toestemming: ja', 'Toestemming: nee'), names);
    expect(named.map((one) => one.lines[0]?.text)).toEqual(['ja', 'nee']);
  });

  test('the subject is the first line that says something', () => {
    expect(subjectOf(linesOf(' ', 'Verwijzing', 'x'))?.path).toBe('TXT[2]-1');
    expect(subjectOf([])).toBeUndefined();
  });
});
