import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readAnchors, verify } from '../../scripts/audit.ts';
import { headOfAudit, sealAudit, verifyAudit } from '../../src/store/audit.ts';
import { openTestStore, type TestStore } from '../doubles/database.ts';
import { committed, until } from '../doubles/made.ts';

let at: TestStore;
beforeAll(async () => {
  at = await openTestStore();
});
beforeEach(() => at.owner.query('truncate audit, audit_chain'));
afterAll(() => at.close());

const note = (event: string, more: object = {}) =>
  committed(at.store, {
    scope: { practice: 'de-brink' },
    audit: [
      {
        event,
        at: at.now.toISOString(),
        actor: { id: 'kortelijn', role: 'line' },
        action: 'E',
        outcome: 'ok',
        purpose: 'TREAT',
        ...more,
      },
    ],
  });

async function sealTo(lines: number): Promise<void> {
  await until(`${lines} sealed`, async () => {
    await sealAudit(at.store);
    return (await verifyAudit(at.store)).lines >= lines;
  });
}

async function sealed(count: number): Promise<void> {
  for (let nth = 1; nth <= count; nth += 1) await note(`event-${nth}`);
  await sealTo(count);
}

const whole = (lines: number) => ({ lines, unsealed: 0, slippedIn: 0 });
const third = '(select audit_id from audit_chain where seq = 3)';

describe('a change of any column of a line or of its link is found', () => {
  const changes: [string, string, object][] = [
    ['line', `update audit set line = line || ' ' where id = ${third}`, { seq: 3, why: 'altered' }],
    ['practice_id', `update audit set practice_id = 'zuidrand' where id = ${third}`, { seq: 3, why: 'altered' }],
    ['practice_id to none', `update audit set practice_id = null where id = ${third}`, { seq: 3, why: 'altered' }],
    ['journey_id', `update audit set journey_id = gen_random_uuid() where id = ${third}`, { seq: 3, why: 'altered' }],
    [
      'recorded_at',
      `update audit set recorded_at = recorded_at + interval '1 microsecond' where id = ${third}`,
      { seq: 3, why: 'altered' },
    ],
    ['xid', `update audit set xid = '3' where id = ${third}`, { seq: 3, why: 'altered' }],
    ['cluster', `update audit set cluster = 1 where id = ${third}`, { seq: 3, why: 'altered' }],
    ['id', `update audit set id = gen_random_uuid() where id = ${third}`, { seq: 3, why: 'missing-line' }],
    [
      'id, with its link',
      `with new as (select gen_random_uuid() as id), a as (update audit set id = (select id from new) where id = ${third})
       update audit_chain set audit_id = (select id from new) where seq = 3`,
      { seq: 3, why: 'altered' },
    ],
    ['the hash', `update audit_chain set hash = sha256('x') where seq = 3`, { seq: 3, why: 'altered' }],
    ['the hash before', `update audit_chain set previous_hash = sha256('x') where seq = 3`, { seq: 3, why: 'altered' }],
    [
      'when it was sealed',
      `update audit_chain set sealed_at = sealed_at - interval '1 day' where seq = 3`,
      { seq: 3, why: 'altered' },
    ],
    ['the way of linking', `update audit_chain set version = 1 where seq = 3`, { seq: 3, why: 'altered' }],
    ['its place', `update audit_chain set seq = 30 where seq = 3`, { seq: 3, why: 'gap' }],
  ];
  test.each(changes)('%s', async (_column, sql, broken) => {
    await sealed(5);
    expect(await verifyAudit(at.store)).toEqual(whole(5));
    await at.owner.query(sql);
    expect((await verifyAudit(at.store)).broken).toEqual(broken);
    const said: string[] = [];
    expect(await verify(at.store, [], (text) => said.push(text))).toBe(false);
    expect(said.join('')).toMatch(/^BROKEN at 3/);
  });

  test('a link made anew in the older way, which leaves columns out', async () => {
    await sealed(5);
    await at.owner.query(
      `update audit_chain c set version = 1, hash = sha256(c.previous_hash || convert_to(a.id::text, 'UTF8') || '\\x00'::bytea || convert_to(a.line, 'UTF8'))
         from audit a where a.id = c.audit_id and c.seq = 5`,
    );
    await at.owner.query(
      `update audit set journey_id = gen_random_uuid() where id = (select audit_id from audit_chain where seq = 5)`,
    );
    expect((await verifyAudit(at.store)).broken).toEqual({ seq: 5, why: 'altered' });
    await at.owner.query('delete from audit_chain where seq < 5');
    await at.owner.query(`update audit_chain set seq = 1, previous_hash = decode(repeat('00', 32), 'hex')`);
    await at.owner.query(
      `update audit_chain c set hash = sha256(c.previous_hash || convert_to(a.id::text, 'UTF8') || '\\x00'::bytea || convert_to(a.line, 'UTF8'))
         from audit a where a.id = c.audit_id`,
    );
    // Alone it is a link of before: that the older way is computed as it was.
    expect((await verifyAudit(at.store)).broken).toBeUndefined();
  });

  test('there is no column that these changes leave out', async () => {
    const { rows } = await at.owner.query<{ name: string }>(
      `select column_name as name from information_schema.columns where table_name in ('audit', 'audit_chain') and table_schema = 'kortelijn'`,
    );
    const touched = changes.map(([, sql]) => sql).join(' ');
    expect(rows.map((row) => row.name).filter((name) => !touched.includes(`set ${name} =`))).toEqual([]);
  });
});

