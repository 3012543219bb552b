import type { Status } from './row.ts';

/** Nobody has taken it on yet. */
export const unaccepted: readonly Status[] = ['requested', 'received'];
/** Somebody works at it. */
export const working: readonly Status[] = ['accepted', 'in-progress'];
/** Taken on, and at rest or not. */
export const begun: readonly Status[] = [...working, 'on-hold'];
export const openStatuses: readonly Status[] = [...unaccepted, ...begun];
