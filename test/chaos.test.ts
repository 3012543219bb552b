import { describe, expect, test } from 'vitest';
import { judgeEffects, outOfOrder } from '../scripts/chaos/judge.ts';
import { runChaos } from '../scripts/chaos/run.ts';
import { redisMissing } from './doubles/redis.ts';

const seed = Number(process.env.CHAOS_SEED ?? Math.trunc(Math.random() * 1_000_000));
const referrals = Number(process.env.CHAOS_REFERRALS ?? 50);

async function shortForm(queue: 'redis' | 'postgresql'): Promise<void> {
  console.log(`CHAOS_SEED=${seed}`);
  const said: string[] = [];
  const { figures, violations } = await runChaos({
    referrals,
    seed,
    queue,
    hoursPerStep: 8,
    rounds: 2,
    killsOn: false,
    say: (text) => void said.push(text),
  });
  console.log(`${JSON.stringify(figures)}\n${violations.length > 0 ? said.join('\n') : (said.at(-1) ?? '')}`);
  expect(violations).toEqual([]);
  expect(figures).toMatchObject({ acknowledged: referrals, lost: 0, 'twice otherwise': 0, 'outage held': 0 });
  // It was chaos: everything that can be killed was, and the receivers failed in each of their ways.
  for (const [name, count] of Object.entries(figures))
    if (/^(kills|requests) /.test(name)) expect(`${name} ${count > 0}`).toBe(`${name} true`);
}

describe('everything is killed, in turn and again', () => {
  const title = `${referrals} referrals: none lost, no effect twice, each journey in its order`;
  test.skipIf(redisMissing)(
    `${title}; BullMQ on Redis${redisMissing ? ` (not run: ${redisMissing})` : ''}`,
    { timeout: 400_000 },
    () => shortForm('redis'),
  );
  // Where there is no Redis the queue in PostgreSQL itself goes through the same; elsewhere `npm run chaos -- --queue postgresql`.
  if (redisMissing) test(`${title}; BullMQ on PostgreSQL`, { timeout: 400_000 }, () => shortForm('postgresql'));
});

describe('how effects are judged', () => {
  const key = 'system|one';
  const asked = (beganMs: number, found: boolean) => ({ key, beganMs, found });

  test('one effect is none too many, however often it was sent and asked for', () => {
    const posted = [
      { key, arrivedMs: 0 },
      { key, arrivedMs: 10, effectMs: 11 },
      { key, arrivedMs: 20 },
    ];
    expect(judgeEffects(posted, [asked(5, false), asked(15, true)])).toEqual({ messages: 1, twice: [], late: 0 });
  });

  test('a second effect without a question before it is a broken promise', () => {
    const posted = [
      { key, arrivedMs: 0, effectMs: 1 },
      { key, arrivedMs: 10, effectMs: 11 },
    ];
    expect(judgeEffects(posted, [])).toEqual({ messages: 1, twice: [key], late: 0 });
    expect(judgeEffects(posted, [asked(5, true)])).toEqual({ messages: 1, twice: [key], late: 0 });
    // Asked about another message, or before the first request came, or after both had their effect.
    expect(judgeEffects(posted, [{ key: 'system|other', beganMs: 0.5, found: false }]).twice).toEqual([key]);
    expect(judgeEffects(posted, [asked(-1, false)]).twice).toEqual([key]);
    expect(judgeEffects(posted, [asked(12, false)]).twice).toEqual([key]);
  });

  test('a request that was under way when the receiver said "not there" is late, and counted apart', () => {
    const posted = [
      { key, arrivedMs: 0, effectMs: 30 },
      { key, arrivedMs: 10, effectMs: 11 },
    ];
    expect(judgeEffects(posted, [asked(5, false)])).toEqual({ messages: 1, twice: [], late: 1 });
    // It explains one second effect, not two.
    expect(judgeEffects([...posted, { key, arrivedMs: 40, effectMs: 41 }], [asked(5, false)])).toEqual({
      messages: 1,
      twice: [key],
      late: 1,
    });
  });

  test('the order of a journey is that of the first effects; one that never came is out of order', () => {
    const posted = [
      { key: 'interim', arrivedMs: 0, effectMs: 1 },
      { key: 'final', arrivedMs: 2, effectMs: 3 },
      { key: 'interim', arrivedMs: 0, effectMs: 9 },
    ];
    expect(outOfOrder(posted, [['interim', 'final']])).toEqual([]);
    expect(outOfOrder(posted, [['final', 'interim']])).toEqual([['final', 'interim']]);
    expect(outOfOrder(posted, [['interim', 'lost']])).toEqual([['interim', 'lost']]);
  });
});
