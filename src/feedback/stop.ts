import type { Change } from '../referral/change.ts';
import type { Journey, Written } from '../referral/journey.ts';
import { transition } from '../referral/lifecycle/lifecycle.ts';
import { isRefusal, type Refusal } from '../referral/refusal.ts';
import { endAppointments } from './appointment.ts';
import { alarmsOver } from './ending.ts';
import { type Acting, step } from './moves.ts';
import { recallChildren, tellOrganisations } from './onward-end.ts';
import { mayTell } from './report.ts';
import { revoked } from './revoked.ts';
import { tellPractice } from './tell.ts';

/** The requests to stop that wait for an answer, answered: completed when the Wally agrees, rejected when not. */
function answered(journey: Journey, status: 'completed' | 'rejected', reason: string, now: string): Written[] {
  return journey.requests
    .filter((one) => one.resource.status === 'requested')
    .map(({ resource, version }) => ({
      resource: { ...resource, status, statusReason: { text: reason }, lastModified: now },
      version: version + 1,
    }));
}

/** The practice asked to stop work that had begun: the Wally agrees. The practice gets its answer as final feedback. */
export function agreeToStop(journey: Journey, why: string, acting: Acting, deviating?: string): Change | Refusal {
  const row = transition(journey, 'agree-to-stop', acting.actor, deviating);
  if (isRefusal(row)) return row;
  const now = acting.now.toISOString();
  const told = tellPractice(
    journey,
    {
      category: 'feedback-final',
      firstLine: 'Gestopt, zoals u vroeg.',
      lines: mayTell(journey, acting.now) && why ? [why] : [],
    },
    acting,
  );
  const { output = [] } = journey.task.resource;
  const reason = 'Gestopt op verzoek van de praktijk';
  return step(journey, row, 'stop-agreed', acting, {
    task: { statusReason: { text: reason }, output: [...output, told.output] },
    serviceRequest: revoked(journey.serviceRequest.resource, reason),
    resources: [
      ...answered(journey, 'completed', reason, now),
      told.written,
      ...endAppointments(journey, 'cancelled'),
      ...recallChildren(journey, reason, now),
    ],
    events: [
      { kind: 'stop-answered', at: now, outcome: 'agreed' },
      { kind: 'cancelled', at: now },
    ],
    rest: { outbox: [told.outbox, ...tellOrganisations(journey, acting)], alarms: alarmsOver(journey, now) },
    ...(deviating && { deviating }),
  });
}

/** The Wally goes on, as agreed with the resident, and says why. */
export function refuseToStop(journey: Journey, why: string, acting: Acting): Change | Refusal {
  const row = transition(journey, 'refuse-to-stop', acting.actor);
  if (isRefusal(row)) return row;
  const now = acting.now.toISOString();
  const told = tellPractice(
    journey,
    {
      category: 'feedback-interim',
      firstLine: 'De Wally gaat door, in overleg met de inwoner.',
      lines: mayTell(journey, acting.now) ? [why] : [],
    },
    acting,
  );
  const { output = [] } = journey.task.resource;
  return step(journey, row, 'stop-refused', acting, {
    task: { output: [...output, told.output] },
    resources: [...answered(journey, 'rejected', why, now), told.written],
    events: [{ kind: 'stop-answered', at: now, outcome: 'refused' }],
    rest: { outbox: [told.outbox] },
  });
}
