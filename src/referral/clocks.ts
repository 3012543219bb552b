import { isCategory } from './category.ts';
import { addDays, addWorkingDays, localDay } from './deadlines.ts';
import type { Journey } from './journey.ts';
import { factsOf, isOpen, openQuestionsOf } from './lifecycle/lifecycle.ts';
import { notesOf } from './task-output.ts';

/**
 * What must happen before a day. `open`, `attempt`, `contact`: the promise to the GP; `news`: long without any;
 * `rest`: a pause that the resident asked for ends; the others wait for somebody's answer.
 */
export type ClockKind = 'open' | 'attempt' | 'contact' | 'news' | 'rest' | 'answer' | 'onward' | 'stop' | 'confirm';

export interface Clock {
  readonly kind: ClockKind;
  /** The last day on which it is in time (local day). */
  readonly dueOn: string;
}

/** Working days per promise; a practice may have agreed on others. */
export interface ServiceLevels {
  readonly open: number;
  readonly attempt: number;
  readonly contact: number;
  readonly news: number;
  readonly answer: number;
  readonly stop: number;
  readonly confirm: number;
}

export const usualLevels: ServiceLevels = {
  open: 1,
  attempt: 2,
  contact: 5,
  news: 30,
  answer: 5,
  stop: 2,
  confirm: 5,
};

const dayOf = (instant: string | undefined) => localDay(new Date(instant ?? 0));
const latest = (...days: readonly (string | undefined)[]) =>
  days
    .filter((one) => one !== undefined)
    .toSorted()
    .at(-1);

/**
 * The clocks that must run for a journey as it is: computed from it alone, so that none can be orphaned or forgotten. A
 * rest stops all but its own end and what others were asked (H10, "ik wil tijd"); a closed journey has none.
 */
export function clocksOf(journey: Omit<Journey, 'index'>, levels: ServiceLevels = usualLevels): Clock[] {
  const { task, requests, children, communications } = journey;
  const { resource } = task;
  const status = resource.status ?? 'requested';
  const facts = factsOf(journey);
  const confirm: Clock[] = facts.unconfirmed
    ? [{ kind: 'confirm', dueOn: addWorkingDays(dayOf(resource.authoredOn), levels.confirm) }]
    : [];
  if (!isOpen(status)) return status === 'completed' || status === 'failed' ? confirm : [];
  const since = dayOf(resource.restriction?.period?.start ?? resource.authoredOn);
  const asked = requests.find((one) => one.resource.status === 'requested')?.resource.authoredOn;
  const clocks: Clock[] = [...confirm];
  if (asked) clocks.push({ kind: 'stop', dueOn: addWorkingDays(dayOf(asked), levels.stop) });
  for (const { sent } of openQuestionsOf(journey))
    clocks.push({ kind: 'answer', dueOn: addWorkingDays(dayOf(sent), levels.answer) });
  for (const { resource: child } of children) {
    const end = child.restriction?.period?.end;
    if (end && isOpen(child.status ?? '')) clocks.push({ kind: 'onward', dueOn: end.slice(0, 10) });
  }
  if (status === 'on-hold') {
    const until = restUntil(journey);
    return firstDue(until ? [...clocks, { kind: 'rest', dueOn: until }] : clocks);
  }
  const attempts = notesOf(resource, 'contact-attempt');
  const contacts = notesOf(resource, 'contact');
  const letters = communications.filter((one) => isCategory(one.resource, 'feedback-interim'));
  if (status === 'requested') clocks.push({ kind: 'open', dueOn: addWorkingDays(since, levels.open) });
  const isHeardOf = contacts.length > 0 || letters.length > 0;
  if (!isHeardOf) {
    clocks.push({ kind: 'contact', dueOn: addWorkingDays(since, levels.contact) });
    if (attempts.length === 0) clocks.push({ kind: 'attempt', dueOn: addWorkingDays(since, levels.attempt) });
  } else {
    // Letters come in the order in which they last changed, and that is not the one in which they were sent.
    const news = [attempts.at(-1)?.time, contacts.at(-1)?.time, ...letters.map((one) => one.resource.sent)];
    const heard = latest(since, ...news.map((one) => one && dayOf(one)));
    clocks.push({ kind: 'news', dueOn: addWorkingDays(heard ?? since, levels.news) });
  }
  return firstDue(clocks);
}

/** One clock of a kind is enough: the first that is due, of several organisations or questions too. */
function firstDue(clocks: readonly Clock[]): Clock[] {
  const first = new Map<ClockKind, Clock>();
  for (const one of clocks.toSorted((a, b) => (a.dueOn < b.dueOn ? -1 : 1)))
    if (!first.has(one.kind)) first.set(one.kind, one);
  return [...first.values()];
}

/** The last day of a rest. */
export function restUntil({ task }: Pick<Journey, 'task'>): string | undefined {
  return task.resource.status === 'on-hold' ? task.resource.restriction?.period?.end?.slice(0, 10) : undefined;
}

/** What is done about a clock that ran out, step by step, on working days in a row (H5). */
export const steps = ['reminder', 'substitute', 'team-lead', 'practice'] as const;
export type Step = (typeof steps)[number];

/** Clocks whose running out the GP must hear of; the others are the Wally's own memory, or wait for the practice itself. */
export const promised: ReadonlySet<ClockKind> = new Set(['open', 'attempt', 'contact', 'news', 'stop']);

/** The step that is due at a level (0 at first), and the day on which the next one is; undefined when all are done. */
export function stepAt(kind: ClockKind, level: number, day: string): { step: Step; nextOn: string | null } | undefined {
  const all = promised.has(kind) ? steps : steps.slice(0, 3);
  const step = all[level];
  if (!step) return undefined;
  return { step, nextOn: level + 1 < all.length ? addWorkingDays(day, 1) : null };
}

/** The first day on which a clock has run out. */
export const overdueOn = (dueOn: string) => addDays(dueOn, 1);
