import { z } from 'zod';
import type { Change } from '../referral/change.ts';
import type { Journey, Written } from '../referral/journey.ts';
import { transition } from '../referral/lifecycle/lifecycle.ts';
import { isRefusal, type Refusal } from '../referral/refusal.ts';
import { attemptDays, isTriedEnough } from '../referral/task-output.ts';
import { endAppointments } from './appointment.ts';
import { dutchDate } from './letter.ts';
import { type Acting, step } from './moves.ts';
import { recallChildren, tellOrganisations } from './onward-end.ts';
import { mayTell } from './report.ts';
import { revoked } from './revoked.ts';
import { tellOwner, tellPractice } from './tell.ts';

/** Why a Wally may say no; anything else is a transfer, in which the owner stays the owner. */
export const declineReasons = {
  duplicate: 'Deze inwoner was al bij de Wally verwezen, met dezelfde vraag.',
  'wrong-person': 'De verwijzing gaat over een andere persoon dan bedoeld.',
  'no-consent': 'De inwoner weet niet van de verwijzing of gaf geen toestemming.',
  'resident-declines': 'De inwoner wil geen contact met de Wally.',
} as const;

export const declineSchema = z.strictObject({
  reason: z.enum(Object.keys(declineReasons) as [keyof typeof declineReasons]),
  /** What could help instead, for the GP to offer. */
  proposal: z.string().trim().max(500).optional(),
});

/** Nobody has to look any more: the work has ended. */
export const alarmsOver = ({ index }: Journey, at: string) =>
  (['acute', 'nobody-present', 'overdue'] as const).map((kind) => ({ kind, team: index.team, raise: false, at }));

const waitingMails = { to: 'abandon-all', kinds: ['worklist', 'notify'], reason: 'ended' } as const;

/** A no with one of four reasons; the GP is told at once, and the request stays the GP's to send elsewhere. */
export function decline(journey: Journey, no: z.infer<typeof declineSchema>, acting: Acting): Change | Refusal {
  const row = transition(journey, 'decline', acting.actor);
  if (isRefusal(row)) return row;
  const now = acting.now.toISOString();
  const told = tellPractice(
    journey,
    {
      category: 'feedback-final',
      firstLine: 'De Wally neemt deze verwijzing niet aan.',
      lines: [
        declineReasons[no.reason],
        ...(no.proposal && mayTell(journey, acting.now) ? [`Voorstel: ${no.proposal}`] : []),
      ],
      todo: 'de inwoner laten weten hoe het verder gaat.',
    },
    acting,
  );
  const { output = [] } = journey.task.resource;
  return step(journey, row, 'task-declined', acting, {
    task: { statusReason: { text: no.reason }, output: [...output, told.output] },
    resources: [told.written],
    events: [{ kind: 'declined', at: now, owner: acting.actor.id, outcome: no.reason }],
    rest: { outbox: [told.outbox], alarms: alarmsOver(journey, now) },
  });
}

/** "Niet bereikt", by a person and after the protocol (H14): the GP reads on which days was tried. */
export function giveUp(journey: Journey, acting: Acting, deviating?: string): Change | Refusal {
  const row = transition(journey, 'give-up', acting.actor, deviating);
  if (isRefusal(row)) return row;
  const now = acting.now.toISOString();
  const days = [...attemptDays(journey.task.resource)];
  const told = tellPractice(
    journey,
    {
      category: 'feedback-final',
      firstLine: 'De Wally heeft de inwoner niet bereikt.',
      lines: [
        ...(days.length > 0 ? [`Geprobeerd op ${days.map(dutchDate).join(', ')}.`] : []),
        ...(!isTriedEnough(journey.task.resource) && deviating && mayTell(journey, acting.now) ? [deviating] : []),
      ],
      todo: 'kijken of het nummer klopt. Wilt u opnieuw verwijzen? Dat kan.',
    },
    acting,
  );
  const { output = [] } = journey.task.resource;
  return step(journey, row, 'task-given-up', acting, {
    task: {
      statusReason: { text: 'not-reached' },
      output: [...output, told.output],
      executionPeriod: { ...journey.task.resource.executionPeriod, end: now },
    },
    resources: [
      told.written,
      ...endAppointments(journey, 'cancelled'),
      ...recallChildren(journey, 'De Wally heeft de inwoner niet bereikt.', now),
    ],
    events: [{ kind: 'closed', at: now, owner: acting.actor.id, outcome: 'not-reached' }],
    rest: { outbox: [told.outbox, ...tellOrganisations(journey, acting)], alarms: alarmsOver(journey, now) },
    ...(deviating && { deviating }),
  });
}

