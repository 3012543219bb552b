import { sql } from 'kysely';
import { open } from '../keys.ts';
import type { Store } from '../store.ts';
import { allOf, rowsOf } from '../writing.ts';
import type { Place } from './list.ts';

/** A message that was refused, without what is in it: codes and places only. */
export interface RefusedMessage {
  readonly id: string;
  readonly practice: string;
  readonly application: string;
  readonly door: string;
  /** What its sender calls it; null when that is not known, or may not be kept. */
  readonly controlId: string | null;
  readonly codes: readonly string[];
  readonly paths: readonly string[];
  readonly receivedAt: Date;
  readonly takenAt: Date | null;
  /** Its bytes are there, sealed; not when consent was missing (decision 15). */
  readonly isKept: boolean;
}

const COLUMNS = `id, practice_id as practice, application, door, control_id as "controlId", codes, paths,
  received_at as "receivedAt", taken_at as "takenAt",
  sealed is not null as "isKept"`;

/** What the list of refused messages is narrowed to; what is absent narrows nothing. */
export interface RefusedFilter {
  /** The first code, which is what its class is told by. */
  readonly firstCodes?: readonly string[] | undefined;
  /** One of its codes. */
  readonly code?: string | undefined;
  readonly practice?: string | undefined;
  readonly controlId?: string | undefined;
}

/** Messages that were refused and not taken in since, oldest first. */
export function listRefused(
  store: Store,
  { firstCodes, code, practice, controlId }: RefusedFilter,
  limit: number,
  after?: Place,
): Promise<RefusedMessage[]> {
  const where = allOf([
    sql`taken_at is null`,
    firstCodes && sql`codes[1] = any(${firstCodes}::text[])`,
    code !== undefined && sql`${code} = any(codes)`,
    practice !== undefined && sql`practice_id = ${practice}`,
    controlId !== undefined && sql`control_id = ${controlId}`,
    after && sql`(received_at, id) > (${after.at}, ${after.id}::uuid)`,
  ]);
  return rowsOf(
    store,
    sql`select ${sql.raw(COLUMNS)} from refused where ${where} order by received_at, id limit ${limit}`,
  );
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
