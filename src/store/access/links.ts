import { createHash, createHmac, randomBytes } from 'node:crypto';
import { type Link, type LinkMove, linkTriesMax } from '../../referral/link.ts';
import type { Part, Prepared } from '../commit/writes.ts';
import { fieldHmac, type MasterKey } from '../keys.ts';
import type { Store } from '../store.ts';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const made = (master: MasterKey, what: string, id: string) =>
  createHmac('sha256', master.derive('link')).update(`${what}\0${id}`).digest();
const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** What stands in the mailed address: nobody without the master key can make it, and the table keeps its hash only. */
export const linkToken = (master: MasterKey, id: string): string => made(master, 'token', id).toString('base64url');

/** Six digits to type beside the link (H12): one in 200,000 for who has five tries. */
export const linkCode = (master: MasterKey, id: string): string =>
  String(made(master, 'code', id).readUIntBE(0, 6) % 1_000_000).padStart(6, '0');

/** What a resident gets on paper: twice five characters without I, L, O and U, 50 bits, to be read aloud. */
export function residentCode(master: MasterKey, id: string): string {
  const letters = [...made(master, 'resident', id).subarray(0, 10)].map((byte) => alphabet[byte % 32]).join('');
  return `${letters.slice(0, 5)}-${letters.slice(5)}`;
}

