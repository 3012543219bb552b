import { createHash } from 'node:crypto';
import type { Store } from './store.ts';

/** Held by the one sealer at work; the others skip their turn. */
const sealerLock = 7_004;
const batchMax = 1_000;
const genesis = Buffer.alloc(32);

// Rows of transactions below the snapshot's xmin can no longer get company from an older one: their order is final.
const UNSEALED = `
  select a.id, a.line from audit a
   where a.xid < pg_snapshot_xmin(pg_current_snapshot()) and not exists (select from audit_chain c where c.audit_id = a.id)
     and a.xid >= coalesce((select b.xid from audit_chain c join audit b on b.id = c.audit_id order by c.seq desc limit 1), '0'::xid8)
   order by a.xid, a.id limit $1`;

function link(previous: Buffer, id: string, line: string): Buffer {
  return createHash('sha256').update(previous).update(id).update('\0').update(line).digest();
}

/**
 * Chains the audit lines that are final: hash = SHA-256(previous hash, id, stored text). Gives how many.
 * Kept out of the commits because a chained head row would cost four fifths of the throughput (decision 6).
 */
export async function sealAudit(store: Store): Promise<number> {
  const client = await store.pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const lock = await client.query<{ locked: boolean }>('select pg_try_advisory_xact_lock($1) as locked', [
      sealerLock,
    ]);
    if (!lock.rows[0]?.locked) {
      await client.query('rollback');
      return 0;
    }
    const { rows } = await client.query<{ id: string; line: string }>({
      name: 'audit-unsealed',
      text: UNSEALED,
      values: [batchMax],
    });
    const head = await client.query<{ seq: number; hash: Buffer }>(
      'select seq, hash from audit_chain order by seq desc limit 1',
    );
    let previous = head.rows[0]?.hash ?? genesis;
    let seq = head.rows[0]?.seq ?? 0;
    const links = rows.map((row) => {
      const hash = link(previous, row.id, row.line);
      seq += 1;
      const made = { seq, id: row.id, previous, hash };
      previous = hash;
      return made;
    });
    await client.query(
      `insert into audit_chain (seq, audit_id, previous_hash, hash, sealed_at)
       select u.*, now() from unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::bytea[]) u`,
      [
        links.map((one) => one.seq),
        links.map((one) => one.id),
        links.map((one) => one.previous),
        links.map((one) => one.hash),
      ],
    );
    await client.query('commit');
    return rows.length;
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** What checking the whole chain found. `broken` is the first place where a line, its order or its hash differs. */
export interface ChainReport {
  readonly lines: number;
  readonly unsealed: number;
  readonly broken?: { readonly seq: number; readonly why: 'gap' | 'missing-line' | 'altered' };
}

/** Computes every hash again from the stored text, in pages. */
export async function verifyAudit(store: Store): Promise<ChainReport> {
  let previous: Buffer = genesis;
  let seq = 0;
  for (;;) {
    const { rows } = await store.pool.query<{
      seq: number;
      previous_hash: Buffer;
      hash: Buffer;
      id: string | null;
      line: string | null;
    }>(
      `select c.seq, c.previous_hash, c.hash, a.id, a.line from audit_chain c left join audit a on a.id = c.audit_id
        where c.seq > $1 order by c.seq limit 5000`,
      [seq],
    );
    if (rows.length === 0) break;
    for (const row of rows) {
      if (row.seq !== seq + 1) return { lines: seq, unsealed: 0, broken: { seq: seq + 1, why: 'gap' } };
      if (row.id === null || row.line === null)
        return { lines: seq, unsealed: 0, broken: { seq: row.seq, why: 'missing-line' } };
      const hash = link(previous, row.id, row.line);
      if (!row.previous_hash.equals(previous) || !row.hash.equals(hash))
        return { lines: seq, unsealed: 0, broken: { seq: row.seq, why: 'altered' } };
      previous = hash;
      seq = row.seq;
    }
  }
  const { rows } = await store.pool.query<{ count: number }>(
    'select count(*) from audit a where not exists (select from audit_chain c where c.audit_id = a.id)',
  );
  return { lines: seq, unsealed: rows[0]?.count ?? 0 };
}
