import { open } from './keys.ts';
import type { Place } from './queue-list.ts';
import type { Store } from './store.ts';

/** A message that was refused, without what is in it: codes and places only. */
export interface RefusedMessage {
  readonly id: string;
  readonly practice: string;
  readonly application: string;
  readonly door: string;
  readonly codes: readonly string[];
  readonly paths: readonly string[];
  readonly receivedAt: Date;
  readonly takenAt: Date | null;
  /** Its bytes are there, sealed; not when consent was missing (decision 15). */
  readonly isKept: boolean;
}

const COLUMNS = `id, practice_id as practice, application, door, codes, paths, received_at as "receivedAt", taken_at as "takenAt",
  sealed is not null as "isKept"`;

/** Refused messages whose first code is one of `codes` (all when absent) and of a practice, oldest first. */
export async function listRefused(
  store: Store,
  filter: { readonly codes?: readonly string[] | undefined; readonly practice?: string | undefined },
  limit: number,
  after?: Place,
): Promise<RefusedMessage[]> {
  const { rows } = await store.pool.query<RefusedMessage>(
    `select ${COLUMNS} from refused where taken_at is null and ($1::text[] is null or codes[1] = any($1)) and ($2::text is null or practice_id = $2)
        and ($3::timestamptz is null or (received_at, id) > ($3, $4::uuid)) order by received_at, id limit $5`,
    [filter.codes ?? null, filter.practice ?? null, after?.at ?? null, after?.id ?? null, limit],
  );
  return rows;
}

/** One refused message and its bytes, opened; undefined when it is not there, no body when it was not kept. */
export async function readRefused(
  store: Store,
  id: string,
): Promise<{ readonly message: RefusedMessage; readonly body: Buffer | undefined } | undefined> {
  const { rows } = await store.pool.query<RefusedMessage & { wrapped: Buffer | null; sealed: Buffer | null }>(
    `select ${COLUMNS}, wrapped, sealed from refused where id = $1`,
    [id],
  );
  const [row] = rows;
  if (!row) return undefined;
  const { wrapped, sealed, ...message } = row;
  if (!wrapped || !sealed) return { message, body: undefined };
  const context = `${message.practice}|refused|${message.id}`;
  return { message, body: open(await store.master.unwrap(wrapped, context), sealed, context) };
}
