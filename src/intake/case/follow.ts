import type { Communication, Task } from '@medplum/fhirtypes';
import { caseCaller } from '../../identity/callers.ts';
import type { Log } from '../../log.ts';
import type { Standing } from '../../referral/case-bundle.ts';
import { localTo } from '../../referral/case-copy.ts';
import type { CaseReader, FoundThere } from '../../referral/case-reader.ts';
import type { DestinationMove } from '../../referral/delivery-move.ts';
import { type FedSystem, fedSystems } from '../../referral/directory/fed-systems.ts';
import { askNow, followedCopies, noteRead, readCopy, type StoredCopy } from '../../store/case-systems.ts';
import { readDestinationSecret } from '../../store/directory.ts';
import { ContentErased } from '../../store/store.ts';
import type { Accepting } from '../arriving.ts';
import { adoptForm, type CaseDesk, isOther, type Settled, settleCopy } from './settle.ts';

export interface CaseFollowing extends Accepting {
  readonly log: Log;
  readonly publicUrl: string;
  readonly reader: CaseReader;
  /** What it says about a case system that it could not be asked; undefined: it is a bug of ours. */
  readonly silence: (
    destination: string,
    error: unknown,
  ) => { readonly code: string; readonly move: DestinationMove } | undefined;
}

/** So many referrals are asked for in one question. */
const askedMax = 40;
/** Their index may be behind their clock: what changed shortly before is asked for again, and known. */
const overlapMs = 120_000;

async function deskOf(following: CaseFollowing, system: FedSystem, isWriting: boolean): Promise<CaseDesk> {
  const { store, directory, publicUrl } = following;
  const secret = await readDestinationSecret(store, system.destination);
  return {
    store,
    directory,
    system,
    there: { address: system.address, ...(secret && { secret }) },
    caller: caseCaller(system.destination, system.party, await directory()),
    base: `${publicUrl}/fhir/R4`,
    isWriting,
  };
}

/** The versions of a Task since we last knew it, the oldest first: each is a step of its own. Where none are kept, the last. */
async function versionsSince({ reader }: CaseFollowing, desk: CaseDesk, copy: StoredCopy, now: Task): Promise<Task[]> {
  if (!isOther(copy, now)) return [];
  const isNext = Number(now.meta?.versionId) === Number(copy.version) + 1;
  const all = isNext || copy.version === undefined ? [] : await reader.versions(desk.there, copy.task);
  const known = all.findIndex((one) => one.meta?.versionId === copy.version);
  return known > 0 ? all.slice(0, known).reverse() : [now];
}

const requestOf = (desk: CaseDesk, { kept }: StoredCopy) => localTo(desk.there.address, kept.task.focus);

function isAbout(desk: CaseDesk, copy: StoredCopy, { partOf = [], basedOn = [] }: Communication): boolean {
  const named = [...partOf, ...basedOn].map((one) => localTo(desk.there.address, one));
  return named.includes(`Task/${copy.task}`) || named.includes(requestOf(desk, copy) ?? '');
}

/** Makes steps of what was found there about one referral. */
async function settleFound(
  following: CaseFollowing,
  desk: CaseDesk,
  copy: StoredCopy,
  now: Task | undefined,
  messages: readonly Communication[],
): Promise<Settled> {
  const versions = now ? await versionsSince(following, desk, copy, now) : [];
  if (now && versions.length === 0) await adoptForm(desk, copy, now);
  const about = messages.filter((one) => isAbout(desk, copy, one));
  return versions.length + about.length > 0 ? settleCopy(desk, copy, versions, about) : { made: 0, isDone: true };
}

const messagesAbout = ({ reader }: CaseFollowing, desk: CaseDesk, copies: readonly StoredCopy[], since?: string) =>
  reader.messages(
    desk.there,
    {
      tasks: copies.map((one) => `Task/${one.task}`),
      requests: copies.flatMap((one) => requestOf(desk, one) ?? []),
    },
    since,
  );

