import { derivedId } from '../../fhir/derived-id.ts';
import type { Said } from '../../fhir/outcome.ts';
import type { Actor } from '../../referral/actor.ts';
import type { Change } from '../../referral/change.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { DeliveryMove } from '../../referral/delivery-move.ts';
import { decideDirectory } from '../../referral/directory/change.ts';
import { channelAt, destinationOf, type PracticeEndpoint } from '../../referral/directory/channels.ts';
import type { Practice } from '../../referral/directory/directory.ts';
import type { BulkAction } from '../../referral/queue-move.ts';
import { httpStatus, isRefusal, issue, type Refusal, refuse } from '../../referral/refusal.ts';
import { readDirectoryNewest } from '../../store/directory.ts';
import { type ListedDelivery, readDelivery } from '../../store/queue/deliveries.ts';
import { decide, field, sendNotFound, sentences, type Visit } from '../acting.ts';
import { readThing } from '../directory/read.ts';
import { fieldsOf, resourcesOf } from '../directory/things.ts';
import type { Site } from '../site.ts';
import { adminLine, reasonIn } from './reason.ts';

export type OneAction = BulkAction | 'give-up';

/**
 * What may be done with a delivery as it stands. A mail can be given up: it only says that there is work. Feedback is never
 * given up by a press, the practice is called instead (promise 3); a referral always goes to its worklist (promise 2).
 */
export function actionsOf({ state, reason, kind }: ListedDelivery): readonly OneAction[] {
  const isSet = state === 'held' && reason !== null;
  if (isSet) return ['release', ...(kind === 'feedback' && reason !== 'to-call' ? (['call'] as const) : [])];
  if (state !== 'held' && state !== 'pending' && state !== 'queued') return [];
  const last = { feedback: ['call'], notify: ['give-up'], alarm: ['give-up'] } as const;
  return ['retry', 'park', ...(last[kind as keyof typeof last] ?? [])];
}

const moves: Record<OneAction, { readonly event: string; readonly move: (id: string) => DeliveryMove }> = {
  retry: { event: 'delivery-retried', move: (id) => ({ to: 'retry', id }) },
  park: { event: 'delivery-parked', move: (id) => ({ to: 'parked', id, reason: 'parked' }) },
  call: { event: 'delivery-to-call', move: (id) => ({ to: 'parked', id, reason: 'to-call' }) },
  release: { event: 'delivery-released', move: (id) => ({ to: 'released', id }) },
  'give-up': { event: 'delivery-given-up', move: (id) => ({ to: 'abandoned', id, reason: 'given-up' }) },
};

/** A Change of one delivery by an administrator, with its line. */
function changeOf(
  one: ListedDelivery,
  actor: Actor,
  at: string,
  event: string,
  move: DeliveryMove,
  reason?: string,
): Change {
  return {
    scope: { practice: one.practice },
    journey: one.journey,
    deliveries: [move],
    audit: [
      adminLine(actor, at, event, {
        object: `Delivery/${one.id}`,
        ...(one.failureCode && { code: one.failureCode }),
        ...(reason && { reason }),
      }),
    ],
  };
}

const notNow: Said = {
  nl: 'Dat kan nu niet: het bericht is intussen verder, of er loopt net een poging. Er is niets veranderd.',
  en: 'This is not possible now: the message has moved on, or a try is under way. Nothing was changed.',
};
const refusedNow = refuse(issue('conflict', 'not-in-this-state', '', notNow));

/** How a press ended: where it leads, or what is said on the page of the delivery. */
export type Pressed = { readonly location: string } | { readonly text: string; readonly status: number } | 'absent';

/** What an administrator asks of one delivery: who, and why as it was typed. */
export interface Asking {
  readonly site: Pick<Site, 'store' | 'directory'>;
  readonly actor: Actor;
  readonly id: string;
  readonly reason: string;
}

async function doTo(
  { site, id }: Asking,
  decider: (one: ListedDelivery, at: string) => Promise<Change | Refusal> | Change | Refusal,
): Promise<'done' | 'absent' | Refusal> {
  const one = /^\d{1,18}$/.test(id) ? await readDelivery(site.store, id) : undefined;
  if (!one) return 'absent';
  const change = await decider(one, site.store.clock().toISOString());
  if (isRefusal(change)) return change;
  return (await site.store.commit(change)).ok ? 'done' : refusedNow;
}

async function press(
  site: Site,
  visit: Visit,
  work: (asking: Asking) => Promise<'done' | 'absent' | Refusal>,
): Promise<Pressed> {
  const { viewer, request } = visit;
  const id = String(request.params.id);
  const reason = reasonIn(request.body);
  const done = isRefusal(reason) ? reason : await work({ site, actor: viewer.actor, id, reason });
  if (done === 'absent') return 'absent';
  if (done === 'done') return { location: `/admin/deliveries/${id}?done=yes` };
  return { text: sentences(done, viewer), status: httpStatus(done) };
}

