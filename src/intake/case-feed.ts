import type { Bundle } from '@medplum/fhirtypes';
import type { Log } from '../log.ts';
import { caseBundle, caseDestination, goneTask } from '../referral/case-system.ts';
import { type CaseJourney, caseJourneys, readFollowed } from '../store/case-systems.ts';
import { changesAfter, numberChanges } from '../store/changes.ts';
import { readJourney } from '../store/referrals.ts';
import { type Seeing, seenBy } from './fhir-seen.ts';

/** What of a referral stands in a case system. */
const carried = ['Patient', 'Consent', 'ServiceRequest', 'Task'] as const;
/** This many changes are looked at in one step. */
const stepMax = 200;

/**
 * Makes what a case system gets of a journey, at the moment of sending: what its organisation may see now, exactly as the
 * FHIR door shows it. When it may see nothing any more (H3, H10), only that it ended. Throws ContentErased.
 */
export function caseSheet(
  seeing: Seeing,
  publicUrl: string,
): (team: string, journey: string) => Promise<Bundle | undefined> {
  return async (team, id) => {
    const journey = await readJourney(seeing.store, { kind: 'line' }, id);
    if (!journey) return undefined;
    const base = `${publicUrl}/fhir/R4`;
    if (journey.index.team !== team) return caseBundle(base, [goneTask(journey.task.resource)]);
    const { patient, consent, serviceRequest, task } = journey;
    const wholes = [patient, consent, serviceRequest, task].map(({ resource }) => ({ resource, journey: id }));
    const seen = await seenBy(seeing, { kind: 'team', team }, wholes);
    return caseBundle(
      base,
      seen.flatMap((one, nth) => (one ? [{ ...one, id: wholes[nth]?.resource.id ?? '' }] : [])),
    );
  };
}

/** One step of one case system; gives how many deliveries it made. Stale when another process was at it: it did it then. */
async function step({ store }: Seeing, team: string): Promise<number> {
  const destination = caseDestination(team);
  const at = await readFollowed(store, destination);
  if (!at) return 0;
  const move = (after: number | null, upTo: number) => ({ id: destination, to: 'followed', after, upTo }) as const;
  if (at.followed === null) {
    await store.commit({ scope: { practice: '' }, destinations: [move(null, at.last)], audit: [] });
    return 0;
  }
  const changes = await changesAfter(store, at.followed, carried, stepMax);
  const last = new Map(changes.map(({ journey, seq }) => [journey, seq]));
  const news = await caseJourneys(store, team, destination, [...last.keys()]);
  const seqOf = ({ id }: CaseJourney) => last.get(id) ?? 0;
  let after = at.followed;
  for (const one of [...news].sort((a, b) => seqOf(a) - seqOf(b))) {
    const upTo = seqOf(one);
    const done = await store.commit({
      scope: { practice: one.practice },
      journey: one.id,
      destinations: [move(after, upTo)],
      outbox: [
        {
          messageId: store.newId(),
          kind: 'case',
          destination,
          recipient: team,
          document: { type: 'Task', id: one.task },
          ...(one.assignment !== null && { assignment: one.assignment }),
        },
      ],
      audit: [],
    });
    if (!done.ok) return 0;
    after = upTo;
  }
  const upTo = changes.at(-1)?.seq ?? after;
  if (upTo > after) await store.commit({ scope: { practice: '' }, destinations: [move(after, upTo)], audit: [] });
  return news.length;
}

/**
 * Lets each case system follow the numbers of the changes: what changed in a referral on its organisation's worklist goes
 * to it by the outbox, in the commit that moves its place. Gives how many deliveries there are. Safe in several processes.
 */
export async function feedCaseSystems(feeding: Seeing & { readonly log: Log }): Promise<number> {
  const { teams } = await feeding.directory();
  const fed = [...teams.values()].filter((one) => one.caseSystem);
  if (fed.length === 0) return 0;
  await numberChanges(feeding.store);
  let made = 0;
  for (const { id } of fed) {
    try {
      made += await step(feeding, id);
    } catch (error) {
      feeding.log.bug('case-system-not-fed', error, { code: id });
    }
  }
  return made;
}
