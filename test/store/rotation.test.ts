import { randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeRefused } from '../../src/store/access/sessions.ts';
import { keepEarly, readEarly } from '../../src/store/early.ts';
import { keyRing, makeNextMasterKey, masterKeyFrom, readMasterKey } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import { findPerson } from '../../src/store/persons.ts';
import { readJourney } from '../../src/store/referrals.ts';
import { checkMasterKey, countByMasterKey, rotateKeys } from '../../src/store/rotation.ts';
import { ContentErased, type Store } from '../../src/store/store.ts';
import { type Commands, openCommands } from '../doubles/command.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { canaries, takeIn } from '../doubles/made.ts';

let at: TestStore;
let commands: Commands;
beforeAll(async () => {
  at = await openTestStore();
  commands = openCommands(at);
  await loadTestRegion(at.store);
});
afterAll(async () => {
  commands.close();
  await at.close();
});

const first = masterKeyFrom(Buffer.alloc(32, 7));
const next = (fill: number) => masterKeyFrom(Buffer.alloc(32, fill), Buffer.alloc(32, 7));
const storeWith = (master: Store['master']) => openStore(at.store.pool, master, () => at.now, v7);
const silent = () => undefined;

describe('rotation of the master key (decision 7)', () => {
  test('new keys are wrapped with the newest, old ones still open, and after rotating the old one may go', async () => {
    const before = await takeIn(at.store, { number: 'before' });
    const erased = await takeIn(at.store, { number: 'erased' });
    await at.owner.query('update journey_key set wrapped = null, destroyed_at = now() where journey_id = $1', [erased]);
    await keepEarly(at.store, { practice: 'de-brink' }, {
      intent: 'supplement',
      number: { system: 'x', value: 'before' },
      letters: [],
      about: {},
      places: { number: '' },
    } as never);
    const refused = {
      application: 'a',
      door: 'fhir',
      hash: Buffer.alloc(32),
      codes: [],
      paths: [],
      body: Buffer.from('x'),
    };
    await writeRefused(at.store, { practice: 'de-brink' }, refused);

    const ring = keyRing(next(8), [first]);
    const during = storeWith(ring);
    const after = await takeIn(during, { number: 'after' });
    expect((await readJourney(during, { kind: 'line' }, before))?.id).toBe(before);
    expect(Object.fromEntries(await countByMasterKey(during))).toEqual({ [first.id]: 1, [ring.id]: 1 });
    await expect(readJourney(storeWith(first), { kind: 'line' }, after)).rejects.toThrow();

    const counts = new Map<string, number>();
    await rotateKeys(during, ring, (table, count) => counts.set(table, count));
    expect(Object.fromEntries(counts)).toEqual({ journey_key: 1, early_message: 1, refused: 1, question: 0 });
    expect(Object.fromEntries(await countByMasterKey(during))).toEqual({ [ring.id]: 2 });

    const alone = storeWith(next(8));
    for (const journey of [before, after])
      expect((await readJourney(alone, { kind: 'line' }, journey))?.id).toBe(journey);
    expect(await readEarly(alone)).toHaveLength(1);
    await expect(readJourney(alone, { kind: 'line' }, erased)).rejects.toThrow(ContentErased);
    await expect(readJourney(storeWith(first), { kind: 'line' }, before)).rejects.toThrow();
    // Who was found by what they are known by is still found.
    expect((await findPerson(alone, { practice: 'de-brink' }, { bsn: canaries.bsn })).length).toBe(3);
    await rotateKeys(during, ring, (table, count) => counts.set(table, count));
    expect([...counts.values()]).toEqual([0, 0, 0, 0]);
  });

  test('broken off in the middle it goes on where it was, while the line works', async () => {
    const ring = keyRing(next(9), [next(8)]);
    const many = Array.from({ length: 450 }, () => v7());
    const wrapped = await Promise.all(many.map((id) => next(8).wrap(randomBytes(32), id)));
    await at.owner.query(
      `insert into journey_key (journey_id, wrapped, master_key_id, created_at) select u.*, $3, now() from unnest($1::uuid[], $2::bytea[]) u`,
      [many, wrapped, next(8).id],
    );
    let left = 300;
    const breaks = {
      ...ring,
      rewrap: async (bytes: Buffer, context: string) => {
        left -= 1;
        if (left < 0) throw new Error('killed');
        return ring.rewrap(bytes, context);
      },
    };
    await expect(rotateKeys(at.store, breaks, silent)).rejects.toThrow('killed');
    const halfway = await countByMasterKey(at.store);
    expect(halfway.get(ring.id)).toBe(200);
    const working = storeWith(ring);
    const [journey] = await Promise.all([takeIn(working, { number: 'meanwhile' }), rotateKeys(working, ring, silent)]);
    expect([...(await countByMasterKey(at.store)).keys()]).toEqual([ring.id]);
    expect((await readJourney(storeWith(next(9)), { kind: 'line' }, journey))?.id).toBe(journey);
    await at.owner.query('delete from journey_key where journey_id = any($1)', [many]);
  });

  test('a key that was erased while it was being rotated stays erased', async () => {
    const ring = keyRing(next(10), [next(9)]);
    const journey = await takeIn(storeWith(next(9)), { number: 'erased-meanwhile' });
    const erasing = {
      ...ring,
      rewrap: async (bytes: Buffer, context: string) => {
        if (context === journey)
          await at.owner.query('update journey_key set wrapped = null, destroyed_at = now() where journey_id = $1', [
            journey,
          ]);
        return ring.rewrap(bytes, context);
      },
    };
    await rotateKeys(at.store, erasing, silent);
    const { rows } = await at.owner.query('select wrapped from journey_key where journey_id = $1', [journey]);
    expect(rows).toEqual([{ wrapped: null }]);
  });

  test('no place with wrapped keys is left out', async () => {
    const { rows } = await at.owner.query<{ name: string }>(
      `select table_name as name from information_schema.columns where column_name = 'wrapped' and table_schema = 'kortelijn' order by 1`,
    );
    const tables: string[] = [];
    await rotateKeys(at.store, keyRing(next(10), [next(9), next(8), first]), (table) => tables.push(table));
    expect(tables.toSorted()).toEqual(rows.map((row) => row.name));
  });
});

