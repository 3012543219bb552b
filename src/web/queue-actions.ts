import { derivedId } from '../fhir/derived-id.ts';
import type { Said } from '../fhir/outcome.ts';
import type { Actor } from '../referral/actor.ts';
import type { Change } from '../referral/change.ts';
import { channelAt, destinationOf } from '../referral/channels.ts';
import { localDay } from '../referral/deadlines.ts';
import type { DeliveryMove } from '../referral/delivery-move.ts';
import type { Practice, PracticeEndpoint } from '../referral/directory.ts';
import { decideDirectory } from '../referral/directory-change.ts';
import type { BulkAction } from '../referral/queue-move.ts';
import { httpStatus, isRefusal, issue, type Refusal, refuse } from '../referral/refusal.ts';
import { type ListedDelivery, readDelivery } from '../store/deliveries.ts';
import { readDirectoryNewest } from '../store/directory.ts';
import { decide, field, sendNotFound, sentences, type Visit } from './acting.ts';
import { readThing } from './directory-read.ts';
import { fieldsOf, resourcesOf } from './directory-things.ts';
import { adminLine, reasonIn } from './queue-reason.ts';
import type { Site } from './site.ts';

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

async function press(
  site: Site,
  visit: Visit,
  decider: (one: ListedDelivery, at: string) => Promise<Change | Refusal> | Change | Refusal,
): Promise<Pressed> {
  const id = String(visit.request.params.id);
  const one = /^\d{1,18}$/.test(id) ? await readDelivery(site.store, id) : undefined;
  if (!one) return 'absent';
  const change = await decider(one, site.store.clock().toISOString());
  const refusal = isRefusal(change) ? change : (await site.store.commit(change)).ok ? undefined : refusedNow;
  if (!refusal) return { location: `/admin/deliveries/${id}?done=yes` };
  return { text: sentences(refusal, visit.viewer), status: httpStatus(refusal) };
}

/** Does what the button said, with the reason that was typed. */
export function actOn(site: Site, visit: Visit): Promise<Pressed> {
  return press(site, visit, (one, at) => {
    const action = actionsOf(one).find((name) => name === field(visit.request.body, 'action'));
    const reason = reasonIn(visit.request.body);
    if (isRefusal(reason)) return reason;
    if (!action) return refusedNow;
    const { event, move } = moves[action];
    return changeOf(one, visit.viewer.actor, at, event, move(one.id), reason);
  });
}

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
export function reassign(site: Site, visit: Visit): Promise<Pressed> {
  return press(site, visit, async (one, at) => {
    const reason = reasonIn(visit.request.body);
    if (isRefusal(reason)) return reason;
    const practice = (await site.directory()).practices.get(one.practice);
    const way = practice && otherWays(one, practice).find((channel) => channel.id === field(visit.request.body, 'way'));
    if (!practice || !way || one.kind !== 'feedback' || !one.documentId) return refusedNow;
    const move: DeliveryMove = { to: 'abandoned', id: one.id, reason: 'reassigned' };
    return {
      ...changeOf(one, visit.viewer.actor, at, 'delivery-reassigned', move, reason),
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

/** Corrects the address of the connection and tries again, in one commit: the try cannot go to the old one. */
export function editAddress(site: Site, visit: Visit): Promise<Pressed> {
  return press(site, visit, async (one, at) => {
    const reason = reasonIn(visit.request.body);
    if (isRefusal(reason)) return reason;
    const directory = await site.directory();
    const practice = directory.practices.get(one.practice);
    const channel = practice && channelAt(practice, one.destination);
    const book = { versions: await readDirectoryNewest(site.store) };
    const stored = channel && resourcesOf(book, 'endpoints', channel.id);
    if (!channel || !stored || !mayEditAddress(one)) return refusedNow;
    const today = localDay(site.store.clock());
    const fields = { ...fieldsOf(book, stored, today), address: field(visit.request.body, 'address') };
    const { resources } = readThing('endpoints', { book, id: channel.id, fields, stored, today });
    const { actor } = visit.viewer;
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
