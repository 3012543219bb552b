import type { Bundle, BundleEntry, Communication, Task } from '@medplum/fhirtypes';
import type { Issue } from '../../fhir/outcome.ts';
import { codeSystems } from '../../fhir/systems.ts';
import { directoryTypes } from '../../referral/directory/change.ts';
import { issue } from '../../referral/refusal.ts';
import { fullUrlIssues, pointed, urnReferences } from './bundle.ts';
import { allowedAt, isRouted } from './table.ts';

/** So many changes go into one transaction of the database. */
export const writesMax = 200;

/** A request that changes nothing: to be asked before the writes, and answered after them. */
export const isLook = ({ request }: BundleEntry): boolean =>
  request?.method === 'GET' ||
  request?.method === 'HEAD' ||
  (request?.method === 'POST' && /\/(?:_search|\$validate)(?:\?|$)/.test(request.url ?? ''));

const entriesOf = (bundle: Bundle): readonly BundleEntry[] => (Array.isArray(bundle.entry) ? bundle.entry : []);

/** Whether an entry says what is to be done, and where. */
export const isRequest = (entry: BundleEntry | null | undefined): boolean =>
  typeof entry?.request?.method === 'string' && typeof entry.request.url === 'string';

/** The parts of an entry's address below the base. */
export const pathOf = ({ request }: BundleEntry): readonly string[] =>
  (request?.url ?? '').replace(/^\//, '').split('?')[0]?.split('/') ?? [];

/** Whether the door takes this method at this address. */
function hasAddress({ request }: BundleEntry): boolean {
  const path = `/${(request?.url ?? '').split('?')[0]}`;
  return allowedAt(path)
    .split(', ')
    .includes(request?.method ?? '');
}

const isOfDirectory = (entry: BundleEntry) => directoryTypes.some((one) => one === pathOf(entry)[0]);

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
  if (!entries.every(isRequest)) return false;
  const writes = entries.filter((one) => !isLook(one));
  return entries.length > 0 && writes.every((one) => isOfDirectory(one) || (!isOfReferral(one) && hasAddress(one)));
}

