import type { Consent, ServiceRequest, Task } from '@medplum/fhirtypes';
import { z } from 'zod';
import { codeSystems, extensions, identifiers } from '../fhir/systems.ts';
import type { Change } from '../referral/change.ts';
import { givenOnIssues, giverIssues, giversOf } from '../referral/consent.ts';
import { onwardWaits } from '../referral/consent-waits.ts';
import { addWorkingDays, localDay } from '../referral/deadlines.ts';
import type { Journey } from '../referral/journey.ts';
import { isLifeArea, lifeAreaCodes, lifeAreas } from '../referral/life-area.ts';
import { isOpen, transition } from '../referral/lifecycle/lifecycle.ts';
import { linkEnd } from '../referral/link.ts';
import { isRefusal, issue, type Refusal, refuse } from '../referral/refusal.ts';
import { outcomes, outcomesSchema } from './answer.ts';
import { linkTo } from './by-link.ts';
import type { declineReasons } from './ending.ts';
import { type Acting, concept, step } from './moves.ts';
import { consentGivenSchema, renewalFirst } from './renew-consent.ts';
import { bsnIssues } from './report-rules.ts';
import { revoked } from './revoked.ts';
import { tellOwner } from './tell.ts';

/** Working days in which another organisation answers, unless agreed otherwise. */
const answerWithinDays = 20;

export const onwardSchema = z.strictObject({
  organization: z.string().min(1),
  /** What they are asked to do, in the Wally's words: the GP's own reason does not travel on by itself. */
  question: z.string().trim().min(1).max(2000),
  lifeAreas: z.array(z.enum(lifeAreaCodes as [string, ...string[]])).max(10),
  /** Taken by the Wally for this organisation alone (H9): nobody else's consent counts for it. */
  consent: consentGivenSchema,
  /** The Wally wants to hear how it goes before they have finished. */
  interim: z.boolean().optional(),
});
export type Onward = z.infer<typeof onwardSchema>;

function consentFor(journey: Journey, onward: Onward, acting: Acting): Consent & { id: string } {
  const patient = { reference: `Patient/${journey.patient.resource.id}` };
  const { by, how, on } = onward.consent;
  return {
    resourceType: 'Consent',
    id: acting.newId(),
    extension: [{ url: extensions.consentMethod, valueCode: how }],
    status: 'active',
    scope: concept(codeSystems.consentScope, 'patient-privacy'),
    category: [concept(codeSystems.actCode, 'IDSCL')],
    patient,
    dateTime: on,
    performer: giversOf(by, journey.patient.resource.id),
    organization: [{ reference: `Organization/${journey.index.team}` }],
    policyRule: concept(codeSystems.legalBasis, 'explicit-consent'),
    provision: {
      type: 'permit',
      actor: [
        {
          role: concept(codeSystems.participationType, 'IRCP'),
          reference: { reference: `Organization/${onward.organization}` },
        },
      ],
      action: [concept(codeSystems.consentAction, 'disclose')],
      code: [concept(codeSystems.consentDetail, 'share-reason')],
    },
  };
}

/** How the resident may be reached safely goes along on every hop (H2); the GP's other extensions do not. */
const carried: readonly string[] = [extensions.safeContact, extensions.residentQuestion];

/**
 * The Wally leads on to another organisation and stays responsible: a request of the Wally's own (filler-order) on the
 * same requisition, and a Task that is part of this one. It holds the Wally's question and how to reach the resident
 * safely; no medical codes, no notes of the practice. This Task stays open until that one has ended. An organisation with
 * an address gets a link by mail; any other the Wally calls.
 */
