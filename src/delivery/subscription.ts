import { subscriptionStatus, type Told } from '../fhir/subscription-status.ts';
import { byTheLine } from '../referral/audit-line.ts';
import type { Change } from '../referral/change.ts';
import { type Directory, teamLeads } from '../referral/directory/directory.ts';
import type { OutboxRow } from '../referral/outbox-row.ts';
import type { FollowedType } from '../referral/subscription-move.ts';
import { readClient } from '../store/access/clients.ts';
import type { Claimed } from '../store/outbox/outbox.ts';
import type { Store } from '../store/store.ts';
import { readSubscription, readSubscriptionEvents, type Subscription } from '../store/subscriptions.ts';
import type { Parcel } from './connector.ts';
import { Failure } from './failure.ts';

/** What it takes to tell a system that something changed. */
export interface Telling {
  /** Our FHIR base, ending in /fhir/R4. */
  readonly base: string;
  /** Whether the system may still see what a number was about: asked at each sending. */
  readonly mayTell: (one: Subscription, type: FollowedType, id: string) => Promise<boolean>;
}

async function told(store: Store, telling: Telling, one: Subscription, number: number): Promise<Told[]> {
  const events = await readSubscriptionEvents(store, one.id, number, number, 1);
  return Promise.all(
    events.map(async ({ at, type, resource }) => ({
      number,
      at,
      ...((await telling.mayTell(one, type, resource)) && { focus: `${type}/${resource}` }),
    })),
  );
}

/**
 * One notice: a number, and ids where they were asked for; nothing of what changed. 0 is the handshake. What its system may
 * not see any more keeps its number, so that none is missed, and says nothing else.
 */
export async function packNotice(store: Store, telling: Telling, claimed: Claimed): Promise<Parcel> {
  const one = await readSubscription(store, claimed.recipient);
  const number = claimed.assignment ?? 0;
  if (!one || one.status === 'off' || one.status === 'error') throw new Failure('permanent', 'no-address');
  const type = number === 0 ? 'handshake' : 'event-notification';
  const status = { ...one, ...(number > 0 && { events: number }) };
  const bundle = one.idOnly
    ? subscriptionStatus(
        telling.base,
        status,
        type,
        number === 0 ? [] : await told(store, telling, one, number),
        claimed.messageId,
      )
    : undefined;
  const given = one.headers.map((header): [string, string] => {
    const at = header.indexOf(':');
    return [header.slice(0, at), header.slice(at + 1).trim()];
  });
  const headers = {
    ...Object.fromEntries(given),
    'x-subscription': one.id,
    'x-event-type': type,
    'x-event-number': String(number),
  };
  return {
    messageId: claimed.messageId,
    kind: claimed.kind,
    ambiguous: claimed.ambiguous,
    address: one.endpoint,
    notice: { headers, ...(bundle && { bundle }) },
  };
}

/** What a yes to a notice makes true: of a handshake, that the subscription works. */
export function answeredChange(claimed: Claimed): Pick<Change, 'subscription'> {
  if (claimed.assignment !== 0) return {};
  return { subscription: { to: 'active', id: claimed.recipient, handshake: claimed.messageId } };
}

/** The people of whoever's system it is: a practice, a Wally, or the leads of a team. */
async function contacts(store: Store, directory: Directory, one: Subscription): Promise<string[]> {
  if (one.practice !== '') return directory.practices.get(one.practice)?.email ? [one.practice] : [];
  const { kind, party = '' } = (await readClient(store, one.client)) ?? {};
  const roles = kind === 'team' ? teamLeads(directory, party) : [directory.roles.get(party)];
  return roles.flatMap((role) => (role?.email ? [role.id] : []));
}

/** Nobody answers there, for a week or for good: it stops, says so in its status and to whoever's system it is. */
export async function stoppedChange(
  store: Store,
  directory: Directory,
  claimed: Claimed,
  code: string,
): Promise<Change> {
  const at = store.clock().toISOString();
  const one = await readSubscription(store, claimed.recipient);
  // One that was turned off while this was under way stops without a word.
  const people = one?.status === 'active' || one?.status === 'requested' ? await contacts(store, directory, one) : [];
  return {
    scope: { practice: claimed.practice },
    journey: claimed.journey,
    subscription: { to: 'error', id: claimed.recipient, code },
    deliveries: [
      { to: 'abandoned', id: claimed.id, lease: claimed.lease, reason: 'subscription-stopped', code },
      { to: 'abandon-all', kinds: ['subscription'], reason: 'subscription-stopped' },
    ],
    outbox: people.map(
      (recipient): OutboxRow => ({ messageId: store.newId(), kind: 'subscription', destination: 'mail', recipient }),
    ),
    audit: [
      byTheLine('subscription-stopped', at, { outcome: 'failed', object: `Subscription/${claimed.recipient}`, code }),
    ],
  };
}
