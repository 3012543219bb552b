import { extensions } from '../fhir/systems.ts';
import type { Change } from '../referral/change.ts';
import type { Journey } from '../referral/journey.ts';
import { transition } from '../referral/lifecycle/lifecycle.ts';
import { namedRole } from '../referral/named-role.ts';
import { isRefusal, type Refusal } from '../referral/refusal.ts';
import { rolesNamed } from './handover.ts';
import { type Acting, step } from './moves.ts';
import { handOver, rightOwner } from './reassign.ts';
import { tellOwner } from './tell.ts';

/**
 * "Ik ken deze inwoner" (H11): it goes to the fixed Wally or substitute who is there and not barred, else to the team
 * queue; whoever says this sees no more of it (store scopes) and no reason is asked or kept. The bar stands in the index
 * alone: in the Task the practice could read who knows whom.
 */
export function tooClose(journey: Journey, acting: Acting): Change | Refusal {
  const row = transition(journey, 'too-close', acting.actor);
  if (isRefusal(row)) return row;
  const { index } = journey;
  const me = acting.actor.id;
  const barred = [...new Set([...index.barred, me])];
  if (index.owner === me) {
    const right = rightOwner(journey, acting, barred);
    // The usual words for it: what stays when the content is gone may not tell who knew whom either.
    const route = right?.route ?? 'team-queue';
    return handOver(journey, 'too-close', { owner: right?.owner, route, why: 'Overgedragen', barred }, acting);
  }
  const { resource: task } = journey.task;
  const others = (url: string) => {
    const role = namedRole(task, url);
    return role === me ? undefined : role;
  };
  const proposedOwner = others(extensions.proposedOwner);
  const actingFor = others(extensions.actingFor);
  return step(journey, row, 'task-offer-refused', acting, {
    task: { extension: rolesNamed(task, { ...(proposedOwner && { proposedOwner }), ...(actingFor && { actingFor }) }) },
    index: { barred },
    events: [{ kind: 'offered', at: acting.now.toISOString(), owner: me, outcome: 'refused' }],
    rest: { outbox: tellOwner(journey, acting) },
  });
}
