import { afterAll, beforeAll, expect, test } from 'vitest';
import { progress, shown } from '../../scripts/admin/print.ts';
import { runAdmin, Wrongly } from '../../scripts/admin/run.ts';
import { offerDue } from '../../src/store/outbox.ts';
import type { Site } from '../../src/web/site.ts';
import { type Commands, openCommands } from '../doubles/command.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { refer, referralOf, siteOver } from './harness.ts';

let at: TestStore;
let site: Site;
let commands: Commands;
const number = 3;

beforeAll(async () => {
  at = await openTestStore();
  site = siteOver(at.store);
  commands = openCommands(at);
  await loadTestRegion(at.store);
  for (let nth = 1; nth <= number; nth += 1) await refer(site, 'de-brink', referralOf(nth));
  await offerDue(at.store, async () => undefined);
});
afterAll(async () => {
  commands.close();
  await at.close();
});

/** As the command runs it, in this process: a process for each would cost a second of every test. */
async function admin(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  let out = '';
  const say = (text: string) => {
    out += text;
  };
  const around = {
    settings: () => ({ dataDir: commands.folder, PUBLIC_URL: undefined }),
    open: async () => ({ store: at.store, close: async () => undefined }),
  };
  try {
    return { code: await runAdmin(args, { ...around, say, isTerminal: false }), out, error: '' };
  } catch (error) {
    return { code: error instanceof Wrongly ? 2 : 1, out, error: (error as Error).message };
  }
}
const states = async () =>
  (
    await at.owner.query<{ state: string; reason: string | null }>(
      `select state, reason from delivery where kind = 'worklist' order by id`,
    )
  ).rows.map(({ state, reason }) => `${state} ${reason}`);
const trail = async (event: string) =>
  (await at.owner.query<{ line: string }>('select line from audit order by id')).rows
    .map(({ line }) => JSON.parse(line) as { event: string; reason?: string; actor: { id: string; role: string } })
    .filter((one) => one.event === event);

test('lists are the lists of the pages, for people or for programs, without anything about a person', async () => {
  const [table, json] = await Promise.all([
    admin('journeys', '--practice', 'de-brink', '--as', 'beheer'),
    admin('deliveries', '--destination', 'worklist', '--json', '--limit', '2', '--as', 'beheer'),
  ]);
  expect([table.code, table.error, json.code, json.error]).toEqual([0, '', 0, '']);
  expect(table.out.split('\n')[0]).toMatch(/^number +practice +wally +status/);
  expect(table.out.match(/^KL-/gm)).toHaveLength(number);
  const rows = JSON.parse(json.out) as { destination: string; state: string }[];
  expect(rows.map(({ destination, state }) => `${destination} ${state}`)).toEqual([
    'worklist queued',
    'worklist queued',
  ]);
  for (const never of ['van den Berg', '999990019', '1951']) expect(table.out + json.out).not.toContain(never);
  expect((await trail('list-viewed')).map(({ actor }) => actor)).toEqual([
    { id: 'beheer', role: 'administrator' },
    { id: 'beheer', role: 'administrator' },
  ]);
});

test('what is asked wrongly changes nothing, and says what was wrong', async () => {
  const before = await states();
  const wrong = await Promise.all([
    admin('hold', '--destination', 'worklist'),
    admin('hold', '--reason', 'Hun systeem ligt plat'),
    admin('hold', '--destination', 'worklist', '--reason', 'Mevrouw 999990019 belde'),
    admin('deliveries', '--state', 'hled'),
  ]);
  expect(wrong.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
  for (const [nth, said] of ['--reason', 'which deliveries', 'BSN|person', '--state cannot'].entries())
    expect(wrong[nth]?.error).toMatch(new RegExp(said));
  expect(await states()).toEqual(before);
});

test('work on many: first said, then done once, with its reason in the trail; and a destination is paused', async () => {
  const some = ['hold', '--destination', 'worklist', '--limit', '2'];
  const dry = await admin(...some, '--dry-run');
  expect([dry.code, dry.out.split('\n')[0]]).toEqual([0, `${number} deliveries; at most 2 would be done.`]);
  expect((await states()).filter((one) => one.includes('parked'))).toEqual([]);
  const done = await admin(...some, '--reason', 'Wij kijken eerst', '--as', 'beheer');
  expect([done.code, done.error]).toEqual([0, '']);
  expect(done.out).toContain('[##############################] 2 of 2');
  expect(done.out).toContain('1 more fit this filter.');
  expect(await states()).toEqual(['held parked', 'held parked', 'queued null']);
  expect(await trail('delivery-parked')).toMatchObject(
    [1, 2].map(() => ({ actor: { id: 'beheer', role: 'administrator' }, reason: 'Wij kijken eerst' })),
  );
  const [paused, absent] = await Promise.all([
    admin('pause', 'worklist', '--reason', 'Onderhoud', '--as', 'beheer'),
    admin('pause', 'no-such', '--reason', 'Onderhoud', '--as', 'beheer'),
  ]);
  expect([paused.code, absent.code]).toEqual([0, 1]);
  expect(await trail('destination-paused')).toMatchObject([{ actor: { id: 'beheer' }, reason: 'Onderhoud' }]);
});

test('as a process: the record of the settings, exit codes, and health without a service', async () => {
  const [classes, wrong, health] = await Promise.all([
    commands.run('admin', ['wallys', '--json']),
    commands.run('admin', ['nonsense']),
    commands.run('admin', ['health'], '', { PUBLIC_URL: 'http://127.0.0.1:1' }),
  ]);
  expect(JSON.parse(classes.out)).toContainEqual(expect.objectContaining({ id: 'wally-sanne' }));
  expect([classes.code, wrong.code, health.code]).toEqual([0, 2, 3]);
  expect(wrong.error).toContain('--help');
});

test('a table keeps its columns, a bar says how far it is', () => {
  expect(
    shown(
      [
        { id: '1', kind: null },
        { id: '22', kind: 'mail' },
      ],
      false,
    ),
  ).toBe('id  kind\n1\n22  mail\n');
  expect([shown([], false), shown([], true)]).toEqual(['Nothing.\n', '[]\n']);
  expect(progress(1, 2, true)).toBe(`\r[${'#'.repeat(15)}${'.'.repeat(15)}] 1 of 2`);
});
