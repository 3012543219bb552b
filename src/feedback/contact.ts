import { z } from 'zod';
import type { Issue } from '../fhir/outcome.ts';
import { codeSystems } from '../fhir/systems.ts';
import type { Change } from '../referral/change.ts';
import { localDay } from '../referral/deadlines.ts';
import type { Journey } from '../referral/journey.ts';
import { transition } from '../referral/lifecycle/lifecycle.ts';
import { isRefusal, issue, type Refusal, refuse } from '../referral/refusal.ts';
import { noted } from '../referral/task-output.ts';
import { endAppointments, toAppointment } from './appointment.ts';
import { type Acting, concept, step } from './moves.ts';

/** How the Wally tried to reach the resident. */
export const attemptWays = ['phone', 'text-message', 'letter', 'visit', 'mail'] as const;

export const attemptSchema = z.strictObject({
  way: z.enum(attemptWays),
  /** When, where it is noted later. */
  at: z.iso.datetime({ offset: true }).optional(),
});

const inFuture = (path: string): Refusal =>
  refuse(
    issue('value', 'in-future', path, {
      nl: 'Dit moment moet nog komen. Noteer alleen wat er geweest is.',
      en: 'This moment is still to come. Note only what has been.',
    }),
  );

/** H13, H14: what was before the referral was no contact about it, and counts for nothing. */
export const beforeReferral = (path: string): Issue =>
  issue('value', 'before-referral', path, {
    nl: 'Dit was vóór de verwijzing. Noteer alleen wat u daarna deed.',
    en: 'This was before the referral. Note only what you did after it.',
  });

/** Whether a local day lies before that of the referral. */
export const isBeforeReferral = ({ index }: Journey, day: string): boolean =>
  day < localDay(new Date(index.authoredOn));

/** H2: where it is not safe at home, nothing is left behind that someone else can hear or read. */
function unsafeWay(journey: Journey, way: (typeof attemptWays)[number]): Refusal | undefined {
  if (!journey.index.unsafeContact || !['letter', 'mail', 'text-message'].includes(way)) return undefined;
  return refuse(
    issue('business-rule', 'unsafe-contact', 'way', {
      nl: 'Bij deze inwoner is post, mail of een bericht niet veilig. Bel het veilige nummer, of overleg met de praktijk.',
      en: 'For this resident a letter, mail or message is not safe. Call the safe number, or talk with the practice.',
    }),
  );
}

/** The Wally tried and did not reach the resident; three of these on different days and times come before "niet bereikt" (H14). */
export function attempt(
  journey: Journey,
  tried: z.infer<typeof attemptSchema>,
  acting: Acting,
  deviating?: string,
): Change | Refusal {
  const row = transition(journey, 'attempt', acting.actor, deviating);
  if (isRefusal(row)) return row;
  const unsafe = unsafeWay(journey, tried.way);
  if (unsafe) return unsafe;
  const now = acting.now.toISOString();
  const at = tried.at ?? now;
  if (Date.parse(at) > acting.now.getTime()) return inFuture('at');
  if (isBeforeReferral(journey, localDay(new Date(at)))) return refuse(beforeReferral('at'));
  const { output = [] } = journey.task.resource;
  const on = localDay(new Date(at));
  return step(journey, row, 'contact-attempted', acting, {
    task: { output: [...output, noted('contact-attempt', at, tried.way)] },
    events: [{ kind: 'attempt', at: now, on, owner: acting.actor.id, outcome: tried.way }],
    ...(deviating && { deviating }),
  });
}

/** The Wally spoke with the resident: a named moment (H13), with or without a letter to the GP. */
export function contactMade(journey: Journey, at: string, acting: Acting, deviating?: string): Change | Refusal {
  const row = transition(journey, 'contact', acting.actor, deviating);
  if (isRefusal(row)) return row;
  const now = acting.now.toISOString();
  if (Date.parse(at) > acting.now.getTime()) return inFuture('at');
  if (isBeforeReferral(journey, localDay(new Date(at)))) return refuse(beforeReferral('at'));
  const { output = [] } = journey.task.resource;
  return step(journey, row, 'contact-made', acting, {
    task: { output: [...output, noted('contact', at, acting.actor.id)] },
    events: [{ kind: 'contact', at: now, on: localDay(new Date(at)), owner: acting.actor.id, outcome: 'made' }],
    ...(deviating && { deviating }),
  });
}

