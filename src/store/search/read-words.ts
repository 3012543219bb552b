import type { Resource } from '@medplum/fhirtypes';
import { textArray } from '../commit/writes.ts';
import { documentContext, openJson } from '../sealed.ts';
import type { Store } from '../store.ts';
import { indexRow } from './words.ts';

const batchMax = 200;

interface UnreadRow {
  practice_id: string;
  type: string;
  id: string;
  version: number;
  journey_id: string;
  sealed: Buffer;
  wrapped: Buffer | null;
}

/**
 * Reads what was stored before there was an index, a batch at a time; erased content gets no words. Gives how many; zero
 * when all is read. A row that changes meanwhile is left to its own commit, which writes its words.
 */
export async function readUnread(store: Store): Promise<number> {
  const { rows } = await store.pool.query<UnreadRow>({
    name: 'words-unread',
    text: `select r.practice_id, r.type, r.id, r.version, r.journey_id, d.sealed, k.wrapped
             from resource r join journey_key k on k.journey_id = r.journey_id
             join document d on d.practice_id = r.practice_id and d.type = r.type and d.id = r.id and d.version = r.version
            where r.words is null order by r.id limit $1`,
    values: [batchMax],
  });
  if (rows.length === 0) return 0;
  const searchKey = store.master.derive('search');
  const made = await Promise.all(
    rows.map(async (row) => {
      if (!row.wrapped) return { words: [], dates: '{}' };
      const key = await store.journeyKey(row.journey_id, row.wrapped);
      const context = documentContext(row.practice_id, row.type, row.id, row.version);
      return indexRow(openJson<Resource>(key, row.sealed, context), searchKey);
    }),
  );
  await store.pool.query({
    name: 'words-read',
    text: `update resource r set words = n.words::text[], dates = n.dates
             from unnest($1::text[], $2::text[], $3::uuid[], $4::int[], $5::text[], $6::jsonb[])
               n(practice_id, type, id, version, words, dates)
            where (r.practice_id, r.type, r.id, r.version) = (n.practice_id, n.type, n.id, n.version) and r.words is null
              and exists (select from journey_key k where k.journey_id = r.journey_id and (k.wrapped is not null or n.words = '{}'))`,
    values: [
      rows.map((row) => row.practice_id),
      rows.map((row) => row.type),
      rows.map((row) => row.id),
      rows.map((row) => row.version),
      made.map(({ words }) => textArray(words)),
      made.map(({ dates }) => dates),
    ],
  });
  return rows.length;
}
