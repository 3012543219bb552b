import type { Bundle, BundleEntry, Parameters, ParametersParameter } from '@medplum/fhirtypes';

/** One number that is told; `focus` is left out where its reader may not see it (any more). */
export interface Told {
  readonly number: number;
  readonly at: string;
  readonly focus?: string;
}

/** The way of R4 to say that no content is wanted beside ids (Subscriptions R5 Backport, payload-content). */
export const payloadContent =
  'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content';
const profile = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-status-r4';

/** What is told of a subscription itself. */
interface Standing {
  readonly id: string;
  readonly status: string;
  readonly events: number;
}

/** How a subscription stands, as Parameters in the form of Subscriptions R5 Backport for R4. `base` is ours, ending in /fhir/R4. */
function statusOf(
  base: string,
  subscription: Standing,
  type: 'handshake' | 'event-notification' | 'query-event' | 'query-status',
  told: readonly Told[],
  id: string,
): Parameters {
  const parameter: ParametersParameter[] = [
    { name: 'subscription', valueReference: { reference: `${base}/Subscription/${subscription.id}` } },
    { name: 'status', valueCode: subscription.status },
    { name: 'type', valueCode: type },
    { name: 'eventsSinceSubscriptionStart', valueString: String(subscription.events) },
    ...told.map(({ number, at, focus }) => ({
      name: 'notificationEvent',
      part: [
        { name: 'eventNumber', valueString: String(number) },
        { name: 'timestamp', valueInstant: at },
        ...(focus === undefined ? [] : [{ name: 'focus', valueReference: { reference: `${base}/${focus}` } }]),
      ],
    })),
  ];
  return { resourceType: 'Parameters', id, meta: { profile: [profile] }, parameter };
}

/** What `$status` answers (Subscriptions R5 Backport): how it stands, as the one match of a searchset. */
export const subscriptionStanding = (base: string, subscription: Standing, id: string): Bundle => ({
  resourceType: 'Bundle',
  type: 'searchset',
  total: 1,
  entry: [
    {
      fullUrl: `urn:uuid:${id}`,
      resource: statusOf(base, subscription, 'query-status', [], id),
      search: { mode: 'match' },
    },
  ],
});

/**
 * What a subscription tells: a Bundle of type history that begins with how it stands. Ids only: what changed is read at its
 * own address.
 */
export function subscriptionStatus(
  base: string,
  subscription: Standing,
  type: 'handshake' | 'event-notification' | 'query-event',
  told: readonly Told[],
  id: string,
): Bundle {
  const status = statusOf(base, subscription, type, told, id);
  const focuses = [...new Set(told.flatMap(({ focus }) => focus ?? []))];
  const request = (url: string) => ({ request: { method: 'GET' as const, url }, response: { status: '200' } });
  const entry: BundleEntry[] = [
    { fullUrl: `urn:uuid:${id}`, resource: status, ...request(`Subscription/${subscription.id}/$status`) },
    ...focuses.map((focus) => ({ fullUrl: `${base}/${focus}`, ...request(focus) })),
  ];
  return { resourceType: 'Bundle', type: 'history', entry };
}
