import { createHash } from 'node:crypto';
import { deepEquals } from '@medplum/core';
import type { Communication, Identifier, Task } from '@medplum/fhirtypes';
import { isAlreadySo, knownBy } from '../../feedback/named-move/again.ts';
import { isAboutSame, messageByCopy, type Names, saidByCopy } from '../../feedback/named-move/from-copy.ts';
import { moveFromTask } from '../../feedback/named-move/from-task.ts';
import { derivedId } from '../../fhir/derived-id.ts';
import { anywhere } from '../../referral/case-bundle.ts';
import { type KeptCopy, localTo } from '../../referral/case-copy.ts';
import type { CaseAddress } from '../../referral/case-reader.ts';
import type { Change } from '../../referral/change.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { FedSystem } from '../../referral/directory/fed-systems.ts';
import type { Journey } from '../../referral/journey.ts';
import type { OutboxRow } from '../../referral/outbox-row.ts';
import { isRefusal, issue, type Refusal, refusals, refuse } from '../../referral/refusal.ts';
import { readCopy, type StoredCopy } from '../../store/case-systems.ts';
import { readResource } from '../../store/referrals.ts';
import type { Accepting } from '../arriving.ts';
import { type Made, type Moving, makeMove, type Wanted } from '../fhir/move.ts';
import { wantedByMessage } from '../fhir/move-beside.ts';
import { messageOf, withMessage } from '../fhir/together.ts';
import type { Caller } from '../practice-key.ts';
import { caseRow } from './feed.ts';

/** A case system with what it takes to make steps of what was done there. */
export interface CaseDesk extends Accepting {
  readonly system: FedSystem;
  readonly there: CaseAddress;
  readonly caller: Caller;
  /** Our own FHIR address. */
  readonly base: string;
  /** It is about to be written there: what could not be taken over needs no delivery of its own. */
  readonly isWriting: boolean;
}

/** What became of what was done there: how many steps, and whether all of it was settled. */
export interface Settled {
  readonly made: number;
  readonly isDone: boolean;
}

/** So many messages that could not be taken are remembered per referral. */
const heardMax = 50;
/** The same that could not be done is not told again within an hour; later the answer may be another. */
const tellAgainMs = 3_600_000;

const movedHere = issue('conflict', 'moved-here', 'Task', {
  nl: 'Hier was intussen al een andere stap gezet.',
  en: 'Another step had been taken here meanwhile.',
});

/** The name of a message of theirs: the same one is never taken twice. */
const nameOf = ({ destination }: FedSystem, journey: string, reference: string): Identifier => ({
  system: anywhere,
  value: `urn:uuid:${derivedId(journey, `${destination} ${reference}`)}`,
});

const referenceTo = (message: Communication) => `Communication/${message.id}`;
/** One version of a message there. */
const heardAs = (message: Communication) =>
  `${referenceTo(message)}/${message.meta?.versionId ?? message.meta?.lastUpdated ?? ''}`;

/** How the references of their Task are read here: what we put there, and messages that we took from there. */
function namesOf(desk: CaseDesk, { kept, task }: StoredCopy, journey: Journey, now: Task): Names {
  const { address } = desk.there;
  const named = (now.output ?? []).flatMap(({ valueReference }) => localTo(address, valueReference) ?? []);
  const messages = named.flatMap((reference): [string, string][] => {
    const known = knownBy(journey.communications, [nameOf(desk.system, journey.id, reference)]);
    return known ? [[reference, `Communication/${known.resource.id}`]] : [];
  });
  const [patient, request] = [localTo(address, kept.task.for), localTo(address, kept.task.focus)];
  return {
    base: desk.base,
    address,
    known: new Map([
      [`Task/${task}`, `Task/${journey.task.resource.id}`],
      ...(patient ? [[patient, `Patient/${journey.patient.resource.id}`] as const] : []),
      ...(request ? [[request, `ServiceRequest/${journey.serviceRequest.resource.id}`] as const] : []),
      ...messages,
    ]),
  };
}

/** How far it is for who may take the next step: that it was looked at is none. */
function stageOf({ status, owner, output, extension, restriction, businessStatus }: Task) {
  const isNew = status === 'requested' || status === 'received';
  return isNew ? { owner, extension } : { status, owner, output, extension, restriction, businessStatus };
}

/** The update that a Task there is of ours; refused when somebody took another step here that it did not know of. */
async function wantedBy(
  desk: CaseDesk,
  copy: StoredCopy,
  journey: Journey,
  now: Task,
): Promise<{ readonly wanted: Wanted | Refusal; readonly tried: string }> {
  const { task: before } = copy.kept;
  const { task: ours } = journey;
  const names = namesOf(desk, copy, journey, now);
  const said = saidByCopy(now, before, ours.resource, names);
  const tried = createHash('sha256').update(JSON.stringify(said)).digest('base64url');
  const answer = (wanted: Wanted | Refusal) => ({ wanted, tried });
  if (!isAboutSame(now, before, names)) return answer(refuse(refusals.otherPerson('Task.for')));
  if (Object.keys(said).length === 0) return answer('nothing');
  const read =
    copy.ours === ours.version
      ? ours
      : await readResource(desk.store, { practice: journey.practice }, 'Task', ours.resource.id, copy.ours);
  const base = read?.resource.resourceType === 'Task' ? { ...read.resource, id: ours.resource.id } : ours.resource;
  const rest = { journey, isPatch: false, day: localDay(desk.store.clock()) };
  if (deepEquals(stageOf(base), stageOf(ours.resource))) {
    const task = { sent: { ...ours.resource, ...said }, base: ours.resource, ...rest };
    return answer(moveFromTask(task, 'team'));
  }
  const task = { sent: { ...base, ...saidByCopy(now, before, base, names) }, base, ...rest };
  return answer(isAlreadySo(task, ours.resource) ? { already: ours } : refuse(movedHere));
}

