import type { Task, TaskOutput } from '@medplum/fhirtypes';
import { codeSystems } from '../fhir/systems.ts';
import { localDay } from './deadlines.ts';

/** What the Wally noted on a Task beside letters and appointments (Task.output, by our code). */
export type Noted = 'contact-attempt' | 'contact';

const codeOf = ({ type }: TaskOutput) => type.coding?.find((one) => one.system === codeSystems.taskOutput)?.code;

/** One note as an output: when, and how or what in a few words. */
export function noted(what: Noted, time: string, text: string): TaskOutput {
  return {
    type: { coding: [{ system: codeSystems.taskOutput, code: what }] },
    valueAnnotation: { time, text },
  };
}

/** Notes of a kind, oldest first. */
export function notesOf(task: Task, what: Noted): { readonly time: string; readonly text: string }[] {
  return (task.output ?? [])
    .filter((one) => codeOf(one) === what)
    .flatMap(({ valueAnnotation }) =>
      valueAnnotation?.time ? [{ time: valueAnnotation.time, text: valueAnnotation.text ?? '' }] : [],
    )
    .toSorted((one, other) => Date.parse(one.time) - Date.parse(other.time));
}

/** The different days on which the Wally tried to reach the resident. */
export function attemptDays(task: Task): ReadonlySet<string> {
  return new Set(notesOf(task, 'contact-attempt').map((one) => localDay(new Date(one.time))));
}

/** No-contact protocol (H14): so many attempts, on as many different days. */
export const attemptDaysMin = 3;
/** And at different times: on so many parts of the day at least, for who works in the morning is not there every morning. */
const attemptPartsMin = 2;

export const dayParts = ['morning', 'afternoon', 'evening'] as const;
export type DayPart = (typeof dayParts)[number];

const hourFormat = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/Amsterdam',
  hour: '2-digit',
  hourCycle: 'h23',
});

/** The part of the day of an instant, by the Dutch clock: until noon, until six, and after. */
function dayPartOf(instant: Date): DayPart {
  const hour = Number(hourFormat.format(instant));
  if (hour < 12) return 'morning';
  return hour < 18 ? 'afternoon' : 'evening';
}

/** The different parts of the day on which the Wally tried. */
export function attemptParts(task: Task): ReadonlySet<DayPart> {
  return new Set(notesOf(task, 'contact-attempt').map((one) => dayPartOf(new Date(one.time))));
}

/** Whether "niet bereikt" may be said: three different days, and different times (H14). */
export function isTriedEnough(task: Task): boolean {
  return attemptDays(task).size >= attemptDaysMin && attemptParts(task).size >= attemptPartsMin;
}