/** One write of a transaction: the request, which entry it is, and which one was the message in it. */
export interface Step {
  readonly entry: BundleEntry;
  readonly at: number;
  /** Of a Task that ends or reports: the entry of the Communication that it names as its output. */
  readonly message?: number;
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

/** References by the `fullUrl` of what has an address already, as references to that address (http.html#trules). */
function resolved(entries: readonly BundleEntry[]): BundleEntry[] {
  const names = new Map(
    entries.flatMap((one) => {
      const [type, id] = pathOf(one);
      return one.fullUrl && one.request?.method !== 'POST' && id ? [[one.fullUrl, `${type}/${id}`] as const] : [];
    }),
  );
  return entries.map((one) =>
    one.resource ? { ...one, resource: pointed(one.resource, (reference) => names.get(reference)) } : one,
  );
}

/** The writes of a transaction: each a request by itself, but for a Task and the message that it names, which are one. */
export function stepsOf(bundle: Bundle): Step[] {
  const writes = [...resolved(entriesOf(bundle)).entries()].filter(([, one]) => !isLook(one));
  const messages = new Map(
    writes.flatMap(([at, { fullUrl, ...one }]) =>
      isMessagePost(one) && fullUrl?.startsWith('urn:uuid:')
        ? [[fullUrl, { at, resource: one.resource as Communication }] as const]
        : [],
    ),
  );
  const within = new Set<number>();
  const steps = writes.map(([at, entry]): Step => {
    const fullUrl = isTaskPut(entry) ? messageOf(entry.resource as Task) : undefined;
    const message = fullUrl === undefined ? undefined : messages.get(fullUrl);
    if (fullUrl === undefined || !message || within.has(message.at)) return { entry, at };
    within.add(message.at);
    const resource = withMessage(entry.resource as Task, fullUrl, message.resource);
    return { entry: { ...entry, resource }, at, message: message.at };
  });
  return steps.filter(({ at }) => !within.has(at));
}

/** What is changed at an address of its own: no other entry may change it too. */
const identityOf = (entry: BundleEntry): string | undefined => {
  const [type, id, operation] = pathOf(entry);
  const isOne = entry.request?.method !== 'POST' || operation === '$move';
  return isOne && id !== undefined ? `${type}/${id}` : undefined;
};

/** Whether each write changes the directory: those are decided together, under one set of rules. */
export const isDirectoryWrites = (steps: readonly Step[]): boolean =>
  steps.length > 0 && steps.every(({ entry }) => isOfDirectory(entry));

/** A path into what one entry sent, as a path into the Bundle. */
export function placeIn(at: number, path: string): string {
  const [, rest] = /^[A-Z]\w+\.(.+)$/.exec(path) ?? [];
  return rest ? `Bundle.entry[${at}].resource.${rest}` : `Bundle.entry[${at}]`;
}

/** Two entries change one thing: said of the later one. */
export const changedTwice = (path: string): Issue =>
  issue('business-rule', 'changed-twice', path, {
    nl:
      'Een andere regel van deze transactie verandert dezelfde verwijzing. Er is niets veranderd. Stuur ze na elkaar. ' +
      'Een terugkoppeling en haar Task kunnen wel samen: noem de fullUrl van de Communication als output van de Task.',
    en:
      'Another entry of this transaction changes the same referral. Nothing was changed. ' +
      'Send them one after the other. Feedback and its Task can go together: ' +
      'name the fullUrl of the Communication as an output of the Task.',
  });

function identityIssues(steps: readonly Step[]): Issue[] {
  const seen = new Set<string>();
  return steps.flatMap(({ entry, at }) => {
    const identity = identityOf(entry);
    const isTwice = identity !== undefined && seen.has(identity);
    if (identity !== undefined) seen.add(identity);
    return isTwice ? [changedTwice(placeIn(at, ''))] : [];
  });
}

/** Only what is there already can be referred to; of what is made the id is known when it is there. */
const notThereYet = (path: string): Issue =>
  issue('not-supported', 'reference-to-new', path, {
    nl: 'Deze verwijzing wijst naar iets dat in deze transactie nog gemaakt wordt, of er niet in staat. Dat kan alleen van een Task naar de terugkoppeling die haar afsluit.',
    en: 'This reference points to something that this transaction is still to make, or that is not in it. Only a Task can so refer to the feedback that ends it.',
  });

const referenceIssues = ({ entry, at }: Step): Issue[] =>
  urnReferences(entry.resource, `Bundle.entry[${at}].resource`).map(({ path }) => notThereYet(path));

const severalWrites = issue('not-supported', 'several-writes', 'Bundle.entry', {
  nl:
    'Deze wijzigingen kunnen niet samen: er is niets veranderd. ' +
    'Een bericht ($process-message) en een wijziging van de adreslijst gaan niet samen met stappen van verwijzingen. ' +
    'Stuur ze als batch, of elk apart.',
  en:
    'These changes cannot be made together: nothing was changed. ' +
    'A message ($process-message) and a change of the directory do not go together with moves of referrals. ' +
    'Send them as a batch, or one by one.',
});
const tooMany = issue('too-long', 'too-many-writes', 'Bundle.entry', {
  nl: `Een transactie heeft hooguit ${writesMax} wijzigingen. Er is niets veranderd. Verdeel ze over meer transacties.`,
  en: `A transaction has ${writesMax} changes at most. Nothing was changed. Divide them over more transactions.`,
});

/** Why the writes of a transaction cannot be done all or nothing, whatever they are (http.html#trules); empty when they can. */
export function togetherIssues(bundle: Bundle, steps: readonly Step[]): Issue[] {
  const isMixed = steps.some(({ entry }) => isOfDirectory(entry)) && !isDirectoryWrites(steps);
  const hasMessage = steps.some(({ entry }) => pathOf(entry)[0] === '$process-message');
  if (steps.length > writesMax) return [tooMany];
  if (steps.length > 1 && (isMixed || hasMessage)) return [severalWrites];
  // Of what is new in the directory the transaction itself gives out the ids.
  const dangling = isDirectoryWrites(steps) ? [] : steps.flatMap(referenceIssues);
  return [...fullUrlIssues(bundle), ...identityIssues(steps), ...dangling];
}
