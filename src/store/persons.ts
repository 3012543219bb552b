import type { Resource } from '@medplum/fhirtypes';
import { documentContext } from './commit.ts';
import { type Keeping, readKeeping } from './keeping.ts';
import { fieldHmac } from './keys.ts';
import { ContentErased, openJson, type Store } from './store.ts';

/** What a person who asks is known by: the BSN, or name, birth date and address together. */
export type PersonKey =
  | { readonly bsn: string }
  | {
      readonly family: string;
      readonly birthDate: string;
      readonly postcode: string;
      readonly houseNumber: string;
    };

/**
 * The journeys of a person in one practice, or in all with `practice` undefined: found by HMAC, nothing is opened. Exact
 * (without case, accents and spaces): a typing error finds nobody, never somebody else. Erased persons are not found.
 */
export async function findPerson(
  store: Store,
  of: { readonly practice: string | undefined },
  key: PersonKey,
): Promise<Keeping[]> {
  const index = store.master.derive('index');
  const { practice = null } = of;
  const [condition, values] =
    'bsn' in key
      ? ['bsn_hmac = $2', [practice, fieldHmac(index, 'bsn', key.bsn)]]
      : [
          'family_hmac = $2 and birth_date_hmac = $3 and postcode_hmac = $4',
          [
            practice,
            fieldHmac(index, 'family', key.family),
            fieldHmac(index, 'birthDate', key.birthDate),
            fieldHmac(index, 'postcode', `${key.postcode} ${key.houseNumber}`),
          ],
        ];
  const { rows } = await store.pool.query<{ id: string }>(
    `select id from journey where ($1::text is null or practice_id = $1) and ${condition}`,
    values,
  );
  return readKeeping(
    store,
    rows.map((row) => row.id),
  );
}

/** Every resource of a journey in its newest version, in the order in which they came. Throws ContentErased. */
export async function readEverything(store: Store, journey: string): Promise<Resource[]> {
  const { rows } = await store.pool.query<{
    practice_id: string;
    type: string;
    id: string;
    version: number;
    sealed: Buffer;
    wrapped: Buffer | null;
  }>(
    `select r.practice_id, r.type, r.id, r.version, d.sealed, k.wrapped
       from resource r join journey_key k on k.journey_id = r.journey_id
       join document d on d.practice_id = r.practice_id and d.type = r.type and d.id = r.id and d.version = r.version
      where r.journey_id = $1 order by d.recorded_at, r.type, r.id`,
    [journey],
  );
  const [first] = rows;
  if (!first) throw new ContentErased();
  const key = await store.journeyKey(journey, first.wrapped);
  return rows.map((row) =>
    openJson<Resource>(key, row.sealed, documentContext(row.practice_id, row.type, row.id, row.version)),
  );
}

/** A request of a person to see their data: no content, only what it is about and how far it is. */
export interface RightsRequest {
  readonly id: string;
  /** Where the request is filed; never words of the person. */
  readonly reference: string;
  readonly journeys: readonly string[];
  readonly askedHash: Buffer;
  readonly givenAt: Date | null;
}

/** Notes that everything about some journeys was put together for a person; `hash` is that of what was put together. */
export async function writeRightsRequest(
  store: Store,
  request: {
    readonly reference: string;
    readonly journeys: readonly string[];
    readonly by: string;
    readonly hash: Buffer;
  },
): Promise<string> {
  const id = store.newId();
  await store.pool.query(
    'insert into rights_request (id, reference, journeys, asked_at, asked_by, asked_hash) values ($1, $2, $3, $4, $5, $6)',
    [id, request.reference, request.journeys, store.clock(), request.by, request.hash],
  );
  return id;
}

export async function readRightsRequest(store: Store, id: string): Promise<RightsRequest | undefined> {
  const { rows } = await store.pool.query<RightsRequest>(
    `select id, reference, journeys, asked_hash as "askedHash", given_at as "givenAt" from rights_request where id = $1`,
    [id],
  );
  return rows[0];
}

/** Marks it as given, once; false when it was already. */
export async function markGiven(store: Store, id: string, by: string, hash: Buffer): Promise<boolean> {
  const { rowCount } = await store.pool.query(
    'update rights_request set given_at = $2, given_by = $3, given_hash = $4 where id = $1 and given_at is null',
    [id, store.clock(), by, hash],
  );
  return rowCount === 1;
}
