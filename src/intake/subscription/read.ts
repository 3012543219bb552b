import type { Subscription as FhirSubscription } from '@medplum/fhirtypes';
import type { Issue } from '../../fhir/outcome.ts';
import { readSearch, type SearchQuery } from '../../fhir/search-query.ts';
import { payloadContent } from '../../fhir/subscription-status.ts';
import { issue, type Refusal, refusals, refuse } from '../../referral/refusal.ts';
import { type FollowedType, followedTypes, type SubscriptionEntry } from '../../referral/subscription-move.ts';
import type { Subscription } from '../../store/subscriptions.ts';
import { pairsOf } from '../fhir/search.ts';
import { isRouted } from '../fhir/table.ts';
import type { Caller } from '../practice-key.ts';

/** `status` of the JSON, with the extension that R4 writes beside a primitive. */
type Written = FhirSubscription & {
  channel?: { _payload?: { extension?: { url?: string; valueCode?: string }[] } };
};

/** The search in a subscription's criteria, as this caller may ask it; what is wrong with it otherwise. */
export function criteriaOf(
  caller: Caller,
  criteria: string,
): { readonly type: FollowedType; readonly query: SearchQuery } | Issue[] {
  const [name = ''] = criteria.split('?');
  const type = followedTypes.find((one) => one === name);
  if (!type)
    return [
      issue('business-rule', 'subscription-criteria', 'Subscription.criteria', {
        nl: 'U kunt bericht krijgen over Task, Communication en ServiceRequest. Schrijf bijvoorbeeld Task?status=requested.',
        en: 'You can be told of Task, Communication and ServiceRequest. Write for example Task?status=requested.',
      }),
    ];
  const may = (one: string) => isRouted(one, 'search-type') && caller.may(one, 'search-type');
  const { query, errors } = readSearch({ type, pairs: pairsOf(criteria), via: 'address', strict: true, may });
  const placed = errors.map((one) => ({ ...one, path: 'Subscription.criteria' }));
  // A search for what is new would be true of everything that is told.
  if (query.filters.some((one) => one.kind === 'changed') || query.includes.length + query.revincludes.length > 0)
    placed.push(
      issue('business-rule', 'subscription-criteria', 'Subscription.criteria', {
        nl: 'Laat _lastUpdated, _include en _revinclude weg: u krijgt alleen bericht dat iets is veranderd.',
        en: 'Leave out _lastUpdated, _include and _revinclude: you are told only that something changed.',
      }),
    );
  if (!caller.may(type, 'read')) placed.push({ ...refusals.notAllowed(), path: 'Subscription.criteria' });
  return placed.length > 0 ? placed : { type, query };
}

/** Only hosts that an administrator listed, over TLS; plain HTTP reaches no further than this machine (SSRF). */
function endpointIssues(endpoint: string, hosts: ReadonlySet<string>): Issue[] {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isLocal = url?.hostname === '127.0.0.1' || url?.hostname === 'localhost';
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal);
  if (!url || !isSafe || url.username !== '' || url.password !== '')
    return [
      issue('business-rule', 'subscription-endpoint', 'Subscription.channel.endpoint', {
        nl: 'Geef een adres dat met https begint, zonder naam en wachtwoord erin.',
        en: 'Give an address that begins with https, without a name and password in it.',
      }),
    ];
  if (hosts.has(url.host)) return [];
  return [
    issue('business-rule', 'host-not-allowed', 'Subscription.channel.endpoint', {
      nl: 'Naar dit adres sturen wij niets. Vraag de beheerder van uw regio om het toe te staan.',
      en: 'We send nothing to this address. Ask the administrator of your region to allow it.',
    }),
  ];
}

const ours =
  /^(?:host|connection|content-\w+|transfer-encoding|te|upgrade|expect|trailer|x-subscription|x-event-\w+)$/i;

function headerIssues(headers: readonly string[]): Issue[] {
  return headers.flatMap((one, nth) => {
    const name = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}):[\t ]*[\x20-\x7e]{0,4000}$/.exec(one)?.[1];
    if (name !== undefined && !ours.test(name) && nth < 10) return [];
    return [
      issue('business-rule', 'subscription-header', `Subscription.channel.header[${nth}]`, {
        nl: 'Deze header kunnen wij niet meesturen. Schrijf naam: waarde, hooguit tien.',
        en: 'We cannot send this header along. Write name: value, ten at most.',
      }),
    ];
  });
}

function payloadIssues({ payload, _payload }: NonNullable<Written['channel']>): Issue[] {
  const content = _payload?.extension?.find((one) => one.url === payloadContent)?.valueCode;
  if (payload === undefined || (/^application\/(?:fhir\+)?json$/.test(payload) && content === 'id-only')) return [];
  return [
    issue('business-rule', 'subscription-payload', 'Subscription.channel.payload', {
      nl: 'Wij sturen geen inhoud mee. Laat payload weg, of vraag application/fhir+json met backport-payload-content id-only.',
      en: 'We send no content along. Leave out payload, or ask for application/fhir+json with backport-payload-content id-only.',
    }),
  ];
}

/** A Subscription as it was sent → what it asks; every issue at once otherwise. `known`: what it replaces. */
export function readAsked(
  caller: Caller,
  resource: FhirSubscription,
  hosts: ReadonlySet<string>,
  now: Date,
  known?: Subscription,
): { readonly type: FollowedType; readonly entry: SubscriptionEntry } | Refusal {
  const { channel, criteria, reason, end } = resource as Written;
  const asked = criteriaOf(caller, criteria);
  const endpoint = channel.endpoint ?? '';
  const issues = [
    ...(Array.isArray(asked) ? asked : []),
    ...(channel.type === 'rest-hook'
      ? []
      : [
          issue('business-rule', 'subscription-channel', 'Subscription.channel.type', {
            nl: 'Wij kunnen alleen rest-hook.',
            en: 'We can do rest-hook only.',
          }),
        ]),
    ...endpointIssues(endpoint, hosts),
    ...headerIssues(channel.header ?? []),
    ...payloadIssues(channel),
    ...(end !== undefined && !(Date.parse(end) > now.getTime())
      ? [
          issue('business-rule', 'subscription-end', 'Subscription.end', {
            nl: 'Dit moment is al voorbij.',
            en: 'This moment has passed.',
          }),
        ]
      : []),
  ];
  if (issues.length > 0 || Array.isArray(asked)) return refuse(...issues);
  // We do not show headers, so whoever sends back what was read keeps them; to another address they never go.
  const kept = known?.endpoint === endpoint ? known.headers : [];
  return {
    type: asked.type,
    entry: {
      criteria,
      endpoint,
      headers: channel.header ?? kept,
      idOnly: channel.payload !== undefined,
      reason,
      ...(end !== undefined && { endsAt: end }),
    },
  };
}

/** A subscription as its system reads it: without its headers, which are secrets. */
export function toResource(one: Subscription): FhirSubscription & { id: string } {
  const channel = {
    type: 'rest-hook' as const,
    endpoint: one.endpoint,
    ...(one.idOnly && {
      payload: 'application/fhir+json',
      _payload: { extension: [{ url: payloadContent, valueCode: 'id-only' }] },
    }),
  };
  return {
    resourceType: 'Subscription',
    id: one.id,
    status: one.status,
    ...(one.endsAt && { end: one.endsAt }),
    reason: one.reason,
    criteria: one.criteria,
    ...(one.error && { error: one.error }),
    channel,
  };
}
