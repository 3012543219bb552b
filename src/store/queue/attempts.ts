import { open } from '../keys.ts';
import { saidContext } from '../sealed.ts';
import type { Store } from '../store.ts';

/** One try of a delivery, or of another one that carries the same document to the same receiver. */
export interface ListedAttempt {
  readonly delivery: string;
  readonly destination: string;
  readonly number: number;
  readonly beganAt: Date;
  readonly endedAt: Date | null;
  readonly outcome: string | null;
  readonly code: string | null;
  /** The version of the document that was the newest then. */
  readonly version: number | null;
  /** With which mapping its letter was written; null where it went as we keep it, or before that was noted. */
  readonly mapping: string | null;
  /** Whether the other side's own words at its no are kept, sealed. */
  readonly hasSaid: boolean;
}

/** Every try to bring what a delivery carries to its receiver, whatever the way, oldest first; at most 200. */
export async function readAttempts(store: Store, delivery: string): Promise<ListedAttempt[]> {
  const { rows } = await store.pool.query<ListedAttempt>(
    `select a.delivery_id::text as delivery, o.destination, a.number, a.began_at as "beganAt", a.ended_at as "endedAt", a.outcome,
            a.failure_code as code, a.mapping, a.said is not null as "hasSaid",
            (select max(v.version) from document v where v.practice_id = o.practice_id and v.type = o.document_type
               and v.id = o.document_id and v.recorded_at <= a.began_at) as version
       from delivery d join delivery o on o.journey_id = d.journey_id and o.recipient = d.recipient
         and (o.id = d.id or (o.document_id = d.document_id and o.kind = d.kind))
       join attempt a on a.delivery_id = o.id
      where d.id = $1 order by a.began_at, a.delivery_id, a.number limit 200`,
    [delivery],
  );
  return rows;
}

/** What another system said when it did not take something: in its own words, which may hold anything. */
export interface ForeignText {
  readonly delivery: string;
  readonly destination: string;
  readonly at: Date;
  readonly code: string | null;
  readonly text: string;
}

/** What others said of the deliveries of a journey, newest first. For broken glass: nothing else opens it. */
export async function readForeignTexts(store: Store, journey: string, limit: number): Promise<ForeignText[]> {
  const { rows } = await store.pool.query<Omit<ForeignText, 'text'> & { lease: string; said: Buffer }>(
    `select a.delivery_id::text as delivery, d.destination, a.began_at as at, a.failure_code as code, a.lease, a.said
       from delivery d join attempt a on a.delivery_id = d.id and a.said is not null
      where d.journey_id = $1 order by a.began_at desc, a.delivery_id, a.number limit $2`,
    [journey, limit],
  );
  const key = rows.length > 0 ? await store.journeyKey(journey) : undefined;
  return rows.flatMap(({ lease, said, ...row }) =>
    key ? [{ ...row, text: open(key, said, saidContext(row.delivery, lease)).toString('utf8') }] : [],
  );
}