/** Does one thing to a delivery, when that fits how it stands. */
export function actOnOne(asking: Asking, asked: string): Promise<'done' | 'absent' | Refusal> {
  return doTo(asking, (one, at) => {
    const action = actionsOf(one).find((name) => name === asked);
    if (!action) return refusedNow;
    const { event, move } = moves[action];
    return changeOf(one, asking.actor, at, event, move(one.id), asking.reason);
  });
}

/** Does what the button said, with the reason that was typed. */
export const actOn = (site: Site, visit: Visit): Promise<Pressed> =>
  press(site, visit, (asking) => actOnOne(asking, field(visit.request.body, 'action')));

/** The button of the list: tries again what waits, at once. Tapped twice, or meanwhile sent: there is nothing left to try. */
export async function retryFromList(site: Site, visit: Visit, back: string): Promise<void> {
  const { actor } = visit.viewer;
  const id = String(visit.request.params.id);
  const outcome = await decide(
    site,
    actor,
    async () => (/^\d{1,18}$/.test(id) ? readDelivery(site.store, id) : undefined),
    (one, acting) =>
      (one.state === 'held' || one.state === 'pending') && one.reason === null
        ? changeOf(one, actor, acting.now.toISOString(), 'delivery-retried', { to: 'retry', id })
        : undefined,
  );
  if (outcome === 'absent') return sendNotFound(visit);
  const done = isRefusal(outcome) ? 'busy' : `retried&of=${id}`;
  visit.response.redirect(303, `${back}${back.includes('?') ? '&' : '?'}done=${done}`);
}

/** The channels of a practice that a delivery does not go by now. */
export function otherWays(one: ListedDelivery, practice: Practice): readonly PracticeEndpoint[] {
  const now = channelAt(practice, one.destination);
  return practice.channels.filter((channel) => channel.id !== now?.id);
}

/** Whether correcting the address can help: it waits, and nobody set it aside. */
export const mayEditAddress = (one: ListedDelivery): boolean =>
  one.kind === 'feedback' && (one.state === 'held' || one.state === 'pending') && one.reason === null;

/** Gives up one way and goes on by another, in one commit; the same choice twice is the same message. */
export function reassignTo(asking: Asking, asked: string): Promise<'done' | 'absent' | Refusal> {
  const { site, actor, reason } = asking;
  return doTo(asking, async (one, at) => {
    const practice = (await site.directory()).practices.get(one.practice);
    const way = practice && otherWays(one, practice).find((channel) => channel.id === asked);
    if (!practice || !way || one.kind !== 'feedback' || !one.documentId) return refusedNow;
    const move: DeliveryMove = { to: 'abandoned', id: one.id, reason: 'reassigned' };
    return {
      ...changeOf(one, actor, at, 'delivery-reassigned', move, reason),
      outbox: [
        {
          messageId: derivedId(one.messageId, way.id),
          kind: 'feedback',
          destination: destinationOf(practice, way),
          recipient: one.recipient,
          document: { type: 'Communication', id: one.documentId },
        },
      ],
    };
  });
}

export const reassign = (site: Site, visit: Visit): Promise<Pressed> =>
  press(site, visit, (asking) => reassignTo(asking, field(visit.request.body, 'way')));

/** Corrects the address of the connection and tries again, in one commit: the try cannot go to the old one. */
export function correctAddress(asking: Asking, address: string): Promise<'done' | 'absent' | Refusal> {
  const { site, actor, reason } = asking;
  return doTo(asking, async (one, at) => {
    const directory = await site.directory();
    const practice = directory.practices.get(one.practice);
    const channel = practice && channelAt(practice, one.destination);
    const book = { versions: await readDirectoryNewest(site.store) };
    const stored = channel && resourcesOf(book, 'endpoints', channel.id);
    if (!channel || !stored || !mayEditAddress(one)) return refusedNow;
    const today = localDay(site.store.clock());
    const fields = { ...fieldsOf(book, stored, today), address };
    const { resources } = readThing('endpoints', { book, id: channel.id, fields, stored, today });
    const { revision } = directory;
    const proposed = resources.map((resource) => ({ resource, place: '' }));
    const decided = decideDirectory({ proposed, newest: book.versions, revision, at, validFrom: at, actor });
    if (isRefusal(decided)) return decided;
    const change = changeOf(one, actor, at, 'delivery-retried', { to: 'retry', id: one.id }, reason);
    return {
      ...change,
      expected: { directoryRevision: directory.revision },
      directory: resources.map((resource) => ({ resource, validFrom: at })),
      audit: [...change.audit, adminLine(actor, at, 'directory-changed', { object: `Endpoint/${channel.id}`, reason })],
    };
  });
}

export const editAddress = (site: Site, visit: Visit): Promise<Pressed> =>
  press(site, visit, (asking) => correctAddress(asking, field(visit.request.body, 'address')));
