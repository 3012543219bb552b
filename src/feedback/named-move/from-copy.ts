import { deepEquals } from '@medplum/core';
import type { Communication, Extension, Identifier, Task, TaskOutput } from '@medplum/fhirtypes';
import { codeSystems, extensions } from '../../fhir/systems.ts';
import { localTo, withReferences } from '../../referral/case-copy.ts';
import { codesOf } from './words.ts';

/** How another server's references are read here. */
export interface Names {
  /** Our own FHIR address: what it has from us is named by it. */
  readonly base: string;
  /** Theirs. */
  readonly address: string;
  /** What stands there of ours, and is known here: their `Type/id` → ours. */
  readonly known: ReadonlyMap<string, string>;
}

/** What a reference of theirs names here; undefined for what is theirs alone. */
function hereOf(reference: string, { base, address, known }: Names): string | undefined {
  if (reference.startsWith('#')) return reference;
  if (reference.startsWith(`${base}/`)) return reference.slice(base.length + 1);
  return known.get(localTo(address, { reference }) ?? '');
}

const readHere = <T>(element: T, names: Names): T => withReferences(element, (reference) => hereOf(reference, names));

/** Of a list what is in `now` and was not in `before`, each as often as it is there more. */
function added<T>(now: readonly T[] = [], before: readonly T[] = []): T[] {
  const left = [...before];
  return now.filter((one) => {
    const known = left.findIndex((each) => deepEquals(each, one));
    if (known >= 0) left.splice(known, 1);
    return known < 0;
  });
}

const wordOf = ({ businessStatus }: Task) => codesOf(businessStatus, codeSystems.businessStatus)[0];
const endOf = ({ restriction }: Task) => restriction?.period?.end;
const offers = ({ extension = [] }: Task): Extension[] =>
  extension.filter((one) => one.url === extensions.proposedOwner);

/** Outputs that were added there, beside ours; when another was changed for it, without ours: that is no step. */
function outputsOf(now: Task, before: Task, ours: Task, names: Names): Partial<Task> {
  const isHere = ({ valueReference }: TaskOutput) =>
    hereOf(valueReference?.reference ?? '', names)?.startsWith('Communication/') === true;
  const fresh = added(now.output, before.output).filter((one) => !isHere(one));
  if (fresh.length === 0) return {};
  const isChanged = added(before.output, now.output).length > 0;
  const contained = added(now.contained, before.contained);
  return {
    output: [...(isChanged ? [] : (ours.output ?? [])), ...readHere(fresh, names)],
    ...(contained.length > 0 && { contained: readHere(contained, names) }),
  };
}

/**
 * Of a copy of our Task in another's system what was changed there that can mean a step: status and why, our words for how
 * far it is, owner, offer, outputs, and a note beside a no. Everything else there is theirs. Empty: nothing was. Pure.
 */
export function saidByCopy(now: Task, before: Task, ours: Task, names: Names): Partial<Task> {
  const isMoved = now.status !== before.status;
  const [word, end] = [wordOf(now), endOf(now)];
  const owner = now.owner?.reference === before.owner?.reference ? undefined : now.owner?.reference;
  const isOffer = !deepEquals(offers(now), offers(before));
  const others = (ours.extension ?? []).filter((one) => one.url !== extensions.proposedOwner);
  const notes = now.status === 'rejected' ? added(now.note, before.note) : [];
  const ownerHere = owner === undefined ? undefined : hereOf(owner, names);
  return {
    ...(isMoved && { status: now.status }),
    ...(isMoved && now.statusReason && { statusReason: now.statusReason }),
    ...(isMoved && notes.length > 0 && { note: [...(ours.note ?? []), ...readHere(notes, names)] }),
    ...(now.status === 'on-hold' &&
      end !== undefined &&
      end !== endOf(before) && { restriction: { ...ours.restriction, period: { ...ours.restriction?.period, end } } }),
    ...(word !== undefined &&
      word !== wordOf(before) && { businessStatus: { coding: [{ system: codeSystems.businessStatus, code: word }] } }),
    ...(ownerHere?.startsWith('PractitionerRole/') && { owner: { reference: ownerHere } }),
    ...(isOffer && { extension: [...others, ...readHere(offers(now), names)] }),
    ...outputsOf(now, before, ours, names),
  };
}

/** Whether a copy is still about the resident that it was about (H3). */
export function isAboutSame(now: Task, before: Task, { address }: Pick<Names, 'address'>): boolean {
  return localTo(address, now.for) === localTo(address, before.for);
}

/**
 * A message in another's system as if it was sent to us, under an identifier of its own (`own`) beside theirs. A person whom
 * we do not know by our own address is not named. Pure.
 */
export function messageByCopy(message: Communication, names: Names, own: Identifier): Communication {
  const { meta: _meta, text: _text, received: _received, id: _id, ...said } = message;
  return { ...readHere(said, names), identifier: [...(message.identifier ?? []), own] };
}
