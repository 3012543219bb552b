import { AsyncLocalStorage } from 'node:async_hooks';
import type { Change } from '../../referral/change.ts';
import type { Committed, Store } from '../store.ts';

type Hold = (change: Change) => Promise<Committed> | undefined;

const holds = new AsyncLocalStorage<Hold>();

/** What becomes of a change where the work that makes it is held; undefined: it is committed like any other. */
export const heldCommit = (change: Change): Promise<Committed> | undefined => holds.getStore()?.(change);

/** That somebody looked, or was refused: true whatever becomes of the rest. */
const isBareLine = (change: Change) => Object.keys(change).every((key) => ['scope', 'journey', 'audit'].includes(key));

/** Work that stands still at its commit, or that ended without one. */
export type UpToCommit<T> = { readonly ended: T } | { readonly change: Change; readonly goOn: () => Promise<T> };

/**
 * Does work up to its first commit, and keeps that back: the change is the caller's, to commit together with others. Once
 * it is committed the work goes on; work that is not let go on holds nothing open, and is forgotten. Bare lines of the
 * trail are written at once.
 */
export function upToCommit<T>(work: () => Promise<T>): Promise<UpToCommit<T>> {
  return new Promise((resolve, reject) => {
    let isHeld = false;
    const hold: Hold = (change) => {
      if (isHeld || isBareLine(change)) return undefined;
      isHeld = true;
      return new Promise((committed) => {
        const goOn = () => {
          committed({ ok: true });
          return done;
        };
        resolve({ change, goOn });
      });
    };
    const done = holds.run(hold, work);
    done.then((ended) => resolve({ ended }), reject);
  });
}

/** Looks at something on trial: its lines of the trail are written only when somebody is told what came of it. */
export async function onTrial<T>(store: Store, work: () => Promise<T>, isTold: (result: T) => boolean): Promise<T> {
  const lines: Change[] = [];
  const hold: Hold = (change) => {
    if (!isBareLine(change)) return undefined;
    lines.push(change);
    return Promise.resolve({ ok: true });
  };
  const result = await holds.run(hold, work);
  if (isTold(result)) await Promise.all(lines.map((line) => store.commit(line)));
  return result;
}