describe('the key of another record', () => {
  test('is refused at the start, and so is a new key without the root of the first', async () => {
    await checkMasterKey(storeWith(first));
    await checkMasterKey(storeWith(next(10)));
    await expect(checkMasterKey(storeWith(masterKeyFrom(Buffer.alloc(32, 10))))).rejects.toThrow(/another record/);
    expect(() => keyRing(masterKeyFrom(Buffer.alloc(32, 10)), [first])).toThrow(/different roots/);
  });

  test('a new key file carries the root, is for its owner only, and is never written over another', async () => {
    const [old, made, third] = ['master.key', 'next.key', 'third.key'].map((name) => join(commands.folder, name));
    if (!old || !made || !third) throw new Error('no names');
    await makeNextMasterKey(made, old);
    await makeNextMasterKey(third, made);
    expect(statSync(made).mode & 0o077).toBe(0);
    await expect(makeNextMasterKey(made, old)).rejects.toThrow(/already/);
    const [a, b, c] = await Promise.all([old, made, third].map((file) => readMasterKey(file, false)));
    expect(new Set([a?.id, b?.id, c?.id]).size).toBe(3);
    expect(c?.derive('index')).toEqual(a?.derive('index'));
    const plain = join(commands.folder, 'plain.key');
    writeFileSync(plain, randomBytes(32).toString('base64'));
    // With the old ones beside it a key of one line takes their root; alone it is another record's.
    expect((await readMasterKey(plain, false, [made, old])).derive('index')).toEqual(a?.derive('index'));
    expect((await readMasterKey(plain, false)).derive('index')).not.toEqual(a?.derive('index'));
  });
});

test('npm run keys: makes, rotates, tells how far it is, and leaves a line in the trail; no key is ever printed', async () => {
  const next = join(commands.folder, 'of-command.key');
  await at.owner.query('delete from journey_key; delete from early_message; delete from refused');
  const journey = await takeIn(at.store, { number: 'by-command' });
  const made = await commands.run('keys', ['new', '--out', next]);
  expect(made).toMatchObject({ code: 0, error: '' });
  const settings = { MASTER_KEY_FILE: next, MASTER_KEY_OLD_FILES: commands.keyFile };
  const rotated = await commands.run('keys', ['rotate'], '', settings);
  expect(rotated).toMatchObject({ code: 0, error: '' });
  expect(rotated.out).toContain('journey_key: 1');
  const status = await commands.run('keys', ['status'], '', { MASTER_KEY_FILE: next });
  expect(status.out).toMatch(/^[0-9a-f]{12} \(newest\): 1 journeys\n$/);
  for (const line of readFileSync(next, 'utf8').trim().split('\n'))
    expect(made.out + rotated.out + status.out).not.toContain(line);
  const ring = await readMasterKey(next, false);
  expect((await readJourney(storeWith(ring), { kind: 'line' }, journey))?.id).toBe(journey);
  const { rows } = await at.owner.query(`select line from audit where line like '%keys-rotated%'`);
  expect(rows).toHaveLength(1);
});
