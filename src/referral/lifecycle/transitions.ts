import type { Transition } from './row.ts';
import { handRows } from './transitions-hands.ts';
import { workRows } from './transitions-work.ts';

/** The one table. Rows are tried in order; the first that fits the Task and the actor counts. */
export const TRANSITIONS: readonly Transition[] = [...workRows, ...handRows];
