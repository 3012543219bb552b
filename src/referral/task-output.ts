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
