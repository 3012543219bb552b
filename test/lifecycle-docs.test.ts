import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { lifecyclePicture } from '../scripts/lifecycle-draw.ts';
import { lifecyclePage } from '../scripts/lifecycle-page.ts';
import { moveWords, stateWords } from '../scripts/lifecycle-words.ts';
import { TRANSITIONS } from '../src/referral/lifecycle/transitions.ts';

const doc = (path: string) => readFile(new URL(`../docs/${path}`, import.meta.url), 'utf8');

describe('the table of the life of a referral in the docs', () => {
  test('is what the code says today; npm run lifecycle makes it again', async () => {
    expect(await doc('images/lifecycle.svg')).toBe(lifecyclePicture());
    expect(await doc('lifecycle.md')).toBe(lifecyclePage());
  });

  test('every move and every state of the table stands in the picture', () => {
    const picture = lifecyclePicture();
    const all = TRANSITIONS.flatMap((row) => [
      moveWords[row.move],
      ...[...row.from, row.to].map((one) => (one === 'same' ? '' : (stateWords[one] ?? one))),
    ]);
    expect(all.filter((words) => !picture.includes(words))).toEqual([]);
  });

  test('the page that a team lead reads shows the picture', async () => {
    expect(await doc('teamleider.md')).toContain('(images/lifecycle.svg)');
  });
});
