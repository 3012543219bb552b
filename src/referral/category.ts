import type { Communication } from '@medplum/fhirtypes';

/** Whether a message is of a kind (our CodeSystem communication-category): feedback-final, question, system-notice … */
export function isCategory({ category }: Communication, code: string): boolean {
  return category?.some((one) => one.coding?.some((coding) => coding.code === code)) === true;
}
