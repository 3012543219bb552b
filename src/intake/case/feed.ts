import type { Bundle } from '@medplum/fhirtypes';
import { derivedId } from '../../fhir/derived-id.ts';
import type { Log } from '../../log.ts';
import { caseBundle, goneTask, type Standing } from '../../referral/case-bundle.ts';
import type { DestinationMove } from '../../referral/delivery-move.ts';
import { type FedSystem, fedSystems } from '../../referral/directory/fed-systems.ts';
import type { OutboxRow } from '../../referral/outbox-row.ts';
import { type CaseJourney, caseJourneys, readFollowed, unevenJourneys } from '../../store/case-systems.ts';
import { changesAfter, numberChanges } from '../../store/changes.ts';
import { readJourney } from '../../store/referrals.ts';
import { type Seeing, seenBy } from '../fhir/seen.ts';

/** What of a referral stands in a case system. */
const carried = ['Patient', 'Consent', 'ServiceRequest', 'Task'] as const;
/** This many changes are looked at in one step. */
const stepMax = 200;

/**
 * Makes what a case system gets of a journey, at the moment of sending: what its organisation or Wally may see now, exactly as
 * the FHIR door shows it. When it may see nothing any more (H3, H10, H11), only that it ended. What was changed there since
 * is read first (`look`), so that nothing is overwritten unseen. Throws ContentErased.
 */
export function caseSheet(
  seeing: Seeing,
  publicUrl: string,
  look: (system: FedSystem, journey: string) => Promise<Standing | undefined>,
): (destination: string, journey: string) => Promise<{ bundle: Bundle; ours: number } | undefined> {
  const base = `${publicUrl}/fhir/R4`;
  return async (destination, id) => {
    const system = fedSystems(await seeing.directory()).find((one) => one.destination === destination);
    const standing = system && (await look(system, id));
    const journey = await readJourney(seeing.store, { kind: 'line' }, id);
    if (!system || !journey) return undefined;
    const { patient, consent, serviceRequest, task } = journey;
    const ours = task.version;
    const { owner } = journey.index;
    const isHere = owner === null || !system.apart.includes(owner);
    if (!isHere || !(await readJourney(seeing.store, system.party, id)))
      return { bundle: caseBundle(base, [goneTask(task.resource)], standing), ours };
    const wholes = [patient, consent, serviceRequest, task].map(({ resource }) => ({ resource, journey: id }));
    const seen = await seenBy(seeing, system.party, wholes);
    const resources = seen.flatMap((one, nth) => (one ? [{ ...one, id: wholes[nth]?.resource.id ?? '' }] : []));
    return { bundle: caseBundle(base, resources, standing), ours };
  };
}

type Row = Pick<CaseJourney, 'task' | 'assignment'>;

/** One referral for a case system. `messageId`: the same one makes one delivery, however often it is committed. */
export function caseRow(messageId: string, { destination, party }: FedSystem, { task, assignment }: Row): OutboxRow {
  return {
    messageId,
    kind: 'case',
    destination,
    recipient: party.kind === 'team' ? party.team : party.owner,
    document: { type: 'Task', id: task },
    ...(assignment !== null && { assignment }),
  };
}

const place = (id: string, after: number | null, upTo: number): DestinationMove => {
  return { id, to: 'followed', after, upTo };
};

/**
 * What no change tells of: open referrals that were there before the case system was, or came back to it, go there too; what
 * belongs in another one by now ends there. A message id made of the last delivery lets none go twice.
 */
async function even({ store }: Seeing, system: FedSystem): Promise<number> {
  const uneven = await unevenJourneys(store, system, stepMax);
  let made = 0;
  for (const one of uneven) {
    const messageId = derivedId(one.id, `${system.destination} after ${one.told ?? 'nothing'}`);
    const outbox = [caseRow(messageId, system, one)];
    const done = await store.commit({ scope: { practice: one.practice }, journey: one.id, outbox, audit: [] });
    if (done.ok) made += 1;
  }
  return made;
}

/** One step of one case system; gives how many deliveries it made. Stale when another process was at it: it did it then. */
async function step({ store }: Seeing, system: FedSystem): Promise<number> {
  const { destination } = system;
  const at = await readFollowed(store, destination);
  if (!at) return 0;
  if (at.followed === null) {
    await store.commit({ scope: { practice: '' }, destinations: [place(destination, null, at.last)], audit: [] });
    return 0;
  }
  const changes = await changesAfter(store, at.followed, carried, stepMax);
  const last = new Map(changes.map(({ journey, seq }) => [journey, seq]));
  const beside = changes.filter(({ type }) => type !== 'Task').map(({ journey }) => journey);
  const news = await caseJourneys(store, system, [...last.keys()], beside);
  const seqOf = ({ id }: CaseJourney) => last.get(id) ?? 0;
  let after = at.followed;
  for (const one of [...news].sort((a, b) => seqOf(a) - seqOf(b))) {
    const upTo = seqOf(one);
    const done = await store.commit({
      scope: { practice: one.practice },
      journey: one.id,
      destinations: [place(destination, after, upTo)],
      outbox: [caseRow(store.newId(), system, one)],
      audit: [],
    });
    if (!done.ok) return 0;
    after = upTo;
  }
  const upTo = changes.at(-1)?.seq ?? after;
  if (upTo > after)
    await store.commit({ scope: { practice: '' }, destinations: [place(destination, after, upTo)], audit: [] });
  return news.length;
}

/** Does something for each case system of the directory; one that we break on does not stop the others. */
async function forEach(feeding: Seeing & { readonly log: Log }, work: typeof step): Promise<number> {
  let made = 0;
  for (const system of fedSystems(await feeding.directory())) {
    try {
      made += await work(feeding, system);
    } catch (error) {
      feeding.log.bug('case-system-not-fed', error, { code: system.destination });
    }
  }
  return made;
}

/**
 * Lets each case system follow the numbers of the changes: what changed in a referral on the worklist of whose it is goes
 * to it by the outbox, in the commit that moves its place. Gives how many deliveries there are. Safe in several processes.
 */
export async function feedCaseSystems(feeding: Seeing & { readonly log: Log }): Promise<number> {
  if (fedSystems(await feeding.directory()).length === 0) return 0;
  await numberChanges(feeding.store);
  return forEach(feeding, step);
}

/**
 * Makes the case systems have what is open and theirs, whatever the directory said before: at the begin of one, and when it
 * goes before another or no longer does. Gives how many deliveries there are. Safe in several processes.
 */
export async function evenCaseSystems(feeding: Seeing & { readonly log: Log }): Promise<number> {
  return forEach(feeding, even);
}
