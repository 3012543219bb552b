import type { Change } from '../referral/change.ts';
import type { Journey } from '../referral/journey.ts';
import { transition } from '../referral/lifecycle/lifecycle.ts';
import { isRefusal, issue, type Refusal, refuse } from '../referral/refusal.ts';
import { endAppointments } from './appointment.ts';
import { type Acting, step } from './moves.ts';
import { revoked } from './revoked.ts';
import { tellOwner } from './tell.ts';

/**
 * The practice takes a referral back: `undo` within the minutes before delivery (H3: nobody saw it), else `withdraw`
 * as long as the Wally has not started; after that it is a request to the Wally, not a command.
 */
export function takeBack(
  journey: Journey,
  how: 'undo' | 'withdraw',
  acting: Acting,
  more: { readonly reason?: string; readonly rest?: Pick<Change, 'arrival'> } = {},
): Change | Refusal {
  const now = acting.now.toISOString();
  const isUnseen = journey.index.undoUntil !== null && journey.index.undoUntil > now;
  const isNew = journey.task.resource.status === 'requested';
  if (how === 'undo' && !isUnseen) {
    return refuse(
      issue('conflict', 'undo-too-late', 'Task.status', {
        nl: 'De bedenktijd is voorbij: de verwijzing is al onderweg naar de Wally. U kunt haar nog wel intrekken.',
        en: 'The time to undo is over: the referral is on its way to the Wally. You can still withdraw it.',
      }),
    );
  }
  const row = transition(journey, how, acting.actor);
  if (isRefusal(row)) return row;
  const plain = how === 'undo' ? 'Teruggenomen door de praktijk, vóór bezorging' : 'Ingetrokken door de praktijk';
  const reason = more.reason ? `${plain}: ${more.reason}` : plain;
  return step(journey, row, how === 'undo' ? 'referral-taken-back' : 'referral-withdrawn', acting, {
    task: { statusReason: { text: reason } },
    serviceRequest: revoked(journey.serviceRequest.resource, reason),
    // A slot of the consulting hours is free again.
    resources: endAppointments(journey, 'cancelled'),
    events: [{ kind: 'cancelled', at: now }],
    rest: {
      ...more.rest,
      // What is still within the minutes to take it back, and nobody took on, nobody has seen (H3).
      outbox: row.tells.includes('owner') && !(isUnseen && isNew) ? tellOwner(journey, acting) : [],
      deliveries: [
        { to: 'abandon-all', kinds: ['worklist', 'notify'], reason: how === 'undo' ? 'taken-back' : 'withdrawn' },
      ],
      // A code that stands on a slip already opens nothing: nobody was referred (H3).
      ...(how === 'undo' && { links: [{ to: 'ended', subject: journey.task.resource.id, why: 'revoked' }] }),
      alarms: [
        { kind: 'nobody-present', team: journey.index.team, raise: false, at: now },
        { kind: 'acute', team: journey.index.team, raise: false, at: now },
      ],
    },
  });
}
