import type { Subscription as FhirSubscription, Resource } from '@medplum/fhirtypes';
import type { Request, Response, Router } from 'express';
import { indexed, matches } from '../../fhir/search-match.ts';
import { readSearch } from '../../fhir/search-query.ts';
import { subscriptionStanding, subscriptionStatus } from '../../fhir/subscription-status.ts';
import { validateBaseR4 } from '../../fhir/validate.ts';
import { purposeOf } from '../../identity/access.ts';
import type { AuditLine, Change } from '../../referral/change.ts';
import { isRefusal, issue, type Refusal, refusals, refuse } from '../../referral/refusal.ts';
import {
  listSubscriptions,
  readSubscription,
  readSubscriptionEvents,
  type Subscription,
  sealSubscription,
  subscriptionDestination,
} from '../../store/subscriptions.ts';
import { fhirBody } from '../fhir/body.ts';
import { patched, readPatch } from '../fhir/patch.ts';
import { noSuch, send, sendVersion, withMeta } from '../fhir/reply.ts';
import { bodyPairs, notAForm, pairsOf, type Searching } from '../fhir/search.ts';
import type { FhirDoor } from '../fhir/take.ts';
import { updateStatus, versionRead, wrongId } from '../fhir/update.ts';
import { callerOf, sendRefusal } from '../practice-key.ts';
import { otherVersion } from '../update.ts';
import { endedChange, tellable } from './follow.ts';
import { readAsked, toResource } from './read.ts';

type Door = FhirDoor & Searching;

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const openMax = 20;
const eventsMax = 200;

/** The subscription of an address, when it is the caller's own. */
async function ownAt(parts: Door, request: Request): Promise<Subscription | Refusal> {
  const id = String(request.params.id);
  const { application, practice = '' } = callerOf(request);
  const found = uuid.test(id) ? await readSubscription(parts.store, id) : undefined;
  return found && found.client === application && found.practice === practice ? found : noSuch();
}

function readBody(request: Request): FhirSubscription | Refusal {
  const body = fhirBody(request);
  if (isRefusal(body)) return body;
  if (body.resourceType !== 'Subscription')
    return refuse(
      issue('not-supported', 'other-resource', 'resourceType', {
        nl: 'Op dit adres verwachten wij een Subscription.',
        en: 'At this address we expect a Subscription.',
      }),
    );
  return checked(body);
}

function checked(resource: FhirSubscription): FhirSubscription | Refusal {
  const issues = validateBaseR4(resource).filter((one) => one.severity === 'error');
  return issues.length > 0 ? refuse(...issues) : resource;
}

function lineOf(parts: Door, request: Request, action: AuditLine['action'], id: string): AuditLine {
  const { actor } = callerOf(request);
  const { organization } = actor;
  return {
    event: 'subscription-asked',
    at: parts.store.clock().toISOString(),
    actor: { id: actor.id, role: actor.role, ...(organization && { organization }) },
    action,
    outcome: 'ok',
    object: `Subscription/${id}`,
    purpose: purposeOf(actor.role),
  };
}

/** Asks for it, anew or again: what was still to be told waits for nothing, and a handshake goes out first. */
async function ask(
  parts: Door,
  request: Request,
  resource: FhirSubscription,
  known: Subscription | undefined,
): Promise<Subscription | Refusal> {
  const { store } = parts;
  const caller = callerOf(request);
  const { practice = '', application } = caller;
  const asked = readAsked(caller, resource, parts.outbound ?? new Set(), store.clock(), known);
  if (isRefusal(asked)) return asked;
  const { type, entry } = asked;
  const id = known?.id ?? store.newId();
  const handshake = store.newId();
  const change: Change = {
    scope: { practice },
    journey: id,
    subscription: {
      to: 'requested',
      ...{ id, version: known?.version ?? 0, client: application, type, handshake },
      ...(entry.endsAt && { endsAt: entry.endsAt }),
      sealed: sealSubscription(store, id, entry),
    },
    deliveries: [{ to: 'abandon-all', kinds: ['subscription'], reason: 'subscription-asked-again' }],
    outbox: [
      {
        messageId: handshake,
        kind: 'subscription',
        destination: subscriptionDestination(id),
        recipient: id,
        assignment: 0,
      },
    ],
    audit: [lineOf(parts, request, known ? 'U' : 'C', id)],
  };
  if (!(await store.commit(change)).ok) return refuse(otherVersion);
  return (await readSubscription(store, id)) ?? noSuch();
}

async function turnOff(parts: Door, request: Request, known: Subscription): Promise<Subscription> {
  const change = endedChange(known, parts.store.clock().toISOString(), 'asked');
  await parts.store.commit({ ...change, audit: [...change.audit, lineOf(parts, request, 'D', known.id)] });
  return (await readSubscription(parts.store, known.id)) ?? known;
}

async function create(parts: Door, request: Request): Promise<Subscription | Refusal> {
  const resource = readBody(request);
  if (isRefusal(resource)) return resource;
  const { application, practice = '' } = callerOf(request);
  const own = await listSubscriptions(parts.store, application, practice);
  if (own.filter((one) => one.status !== 'off').length >= openMax)
    return refuse(
      issue('business-rule', 'subscription-too-many', '', {
        nl: `Uw systeem heeft er al ${openMax}. Zet er eerst een uit (status off).`,
        en: `Your system has ${openMax} already. Turn one off first (status off).`,
      }),
    );
  return ask(parts, request, resource, undefined);
}

