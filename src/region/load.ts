import { readFile } from 'node:fs/promises';
import type { Endpoint } from '@medplum/fhirtypes';
import { hashPassword } from '../identity/password.ts';
import type { Actor } from '../referral/actor.ts';
import { byTheLine } from '../referral/audit-line.ts';
import type { DirectoryWrite } from '../referral/change.ts';
import type { Directory, DirectoryResource } from '../referral/directory/directory.ts';
import { readAccount, writeAccount, writeCredential } from '../store/access/sessions.ts';
import { directoryIsEmpty, readDirectoryResource, writeDestinationSecret } from '../store/directory.ts';
import type { Store } from '../store/store.ts';

/** One of the demo's invented users, as its file has them; the password is meant to be seen. */
export interface DemoUser {
  readonly username: string;
  readonly password: string;
  readonly actor: Actor;
}

interface DemoHis {
  readonly practices: readonly { readonly id: string; readonly credential: string; readonly token: string }[];
}

async function readJson<T>(folder: URL, name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(name, folder), 'utf8')) as T;
}

/** Loads a directory Bundle into an empty directory; one that has anything is left as people made it. Says whether it loaded. */
export async function loadDirectory(store: Store, folder: URL): Promise<boolean> {
  if (!(await directoryIsEmpty(store))) return false;
  const bundle = await readJson<{ entry: { resource: DirectoryResource & { id: string } }[] }>(
    folder,
    'directory.json',
  );
  const at = store.clock().toISOString();
  const done = await store.commit({
    scope: { practice: '' },
    directory: bundle.entry.map(({ resource }): DirectoryWrite => ({ resource, validFrom: at })),
    audit: [byTheLine('directory-loaded', at, { action: 'C' })],
  });
  if (!done.ok) throw new Error('the directory could not be loaded');
  return true;
}

/**
 * The demo's users and the invented credentials of both directions; those that are there stay. Gives the users.
 * `anywhere`: they are ordinary accounts, and may sign in from other machines (decision 17 otherwise forbids it).
 */
export async function loadDemoAccess(store: Store, folder: URL, anywhere: boolean): Promise<readonly DemoUser[]> {
  const users = await readJson<readonly DemoUser[]>(folder, 'accounts.json');
  for (const user of users) {
    if (await readAccount(store, user.username)) continue;
    await writeAccount(store, {
      username: user.username,
      password: await hashPassword(user.password),
      actor: user.actor,
      demo: !anywhere,
    });
  }
  const { practices } = await readJson<DemoHis>(folder, 'demo-his.json');
  for (const practice of practices) {
    await writeCredential(store, practice.id, `his-${practice.id}`, practice.credential);
    await writeDestinationSecret(store, `practice:${practice.id}`, practice.token);
  }
  return users;
}

/**
 * Points the demo's endpoints at where the simulated GP system really listens; a port may have been taken. `mllp` is
 * `host:port` of its HL7 v2 side; without it those endpoints stay as they are.
 */
export async function pointEndpointsAt(
  store: Store,
  directory: Directory,
  hisUrl: string,
  mllp?: string,
): Promise<void> {
  const at = store.clock().toISOString();
  const writes: DirectoryWrite[] = [];
  for (const practice of directory.practices.values()) {
    for (const channel of practice.channels) {
      const there = { fhir: `${hisUrl}/${practice.id}/fhir`, mllp: mllp && `mllp://${mllp}`, medvri: undefined };
      const address = there[channel.kind];
      if (!address || channel.address === address) continue;
      const endpoint = await readDirectoryResource<Endpoint>(store, 'Endpoint', channel.id);
      if (endpoint) writes.push({ resource: { ...endpoint, address }, validFrom: at });
    }
    for (const { id, address } of practice.launches ?? []) {
      const there = `${hisUrl}${new URL(address).pathname}`;
      if (address === there || practice.channels.some((one) => one.id === id)) continue;
      const endpoint = await readDirectoryResource<Endpoint>(store, 'Endpoint', id);
      if (endpoint) writes.push({ resource: { ...endpoint, address: there }, validFrom: at });
    }
  }
  if (writes.length === 0) return;
  const done = await store.commit({
    scope: { practice: '' },
    directory: writes,
    audit: [byTheLine('endpoints-moved', at, { action: 'C' })],
  });
  if (!done.ok) throw new Error('the endpoints of the demo could not be moved');
}