export function referOn(journey: Journey, onward: Onward, acting: Acting): Change | Refusal {
  const row = transition(journey, 'refer-on', acting.actor);
  if (isRefusal(row)) return row;
  const due = renewalFirst(journey, acting.now);
  if (due) return due;
  const { organization } = onward;
  const to = acting.directory.teams.get(organization);
  const today = localDay(acting.now);
  const issues = [
    ...(to && organization !== journey.index.team
      ? []
      : [
          issue('not-found', 'unknown-organization', 'organization', {
            nl: 'Deze organisatie staat niet in de adreslijst. Vraag de beheerder om haar toe te voegen.',
            en: 'This organisation is not in the directory. Ask the administrator to add it.',
          }),
        ]),
    // Their consent is asked as the referral's own was: by the same ages (H6, H9).
    ...giverIssues(journey.patient.resource.birthDate, onward.consent.by, today, 'consent.by'),
    ...givenOnIssues(onward.consent.on, today, 'consent.on'),
    // No law lets it have the number, and nobody reads this before they do (H17).
    ...bsnIssues(onward.question, 'question'),
  ];
  if (!to || issues.length > 0) return refuse(...issues);
  const now = acting.now.toISOString();
  const consent = consentFor(journey, onward, acting);
  const { resource: parent } = journey.task;
  const { resource: request } = journey.serviceRequest;
  const [requestId, taskId] = [acting.newId(), acting.newId()];
  const extension = (request.extension ?? []).filter((one) => carried.includes(one.url));
  const child: ServiceRequest & { id: string } = {
    resourceType: 'ServiceRequest',
    id: requestId,
    ...(extension.length > 0 && { extension }),
    identifier: [{ system: identifiers.task, value: `urn:uuid:${requestId}` }],
    basedOn: [{ reference: `ServiceRequest/${request.id}` }],
    ...(request.requisition && { requisition: request.requisition }),
    status: 'active',
    intent: 'filler-order',
    ...(onward.lifeAreas.length > 0 && {
      category: onward.lifeAreas.map((code) => concept(codeSystems.lifeArea, code)),
    }),
    priority: request.priority ?? 'routine',
    subject: request.subject,
    authoredOn: now,
    requester: { reference: `PractitionerRole/${acting.actor.id}`, display: acting.actor.name },
    performer: [{ reference: `Organization/${organization}`, display: to.name }],
    reasonCode: [{ text: onward.question }],
    supportingInfo: [{ reference: `Consent/${consent.id}` }],
  };
  const task: Task & { id: string } = {
    resourceType: 'Task',
    id: taskId,
    ...(onward.interim && { extension: [{ url: extensions.interimWanted, valueBoolean: true }] }),
    identifier: [{ system: identifiers.task, value: `urn:uuid:${taskId}` }],
    basedOn: [{ reference: `ServiceRequest/${requestId}` }],
    partOf: [{ reference: `Task/${parent.id}` }],
    ...(parent.groupIdentifier && { groupIdentifier: parent.groupIdentifier }),
    status: 'requested',
    intent: 'order',
    code: concept(codeSystems.taskCode, 'fulfill'),
    focus: { reference: `ServiceRequest/${requestId}` },
    ...(parent.for && { for: parent.for }),
    authoredOn: now,
    lastModified: now,
    requester: { reference: `PractitionerRole/${acting.actor.id}`, display: acting.actor.name },
    restriction: {
      period: { start: now, end: addWorkingDays(today, answerWithinDays) },
      recipient: [{ reference: `Organization/${organization}`, display: to.name }],
    },
  };
  return step(journey, row, 'referred-on', acting, {
    resources: [consent, child, task].map((resource) => ({ resource, version: 1 })),
    events: [{ kind: 'forwarded', at: now, owner: organization }],
    ...(to.email && { rest: linkTo('onward', taskId, organization, acting) }),
  });
}

/** Why an organisation may say no, in the words in which the Wally reads it; the same four as her own. */
export const onwardReasons = {
  duplicate: 'De inwoner is hier al bekend met deze vraag.',
  'wrong-person': 'Het gaat over een andere persoon dan bedoeld.',
  'no-consent': 'De inwoner weet er niet van of gaf geen toestemming.',
  'resident-declines': 'De inwoner wil geen contact.',
} as const satisfies Record<keyof typeof declineReasons, string>;

/** Whether the Wally asked to hear how it goes before they have finished. */
export const wantsInterim = ({ extension = [] }: Task): boolean =>
  extension.some((one) => one.url === extensions.interimWanted && one.valueBoolean === true);

export const heardSchema = z.strictObject({
  task: z.string().min(1),
  /** `accepted`: they took it on; `interim`: they are at it and say how it goes; the others end it. */
  outcome: z.enum(['accepted', 'interim', 'helped', 'declined', 'not-reached']),
  text: z.string().trim().max(2000).optional(),
  /** With `declined`. */
  reason: z.enum(Object.keys(onwardReasons) as [keyof typeof onwardReasons]).optional(),
  /** With `helped`: per life area. */
  outcomes: outcomesSchema.optional(),
});

const statusAfter = {
  accepted: 'accepted',
  interim: 'in-progress',
  helped: 'completed',
  declined: 'rejected',
  'not-reached': 'failed',
} as const;

