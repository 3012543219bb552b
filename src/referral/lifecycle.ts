import type { Task } from '@medplum/fhirtypes';
import type { Said } from '../fhir/outcome.ts';
import type { Actor } from './actor.ts';
import { issue, type Refusal, refuse } from './refusal.ts';

type Status = NonNullable<Task['status']>;
type Who = Actor['role'] | 'owner';

/** A row of the one table that says when a Task may move, and by whom (referral-guides (d)). */
export interface Transition {
  readonly move: Move;
  readonly from: readonly Status[];
  readonly to: Status;
  readonly by: readonly Who[];
  readonly businessStatus: string;
  readonly said: Said;
}

export type Move = 'open' | 'accept' | 'report' | 'close' | 'reassign' | 'undo' | 'withdraw' | 'ask-to-stop';

const open: readonly Status[] = ['requested', 'received', 'accepted', 'in-progress'];

/** `owner` is the Wally who has the Task now. Rows are tried in order; the first that fits the Task and the actor counts. */
export const TRANSITIONS: readonly Transition[] = [
  {
    move: 'open',
    from: ['requested'],
    to: 'received',
    by: ['owner'],
    businessStatus: 'seen',
    said: { nl: 'gezien', en: 'seen' },
  },
  {
    move: 'accept',
    from: ['requested', 'received'],
    to: 'accepted',
    by: ['owner'],
    businessStatus: 'accepted',
    said: { nl: 'aangenomen', en: 'accepted' },
  },
  {
    move: 'report',
    from: ['accepted', 'in-progress'],
    to: 'in-progress',
    by: ['owner'],
    businessStatus: 'interim-feedback-sent',
    said: { nl: 'teruggekoppeld', en: 'reported back' },
  },
  {
    move: 'close',
    from: ['accepted', 'in-progress'],
    to: 'completed',
    by: ['owner'],
    businessStatus: 'final-feedback-sent',
    said: { nl: 'afgesloten', en: 'closed' },
  },
  {
    move: 'reassign',
    from: ['requested', 'received'],
    to: 'requested',
    by: ['line', 'team-lead'],
    businessStatus: 'reassigned',
    said: { nl: 'overgedragen', en: 'handed over' },
  },
  {
    move: 'reassign',
    from: ['accepted'],
    to: 'accepted',
    by: ['team-lead'],
    businessStatus: 'reassigned',
    said: { nl: 'overgedragen', en: 'handed over' },
  },
  {
    move: 'reassign',
    from: ['in-progress'],
    to: 'in-progress',
    by: ['team-lead'],
    businessStatus: 'reassigned',
    said: { nl: 'overgedragen', en: 'handed over' },
  },
  {
    move: 'undo',
    from: ['requested'],
    to: 'cancelled',
    by: ['practice'],
    businessStatus: 'taken-back',
    said: { nl: 'teruggenomen', en: 'taken back' },
  },
  {
    move: 'withdraw',
    from: ['requested', 'received', 'accepted'],
    to: 'cancelled',
    by: ['practice', 'practice-system'],
    businessStatus: 'withdrawn',
    said: { nl: 'ingetrokken', en: 'withdrawn' },
  },
  {
    // Work that has begun is not stopped by a command: the Wally answers (COW; referral-guides (d)).
    move: 'ask-to-stop',
    from: ['in-progress'],
    to: 'in-progress',
    by: ['practice', 'practice-system'],
    businessStatus: 'cancellation-requested',
    said: { nl: 'de praktijk vraagt om te stoppen', en: 'the practice asks to stop' },
  },
];

const notNow: Said = {
  nl: 'Dit kan nu niet meer: de verwijzing is intussen veranderd. Laad de pagina opnieuw.',
  en: 'This is no longer possible: the referral has changed. Load the page again.',
};
const notYou: Said = {
  nl: 'U mag dit niet doen bij deze verwijzing: zij is nu van iemand anders.',
  en: 'You may not do this with this referral: it now belongs to someone else.',
};

/** The row that lets this actor make this move on this Task now, or the refusal that says why not. */
export function transition(task: Task, move: Move, actor: Actor): Transition | Refusal {
  const rows = TRANSITIONS.filter((row) => row.move === move);
  const status = task.status ?? 'requested';
  const fitting = rows.filter((row) => row.from.includes(status));
  if (fitting.length === 0) return refuse(issue('conflict', 'not-in-this-state', 'Task.status', notNow));
  const isOwner = actor.role === 'wally' && task.owner?.reference === `PractitionerRole/${actor.id}`;
  const allowed = fitting.find((row) => row.by.some((who) => (who === 'owner' ? isOwner : who === actor.role)));
  return allowed ?? refuse(issue('forbidden', 'not-yours', 'Task.owner', notYou));
}

export function isOpen(status: string): boolean {
  return (open as readonly string[]).includes(status);
}

/** What a person reads for a state of the work; the delivery's words are another matter (H4). */
export function stateSaid(taskStatus: string, businessStatus: string): Said {
  if (taskStatus === 'requested' && businessStatus !== 'reassigned') return { nl: 'nieuw', en: 'new' };
  const row = TRANSITIONS.find((one) => one.businessStatus === businessStatus);
  return row?.said ?? { nl: taskStatus, en: taskStatus };
}
