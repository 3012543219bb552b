import { openJson, sealJson } from './sealed.ts';
import { ContentErased, type Store } from './store.ts';

/** A request of a person to see their data: no content, only what it is about and how far it is. */
export interface RightsRequest {
  readonly id: string;
  /** Where the request is filed; never words of the person. */
  readonly reference: string;
  /** Whose pages it is worked on; null when it came by command. */
  readonly practice: string | null;
  readonly journeys: readonly string[];
  readonly askedAt: Date;
  readonly askedHash: Buffer;
  readonly givenAt: Date | null;
  readonly givenHash: Buffer | null;
}

const COLUMNS = `id, reference, practice_id as practice, journeys, asked_at as "askedAt", asked_hash as "askedHash",
  given_at as "givenAt", given_hash as "givenHash"`;

/** Notes that everything about some journeys was put together for a person; `hash` is that of what was put together. */
export async function writeRightsRequest(
  store: Store,
  request: {
    readonly reference: string;
    readonly practice?: string;
    readonly journeys: readonly string[];
    readonly by: string;
    readonly hash: Buffer;
  },
): Promise<string> {
  const id = store.newId();
  await store.pool.query(
    `insert into rights_request (id, reference, practice_id, journeys, asked_at, asked_by, asked_hash)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [id, request.reference, request.practice ?? null, request.journeys, store.clock(), request.by, request.hash],
  );
  return id;
}

/** A request by its id, of one practice or, with undefined, of any. */
export async function readRightsRequest(
  store: Store,
  id: string,
  practice?: string,
): Promise<RightsRequest | undefined> {
  const { rows } = await store.pool.query<RightsRequest>(
    `select ${COLUMNS} from rights_request where id = $1 and ($2::text is null or practice_id = $2)`,
    [id, practice ?? null],
  );
  return rows[0];
}

/** The newest requests, of one practice or, with undefined, of all: nobody is named in them. */
export async function listRightsRequests(
  store: Store,
  practice: string | undefined,
  limit: number,
): Promise<RightsRequest[]> {
  const { rows } = await store.pool.query<RightsRequest>(
    `select ${COLUMNS} from rights_request where $1::text is null or practice_id = $1 order by asked_at desc, id limit $2`,
    [practice ?? null, limit],
  );
  return rows;
}

const context = (id: string) => `rights_request|${id}`;

/** Keeps what was decided so far, sealed with a key of one of the journeys; nothing when all of them were erased. */
export async function writeDecisions(store: Store, request: RightsRequest, decisions: unknown): Promise<void> {
  for (const journey of request.journeys) {
    const key = await store.journeyKey(journey).catch((error: unknown) => {
      if (error instanceof ContentErased) return undefined;
      throw error;
    });
    if (!key) continue;
    const sealed = sealJson(key, decisions, context(request.id));
    await store.pool.query(
      'update rights_request set decisions = $2, decisions_key = $3 where id = $1 and given_at is null',
      [request.id, sealed, journey],
    );
    return;
  }
}

/** What was decided so far; undefined when nothing was, or when the key went with its journey. */
export async function readDecisions<T>(store: Store, id: string): Promise<T | undefined> {
  const { rows } = await store.pool.query<{ decisions: Buffer; journey: string; wrapped: Buffer | null }>(
    `select r.decisions, r.decisions_key as journey, k.wrapped from rights_request r
       join journey_key k on k.journey_id = r.decisions_key where r.id = $1`,
    [id],
  );
  const [row] = rows;
  if (!row?.wrapped) return undefined;
  const key = await store.journeyKey(row.journey, row.wrapped);
  return openJson<T>(key, row.decisions, context(id));
}

/** Marks it as given at a moment, once; false when it was already. */
export async function markGiven(store: Store, id: string, by: string, hash: Buffer, at: Date): Promise<boolean> {
  const { rowCount } = await store.pool.query(
    'update rights_request set given_at = $2, given_by = $3, given_hash = $4 where id = $1 and given_at is null',
    [id, at, by, hash],
  );
  return rowCount === 1;
}
