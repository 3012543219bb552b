import { v7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { theLine } from '../../src/referral/actor.ts';
import type { AuditLine } from '../../src/referral/change.ts';
import { sealAudit, verifyAudit } from '../../src/store/audit.ts';
import { openPool } from '../../src/store/database.ts';
import { masterKeyFrom } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import { openTestStore, type TestStore } from '../doubles/database.ts';
import { committed, until } from '../doubles/made.ts';

let at: TestStore;
beforeAll(async () => {
  at = await openTestStore();
});
beforeEach(() => at.owner.query('truncate audit, audit_chain'));
afterAll(() => at.close());

const line = (event: string): AuditLine => ({
  event,
  at: at.now.toISOString(),
  actor: { id: theLine.id, role: theLine.role },
  action: 'E',
  outcome: 'ok',
  purpose: 'TREAT',
});
const note = (event: string, store = at.store) =>
  committed(store, { scope: { practice: 'de-brink' }, audit: [line(event)] });

/** Seals until `lines` are in the chain. Transactions of the whole server count, also those of other databases' tests. */
async function sealTo(lines: number): Promise<void> {
  await until(`${lines} sealed`, async () => {
    await sealAudit(at.store);
    return (await verifyAudit(at.store)).lines >= lines;
  });
}

async function sealed(events: readonly string[]): Promise<void> {
  for (const event of events) await note(event);
  await sealTo(events.length);
  expect(await verifyAudit(at.store)).toEqual({ lines: events.length, unsealed: 0, slippedIn: 0 });
}

describe('the chain', () => {
  test('takes every line once, in the order of their transactions, while many commit and several seal', async () => {
    const pool = openPool(at.connection, 'kortelijn_app', 6);
    const other = openStore(pool, masterKeyFrom(Buffer.alloc(32, 7)), () => at.now, v7);
    const stores = [at.store, other];
    let writing = true;
    const sealing = stores.map(async (store) => {
      while (writing) await sealAudit(store);
    });
    await Promise.all(Array.from({ length: 600 }, (_, n) => note(`event-${n}`, stores[n % 2])));
    writing = false;
    await Promise.all(sealing);
    await sealTo(600);
    expect(await verifyAudit(other)).toEqual({ lines: 600, unsealed: 0, slippedIn: 0 });
    const { rows } = await at.owner.query<{ wrong: number; transactions: number }>(
      `select count(*) filter (where xid < before) as wrong, count(distinct xid) as transactions
         from (select a.xid, lag(a.xid) over (order by c.seq) as before from audit_chain c join audit a on a.id = c.audit_id) x`,
    );
    expect(rows[0]?.wrong).toBe(0);
    expect(rows[0]?.transactions).toBeGreaterThan(10);
    await pool.end();
  });

  test('waits for an older transaction that is still open, and puts its line first', async () => {
    const older = await at.owner.connect();
    await older.query('begin');
    await older.query(
      `insert into audit (id, recorded_at, line) values (gen_random_uuid(), now(), 'from the older one')`,
    );
    await note('newer');
    expect(await sealAudit(at.store)).toBe(0);
    expect(await verifyAudit(at.store)).toEqual({ lines: 0, unsealed: 1, slippedIn: 0 });
    await older.query('commit');
    older.release();
    await sealTo(2);
    const { rows } = await at.owner.query<{ line: string }>(
      'select a.line from audit_chain c join audit a on a.id = c.audit_id order by c.seq',
    );
    expect(rows[0]?.line).toBe('from the older one');
    expect(rows[1]?.line).toContain('newer');
  });

  test('goes on over more lines than one round takes', async () => {
    await at.owner.query(
      `insert into audit (id, recorded_at, line) select gen_random_uuid(), now(), 'line ' || n from generate_series(1, 2500) n`,
    );
    expect(await until('a full round', async () => (await sealAudit(at.store)) || undefined)).toBe(1000);
    expect(await verifyAudit(at.store)).toEqual({ lines: 1000, unsealed: 1500, slippedIn: 0 });
    await note('after');
    await sealTo(2501);
    expect(await verifyAudit(at.store)).toEqual({ lines: 2501, unsealed: 0, slippedIn: 0 });
  });

  test('keeps the text that is hashed as it was written', async () => {
    const text = `{"event":"naam met é, \\u0041 en 🙂","z":1,  "a":2}`;
    await at.owner.query(`insert into audit (id, recorded_at, line) values (gen_random_uuid(), now(), $1)`, [text]);
    await sealTo(1);
    expect(await verifyAudit(at.store)).toEqual({ lines: 1, unsealed: 0, slippedIn: 0 });
    const { rows } = await at.owner.query('select line from audit');
    expect(rows).toEqual([{ line: text }]);
  });
});

describe('whoever owns the database and changes the trail is found out', () => {
  const five = ['one', 'two', 'three', 'four', 'five'];
  const wrongs: [string, string, object][] = [
    [
      'a line is altered',
      `update audit set line = replace(line, 'three', 'thr33') where id = (select audit_id from audit_chain where seq = 3)`,
      { seq: 3, why: 'altered' },
    ],
    [
      'a line is removed',
      `delete from audit where id = (select audit_id from audit_chain where seq = 3)`,
      { seq: 3, why: 'missing-line' },
    ],
    [
      'a line is removed with its link',
      `with gone as (delete from audit_chain where seq = 3 returning audit_id) delete from audit where id in (select audit_id from gone)`,
      { seq: 3, why: 'gap' },
    ],
    ['the first one is removed', `delete from audit_chain where seq = 1`, { seq: 1, why: 'gap' }],
    [
      'two lines change places',
      `update audit a set line = b.line from audit b, audit_chain x, audit_chain y
        where a.id = x.audit_id and b.id = y.audit_id and (x.seq, y.seq) in ((2, 4), (4, 2))`,
      { seq: 2, why: 'altered' },
    ],
    [
      'a link is made anew over an altered line',
      `update audit_chain set hash = sha256('made up') where seq = 4`,
      { seq: 4, why: 'altered' },
    ],
    [
      'one is removed and the rest is numbered again',
      `with gone as (delete from audit_chain where seq = 2) update audit_chain set seq = -(seq - 1) where seq > 2; update audit_chain set seq = -seq where seq < 0`,
      { seq: 2, why: 'altered' },
    ],
  ];
  test.each(wrongs)('%s', async (_what, sql, broken) => {
    await sealed(five);
    await at.owner.query(sql);
    expect((await verifyAudit(at.store)).broken).toEqual(broken);
  });

  test('a line slipped in between is not in the chain, and counts as unsealed', async () => {
    await sealed(five);
    await at.owner.query(
      `insert into audit (id, xid, recorded_at, line) select gen_random_uuid(), xid, recorded_at, 'slipped in' from audit where id = (select audit_id from audit_chain where seq = 2)`,
    );
    await note('after');
    await sealTo(6);
    expect(await verifyAudit(at.store)).toEqual({ lines: 6, unsealed: 1, slippedIn: 1 });
  });
});
