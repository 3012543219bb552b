import type { Loss } from '../../referral/referral.ts';
import { documentContext, openJson } from '../sealed.ts';
import { ContentErased, type Store } from '../store.ts';

/** A message that a referral came in: its key, and what of it could not be carried (places and why, never what). */
export interface ListedInbound {
  readonly door: string;
  readonly application: string;
  readonly controlId: string;
  readonly intent: string;
  readonly receivedAt: Date;
  /** With which mapping it was read; null for our own pages, and before that was noted. */
  readonly mapping: string | null;
  readonly losses: readonly Loss[];
}

/** The messages of a journey, oldest first; without their losses when the content was erased. */
export async function readInbound(store: Store, journey: string): Promise<ListedInbound[]> {
  const { rows } = await store.pool.query<{
    practice: string;
    door: string;
    application: string;
    controlId: string;
    intent: string;
    receivedAt: Date;
    mapping: string | null;
    answer: Buffer;
  }>(
    `select practice_id as practice, door, application, control_id as "controlId", intent, received_at as "receivedAt", mapping, answer
       from inbound where journey_id = $1 order by received_at, control_id limit 50`,
    [journey],
  );
  const key = rows.length > 0 ? await store.journeyKey(journey).catch(unlessErased) : undefined;
  return rows.map(({ practice, answer, ...row }) => {
    const told = key && openJson<{ losses?: readonly Loss[] }>(key, answer, `${practice}|answer|${journey}`);
    return { ...row, losses: told?.losses ?? [] };
  });
}

function unlessErased(error: unknown): undefined {
  if (!(error instanceof ContentErased)) throw error;
}

/** The bytes of the first message of a journey with its door, for mapping it once more; undefined when they are not there. */
export async function readFirstSource(
  store: Store,
  journey: string,
): Promise<{ practice: string; application: string; door: string; body: Buffer } | undefined> {
  const { rows } = await store.pool.query<{
    practice: string;
    application: string;
    door: string;
    id: string;
    version: number;
    sealed: Buffer;
  }>(
    // Message and bytes are written in one commit, with its moment.
    `select i.practice_id as practice, i.application, i.door, d.id, d.version, d.sealed
       from inbound i join document d on d.journey_id = i.journey_id and d.type = 'Binary' and d.recorded_at = i.received_at
      where i.journey_id = $1 order by i.received_at, d.id limit 10`,
    [journey],
  );
  const key = rows.length > 0 ? await store.journeyKey(journey).catch(unlessErased) : undefined;
  if (!key) return undefined;
  for (const { practice, application, door, id, version, sealed } of rows) {
    const context = documentContext(practice, 'Binary', id, version);
    const { contentType, data } = openJson<{ contentType?: string; data?: string }>(key, sealed, context);
    // A letter inside a message is kept as a Binary too.
    if (/json|hl7|edifact/.test(contentType ?? ''))
      return { practice, application, door, body: Buffer.from(data ?? '', 'base64') };
  }
  return undefined;
}
