import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Store } from './store.ts';
import { inTransaction } from './transaction.ts';

/** Held by the one sealer at work; the others skip their turn. */
const sealerLock = 7_004;
const batchMax = 1_000;
/** What the chain begins with. */
const genesis = Buffer.alloc(32);
/** Links made now hash every column; those of version 1 only id and text. */
const versionNow = 2;

/** A line of the trail with the columns that its link is made of, as text: what PostgreSQL keeps, to the microsecond. */
interface StoredLine {
  readonly id: string;
  readonly cluster: string;
  readonly xid: string;
  readonly practice: string | null;
  readonly journey: string | null;
  readonly recorded: string;
  readonly line: string;
}

/** A moment as the trail writes it: UTC, to the microsecond. */
export const instant = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
/** The columns of a StoredLine out of `audit a`. */
const lineColumns = `a.id, a.cluster::text as cluster, a.xid::text as xid, a.practice_id as practice, a.journey_id as journey,
  ${instant('a.recorded_at')} as recorded, a.line`;
const sealedColumn = `${instant('c.sealed_at')} as sealed`;

/** SHA-256 over the link before, the columns and the text of a line, in the way of its version. */
function linkOf(previous: Buffer, one: StoredLine, sealed: string, version = versionNow): Buffer {
  const hash = createHash('sha256').update(previous);
  const columns = [one.id, one.cluster, one.xid, one.practice, one.journey, one.recorded, sealed];
  hash.update(version === 1 ? one.id : `${version}${JSON.stringify(columns)}`);
  return hash.update('\0').update(one.line).digest();
}

// Lines of our own cluster below the snapshot's xmin get no older company any more. Lines of another cluster came with a
// restore and get none at all; nor do lines that seem to come from our future: those were restored too, over an older
// copy of this very cluster. Per kind the order goes on after its last sealed line, so that what is slipped in behind it
// stays out. At the head of the chain that line is known, elsewhere the few unsealed ones before it are passed over.
const UNSEALED = `
  with recursive clusters(id) as (
    select min(cluster) from audit
    union all select (select min(a.cluster) from audit a where a.cluster > c.id) from clusters c where c.id is not null),
  head as (
    select a.cluster, a.xid from audit_chain c join audit a on a.id = c.audit_id order by c.seq desc limit 1),
  kinds as (
    select k.id, f.foreign_lines, f.low, f.high
      from (select id, id = (pg_control_system()).system_identifier as here from clusters where id is not null) k
      cross join lateral (
        select true as foreign_lines,
               case when k.here then pg_snapshot_xmax(pg_current_snapshot()) else '0'::xid8 end as low, null::xid8 as high
        union all
        select false, '0'::xid8, pg_snapshot_xmin(pg_current_snapshot()) where k.here) f)
  select x.* from kinds k
   cross join lateral (
     select coalesce(
       (select h.xid from head h where h.cluster = k.id and h.xid >= k.low
         and (k.foreign_lines or h.xid < pg_snapshot_xmax(pg_current_snapshot()))),
       (select b.xid from audit b where b.cluster = k.id and b.xid >= k.low and (k.high is null or b.xid < k.high)
          and exists (select from audit_chain c where c.audit_id = b.id) order by b.xid desc, b.id desc limit 1),
       k.low) as after) s
   cross join lateral (
     select ${lineColumns}, a.xid as place from audit a
      where a.cluster = k.id and a.xid >= s.after and a.xid >= k.low and (k.high is null or a.xid < k.high)
        and not exists (select from audit_chain c where c.audit_id = a.id)
      order by a.xid, a.id limit $1) x
   order by k.foreign_lines desc, k.id, x.place, x.id limit $1`;

async function chain(client: pg.ClientBase): Promise<number> {
  const lock = await client.query<{ locked: boolean }>('select pg_try_advisory_xact_lock($1) as locked', [sealerLock]);
  if (!lock.rows[0]?.locked) return 0;
  // A statement of its own after the lock: its snapshot must see what the last sealer committed.
  const { rows } = await client.query<StoredLine>({ name: 'audit-unsealed', text: UNSEALED, values: [batchMax] });
  if (rows.length === 0) return 0;
  const head = await client.query<{ seq: number | null; hash: Buffer | null; sealed: string }>(
    `select c.seq, c.hash, ${instant('now()')} as sealed from (values (1)) one
       left join (select seq, hash from audit_chain order by seq desc limit 1) c on true`,
  );
  const { seq: last, hash, sealed = '' } = head.rows[0] ?? {};
  let previous = hash ?? genesis;
  const links = rows.map((row, nth) => {
    const made = { seq: (last ?? 0) + nth + 1, id: row.id, previous, hash: linkOf(previous, row, sealed) };
    previous = made.hash;
    return made;
  });
  await client.query(
    `insert into audit_chain (seq, audit_id, previous_hash, hash, sealed_at, version)
     select u.*, now(), ${versionNow} from unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::bytea[]) u`,
    [
      links.map((one) => one.seq),
      links.map((one) => one.id),
      links.map((one) => one.previous),
      links.map((one) => one.hash),
    ],
  );
  return rows.length;
}

