import type { Store } from '../store.ts';

/** What oidc-provider asks of a place to keep its sessions, codes and grants; no patient data passes here. */
export interface OidcAdapter {
  upsert(id: string, payload: Record<string, unknown>, expiresInS: number): Promise<void>;
  /** Keeps it when it was not there yet, in one step for all processes; says whether it was new. */
  insertOnce(id: string, payload: Record<string, unknown>, expiresInS: number): Promise<boolean>;
  find(id: string): Promise<Record<string, unknown> | undefined>;
  findByUserCode(userCode: string): Promise<Record<string, unknown> | undefined>;
  findByUid(uid: string): Promise<Record<string, unknown> | undefined>;
  consume(id: string): Promise<void>;
  destroy(id: string): Promise<void>;
  revokeByGrantId(grantId: string): Promise<void>;
}

interface Row {
  payload: Record<string, unknown>;
  consumed_at: Date | null;
}

/** The adapter of one model ("Session", "AuthorizationCode", …) over the oidc table. */
export function oidcAdapter(store: Store, model: string): OidcAdapter {
  const find = async (column: 'id' | 'uid' | 'user_code', value: string) => {
    const { rows } = await store.pool.query<Row>(
      `select payload, consumed_at from oidc where model = $1 and ${column} = $2 and expires_at > $3`,
      [model, value, store.clock()],
    );
    const row = rows[0];
    return (
      row && { ...row.payload, ...(row.consumed_at && { consumed: Math.floor(row.consumed_at.getTime() / 1000) }) }
    );
  };
  // A model without an end (a registered client) gets a far one, so that one rule cleans all.
  const endOf = (expiresInS: number) => new Date(store.clock().getTime() + (expiresInS || 315_360_000) * 1000);
  return {
    insertOnce: async (id, payload, expiresInS) => {
      const { rowCount } = await store.pool.query(
        `insert into oidc (model, id, payload, expires_at) values ($1, $2, $3, $4)
         on conflict (model, id) do update set payload = excluded.payload, expires_at = excluded.expires_at
           where oidc.expires_at <= $5`,
        [model, id, JSON.stringify(payload), endOf(expiresInS), store.clock()],
      );
      return rowCount === 1;
    },
    upsert: async (id, payload, expiresInS) => {
      await store.pool.query(
        `insert into oidc (model, id, payload, grant_id, uid, user_code, expires_at) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (model, id) do update set payload = excluded.payload, grant_id = excluded.grant_id, uid = excluded.uid,
           user_code = excluded.user_code, expires_at = excluded.expires_at`,
        [
          model,
          id,
          JSON.stringify(payload),
          payload.grantId ?? null,
          payload.uid ?? null,
          payload.userCode ?? null,
          endOf(expiresInS),
        ],
      );
    },
    find: (id) => find('id', id),
    findByUid: (uid) => find('uid', uid),
    findByUserCode: (userCode) => find('user_code', userCode),
    consume: async (id) => {
      await store.pool.query('update oidc set consumed_at = $3 where model = $1 and id = $2', [
        model,
        id,
        store.clock(),
      ]);
    },
    destroy: async (id) => {
      await store.pool.query('delete from oidc where model = $1 and id = $2', [model, id]);
    },
    revokeByGrantId: async (grantId) => {
      await store.pool.query('delete from oidc where grant_id = $1', [grantId]);
    },
  };
}
