import { extensions } from '../fhir/systems.ts';
import { assign } from '../referral/assignment.ts';
import type { Change } from '../referral/change.ts';
import { localDay } from '../referral/deadlines.ts';
import type { Journey } from '../referral/journey.ts';
import { transition } from '../referral/lifecycle.ts';
import { namedRole } from '../referral/named-role.ts';
import { isRefusal, type Refusal } from '../referral/refusal.ts';
import { rolesNamed } from './handover.ts';
import { type Acting, step } from './moves.ts';
import { handOver } from './reassign.ts';
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
    const day = localDay(acting.now);
    const right = assign(acting.directory, journey.practice, index.requesterAgb ?? undefined, day, barred, {
      rule: index.rule,
    });
    // A route of its own: the line must not bring it back to the fixed Wally, who is there.
    const route = right?.owner ? 'too-close' : 'team-queue';
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