describe('a tail that is cut off', () => {
  const cut = `with gone as (delete from audit_chain where seq > 3 returning audit_id) delete from audit where id in (select audit_id from gone)`;

  test('looks whole without an anchor, and is found with one', async () => {
    await sealed(3);
    const early = await headOfAudit(at.store);
    await note('event-4');
    await note('event-5');
    await sealTo(5);
    const anchors = readAnchors(`${JSON.stringify(early)}\n${JSON.stringify(await headOfAudit(at.store))}\n`);
    expect(anchors.map((one) => one.seq)).toEqual([3, 5]);
    expect(await verifyAudit(at.store, anchors)).toEqual(whole(5));
    await at.owner.query(cut);
    expect(await verifyAudit(at.store)).toEqual(whole(3));
    expect((await verifyAudit(at.store, anchors)).broken).toEqual({ seq: 4, why: 'cut' });
  });

  test('is found too when other lines have taken its place', async () => {
    await sealed(5);
    const anchors = readAnchors(JSON.stringify(await headOfAudit(at.store)));
    await at.owner.query(cut);
    await note('instead-4');
    await note('instead-5');
    await note('instead-6');
    await sealTo(6);
    expect(await verifyAudit(at.store)).toEqual(whole(6));
    expect((await verifyAudit(at.store, anchors)).broken).toEqual({ seq: 5, why: 'not-the-anchored' });
  });

  test('an anchor that was damaged is not taken for none', () => {
    expect(() => readAnchors('{"seq":3}')).toThrow(/no anchor/);
    expect(() => readAnchors('not json')).toThrow();
    expect(() => readAnchors(`{"seq":3,"hash":"${'a'.repeat(63)}"}`)).toThrow(/no anchor/);
  });
});

test('whoever runs the service can add lines, and change, remove or empty nothing', async () => {
  await sealed(2);
  for (const table of ['audit', 'audit_chain']) {
    for (const sql of [
      `update ${table} set xid = null`,
      `delete from ${table}`,
      `truncate ${table}`,
      `drop table ${table}`,
    ])
      await expect(
        at.store.pool.query(sql.replace('xid = null', table === 'audit' ? "line = ''" : 'seq = 9')),
      ).rejects.toThrow(/permission denied|must be owner/);
  }
  await expect(at.store.pool.query('alter table audit disable trigger all')).rejects.toThrow(/must be owner/);
  expect(await verifyAudit(at.store)).toEqual(whole(2));
});

describe('after a dump and restore into another cluster, where transaction ids begin lower', () => {
  /** What a restore leaves: the lines of the other cluster with ids from our future, the last of them never sealed. */
  async function restored(cluster: string | undefined, unsealed: number): Promise<void> {
    await sealed(3);
    for (let nth = 1; nth <= unsealed; nth += 1) await note(`unsealed-${nth}`);
    await at.owner.query(
      `update audit set xid = ((xid::text::bigint + 4000000000)::text)::xid8 ${cluster ? `, cluster = ${cluster}` : ''}`,
    );
    // The chain is made anew over the changed columns, as the other cluster had made it.
    const order = await at.owner.query<{ id: string; seq: number | null }>(
      'select a.id, c.seq from audit a left join audit_chain c on c.audit_id = a.id order by c.seq',
    );
    const before = order.rows.filter((row) => row.seq !== null).map((row) => row.id);
    const rest = order.rows.filter((row) => row.seq === null).map((row) => row.id);
    await at.owner.query('truncate audit_chain');
    await at.owner
      .query('create temp table aside as select * from audit where id = any($1)', [rest])
      .catch(() => undefined);
    await at.owner.query('delete from audit where id = any($1)', [rest]);
    await sealTo(before.length);
    await at.owner.query('insert into audit select * from aside');
    await at.owner.query('drop table aside');
  }

  const places: [string, string | undefined][] = [
    ['another cluster', '7000000000000000001'],
    ['an older copy of the same cluster', undefined],
  ];
  test.each(places)(
    '%s: the lines that came along are sealed first, then those that are new',
    async (_what, cluster) => {
      await restored(cluster, 2);
      expect((await verifyAudit(at.store)).lines).toBe(3);
      await note('new-1');
      await note('new-2');
      await sealTo(7);
      expect(await verifyAudit(at.store)).toEqual(whole(7));
      await note('new-3');
      await sealTo(8);
      expect(await verifyAudit(at.store)).toEqual(whole(8));
      const { rows } = await at.owner.query<{ event: string }>(
        `select (a.line::jsonb)->>'event' as event from audit_chain c join audit a on a.id = c.audit_id order by c.seq`,
      );
      expect(rows.map((row) => row.event).slice(3)).toEqual(['unsealed-1', 'unsealed-2', 'new-1', 'new-2', 'new-3']);
    },
  );

  test('a line that is slipped in among the restored ones later stays out, and is found', async () => {
    await restored('7000000000000000001', 1);
    await note('new');
    await sealTo(5);
    await at.owner.query(
      `insert into audit (id, xid, cluster, recorded_at, line)
       select gen_random_uuid(), xid, cluster, recorded_at, 'slipped in' from audit where id = (select audit_id from audit_chain where seq = 2)`,
    );
    await note('newer');
    await sealTo(6);
    expect(await verifyAudit(at.store)).toEqual({ lines: 6, unsealed: 1, slippedIn: 1 });
    expect(await verify(at.store, [], () => undefined)).toBe(false);
  });

  test('back in the cluster of before, its older lines do not hold up the new ones', async () => {
    await sealed(2);
    await note('elsewhere-1');
    await at.owner.query(`update audit set cluster = 7000000000000000001, xid = '99' where line like '%elsewhere-1%'`);
    await sealTo(3);
    await note('back');
    await sealTo(4);
    expect(await verifyAudit(at.store)).toEqual(whole(4));
  });
});
