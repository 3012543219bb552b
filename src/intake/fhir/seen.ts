import type { Binary, Endpoint, Resource, Task } from '@medplum/fhirtypes';
import { extensions } from '../../fhir/systems.ts';
import { letterSeen } from '../../referral/consent-waits.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import {
  contentFree,
  isWithdrawn,
  minimisePatient,
  minimiseRequest,
  type Receiver,
  teamSees,
  withdrawnView,
} from '../../referral/minimise.ts';
import { readJourney } from '../../store/referrals.ts';
import type { Scope } from '../../store/scope.ts';
import { withdrawnAmong } from '../../store/search/search.ts';
import type { Store } from '../../store/store.ts';

/** What is needed to say what a caller sees of a resource. */
export interface Seeing {
  readonly store: Store;
  readonly directory: () => Promise<Directory>;
}

/** A resource of a journey, as it is in the record. */
export interface Whole {
  readonly resource: Resource & { id: string };
  readonly journey: string;
}

/** A practice reads what it sent and what came back; everyone else is a receiver (promise 4). */
export const isReceiver = (scope: Scope) => scope.kind !== 'practice' && scope.kind !== 'line';

/** What another organisation said to the Wally is hers: what of it goes on to the GP stands in her own letter (H9). */
function withoutOnward(task: Task): Task {
  if (!task.partOf) return task;
  const { output: _output, ...rest } = task;
  return rest;
}

function receiverView(resource: Resource, receiver: Receiver): Resource | undefined {
  switch (resource.resourceType) {
    case 'Patient':
      return minimisePatient(resource, receiver);
    case 'ServiceRequest':
      return minimiseRequest(resource, receiver);
    case 'Communication':
      // A letter carries the resident as the practice files them, with all its numbers.
      return {
        ...resource,
        ...(resource.contained && {
          contained: resource.contained.map((one) =>
            one.resourceType === 'Patient' ? minimisePatient(one, receiver) : one,
          ),
        }),
      };
    case 'DocumentReference':
      return receiver.medicalCodes ? resource : undefined;
    default:
      return resource;
  }
}

/** What a practice reads of its own referral: all, but for what the Wally was told, and letters that wait for consent (H6). */
async function practiceView(seeing: Seeing, scope: Scope, { resource, journey }: Whole): Promise<Resource> {
  if (resource.resourceType === 'Task') return withoutOnward(resource);
  if (resource.resourceType !== 'Communication' || resource.status === 'completed') return resource;
  const found = await readJourney(seeing.store, scope, journey);
  const newest = found?.communications.find((one) => one.resource.id === resource.id)?.resource;
  return found && newest?.status !== 'completed'
    ? letterSeen(found, resource, localDay(seeing.store.clock()))
    : resource;
}

/** The bytes of the practice's letters, and of nothing else: the messages they came in are not read back. */
async function isLetter({ store }: Seeing, scope: Scope, journey: string, binary: Binary): Promise<boolean> {
  const found = await readJourney(store, scope, journey);
  const urls = found?.letters.flatMap(({ resource }) => (resource.content ?? []).map((one) => one.attachment?.url));
  return urls?.includes(`Binary/${binary.id}`) === true;
}

/**
 * Each resource as this caller may see it, exactly as the pages show it; undefined for one it may not see at all. A
 * journey is looked at once, however many of its resources there are.
 */
export async function seenBy(
  seeing: Seeing,
  scope: Scope,
  wholes: readonly Whole[],
): Promise<(Resource | undefined)[]> {
  const receivers = new Map<string, Promise<Receiver | 'withdrawn' | undefined>>();
  const receiverAt = (journey: string) => {
    const known = receivers.get(journey);
    if (known) return known;
    const asked = Promise.all([readJourney(seeing.store, scope, journey), seeing.directory()]).then(
      ([found, directory]) =>
        found && (isWithdrawn(found) ? 'withdrawn' : teamSees(found, directory, localDay(seeing.store.clock()))),
    );
    receivers.set(journey, asked);
    return asked;
  };
  const bare = isReceiver(scope) ? wholes.filter(({ resource }) => contentFree.includes(resource.resourceType)) : [];
  const withdrawn =
    bare.length > 0
      ? await withdrawnAmong(seeing.store, [...new Set(bare.map(({ journey }) => journey))])
      : new Set<string>();
  return Promise.all(
    wholes.map(async ({ resource, journey }) => {
      const isBytes = resource.resourceType === 'Binary';
      if (isBytes && !(await isLetter(seeing, scope, journey, resource))) return undefined;
      if (!isReceiver(scope)) return practiceView(seeing, scope, { resource, journey });
      if (contentFree.includes(resource.resourceType))
        return withdrawn.has(journey) ? withdrawnView(resource) : resource;
      const receiver = await receiverAt(journey);
      // What was withdrawn stays findable, without content (H10).
      if (!receiver || receiver === 'withdrawn') return undefined;
      if (isBytes) return receiver.medicalCodes ? resource : undefined;
      return receiverView(resource, receiver);
    }),
  );
}

/** A directory resource for systems: of an Endpoint not how the line knocks there, nor who may knock from it. */
export function directoryView(resource: Resource): Resource {
  if (resource.resourceType !== 'Endpoint') return resource;
  const { header: _header, extension, ...rest } = resource;
  const open = (extension ?? []).filter((one) => one.url === extensions.bestProof);
  return { ...rest, ...(open.length > 0 && { extension: open }) } satisfies Endpoint;
}
