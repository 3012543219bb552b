import type { Bundle, BundleEntry, OperationOutcome, OperationOutcomeIssue } from '@medplum/fhirtypes';
import type { Request, Response } from 'express';
import { isRefusal, type Refusal, refusals, refuse } from '../../referral/refusal.ts';
import { onTrial, type UpToCommit, upToCommit } from '../../store/commit/hold.ts';
import { touchedTwice } from '../../store/commit/touched.ts';
import { callerOf, sendRefusal } from '../practice-key.ts';
import { askedOf } from './asked.ts';
import { runAll, tooMuchRefusal } from './batch.ts';
import { directoryStatus } from './directory.ts';
import { takeDirectoryEntries } from './directory-bundle.ts';
import { type At, besideMax, type Entrance, entryOf, runEntry, type Told } from './entry.ts';
import { send } from './reply.ts';
import type { FhirDoor } from './take.ts';
import {
  changedTwice,
  isDirectoryWrites,
  isLook,
  messageOf,
  pathOf,
  placeIn,
  type Step,
  stepsOf,
  togetherIssues,
} from './together.ts';

const triesMax = 8;

/** What became of entries: all done, or nothing, because of these, or because of them together. */
type Result =
  | { readonly done: readonly At[] }
  | { readonly failed: readonly At[] }
  | { readonly refusal: Refusal; readonly status?: number | undefined };

const isFailed = ({ told }: At) => told.status >= 400;

/** Every step up to its commit, some beside each other: nothing is changed yet, so each sees how it was. */
async function upToCommits(door: Entrance, outer: Request, steps: readonly Step[]): Promise<UpToCommit<Told>[]> {
  const come: UpToCommit<Told>[] = [];
  for (let at = 0; at < steps.length; at += besideMax) {
    const some = steps.slice(at, at + besideMax);
    come.push(...(await Promise.all(some.map(({ entry }) => upToCommit(() => runEntry(door, outer, entry))))));
  }
  return come;
}

/**
 * Moves of several referrals, all or none: each is decided by the route that it would take alone, and their changes are
 * one transaction of the database. When somebody was earlier at one of them, all are decided again.
 */
async function moveAll(parts: FhirDoor, door: Entrance, outer: Request, steps: readonly Step[]): Promise<Result> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const come = await upToCommits(door, outer, steps);
    const placed = come.map((one, nth) => ({ one, at: steps[nth]?.at ?? nth }));
    const failed = placed.flatMap(({ one, at }) => ('ended' in one ? [{ at, told: one.ended }] : [])).filter(isFailed);
    if (failed.length > 0) return { failed };
    const waiting = placed.flatMap(({ one, at }) => ('change' in one ? [{ change: one.change, at }] : []));
    const changes = waiting.map((one) => one.change);
    const twice = touchedTwice(changes).map((nth) => changedTwice(placeIn(waiting[nth]?.at ?? 0, '')));
    if (twice.length > 0) return { refusal: refuse(...twice) };
    if (!(await parts.store.commitAll(changes)).ok) continue;
    const done = placed.map(async ({ one, at }) => ({ at, told: 'ended' in one ? one.ended : await one.goOn() }));
    return { done: await Promise.all(done) };
  }
  return { refusal: refuse(refusals.busy()) };
}

async function changeDirectory(
  parts: FhirDoor,
  door: Entrance,
  outer: Request,
  steps: readonly Step[],
): Promise<Result> {
  const done = await takeDirectoryEntries(parts, door, outer, steps);
  return isRefusal(done) ? { refusal: done, status: directoryStatus(done) } : { done };
}

/** What was told of a message that went along in its Task: where it stands now. */
async function messageTold(door: Entrance, outer: Request, task: Told, { entry, message = 0 }: Step): Promise<At> {
  const url = entry.request?.url ?? '';
  const isTask = task.body?.resourceType === 'Task';
  const { body } = isTask ? task : await runEntry(door, outer, { request: { method: 'GET', url } });
  const named = body?.resourceType === 'Task' ? messageOf(body) : undefined;
  const location = named && `${door.base}/${named}/_history/1`;
  const headers = new Map(location ? [['location', location]] : []);
  return { at: message, told: { status: 201, headers, body: undefined } };
}

