import type { Bundle } from '@medplum/fhirtypes';
import type { Request, Response } from 'express';
import { spanOf } from '../../fhir/date-range.ts';
import { countMax } from '../../fhir/search-query.ts';
import { refusedSearch } from '../../fhir/search-words.ts';
import { isRefusal, refuse } from '../../referral/refusal.ts';
import { searchAudit } from '../../store/audit-search.ts';
import { numberChanges } from '../../store/changes.ts';
import { readHistory, readSeen } from '../../store/resources.ts';
import { directoryVersions } from '../../store/search/directory.ts';
import { type Caller, callerOf, sendRefusal } from '../practice-key.ts';
import { openPage, sealPage } from './page.ts';
import { mayNot, noSuch, send, sendVersion, withMeta } from './reply.ts';
import { pairsOf, type Searching } from './search.ts';
import { directoryView, seenBy } from './seen.ts';
import { isAuditType, isDirectoryType, isRouted } from './table.ts';
import { noteLooked } from './trail.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const directoryId = /^[A-Za-z0-9.-]{1,64}$/;

interface One {
  readonly resource: Parameters<typeof sendVersion>[2];
  readonly version: number;
  readonly changedAt?: Date | undefined;
  readonly journey?: string;
  readonly practice?: string;
}

async function readOne(
  parts: Searching,
  caller: Caller,
  type: string,
  id: string,
  version: number | undefined,
): Promise<One | undefined> {
  const { store } = parts;
  if (isDirectoryType(type)) {
    if (!directoryId.test(id)) return undefined;
    const newest = (await parts.searchDirectory()).get(`${type}/${id}`);
    const found =
      version === undefined
        ? newest
        : (await directoryVersions(store, type, id)).find((one) => one.version === version);
    return found && { ...found, resource: directoryView(found.resource) };
  }
  if (!uuid.test(id)) return undefined;
  if (isAuditType(type)) {
    const page = { after: undefined, count: 1 };
    const [found] = (await searchAudit(store, caller.scope, [{ kind: 'id', any: [id] }], page)).found;
    return found && { ...found, version: 1 };
  }
  const found = await readSeen(store, caller.scope, type, id, version);
  const [resource] = found ? await seenBy(parts, caller.scope, [found]) : [];
  return found && resource && { ...found, resource };
}

/** One resource that the caller may see, its newest version or the one named; each read is in the audit trail. */
export function readResourceAt(parts: Searching, type: string) {
  return async (request: Request, response: Response): Promise<void> => {
    const caller = callerOf(request);
    const { id = '', version } = request.params as Record<string, string | undefined>;
    if (!caller.may(type, version === undefined ? 'read' : 'vread')) return sendRefusal(request, response, mayNot());
    const isVersion = version === undefined || /^\d{1,9}$/.test(version);
    const wanted = version === undefined ? undefined : Number(version);
    const one = isVersion ? await readOne(parts, caller, type, id, wanted) : undefined;
    if (!one) return sendRefusal(request, response, noSuch());
    const { journey, practice } = one;
    const line = { event: 'resource-read', object: `${type}/${id}` } as const;
    await noteLooked(parts.store, caller, [{ ...line, ...(journey && { journey }), ...(practice && { practice }) }]);
    sendVersion(request, response, one.resource, one.version, one.changedAt);
  };
}

function historyEntry(base: string, { resource, version, changedAt }: One): NonNullable<Bundle['entry']>[number] {
  const url = `${resource.resourceType}/${resource.id}`;
  const isFirst = version === 1;
  return {
    fullUrl: `${base}/${url}`,
    resource: withMeta(resource, version, changedAt),
    request: { method: isFirst ? 'POST' : 'PUT', url: isFirst ? resource.resourceType : url },
    response: {
      status: isFirst ? '201' : '200',
      etag: `W/"${version}"`,
      ...(changedAt && { lastModified: changedAt.toISOString() }),
    },
  };
}