export const appointmentSchema = z.strictObject({
  at: z.iso.datetime({ offset: true }),
  /** Its end, where it is known; else it takes the usual time. */
  until: z.iso.datetime({ offset: true }).optional(),
  place: z.string().trim().max(200).optional(),
  /** The planned Appointment that moves and keeps its id, where the sender speaks of that one. */
  moved: z.string().optional(),
});

/** An appointment is planned; one that stands already moves and stays the same one, so that a calendar moves it too. */
export function appoint(
  journey: Journey,
  planned: z.infer<typeof appointmentSchema>,
  acting: Acting,
  deviating?: string,
): Change | Refusal {
  const row = transition(journey, 'appoint', acting.actor, deviating);
  if (isRefusal(row)) return row;
  const now = acting.now.toISOString();
  if (Date.parse(planned.at) <= acting.now.getTime())
    return refuse(
      issue('value', 'in-past', 'at', {
        nl: 'Een afspraak ligt in de toekomst. Kies een ander moment.',
        en: 'An appointment lies in the future. Choose another moment.',
      }),
    );
  if (planned.until && Date.parse(planned.until) <= Date.parse(planned.at))
    return refuse(
      issue('value', 'end-before-start', 'until', {
        nl: 'De afspraak eindigt voor zij begint. Controleer de tijden.',
        en: 'The appointment ends before it begins. Check the times.',
      }),
    );
  const booked = journey.appointments.filter(({ resource }) => resource.status === 'booked');
  const standing =
    booked.find(({ resource }) => resource.id === planned.moved) ??
    booked.findLast(({ resource }) => Date.parse(resource.start ?? '') > acting.now.getTime());
  const appointment = toAppointment(journey, planned, acting, standing?.resource.id);
  const others = journey.appointments.filter((one) => one !== standing);
  const { output = [] } = journey.task.resource;
  const type = concept(codeSystems.taskOutput, 'appointment');
  const noted = { type, valueReference: { reference: `Appointment/${appointment.id}` } };
  return step(journey, row, 'appointment-booked', acting, {
    task: { output: standing ? output : [...output, noted] },
    resources: [
      { resource: appointment, version: (standing?.version ?? 0) + 1 },
      ...endAppointments({ ...journey, appointments: others }, 'cancelled', acting.now),
    ],
    events: [{ kind: 'appointment', at: now, on: localDay(new Date(planned.at)), outcome: 'booked' }],
    ...(deviating && { deviating }),
  });
}

/** What was planned does not happen: cancelled beforehand, or the resident did not come. */
export function endAppointment(
  journey: Journey,
  how: 'cancel-appointment' | 'no-show',
  acting: Acting,
  deviating?: string,
): Change | Refusal {
  const row = transition(journey, how, acting.actor, deviating);
  if (isRefusal(row)) return row;
  const isNoShow = how === 'no-show';
  const planned = journey.appointments.find((one) => one.resource.status === 'booked')?.resource.start;
  if (isNoShow && planned && Date.parse(planned) > acting.now.getTime()) return inFuture('at');
  return step(journey, row, isNoShow ? 'no-show' : 'appointment-cancelled', acting, {
    resources: endAppointments(journey, isNoShow ? 'noshow' : 'cancelled'),
    events: [
      {
        kind: isNoShow ? 'no-show' : 'appointment',
        at: acting.now.toISOString(),
        ...(planned && { on: localDay(new Date(planned)) }),
        ...(!isNoShow && { outcome: 'cancelled' }),
      },
    ],
    ...(deviating && { deviating }),
  });
}
