import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Commands, openCommands } from '../doubles/command.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { canaries, takeIn } from '../doubles/made.ts';

let at: TestStore;
let commands: Commands;
beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  commands = openCommands(at);
});
afterAll(async () => {
  commands.close();
  await at.close();
});

test('prints the quarter with names of practices and Wallys, and nothing of a resident', async () => {
  for (let n = 0; n < 5; n += 1) await takeIn(at.store, { number: `script-${n}` });
  const { out, code } = await commands.run('figures', ['--quarter', '2026Q4']);
  expect(code).toBe(0);
  expect(out).toMatch(/Huisartsenpraktijk Voorbeeldbrink → Sanne Verhoeven +5 +0/);
  for (const one of Object.values(canaries)) expect(out).not.toContain(one);
  const json = await commands.run('figures', ['--quarter', '2026Q4', '--json']);
  expect(JSON.parse(json.out)).toMatchObject({ total: { referrals: 5 } });
});

test('says what it needs', async () => {
  expect(await commands.run('figures', ['--quarter', 'autumn'])).toMatchObject({
    code: 2,
    error: expect.stringContaining('2026Q4'),
  });
});
