import { createHash, randomBytes } from 'node:crypto';
import { openJson, sealJson } from '../sealed.ts';
import type { Store } from '../store.ts';

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Uses something that counts once; says whether this was the first time. `kind` keeps apart what comes from elsewhere;
 * after `until` it may be forgotten, for then it is refused for its age. The same in every process and after a restart.
 */
export async function useOnce(store: Store, kind: string, value: string, until: Date): Promise<boolean> {
  const { rowCount } = await store.pool.query({
    name: 'use-once',
    text: 'insert into used_once (kind, hash, expires_at) values ($1, $2, $3) on conflict do nothing',
    values: [kind, hashOf(value), until],
  });
  return rowCount === 1;
}

/** What is needed to write a note of the referral into the record of the practice's system. */
export interface LaunchNote {
  readonly base: string;
  readonly fhir: 'r4' | 'stu3';
  readonly token: string;
  readonly patient: string;
  /** Reference to who launched, in that record. */
  readonly user: string;
  readonly creates: 'ServiceRequest' | 'DocumentReference';
}

/** Keeps it until `until`; gives the name under which the refer form carries it, which is kept nowhere else. */
export async function keepLaunch(store: Store, practice: string, note: LaunchNote, until: Date): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await store.pool.query('insert into launch (hash, practice_id, sealed, expires_at) values ($1, $2, $3, $4)', [
    hashOf(token),
    practice,
    sealJson(store.master.derive('launch'), note, practice),
    until,
  ]);
  return token;
}

/** The launch has become this journey; from `dueAt` on a note of it may be written. Of a launch that is gone: nothing. */
export async function bindLaunch(
  store: Store,
  practice: string,
  token: string,
  journey: string,
  dueAt: Date,
): Promise<void> {
  await store.pool.query(
    'update launch set journey_id = $3, due_at = $4 where hash = $1 and practice_id = $2 and journey_id is null and expires_at > $4',
    [hashOf(token), practice, journey, dueAt],
  );
}

/** Launches whose note is due now. They are gone with this: each is given out once, whatever then comes of it. */
export async function takeDueLaunches(
  store: Store,
): Promise<{ readonly practice: string; readonly journey: string; readonly note: LaunchNote }[]> {
  const now = store.clock();
  const { rows } = await store.pool.query<{ practice_id: string; journey_id: string; sealed: Buffer; live: boolean }>(
    'delete from launch where due_at <= $1 returning practice_id, journey_id, sealed, expires_at > $1 as live',
    [now],
  );
  const key = store.master.derive('launch');
  return rows
    .filter((row) => row.live)
    .map((row) => ({
      practice: row.practice_id,
      journey: row.journey_id,
      note: openJson<LaunchNote>(key, row.sealed, row.practice_id),
    }));
}