/** A whole one by PUT, or as a patch leaves it: `off` turns it off, anything else asks for it again. */
async function change(parts: Door, request: Request): Promise<Subscription | Refusal> {
  const known = await ownAt(parts, request);
  if (isRefusal(known)) return known;
  const before = toResource(known);
  const patch = request.method === 'PATCH' ? readPatch(request) : undefined;
  if (isRefusal(patch)) return patch;
  const after = patch ? patched(before, patch) : readBody(request);
  const resource = isRefusal(after) || !patch ? after : checked(after);
  if (isRefusal(resource)) return resource;
  const wrong = wrongId(resource, known.id);
  if (wrong) return wrong;
  const version = versionRead(request, resource);
  if (version !== undefined && version !== known.version) return refuse(otherVersion);
  if (resource.status === 'off') return turnOff(parts, request, known);
  return ask(parts, request, resource, known);
}

async function search(parts: Door, request: Request): Promise<Resource | Refusal> {
  const { application, practice = '' } = callerOf(request);
  const strict = /handling=strict/.test(request.get('prefer') ?? '');
  const via = request.method === 'POST' ? 'body' : 'address';
  const pairs = via === 'body' ? bodyPairs(request) : pairsOf(request.originalUrl);
  if (!pairs) return notAForm();
  const { query, errors } = readSearch({ type: 'Subscription', pairs, via, strict, may: () => false });
  if (errors.length > 0) return refuse(...errors);
  const own = await listSubscriptions(parts.store, application, practice);
  const base = `${parts.publicUrl}/fhir/R4/Subscription`;
  const entry = own.flatMap((one) => {
    const row = indexed(toResource(one), one.changedAt.getTime());
    if (!query.filters.every((filter) => matches(row, filter, []))) return [];
    const resource = withMeta(row.resource, one.version, one.changedAt);
    return [{ fullUrl: `${base}/${one.id}`, resource, search: { mode: 'match' as const } }];
  });
  const said = new URLSearchParams(query.said.map(([name, value]): [string, string] => [name, value])).toString();
  const link = [{ relation: 'self', url: said === '' ? base : `${base}?${said}` }];
  return { resourceType: 'Bundle', type: 'searchset', total: entry.length, link, ...(entry.length > 0 && { entry }) };
}

const numberIn = (value: unknown, otherwise: number): number =>
  typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : otherwise;

/** `$events` (Subscriptions R5 Backport): what was told under some numbers, at most 200 at once, for who missed one. */
async function events(parts: Door, request: Request): Promise<Resource | Refusal> {
  const one = await ownAt(parts, request);
  if (isRefusal(one)) return one;
  if (!callerOf(request).may('Subscription', 'read')) return refuse(refusals.notAllowed());
  const from = numberIn(request.query.eventsSinceNumber, 1);
  const to = numberIn(request.query.eventsUntilNumber, one.events);
  const mayTell = tellable(parts);
  const told = await Promise.all(
    (await readSubscriptionEvents(parts.store, one.id, from, to, eventsMax)).map(
      async ({ number, at, type, resource }) => ({
        number,
        at,
        ...((await mayTell(one, type, resource)) && { focus: `${type}/${resource}` }),
      }),
    ),
  );
  return subscriptionStatus(`${parts.publicUrl}/fhir/R4`, one, 'query-event', told, parts.store.newId());
}

/** `$status` (Subscriptions R5 Backport): how it stands and what its last number was, without asking for what was told. */
async function standing(parts: Door, request: Request): Promise<Resource | Refusal> {
  const one = await ownAt(parts, request);
  if (isRefusal(one)) return one;
  if (!callerOf(request).may('Subscription', 'read')) return refuse(refusals.notAllowed());
  return subscriptionStanding(`${parts.publicUrl}/fhir/R4`, one, parts.store.newId());
}

/** Subscriptions of R4 (subscription.html): asked for, read, changed and turned off by the system whose they are. */
export function mountSubscriptions(router: Router, parts: Door): void {
  const answering =
    (handle: (parts: Door, request: Request) => Promise<Subscription | Refusal>, status: number) =>
    async (request: Request, response: Response) => {
      const one = await handle(parts, request);
      if (isRefusal(one)) return sendRefusal(request, response, one, updateStatus(one));
      response.set('ETag', `W/"${one.version}"`).set('Location', `${parts.publicUrl}/fhir/R4/Subscription/${one.id}`);
      send(response, status, withMeta(toResource(one), one.version, one.changedAt));
    };
  const telling =
    (handle: (parts: Door, request: Request) => Promise<Resource | Refusal>) =>
    async (request: Request, response: Response) => {
      const resource = await handle(parts, request);
      if (isRefusal(resource)) sendRefusal(request, response, resource);
      else send(response, 200, resource);
    };
  router.post('/Subscription', answering(create, 201));
  router.get('/Subscription', telling(search));
  router.post('/Subscription/_search', telling(search));
  router.get('/Subscription/:id', async (request, response) => {
    const one = await ownAt(parts, request);
    if (isRefusal(one)) sendRefusal(request, response, one);
    else sendVersion(request, response, toResource(one), one.version, one.changedAt);
  });
  router.get('/Subscription/:id/\\$events', telling(events));
  router.get('/Subscription/:id/\\$status', telling(standing));
  router.put('/Subscription/:id', answering(change, 200));
  router.patch('/Subscription/:id', answering(change, 200));
  router.delete('/Subscription/:id', async (request, response) => {
    const one = await ownAt(parts, request);
    if (isRefusal(one)) return sendRefusal(request, response, one);
    await turnOff(parts, request, one);
    response.status(204).end();
  });
}
