import type { Store } from './store.ts';

/** For as long a sender that tries again may come back: a week of outage and then some. */
const keptMs = 30 * 24 * 3_600_000;

/**
 * The header that an envelope of this sender brought the first time it came; its own, when it was not here before. Says
 * nothing about whether that message was taken: of one that was not the same header may come again.
 */
export async function headerOfEnvelope(
  store: Store,
  scope: { readonly practice: string },
  came: { readonly application: string; readonly envelope: string; readonly header: string },
): Promise<string> {
  const key = [scope.practice, came.application, came.envelope];
  const { rows } = await store.pool.query<{ header: string }>({
    name: 'header-of-envelope',
    // The update changes nothing: without it a row that is there would not be returned.
    text: `insert into message_envelope as e (practice_id, application, envelope, header, expires_at)
           values ($1, $2, $3, $4, $5)
           on conflict (practice_id, application, envelope) do update set header = e.header
           returning header`,
    values: [...key, came.header, new Date(store.clock().getTime() + keptMs)],
  });
  return rows[0]?.header ?? came.header;
}
