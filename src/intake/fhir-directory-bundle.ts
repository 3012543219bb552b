import type { Bundle, BundleEntry, Resource } from '@medplum/fhirtypes';
import type { Request, Response } from 'express';
import type { Proposed } from '../referral/directory-change.ts';
import { isRefusal, issue, type Refusal, refuse } from '../referral/refusal.ts';
import type { Taken } from '../store/take-directory.ts';
import { directoryStatus, isOfDirectory, recorded, takeProposed, versionAfter } from './fhir-directory.ts';
import { send } from './fhir-reply.ts';
import type { FhirDoor } from './fhir-take.ts';
import { versionRequired, wrongId } from './fhir-update.ts';
import { callerOf, refuseAccess, sendRefusal } from './practice-key.ts';

const partsOf = (entry: BundleEntry) => {
  const [type = '', id, ...more] = (entry.request?.url ?? '').replace(/^\//, '').split('/');
  return { method: entry.request?.method, type, id, more };
};

/** Whether a transaction changes the directory and does nothing else: its referral would not begin with an Organization. */
export function isDirectoryBundle(bundle: Bundle): boolean {
  const entries: readonly BundleEntry[] = Array.isArray(bundle.entry) ? bundle.entry : [];
  return (
    bundle.type === 'transaction' &&
    entries.length > 0 &&
    entries.every((one) => {
      const { method, type } = partsOf(one);
      return (method === 'PUT' || method === 'POST') && isOfDirectory(type);
    })
  );
}

interface Entry {
  readonly name: string;
  readonly resource: Resource;
  readonly place: string;
  readonly ifMatch: string | undefined;
}

/** The ids that a transaction gives out, and references by `fullUrl` as references to them (http.html#trules). */
function entriesOf(bundle: Bundle, newId: () => string): Entry[] | Refusal {
  const entries = bundle.entry ?? [];
  const named = entries.map((entry, nth) => {
    const { method, type, id, more } = partsOf(entry);
    const place = `Bundle.entry[${nth}]`;
    const isRight =
      (method === 'PUT' ? id !== undefined && more.length === 0 : id === undefined) &&
      entry.resource?.resourceType === type;
    return { entry, place, isRight, type, id: id ?? newId() };
  });
  const wrong = named.flatMap(({ entry, place, isRight, id }) => {
    if (isRight) return (method(entry) === 'PUT' && entry.resource && wrongId(entry.resource, id)?.refused) || [];
    return [
      issue('value', 'entry-request', `${place}.request`, {
        nl: 'Gebruik PUT met soort en id, of POST met de soort, van wat in resource staat.',
        en: 'Use PUT with type and id, or POST with the type, of what stands in resource.',
      }),
    ];
  });
  if (wrong.length > 0) return refuse(...wrong);
  const names = new Map(
    named.flatMap(({ entry, type, id }) => (entry.fullUrl ? [[entry.fullUrl, `${type}/${id}`]] : [])),
  );
  const pointed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(pointed);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [
        key,
        key === 'reference' && typeof one === 'string' ? (names.get(one) ?? one) : pointed(one),
      ]),
    );
  };
  return named.map(({ entry, place, type, id }) => ({
    name: `${type}/${id}`,
    resource: { ...(pointed(entry.resource) as Resource), id },
    place: `${place}.resource`,
    ifMatch: entry.request?.ifMatch,
  }));
}

const method = (entry: BundleEntry) => entry.request?.method;

function proposedOf(entries: readonly Entry[], before: Taken['before']): Proposed[] | Refusal {
  const unread = entries.filter((one) => before.has(one.name) && !one.ifMatch && !one.resource.meta?.versionId);
  if (unread.length > 0)
    return refuse(...unread.flatMap((one) => versionRequired().refused.map((each) => ({ ...each, path: one.place }))));
  return entries.map(({ name, resource, place, ifMatch }) => {
    const said =
      ifMatch === undefined ? resource.meta?.versionId : (/^(?:W\/)?"(\d{1,9})"$/.exec(ifMatch)?.[1] ?? '-1');
    return { resource: recorded(resource, before), place, expected: before.has(name) || ifMatch ? Number(said) : 0 };
  });
}

/** A transaction of directory resources: one change of the directory, all or nothing, under one set of rules. */
export async function takeDirectoryBundle(
  parts: FhirDoor,
  request: Request,
  response: Response,
  bundle: Bundle,
): Promise<void> {
  const caller = callerOf(request);
  const refused = (bundle.entry ?? [])
    .map(partsOf)
    .find(({ type }) => !caller.may(type, 'update') || !caller.may(type, 'create'));
  if (refused) return refuseAccess(parts, request, response, `${refused.type} update`);
  const entries = entriesOf(bundle, parts.store.newId);
  const taken = isRefusal(entries)
    ? entries
    : await takeProposed(parts, request, (before) => proposedOf(entries, before));
  if (isRefusal(entries) || isRefusal(taken)) {
    const refusal = isRefusal(entries) ? entries : (taken as Refusal);
    return sendRefusal(request, response, refusal, directoryStatus(refusal));
  }
  send(response, 200, {
    resourceType: 'Bundle',
    type: 'transaction-response',
    entry: entries.map(({ name }) => ({
      response: {
        status: taken.before.has(name) ? '200 OK' : '201 Created',
        location: `${parts.publicUrl}/fhir/R4/${name}/_history/${versionAfter(taken, name)}`,
        etag: `W/"${versionAfter(taken, name)}"`,
      },
    })),
  });
}
