import type { Communication, Task } from '@medplum/fhirtypes';
import type { Said } from '../../fhir/outcome.ts';
import { extensions } from '../../fhir/systems.ts';
import type { Actor } from '../actor.ts';
import { isCategory } from '../category.ts';
import type { Journey } from '../journey.ts';
import { namedRole } from '../named-role.ts';
import { issue, type Refusal, refuse } from '../refusal.ts';
import { isTriedEnough } from '../task-output.ts';
import type { Condition, Move, Status, Transition, Who } from './row.ts';
import { openStatuses } from './statuses.ts';
import { TRANSITIONS } from './transitions.ts';

export type { Move, Transition } from './row.ts';
export { TRANSITIONS } from './transitions.ts';

const notNow: Said = {
  nl: 'Dit kan nu niet meer: de verwijzing is intussen veranderd. Laad de pagina opnieuw.',
  en: 'This is no longer possible: the referral has changed. Load the page again.',
};
const notYou: Said = {
  nl: 'U mag dit niet doen bij deze verwijzing: zij is nu van iemand anders.',
  en: 'You may not do this with this referral: it now belongs to someone else.',
};

const unmet: Record<Condition, { readonly reason: string; readonly said: Said }> = {
  'nothing-open-elsewhere': {
    reason: 'onward-referral-open',
    said: {
      nl: 'Een andere organisatie is nog bezig voor deze inwoner. Wacht op hun antwoord, of noteer het, en sluit dan af.',
      en: 'Another organisation is still at work for this resident. Wait for its answer, or note it, and then close.',
    },
  },
  'three-attempts': {
    reason: 'too-few-attempts',
    said: {
      nl: 'Probeer het eerst op drie verschillende dagen, en op ten minste twee delen van de dag: ochtend, middag of avond. Daarna kunt u afsluiten met "niet bereikt".',
      en: 'First try on three different days, and on at least two parts of the day: morning, afternoon or evening. After that you can close with "not reached".',
    },
  },
  'stop-asked': {
    reason: 'no-stop-asked',
    said: { nl: 'De praktijk heeft niet gevraagd om te stoppen.', en: 'The practice did not ask to stop.' },
  },
  'question-open': {
    reason: 'no-question-open',
    said: { nl: 'Er staat geen vraag aan de praktijk open.', en: 'No question to the practice is open.' },
  },
  'appointment-planned': {
    reason: 'no-appointment',
    said: { nl: 'Er staat geen afspraak.', en: 'There is no appointment.' },
  },
  unconfirmed: {
    reason: 'nothing-to-confirm',
    said: { nl: 'Er is niets te bevestigen.', en: 'There is nothing to confirm.' },
  },
};

/** The reasons by which a condition of the table refuses: what was asked may be right, but not as things are now. */
export const conditionReasons: ReadonlySet<string> = new Set(Object.values(unmet).map((one) => one.reason));

/** What the conditions of the table ask about a journey. */
export interface Facts {
  readonly openChildren: number;
  readonly stopAsked: boolean;
  readonly questionOpen: boolean;
  readonly appointmentPlanned: boolean;
  readonly triedEnough: boolean;
  readonly unconfirmed: boolean;
}

const isOpenTask = ({ status }: Task) => openStatuses.includes(status ?? 'requested');

const isAnswered = (question: Communication, all: Journey['communications']) =>
  all.some((one) => one.resource.inResponseTo?.some((to) => to.reference === `Communication/${question.id}`));

/** Questions to the practice that nobody has answered yet. */
export const openQuestionsOf = ({
  communications,
}: Pick<Journey, 'communications'>): (Communication & { id: string })[] =>
  communications
    .map((one) => one.resource)
    .filter((one) => isCategory(one, 'question') && !isAnswered(one, communications));

export function factsOf(journey: Omit<Journey, 'index'>): Facts {
  const { task, requests, children, appointments, serviceRequest } = journey;
  return {
    openChildren: children.filter((one) => isOpenTask(one.resource)).length,
    stopAsked: requests.some((one) => one.resource.status === 'requested'),
    questionOpen: openQuestionsOf(journey).length > 0,
    appointmentPlanned: appointments.some((one) => one.resource.status === 'booked'),
    triedEnough: isTriedEnough(task.resource),
    unconfirmed:
      serviceRequest.resource.extension?.some(
        (one) => one.url === extensions.unconfirmed && one.valueBoolean === true,
      ) ?? false,
  };
}

const isMet: Record<Condition, (facts: Facts) => boolean> = {
  'nothing-open-elsewhere': (facts) => facts.openChildren === 0,
  'three-attempts': (facts) => facts.triedEnough,
  'stop-asked': (facts) => facts.stopAsked,
  'question-open': (facts) => facts.questionOpen,
  'appointment-planned': (facts) => facts.appointmentPlanned,
  unconfirmed: (facts) => facts.unconfirmed,
};

function isWho(who: Who, task: Task, actor: Actor): boolean {
  if (who === 'owner') return actor.role === 'wally' && task.owner?.reference === `PractitionerRole/${actor.id}`;
  if (who === 'proposed') return actor.role === 'wally' && namedRole(task, extensions.proposedOwner) === actor.id;
  if (who === 'acted-for') return actor.role === 'wally' && namedRole(task, extensions.actingFor) === actor.id;
  return who === actor.role;
}

/** A row as it applies: the status the Task will have. */
export interface Moving extends Transition {
  readonly status: Status;
}

/**
 * The row that lets this actor make this move on this journey now, or the refusal that says why not. A team lead may
 * make the owner's move with a reason, where the row allows it (H18); such a reason also waives its condition.
 */
export function transition(journey: Journey, move: Move, actor: Actor, deviating?: string): Moving | Refusal {
  const task = journey.task.resource;
  const status = task.status ?? 'requested';
  const fitting = TRANSITIONS.filter((row) => row.move === move && row.from.includes(status));
  if (fitting.length === 0) return refuse(issue('conflict', 'not-in-this-state', 'Task.status', notNow));
  const deviates = actor.role === 'team-lead' && deviating !== undefined && deviating !== '';
  const allowed = fitting.find(
    (row) => row.by.some((who) => isWho(who, task, actor)) || (deviates && row.mayDeviate === true),
  );
  if (!allowed) return refuse(issue('forbidden', 'not-yours', 'Task.owner', notYou));
  const { only } = allowed;
  if (only && !isMet[only](factsOf(journey)) && !(deviates && allowed.mayDeviate))
    return refuse(issue('business-rule', unmet[only].reason, 'Task', unmet[only].said));
  return { ...allowed, status: allowed.to === 'same' ? status : allowed.to };
}

export function isOpen(status: string): boolean {
  return (openStatuses as readonly string[]).includes(status);
}

/** What a person reads for a state of the work; the delivery's words are another matter (H4). */
export function stateSaid(taskStatus: string, businessStatus: string): Said {
  if (taskStatus === 'requested' && businessStatus !== 'reassigned') return { nl: 'nieuw', en: 'new' };
  const row = TRANSITIONS.find((one) => one.businessStatus === businessStatus);
  return row?.said ?? { nl: taskStatus, en: taskStatus };
}
