import type { Actor } from '../referral/actor.ts';
import { type DirectoryDecided, decideDirectory, type Proposed } from '../referral/directory/change.ts';
import type { Stored } from '../referral/directory/directory.ts';
import { isRefusal, issue, type Refusal, refuse } from '../referral/refusal.ts';
import { directoryReader, readDirectoryNewest, syncDestinations } from './directory.ts';
import type { Store } from './store.ts';

export interface Taking {
  readonly actor: Actor;
  readonly validFrom: Date;
  readonly hosts?: ReadonlySet<string> | undefined;
  /** Decides and writes nothing: what would change. */
  readonly preview?: boolean;
}

export interface Taken extends DirectoryDecided {
  /** The newest version of each changed resource before the change; absent for a new one. */
  readonly before: ReadonlyMap<string, { readonly version: number; readonly resource: Stored }>;
}

/**
 * Takes resources into the directory, all or nothing: decided on what is there, and again when someone was earlier.
 * `propose` is asked each time with the newest versions. Destinations follow; who owns what is the caller's to look at.
 */
export async function takeDirectory(
  store: Store,
  propose: (newest: Taken['before']) => readonly Proposed[] | Refusal,
  taking: Taking,
): Promise<Taken | Refusal> {
  for (let tries = 0; tries < 3; tries += 1) {
    const { revision } = await directoryReader(store)();
    const newest = await readDirectoryNewest(store);
    const before = new Map(newest.map((one) => [`${one.type}/${one.id}`, one]));
    const proposed = propose(before);
    if (isRefusal(proposed)) return proposed;
    const now = store.clock();
    const { actor, hosts } = taking;
    const validFrom = (taking.validFrom < now ? now : taking.validFrom).toISOString();
    const decided = decideDirectory({ proposed, newest, revision, at: now.toISOString(), validFrom, actor, hosts });
    if (isRefusal(decided)) return decided;
    if (!decided.change || taking.preview) return { ...decided, before };
    const done = await store.commit(decided.change);
    if (!done.ok) continue;
    await syncDestinations(store, await directoryReader(store)());
    return { ...decided, before };
  }
  return refuse(
    issue('transient', 'directory-busy', '', {
      nl: 'Anderen veranderen de adreslijst op dit moment. Er is niets opgeslagen. Probeer het zo nog een keer.',
      en: 'Others are changing the directory right now. Nothing was written. Try again in a moment.',
    }),
  );
}
