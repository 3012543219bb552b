import { afterAll, beforeAll, expect, test } from 'vitest';
import { progress, shown } from '../../scripts/admin/print.ts';
import { runAdmin, Wrongly } from '../../scripts/admin/run.ts';
import { readDestinationSecret } from '../../src/store/directory.ts';
import { offerDue } from '../../src/store/outbox.ts';
import { practiceByCredential, readSession, startSession, writeRefused } from '../../src/store/sessions.ts';
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
let typed = '';
async function admin(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  let out = '';
  const say = (text: string) => {
    out += text;
  };
  const around = {
    settings: () => ({ dataDir: commands.folder, PUBLIC_URL: undefined }),
    input: async () => typed,
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

test('somebody is signed out, locked out and let in again, also who is not in the directory; each has its line', async () => {
  const token = await startSession(at.store, { id: 'admin-oud', name: 'Oud', role: 'administrator' }, 60_000);
  const listed = async () =>
    (JSON.parse((await admin('sessions', '--json')).out) as { person: string }[]).filter(
      (one) => one.person === 'admin-oud',
    );
  const why = ['--reason', 'Werkt hier niet meer', '--as', 'beheer'];
  expect(await listed()).toMatchObject([{ sessions: 1, lockedOut: null }]);
  expect((await admin('lock-out', 'admin-oud', '--dry-run')).out).toContain('Nothing was changed');
  expect((await admin('lock-out', "x' or 1=1", ...why)).code).toBe(1);
  expect((await admin('end-sessions', 'admin-oud', ...why)).code).toBe(0);
  expect(await readSession(at.store, token, 60_000)).toBeUndefined();
  expect((await admin('lock-out', 'admin-oud', ...why)).code).toBe(0);
  expect((await admin('lock-out', 'admin-oud', ...why)).error).toContain('already');
  expect(await listed()).toMatchObject([{ sessions: 0, lockedOut: expect.any(String) }]);
  expect((await admin('let-in', 'admin-oud', ...why)).code).toBe(0);
  expect(await listed()).toEqual([]);
  for (const event of ['person-sessions-ended', 'person-locked-out', 'person-let-in'])
    expect(await trail(event)).toMatchObject([{ actor: { id: 'beheer' }, reason: 'Werkt hier niet meer' }]);
});

test('a practice gets a credential, shown once; it opens the door until it is revoked, and the trail never has it', async () => {
  const why = ['--reason', 'De praktijk sluit aan', '--as', 'beheer'];
  const none = await admin('give-credential', 'no-such', ...why);
  expect([none.code, none.error]).toEqual([1, expect.stringContaining('no practice')]);
  const given = await admin('give-credential', 'de-brink', '--application', 'his-nieuw', ...why);
  const [, token = '', id = ''] = /^(\S{43})\n.* ([0-9a-f]{12}),/.exec(given.out) ?? [];
  expect(await practiceByCredential(at.store, token)).toEqual({ practice: 'de-brink', application: 'his-nieuw' });
  const listed = await admin('credentials', '--practice', 'de-brink', '--json');
  expect(JSON.parse(listed.out)).toContainEqual(
    expect.objectContaining({ id, practice: 'de-brink', application: 'his-nieuw', revoked: null }),
  );
  expect(listed.out).not.toContain(token);
  expect((await admin('revoke-credential', id, ...why)).code).toBe(0);
  expect(await practiceByCredential(at.store, token)).toBeUndefined();
  expect((await admin('revoke-credential', id, ...why)).code).toBe(1);
  const lines = await at.owner.query<{ line: string }>('select line from audit');
  expect(lines.rows.some(({ line }) => line.includes(token))).toBe(false);
  expect(await trail('credential-given')).toMatchObject([{ actor: { id: 'beheer' }, reason: 'De praktijk sluit aan' }]);
  expect(await trail('credential-revoked')).toHaveLength(1);
});

test('our secret for a destination comes over standard input, is sealed, and is never in the trail', async () => {
  const why = ['--reason', 'Hun leverancier gaf ons een sleutel', '--as', 'beheer'];
  typed = 'kort';
  expect((await admin('keep-secret', 'practice:de-brink', ...why)).error).toContain('8 to 4000');
  typed = 'secret-of-the-practice\n';
  expect((await admin('keep-secret', 'practice:no-such', ...why)).code).toBe(1);
  expect(await admin('keep-secret', 'practice:de-brink', ...why)).toMatchObject({ code: 0, error: '' });
  expect(await readDestinationSecret(at.store, 'practice:de-brink')).toBe('secret-of-the-practice');
  const { rows } = await at.owner.query<{ found: number }>(
    `select count(*) as found from audit where line like '%secret-of-the%'`,
  );
  expect(Number(rows[0]?.found)).toBe(0);
  expect(await trail('destination-secret-kept')).toHaveLength(1);
});

test('maintenance, refused messages and the alarms of the region are there as on the page', async () => {
  const ask = (from: string, until: string) =>
    admin('window', 'worklist', '--from', from, '--until', until, '--reason', 'Onderhoud', '--as', 'beheer');
  expect((await ask('2027-01-31T22:00', '2027-02-01T06:00')).code).toBe(2);
  expect((await ask('2027-02-01T06:00+01:00', '2027-01-31T22:00+01:00')).code).toBe(2);
  expect((await ask('2027-01-31T22:00+01:00', '2027-02-01T06:00+01:00')).code).toBe(0);
  const planned = async () =>
    (JSON.parse((await admin('destinations', '--json')).out) as { destination: string; maintenance: string | null }[])
      .filter(({ destination }) => destination === 'worklist')
      .map(({ maintenance }) => maintenance);
  expect(await planned()).toEqual(['2027-01-31T21:00:00.000Z to 2027-02-01T05:00:00.000Z']);
  expect((await admin('window-off', 'worklist', '--reason', 'Gaat niet door', '--as', 'beheer')).code).toBe(0);
  expect(await planned()).toEqual([null]);
  await writeRefused(
    at.store,
    { practice: 'de-brink' },
    {
      ...{ application: 'his-de-brink', door: 'fhir', hash: Buffer.alloc(32), paths: ['Bundle.entry[0]'] },
      ...{ codes: ['no-wally-service'], body: undefined },
    },
  );
  for (const [of, count] of [
    ['no-wally', 1],
    ['duplicate', 0],
  ] as const)
    expect(JSON.parse((await admin('refused', '--class', of, '--json')).out)).toHaveLength(count);
  await at.owner.query(
    `insert into region_alarm (id, class, revision, opened_at, begun_at, subjects, count)
     values ('01900000-0000-7000-8000-000000000001', 'practice-silent', 1, now(), now(), '{de-brink}', 1)`,
  );
  expect(JSON.parse((await admin('alarms', '--json')).out)).toContainEqual(
    expect.objectContaining({ kind: 'practice-silent', about: 'de-brink', state: 'new' }),
  );
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