/** Whether their Task says what ours says after the step: then nothing goes back. Whom we do not know is theirs to name. */
function agrees({ base }: CaseDesk, ours: Task, { status, owner }: Task): boolean {
  const named = owner?.reference?.startsWith(`${base}/`) ? owner.reference.slice(base.length + 1) : undefined;
  return ours.status === status && (named === undefined || named === ours.owner?.reference);
}

/** The delivery that makes the referral stand there as it is here. */
const rewriting = ({ store, system }: CaseDesk, { task, index }: Pick<Journey, 'task' | 'index'>) =>
  caseRow(store.newId(), system, { task: task.resource.id, assignment: index.assignment });

/** The commit of a step, with how the referral now stands there; and a delivery where it led to more than was done there. */
function withCopy(desk: CaseDesk, { copy, journey, now }: Met, change: Change): Change {
  const { refused: _settled, ...kept } = copy.kept;
  const isTask = ({ resource }: { resource: { id: string } }) => resource.id === journey.task.resource.id;
  const written = change.resources?.find(isTask) as Journey['task'] | undefined;
  const theirs = now ?? kept.task;
  const isEven = desk.isWriting || !written || agrees(desk, written.resource, theirs);
  const outbox = [...(change.outbox ?? []), ...(isEven ? [] : [rewriting(desk, { ...journey, task: written })])];
  return {
    ...change,
    ...(outbox.length > 0 && { outbox }),
    caseCopy: { ...movable(copy, now), ours: written?.version ?? copy.ours, kept: { ...kept, task: theirs } },
  };
}

/** What of a copy goes into a move of it, with the version that was just seen. */
function movable({ destination, task, ours, revision, version, kept }: StoredCopy, now: Task | undefined) {
  const seen = now ? now.meta?.versionId : version;
  return { destination, task, ours, revision, kept, ...(seen !== undefined && { version: seen }) };
}

/** Keeps what is now known of a copy, without a step; false when another looked in between. */
async function keep(
  { store }: CaseDesk,
  copy: StoredCopy,
  now: Task | undefined,
  kept: KeptCopy,
  outbox: OutboxRow[] = [],
) {
  const { practice, journey } = copy;
  const caseCopy = { ...movable(copy, now), kept };
  return (await store.commit({ scope: { practice }, journey, caseCopy, outbox, audit: [] })).ok;
}

/** Takes the form that their server gives what we wrote there as what we know: only what differs from that was done there. */
export async function adoptForm(desk: CaseDesk, copy: StoredCopy, now: Task): Promise<void> {
  const isKnown = copy.version !== undefined && deepEquals(now, copy.kept.task);
  if (!isKnown) await keep(desk, copy, now, { ...copy.kept, task: now });
}

/** What a step was decided on: the copy and the journey as they were, their Task where it is about that, and what was tried. */
interface Met {
  readonly copy: StoredCopy;
  readonly journey: Journey;
  readonly now?: Task;
  readonly tried: string;
}

/** Whether this was tried before on what we have, and not long ago: a system that insists is not answered each time. */
function wasTold(desk: CaseDesk, { copy, journey, tried }: Met): boolean {
  const { refused } = copy.kept;
  const isSame = refused?.tried === tried && refused.ours === journey.task.version;
  return isSame && desk.store.clock().getTime() - Date.parse(refused.at) < tellAgainMs;
}

/** Notes for who works with it that something there could not be taken over, and lets ours stand there again. */
async function refused(desk: CaseDesk, met: Met, { refused: issues }: Refusal, heard?: string): Promise<boolean> {
  const { copy, journey, now, tried } = met;
  const said = issues.map((one) => one.said);
  const at = desk.store.clock().toISOString();
  const kept: KeptCopy = {
    ...copy.kept,
    ...(now && { task: now }),
    ...(heard && { heard: [...(copy.kept.heard ?? []), heard].slice(-heardMax) }),
    refused: { at, said, ours: journey.task.version, tried },
  };
  // What moved here meanwhile goes there anyway, by its number.
  const isOwed = now !== undefined && !desk.isWriting && copy.ours === journey.task.version;
  return keep(desk, copy, now, kept, isOwed ? [rewriting(desk, journey)] : []);
}

const isLater = (refusal: Refusal) => refusal.refused.some(({ code }) => code === 'transient');

