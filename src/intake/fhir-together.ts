import type { Bundle, BundleEntry, Communication, Task } from '@medplum/fhirtypes';
import { codeSystems } from '../fhir/systems.ts';
import { issue, type Refusal, refuse } from '../referral/refusal.ts';
import { allowedAt, isRouted } from './fhir-table.ts';

export const isLook = ({ request }: BundleEntry): boolean => request?.method === 'GET' || request?.method === 'HEAD';

const entriesOf = (bundle: Bundle): readonly BundleEntry[] => (Array.isArray(bundle.entry) ? bundle.entry : []);

function hasAddress({ request }: BundleEntry): boolean {
  const path = `/${(request?.url ?? '').split('?')[0]}`;
  return allowedAt(path)
    .split(', ')
    .includes(request?.method ?? '');
}

/** Types of which a transaction is a referral, or what belongs to one. */
const ofReferral = new Set(['ServiceRequest', 'Patient']);

/** Part of a referral, or a Task that is over already: the practice's message that it takes its referral back. */
const isOfReferral = ({ resource, request }: BundleEntry) =>
  ofReferral.has(resource?.resourceType ?? '') ||
  (resource?.resourceType === 'Task' &&
    request?.method === 'POST' &&
    /^(cancelled|entered-in-error)$/.test(resource.status ?? ''));

/**
 * Whether a transaction is no referral but single requests: only looks, or writes that each have an address here and none
 * of which is a referral or its resident.
 */
export function isSingleRequests(bundle: Bundle): boolean {
  const entries = entriesOf(bundle);
  const writes = entries.filter((one) => !isLook(one));
  return entries.length > 0 && writes.every((one) => !isOfReferral(one) && hasAddress(one));
}

/** Two entries of one transaction as the one request that they are together. */
export interface Together {
  /** The Task, with the message in it. */
  readonly entry: BundleEntry;
  /** Which entries of the Bundle they were. */
  readonly task: number;
  readonly message: number;
  readonly taskId: string;
}

/** The reference of its newest output that is a message to the practice. */
export const messageOf = (task: Task): string | undefined =>
  task.output?.findLast(({ type }) =>
    type.coding?.some((one) => one.system === codeSystems.taskOutput && one.code === 'feedback'),
  )?.valueReference?.reference;

const isTaskPut = ({ request, resource }: BundleEntry) =>
  request?.method === 'PUT' && resource?.resourceType === 'Task' && /^(?:.*\/)?Task\/[^/?]+$/.test(request.url ?? '');
const isMessagePost = ({ request, resource }: BundleEntry) =>
  request?.method === 'POST' && resource?.resourceType === 'Communication' && isRouted('Communication', 'create');

/** The Task with the message that it names as its output (`named`) within it: together they are one move. */
export function withMessage(task: Task, named: string, message: Communication): Task {
  const output = JSON.parse(
    JSON.stringify(task.output ?? []).replaceAll(JSON.stringify(named), '"#message"'),
  ) as NonNullable<Task['output']>;
  return {
    ...task,
    contained: [...(task.contained ?? []), { ...message, id: 'message' }],
    ...(output.length > 0 && { output }),
  };
}

/**
 * A Task that ends (or reports) and the message that it names as its output: one move, so one Change. Undefined when the
 * writes of a transaction are anything else.
 */
export function together(bundle: Bundle): Together | undefined {
  const entries = entriesOf(bundle);
  const writes = [...entries.entries()].filter(([, one]) => !isLook(one));
  const [task, message] = [writes.find(([, one]) => isTaskPut(one)), writes.find(([, one]) => isMessagePost(one))];
  if (writes.length !== 2 || !task || !message) return undefined;
  const [sent, { fullUrl, resource }] = [task[1].resource as Task, message[1]];
  if (!fullUrl?.startsWith('urn:uuid:') || messageOf(sent) !== fullUrl) return undefined;
  const whole = withMessage(sent, fullUrl, resource as Communication);
  return {
    entry: { ...task[1], resource: whole },
    task: task[0],
    message: message[0],
    taskId: task[1].request?.url?.split('/').at(-1) ?? '',
  };
}

/** More writes than can be done all or nothing (http.html#trules): refused before the first of them; undefined when they can. */
export function tooMany(bundle: Bundle): Refusal | undefined {
  const writes = entriesOf(bundle).filter((one) => !isLook(one));
  if (writes.length < 2 || together(bundle)) return undefined;
  return refuse(
    issue('not-supported', 'several-writes', 'Bundle.entry', {
      nl: 'Deze wijzigingen kunnen niet samen: er is niets veranderd. Stuur ze als batch, of elk apart. Een terugkoppeling en haar Task kunnen wel samen: noem de fullUrl van de Communication als output van de Task.',
      en: 'These changes cannot be made together: nothing was changed. Send them as a batch, or one by one. Feedback and its Task can go together: name the fullUrl of the Communication as an output of the Task.',
    }),
  );
}
