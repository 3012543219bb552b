import type { AuditLine } from '../../referral/change.ts';
import type { PersonMove } from '../../referral/person-move.ts';
import type { Part, Prepared } from '../commit/writes.ts';
import type { Store } from '../store.ts';

/** The parts of a commit that end the sessions of a person, lock them out, and let them in again. */
export function personParts(batch: readonly Prepared[]): Part[] {
  const rows = (...to: readonly PersonMove['to'][]) =>
    batch.flatMap(({ change: { person } }) => (person && to.includes(person.to) ? [[person.person, person.at]] : []));
  const columns = 'person text, at timestamptz';
  return [
    {
      name: 'po',
      exact: true,
      columns,
      rows: rows('locked-out'),
      sql: 'insert into locked_out (person, at) select person, at from n on conflict do nothing returning 1',
    },
    {
      name: 'pi',
      exact: true,
      columns,
      rows: rows('let-in'),
      sql: 'delete from locked_out l using n where l.person = n.person returning 1',
    },
    {
      name: 'ps',
      exact: false,
      columns,
      rows: rows('sessions-ended', 'locked-out'),
      sql: `delete from session s using n where s.actor->>'id' = n.person returning 1`,
    },
  ];
}

/** Does so, with its line; false when they were locked out, or let in, before. */
export async function movePerson(store: Store, to: PersonMove['to'], person: string, line: AuditLine) {
  const at = store.clock().toISOString();
  return (await store.commit({ scope: { practice: '' }, person: { to, person, at }, audit: [line] })).ok;
}

export async function isLockedOut(store: Store, person: string): Promise<boolean> {
  const { rowCount } = await store.pool.query('select from locked_out where person = $1', [person]);
  return rowCount === 1;
}

/** Somebody who is in now, or may not come in. */
export interface Admitted {
  readonly person: string;
  /** How many sessions run, and when one was last used. */
  readonly sessions: number;
  readonly seenAt: Date | null;
  readonly lockedOutAt: Date | null;
}

/** Everybody who is in now or locked out, or one person of them; who was in last comes first. */
export async function listAdmitted(store: Store, person?: string): Promise<Admitted[]> {
  const { rows } = await store.pool.query<Admitted>(
    `select coalesce(s.person, l.person) as person, coalesce(s.sessions, 0) as sessions, s.seen_at as "seenAt", l.at as "lockedOutAt"
       from (select actor->>'id' as person, count(*) as sessions, max(seen_at) as seen_at
               from session where expires_at > $1 group by 1) s
       full join locked_out l on l.person = s.person
      where $2::text is null or coalesce(s.person, l.person) = $2
      order by s.seen_at desc nulls last, 1`,
    [store.clock(), person ?? null],
  );
  return rows;
}
