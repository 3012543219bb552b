import type { Parameters, Task } from '@medplum/fhirtypes';
import type { Request } from 'express';
import { endReasons } from '../../feedback/ending.ts';
import { isAlreadySo, knownBy } from '../../feedback/named-move/again.ts';
import { moveFromParameters } from '../../feedback/named-move/from-parameters.ts';
import { moveFromTask, reasonOf } from '../../feedback/named-move/from-task.ts';
import { idIn } from '../../feedback/named-move/words.ts';
import { validateBaseR4 } from '../../fhir/validate.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { Journey, Versioned } from '../../referral/journey.ts';
import { isRefusal, issue, type Refusal, refuse } from '../../referral/refusal.ts';
import { readResource } from '../../store/referrals.ts';
import { callerOf } from '../practice-key.ts';
import { otherVersion } from '../update.ts';
import { journeyBy, type Made, makeMove, type Wanted } from './move.ts';
import { patched, readPatch } from './patch.ts';
import { noSuch } from './reply.ts';
import { seenBy } from './seen.ts';
import { type FhirDoor, notSupported, readBody } from './take.ts';
import { versionRead, versionRequired, wrongId } from './update.ts';

const sideOf = (request: Request) => (callerOf(request).scope.kind === 'practice' ? 'practice' : 'team');

/** The Task of a journey with this id: the one that carries the work, a request to stop, or another organisation's. */
const taskIn = ({ task, requests, children }: Journey, id: string): Versioned<Task> | undefined =>
  [task, ...requests, ...children].find((one) => one.resource.id === id);

/** What a Task that was sent, or is made of the version its sender read, asks for. */
async function wantedOf(
  parts: FhirDoor,
  request: Request,
  journey: Journey,
  said: {
    readonly id: string;
    readonly version: number;
    readonly sent: (base: Task) => Task | Refusal;
    readonly isPatch: boolean;
  },
): Promise<Wanted | Refusal> {
  const { id, version, isPatch } = said;
  const current = taskIn(journey, id);
  if (!current) return noSuch();
  const isNewest = version === current.version;
  const stored = isNewest
    ? current
    : await readResource(parts.store, { practice: journey.practice }, 'Task', id, version);
  if (stored?.resource.resourceType !== 'Task') return refuse(otherVersion);
  const base = { ...stored.resource, id };
  // What a patch says of a place answers for it, so first of what its sender sees: what is hidden is not there.
  const { scope } = callerOf(request);
  const [seen] = isPatch ? await seenBy(parts, scope, [{ resource: base, journey: journey.id }]) : [base];
  if (seen?.resourceType !== 'Task') return noSuch();
  const shown = said.sent(seen);
  const sent = isRefusal(shown) ? shown : said.sent(base);
  if (isRefusal(sent)) return sent;
  const task = { sent, base, journey, isPatch, day: localDay(parts.store.clock()) };
  if (isNewest) return moveFromTask(task, sideOf(request));
  return isAlreadySo(task, current.resource) ? { already: current } : refuse(otherVersion);
}

/** Whether a practice's update says more than that it takes its referral back, which is a message like any other. */
export function isPracticeMove({ status, statusReason }: Task): boolean {
  const reason = reasonOf({ resourceType: 'Task', status, intent: 'order', ...(statusReason && { statusReason }) });
  return status === 'entered-in-error' || (status === 'cancelled' && Object.hasOwn(endReasons, reason ?? ''));
}

/** `PUT Task/<id>`: the difference with what its sender had read, as one move. */
export async function putTask(parts: FhirDoor, request: Request, id: string): Promise<Made | Refusal> {
  const sent = readBody(request, { type: 'Task' });
  if (isRefusal(sent)) return sent;
  const found = await journeyBy(parts, callerOf(request), 'Task', id);
  if (!found) return noSuch();
  const wrong = wrongId(sent, id);
  if (wrong) return wrong;
  const version = versionRead(request, sent);
  if (version === undefined) return versionRequired();
  return makeMove(parts, callerOf(request), found.journey, {
    type: 'Task',
    interaction: 'update',
    read: (journey) => wantedOf(parts, request, journey, { id, version, sent: () => sent as Task, isPatch: false }),
  });
}

