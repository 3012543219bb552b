import type { Actor } from '../referral/actor.ts';
import { localDay } from '../referral/deadlines.ts';
import { type Directory, hasLeft } from '../referral/directory/directory.ts';
import { isLockedOut } from '../store/access/locked-out.ts';
import type { Store } from '../store/store.ts';

/** Whether somebody whom an issuer or a GP system knows may be in here: neither locked out, nor gone by the directory. */
export async function mayBeIn(
  site: { readonly store: Store; readonly directory: () => Promise<Directory> },
  { id }: Actor,
): Promise<boolean> {
  const { store, directory } = site;
  return !hasLeft(await directory(), id, localDay(store.clock())) && !(await isLockedOut(store, id));
}
