import type { AuditLine, Change } from '../referral/change.ts';
import type { Journey } from '../referral/journey.ts';
import type { KeepingMove } from '../referral/keeping-move.ts';
import { openStatuses } from '../referral/lifecycle/statuses.ts';
import { issue, type Refusal, refuse } from '../referral/refusal.ts';
import { type Acting, auditOf } from './moves.ts';

const stillOpen = issue('business-rule', 'still-open', 'Task.status', {
  nl: 'De verwijzing is nog open. Sluit haar eerst af: pas dan staat alles erin.',
  en: 'The referral is still open. Close it first: only then everything is in it.',
});
const notYours = issue('forbidden', 'not-the-owner', 'Task.owner', {
  nl: 'Alleen de Wally die deze verwijzing had, of de teamleider, kan dit bevestigen.',
  en: 'Only the Wally who had this referral, or the team lead, can confirm this.',
});

/** Whether an actor may say that a referral stands in the receiver's own record. */
function mayConfirm({ index }: Journey, { actor }: Acting): boolean {
  if (actor.role === 'wally')
    return [index.owner, index.actingFor].includes(actor.id) && !index.barred.includes(actor.id);
  return actor.role === 'team-lead' && actor.organization === index.team;
}

const noted = (journey: Journey, keeping: KeepingMove, line: AuditLine): Change => ({
  scope: { practice: journey.practice },
  journey: journey.id,
  keeping,
  audit: [line],
});

/**
 * "Staat in ons eigen dossier" (H16): a person at the receiver confirms that the content stands in their own record, so
 * that ours may go when its time has come. Only when the work is over: what comes later would not be in it. Said again it
 * counts from the last time. Nothing about the work itself changes.
 */
export function confirmTransfer(journey: Journey, acting: Acting): Change | Refusal {
  if (!mayConfirm(journey, acting)) return refuse(notYours);
  if (openStatuses.includes(journey.task.resource.status ?? 'requested')) return refuse(stillOpen);
  const at = acting.now.toISOString();
  const line = auditOf('transfer-confirmed', journey, acting, 'U');
  return noted(journey, { to: 'transferred', at, by: acting.actor.id }, line);
}

/** It was said too early: the content stays until it is said again. Of what was never confirmed it changes nothing. */
export function undoTransfer(journey: Journey, acting: Acting): Change | Refusal {
  if (!mayConfirm(journey, acting)) return refuse(notYours);
  return noted(journey, { to: 'not-transferred' }, auditOf('transfer-undone', journey, acting, 'U'));
}
