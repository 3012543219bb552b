import type { Bundle, Coding, MessageHeader, Resource, ServiceRequest, Task } from '@medplum/fhirtypes';
import { codeSystems, extensions, identifiers } from '../../src/fhir/systems.ts';
import type { Edition } from '../../src/referral/change.ts';
import type { ReferralNumber } from '../../src/referral/format.ts';
import { isEntry, isType, type Part, type Resolve } from './parts.ts';

export type Meaning = 'refer' | 'correct' | 'cancel';

/**
 * Events of a message Bundle by their code: ours and COW's (new-order …), HL7 v2 table 0003 (I12–I14), CA:eReC, BaRS. Their
 * code systems have many names and no code means two things, so the code decides.
 */
const events: Readonly<Record<string, Meaning>> = {
  'new-order': 'refer',
  'order-update': 'correct',
  'order-cancel': 'cancel',
  I12: 'refer',
  I13: 'correct',
  I14: 'cancel',
  'add-service-request': 'refer',
  'notify-update-service-request': 'correct',
  'notify-data-correction': 'correct',
  'revoke-service-request': 'cancel',
  'servicerequest-request': 'refer',
};
/** BaRS has one event for all of them, and says the rest as the reason. */
const reasons: Readonly<Record<string, Meaning>> = { update: 'correct', delete: 'cancel' };

const stopped: readonly (string | undefined)[] = ['cancelled', 'entered-in-error'];
const revoked: readonly (string | undefined)[] = ['revoked', 'entered-in-error'];

/** What the header of a message says it is; undefined when we do not know its event, or there is no header. */
export function eventOf(header: MessageHeader | undefined): Meaning | undefined {
  const event = events[header?.eventCoding?.code ?? header?.eventUri?.split('#').at(-1) ?? ''];
  const reason = header?.reason?.coding?.map((one: Coding) => reasons[one.code ?? '']).find(Boolean);
  return event === 'refer' && reason ? reason : event;
}

const isAbort = (task: Task) =>
  task.code?.coding?.some((one) => one.system === codeSystems.taskCode && one.code === 'abort') === true;

/** The Task by which a practice takes a referral back: its own, cancelled; or one with code abort (COW). */
export function stoppingTask(all: readonly Part[]): Part<Task> | undefined {
  return all
    .filter(isType('Task'))
    .find((one) => isEntry(one) && (stopped.includes(one.resource.status) || isAbort(one.resource)));
}

/** The ServiceRequest that a Task is about, over the Task that it may be about. */
export function requestOf(task: Part<Task>, resolve: Resolve): Part<ServiceRequest> | undefined {
  const target = [task.resource.focus, ...(task.resource.basedOn ?? [])]
    .map((one) => resolve(one, task))
    .find((one) => isType('ServiceRequest')(one) || isType('Task')(one));
  if (isType('ServiceRequest')(target)) return target;
  return isType('Task')(target) && target.resource !== task.resource ? requestOf(target, resolve) : undefined;
}

/** Whether the sender itself says that this takes the place of what it sent before (decision 2). */
export function declaresCorrection(received: Bundle | Resource, request: Part<ServiceRequest>): boolean {
  const { replaces, meta } = request.resource;
  const n = Number(/^Bundle\.entry\[(\d+)\]/.exec(request.path)?.[1]);
  const isUpdate = received.resourceType === 'Bundle' && received.entry?.[n]?.request?.method === 'PUT';
  return isUpdate || (replaces?.length ?? 0) > 0 || /^([2-9]|[1-9]\d+)$/.test(meta?.versionId ?? '');
}

/** Which of several corrections this is: version and moment of the sender's own resource, else the moment of its Bundle. */
export function editionOf(received: Bundle | Resource, { resource }: Part<ServiceRequest>): Edition | undefined {
  const version = /^\d{1,9}$/.exec(resource.meta?.versionId ?? '')?.[0];
  const at = resource.meta?.lastUpdated ?? (received.resourceType === 'Bundle' ? received.timestamp : undefined);
  if (version === undefined && at === undefined) return undefined;
  return { ...(at !== undefined && { at }), ...(version !== undefined && { version: Number(version) }) };
}

export const isRevoked = (request: ServiceRequest) => revoked.includes(request.status);

interface Numbered {
  readonly system?: string | undefined;
  readonly value?: string | undefined;
  readonly type?: { readonly coding?: readonly { readonly code?: string | undefined }[] | undefined } | undefined;
}

/** The practice's own number among the identifiers: the placer's, else the first; never the number that we gave. */
export function practiceNumber(all: readonly Numbered[] | undefined): ReferralNumber | undefined {
  const whole = (all ?? []).filter((one) => one.system && one.value && one.system !== identifiers.journeyNumber);
  const found = whole.find((one) => one.type?.coding?.some(({ code }) => code === 'PLAC')) ?? whole[0];
  return found?.system && found.value ? { system: found.system, value: found.value } : undefined;
}

/** Which number a correction takes the place of; undefined when the message does not say so that we can read it. */
export function replacedNumber(request: Part<ServiceRequest>, resolve: Resolve): ReferralNumber | undefined {
  const [old] = request.resource.replaces ?? [];
  const target = resolve(old, request);
  if (isType('ServiceRequest')(target)) return practiceNumber(target.resource.identifier);
  return old?.identifier && practiceNumber([old.identifier]);
}

const said = (one: { text?: string; coding?: Coding[] } | undefined) => one?.text ?? one?.coding?.[0]?.display;

/** Why it is taken back, in the sender's words. */
export function reasonToStop(task: Task | undefined, request: ServiceRequest | undefined): string | undefined {
  const extension = request?.extension?.find((one) => one.url === extensions.requestStatusReason);
  const words = said(task?.statusReason) ?? said(extension?.valueCodeableConcept);
  return (words ?? (task && isAbort(task) ? said(task.reasonCode) : undefined))?.trim().slice(0, 1000) || undefined;
}
