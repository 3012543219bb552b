import { destinationOf } from '../referral/directory/channels.ts';
import { type Directory, type DirectoryResource, readDirectory } from '../referral/directory/directory.ts';
import { fedSystems } from '../referral/directory/fed-systems.ts';
import type { Part, Prepared } from './commit/writes.ts';
import { open, seal } from './keys.ts';
import type { Store } from './store.ts';

// The newest version of each resource that is valid by now.
const CURRENT = `
  select distinct on (type, id) doc from directory_resource where valid_from <= $1 order by type, id, valid_from desc, version desc`;

/** The part of a commit that gives resources of the directory their next version. */
export function directoryPart(batch: readonly Prepared[]): Part {
  return {
    name: 'c',
    exact: true,
    columns: 'type text, id text, valid_from timestamptz, doc jsonb, at timestamptz, recorded_by text',
    rows: batch.flatMap(({ change, at }) =>
      (change.directory ?? []).map(({ resource, validFrom }) => [
        resource.resourceType,
        resource.id,
        validFrom,
        JSON.stringify(resource),
        at,
        change.audit[0]?.actor.id ?? '',
      ]),
    ),
    sql: `insert into directory_resource (type, id, version, valid_from, doc, recorded_at, recorded_by)
            select n.type, n.id, coalesce((select max(version) from directory_resource o where o.type = n.type and o.id = n.id), 0) + 1,
                   n.valid_from, n.doc, n.at, n.recorded_by from n returning 1`,
  };
}

/** The directory as it is now; read again only when its revision changed. One per process. */
export function directoryReader(store: Store): () => Promise<Directory> {
  let kept: Directory | undefined;
  let keptUntilMs = 0;
  let asking: Promise<number> | undefined;
  const ask = async () => {
    const { rows } = await store.pool.query<{ revision: number }>({
      name: 'directory-revision',
      text: 'select revision from directory_revision',
    });
    return rows[0]?.revision ?? 0;
  };
  // Who asks at the same moment shares a query that begins after that: nobody gets an answer older than the question.
  const askTogether = () => {
    asking ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        asking = undefined;
        ask().then(resolve, reject);
      });
    });
    return asking;
  };
  return async () => {
    const revision = await askTogether();
    const now = store.clock();
    if (kept?.revision === revision && now.getTime() < keptUntilMs) return kept;
    const [{ rows: resources }, { rows: next }] = await Promise.all([
      store.pool.query<{ doc: DirectoryResource }>(CURRENT, [now]),
      store.pool.query<{ at: Date | null }>(
        'select min(valid_from) as at from directory_resource where valid_from > $1',
        [now],
      ),
    ]);
    kept = readDirectory(
      resources.map((row) => row.doc),
      revision,
    );
    keptUntilMs = next[0]?.at?.getTime() ?? Number.POSITIVE_INFINITY;
    return kept;
  };
}

/** Current FHIR resources of a directory entry, for those who change it. */
export async function readDirectoryResource<T extends DirectoryResource>(
  store: Store,
  type: T['resourceType'],
  id: string,
): Promise<(T & { id: string }) | undefined> {
  const { rows } = await store.pool.query<{ doc: T & { id: string } }>(
    'select doc from directory_resource where type = $1 and id = $2 and valid_from <= $3 order by valid_from desc, version desc limit 1',
    [type, id, store.clock()],
  );
  return rows[0]?.doc;
}

/** Whether anything was ever loaded: the demo's region goes into an empty directory only. */
export async function directoryIsEmpty(store: Store): Promise<boolean> {
  const { rows } = await store.pool.query<{ empty: boolean }>(
    'select not exists (select from directory_resource) as empty',
  );
  return rows[0]?.empty ?? true;
}

/** Of the deliveries that one process does at once (20), one practice or the mail server may hold this many. */
const windowOfOne = 4;

/**
 * Makes the destinations follow the directory: the worklist, the mail server, each case system, and each channel of each practice. One
 * without any too: its feedback must be held for a person to see, not wait unseen. Breaker, pause, window and secret of
 * one that exists are left alone.
 */
export async function syncDestinations(store: Store, directory: Directory): Promise<void> {
  const rows = [
    { id: 'worklist', kind: 'worklist', window: 20, proof: 'record' },
    { id: 'mail', kind: 'mail', window: windowOfOne, proof: 'transport' },
    ...[...directory.practices.values()].flatMap((practice) => [
      ...(practice.endpoint
        ? []
        : [{ id: `practice:${practice.id}`, kind: 'fhir', window: windowOfOne, proof: 'transport' }]),
      ...practice.channels.map((one) => ({
        id: destinationOf(practice, one),
        kind: one.kind,
        window: windowOfOne,
        proof: one.bestProof,
      })),
    ]),
    ...fedSystems(directory).map((one) => ({
      id: one.destination,
      kind: 'case',
      window: windowOfOne,
      proof: 'application',
    })),
  ];
  await store.pool.query(
    `insert into destination (id, kind, best_proof, max_inflight) select * from unnest($1::text[], $2::text[], $3::text[], $4::int[])
     on conflict (id) do update set kind = excluded.kind, best_proof = excluded.best_proof
       where (destination.kind, destination.best_proof) is distinct from (excluded.kind, excluded.best_proof)`,
    [
      rows.map((row) => row.id),
      rows.map((row) => row.kind),
      rows.map((row) => row.proof),
      rows.map((row) => row.window),
    ],
  );
}

/** Keeps the credential with which we knock at a destination, sealed with a key of its own. */
export async function writeDestinationSecret(store: Store, destination: string, secret: string): Promise<void> {
  const sealed = seal(store.master.derive('destination-secret'), Buffer.from(secret), destination);
  await store.pool.query('update destination set secret = $2 where id = $1', [destination, sealed]);
}

export async function readDestinationSecret(store: Store, destination: string): Promise<string | undefined> {
  const { rows } = await store.pool.query<{ secret: Buffer | null }>('select secret from destination where id = $1', [
    destination,
  ]);
  const sealed = rows[0]?.secret;
  return sealed ? open(store.master.derive('destination-secret'), sealed, destination).toString('utf8') : undefined;
}

/** One version of a directory resource: what it says, from when, and who recorded it. */
export interface DirectoryVersion {
  readonly type: DirectoryResource['resourceType'];
  readonly id: string;
  readonly version: number;
  readonly validFrom: Date;
  readonly recordedAt: Date;
  readonly recordedBy: string;
  readonly resource: DirectoryResource & { id: string };
}

const VERSION = `type, id, version, valid_from as "validFrom", recorded_at as "recordedAt", recorded_by as "recordedBy", doc as resource`;

/** The newest version of every directory resource, also of one that only becomes valid later. */
export async function readDirectoryNewest(store: Store): Promise<DirectoryVersion[]> {
  const { rows } = await store.pool.query<DirectoryVersion>(
    `select distinct on (type, id) ${VERSION} from directory_resource order by type, id, version desc`,
  );
  return rows;
}

/** All versions of some resources, newest first. */
export async function readDirectoryHistory(
  store: Store,
  of: readonly { readonly type: string; readonly id: string }[],
): Promise<DirectoryVersion[]> {
  const { rows } = await store.pool.query<DirectoryVersion>(
    `select ${VERSION} from directory_resource
      where (type, id) in (select * from unnest($1::text[], $2::text[])) order by recorded_at desc, version desc, type`,
    [of.map((one) => one.type), of.map((one) => one.id)],
  );
  return rows;
}