/** Looks by their places. */
async function lookAll(
  door: Entrance,
  outer: Request,
  looks: readonly (readonly [number, BundleEntry])[],
): Promise<At[]> {
  const told = await runAll(
    door,
    outer,
    looks.map(([, one]) => one),
  );
  return told.flatMap((one, nth) => (looks[nth] ? [{ at: looks[nth][0], told: one }] : []));
}

const mayAll = (outer: Request, steps: readonly Step[]): boolean =>
  steps.every(({ entry }) => {
    const asked = askedOf(entry.request?.method ?? '', pathOf(entry).join('/'));
    return asked !== undefined && callerOf(outer).may(asked.type, asked.interaction);
  });

/** The writes, and with them the messages that went along in a Task. */
async function writeAll(parts: FhirDoor, door: Entrance, outer: Request, steps: readonly Step[]): Promise<Result> {
  // Who may not write one of them is told so at its own address.
  const isDirectory = isDirectoryWrites(steps) && mayAll(outer, steps);
  const made = await (isDirectory ? changeDirectory : moveAll)(parts, door, outer, steps);
  if (!('done' in made)) return made;
  const messages = made.done.flatMap(({ at, told }) => {
    const step = steps.find((one) => one.at === at && one.message !== undefined);
    return step ? [messageTold(door, outer, told, step)] : [];
  });
  return { done: [...made.done, ...(await Promise.all(messages))] };
}

async function doAll(
  parts: FhirDoor,
  door: Entrance,
  outer: Request,
  bundle: Bundle,
  steps: readonly Step[],
): Promise<Result> {
  const issues = togetherIssues(bundle, steps);
  if (issues.length > 0) return { refusal: refuse(...issues) };
  const looks = [...(bundle.entry ?? []).entries()].filter(([, one]) => isLook(one));
  const look = () => lookAll(door, outer, looks);
  // What cannot be looked at refuses the writes too: it is tried before them, and answered as it is after them.
  const isTried = steps.length > 0;
  const seen = isTried ? await onTrial(parts.store, look, (told) => told.some(isFailed)) : await look();
  const failed = seen.filter(isFailed);
  if (failed.length > 0) return { failed };
  if (!isTried) return { done: seen };
  const made = await writeAll(parts, door, outer, steps);
  return 'done' in made ? { done: [...made.done, ...(await look())] } : made;
}

/** An issue of one entry with its place in the Bundle; what is said of a message within its Task is the message's. */
function placed(one: OperationOutcomeIssue, at: number, steps: readonly Step[]): OperationOutcomeIssue {
  const path = one.expression?.[0] ?? '';
  const message = path.startsWith('Communication.') ? steps.find((step) => step.at === at)?.message : undefined;
  return { ...one, expression: [placeIn(message ?? at, path)] };
}

/** The answer when nothing was done: every issue of every entry that was refused, with the status of the first. */
function refuseEntries(response: Response, failed: readonly At[], steps: readonly Step[]): void {
  const [first] = failed;
  const issue = failed.flatMap(({ at, told: { body } }) =>
    body?.resourceType === 'OperationOutcome' ? (body.issue ?? []).map((one) => placed(one, at, steps)) : [],
  );
  for (const name of ['retry-after', 'www-authenticate']) {
    const value = first?.told.headers.get(name);
    if (value !== undefined) response.set(name, value);
  }
  send(response, first?.told.status ?? 500, { resourceType: 'OperationOutcome', issue } as OperationOutcome);
}

/**
 * A transaction of single requests (http.html#transaction): all of it is done or nothing. Looks are answered as it is after
 * the writes; the order of entries means nothing.
 */
export async function answerTransaction(
  parts: FhirDoor,
  door: Entrance,
  request: Request,
  response: Response,
  bundle: Bundle,
): Promise<void> {
  const tooMuch = tooMuchRefusal(bundle);
  if (tooMuch) return sendRefusal(request, response, tooMuch, 400);
  const steps = stepsOf(bundle);
  const result = await doAll(parts, door, request, bundle, steps);
  if ('refusal' in result) return sendRefusal(request, response, result.refusal, result.status);
  if ('failed' in result) return refuseEntries(response, result.failed, steps);
  const entry = result.done.toSorted((a, b) => a.at - b.at).map(({ told }) => entryOf(told));
  send(response, 200, { resourceType: 'Bundle', type: 'transaction-response', ...(entry.length > 0 && { entry }) });
}
