import { deepEquals } from '@medplum/core';
import type { Identifier, Task } from '@medplum/fhirtypes';
import { codeSystems, extensions } from '../../fhir/systems.ts';
import type { Versioned } from '../../referral/journey.ts';
import { namedRole } from '../../referral/named-role.ts';
import type { TaskSent } from './from-outputs.ts';
import { changedIn, reasonOf } from './from-task.ts';
import { codesOf } from './words.ts';

const isOneOf = (own: readonly Identifier[] | undefined, known: readonly Identifier[]) =>
  known.some((each) => own?.some((one) => one.system === each.system && one.value === each.value));

/** What of a journey was made under one of the sender's own identifiers; undefined when nothing was. */
export function knownBy<T extends { identifier?: Identifier[] }>(
  all: readonly Versioned<T>[],
  identifiers: readonly Identifier[] | undefined,
): Versioned<T> | undefined {
  return all.find((one) => isOneOf(one.resource.identifier, identifiers ?? []));
}

function isOutputSo({ sent, base, journey }: TaskSent, current: Task): boolean {
  const kind = (one: NonNullable<Task['output']>[number]) => codesOf(one.type, codeSystems.taskOutput)[0];
  const added = (sent.output ?? []).filter((one) => !(base.output ?? []).some((known) => deepEquals(known, one)));
  return added.every((one) => {
    if (codesOf(one.type, codeSystems.lifeArea).length > 0) return true;
    const id = one.valueReference?.reference?.replace(/^#/, '');
    const letter = sent.contained?.find((each) => each.id === id);
    if (letter?.resourceType === 'Communication')
      return knownBy(journey.communications, letter.identifier) !== undefined;
    return current.output?.some(
      (known) => kind(known) === kind(one) && known.valueAnnotation?.time === one.valueAnnotation?.time,
    );
  });
}

/**
 * Whether everything by which a Task differs from the version that its sender had read is so by now: then it is the same
 * update again, and nothing is left to do. Pure.
 */
export function isAlreadySo(task: TaskSent, current: Task): boolean {
  const { sent } = task;
  const changed = changedIn(task);
  const word = (one: Task) => codesOf(one.businessStatus, codeSystems.businessStatus)[0];
  const isSo: Record<string, () => boolean> = {
    output: () => isOutputSo(task, current),
    // A letter and a proposal stand in what was sent by them.
    contained: () => true,
    note: () => true,
    statusReason: () => reasonOf(sent) === reasonOf(current),
    businessStatus: () => word(sent) === word(current),
    restriction: () => sent.restriction?.period?.end?.slice(0, 10) === current.restriction?.period?.end?.slice(0, 10),
    owner: () => sent.owner?.reference === current.owner?.reference,
    extension: () => namedRole(sent, extensions.proposedOwner) === namedRole(current, extensions.proposedOwner),
  };
  const same = (key: string) => deepEquals(sent[key as keyof Task], current[key as keyof Task]);
  return changed.length > 0 && changed.every((key) => (isSo[key] ?? (() => same(key)))());
}
