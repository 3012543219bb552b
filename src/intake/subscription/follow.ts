import { standingCaller } from '../../identity/standing-caller.ts';
import type { Log } from '../../log.ts';
import { byTheLine } from '../../referral/audit-line.ts';
import type { Change } from '../../referral/change.ts';
import type { OutboxRow } from '../../referral/outbox-row.ts';
import type { FollowedType, SubscriptionEvent } from '../../referral/subscription-move.ts';
import { changesAfter, numberChanges, type ResourceChange } from '../../store/changes.ts';
import {
  consentedAmong,
  idsInJourneys,
  openSubscriptions,
  type Subscription,
  subscriptionDestination,
} from '../../store/subscriptions.ts';
import { type Finding, find, type Item } from '../fhir/find.ts';
import { isReceiver } from '../fhir/seen.ts';
import type { Caller } from '../practice-key.ts';
import { criteriaOf } from './read.ts';

export interface Following extends Finding {
  readonly log: Log;
}

/** This many changes are looked at in one step: what is told of them is one commit. */
const stepMax = 200;

/** The Change that ends a subscription, with everything that was still to be told. */
export function endedChange(one: Pick<Subscription, 'id' | 'practice'>, at: string, why: string): Change {
  return {
    scope: { practice: one.practice },
    journey: one.id,
    subscription: { to: 'off', id: one.id },
    deliveries: [{ to: 'abandon-all', kinds: ['subscription'], reason: 'subscription-off' }],
    audit: [byTheLine('subscription-off', at, { object: `Subscription/${one.id}`, code: why })],
  };
}

/** Of some resources those that this system sees now and its criteria ask for. Without a consent in force a receiver is told
 * of the Task alone: that it ended must reach who works on it (H10). */
async function seen(following: Following, caller: Caller, one: Subscription, ids: readonly string[]): Promise<Item[]> {
  const asked = criteriaOf(caller, one.criteria);
  if (Array.isArray(asked) || ids.length === 0) return [];
  const filters = [...asked.query.filters, { kind: 'id' as const, any: ids }];
  const { items } = await find(following, caller, { ...asked.query, filters, count: ids.length, summary: 'false' });
  if (asked.type === 'Task' || !isReceiver(caller.scope)) return [...items];
  const consented = await consentedAmong(
    following.store,
    items.flatMap(({ journey }) => journey ?? []),
  );
  return items.filter(({ journey }) => journey !== undefined && consented.has(journey));
}

/** Ids of what changed, each with its last moment here, in the order in which it changed. */
async function changedIds(following: Following, one: Subscription, changes: readonly ResourceChange[]) {
  const shown = changes.filter(({ version }) => version < 0);
  const inShown = await idsInJourneys(
    following.store,
    shown.map(({ journey }) => journey),
    one.type,
  );
  const last = new Map<string, Date>();
  for (const { type, id, version, journey, changedAt } of changes) {
    const ids =
      version >= 0
        ? type === one.type
          ? [id]
          : []
        : [...inShown].filter(([, at]) => at === journey).map(([each]) => each);
    for (const each of ids) {
      last.delete(each);
      last.set(each, changedAt);
    }
  }
  return last;
}

/** One step of one subscription: looks at what changed and gives a number to each thing it must be told of. */
async function step(following: Following, one: Subscription, caller: Caller): Promise<number> {
  const { store } = following;
  const changes = await changesAfter(store, one.followed, [...new Set([one.type, 'Task'])], stepMax);
  const upTo = changes.at(-1)?.seq;
  if (upTo === undefined) return 0;
  // That it was delivered is news to its receiver only.
  const news = changes.filter(({ version }) => version >= 0 || isReceiver(caller.scope));
  const changed = await changedIds(following, one, news);
  const there = new Set((await seen(following, caller, one, [...changed.keys()])).map(({ resource }) => resource.id));
  const events = [...changed]
    .filter(([id]) => there.has(id))
    .map(
      ([resource, at], nth): SubscriptionEvent => ({
        number: one.events + nth + 1,
        type: one.type,
        resource,
        at: at.toISOString(),
      }),
    );
  const now = store.clock().toISOString();
  const done = await store.commit({
    scope: { practice: one.practice },
    journey: one.id,
    subscription: { to: 'followed', id: one.id, from: one.followed, upTo, events },
    outbox: events.map(
      ({ number }): OutboxRow => ({
        messageId: store.newId(),
        kind: 'subscription',
        destination: subscriptionDestination(one.id),
        recipient: one.id,
        assignment: number,
      }),
    ),
    audit: events.map(({ type, resource }) =>
      byTheLine('subscription-told', now, { object: `${type}/${resource}`, code: one.client }),
    ),
  });
  return done.ok ? events.length : 0;
}

/**
 * Tells systems what changed: numbers without gaps, in the order of the changes, each in the commit with its notice. Who may
 * not knock any more, or asked for an end, is told nothing further. Gives how many notices there are. Safe in several processes.
 */
export async function followSubscriptions(following: Following): Promise<number> {
  const { store, log } = following;
  const open = await openSubscriptions(store);
  if (open.length === 0) return 0;
  await numberChanges(store);
  const directory = await following.directory();
  let told = 0;
  for (const one of open) {
    try {
      const caller = await standingCaller(store, directory, one.client, one.practice);
      const now = store.clock();
      if (one.endsAt && Date.parse(one.endsAt) <= now.getTime())
        await store.commit(endedChange(one, now.toISOString(), 'end'));
      else if (!caller?.may(one.type, 'read')) await store.commit(endedChange(one, now.toISOString(), 'not-allowed'));
      else if (one.status === 'active') told += await step(following, one, caller);
    } catch (error) {
      log.bug('subscription-not-followed', error, { code: one.id });
    }
  }
  return told;
}

/** Whether the system of a subscription may still be told which resource a number was about. */
export function tellable(
  following: Following,
): (one: Subscription, type: FollowedType, id: string) => Promise<boolean> {
  return async (one, type, id) => {
    const caller = await standingCaller(following.store, await following.directory(), one.client, one.practice);
    if (!caller?.may(type, 'read')) return false;
    return (await seen(following, caller, one, [id])).length > 0;
  };
}
