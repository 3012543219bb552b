import type { AuditLine } from '../../referral/change.ts';
import type { CredentialMove } from '../../referral/credential-move.ts';
import type { Part, Prepared } from '../commit/writes.ts';
import { seal } from '../keys.ts';
import type { Store } from '../store.ts';
import { hashOf, newToken } from './sessions.ts';

/** A credential as it is spoken of: the beginning of its hash, which opens nothing. */
const ID = `left(encode(hash, 'hex'), 12)`;

/** The parts of a commit that give and revoke bearer credentials and keep our secret for a destination. */
export function credentialParts(batch: readonly Prepared[]): Part[] {
  const rows = (of: (move: CredentialMove) => readonly unknown[] | undefined) =>
    batch.flatMap(({ change: { credential } }) => {
      const row = credential && of(credential);
      return row ? [row] : [];
    });
  return [
    {
      name: 'cg',
      exact: true,
      columns: 'hash bytea, practice_id text, application text, at timestamptz',
      rows: rows((move) =>
        move.to === 'given' ? [Buffer.from(move.hash), move.practice, move.application, move.at] : undefined,
      ),
      sql: `insert into credential (hash, practice_id, application, created_at)
            select hash, practice_id, application, at from n returning 1`,
    },
    {
      name: 'cr',
      exact: true,
      columns: 'id text, at timestamptz',
      rows: rows((move) => (move.to === 'revoked' ? [move.id, move.at] : undefined)),
      sql: `update credential c set revoked_at = n.at from n where left(encode(c.hash, 'hex'), 12) = n.id
        and c.revoked_at is null returning 1`,
    },
    {
      name: 'cs',
      exact: true,
      columns: 'id text, sealed bytea',
      rows: rows((move) => (move.to === 'secret' ? [move.destination, Buffer.from(move.sealed)] : undefined)),
      sql: 'update destination x set secret = n.sealed from n where x.id = n.id returning 1',
    },
  ];
}

const done = async (store: Store, credential: CredentialMove, audit: AuditLine): Promise<boolean> =>
  (await store.commit({ scope: { practice: '' }, credential, audit: [audit] })).ok;

/** Gives a practice's system a bearer credential: the credential, which is kept nowhere, and the id that it is spoken of by. */
export async function giveCredential(
  store: Store,
  { practice, application }: { readonly practice: string; readonly application: string },
  line: (id: string) => AuditLine,
): Promise<{ readonly token: string; readonly id: string }> {
  const token = newToken();
  const hash = hashOf(token);
  const id = hash.toString('hex').slice(0, 12);
  const at = store.clock().toISOString();
  if (!(await done(store, { to: 'given', hash, practice, application, at }, line(id))))
    throw new Error('the credential could not be kept');
  return { token, id };
}

/** Revokes a credential by its id, at once; false when there is none such, or it was revoked before. */
export function revokeCredential(store: Store, id: string, line: AuditLine): Promise<boolean> {
  return done(store, { to: 'revoked', id, at: store.clock().toISOString() }, line);
}

/** Keeps the secret with which we knock at a destination, sealed; false when there is no such destination. */
export function keepDestinationSecret(
  store: Store,
  destination: string,
  secret: string,
  line: AuditLine,
): Promise<boolean> {
  const sealed = seal(store.master.derive('destination-secret'), Buffer.from(secret), destination);
  return done(store, { to: 'secret', destination, sealed }, line);
}

/** A credential without what opens a door. */
export interface ListedCredential {
  readonly id: string;
  readonly practice: string;
  readonly application: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

/** Every credential that was ever given, of one practice or of all; those that are revoked last. */
export async function listCredentials(store: Store, practice?: string): Promise<ListedCredential[]> {
  const { rows } = await store.pool.query<ListedCredential>(
    `select ${ID} as id, practice_id as practice, application, created_at as "createdAt", revoked_at as "revokedAt" from credential
      where $1::text is null or practice_id = $1 order by revoked_at is not null, practice_id, created_at`,
    [practice ?? null],
  );
  return rows;
}
