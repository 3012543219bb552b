import type { Resource } from '@medplum/fhirtypes';
import { type Keeping, readKeeping } from './keeping.ts';
import { fieldHmac } from './keys.ts';
import { documentContext, openJson } from './sealed.ts';
import { ContentErased, type Store } from './store.ts';

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
