import type { Actor } from '../../src/referral/actor.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { isOpen } from '../../src/referral/lifecycle/lifecycle.ts';
import { type Decide, diceOf, moveWith } from './model-moves.ts';
import { lead, wally, wallys } from './model-region.ts';

/** A Wally of the team who may have it. */
export const freeFor = ({ index }: Journey): string => wallys.find((one) => !index.barred.includes(one)) ?? '';

/** Who brings an open journey nearer to a good end, and how: assigned, taken on, others heard, and closed. */
export function nextToEnd(journey: Journey): { readonly actor: Actor; readonly decide: Decide } {
  const { owner, taskStatus } = journey.index;
  const dice = diceOf(1);
  const picking = (what: string, nth: number) => ({ ...dice, pick: () => what as never, below: () => nth });
  if (owner === null) return { actor: lead, decide: moveWith.reassign(picking(freeFor(journey), 0)) };
  const actor = wally(owner);
  const child = journey.children.findIndex((one) => isOpen(one.resource.status ?? ''));
  if (child >= 0) return { actor, decide: moveWith['hear-onward'](picking('helped', child)) };
  if (taskStatus === 'requested' || taskStatus === 'received') return { actor, decide: moveWith.accept(dice) };
  return { actor, decide: moveWith.close(dice) };
}
