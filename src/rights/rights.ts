import type { AuditLine } from '../referral/change.ts';
import type { KeepingMove } from '../referral/keeping-move.ts';
import { issue, type Refusal, refuse } from '../referral/refusal.ts';
import { type Keeping, readKeeping } from '../store/keeping.ts';
import { findPerson, type PersonKey } from '../store/persons.ts';
import type { Store } from '../store/store.ts';
import { journeyNumbered } from '../store/trail.ts';

/** Who carries out a right of a person, and where the request is filed. The command and the pages pass the same. */
export interface Rights {
  readonly store: Store;
  /** Without spaces, so never a sentence about somebody: the reason itself stands where it leads to. */
  readonly reference: string;
  readonly actor: AuditLine['actor'];
  /** The practice whose journeys may be touched; undefined: those of all (the command). */
  readonly practice?: string;
}

/** What became of one journey: a refusal, or nothing, which is a yes. */
export interface Outcome {
  readonly of: Keeping;
  readonly refused?: Refusal;
}

export const referencePattern = /^[\w./:-]{2,60}$/;

/** Why someone may be looked for outside one practice: nothing else is a reason. */
export const reasons = ['access-request', 'erasure-request', 'objection', 'court-order', 'inspectorate', 'incident'];

export const changedJustNow = refuse(
  issue('conflict', 'changed-meanwhile', '', {
    nl: 'Er veranderde net iets aan deze verwijzing. Er is niets gedaan. Probeer het nog een keer.',
    en: 'changed just now: look again',
  }),
);

/** The line of the trail of an act for a person's right; it names where the request is filed, never the person. */
export function lineOf(rights: Rights, event: string, action: AuditLine['action'], code?: string): AuditLine {
  return {
    event,
    at: rights.store.clock().toISOString(),
    actor: rights.actor,
    action,
    outcome: 'ok',
    object: `request/${rights.reference}`,
    ...(code && { code }),
    purpose: 'HOPERAT',
  };
}

/** Commits one line about a journey, with what happens to its content; false when that could not be done any more. */
export async function act(rights: Rights, one: Keeping, audit: AuditLine, keeping?: KeepingMove): Promise<boolean> {
  const change = { scope: { practice: one.practice }, journey: one.journey, audit: [audit] };
  return (await rights.store.commit(keeping ? { ...change, keeping } : change)).ok;
}

/** The journeys of ids that these rights reach; of another practice they are not there. */
export async function journeysOf(rights: Rights, ids: readonly string[]): Promise<Keeping[]> {
  const found = await readKeeping(rights.store, ids);
  return found.filter((one) => rights.practice === undefined || one.practice === rights.practice);
}

/** The journeys of numbers that people read aloud, and the numbers that are none. */
export async function journeysNumbered(
  rights: Rights,
  numbers: readonly string[],
): Promise<{ readonly journeys: readonly Keeping[]; readonly missing: readonly string[] }> {
  const found = await Promise.all(numbers.map((journeyNumber) => journeyNumbered(rights.store, { journeyNumber })));
  const journeys = await journeysOf(
    rights,
    found.flatMap((one) => one?.journey ?? []),
  );
  const missing = numbers.filter((one) => !journeys.some((journey) => journey.number === one));
  return { journeys, missing };
}

/**
 * Who is meant, in one practice or, for `why`, in all. The search is in the trail before anything is known: one that finds
 * nobody was a search. Each journey that is found has a line too.
 */
export async function findJourneys(rights: Rights, person: PersonKey, why?: string): Promise<Keeping[]> {
  const code = [why ?? 'own-practice', 'bsn' in person ? 'bsn' : 'identity'].join(' ');
  const { practice } = rights;
  const searched = lineOf(rights, 'person-searched', 'R', code);
  await rights.store.commit({ scope: { practice: practice ?? '' }, audit: [searched] });
  const found = await findPerson(rights.store, { practice }, person);
  for (const one of found) await act(rights, one, lineOf(rights, 'person-found', 'R', code));
  return found;
}