/** Makes the step that `meet` finds in what stands there, as one of the people of that system; notes what could not be. */
async function settleOne(
  desk: CaseDesk,
  journeyId: string,
  moving: Pick<Moving, 'type' | 'interaction' | 'identifiers'>,
  meet: (copy: StoredCopy, journey: Journey) => Promise<{ wanted: Wanted | Refusal; tried: string; now?: Task }>,
  heard?: string,
): Promise<Settled> {
  let met: Met | undefined;
  const made: Made | Refusal = await makeMove(desk, desk.caller, journeyId, {
    ...moving,
    read: async (journey) => {
      met = undefined;
      const copy = await readCopy(desk.store, desk.system.destination, journeyId);
      if (!copy) return 'nothing';
      const { wanted, tried, now } = await meet(copy, journey);
      met = { copy, journey, tried, ...(now && { now }) };
      return wasTold(desk, met) ? 'nothing' : wanted;
    },
    along: (change) => (met ? withCopy(desk, met, change) : change),
  });
  if (!met) return { made: 0, isDone: true };
  if (isRefusal(made)) return { made: 0, isDone: isLater(made) ? false : await refused(desk, met, made, heard) };
  if (made.change) return { made: 1, isDone: true };
  const { copy, now } = met;
  return { made: 0, isDone: !now || (await keep(desk, copy, now, { ...copy.kept, task: now })) };
}

/** One version of a Task there: the difference with the one before is an update of ours. */
function settleTask(desk: CaseDesk, journeyId: string, seen: Task, messages: readonly Communication[]) {
  const named = localTo(desk.there.address, { reference: messageOf(seen) ?? '' });
  const message = messages.find((one) => referenceTo(one) === named);
  const own = message && nameOf(desk.system, journeyId, referenceTo(message));
  const moving = own
    ? ({ type: 'Communication', interaction: 'create', identifiers: [...(message.identifier ?? []), own] } as const)
    : ({ type: 'Task', interaction: 'update' } as const);
  const meet = async (copy: StoredCopy, journey: Journey) => {
    // Another process had it in between.
    if (copy.version !== undefined && copy.version === seen.meta?.versionId)
      return { wanted: 'nothing' as const, tried: '' };
    const isNew = own && knownBy(journey.communications, [own]) === undefined;
    const { meta: _meta, ...said } = message ?? {};
    const now = isNew ? withMessage(seen, messageOf(seen) ?? '', said as Communication) : seen;
    return { ...(await wantedBy(desk, copy, journey, now)), now: seen };
  };
  return settleOne(desk, journeyId, moving, meet, message && heardAs(message));
}

/** A message about our Task that stands there: feedback, a question or an answer, as if it was sent to us. */
function settleMessage(desk: CaseDesk, journeyId: string, message: Communication): Promise<Settled> {
  const own = nameOf(desk.system, journeyId, referenceTo(message));
  const heard = heardAs(message);
  const identifiers = [...(message.identifier ?? []), own];
  const moving = { type: 'Communication', interaction: 'create', identifiers } as const;
  const meet = async (copy: StoredCopy, journey: Journey) => {
    if (copy.kept.heard?.includes(heard)) return { wanted: 'nothing' as const, tried: heard };
    const sent = messageByCopy(message, namesOf(desk, copy, journey, copy.kept.task), own);
    const wanted = wantedByMessage(sent, journey, 'team', localDay(desk.store.clock()));
    const { owner } = journey.index;
    // Who is not named there is who has it here.
    const isAsked = typeof wanted === 'object' && 'move' in wanted;
    return { wanted: isAsked && owner ? { by: owner, ...wanted } : wanted, tried: heard };
  };
  return settleOne(desk, journeyId, moving, meet, heard);
}

/** Whether their Task is another than we last knew it to be. */
export function isOther({ version, kept }: StoredCopy, { meta, ...now }: Task): boolean {
  const { meta: _meta, ...before } = kept.task;
  return version !== undefined && meta?.versionId !== undefined ? meta.versionId !== version : !deepEquals(now, before);
}

/** Only what is finished there was said. */
const isSaid = ({ status }: Communication) => status === 'completed' || status === 'in-progress';

/**
 * Makes steps of what was done there since we last knew: each message, and each version of the Task in their order
 * (`versions`, the oldest first). A message that a version names as its output goes with it.
 */
export async function settleCopy(
  desk: CaseDesk,
  { journey, kept }: StoredCopy,
  versions: readonly Task[],
  messages: readonly Communication[],
): Promise<Settled> {
  const said = messages.filter(isSaid);
  const named = versions.flatMap((one) => localTo(desk.there.address, { reference: messageOf(one) ?? '' }) ?? []);
  const before = localTo(desk.there.address, { reference: messageOf(kept.task) ?? '' });
  const settled: Settled[] = [];
  for (const one of said)
    if (!named.includes(referenceTo(one)) || referenceTo(one) === before)
      settled.push(await settleMessage(desk, journey, one));
  for (const one of versions) settled.push(await settleTask(desk, journey, one, said));
  return {
    made: settled.reduce((sum, one) => sum + one.made, 0),
    isDone: settled.every((one) => one.isDone),
  };
}