export const endReasons = {
  'consent-withdrawn': 'De inwoner trok de toestemming in.',
  deceased: 'De inwoner is overleden.',
  moved: 'De inwoner is verhuisd.',
  'other-practice': 'De inwoner heeft een andere huisarts.',
} as const;
export type EndReason = keyof typeof endReasons;

/** Consent as it is once withdrawn (H10), to other organisations too: checked again before every sending. */
function withoutConsent({ consent, childConsents = [] }: Journey, now: string): Written[] {
  return [consent, ...childConsents].map(({ resource, version }) => ({
    resource: {
      ...resource,
      status: 'inactive',
      provision: { ...resource.provision, type: 'deny', period: { start: now } },
    },
    version: version + 1,
  }));
}

/** Something in the resident's life ends it (H10): stop, tell everyone who has it, keep the legal minimum. */
export function end(journey: Journey, reason: EndReason, acting: Acting): Change | Refusal {
  const row = transition(journey, 'end', acting.actor);
  if (isRefusal(row)) return row;
  const now = acting.now.toISOString();
  const isPractice = acting.actor.role === 'practice' || acting.actor.role === 'practice-system';
  // The practice said so itself; everyone else's word reaches it as final feedback, without content.
  const told = isPractice
    ? undefined
    : tellPractice(
        journey,
        {
          category: 'feedback-final',
          firstLine:
            acting.actor.role === 'resident'
              ? 'De inwoner is zelf gestopt met deze verwijzing.'
              : 'De Wally is gestopt met deze verwijzing.',
          lines: [endReasons[reason]],
        },
        acting,
      );
  const { output = [] } = journey.task.resource;
  return step(journey, row, `referral-ended`, acting, {
    task: { statusReason: { text: reason }, ...(told && { output: [...output, told.output] }) },
    serviceRequest: revoked(journey.serviceRequest.resource, endReasons[reason]),
    resources: [
      ...(told ? [told.written] : []),
      ...(reason === 'consent-withdrawn' ? withoutConsent(journey, now) : []),
      ...endAppointments(journey, 'cancelled'),
      ...recallChildren(journey, endReasons[reason], now),
    ],
    events: [{ kind: 'ended', at: now, outcome: reason }],
    rest: {
      outbox: [
        ...(told ? [told.outbox] : []),
        ...(acting.actor.role === 'wally' ? [] : tellOwner(journey, acting)),
        ...tellOrganisations(journey, acting),
      ],
      // What is on its way with content does not go any more; it is another matter with what has arrived.
      deliveries: [
        reason === 'consent-withdrawn'
          ? { to: 'abandon-all', kinds: ['worklist', 'notify', 'feedback'], reason: 'consent-withdrawn' }
          : waitingMails,
      ],
      alarms: alarmsOver(journey, now),
    },
  });
}

/** Never meant, or about the wrong person (H3): called back from everyone who received it. */
export function recall(journey: Journey, why: string, acting: Acting): Change | Refusal {
  const row = transition(journey, 'enter-in-error', acting.actor);
  if (isRefusal(row)) return row;
  const now = acting.now.toISOString();
  const told =
    acting.actor.role === 'team-lead'
      ? tellPractice(
          journey,
          {
            category: 'recall',
            topic: 'Verwijzing teruggeroepen',
            firstLine: 'Deze verwijzing is teruggeroepen: zij hoorde hier niet.',
            lines: [why],
            todo: 'nakijken over wie de verwijzing had moeten gaan.',
          },
          acting,
        )
      : undefined;
  return step(journey, row, 'referral-recalled', acting, {
    task: { statusReason: { text: why } },
    serviceRequest: revoked(journey.serviceRequest.resource, why, 'entered-in-error'),
    resources: [
      ...(told ? [told.written] : []),
      ...endAppointments(journey, 'cancelled'),
      ...recallChildren(journey, why, now, 'entered-in-error'),
    ],
    events: [{ kind: 'recalled', at: now }],
    rest: {
      outbox: [...(told ? [told.outbox] : []), ...tellOwner(journey, acting), ...tellOrganisations(journey, acting)],
      deliveries: [{ to: 'abandon-all', kinds: ['worklist', 'feedback'], reason: 'recalled' }],
      alarms: alarmsOver(journey, now),
    },
  });
}
