import type { BreakGlass } from '../../referral/break-glass.ts';
import type { Journey } from '../../referral/journey.ts';
import type { Part, Prepared } from '../commit/writes.ts';
import { open, seal } from '../keys.ts';
import { readJourney } from '../referrals.ts';
import type { Store } from '../store.ts';

const keyOf = (store: Store) => store.master.derive('break-glass');

/** The part of a Change that opens a journey to an administrator, its reason sealed. Instants are ISO 8601. */
export function glassBroken(store: Store, broken: Omit<BreakGlass, 'reason' | 'id'>, reason: string): BreakGlass {
  const id = store.newId();
  return { ...broken, id, reason: seal(keyOf(store), Buffer.from(reason), id) };
}

/** The part of a commit that keeps it. */
export function breakParts(batch: readonly Prepared[]): Part[] {
  return [
    {
      name: 'bg',
      columns:
        'id uuid, practice_id text, journey_id uuid, actor_id text, actor_name text, reason bytea, ' +
        'opened_at timestamptz, expires_at timestamptz',
      rows: batch.flatMap(({ change: { breakGlass: one, scope, journey } }) =>
        one
          ? [
              [
                one.id,
                scope.practice,
                journey,
                one.actor.id,
                one.actor.name,
                Buffer.from(one.reason),
                one.openedAt,
                one.expiresAt,
              ],
            ]
          : [],
      ),
      sql: 'insert into break_glass select * from n returning 1',
      exact: true,
    },
  ];
}

/** One time that an administrator opened a referral. */
export interface Broken {
  readonly journey: string;
  readonly practice: string;
  readonly number: string;
  readonly actor: string;
  readonly actorName: string;
  readonly reason: string;
  readonly openedAt: Date;
  readonly expiresAt: Date;
}

/** Those of a practice since a moment, or (practice undefined) all, newest first. */
export async function listBreaks(
  store: Store,
  of: { readonly practice: string | undefined },
  since: Date,
  limit: number,
): Promise<Broken[]> {
  const { rows } = await store.pool.query<Omit<Broken, 'reason'> & { id: string; sealed: Buffer }>(
    `select b.id, b.journey_id as journey, b.practice_id as practice, j.number, b.actor_id as actor, b.actor_name as "actorName",
            b.reason as sealed, b.opened_at as "openedAt", b.expires_at as "expiresAt"
       from break_glass b join journey j on j.id = b.journey_id
      where ($1::text is null or b.practice_id = $1) and b.opened_at >= $2 order by b.opened_at desc, b.id limit $3`,
    [of.practice ?? null, since, limit],
  );
  return rows.map(({ id, sealed, ...row }) => ({ ...row, reason: open(keyOf(store), sealed, id).toString('utf8') }));
}

/** The journey of a number that people read aloud, without opening anything. */
export async function journeyOfNumber(
  store: Store,
  number: string,
): Promise<{ readonly journey: string; readonly practice: string; readonly taskId: string } | undefined> {
  const { rows } = await store.pool.query<{ journey: string; practice: string; taskId: string }>(
    `select j.id as journey, j.practice_id as practice, j.task_id as "taskId" from journey j
       join journey_key k on k.journey_id = j.id and k.wrapped is not null where j.number = $1`,
    [number],
  );
  return rows.length === 1 ? rows[0] : undefined;
}

/** A journey that this administrator opened and that is still open to them; undefined otherwise. */
export async function readBroken(store: Store, actor: string, journey: string): Promise<Journey | undefined> {
  const { rows } = await store.pool.query(
    'select from break_glass where actor_id = $1 and journey_id = $2 and opened_at <= $3 and expires_at > $3 limit 1',
    [actor, journey, store.clock()],
  );
  return rows.length > 0 ? readJourney(store, { kind: 'journey', journey }, journey) : undefined;
}
