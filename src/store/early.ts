import { createHash, randomBytes } from 'node:crypto';
import type { MappedSupplement } from '../referral/format.ts';
import type { Part, Prepared } from './commit/writes.ts';
import { open, seal } from './keys.ts';
import type { Store } from './store.ts';

/** What belongs to a referral that has not come yet. */
export interface Early {
  readonly practice: string;
  readonly id: string;
  readonly number: string;
  readonly journey: string;
  readonly supplement: Pick<MappedSupplement, 'letters' | 'text' | 'about' | 'places'>;
}

const keptMs = 30 * 24 * 3_600_000;
const joinedMax = 50;

const contextOf = (practice: string, number: string) => `${practice}|early|${number}`;

/** The part of a commit that joins them to their journey: they must still be there, and go. */
export function joinedPart(batch: readonly Prepared[]): Part {
  return {
    name: 'ej',
    exact: true,
    columns: 'practice_id text, id uuid',
    rows: batch.flatMap(({ change }) => (change.joined ?? []).map((id) => [change.scope.practice, id])),
    sql: 'delete from early_message e using n where e.practice_id = n.practice_id and e.id = n.id returning 1',
  };
}

/** Keeps a supplement sealed until its referral comes, for 30 days; the same one again changes nothing. */
export async function keepEarly(
  store: Store,
  scope: { readonly practice: string },
  mapped: MappedSupplement,
): Promise<void> {
  const { number, letters, text, about, places } = mapped;
  const plain = Buffer.from(JSON.stringify({ letters, about, places, ...(text && { text }) }));
  const key = randomBytes(32);
  const id = store.newId();
  const now = store.clock();
  await store.pool.query(
    `insert into early_message (practice_id, id, number, hash, wrapped, sealed, received_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (practice_id, number, hash) do nothing`,
    [
      scope.practice,
      id,
      number.value,
      createHash('sha256').update(plain).digest(),
      await store.master.wrap(key, id),
      seal(key, plain, contextOf(scope.practice, number.value)),
      now,
      new Date(now.getTime() + keptMs),
    ],
  );
}

/** The early supplements whose referral is there by now, oldest first; of one number when one is given. */
export async function readEarly(store: Store, of?: { practice: string; number: string }): Promise<Early[]> {
  const { rows } = await store.pool.query<{
    practice_id: string;
    id: string;
    number: string;
    journey_id: string;
    wrapped: Buffer;
    sealed: Buffer;
  }>({
    name: 'early-messages',
    text: `select e.practice_id, e.id, e.number, n.journey_id, e.wrapped, e.sealed
             from early_message e join referral_number n on n.practice_id = e.practice_id and n.value = e.number
            where n.journey_id is not null and e.expires_at > $3
              and ($1::text is null or e.practice_id = $1) and ($2::text is null or e.number = $2)
            order by e.received_at limit ${joinedMax}`,
    values: [of?.practice ?? null, of?.number ?? null, store.clock()],
  });
  return Promise.all(
    rows.map(async (row) => {
      const key = await store.master.unwrap(row.wrapped, row.id);
      const plain = open(key, row.sealed, contextOf(row.practice_id, row.number));
      return {
        practice: row.practice_id,
        id: row.id,
        number: row.number,
        journey: row.journey_id,
        supplement: JSON.parse(plain.toString('utf8')) as Early['supplement'],
      };
    }),
  );
}
