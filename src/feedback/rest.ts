import { z } from 'zod';
import type { Change } from '../referral/change.ts';
import { addDays, callBefore, localDay } from '../referral/deadlines.ts';
import type { Journey } from '../referral/journey.ts';
import { transition } from '../referral/lifecycle/lifecycle.ts';
import { isRefusal, issue, type Refusal, refuse } from '../referral/refusal.ts';
import { type Acting, countedFrom, step } from './moves.ts';
import { tellOwner } from './tell.ts';

/** A rest without an end would be a silent end: at most so long, and then it is looked at again. */
export const restDaysMax = 92;

export const restSchema = z.strictObject({
  /** `time`: the resident wants time; `waiting-list`, `illness`, `other`. */
  why: z.enum(['time', 'waiting-list', 'illness', 'other']),
  until: z.iso.date(),
});

/** "Ik wil tijd": the clocks stop until an agreed day, on which the Wally takes it up again. */
export function hold(
  journey: Journey,
  rest: z.infer<typeof restSchema>,
  acting: Acting,
  deviating?: string,
): Change | Refusal {
  const row = transition(journey, 'hold', acting.actor, deviating);
  if (isRefusal(row)) return row;
  const today = localDay(acting.now);
  if (rest.until <= today || rest.until > addDays(today, restDaysMax))
    return refuse(
      issue('value', 'rest-too-long', 'until', {
        nl: `Kies een dag na vandaag, hooguit ${restDaysMax} dagen vooruit.`,
        en: `Choose a day after today, at most ${restDaysMax} days ahead.`,
      }),
    );
  const { restriction } = journey.task.resource;
  return step(journey, row, 'task-on-hold', acting, {
    task: {
      statusReason: { text: rest.why },
      restriction: { ...restriction, period: { ...restriction?.period, end: rest.until } },
    },
    events: [{ kind: 'rest', at: acting.now.toISOString(), on: rest.until, outcome: rest.why }],
    ...(deviating && { deviating }),
  });
}

/** The Wally takes it up again, or the line does on the agreed day: the promises count from this day anew. */
export function resume(journey: Journey, acting: Acting, deviating?: string): Change | Refusal {
  const row = transition(journey, 'resume', acting.actor, deviating);
  if (isRefusal(row)) return row;
  const now = acting.now.toISOString();
  const before = callBefore(localDay(acting.now), journey.serviceRequest.resource.priority ?? 'routine');
  return step(journey, row, 'task-resumed', acting, {
    task: { statusReason: undefined, restriction: countedFrom(journey.task.resource, acting.now, before) },
    index: { callBefore: before },
    events: [{ kind: 'resumed', at: now, owner: journey.index.owner }],
    // Who takes it up herself need not be told.
    ...(acting.actor.role !== 'wally' && { rest: { outbox: tellOwner(journey, acting) } }),
    ...(deviating && { deviating }),
  });
}
