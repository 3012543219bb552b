import type { ClientEntry } from '../../referral/client-entry.ts';
import { type Part, type Prepared, textArray } from '../commit/writes.ts';
import type { Store } from '../store.ts';

/** A registered system, with how it stands. */
export interface Client extends ClientEntry {
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly changedAt: Date;
  readonly revokedAt: Date | null;
  /** When it last got a token or called with one, to the minute. */
  readonly usedAt: Date | null;
}

const columns =
  'id text, name text, kind text, party text, scopes text[], jwks text, jwks_url text, at timestamptz, by text';

function rowOf(one: Prepared): readonly unknown[] {
  const { client: move } = one.change;
  if (!move || move.to === 'revoked') return [];
  const { id, name, kind, party = null, scopes, jwks, jwksUrl = null } = move.client;
  return [id, name, kind, party, textArray(scopes), jwks ? JSON.stringify(jwks) : null, jwksUrl, move.at, move.by];
}

/** The parts of a commit that register, change and revoke systems. One that was revoked comes back as another. */
export function clientParts(batch: readonly Prepared[]): Part[] {
  const moved = (to: string) => batch.filter(({ change }) => change.client?.to === to);
  return [
    {
      name: 'cl',
      columns,
      rows: moved('registered').map(rowOf),
      sql: `insert into client (id, name, kind, party, scopes, jwks, jwks_url, created_at, created_by, changed_at)
            select id, name, kind, party, scopes::text[], jwks::jsonb, jwks_url, at, by, at from n returning 1`,
      exact: true,
    },
    {
      name: 'clc',
      columns,
      rows: moved('changed').map(rowOf),
      sql: `update client c set name = n.name, kind = n.kind, party = n.party, scopes = n.scopes::text[], jwks = n.jwks::jsonb,
              jwks_url = n.jwks_url, changed_at = n.at from n where c.id = n.id and c.revoked_at is null returning 1`,
      exact: true,
    },
    {
      name: 'clr',
      columns: 'id text, at timestamptz',
      rows: moved('revoked').map(({ change: { client } }) => (client?.to === 'revoked' ? [client.id, client.at] : [])),
      sql: 'update client c set revoked_at = n.at from n where c.id = n.id and c.revoked_at is null returning 1',
      exact: true,
    },
  ];
}

interface Row {
  id: string;
  name: string;
  kind: Client['kind'];
  party: string | null;
  scopes: string[];
  jwks: ClientEntry['jwks'] | null;
  jwks_url: string | null;
  created_at: Date;
  created_by: string;
  changed_at: Date;
  revoked_at: Date | null;
  used_at: Date | null;
}

const clientOf = ({ party, jwks, jwks_url, ...row }: Row): Client => ({
  id: row.id,
  name: row.name,
  kind: row.kind,
  ...(party && { party }),
  scopes: row.scopes,
  ...(jwks && { jwks }),
  ...(jwks_url && { jwksUrl: jwks_url }),
  createdAt: row.created_at,
  createdBy: row.created_by,
  changedAt: row.changed_at,
  revokedAt: row.revoked_at,
  usedAt: row.used_at,
});

/** A system that may get tokens now; undefined when there is none of that id, or it was revoked. */
export async function readClient(store: Store, id: string): Promise<Client | undefined> {
  const { rows } = await store.pool.query<Row>({
    name: 'client',
    text: 'select * from client where id = $1 and revoked_at is null',
    values: [id],
  });
  return rows[0] && clientOf(rows[0]);
}

/** Every system that was ever registered, those that are revoked last. */
export async function listClients(store: Store): Promise<Client[]> {
  const { rows } = await store.pool.query<Row>('select * from client order by revoked_at is not null, name, id');
  return rows.map(clientOf);
}

/** Notes that a system was here; at most once a minute each, so that reading costs no writing. */
export async function noteClientUse(store: Store, id: string): Promise<void> {
  const now = store.clock();
  await store.pool.query({
    name: 'client-used',
    text: 'update client set used_at = $2 where id = $1 and (used_at is null or used_at < $3)',
    values: [id, now, new Date(now.getTime() - 60_000)],
  });
}
