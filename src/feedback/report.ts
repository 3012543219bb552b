import type { TaskOutput } from '@medplum/fhirtypes';
import { codeSystems } from '../fhir/systems.ts';
import { isCategory } from '../referral/category.ts';
import type { Change } from '../referral/change.ts';
import { renewalDue } from '../referral/consent.ts';
import { localDay } from '../referral/deadlines.ts';
import type { Journey, Written } from '../referral/journey.ts';
import { transition } from '../referral/lifecycle/lifecycle.ts';
import { isRefusal, type Refusal } from '../referral/refusal.ts';
import { noted } from '../referral/task-output.ts';
import type { FeedbackAnswer } from './answer.ts';
import { toAppointment } from './appointment.ts';
import { toCommunication } from './communication.ts';
import type { LetterHead } from './letter.ts';
import { type Acting, auditOf, concept, step } from './moves.ts';

/**
 * Whether nothing but that it was closed may go back on a day: the consent at referral did not cover more, a birthday has
 * overtaken it (H6), or the resident did not agree to this report (H9).
 */
export function closureOnly(journey: Journey, answer: Pick<FeedbackAnswer, 'residentAgreed'>, day: string): boolean {
  const details = journey.consent.resource.provision?.code?.flatMap((one) => one.coding ?? []).map((one) => one.code);
  return !answer.residentAgreed || !details?.includes('feedback-content') || renewalDue(journey, day) !== undefined;
}

/** Whether more than that it was closed may go back to the practice, of what is no report (H6, H9). */
export const mayTell = (journey: Journey, now: Date): boolean =>
  !closureOnly(journey, { residentAgreed: true }, localDay(now));

/** Who writes, as it stands under the letter. */
export function letterHead(
  journey: Journey,
  answer: Pick<FeedbackAnswer, 'residentAgreed'>,
  acting: Acting,
): LetterHead {
  const role = acting.directory.roles.get(acting.actor.id);
  const team = acting.directory.teams.get(role?.organization ?? journey.index.team);
  const phone = role?.phone ?? team?.phone;
  const practice = acting.directory.practices.get(journey.practice)?.name;
  return {
    number: journey.index.number,
    practiceReferralId: journey.index.practiceReferral.value,
    sender: role?.name ?? acting.actor.name,
    team: team?.name ?? '',
    writtenOn: localDay(acting.now),
    closureOnly: closureOnly(journey, answer, localDay(acting.now)),
    ...(phone && { phone }),
    ...(practice && { practice }),
  };
}

/** H13: a contact is a named moment, so that figures and clocks count contacts and not letters. */
function contactNotes(answer: FeedbackAnswer, acting: Acting): TaskOutput[] {
  const { contact, contactOn } = answer;
  if (contact === 'none' || !contactOn) return [];
  // Noon: a day without a time must not become another day in another zone.
  return [noted(contact === 'made' ? 'contact' : 'contact-attempt', `${contactOn}T12:00:00Z`, acting.actor.id)];
}

/**
 * The Wally reports back: Communication, appointment, the Task's move and the outbox row to the practice, in one Change.
 * `final` closes the Wally's work; the journey stays open for operations until this feedback landed (promise 3).
 */
export function report(journey: Journey, answer: FeedbackAnswer, acting: Acting): Change | Refusal {
  const row = transition(journey, answer.final ? 'close' : 'report', acting.actor);
  if (isRefusal(row)) return row;
  const now = acting.now.toISOString();
  const messageId = acting.newId();
  const communication = toCommunication(journey, answer, letterHead(journey, answer, acting), {
    id: acting.newId(),
    messageId,
    now,
    senderRole: acting.actor.id,
  });
  const appointment = answer.appointment ? toAppointment(journey, answer.appointment, acting) : undefined;
  const resources: Written[] = [communication, ...(appointment ? [appointment] : [])].map((resource) => ({
    resource,
    version: 1,
  }));
  const output = resources.map(({ resource }) => ({
    type: concept(codeSystems.taskOutput, resource.resourceType === 'Communication' ? 'feedback' : 'appointment'),
    valueReference: { reference: `${resource.resourceType}/${resource.id}` },
  }));
  const before = journey.task.resource;
  return step(journey, row, answer.final ? 'feedback-final' : 'feedback-interim', acting, {
    task: {
      output: [...(before.output ?? []), ...contactNotes(answer, acting), ...output],
      executionPeriod: { ...before.executionPeriod, ...(answer.final && { end: now }) },
    },
    resources,
    events: [
      ...(answer.contact === 'none'
        ? []
        : [
            {
              kind: 'contact' as const,
              at: now,
              outcome: answer.contact,
              owner: acting.actor.id,
              ...(answer.contactOn && { on: answer.contactOn }),
            },
          ]),
      ...(answer.appointment
        ? [
            {
              kind: 'appointment' as const,
              at: now,
              on: localDay(new Date(answer.appointment.at)),
              outcome: 'booked',
            },
          ]
        : []),
      { kind: 'feedback', at: now, owner: acting.actor.id, outcome: answer.final ? 'final' : 'interim' },
      ...(answer.final
        ? [
            {
              kind: 'closed' as const,
              at: now,
              owner: acting.actor.id,
              outcome: answer.outcomes.map((one) => `${one.lifeArea}=${one.outcome}`).join(' '),
            },
          ]
        : []),
    ],
    rest: {
      outbox: [
        {
          messageId,
          kind: 'feedback',
          destination: `practice:${journey.practice}`,
          recipient: journey.practice,
          document: { type: 'Communication', id: communication.id },
        },
      ],
      alarms: [{ kind: 'acute', team: journey.index.team, raise: false, at: now }],
    },
  });
}

/**
 * The feedback landed: the Communication becomes `completed` with `received` (only now, on proof), and after the final
 * one the ServiceRequest is completed too. Works on the newest versions; undefined when it was noted before.
 */
export function noteLanded(
  journey: Journey,
  communicationId: string,
  acting: Acting,
): Pick<Change, 'resources' | 'events' | 'audit'> | undefined {
  const communication = journey.communications.find((one) => one.resource.id === communicationId);
  if (!communication || communication.resource.status === 'completed') return undefined;
  const now = acting.now.toISOString();
  const final = isCategory(communication.resource, 'feedback-final');
  const request = journey.serviceRequest;
  return {
    resources: [
      {
        resource: { ...communication.resource, status: 'completed', received: now },
        version: communication.version + 1,
      },
      ...(final && request.resource.status === 'active'
        ? [{ resource: { ...request.resource, status: 'completed' as const }, version: request.version + 1 }]
        : []),
    ],
    events: [{ kind: 'landed', at: now, outcome: final ? 'final' : 'interim' }],
    audit: [{ ...auditOf('feedback-landed', journey, acting, 'U'), object: `Communication/${communicationId}` }],
  };
}
