import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate, openClient, rebuildSchema } from '../../src/store/database.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { until } from '../doubles/made.ts';
import { refer, referralOf, siteOver } from '../web/harness.ts';

const folder = new URL('../../src/store/migrations/', import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.sql'))
  .sort();

/** Tables that grow with every referral: what locks one of them for long stops the service while it migrates. */
const big = [
  ...[
    'journey',
    'journey_key',
    'journey_event',
    'inbound',
    'resource',
    'document',
    'resource_change',
    'referral_number',
  ],
  ...['delivery', 'attempt', 'worklist_entry', 'clock', 'audit', 'audit_chain'],
];

/** The statements that break the rule, and why that is right. Each must still be there: an exception that is not needed goes. */
const exceptions: Readonly<Record<string, string>> = {
  'drop index audit_by_xid': 'made anew with one column more, before 0.1.0 was in use anywhere',
  'create index audit_by_order': 'before 0.1.0 was in use anywhere',
  'create index audit_by_time': 'a BRIN index is made in one quick walk',
  'alter table journey_key': 'its checks hold for every row of before: before 0.1.0 was in use anywhere',
  'create index journey_by_bsn': 'before 0.1.0 was in use anywhere',
  'create index journey_by_identity': 'before 0.1.0 was in use anywhere',
  'create index resource_words': 'the new column is empty: an index of nothing',
  'create index resource_by_change': 'before 0.1.0 was in use anywhere',
  'create index resource_changed': 'before 0.1.0 was in use anywhere',
  'create index resource_unread': 'before 0.1.0 was in use anywhere',
  'update resource r': 'before 0.1.0 was in use anywhere',
  'create index audit_by_practice': 'before 0.1.0 was in use anywhere',
  'drop index delivery_by_state': 'made anew with one column more, before 0.1.0 was in use anywhere',
  'create index delivery_by_state': 'before 0.1.0 was in use anywhere',
  'create index delivery_by_destination': 'before 0.1.0 was in use anywhere',
  'create index delivery_by_practice': 'before 0.1.0 was in use anywhere',
  'create index delivery_by_time': 'before 0.1.0 was in use anywhere',
  'create index delivery_by_message': 'before 0.1.0 was in use anywhere',
  'create index delivery_open': 'before 0.1.0 was in use anywhere',
  'create index delivery_in_error': 'a partial index of little',
  'create index attempt_failed': 'a partial index of little',
  'create index inbound_by_control': 'before 0.1.0 was in use anywhere',
  'create index journey_by_time': 'before 0.1.0 was in use anywhere',
  'create index journey_owned': 'before 0.1.0 was in use anywhere',
  'create index inbound_by_time': 'before 0.1.0 was in use anywhere',
  'create index journey_open': 'a partial index of what has not ended',
  'create index inbound_by_mapping': 'the new column is empty: an index of nothing',
};

/** What a statement does that the former version, or whoever works meanwhile, does not survive; undefined when nothing. */
function harm(statement: string, made: ReadonlySet<string>): string | undefined {
  const index = /^create (?:unique )?index (?:if not exists )?\w+ on (\w+)/.exec(statement)?.[1];
  if (index) return big.includes(index) && !made.has(index) ? 'an index on a big table stops its writes' : undefined;
  if (/^drop |\brename\b|\bdrop (column|constraint|not null)\b/.test(statement))
    return 'the former version still needs it';
  if (/\balter column\b[^,]*\btype\b|\bset not null\b/.test(statement))
    return 'the whole table is written or read under a lock';
  const table = /^(?:alter table|update|delete from) (?:only )?(\w+)/.exec(statement)?.[1] ?? '';
  if (/^(update|delete)/.test(statement))
    return big.includes(table) && !made.has(table) ? 'every row is touched' : undefined;
  if (!statement.startsWith('alter table') || made.has(table)) return undefined;
  for (const column of statement.split(/\badd column\b/).slice(1)) {
    if (/\bnot null\b/.test(column) && !/\bdefault\b/.test(column)) return 'the former version does not fill it';
    if (/\bdefault (gen_random|random|clock_timestamp|uuidv7)/.test(column)) return 'the whole table is written anew';
  }
  if (
    /\badd (check|constraint|unique|foreign|primary)\b/.test(statement) &&
    big.includes(table) &&
    !/not valid/.test(statement)
  )
    return 'the whole table is read under a lock';
  return undefined;
}

/** The statements of a migration in lower case and on one line, without comments; a function's body stays one. */
function statementsOf(text: string): string[] {
  return text
    .replaceAll(/--.*$/gm, '')
    .split(/;(?=(?:[^$]*\$\$[^$]*\$\$)*[^$]*$)/)
    .map((one) => one.replaceAll(/\s+/g, ' ').trim().toLowerCase())
    .filter(Boolean);
}

test('the rule knows harm when it sees it', () => {
  const none = new Set<string>();
  for (const bad of [
    'create index x on delivery (state)',
    'drop table talk',
    'alter table talk drop column doc',
    'alter table talk rename column doc to body',
    'alter table delivery add column x text not null',
    'alter table delivery add column x uuid default gen_random_uuid()',
    'alter table delivery alter column state type int',
    'alter table delivery add check (attempts > 0)',
    'update journey set number = number',
  ])
    expect([bad, harm(bad, none) !== undefined]).toEqual([bad, true]);
  for (const good of [
    'create table x (id int primary key)',
    'create index x on talk (starts_at)',
    'alter table delivery add column x text',
    "alter table delivery add column x text not null default ''",
    'alter table delivery add check (attempts > 0) not valid',
  ])
    expect([good, harm(good, none)]).toEqual([good, undefined]);
  expect(harm('create index x on delivery (state)', new Set(['delivery']))).toBeUndefined();
});

test('every migration since the first can be applied while the former version works', () => {
  const needed = new Set<string>();
  const harmful = names.slice(1).flatMap((name) => {
    const statements = statementsOf(readFileSync(new URL(name, folder), 'utf8'));
    const made = new Set(statements.flatMap((one) => /^create table (?:if not exists )?(\w+)/.exec(one)?.[1] ?? []));
    return statements.flatMap((one) => {
      const why = harm(one, made);
      if (!why) return [];
      const excused = Object.keys(exceptions).find((begin) => one.startsWith(`${begin} `) || one === begin);
      if (excused) needed.add(excused);
      return excused ? [] : [`${name}: ${one.slice(0, 80)}: ${why}`];
    });
  });
  expect(harmful).toEqual([]);
  expect(Object.keys(exceptions).filter((one) => !needed.has(one))).toEqual([]);
});

let at: TestStore;
beforeAll(async () => {
  at = await openTestStore();
});
afterAll(() => at.close());

test('the newest migration is applied while somebody reads, and gives way to work instead of stopping it', async () => {
  const { rows } = await at.owner.query<{ name: string; checksum: string }>('select name, checksum from migration');
  const former = rows.filter(({ name }) => name < '0014');
  const owner = openClient(at.connection, undefined);
  await owner.connect();
  await owner.query('begin');
  await rebuildSchema(owner, former);
  await owner.query('commit');
  // Somebody reads and does not end: the migration must not make everyone else wait behind it.
  await owner.query('begin');
  await owner.query('select count(*) from kortelijn.delivery');
  const migrating = migrate(at.connection, 'kortelijn_app', { lockMs: 50, pauseMs: 20 });
  const lockedOut = async () => {
    const { rows: waits } = await at.owner.query<{ waits: boolean }>(
      `select exists (select from pg_stat_activity where application_name = 'kortelijn-migrate' and wait_event_type = 'Lock'
         and datname = current_database()) as waits`,
    );
    return waits[0]?.waits === true;
  };
  await until('the migration waits for the reader', lockedOut);
  // This would wait for as long as the reader does, were the migration still in line before it.
  await at.owner.query('select count(*) from delivery');
  await owner.query('commit');
  expect((await migrating).applied).toContain('0014-operations.sql');
  await owner.end();
  await loadTestRegion(at.store);
  expect((await refer(siteOver(at.store), 'de-brink', referralOf(1))).index.number).toMatch(/^KL-/);
});
