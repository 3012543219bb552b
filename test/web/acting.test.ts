import { afterEach, beforeEach, expect, test } from 'vitest';
import { accept } from '../../src/feedback/moves.ts';
import { assignTo } from '../../src/feedback/reassign.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { actingFor, decide, field } from '../../src/web/acting.ts';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { journeyOf, people, referralOf, referred, siteOver } from './harness.ts';

let at: TestStore;
let site: Site;

beforeEach(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  site = siteOver(at.store);
});
afterEach(() => at.close());

/** Reads, and then lets the team lead be earlier: away and back, so that only the version differs. */
function overtaken(id: string, times: number): () => Promise<Journey> {
  let left = times;
  return async () => {
    const journey = await journeyOf(site, id);
    if (left > 0) {
      left -= 1;
      for (const wally of ['wally-karim', 'wally-sanne']) {
        const change = assignTo(await journeyOf(site, id), wally, await actingFor(site, people.marijke));
        if (isRefusal(change) || !(await at.store.commit(change)).ok) throw new Error('the team lead was not earlier');
      }
    }
    return journey;
  };
}

test('who is overtaken twice decides again and gets there', async () => {
  const { id } = await referred(site, 'de-brink', referralOf(1));
  expect(await decide(site, people.sanne, overtaken(id, 2), accept)).toBe('done');
  expect((await journeyOf(site, id)).index.taskStatus).toBe('accepted');
});

test('who is overtaken every time is told kindly, and nothing is kept', async () => {
  const { id } = await referred(site, 'de-brink', referralOf(1));
  const outcome = await decide(site, people.sanne, overtaken(id, 3), accept);
  expect(outcome).toMatchObject({ refused: [{ reason: 'changed-meanwhile' }] });
  expect((await journeyOf(site, id)).index.taskStatus).toBe('requested');
});

test('a field is text or nothing, whatever a form was made to hold', () => {
  expect(field({ a: ' x\r\ny ' }, 'a')).toBe('x\ny');
  for (const body of [undefined, null, 'a', { a: ['x'] }, { a: { b: 'x' } }, {}]) expect(field(body, 'a')).toBe('');
});
