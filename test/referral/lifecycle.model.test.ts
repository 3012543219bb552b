import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { addDays, localDay } from '../../src/referral/deadlines.ts';
import { TRANSITIONS } from '../../src/referral/lifecycle/transitions.ts';
import { openTestStore } from '../doubles/database.ts';
import { openMemoryLine } from './model-line.ts';
import { Story, silent } from './model-play.ts';
import { wallys } from './model-region.ts';
import { loadModelRegion, openStoreLine } from './model-store.ts';
import { count, rowKey, type Tally } from './model-tally.ts';

const sequences = 5_000;
/** One in 250 is played on the real store too. */
const onStore = sequences / 250;

/** Around the changes of the clock, over Christmas, over Easter, and when nothing is near. */
const starts = ['2026-03-25', '2026-03-31', '2026-10-22', '2026-11-23', '2026-12-18'] as const;
const story = fc.record({
  start: fc.constantFrom(...starts),
  actions: fc.noBias(fc.array(fc.nat(), { minLength: 36, maxLength: 54, size: 'max' })),
});

/** Ids that count, apart for each sequence: they may share a database. */
function idsOf(sequence: number): () => string {
  let last = sequence * 65_536;
  return () => {
    last += 1;
    return `00000000-0000-7000-8000-${last.toString(16).padStart(12, '0')}`;
  };
}
const morning = (day: string) => new Date(`${day}T08:30:00Z`);

/** Of these the table allows more than can come about: what must come first has moved the work on. */
const neverComes: readonly string[] = [
  'hear-onward accepted owner',
  'hear-onward accepted line',
  'give-up accepted owner',
  'too-close requested acted-for',
  'too-close received acted-for',
];

describe('random people do random things, and after each of them the promises hold', () => {
  const tally: Tally = { rows: new Map(), lengths: [] };
  let played = 0;
  const medianMoves = () => tally.lengths.toSorted((a, b) => a - b)[Math.floor(tally.lengths.length / 2)];

  test('in memory', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(story, async ({ start, actions }) => {
        played += 1;
        const line = openMemoryLine(morning(start), idsOf(played), {
          moved: (journey, move, actor) => count(tally, journey, move, actor),
        });
        await new Story(line, `M${played}`, tally).play(actions);
      }),
      { numRuns: sequences },
    );
    expect(played).toBeGreaterThanOrEqual(sequences);
  });

  test('half of them are of 30 moves or more', () => {
    expect(medianMoves()).toBeGreaterThanOrEqual(30);
  });

  test('every row of the table was made', () => {
    const made = new Set([...tally.rows.keys()].map((key) => key.split(' ')[0]));
    expect(TRANSITIONS.filter((_, n) => !made.has(`${n}`)).map((row) => row.move)).toEqual([]);
  });

  test('and from nearly every state by everyone who may: the rarest come by chance', () => {
    const each = TRANSITIONS.flatMap((row) => row.from.flatMap((from) => row.by.map((by) => rowKey(row, from, by))));
    const missed = each.filter((key) => !tally.rows.has(key) && !neverComes.some((one) => key.endsWith(one)));
    expect({ missed, few: missed.length < 4 }).toEqual({ missed, few: true });
  });

  afterAll(() => {
    const rarest = [...tally.rows].sort(([, a], [, b]) => a - b).slice(0, 5);
    const said = rarest.map(([key, times]) => `${key} ${times}×`).join(', ');
    process.stdout.write(
      `model: half of ${played} stories have ${medianMoves()} moves or more; rarest rows: ${said}\n`,
    );
  });
});

test(`a share of them on the real store, with restarts: what is in the record is the same`, {
  timeout: 120_000,
}, async () => {
  const tally: Tally = { rows: new Map(), lengths: [] };
  const stories = fc.sample(story, { numRuns: onStore, seed: 5 });
  const lanes = 2;
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      const at = await openTestStore();
      try {
        await loadModelRegion(at);
        for (const [n, { actions }] of stories.entries()) {
          if (n % lanes !== lane) continue;
          // Its directory remembers: time goes on from one story to the next.
          const start = morning(addDays(localDay(at.now), 1));
          at.now = start;
          const line = openStoreLine(at, idsOf(n + 1));
          for (const one of wallys) await line.absent(one, []);
          const onRecord = new Story(line, `S${n}`, tally, 10);
          await onRecord.play(actions);
          const inMemory = new Story(openMemoryLine(start, idsOf(n + 1), silent), `S${n}`, tally);
          await inMemory.play(actions);
          expect(onRecord.trace).toEqual(inMemory.trace);
        }
      } finally {
        await at.close();
      }
    }),
  );
});
