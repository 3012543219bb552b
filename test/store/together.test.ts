import { expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { together } from '../../src/store/together.ts';

// What is asked is ours to say here: nothing of a store is touched.
const store = {} as Store;
const doubled = (questions: readonly number[]) => questions.map((one) => one * 2);

test('questions of one moment share a statement, and each gets its own answer', async () => {
  const batches: number[] = [];
  const ask = together(async (_store, questions: readonly number[]) => {
    batches.push(questions.length);
    return doubled(questions);
  });
  const questions = Array.from({ length: 20 }, (_, n) => n);
  expect(await Promise.all(questions.map((one) => ask(store, one)))).toEqual(doubled(questions));
  expect(batches).toEqual([20]);
});

test('a question that comes while a statement runs waits for the next one: it never gets an older answer', async () => {
  let committed = 'before';
  const began: (() => void)[] = [];
  const running = Promise.withResolvers<void>();
  const ask = together(async (_store, questions: readonly string[]) => {
    const seen = committed;
    for (const tell of began.splice(0)) tell();
    if (seen === 'before') await running.promise;
    return questions.map(() => seen);
  });
  const first = new Promise<void>((resolve) => began.push(resolve));
  const early = ask(store, 'early');
  await first;
  committed = 'after';
  const late = ask(store, 'late');
  running.resolve();
  expect(await Promise.all([early, late])).toEqual(['before', 'after']);
});

test('one bad question fails alone', async () => {
  const ask = together(async (_store, questions: readonly number[]) => {
    if (questions.includes(3)) throw new Error('three');
    return doubled(questions);
  });
  const settled = await Promise.allSettled([1, 2, 3, 4].map((one) => ask(store, one)));
  expect(settled.map((one) => (one.status === 'fulfilled' ? one.value : 'refused'))).toEqual([2, 4, 'refused', 8]);
});

test('stores do not share', async () => {
  const asked: Store[] = [];
  const ask = together(async (of: Store, questions: readonly number[]) => {
    asked.push(of);
    return doubled(questions);
  });
  const other = {} as Store;
  await Promise.all([ask(store, 1), ask(other, 1)]);
  expect(asked).toEqual([store, other]);
});