const interimNotAsked = refuse(
  issue('business-rule', 'interim-not-asked', 'outcome', {
    nl: 'De sociaal werker vroeg geen tussenbericht. Bel als er iets is, of laat weten hoe het ging als u klaar bent.',
    en: 'The social worker asked for no interim message. Call if there is something, or tell how it went when you have finished.',
  }),
);
const interimWithoutText = refuse(
  issue('required', 'interim-without-text', 'text', {
    nl: 'Schrijf in het kort hoe het gaat.',
    en: 'Write in short how it goes.',
  }),
);

/** Everything that was said, as one text. */
function saidIn({ text, reason, outcomes: ended = [], outcome }: z.infer<typeof heardSchema>): string {
  const perArea = ended.map(({ lifeArea, outcome: how }) => {
    const area = isLifeArea(lifeArea) ? lifeAreas[lifeArea].nl : lifeArea;
    return `${area}: ${how === 'helped' ? 'geholpen' : outcomes[how].nl}`;
  });
  return [reason && onwardReasons[reason], text, ...perArea].filter(Boolean).join('\n') || outcome;
}

/**
 * What the other organisation said, noted by the Wally or written by itself (by its link): what of it goes on to the GP,
 * the Wally decides in her own letter. An organisation speaks for its own Task only.
 */
export function hearOnward(journey: Journey, heard: z.infer<typeof heardSchema>, acting: Acting): Change | Refusal {
  const row = transition(journey, 'hear-onward', acting.actor);
  if (isRefusal(row)) return row;
  const recipientOf = (one: Task) => one.restriction?.recipient?.[0]?.reference?.split('/')[1] ?? null;
  const child = journey.children.find((one) => one.resource.id === heard.task && isOpen(one.resource.status ?? ''));
  const isTheirs =
    acting.actor.role !== 'organisation' || acting.actor.organization === (child && recipientOf(child.resource));
  if (!child || !isTheirs)
    return refuse(
      issue('conflict', 'not-in-this-state', 'task', {
        nl: 'Deze organisatie is al klaar, of kreeg de vraag niet.',
        en: 'This organisation has finished already, or was not asked.',
      }),
    );
  // What they would answer about they may not read either, until the consent was asked anew (H6).
  const due = acting.actor.role === 'organisation' && onwardWaits(journey, child.resource.id, localDay(acting.now));
  if (due) return refuse(issue('business-rule', 'consent-to-renew', 'Consent', due));
  const { resource, version } = child;
  const isInterim = heard.outcome === 'interim';
  if (isInterim && !heard.text) return interimWithoutText;
  if (isInterim && acting.actor.role === 'organisation' && !wantsInterim(resource)) return interimNotAsked;
  const now = acting.now.toISOString();
  const status = statusAfter[heard.outcome];
  const request = journey.childRequests.find(
    (one) => `ServiceRequest/${one.resource.id}` === resource.focus?.reference,
  );
  const isOver = !isOpen(status);
  // Who was heard from has as many days again, and the link to say the rest by lives as long.
  const until = isInterim && addWorkingDays(localDay(acting.now), answerWithinDays);
  const said = saidIn(heard);
  return step(journey, row, 'onward-heard', acting, {
    resources: [
      {
        resource: {
          ...resource,
          status,
          lastModified: now,
          ...(until && {
            restriction: { ...resource.restriction, period: { ...resource.restriction?.period, end: until } },
          }),
          ...(isOver && { statusReason: { text: heard.reason ?? heard.outcome } }),
          output: [
            ...(resource.output ?? []),
            { type: concept(codeSystems.taskOutput, 'feedback'), valueAnnotation: { time: now, text: said } },
          ],
        },
        version: version + 1,
      },
      ...(isOver && request
        ? [
            {
              // Only what was done is completed; after a no the question is nobody's any more.
              resource:
                status === 'completed' ? { ...request.resource, status } : revoked(request.resource, heard.outcome),
              version: request.version + 1,
            },
          ]
        : []),
    ],
    events: [
      {
        kind: 'onward-heard',
        at: now,
        outcome: heard.outcome,
        owner: recipientOf(resource),
      },
    ],
    rest: {
      // Who noted it herself need not be told.
      ...(acting.actor.role !== 'wally' && { outbox: tellOwner(journey, acting) }),
      ...(isInterim && {
        links: [{ to: 'prolonged', subject: heard.task, expiresAt: linkEnd('onward', acting.now) }],
      }),
      ...(isOver && {
        links: [{ to: 'ended', subject: heard.task, why: acting.actor.role === 'organisation' ? 'used' : 'revoked' }],
      }),
    },
  });
}
