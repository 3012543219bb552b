import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';

let at: TestStore;
beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
});
afterAll(() => at.close());

test('the region is there', async () => {
  const { rows } = await at.owner.query('select count(*) from directory_resource');
  expect(rows[0].count).toBeGreaterThan(20);
});
