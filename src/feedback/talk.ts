import type { Appointment } from '@medplum/fhirtypes';
import { actorInLine } from '../referral/audit-line.ts';
import type { AuditLine, Change } from '../referral/change.ts';
import type { Practice } from '../referral/directory/directory.ts';
import type { OutboxRow } from '../referral/outbox-row.ts';
import { practiceNotice } from '../referral/receive.ts';
import { issue, type Refusal, refuse } from '../referral/refusal.ts';
import { aboutPractice, participantsOf, type Talk } from '../referral/talk.ts';
import type { Acting } from './moves.ts';

/** A talk as people plan it. */
export interface TalkPlan {
  /** Instant. */
  readonly at: string;
  readonly place: string;
  /** Roles that take part. */
  readonly who: readonly string[];
}

const lengthMs = 60 * 60_000;

const line = (event: string, id: string, { actor, now }: Acting, action: 'C' | 'U'): AuditLine => ({
  event,
  at: now.toISOString(),
  actor: actorInLine(actor),
  action,
  outcome: 'ok',
  object: `Appointment/${id}`,
  purpose: 'HOPERAT',
});

/** A mail without content to who takes part and did not do it; the practice's people have one mailbox. */
function tellParticipants(practice: Practice, who: readonly string[], acting: Acting): OutboxRow[] {
  const { actor, directory, newId } = acting;
  const roles = who.flatMap((id) => directory.roles.get(id) ?? []);
  const wallys = roles.filter((role) => role.kind === 'wally' && role.email && role.id !== actor.id);
  const mails = wallys.map(
    (role): OutboxRow => ({ messageId: newId(), kind: 'notify', destination: 'mail', recipient: role.id }),
  );
  return actor.organization === practice.id ? mails : [...mails, ...practiceNotice(practice, newId)];
}

function written(
  practice: Practice,
  talk: Appointment & { id: string },
  version: number,
  event: string,
  acting: Acting,
): Change {
  return {
    scope: { practice: practice.id },
    // Deliveries are kept in order per journey; a talk is its own.
    journey: talk.id,
    talk: { to: 'written', version, talk },
    outbox: tellParticipants(practice, participantsOf(talk), acting),
    audit: [line(event, talk.id, acting, version === 1 ? 'C' : 'U')],
  };
}

/** Plans the quarterly talk with a practice, or moves one that stands: same id, so that a calendar moves it too. */
export function planTalk(
  practice: Practice,
  plan: TalkPlan,
  known: Talk | undefined,
  acting: Acting,
): Change | Refusal {
  const { service } = practice;
  if (known && known.resource.status !== 'booked') return refuse(ended);
  if (!service || Date.parse(plan.at) <= acting.now.getTime())
    return refuse(
      issue('value', 'in-past', 'at', {
        nl: 'Een gesprek ligt in de toekomst. Kies een ander moment.',
        en: 'A talk lies in the future. Choose another moment.',
      }),
    );
  const start = new Date(plan.at);
  const talk: Appointment & { id: string } = {
    resourceType: 'Appointment',
    id: known?.resource.id ?? acting.newId(),
    status: 'booked',
    serviceType: [{ text: 'Kwartaalgesprek van Wally en praktijk' }],
    description: 'Kwartaalgesprek',
    start: start.toISOString(),
    end: new Date(start.getTime() + lengthMs).toISOString(),
    created: known?.resource.created ?? acting.now.toISOString(),
    comment: plan.place,
    participant: [
      aboutPractice(service),
      ...plan.who.map((id) => ({
        actor: { reference: `PractitionerRole/${id}` },
        status: id === acting.actor.id ? ('accepted' as const) : ('needs-action' as const),
      })),
    ],
  };
  return written(practice, talk, (known?.version ?? 0) + 1, known ? 'talk-moved' : 'talk-planned', acting);
}

const ended = issue('conflict', 'not-in-this-state', 'Appointment.status', {
  nl: 'Dit gesprek is al geweest of afgezegd. Plan een nieuw gesprek.',
  en: 'This talk has been held or was cancelled already. Plan a new one.',
});

/** The talk took place, or does not: only one that stands, and it is held when its time has come. */
export function endTalk(
  practice: Practice,
  known: Talk,
  status: 'fulfilled' | 'cancelled',
  acting: Acting,
): Change | Refusal {
  const { resource, version } = known;
  if (resource.status !== 'booked') return refuse(ended);
  if (status === 'fulfilled' && Date.parse(resource.start ?? '') > acting.now.getTime())
    return refuse(
      issue('value', 'in-future', 'Appointment.start', {
        nl: 'Dit gesprek moet nog komen. Is het eerder gehouden? Verzet het dan eerst.',
        en: 'This talk is still to come. Was it held earlier? Then move it first.',
      }),
    );
  const event = status === 'fulfilled' ? 'talk-held' : 'talk-cancelled';
  const change = written(practice, { ...resource, status }, version + 1, event, acting);
  // That it was held they know: they were there.
  return status === 'fulfilled' ? { ...change, outbox: [] } : change;
}