/** A code as people type it: small letters, spaces, O for 0 and I or L for 1. */
const plainCode = (typed: string): string =>
  typed
    .toUpperCase()
    .replaceAll(/[^0-9A-Z]/g, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1');

/** Keyed: fifty bits can be tried by who has the table, and this only by who has the master key too. */
const residentHash = (master: MasterKey, code: string): Buffer => made(master, 'resident-hash', plainCode(code));

/** The hash under which a link that is being made is found again. */
export function linkHash(master: MasterKey, move: Extract<LinkMove, { to: 'made' }>): Buffer {
  return move.purpose === 'resident'
    ? residentHash(master, residentCode(master, move.id))
    : hashOf(linkToken(master, move.id));
}

const movesTo = <To extends LinkMove['to']>(batch: readonly Prepared[], to: To) =>
  batch.flatMap(({ change, sealed, at }) =>
    (change.links ?? []).flatMap((move, nth) =>
      move.to === to
        ? [
            {
              change,
              at,
              hash: sealed.linkHashes?.[nth] ?? null,
              move: move as Extract<LinkMove, { to: To }>,
            },
          ]
        : [],
    ),
  );

/** Links in the commit's one statement. An answer counts only when nobody answered since it was looked at. */
export function linkParts(batch: readonly Prepared[]): Part[] {
  const begun = movesTo(batch, 'made');
  const live = 'l.ended_at is null';
  return [
    {
      name: 'lr',
      exact: false,
      columns: 'practice_id text, subject_id uuid, purpose text, at timestamptz',
      rows: begun.map(({ change, move, at }) => [change.scope.practice, move.subject, move.purpose, at]),
      sql: `update link l set ended_at = n.at, ended_why = 'replaced' from n
            where l.practice_id = n.practice_id and l.subject_id = n.subject_id and l.purpose = n.purpose and ${live} returning 1`,
    },
    {
      name: 'lm',
      exact: true,
      columns:
        'id uuid, practice_id text, journey_id uuid, purpose text, subject_id uuid, recipient text, hash bytea, ' +
        'made_at timestamptz, made_by text, expires_at timestamptz',
      rows: begun.map(({ change, move, at, hash }) => [
        move.id,
        change.scope.practice,
        change.journey,
        move.purpose,
        move.subject,
        move.recipient,
        hash,
        at,
        move.by,
        move.expiresAt,
      ]),
      sql: `insert into link (id, practice_id, journey_id, purpose, subject_id, recipient, hash, made_at, made_by, expires_at)
            select * from n returning 1`,
    },
    {
      name: 'lt',
      exact: true,
      columns: 'id uuid, tries int, at timestamptz',
      rows: movesTo(batch, 'tried').map(({ move, at }) => [move.id, move.tries, at]),
      sql: `update link l set tries = n.tries + 1,
              ended_at = case when n.tries + 1 >= ${linkTriesMax} then n.at end,
              ended_why = case when n.tries + 1 >= ${linkTriesMax} then 'tries' end
            from n where l.id = n.id and l.tries = n.tries and ${live} returning 1`,
    },
    {
      name: 'lo',
      exact: true,
      columns: 'id uuid, tries int, session bytea, until timestamptz, at timestamptz',
      rows: movesTo(batch, 'opened').map(({ move, at }) => [
        move.id,
        move.tries,
        move.session ? Buffer.from(move.session.hash) : null,
        move.session?.until ?? null,
        at,
      ]),
      sql: `update link l set opened_at = coalesce(l.opened_at, n.at), session = n.session, session_until = n.until
            from n where l.id = n.id and l.tries = n.tries and ${live} returning 1`,
    },
    {
      name: 'lc',
      exact: true,
      columns: 'id uuid, codes int',
      rows: movesTo(batch, 'code-mailed').map(({ move }) => [move.id, move.codes]),
      sql: `update link l set codes = n.codes + 1 from n where l.id = n.id and l.codes = n.codes and ${live} returning 1`,
    },
    {
      name: 'lp',
      exact: false,
      columns: 'practice_id text, subject_id uuid, expires_at timestamptz',
      rows: movesTo(batch, 'prolonged').map(({ change, move }) => [
        change.scope.practice,
        move.subject,
        move.expiresAt,
      ]),
      sql: `update link l set expires_at = n.expires_at from n
            where l.practice_id = n.practice_id and l.subject_id = n.subject_id and l.expires_at < n.expires_at and ${live} returning 1`,
    },
    {
      name: 'le',
      exact: false,
      columns: 'practice_id text, subject_id uuid, why text, at timestamptz',
      rows: movesTo(batch, 'ended').map(({ change, move, at }) => [change.scope.practice, move.subject, move.why, at]),
      sql: `update link l set ended_at = n.at, ended_why = n.why from n
            where l.practice_id = n.practice_id and l.subject_id = n.subject_id and ${live} returning 1`,
    },
  ];
}

const COLUMNS = `id, practice_id as practice, journey_id as journey, purpose, subject_id as subject, recipient,
  made_at as "madeAt", expires_at as "expiresAt", tries, codes, opened_at as "openedAt", ended_why as "endedWhy"`;

async function readOne(store: Store, condition: string, values: readonly unknown[]): Promise<Link | undefined> {
  const { rows } = await store.pool.query<Link>(`select ${COLUMNS} from link where ${condition}`, [...values]);
  return rows[0];
}

/** The link of a mailed address, dead or alive; undefined when there never was one. */
export const linkByToken = (store: Store, token: string): Promise<Link | undefined> =>
  readOne(store, `hash = $1 and purpose <> 'resident'`, [hashOf(token)]);

/** The same of the code on a resident's paper. Codes live a year: those of 2026 were hashed without the key. */
export const linkByResidentCode = (store: Store, typed: string): Promise<Link | undefined> =>
  readOne(store, `hash = any($1::bytea[]) and purpose = 'resident'`, [
    [residentHash(store.master, typed), hashOf(plainCode(typed))],
  ]);

export const linkById = (store: Store, id: string): Promise<Link | undefined> => readOne(store, 'id = $1', [id]);

/** The link that a session came in by; undefined when the session is over. */
export const linkBySession = (store: Store, session: string): Promise<Link | undefined> =>
  readOne(store, 'session = $1 and session_until > $2', [hashOf(session), store.clock()]);

/** A session for who gave the right code: the cookie's value, and what is kept of it. */
export function newLinkSession(): { readonly token: string; readonly hash: Buffer } {
  const token = randomBytes(32).toString('base64url');
  return { token, hash: hashOf(token) };
}

/** Every link of a journey, oldest first; for who has it. */
export async function linksOf(store: Store, practice: string, journey: string): Promise<Link[]> {
  const { rows } = await store.pool.query<Link>({
    name: 'links-of',
    text: `select ${COLUMNS} from link where practice_id = $1 and journey_id = $2 order by made_at, id`,
    values: [practice, journey],
  });
  return rows;
}

/** Whether this is the birth date of the resident of a journey: compared by HMAC, no content is opened. */
export async function isBornOn(store: Store, journey: string, day: string): Promise<boolean> {
  const hmac = fieldHmac(store.master.derive('index'), 'birthDate', day);
  const { rowCount } = await store.pool.query('select from journey where id = $1 and birth_date_hmac = $2', [
    journey,
    hmac,
  ]);
  return rowCount === 1;
}
