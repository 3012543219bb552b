import { expect, test } from 'vitest';
import { startClock } from '../../src/delivery/clock.ts';
import { openLog } from '../../src/log.ts';

function logged() {
  const lines: string[] = [];
  return { lines, log: openLog('info', { write: (line: string) => void lines.push(line) }) };
}

test('every duty runs again and again, each on its own, one that fails too', async () => {
  const { lines, log } = logged();
  const counts = { good: 0, bad: 0 };
  const enough = Promise.withResolvers<void>();
  const count = (which: 'good' | 'bad'): number => {
    counts[which] += 1;
    if (counts.good >= 3 && counts.bad >= 3) enough.resolve();
    return counts[which] === 2 ? 7 : 0;
  };
  const clock = startClock(
    [
      { name: 'good', everyMs: 1, run: async () => count('good') },
      {
        name: 'bad',
        everyMs: 1,
        run: async () => {
          count('bad');
          throw new Error('what it says may hold anything');
        },
      },
    ],
    log,
  );
  await enough.promise;
  await clock.stop();
  const events = lines.map((line) => JSON.parse(line));
  expect(events.filter((one) => one.event === 'good')).toMatchObject([{ count: 7 }]);
  expect(events.filter((one) => one.event === 'bad').length).toBeGreaterThanOrEqual(3);
  expect(lines.join('')).not.toContain('may hold anything');
});

test('a duty never runs twice at once, and stopping waits for the one that runs', async () => {
  const { log } = logged();
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  let runs = 0;
  const clock = startClock(
    [
      {
        name: 'slow',
        everyMs: 1,
        run: async () => {
          running += 1;
          runs += 1;
          most = Math.max(most, running);
          begun.resolve();
          await end.promise;
          running -= 1;
          return 0;
        },
      },
    ],
    log,
  );
  await begun.promise;
  let stopped = false;
  const stopping = clock.stop().then(() => {
    stopped = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(stopped).toBe(false);
  end.resolve();
  await stopping;
  expect({ running, most, runs }).toEqual({ running: 0, most: 1, runs: 1 });
});
