import type { Actor } from '../../src/referral/actor.ts';
import type { Journey } from '../../src/referral/journey.ts';
import type { Move, Transition, Who } from '../../src/referral/lifecycle/row.ts';
import { TRANSITIONS } from '../../src/referral/lifecycle/transitions.ts';
import { actorFor } from './model-region.ts';

/** What a run has shown, over all its sequences. */
export interface Tally {
  /** `<row> <from> <by>` → how often it was made. */
  readonly rows: Map<string, number>;
  readonly lengths: number[];
}

/** A row of the table as it was made by somebody. */
export const rowKey = (row: Transition, from: string, by: Who) =>
  `${TRANSITIONS.indexOf(row)} ${row.move} ${from} ${by}`;

const whoIs = (row: Transition, journey: Journey, actor: Actor) =>
  row.by.find((who) => actorFor(who, journey)?.id === actor.id && actorFor(who, journey)?.role === actor.role);

/** Counts the row by which a move is made; one that a team lead makes in another's place counts for nobody. */
export function count(tally: Tally, journey: Journey, move: Move, actor: Actor): void {
  const row = TRANSITIONS.find(
    (one) =>
      one.move === move && one.from.some((from) => from === journey.index.taskStatus) && whoIs(one, journey, actor),
  );
  const by = row && whoIs(row, journey, actor);
  if (!row || !by) return;
  const key = rowKey(row, journey.index.taskStatus, by);
  tally.rows.set(key, (tally.rows.get(key) ?? 0) + 1);
}
