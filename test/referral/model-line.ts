import { journeyAfter } from '../../scripts/fixture-work.ts';
import { patienceMs } from '../../src/delivery/failure.ts';
import { overdueStep } from '../../src/delivery/overdue.ts';
import { reassignByPresence } from '../../src/feedback/reassign.ts';
import { noteLanded } from '../../src/feedback/report.ts';
import { type Actor, theLine } from '../../src/referral/actor.ts';
import type { Change } from '../../src/referral/change.ts';
import { overdueOn } from '../../src/referral/clocks.ts';
import { isWorkingDay, localDay } from '../../src/referral/deadlines.ts';
import type { DeliveryMove } from '../../src/referral/delivery-move.ts';
import type { Absence, Directory } from '../../src/referral/directory/directory.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { isOpen } from '../../src/referral/lifecycle/lifecycle.ts';
import type { Move } from '../../src/referral/lifecycle/row.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import type { DueClock } from '../../src/store/clocks.ts';
import type { Committed } from '../../src/store/store.ts';
import { directoryWith } from './model-region.ts';

export interface KeptClock extends DueClock {
  readonly nextOn: string | null;
}

export interface KeptDelivery {
  readonly id: string;
  readonly journey: string;
  readonly kind: string;
  readonly recipient: string;
  readonly document: string | null;
  readonly assignment: number | null;
  readonly state: string;
  readonly reason: string | null;
}

/** What the record holds, as the model looks at it; keyed by journey. */
export interface Kept {
  readonly journeys: ReadonlyMap<string, Journey>;
  readonly clocks: ReadonlyMap<string, readonly KeptClock[]>;
  /** Kinds of the alarms that are open. */
  readonly alarms: ReadonlyMap<string, ReadonlySet<string>>;
  /** In the order in which they were made. */
  readonly deliveries: ReadonlyMap<string, readonly KeptDelivery[]>;
  /** `<task> <assignment>` that a worklist shows. */
  readonly visible: ReadonlySet<string>;
}

type Soon<T> = T | Promise<T>;

/** How one attempt at a delivery ends at the other side. */
export type Ending = 'arrives' | 'fails' | 'refused';

/** The line that a model plays on: all of it in memory, or the real store. */
export interface ModelLine {
  readonly newId: () => string;
  now: Date;
  directory(): Soon<Directory>;
  journey(id: string): Soon<Journey>;
  commit(change: Change): Soon<Committed>;
  /** Everything about these journeys, and the clocks of any other. */
  kept(journeys: readonly string[]): Soon<Kept>;
  deliveries(journeys: readonly string[]): Soon<Kept['deliveries']>;
  absent(role: string, absences: readonly Absence[]): Soon<void>;
  /** The line asks again who is present. */
  presence(): Soon<void>;
  /** The line looks which clocks ran out. */
  oversee(): Soon<void>;
  deliver(one: KeptDelivery, how: Ending): Soon<void>;
  /** All that is not in the record is lost. */
  restart(): Soon<void>;
}

/** What a model hears of while the line works by itself. */
export interface Heard {
  moved(journey: Journey, move: Move, actor: Actor): void;
  committed?(change: Change): void;
}

type Kind = Journey['communications'];
const undone = ['pending', 'queued', 'sent', 'held'];

