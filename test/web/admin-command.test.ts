import type { Endpoint, Organization, PractitionerRole } from '@medplum/fhirtypes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { progress, shown } from '../../scripts/admin/print.ts';
import { runAdmin, Wrongly } from '../../scripts/admin/run.ts';
import { codeSystems, extensions } from '../../src/fhir/systems.ts';
import { theLine } from '../../src/referral/actor.ts';
import { takeInDirectory } from '../../src/region/take-in.ts';
import { practiceByCredential, readSession, startSession, writeRefused } from '../../src/store/access/sessions.ts';
import { readDestinationSecret, readDirectoryResource } from '../../src/store/directory.ts';
import { offerDue } from '../../src/store/outbox/outbox.ts';
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

test('one referral by the id that a log line has of it', async () => {
  const of = async (...args: string[]) => JSON.parse((await admin(...args, '--json')).out) as { journey: string }[];
  const { journey = '' } = (await of('journeys'))[0] ?? {};
  expect((await of('journeys', '--journey', journey)).map((one) => one.journey)).toEqual([journey]);
  expect((await of('deliveries', '--journey', journey)).every((one) => one.journey === journey)).toBe(true);
  expect((await admin('journeys', '--journey', 'abc')).code).toBe(2);
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

test('the last thing that was done is undone: of a delivery, of many, and of a destination; once', async () => {
  const undo = (name: string) => admin('undo', name, '--reason', 'Het was de verkeerde', '--as', 'beheer');
  const jobs = JSON.parse((await admin('jobs', '--json')).out) as { id: string; action: string; undone: boolean }[];
  const job = jobs.find((one) => one.action === 'park')?.id ?? '';
  expect((await undo(job)).out).toContain('is done: 2 done');
  expect((await states()).filter((one) => one.includes('parked'))).toEqual([]);
  expect(await undo(job)).toMatchObject({ code: 1, error: expect.stringContaining('cannot be undone') });
  expect(await undo('worklist')).toMatchObject({ code: 0, out: 'worklist: undone.\n' });
  const [row] = (await at.owner.query<{ paused: boolean }>(`select paused from destination where id = 'worklist'`))
    .rows;
  expect(row?.paused).toBe(false);
  for (const [name, code] of [
    ['worklist', 1],
    ['timeout', 1],
    ['no-such', 1],
    ['999999', 1],
  ] as const)
    expect([name, (await undo(name)).code]).toEqual([name, code]);
  const dry = await admin('undo', 'worklist', '--dry-run');
  expect([dry.code, dry.out]).toEqual([0, expect.stringContaining('Nothing was changed')]);
  expect(await trail('bulk-undone')).toMatchObject([{ actor: { id: 'beheer' }, reason: 'Het was de verkeerde' }]);
  expect(await trail('destination-undone')).toHaveLength(1);
});

test('of one delivery and one receiver: what the pages can do, as the pages do it', async () => {
  const why = ['--reason', 'De mail komt nergens aan', '--as', 'beheer'];
  const { rows } = await at.owner.query<{ id: string; kind: string }>(
    `select distinct on (kind) id::text, kind from delivery where kind in ('notify', 'worklist') order by kind, id`,
  );
  const [mail = '', referral = ''] = ['notify', 'worklist'].map((kind) => rows.find((one) => one.kind === kind)?.id);
  const stateOf = async (id: string) =>
    (await at.owner.query<{ state: string }>('select state from delivery where id = $1', [id])).rows[0]?.state;
  expect((await admin('give-up', mail, '--dry-run')).out).toContain('Nothing was changed');
  expect(await admin('give-up', mail, ...why)).toMatchObject({ code: 0, out: `${mail}: done.\n` });
  expect(await stateOf(mail)).toBe('abandoned');
  // A referral always goes to its worklist (promise 2).
  expect(await admin('give-up', referral, ...why)).toMatchObject({
    code: 1,
    error: expect.stringContaining('not poss'),
  });
  expect((await admin('give-up', '999999', ...why)).code).toBe(1);
  expect((await admin('reassign', mail, ...why)).code).toBe(2);
  expect((await admin('reassign', mail, '--way', 'nowhere', ...why)).code).toBe(1);
  expect((await admin('correct-address', mail, '--address', 'https://x.example', ...why)).code).toBe(1);
  expect(await trail('delivery-given-up')).toMatchObject([{ actor: { id: 'beheer' } }]);
  expect((await admin('pause', 'worklist', '--dry-run')).out).toMatch(
    /would be paused; \d+ wait for it, \d+ were sent/,
  );
  const retries = async () =>
    (await at.owner.query<{ retries: boolean }>(`select retries from destination where id = 'worklist'`)).rows[0]
      ?.retries;
  expect([(await admin('retries-off', 'worklist', ...why)).code, await retries()]).toEqual([0, false]);
  expect([(await admin('retries-on', 'worklist', ...why)).code, await retries()]).toEqual([0, true]);
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
      ...{ codes: ['no-wally-service'], body: undefined, controlId: 'HIS-77' },
    },
  );
  for (const [of, count] of [
    ['no-wally', 1],
    ['duplicate', 0],
  ] as const)
    expect(JSON.parse((await admin('refused', '--class', of, '--json')).out)).toHaveLength(count);
  for (const [by, count] of [
    [['--control', 'HIS-77'], 1],
    [['--control', 'HIS-78'], 0],
    [['--code', 'no-wally-service', '--practice', 'de-brink'], 1],
    [['--practice', 'zuidrand'], 0],
  ] as const)
    expect(JSON.parse((await admin('refused', ...by, '--json')).out)).toHaveLength(count);
  await at.owner.query(
    `insert into region_alarm (id, class, revision, opened_at, begun_at, subjects, count)
     values ('01900000-0000-7000-8000-000000000001', 'practice-silent', 1, now(), now(), '{de-brink}', 1)`,
  );
  expect(JSON.parse((await admin('alarms', '--json')).out)).toContainEqual(
    expect.objectContaining({ kind: 'practice-silent', about: 'de-brink', state: 'new' }),
  );
});

