import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../doubles/made.ts';
import { openTestRedis, redisMissing } from '../doubles/redis.ts';
import { prepareService, type Service, storeOf } from '../doubles/service.ts';

const what = 'the service with Redis as its queue';
const named = redisMissing ? `${what} (not run: ${redisMissing})` : what;

/** One referral from the simulated GP system, over the wire. */
async function refer(made: Service): Promise<number> {
  const answer = await fetch(`${made.his}/de-brink/api/patients/p1/refer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      reason: 'Is veel alleen.',
      lifeAreas: ['loneliness'],
      consent: { by: 'resident', how: 'spoken', feedback: true },
    }),
  });
  return ((await answer.json()) as { status: number }).status;
}

async function readiness(made: Service): Promise<{ http: number; said: unknown }> {
  const answer = await fetch(`${made.url}/readyz`);
  return { http: answer.status, said: await answer.json() };
}

/** How often each worklist delivery was tried, once all of them have landed. */
async function landed(made: Service, count: number): Promise<number[]> {
  const { store, close } = await storeOf(made.dataDir);
  const attempts = await until(`${count} stand on the worklist`, async () => {
    const { rows } = await store.pool.query<{ state: string; attempts: number }>(
      `select state, attempts from delivery where kind = 'worklist'`,
    );
    return rows.length === count && rows.every((row) => row.state === 'landed') && rows.map(({ attempts }) => attempts);
  });
  await close();
  return attempts;
}

describe.skipIf(redisMissing)(named, { timeout: 120_000 }, () => {
  test('starts, takes in and stops without it; delivers when it is there; and goes back to the database', async () => {
    const redis = await openTestRedis(false);
    const made = prepareService({ REDIS_URL: redis.url });
    onTestFinished(async () => {
      await made.close();
      await redis.close();
    });
    await made.start();
    // Nothing is refused for want of a queue: the door stays in service, and says what is away.
    expect(await readiness(made)).toEqual({ http: 200, said: { status: 'degraded', waiting: ['queue'] } });
    expect(await refer(made)).toBe(200);
    expect(await made.signal('SIGTERM')).toMatchObject({ code: 0 });

    await made.start();
    await redis.start();
    expect(await landed(made, 1)).toEqual([1]);
    expect(await readiness(made)).toEqual({ http: 200, said: { status: 'ready', waiting: [] } });
    await redis.kill();
    await until(
      'it says so',
      async () => (await readiness(made)).http === 200 && JSON.stringify(await readiness(made)).includes('queue'),
    );
    expect(await refer(made)).toBe(200);
    await redis.start();
    expect(await landed(made, 2)).toEqual([1, 1]);

    // A referral that Redis has queued, or not, when it goes for good.
    await redis.kill();
    expect(await refer(made)).toBe(200);
    expect(await made.signal('SIGTERM')).toMatchObject({ code: 0 });
    const before = prepareService({}, made.dataDir);
    await before.start();
    expect(await landed(before, 3)).toEqual([1, 1, 1]);
    expect(await before.signal('SIGTERM')).toMatchObject({ code: 0 });
    expect(made.output()).not.toContain(redis.url);
  });
});