/**
 * Chains the audit lines that are final: hash = SHA-256(previous hash, columns, stored text). Gives how many.
 * Kept out of the commits because a chained head row would cost four fifths of the throughput (decision 6).
 */
export async function sealAudit(store: Store): Promise<number> {
  return inTransaction(store.pool, chain);
}

/** The head of the chain at a moment: kept outside the database, it shows later that nothing before it was cut or made anew. */
export interface Anchor {
  readonly seq: number;
  /** Hexadecimal. */
  readonly hash: string;
}

export interface Broken {
  readonly seq: number;
  readonly why: 'gap' | 'missing-line' | 'altered' | 'cut' | 'not-the-anchored';
}

/** What checking the whole chain found. `broken` is the first place where a line, its order or its hash differs. */
export interface ChainReport {
  readonly lines: number;
  /** Not in the chain yet: the sealer comes each second. */
  readonly unsealed: number;
  /** Of those: behind a sealed one in the order of their cluster, so they were put there afterwards. */
  readonly slippedIn: number;
  readonly broken?: Broken;
}

interface LinkRow extends StoredLine {
  readonly seq: number;
  readonly previous_hash: Buffer;
  readonly hash: Buffer;
  readonly version: number;
  readonly sealed: string;
}

const pageLines = 5_000;

const LINKS = `
  select c.seq, c.previous_hash, c.hash, c.version, ${sealedColumn}, ${lineColumns}
    from audit_chain c left join audit a on a.id = c.audit_id where c.seq > $1 order by c.seq limit ${pageLines}`;

// What seems to come from our own future is compared with the like, as it is sealed apart.
const LAST = `(select b.xid from audit b where b.cluster = k.cluster and (b.xid < pg_snapshot_xmax(pg_current_snapshot()) or not past)
   and exists (select from audit_chain c where c.audit_id = b.id) order by b.xid desc limit 1)`;
const OUTSIDE = `
  with sealed as (
    select k.cluster, past, ${LAST} as xid
      from (select distinct cluster from audit) k, (values (true), (false)) p(past))
  select count(*) as unsealed, count(*) filter (where a.xid < s.xid) as "slippedIn"
    from audit a left join sealed s on s.cluster = a.cluster
     and s.past = (a.cluster = (pg_control_system()).system_identifier and a.xid < pg_snapshot_xmax(pg_current_snapshot()))
   where not exists (select from audit_chain c where c.audit_id = a.id)`;

/**
 * Computes every hash again from the stored columns, in pages, so that millions of lines take no memory. With anchors
 * that were kept outside it also finds a tail that was cut off and a chain that was made anew.
 */
export async function verifyAudit(store: Store, anchors: readonly Anchor[] = []): Promise<ChainReport> {
  const anchored = new Map(anchors.map((one) => [one.seq, one.hash]));
  const highest = Math.max(0, ...anchored.keys());
  let previous: Buffer = genesis;
  let [seq, version] = [0, 1];
  const stop = (at: number, why: Broken['why']) => ({
    lines: seq,
    unsealed: 0,
    slippedIn: 0,
    broken: { seq: at, why },
  });
  for (;;) {
    const { rows } = await store.pool.query<LinkRow>({ name: 'audit-links', text: LINKS, values: [seq] });
    if (rows.length === 0) break;
    for (const row of rows) {
      if (row.seq !== seq + 1) return stop(seq + 1, 'gap');
      if (row.id === null) return stop(row.seq, 'missing-line');
      // A newer way of linking never goes back to an older one: that would leave columns out of the hash.
      const hash = row.version >= version ? linkOf(previous, row, row.sealed, row.version) : undefined;
      if (!hash || !row.previous_hash.equals(previous) || !row.hash.equals(hash)) return stop(row.seq, 'altered');
      if ((anchored.get(row.seq) ?? hash.toString('hex')) !== hash.toString('hex'))
        return stop(row.seq, 'not-the-anchored');
      previous = hash;
      seq = row.seq;
      version = row.version;
    }
  }
  if (highest > seq) return stop(seq + 1, 'cut');
  const { rows } = await store.pool.query<{ unsealed: number; slippedIn: number }>(OUTSIDE);
  return { lines: seq, unsealed: rows[0]?.unsealed ?? 0, slippedIn: rows[0]?.slippedIn ?? 0 };
}

/** The head of the chain, to be kept where who runs the database cannot write; undefined while nothing is sealed. */
export async function headOfAudit(store: Store): Promise<(Anchor & { readonly sealedAt: string }) | undefined> {
  const { rows } = await store.pool.query<{ seq: number; hash: Buffer; sealed: string }>(
    `select c.seq, c.hash, ${sealedColumn} from audit_chain c order by c.seq desc limit 1`,
  );
  const [head] = rows;
  return head && { seq: head.seq, hash: head.hash.toString('hex'), sealedAt: head.sealed };
}