/** Reads what stands there about some referrals and makes steps of it; one that we break on does not stop the others. */
async function settleSome(
  following: CaseFollowing,
  desk: CaseDesk,
  copies: readonly StoredCopy[],
  since: string | undefined,
): Promise<Settled & { readonly found: readonly FoundThere<Task | Communication>[] }> {
  // Tasks first: what one of them names as its output was there before it.
  const tasks = await following.reader.tasks(
    desk.there,
    copies.map((one) => one.task),
    since,
  );
  const messages = await messagesAbout(following, desk, copies, since);
  let [made, isDone] = [0, true];
  for (const copy of copies) {
    try {
      const now = tasks.items.find((one) => one.id === copy.task);
      const settled = await settleFound(following, desk, copy, now, messages.items);
      made += settled.made;
      isDone &&= settled.isDone;
    } catch (error) {
      if (error instanceof ContentErased) continue;
      if (following.silence(desk.system.destination, error)) throw error;
      following.log.bug('case-system-not-followed', error, { journey: copy.journey });
      isDone = false;
    }
  }
  return { made, isDone, found: [tasks, messages] };
}

/** Up to which moment of theirs all was read; undefined when that says nothing new. */
function readUpTo(found: readonly FoundThere<Task | Communication>[]): string | undefined {
  const moments = found.map(({ items, isWhole }) => ({
    isWhole,
    last: Math.max(...items.map((one) => Date.parse(one.meta?.lastUpdated ?? '')).filter(Number.isFinite)),
  }));
  const broken = moments.filter((one) => !one.isWhole).map((one) => one.last);
  const upTo = broken.length > 0 ? Math.min(...broken) : Math.max(...moments.map((one) => one.last)) - overlapMs;
  return Number.isFinite(upTo) ? new Date(upTo).toISOString() : undefined;
}

async function followOne(following: CaseFollowing, system: FedSystem, readTo: string | null): Promise<number> {
  const { store } = following;
  const [desk, copies] = [await deskOf(following, system, false), await followedCopies(store, system)];
  const all: Awaited<ReturnType<typeof settleSome>>[] = [];
  for (let at = 0; at < copies.length; at += askedMax)
    all.push(await settleSome(following, desk, copies.slice(at, at + askedMax), readTo ?? undefined));
  const upTo = all.every((one) => one.isDone) ? readUpTo(all.flatMap((one) => one.found)) : undefined;
  if (upTo) await noteRead(store, system.destination, upTo);
  if (all.length > 0)
    await store.commit({
      scope: { practice: '' },
      destinations: [{ id: system.destination, to: 'answered' }],
      audit: [],
    });
  return all.reduce((sum, one) => sum + one.made, 0);
}

/**
 * Asks each case system what was done there with the referrals that stand there, every so often, and makes of it the same
 * steps as the FHIR door does; what we wrote there ourselves is none. Gives how many steps. One that does not answer is left
 * to its breaker. Safe in several processes.
 */
export async function followCaseSystems(following: CaseFollowing, everyMs: number): Promise<number> {
  const { store, log } = following;
  let made = 0;
  for (const system of fedSystems(await following.directory())) {
    const { destination } = system;
    const asked = await askNow(store, destination, everyMs);
    if (!asked) continue;
    try {
      made += await followOne(following, system, asked.readTo);
    } catch (error) {
      const silent = following.silence(destination, error);
      if (!silent) log.bug('case-system-not-followed', error, { code: destination });
      else {
        log.warn('case-system-silent', { destination, code: silent.code });
        await store.commit({ scope: { practice: '' }, destinations: [silent.move], audit: [] });
      }
    }
  }
  return made;
}

/**
 * Looks in a case system before a referral is written there, and makes steps of what was done since; gives where it stands,
 * and in which version. Undefined when it is not there. Throws what the reader throws.
 */
export function lookThere(
  following: CaseFollowing,
): (system: FedSystem, journey: string) => Promise<Standing | undefined> {
  return async (system, journey) => {
    const { store, reader } = following;
    const copy = await readCopy(store, system.destination, journey);
    if (!copy) return undefined;
    const desk = await deskOf(following, system, true);
    const now = await reader.task(desk.there, copy.task);
    if (now === 'gone') return undefined;
    const { identifier = [] } = now === 'unread' ? copy.kept.task : now;
    if (now === 'unread') return { id: copy.task, identifier };
    const messages = isOther(copy, now) ? await messagesAbout(following, desk, [copy]) : undefined;
    const { isDone } = await settleFound(following, desk, copy, now, messages?.items ?? []);
    // What could not be settled now is looked at again before it is overwritten: the write meets another version.
    const version = isDone ? now.meta?.versionId : copy.version;
    return { id: copy.task, identifier, ...(version !== undefined && { version }) };
  };
}
