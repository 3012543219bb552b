import type { Resource } from '@medplum/fhirtypes';
import { validateBaseR4 } from '../../src/fhir/validate.ts';
import type { Change } from '../../src/referral/change.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { answerOf, monday } from './journeys.ts';

export { answerOf, monday };

/** What a Change writes of one resource type, in its order. */
export function written<T extends Resource['resourceType']>(
  change: Change,
  type: T,
): (Extract<Resource, { resourceType: T }> & { id: string })[] {
  return (change.resources ?? []).flatMap(({ resource }) =>
    resource.resourceType === type ? [resource as Extract<Resource, { resourceType: T }> & { id: string }] : [],
  );
}

/** Everything base R4 has against the resources that a Change writes; empty when they are valid. */
export function errorsIn(change: Change): string[] {
  return (change.resources ?? []).flatMap(({ resource }) =>
    validateBaseR4(resource)
      .filter((one) => one.severity === 'error')
      .map((one) => `${one.path} ${one.reason}`),
  );
}

/** Why it was refused and where, as `reason at path`; undefined when it was not. */
export function refusedWith(found: unknown): string[] | undefined {
  if (!isRefusal(found)) return undefined;
  for (const one of found.refused) {
    // A person reads it: a sentence in both languages.
    if (!/^[A-ZÉ].+[.]$/.test(one.said.nl) || !/^[A-Z].+[.]$/.test(one.said.en)) throw new Error(one.reason);
  }
  return found.refused.map((one) => `${one.reason} at ${one.path}`);
}

/** Clocks as `kind day`. */
export const clocksIn = (change: Change) => (change.clocks ?? []).map((one) => `${one.kind} ${one.dueOn}`).toSorted();

export const auditsIn = (change: Change) =>
  change.audit.map((one) => `${one.event} ${one.action} ${one.actor.id} ${one.outcome}`);

/** Rows of the outbox as `kind → recipient`. */
export const sentIn = (change: Change) => (change.outbox ?? []).map((one) => `${one.kind} ${one.recipient}`);

export const notYours = ['not-yours at Task.owner'];
export const notNow = ['not-in-this-state at Task.status'];