async function historyOf(
  parts: Searching,
  caller: Caller,
  of: Parameters<typeof readHistory>[2],
): Promise<{ readonly versions: readonly One[]; readonly next?: number }> {
  if (isDirectoryType(of.type)) {
    const versions = await directoryVersions(parts.store, of.type, of.id ?? '');
    return { versions: versions.map((one) => ({ ...one, resource: directoryView(one.resource) })) };
  }
  await numberChanges(parts.store);
  const { versions, next } = await readHistory(parts.store, caller.scope, of);
  const seen = await seenBy(parts, caller.scope, versions);
  return {
    versions: versions.flatMap((one, nth) => (seen[nth] ? [{ ...one, resource: seen[nth] }] : [])),
    ...(next !== undefined && { next }),
  };
}

/** What is asked of a history (http.html#history), read from its address; a refusal names the part that cannot be read. */
function askedHistory(parts: Searching, caller: Caller, address: string, pairs: ReadonlyMap<string, string>) {
  const sealed = pairs.get('_page');
  const page = sealed === undefined ? undefined : openPage(parts.store, caller, sealed);
  if (sealed !== undefined && page?.type !== address) return refuse(refusedSearch('search-page', '_page'));
  const since = pairs.get('_since');
  const from = since === undefined ? undefined : spanOf(since)?.[0];
  if (since !== undefined && from === undefined) return refuse(refusedSearch('search-value', '_since'));
  const count = pairs.get('_count') ?? '50';
  if (!/^\d{1,6}$/.test(count)) return refuse(refusedSearch('search-value', '_count'));
  return {
    ...(from !== undefined && { since: new Date(from) }),
    ...(page && { before: Number(page.after[0]) }),
    count: Math.max(1, Math.min(Number(count), countMax)),
  };
}

/** The lines of the trail: that somebody asked, and of whose journeys something was told. */
async function noteHistory(parts: Searching, caller: Caller, address: string, versions: readonly One[]): Promise<void> {
  const journeys = new Map(
    versions.flatMap((one) => (one.journey ? [[one.journey, one.practice ?? ''] as const] : [])),
  );
  await noteLooked(parts.store, caller, [
    { event: 'search', object: address, code: String(versions.length) },
    ...[...journeys].map(([journey, practice]) => ({
      event: 'resource-read' as const,
      object: address,
      journey,
      practice,
    })),
  ]);
}

/** What one resource, or all of a type that the caller may see, have been (http.html#history), newest first. */
export function readHistoryAt(parts: Searching, type: string) {
  return async (request: Request, response: Response): Promise<void> => {
    const caller = callerOf(request);
    const { id } = request.params as Record<string, string | undefined>;
    if (!caller.may(type, id === undefined ? 'history-type' : 'history-instance'))
      return sendRefusal(request, response, mayNot());
    const pairs = new Map(pairsOf(request.url));
    const address = `${type}${id === undefined ? '' : `/${id}`}/_history`;
    const asked = askedHistory(parts, caller, address, pairs);
    if (isRefusal(asked)) return sendRefusal(request, response, asked, 400);
    const isId = id === undefined || (isDirectoryType(type) ? directoryId : uuid).test(id);
    const { versions, next } = isId
      ? await historyOf(parts, caller, { type, ...(id !== undefined && { id }), ...asked })
      : { versions: [] };
    if (id !== undefined && versions.length === 0 && !(await isThere(parts, caller, type, id)))
      return sendRefusal(request, response, noSuch());
    await noteHistory(parts, caller, address, versions);
    const base = `${parts.publicUrl}/fhir/R4`;
    const further = new URLSearchParams();
    for (const [name, value] of pairs) if (name === '_since' || name === '_count') further.append(name, value);
    if (next !== undefined)
      further.set('_page', sealPage(parts.store, caller, { type: address, pairs: [], after: [String(next), ''] }));
    send(response, 200, {
      resourceType: 'Bundle',
      type: 'history',
      link: [
        { relation: 'self', url: `${base}/${address}` },
        ...(next === undefined ? [] : [{ relation: 'next', url: `${base}/${address}?${further}` }]),
      ],
      ...(versions.length > 0 && { entry: versions.map((one) => historyEntry(base, one)) }),
    });
  };
}

/** An empty page of what is there is an empty page; of what is not there, or not the caller's, it is nothing. */
const isThere = async (parts: Searching, caller: Caller, type: string, id: string) =>
  isRouted(type, 'read') && (await readOne(parts, caller, type, id, undefined)) !== undefined;
