import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { claimsTogether } from '../../src/delivery/batch.ts';
import { theLine } from '../../src/referral/actor.ts';
import { directoryReader } from '../../src/store/directory.ts';
import type { Store } from '../../src/store/store.ts';
import { committed } from '../doubles/made.ts';
import { type OutboxBench, openOutboxBench } from '../store/outbox-bench.ts';

let bench: OutboxBench;
beforeAll(async () => {
  bench = await openOutboxBench();
});
beforeEach(() => bench.fresh());
afterAll(() => bench.close());

/** The same store, that counts the statements it is asked for by their name. */
function counting(): { readonly store: Store; readonly asked: Map<string, number> } {
  const asked = new Map<string, number>();
  const pool = new Proxy(bench.at.store.pool, {
    get: (target, key) => {
      const value = Reflect.get(target, key, target);
      if (key !== 'query') return value;
      return (statement: { name?: string }, ...rest: unknown[]) => {
        const name = statement.name ?? '';
        asked.set(name, (asked.get(name) ?? 0) + 1);
        return Reflect.apply(value, target, [statement, ...rest]);
      };
    },
  });
  return { store: { ...bench.at.store, pool }, asked };
}

const queued = async (count: number) => {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) ids.push(await bench.put(n % 2 ? bench.one : bench.two, { recipient: `r${n}` }));
  await bench.offered();
  return ids;
};

describe('claims of one moment', () => {
  test('share a statement, and each gets its own', async () => {
    const ids = await queued(20);
    const { store, asked } = counting();
    const claim = claimsTogether(store);
    const claims = await Promise.all(ids.map((id) => claim({ id, generation: 0 }, 60_000)));
    expect(claims.map((one) => one?.id)).toEqual(ids);
    expect(new Set(claims.map((one) => one?.lease)).size).toBe(20);
    expect(asked).toEqual(new Map([['claim', 1]]));
    // What came later goes in a statement of its own, and finds them taken.
    expect(await claim({ id: ids[0] ?? '', generation: 0 }, 60_000)).toBeUndefined();
    expect(asked).toEqual(new Map([['claim', 2]]));
  });

  test('that cannot go together go alone: one that is no delivery at all fails nobody else', async () => {
    const ids = await queued(3);
    const claim = claimsTogether(bench.at.store);
    const [bad, ...good] = await Promise.allSettled(
      ['no number', ...ids].map((id) => claim({ id, generation: 0 }, 60_000)),
    );
    expect(bad?.status).toBe('rejected');
    expect(good.map((one) => one.status === 'fulfilled' && one.value?.id)).toEqual(ids);
    for (const id of ids) expect(await bench.look(id)).toMatchObject({ attempts: 1, leased: true });
  });

  test('each last as long as they asked for', async () => {
    const [short, long] = (await queued(2)) as [string, string];
    const claim = claimsTogether(bench.at.store);
    await Promise.all([claim({ id: short, generation: 0 }, 0), claim({ id: long, generation: 0 }, 60_000)]);
    const again = await Promise.all([short, long].map((id) => claim({ id, generation: 0 }, 60_000)));
    expect(again.map((one) => one?.id)).toEqual([short, undefined]);
    expect(again[0]).toMatchObject({ ambiguous: true, attempts: 2 });
  });
});

test('who asks for the directory at one moment shares a question; who asks after a change sees it', async () => {
  const { store, asked } = counting();
  const directory = directoryReader(store);
  const [first] = await Promise.all(Array.from({ length: 10 }, () => directory()));
  expect(asked.get('directory-revision')).toBe(1);
  const underWay = directory();
  await committed(bench.at.store, {
    scope: { practice: '' },
    directory: [
      {
        resource: { resourceType: 'Organization', id: 'new-practice', name: 'Nieuw' },
        validFrom: bench.at.now.toISOString(),
      },
    ],
    audit: [
      {
        event: 'directory-changed',
        at: bench.at.now.toISOString(),
        actor: { id: theLine.id, role: theLine.role },
        action: 'C',
        outcome: 'ok',
        purpose: 'HOPERAT',
      },
    ],
  });
  expect((await directory()).revision).toBe((first?.revision ?? 0) + 1);
  await underWay;
});
