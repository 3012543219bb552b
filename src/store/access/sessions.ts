import { createHash, randomBytes } from 'node:crypto';
import type { Actor } from '../../referral/actor.ts';
import { open, seal } from '../keys.ts';
import { openJson, sealJson } from '../sealed.ts';
import type { Store } from '../store.ts';
import { together } from '../together.ts';

/** Only the hash of a token is kept: reading the table opens no door. */
export const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();
/** A token that nobody guesses: 256 bits, base64url. */
export const newToken = (): string => randomBytes(32).toString('base64url');

const findCredentials = together(async (store: Store, hashes: readonly Buffer[]) => {
  const { rows } = await store.pool.query<{ hash: Buffer; practice_id: string; application: string }>({
    name: 'credentials',
    text: 'select hash, practice_id, application from credential where hash = any($1::bytea[]) and revoked_at is null',
    values: [hashes],
  });
  return hashes.map((hash) => rows.find((row) => row.hash.equals(hash)));
});

/** The practice and the sending application that a bearer credential belongs to; undefined when unknown or revoked. */
export async function practiceByCredential(
  store: Store,
  token: string,
): Promise<{ practice: string; application: string } | undefined> {
  const row = await findCredentials(store, hashOf(token));
  return row && { practice: row.practice_id, application: row.application };
}

export async function writeCredential(
  store: Store,
  practice: string,
  application: string,
  token: string,
): Promise<void> {
  await store.pool.query(
    'insert into credential (hash, practice_id, application, created_at) values ($1, $2, $3, $4) on conflict (hash) do nothing',
    [hashOf(token), practice, application, store.clock()],
  );
}

export interface Account {
  readonly username: string;
  /** scrypt, with its parameters; made and checked in identity/. */
  readonly password: string;
  readonly actor: Actor;
  readonly demo: boolean;
}

export async function readAccount(store: Store, username: string): Promise<Account | undefined> {
  const { rows } = await store.pool.query<Account>(
    `select username, password, actor, demo from account
      where username = $1 and not exists (select from locked_out l where l.person = actor->>'id')`,
    [username],
  );
  return rows[0];
}

export async function writeAccount(store: Store, account: Account): Promise<void> {
  await store.pool.query(
    `insert into account (username, password, actor, demo, created_at) values ($1, $2, $3, $4, $5)
     on conflict (username) do update set password = excluded.password, actor = excluded.actor`,
    [account.username, account.password, JSON.stringify(account.actor), account.demo, store.clock()],
  );
}

/** Starts a session; gives the token for the cookie, which is kept nowhere else. */
export async function startSession(store: Store, actor: Actor, lifetimeMs: number): Promise<string> {
  const token = newToken();
  const now = store.clock();
  await store.pool.query(
    'insert into session (hash, actor, created_at, seen_at, expires_at) values ($1, $2, $3, $3, $4)',
    [hashOf(token), JSON.stringify(actor), now, new Date(now.getTime() + lifetimeMs)],
  );
  return token;
}

/** The actor of a live session, unless they are locked out; using it within `idleMs` keeps it alive, to the end of its lifetime. */
export async function readSession(store: Store, token: string, idleMs: number): Promise<Actor | undefined> {
  const now = store.clock();
  const { rows } = await store.pool.query<{ actor: Actor }>({
    name: 'session',
    text: `update session set seen_at = $2 where hash = $1 and expires_at > $2 and seen_at > $3
             and not exists (select from locked_out l where l.person = actor->>'id') returning actor`,
    values: [hashOf(token), now, new Date(now.getTime() - idleMs)],
  });
  return rows[0]?.actor;
}

export async function endSession(store: Store, token: string): Promise<void> {
  await store.pool.query('delete from session where hash = $1', [hashOf(token)]);
}

/**
 * Keeps a patient's context for the refer page behind a one-time token. It is sealed with a key that only the token
 * holds: the link carries no patient data, and the table without the link opens nothing.
 */
export async function writeHandle(
  store: Store,
  practice: string,
  context: unknown,
  lifetimeMs: number,
): Promise<string> {
  const token = newToken();
  const key = createHash('sha256').update('handle-key\0').update(token).digest();
  const now = store.clock();
  await store.pool.query(
    'insert into handle (hash, practice_id, sealed, created_at, expires_at) values ($1, $2, $3, $4, $5)',
    [hashOf(token), practice, sealJson(key, context, practice), now, new Date(now.getTime() + lifetimeMs)],
  );
  return token;
}

