import type { Directory } from '../referral/directory/directory.ts';
import { readClient } from '../store/access/clients.ts';
import type { Store } from '../store/store.ts';
import { hasCredential } from '../store/subscriptions.ts';
import { allowedCaller, type Caller, practiceCaller } from './callers.ts';

/**
 * The system behind what was asked earlier, as it may see and do now: by its registration, or by a credential of its
 * practice. Undefined when it may not knock any more, or acts for another practice than then.
 */
export async function standingCaller(
  store: Store,
  directory: Directory,
  application: string,
  practice: string,
): Promise<Caller | undefined> {
  const client = await readClient(store, application);
  const caller = client && allowedCaller(client, directory);
  if (caller && (caller.practice ?? '') === practice) return caller;
  const isKnown =
    practice !== '' && directory.practices.has(practice) && (await hasCredential(store, practice, application));
  return isKnown ? practiceCaller(practice, application) : undefined;
}
