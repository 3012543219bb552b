import type { MappedReferral } from '../referral/format.ts';
import { isOpen } from '../referral/lifecycle/lifecycle.ts';
import { type Refusal, refusals, refuse } from '../referral/refusal.ts';
import { type NumberStanding, readNumbers } from '../store/numbers.ts';
import { readFirstAnswer } from '../store/referrals.ts';
import { type Accepted, type Accepting, type Arriving, arrivalOf, keyOf } from './arriving.ts';

/** So often one and the same letter may be a new referral, each time after the one before it ended. */
const namesMax = 20;

/**
 * Under which name a letter without a number is remembered beside its own: it is a new referral under a name that is free,
 * and that of an open one otherwise. `taken-back`: the practice did not want it any more (H15). Pure.
 */
export function placeOf(
  content: string,
  known: readonly NumberStanding[],
): { readonly name?: string; readonly is: 'new' | 'open' | 'taken-back' } {
  for (const name of namesOf(content)) {
    const status = known.find((one) => one.value === name)?.taskStatus;
    if (status === undefined) return { name, is: 'new' };
    if (isOpen(status)) return { name, is: 'open' };
    if (status === 'cancelled') return { name, is: 'taken-back' };
  }
  return { is: 'new' };
}

const namesOf = (content: string): string[] =>
  Array.from({ length: namesMax }, (_, n) => (n === 0 ? `letter ${content}` : `letter ${content} ${n + 1}`));

/**
 * A referral that its sender gave no number (`MappedReferral.content`), before it becomes one: what is said when it came
 * before, or the name to remember it by. Undefined when somebody was earlier: the caller looks again.
 */
export async function sentBefore(
  { store }: Accepting,
  arriving: Arriving<MappedReferral>,
): Promise<{ readonly name?: string } | { readonly said: Accepted | Refusal } | undefined> {
  const { practice, mapped, actor } = arriving;
  if (mapped.content === undefined) return {};
  const scope = { practice };
  const { name, is } = placeOf(mapped.content, await readNumbers(store, scope, namesOf(mapped.content)));
  if (is === 'new' || name === undefined) return name === undefined ? {} : { name };
  if (is === 'taken-back') return { said: refuse(refusals.cancelledEarlier(mapped.places.number)) };
  const first = await readFirstAnswer(store, scope, { ...keyOf(arriving), controlId: '', practiceReferralId: name });
  if (!first || !('journey' in first)) return undefined;
  const { journey, answer } = first;
  const at = store.clock().toISOString();
  const committed = await store.commit({
    scope,
    journey,
    arrival: arrivalOf(arriving, answer),
    // Whatever it calls itself: a later message may be about that.
    numbers: [{ value: mapped.referral.practiceReferralId.value }],
    audit: [
      {
        event: 'referral-again',
        at,
        actor: { id: actor.id, role: actor.role, organization: practice },
        action: 'C',
        outcome: 'ok',
        object: `Task/${answer.ids.task}`,
        purpose: 'TREAT',
      },
    ],
  });
  return committed.ok ? { said: { outcome: 'replayed', answer, replayed: true } } : undefined;
}
