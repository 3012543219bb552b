import { deepEquals } from '@medplum/core';
import type { Appointment } from '@medplum/fhirtypes';
import type { Issue } from '../../fhir/outcome.ts';
import type { Journey } from '../../referral/journey.ts';
import { issue, type Refusal, refusals, refuse } from '../../referral/refusal.ts';
import type { Asked } from './named-move.ts';
import { idIn, mayNotChange, noSuchMove, notCarried, severalMoves } from './words.ts';

/** What of an Appointment is read, or is the sender's own and changes nothing. */
const read = new Set([
  'resourceType',
  'id',
  'meta',
  'status',
  'start',
  'end',
  'comment',
  'basedOn',
  'participant',
  'created',
  'language',
  'text',
]);
const places = { at: 'Appointment.start', until: 'Appointment.end', place: 'Appointment.comment' };

/** H2: whoever sees a calendar must learn nothing from it, so the sender's own description stays with the sender. */
function lossesOf(sent: Appointment): Issue[] {
  return Object.keys(sent)
    .filter((key) => !read.has(key) && !(key === 'description' && sent.description === 'afspraak'))
    .map((key) => notCarried(`Appointment.${key}`));
}

/** Who is there for the Wally's side: the owner when named, else the first. */
function personIn({ participant = [] }: Appointment, { index }: Journey): { by?: string } {
  const roles = participant.flatMap((one) => idIn(one.actor, 'PractitionerRole') ?? []);
  const by = roles.find((one) => one === index.owner) ?? roles[0];
  return by ? { by } : {};
}

/** H3: whoever it is with is the resident of this journey. */
function othersIn({ participant = [] }: Appointment, journey: Journey): Issue[] {
  return participant.flatMap((one, nth) => {
    const id = idIn(one.actor, 'Patient');
    return id && id !== journey.patient.resource.id
      ? [refusals.otherPerson(`Appointment.participant[${nth}].actor`)]
      : [];
  });
}

const notBooked = issue('business-rule', 'not-booked', 'Appointment.status', {
  nl: 'Stuur een afspraak die vaststaat (status booked).',
  en: 'Send an appointment that is settled (status booked).',
});
const isOver = issue('conflict', 'not-in-this-state', 'Appointment.status', {
  nl: 'Deze afspraak staat niet meer. Maak een nieuwe.',
  en: 'This appointment does not stand any more. Make a new one.',
});
const noteContact = issue('business-rule', 'say-what-was-done', 'Appointment.status', {
  nl: 'Was de afspraak er? Noteer dan het contact als output bij de Task.',
  en: 'Did the appointment take place? Then note the contact as an output of the Task.',
});

const planned = ({ start, end, comment }: Appointment) => ({
  ...(start && { at: start }),
  ...(end && { until: end }),
  ...(comment && { place: comment }),
});

/**
 * The one move that an Appointment asks for: planned (`base` absent), moved, cancelled or no-show; `nothing` when it says
 * what is so already. Of a whole resource what is left out is not said. Pure.
 */
export function moveFromAppointment(
  sent: Appointment,
  base: (Appointment & { id: string }) | undefined,
  journey: Journey,
  isPatch = false,
): Asked | 'nothing' | Refusal {
  const others = othersIn(sent, journey);
  if (others.length > 0) return refuse(...others);
  const who = personIn(sent, journey);
  if (!base) {
    if (sent.status !== 'booked') return refuse(notBooked);
    return { move: 'appoint', parts: planned(sent), places, ...who, losses: lossesOf(sent) };
  }
  const [now, before] = [sent, base] as unknown as Record<string, unknown>[];
  const keys = new Set([...Object.keys(now ?? {}), ...(isPatch ? Object.keys(before ?? {}) : [])]);
  const changed = [...keys].filter((key) => key !== 'meta' && !deepEquals(now?.[key], before?.[key]));
  if (changed.length === 0) return 'nothing';
  if (base.status !== 'booked') return refuse(isOver);
  const wrong = changed.filter((key) => !['status', 'start', 'end', 'comment'].includes(key));
  if (wrong.length > 0) return refuse(...wrong.map((key) => mayNotChange(`Appointment.${key}`)));
  if (!changed.includes('status')) {
    const parts = { ...planned(isPatch ? sent : { ...base, ...sent }), moved: base.id };
    return { move: 'appoint', parts, places, ...who };
  }
  if (changed.length > 1) return severalMoves(changed.map((key) => `Appointment.${key}`));
  if (sent.status === 'cancelled') return { move: 'cancel-appointment', parts: {}, places, ...who };
  if (sent.status === 'noshow') return { move: 'no-show', parts: {}, places, ...who };
  if (['arrived', 'fulfilled', 'checked-in'].includes(sent.status ?? '')) return refuse(noteContact);
  return noSuchMove('Appointment.status');
}
