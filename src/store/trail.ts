import type { TrailLine } from '../referral/audit-event.ts';
import type { AuditLine } from '../referral/change.ts';
import { instant } from './audit.ts';
import type { Store } from './store.ts';

/** Which lines: everything about some journeys ("wie heeft gekeken"), or a period (`from` included, `to` not; ISO 8601). */
export type TrailOf = { readonly journeys: readonly string[] } | { readonly from: string; readonly to: string };

interface TrailRow extends Omit<TrailLine, 'line'> {
  readonly line: string;
}

const pageLines = 2_000;
const unreadable: AuditLine = {
  event: 'unreadable',
  at: '',
  actor: { id: 'unknown', role: 'none' },
  action: 'E',
  outcome: 'failed',
  purpose: 'SYSADMIN',
};

/** A line that someone broke is still a line; verifyAudit says that it was altered. */
export function lineIn(text: string): AuditLine {
  try {
    return { ...unreadable, ...(JSON.parse(text) as Partial<AuditLine>) };
  } catch {
    return unreadable;
  }
}

/**
 * Lines of the trail in the order in which they were recorded, as one snapshot, a page in memory at a time: periods hold
 * millions. Reads only; who asks for them writes the line that says so.
 */
export async function* readTrail(store: Store, of: TrailOf): AsyncGenerator<readonly TrailLine[]> {
  const [condition, values] =
    'journeys' in of
      ? ['a.journey_id = any($1::uuid[])', [of.journeys]]
      : ['a.recorded_at >= $1::timestamptz and a.recorded_at < $2::timestamptz', [of.from, of.to]];
  const client = await store.pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin isolation level repeatable read read only');
    await client.query(
      `declare trail no scroll cursor for
       select a.id, c.seq, ${instant('a.recorded_at')} as recorded, a.practice_id as practice, a.journey_id as journey, j.number, a.line
         from audit a left join audit_chain c on c.audit_id = a.id left join journey j on j.id = a.journey_id
        where ${condition} order by a.recorded_at, c.seq, a.id`,
      values,
    );
    for (;;) {
      const { rows } = await client.query<TrailRow>(`fetch ${pageLines} from trail`);
      if (rows.length === 0) break;
      yield rows.map((row) => ({ ...row, line: lineIn(row.line) }));
    }
  } finally {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    client.release(broken);
  }
}

/** The journey of a number that people read aloud (KL-…), or of a practice's own number; undefined when there is none. */
export async function journeyNumbered(
  store: Store,
  of: { readonly journeyNumber: string } | { readonly practice: string; readonly number: string },
): Promise<{ readonly journey: string; readonly practice: string; readonly number: string } | undefined> {
  const [condition, values] =
    'journeyNumber' in of
      ? ['j.number = $1', [of.journeyNumber]]
      : [
          'j.id = (select n.journey_id from referral_number n where n.practice_id = $1 and n.value = $2)',
          [of.practice, of.number],
        ];
  const { rows } = await store.pool.query<{ journey: string; practice: string; number: string }>(
    `select j.id as journey, j.practice_id as practice, j.number from journey j where ${condition}`,
    values,
  );
  return rows[0];
}
