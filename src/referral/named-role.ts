import type { Task } from '@medplum/fhirtypes';

/** The role that a Task names in one of our extensions: who acts for whom, to whom it was offered. */
export function namedRole(task: Task, url: string): string | undefined {
  return task.extension?.find((one) => one.url === url)?.valueReference?.reference?.split('/')[1];
}