/** Takes the context behind a token, once, and only for its own practice; undefined when used, expired or unknown. */
export async function takeHandle<T>(store: Store, practice: string, token: string): Promise<T | undefined> {
  const { rows } = await store.pool.query<{ sealed: Buffer }>(
    'update handle set used_at = $3 where hash = $1 and practice_id = $2 and used_at is null and expires_at > $3 returning sealed',
    [hashOf(token), practice, store.clock()],
  );
  const sealed = rows[0]?.sealed;
  if (!sealed) return undefined;
  const key = createHash('sha256').update('handle-key\0').update(token).digest();
  return openJson<T>(key, sealed, practice);
}

/** A refused message of a known sender: sealed for 30 days, or ids and hash only when consent was missing (decision 15). */
export async function writeRefused(
  store: Store,
  scope: { readonly practice: string },
  refused: {
    application: string;
    door: string;
    /** What its sender calls it. */
    controlId?: string | undefined;
    hash: Uint8Array;
    codes: string[];
    paths: string[];
    body: Buffer | undefined;
  },
): Promise<string> {
  const id = store.newId();
  const now = store.clock();
  const key = randomBytes(32);
  const context = `${scope.practice}|refused|${id}`;
  await store.pool.query(
    `insert into refused (practice_id, id, application, door, control_id, hash, codes, paths, wrapped, sealed, received_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      scope.practice,
      id,
      refused.application,
      refused.door,
      refused.controlId ?? null,
      Buffer.from(refused.hash),
      refused.codes,
      refused.paths,
      refused.body ? await store.master.wrap(key, context) : null,
      refused.body ? seal(key, refused.body, context) : null,
      now,
      new Date(now.getTime() + 30 * 86_400_000),
    ],
  );
  return id;
}

/** A named secret of the service itself (signing keys), made once by `make`, sealed by the master key. */
export async function readOrMakeSetting(store: Store, name: string, make: () => Promise<Buffer>): Promise<Buffer> {
  const key = store.master.derive('setting');
  const read = async () => {
    const { rows } = await store.pool.query<{ value: Buffer }>('select value from setting where name = $1', [name]);
    return rows[0] && open(key, rows[0].value, name);
  };
  const known = await read();
  if (known) return known;
  await store.pool.query('insert into setting (name, value) values ($1, $2) on conflict do nothing', [
    name,
    seal(key, await make(), name),
  ]);
  const made = await read();
  if (!made) throw new Error(`setting ${name} could not be kept`);
  return made;
}

/**
 * Makes a named secret another one, one process at a time: `change` gets what it is now and gives
 * what it becomes, or undefined to leave it. Does nothing when there is none yet.
 */
export async function changeSetting(
  store: Store,
  name: string,
  change: (now: Buffer) => Promise<Buffer | undefined>,
): Promise<void> {
  const key = store.master.derive('setting');
  const client = await store.pool.connect();
  try {
    await client.query('begin');
    const { rows } = await client.query<{ value: Buffer }>('select value from setting where name = $1 for update', [
      name,
    ]);
    const next = rows[0] && (await change(open(key, rows[0].value, name)));
    if (next) await client.query('update setting set value = $2 where name = $1', [name, seal(key, next, name)]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

/** Removes what has expired: sessions, handles, refused messages, sign-in state, answered questions. Gives how many rows. */
export async function removeExpired(store: Store): Promise<number> {
  const now = store.clock();
  const expired = await Promise.all([
    store.pool.query('delete from session where expires_at < $1', [now]),
    store.pool.query('delete from handle where expires_at < $1', [now]),
    store.pool.query('delete from used_once where expires_at < $1', [now]),
    store.pool.query('delete from launch where expires_at < $1', [now]),
    store.pool.query('delete from refused where expires_at < $1', [now]),
    store.pool.query('delete from early_message where expires_at < $1', [now]),
    store.pool.query('delete from message_envelope where expires_at < $1', [now]),
    // H15: a cancellation that came before its referral is remembered for 30 days.
    store.pool.query("delete from referral_number where cancelled_at < $1::timestamptz - interval '30 days'", [now]),
    store.pool.query('delete from oidc where expires_at < $1', [now]),
    // Whoever sent a link sees for a month that it had expired.
    store.pool.query("delete from link where expires_at < $1::timestamptz - interval '30 days'", [now]),
    // A question about nobody is kept as long as it takes to be read back.
    store.pool.query("delete from question where answered_at < $1::timestamptz - interval '90 days'", [now]),
  ]);
  return expired.reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0);
}