test('which mapping read what, and what it did not carry, by place', async () => {
  const named = 'json@1+0123456789ab';
  await at.owner.query(`update inbound set mapping = $1, losses = '{kept-with-source room,unknown-code lifeAreas}'`, [
    named,
  ]);
  const json = async (...args: string[]) => JSON.parse((await admin(...args, '--json')).out) as object[];
  expect(await json('mappings')).toMatchObject([{ mapping: named, messages: number }]);
  expect(await json('losses', '--mapping', 'json')).toMatchObject([
    { mapping: 'json', why: 'unknown-code', place: 'lifeAreas', messages: number, practices: 1 },
    { mapping: 'json', why: 'kept-with-source', place: 'room', messages: number, practices: 1 },
  ]);
  expect(await json('losses', '--mapping', 'medvri')).toEqual([]);
  expect(await json('journeys', '--mapping', named)).toHaveLength(number);
  expect(await json('journeys', '--mapping', named.replace('0', 'f'))).toEqual([]);
  expect((await admin('journeys', '--mapping', 'not a name')).code).toBe(2);
  expect(await json('stopped')).toEqual([]);
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

test('a case system of an organisation, and one of a Wally, are connected as the procedure says', async () => {
  const system = (id: string): Endpoint & { id: string } => ({
    resourceType: 'Endpoint',
    id,
    status: 'active',
    connectionType: { system: codeSystems.connectionType, code: 'hl7-fhir-rest' },
    payloadType: [{ text: 'Task' }],
    address: 'https://dossiers.example/fhir',
    extension: [{ url: extensions.caseSystem, valueBoolean: true }],
  });
  const organization = await readDirectoryResource<Organization>(at.store, 'Organization', 'voorbeeldstreek');
  const role = await readDirectoryResource<PractitionerRole>(at.store, 'PractitionerRole', 'wally-sanne');
  const resources = [
    ...[system('dossiers'), system('dossier-sanne')],
    ...[{ ...organization, endpoint: [{ reference: 'Endpoint/dossiers' }] }],
    ...[{ ...role, endpoint: [{ reference: 'Endpoint/dossier-sanne' }] }],
  ];
  const bundle = { resourceType: 'Bundle', type: 'collection', entry: resources.map((resource) => ({ resource })) };
  expect(await takeInDirectory(at.store, bundle, at.now, theLine)).toMatchObject({ written: { length: 4 } });
  const why = ['--reason', 'Zij sluiten hun dossiersysteem aan', '--as', 'beheer'];
  for (const id of ['case:voorbeeldstreek', 'case:role/wally-sanne']) {
    typed = `secret-for-${id}\n`;
    expect(await admin('keep-secret', id, ...why)).toMatchObject({ code: 0, error: '' });
    expect(await readDestinationSecret(at.store, id)).toBe(`secret-for-${id}`);
  }
  const { out } = await admin('destinations');
  for (const name of ['case:voorbeeldstreek', 'case:role/wally-sanne']) expect(out).toContain(name);
});
