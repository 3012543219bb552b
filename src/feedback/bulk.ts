import { assign } from '../referral/assignment.ts';
import type { Change } from '../referral/change.ts';
import { type Directory, isPresent } from '../referral/directory/directory.ts';
import type { Journey } from '../referral/journey.ts';
import { isRefusal, type Refusal } from '../referral/refusal.ts';
import type { Acting } from './moves.ts';
import { assignTo } from './reassign.ts';

/** What is known of a referral without opening it. */
export interface Held {
  readonly journey: string;
  readonly practice: string;
  readonly requesterAgb: string | null;
  readonly rule: string | null;
  readonly barred: readonly string[];
}

/** `fixed`: each to who is there for its practice by the directory of today; else one Wally for all. */
export type Receiver = 'fixed' | { readonly wally: string };

/**
 * To whom a referral of someone who leaves goes; undefined when nobody can have it (absent, another organisation, knows
 * the resident, or still the one who leaves): then the team lead decides on it alone. Pure.
 */
export function receiverFor(
  held: Held,
  from: string,
  to: Receiver,
  at: { readonly directory: Directory; readonly team: string; readonly day: string },
): string | undefined {
  const { directory, team, day } = at;
  const barred = [...held.barred, from];
  const chosen =
    to === 'fixed'
      ? assign(directory, held.practice, held.requesterAgb ?? undefined, day, barred, { rule: held.rule })?.owner
      : directory.roles.get(to.wally);
  const mayHave =
    chosen?.kind === 'wally' && chosen.organization === team && isPresent(chosen, day) && !barred.includes(chosen.id);
  return mayHave ? chosen.id : undefined;
}

/** One referral of a bulk: as any hand-over by the team lead, but the mails are for the whole and not for each. */
export function handOverOneOfMany(journey: Journey, to: string, acting: Acting): Change | Refusal {
  const change = assignTo(journey, to, acting, true);
  if (isRefusal(change)) return change;
  const { outbox = [], index } = change;
  return {
    ...change,
    outbox: outbox.filter((row) => row.kind !== 'notify'),
    // Who leaves is nobody's fixed Wally any more: an absence of the next one must not bring it back.
    ...(index && { index: { ...index, fixed: to } }),
  };
}