/** A line in memory that does with a Change exactly what change.ts and the store say, with the real deciders. */
export function openMemoryLine(start: Date, newId: () => string, heard: Heard): ModelLine {
  let journeys = new Map<string, Journey>();
  const clocks = new Map<string, KeptClock[]>();
  const alarms = new Map<string, Set<string>>();
  const deliveries = new Map<string, KeptDelivery[]>();
  const visible = new Set<string>();
  const versions = new Map<string, number>();
  const numbers = new Set<string>();
  const writtenAt = new Map<string, string>();
  const triedSince = new Map<string, number>();
  const absences = new Map<string, readonly Absence[]>();
  let revision = 1;
  let directory = directoryWith(absences, revision);
  let made = 0;
  const inOrder = (some: Kind): Kind =>
    some.toSorted((a, b) => {
      const [one, other] = [a, b].map(({ resource }) => `${writtenAt.get(resource.id)} ${resource.id}`);
      return (one ?? '') < (other ?? '') ? -1 : 1;
    });

  function mayCommit(change: Change): Committed {
    const stale: Committed = { ok: false, why: 'stale' };
    const wanted = change.expected?.directoryRevision;
    if (wanted !== undefined && wanted !== revision) return stale;
    if (change.arrival && change.numbers?.some((one) => numbers.has(one.value))) return { ok: false, why: 'taken' };
    for (const { resource, version } of change.resources ?? [])
      if ((versions.get(resource.id) ?? 0) !== version - 1) return stale;
    const { clockStep: step, journey = '' } = change;
    const clock = step && clocks.get(journey)?.find((one) => one.kind === step.kind);
    if (step && (clock?.dueOn !== step.dueOn || clock.level !== step.level)) return stale;
    for (const move of change.deliveries ?? []) {
      const one = 'id' in move ? find(journey, move.id) : undefined;
      if ('id' in move && (!one || !undone.includes(one.state))) return stale;
    }
    return { ok: true };
  }

  const find = (journey: string, id: string) => deliveries.get(journey)?.find((one) => one.id === id);

  function setClocks(change: Change, journey: string): void {
    const before = clocks.get(journey) ?? [];
    if (change.clocks) {
      if (new Set(change.clocks.map((one) => one.kind)).size < change.clocks.length)
        throw new Error('two clocks of one kind: the store can keep one');
      const set = change.clocks.map(({ kind, dueOn }): KeptClock => {
        const same = before.find((one) => one.kind === kind && one.dueOn === dueOn);
        return same ?? { practice: change.scope.practice, journey, kind, dueOn, level: 0, nextOn: overdueOn(dueOn) };
      });
      if (set.length > 0) clocks.set(journey, set);
      else clocks.delete(journey);
    }
    const { clockStep: step } = change;
    if (step)
      clocks.set(
        journey,
        before.map((one) => (one.kind === step.kind ? { ...one, level: one.level + 1, nextOn: step.nextOn } : one)),
      );
  }

  function moveDelivery(move: DeliveryMove, journey: string): void {
    const list = deliveries.get(journey) ?? [];
    const change = (which: (one: KeptDelivery) => boolean, to: Partial<KeptDelivery>) =>
      deliveries.set(
        journey,
        list.map((one) => (which(one) ? { ...one, ...to } : one)),
      );
    if (move.to === 'abandon-all')
      change((one) => undone.includes(one.state) && (move.kinds as readonly string[]).includes(one.kind), {
        state: 'abandoned',
        reason: move.reason,
      });
    else if (move.to === 'abandoned') change((one) => one.id === move.id, { state: 'abandoned', reason: move.reason });
    else change((one) => one.id === move.id, { state: move.to === 'retry' ? 'pending' : move.to });
  }

  function commit(change: Change): Committed {
    const may = mayCommit(change);
    if (!may.ok) return may;
    const { journey = '' } = change;
    heard.committed?.(change);
    for (const { value } of change.numbers ?? []) numbers.add(value);
    for (const { resource, version } of change.resources ?? []) {
      versions.set(resource.id, version);
      writtenAt.set(resource.id, line.now.toISOString());
    }
    if (change.resources) {
      const after = journeyAfter(journeys.get(journey), change);
      journeys.set(journey, { ...after, communications: inOrder(after.communications) });
    }
    setClocks(change, journey);
    for (const move of change.deliveries ?? []) {
      moveDelivery(move, journey);
      if (move.to === 'retry') triedSince.delete(move.id);
    }
    const added = (change.outbox ?? []).map((row): KeptDelivery => {
      made += 1;
      const { kind, recipient, assignment = null } = row;
      const document = row.document?.id ?? null;
      return { id: `${made}`, journey, kind, recipient, document, assignment, state: 'pending', reason: null };
    });
    if (added.length > 0) deliveries.set(journey, [...(deliveries.get(journey) ?? []), ...added]);
    for (const one of change.visible ?? []) visible.add(`${one.taskId} ${one.assignment}`);
    const open = alarms.get(journey) ?? new Set();
    for (const one of change.alarms ?? []) one.raise ? open.add(one.kind) : open.delete(one.kind);
    alarms.set(journey, open);
    return may;
  }

  const acting = () => ({ actor: theLine, now: line.now, newId, directory });
  const journeyOf = (id: string): Journey => {
    const found = journeys.get(id);
    if (!found) throw new Error(`no journey ${id}`);
    return found;
  };

  function lookAgain(journey: Journey): boolean {
    const change = reassignByPresence(journey, acting());
    if (!change || isRefusal(change)) return false;
    const isBegun = !['requested', 'received'].includes(journey.index.taskStatus);
    heard.moved(journey, isBegun ? 'act' : 'reassign', theLine);
    return commit(change).ok;
  }

  /** As `superseded` of delivery/deliver.ts: no worklist or mail for what moved on meanwhile. */
  function isSuperseded(one: KeptDelivery, journey: Journey): boolean {
    if (one.kind === 'feedback' || one.assignment === null) return false;
    const { assignment, taskStatus } = journey.index;
    return one.assignment !== assignment || !isOpen(taskStatus) || lookAgain(journey);
  }

  const line: ModelLine = {
    now: start,
    newId,
    directory: () => directory,
    journey: journeyOf,
    commit,
    kept: () => ({ journeys, clocks, alarms, deliveries, visible }),
    deliveries: () => deliveries,
    absent: (role, some) => {
      absences.set(role, some);
      revision += 1;
      directory = directoryWith(absences, revision);
    },
    presence: () => {
      for (const journey of [...journeys.values()]) lookAgain(journey);
    },
    oversee: () => {
      const day = localDay(line.now);
      if (!isWorkingDay(day)) return;
      const due = [...clocks.values()].flat().filter((one) => one.nextOn !== null && one.nextOn <= day);
      const key = (one: KeptClock) => `${one.nextOn} ${one.journey} ${one.kind}`;
      for (const one of due.sort((a, b) => (key(a) < key(b) ? -1 : 1))) {
        const journey = journeyOf(one.journey);
        const change = overdueStep(journey, one, acting());
        if (change && !change.clockStep) heard.moved(journey, 'resume', theLine);
        if (change) commit(change);
      }
    },
    deliver: (one, how) => {
      const found = find(one.journey, one.id);
      if (!found || !['pending', 'queued'].includes(found.state)) return;
      const journey = journeyOf(one.journey);
      const { practice } = journey;
      const settle = (change: Partial<Change>) =>
        commit({ scope: { practice }, journey: journey.id, audit: [], ...change });
      const at = line.now.toISOString();
      const { id } = one;
      if (isSuperseded(one, journey)) {
        // Who looked again may have given it up already.
        if (undone.includes(find(journey.id, id)?.state ?? ''))
          settle({ deliveries: [{ to: 'abandoned', id, reason: 'superseded' }] });
        return;
      }
      // After seven days of trying a person must look (decision 4).
      const first = triedSince.get(id) ?? line.now.getTime();
      triedSince.set(id, first);
      if (how === 'fails' && line.now.getTime() - first < patienceMs) return;
      const failed = { id, lease: '', code: 'rejected', ambiguous: false };
      if (how !== 'arrives') settle({ deliveries: [{ to: 'held', ...failed }] });
      else {
        const landed: DeliveryMove = { to: 'landed', id, lease: '', proof: 'record', at };
        const { taskId, owner } = journey.index;
        const assignment = one.assignment ?? 0;
        settle({
          deliveries: [landed],
          ...(one.kind === 'worklist' && { visible: [{ taskId, assignment, owner, at }] }),
          ...(one.kind === 'feedback' && noteLanded(journey, one.document ?? '', acting())),
        });
      }
    },
    restart: () => {
      // Only what can be written down survives: no object is shared with what was before.
      const read = (journey: Journey): Journey => {
        const { index, ...parts } = journey;
        const copy = JSON.parse(JSON.stringify(parts)) as Omit<Journey, 'index'>;
        return { ...copy, index };
      };
      journeys = new Map([...journeys].map(([id, journey]) => [id, read(journey)]));
      for (const [id, list] of deliveries)
        deliveries.set(
          id,
          list.map((one) => (one.state === 'queued' ? { ...one, state: 'pending' } : one)),
        );
    },
  };
  return line;
}