/** `PATCH Task/<id>`: the same, of the version that If-Match names as the patch leaves it. */
export async function patchTask(parts: FhirDoor, request: Request, id: string): Promise<Made | Refusal> {
  const patch = readPatch(request);
  if (isRefusal(patch)) return patch;
  const found = await journeyBy(parts, callerOf(request), 'Task', id);
  if (!found) return noSuch();
  const version = versionRead(request, { resourceType: 'Task', status: 'requested', intent: 'order' });
  if (version === undefined) return versionRequired();
  const sent = (base: Task): Task | Refusal => {
    const after = patched(base, patch);
    if (isRefusal(after)) return after;
    const issues = validateBaseR4(after, 'Task').filter((one) => one.severity === 'error');
    return issues.length > 0 ? refuse(...issues) : after;
  };
  return makeMove(parts, callerOf(request), found.journey, {
    type: 'Task',
    interaction: 'patch',
    read: (journey) => wantedOf(parts, request, journey, { id, version, sent, isPatch: true }),
  });
}

/** `POST Task/<id>/$move`: a move of the table by its name, with its parts. */
export async function moveTask(parts: FhirDoor, request: Request, id: string): Promise<Made | Refusal> {
  const sent = readBody(request, { type: 'Parameters' });
  if (isRefusal(sent)) return sent;
  const found = await journeyBy(parts, callerOf(request), 'Task', id);
  if (!found) return noSuch();
  const version = versionRead(request, sent);
  if (version === undefined) return versionRequired();
  const asked = moveFromParameters(sent as Parameters);
  return makeMove(parts, callerOf(request), found.journey, {
    type: 'Task',
    interaction: 'update',
    read: (journey) => {
      if (journey.task.resource.id !== id) return noSuch();
      return journey.task.version === version ? asked : refuse(otherVersion);
    },
  });
}

const notBegun = issue('conflict', 'not-begun', 'Task.focus', {
  nl: 'De Wally is nog niet begonnen. Trek de verwijzing zelf in: wijzig de Task naar status cancelled.',
  en: 'The Wally has not begun yet. Withdraw the referral yourself: update the Task to status cancelled.',
});

/** `POST Task` with code abort: a practice asks the Wally to stop work that has begun (COW). */
export async function postTask(parts: FhirDoor, request: Request): Promise<Made | Refusal> {
  const read = readBody(request, { type: 'Task' });
  if (isRefusal(read)) return read;
  const sent = read as Task;
  const of = idIn(sent.focus, 'Task') ?? '';
  if (!sent.code?.coding?.some((one) => one.code === 'abort') || sent.intent !== 'order')
    return notSupported(
      'other-task',
      'Task.code',
      'Een verwijzing stuurt u als transaction. Een losse Task kan alleen een vraag zijn om te stoppen (code abort).',
      'Send a referral as a transaction. A Task by itself can only ask to stop (code abort).',
    );
  const found = await journeyBy(parts, callerOf(request), 'Task', of);
  if (!found) return noSuch();
  const reason = sent.reasonCode?.text ?? reasonOf(sent) ?? sent.description;
  return makeMove(parts, callerOf(request), found.journey, {
    type: 'Task',
    interaction: 'create',
    identifiers: sent.identifier,
    read: (journey) => {
      const already = knownBy(journey.requests, sent.identifier);
      if (already) return { already };
      if (['requested', 'received', 'accepted'].includes(journey.task.resource.status ?? '')) return refuse(notBegun);
      const places = { reason: 'Task.reasonCode' };
      return { move: 'ask-to-stop', parts: { ...(reason && { reason }) }, places };
    },
  });
}
