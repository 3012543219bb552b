import { cancel, correct, supplement } from '../feedback/later.ts';
import type { Log } from '../log.ts';
import { theLine } from '../referral/actor.ts';
import type { Change, Edition } from '../referral/change.ts';
import type { Directory } from '../referral/directory/directory.ts';
import type { MappedCancellation, MappedSupplement } from '../referral/format.ts';
import type { Journey } from '../referral/journey.ts';
import type { Answer, Deciding } from '../referral/receive.ts';
import { isRefusal, type Refusal, refusals, refuse } from '../referral/refusal.ts';
import { type Early, keepEarly, readEarly } from '../store/early.ts';
import { type FirstAnswer, readJourney } from '../store/referrals.ts';
import { type Accepted, type Accepting, type Arriving, arrivalOf } from './arriving.ts';

const triesMax = 5;

function isOlder(one: Edition, than: Edition): boolean {
  if (one.version !== undefined && than.version !== undefined) return one.version < than.version;
  return one.at !== undefined && than.at !== undefined && Date.parse(one.at) < Date.parse(than.at);
}

/** Why a correction may not be made: its own sender made a newer one, which an outage on the way must not undo (H15). Pure. */
export function outdated({ mapped }: Arriving, { corrected }: Pick<FirstAnswer, 'corrected'>): Refusal | undefined {
  if (mapped.intent !== 'correct' || !mapped.edition || !isOlder(mapped.edition, corrected)) return undefined;
  return refuse(refusals.olderCorrection(mapped.places.number));
}

/** What a later message makes of its journey, and what its sender is told; or why it may not. Pure. */
export function decideJoin(
  journey: Journey,
  arriving: Arriving,
  firstAnswer: Answer,
  deciding: Deciding,
): { readonly change: Change; readonly accepted: Exclude<Accepted, { outcome: 'kept' }> } | Refusal {
  const { mapped, actor, source } = arriving;
  const acting = { actor, ...deciding };
  const answer = { ...firstAnswer, losses: mapped.losses };
  const arrival = arrivalOf(arriving, answer);
  if (mapped.intent === 'cancel') {
    const decided = cancel(journey, mapped, arrival, acting);
    if (isRefusal(decided)) return decided;
    return { change: decided.change, accepted: { outcome: decided.outcome, answer, replayed: false } };
  }
  const isSupplement = mapped.intent === 'supplement';
  const change = isSupplement
    ? supplement(journey, mapped, { arrival, source }, acting)
    : correct(journey, mapped, { arrival, source }, acting);
  if (isRefusal(change)) return change;
  return { change, accepted: { outcome: isSupplement ? 'supplemented' : 'corrected', answer, replayed: false } };
}

/**
 * A later message about a referral that we have: correction, supplement or cancellation, in any format. Undefined when
 * somebody changed the journey meanwhile: the caller looks again.
 */
export async function joinJourney(
  parts: Accepting,
  arriving: Arriving,
  first: Pick<FirstAnswer, 'journey' | 'answer' | 'corrected'>,
  directory: Directory,
): Promise<Accepted | Refusal | undefined> {
  const { store } = parts;
  const { practice } = arriving;
  const late = outdated(arriving, first);
  if (late) return late;
  const journey = await readJourney(store, { kind: 'practice', practice }, first.journey);
  if (!journey) throw new Error('a number without its journey');
  const decided = decideJoin(journey, arriving, first.answer, { directory, now: store.clock(), newId: store.newId });
  if (isRefusal(decided)) return decided;
  const committed = await store.commit(decided.change);
  return committed.ok ? decided.accepted : undefined;
}

/**
 * What belongs to a referral that has not come: a supplement waits for it, a cancellation is remembered, so that the
 * referral is refused when it comes after all (H15). Both for 30 days.
 */
export async function keepForLater(
  parts: Accepting,
  arriving: Arriving<MappedCancellation | MappedSupplement>,
): Promise<Accepted | undefined> {
  const { store } = parts;
  const { practice, mapped, actor } = arriving;
  const at = store.clock().toISOString();
  const isCancel = mapped.intent === 'cancel';
  if (!isCancel) await keepEarly(store, { practice }, mapped);
  const committed = await store.commit({
    scope: { practice },
    ...(isCancel && { numbers: [{ value: mapped.number.value, cancelledAt: at }] }),
    audit: [
      {
        event: isCancel ? 'referral-cancelled-ahead' : 'supplement-kept',
        at,
        actor: { id: actor.id, role: actor.role, organization: practice },
        action: 'C',
        outcome: 'ok',
        purpose: 'TREAT',
      },
    ],
  });
  if (!committed.ok) return undefined;
  return { outcome: 'kept', number: mapped.number.value, intent: mapped.intent, replayed: false };
}

async function joinOne(parts: Accepting, early: Early): Promise<boolean> {
  const { store } = parts;
  for (let tries = 0; tries < triesMax; tries += 1) {
    const journey = await readJourney(store, { kind: 'line' }, early.journey);
    if (!journey) return false;
    const acting = { actor: theLine, now: store.clock(), newId: store.newId, directory: await parts.directory() };
    const change = supplement(journey, early.supplement, { joined: early.id }, acting);
    const { actor, now } = acting;
    const done = await store.commit(
      isRefusal(change)
        ? {
            scope: { practice: early.practice },
            joined: [early.id],
            audit: [
              {
                event: 'supplement-refused',
                at: now.toISOString(),
                actor: { id: actor.id, role: actor.role },
                action: 'U',
                outcome: 'refused',
                code: change.refused[0]?.reason ?? '',
                object: `Task/${journey.index.taskId}`,
                purpose: 'TREAT',
              },
            ],
          }
        : change,
    );
    if (done.ok) return !isRefusal(change);
  }
  return false;
}

/** Joins what came before its referral to it; run by the clock, harmless to repeat. Gives how many were joined. */
export async function joinEarly(parts: Accepting & { readonly log: Log }): Promise<number> {
  let joined = 0;
  for (const early of await readEarly(parts.store)) {
    if (await joinOne(parts, early)) joined += 1;
    else parts.log.warn('early-not-joined', { journey: early.journey });
  }
  return joined;
}
