import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { deepEquals } from '@medplum/core';
import type { Bundle, BundleEntry, Resource } from '@medplum/fhirtypes';

type Kept = Resource & { id: string };

/** How it answers. `away`: 503 to all; `lost`: does it and cuts the connection; `half`: says yes without an answer per entry; `blind`: takes, and lets nobody look; `bare`: keeps no versions; `telltale`: refuses with everything that it was sent in its error. */
type Mode = 'well' | 'telltale' | 'away' | 'lost' | 'half' | 'blind' | 'bare';

/** The FHIR server of a case system: transactions of conditional updates, reads, searches and history, on which a test decides how it answers. */
export interface CaseServer {
  readonly url: string;
  readonly host: string;
  mode: Mode;
  /** Where the next page is, other than where it is. */
  nextAt: string | undefined;
  /** Done there just before it takes what we send. */
  meanwhile: (() => void) | undefined;
  /** So many to a page at most. */
  pageMax: number;
  readonly requests: {
    readonly method: string;
    readonly url: string;
    readonly authorization: string | undefined;
    readonly body: string;
  }[];
  /** Everything that stands there, with the number of times that its content changed. */
  all(): { readonly resource: Resource; readonly version: number }[];
  /** Someone there writes a resource: a new one, or a new version of one that stands there. */
  write<T extends Resource>(resource: T): T & { id: string };
  /** Someone there takes it away. */
  remove(id: string): void;
  close(): Promise<void>;
}

const isSame = ({ meta: _one, ...before }: Resource, { meta: _other, ...now }: Resource) => deepEquals(before, now);

class Refused extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`refused with ${status}`);
    this.status = status;
  }
}

/** What it holds: every version of every resource, the last one last. */
class Held {
  readonly byKey = new Map<string, Kept[]>();
  #made = 0;
  #at = Date.parse('2026-01-01T00:00:00Z');

  now(key: string): Kept | undefined {
    return this.byKey.get(key)?.at(-1);
  }

  /** All that stands there, oldest change first. */
  all(): Kept[] {
    const last = [...this.byKey.values()].flatMap((one) => one.at(-1) ?? []);
    return last.sort((a, b) => (a.meta?.lastUpdated ?? '').localeCompare(b.meta?.lastUpdated ?? ''));
  }

  newId(): string {
    this.#made += 1;
    return `case-${this.#made}`;
  }

  put(resource: Resource, id: string): Kept {
    const key = `${resource.resourceType}/${id}`;
    const versions = this.byKey.get(key) ?? [];
    const before = versions.at(-1);
    const bare = { ...resource, id };
    if (before && isSame(before, bare as Resource)) return before;
    this.#at += 60_000;
    const meta = {
      ...resource.meta,
      versionId: String(versions.length + 1),
      lastUpdated: new Date(this.#at).toISOString(),
    };
    const kept = { ...bare, meta } as Kept;
    this.byKey.set(key, [...versions, kept]);
    return kept;
  }
}

/** All entries or none; references to `urn:uuid:` of the Bundle become those of here (http.html#trules). */
function transact(held: Held, bundle: Bundle): Bundle {
  const places = (bundle.entry ?? []).map(({ request, fullUrl, resource }: BundleEntry) => {
    if (bundle.type !== 'transaction' || request?.method !== 'PUT' || !resource) throw new Refused(400);
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const [type, id] = path.split('/');
    if (type !== resource.resourceType) throw new Refused(400);
    const own = (resource as { identifier?: { system?: string; value?: string }[] }).identifier;
    const condition = new URLSearchParams(query).get('identifier') ?? '';
    const fits = (one: Resource) =>
      one.resourceType === type &&
      (one as { identifier?: typeof own }).identifier?.some((each) => `${each.system}|${each.value}` === condition);
    if (id === undefined && !fits(resource)) throw new Refused(400);
    if (id !== undefined && resource.id !== id) throw new Refused(400);
    const before = id === undefined ? held.all().find(fits) : held.now(`${type}/${id}`);
    if (request.ifMatch && request.ifMatch !== `W/"${before?.meta?.versionId}"`) throw new Refused(412);
    return { fullUrl: fullUrl ?? '', id: before?.id ?? id ?? held.newId(), type, resource, isNew: !before };
  });
  const entry = places.map(({ id, resource, isNew }): BundleEntry => {
    const body = places.reduce(
      (so, one) => so.replaceAll(`"reference":"${one.fullUrl}"`, `"reference":"${one.type}/${one.id}"`),
      JSON.stringify(resource),
    );
    const kept = held.put(JSON.parse(body), id);
    const location = `${kept.resourceType}/${id}/_history/${kept.meta?.versionId}`;
    return { response: { status: isNew ? '201 Created' : '200 OK', etag: `W/"${kept.meta?.versionId}"`, location } };
  });
  return { resourceType: 'Bundle', type: 'transaction-response', entry };
}

const values = (query: URLSearchParams, name: string) => query.get(name)?.split(',');
const refersTo = (resource: Resource, element: 'partOf' | 'basedOn', any: readonly string[] | undefined) =>
  any === undefined ||
  (resource as unknown as Record<string, { reference?: string }[] | undefined>)[element]?.some((one) =>
    any.includes(one.reference ?? ''),
  ) === true;

function matches(resource: Kept, query: URLSearchParams): boolean {
  const codings = (resource as { category?: { coding?: { system?: string; code?: string }[] }[] }).category ?? [];
  const categories = values(query, 'category');
  const since = query.get('_lastUpdated')?.replace('ge', '');
  return (
    (values(query, '_id')?.includes(resource.id) ?? true) &&
    (since === undefined || Date.parse(resource.meta?.lastUpdated ?? '') >= Date.parse(since)) &&
    refersTo(resource, 'partOf', values(query, 'part-of')) &&
    refersTo(resource, 'basedOn', values(query, 'based-on')) &&
    (categories === undefined ||
      codings.some((one) => one.coding?.some((each) => categories.includes(`${each.system}|${each.code}`))))
  );
}

/** A read, a search or a history. */
function look(held: Held, server: CaseServer, path: string): Resource {
  const url = new URL(path, server.url);
  const [, type = '', id, history] = /^\/fhir\/([A-Z]\w+)(?:\/([^/]+))?(?:\/(_history))?$/.exec(url.pathname) ?? [];
  const bundle = (resources: readonly Resource[], more: Partial<Bundle> = {}): Bundle => ({
    resourceType: 'Bundle',
    type: 'searchset',
    entry: resources.map((resource) => ({ resource })),
    ...more,
  });
  if (id !== undefined) {
    const versions = held.byKey.get(`${type}/${id}`);
    const now = versions?.at(-1);
    if (!versions || !now) throw new Refused(404);
    return history ? bundle(versions.toReversed(), { type: 'history' }) : now;
  }
  const found = held.all().filter((one) => one.resourceType === type && matches(one, url.searchParams));
  const from = Number(url.searchParams.get('from') ?? 0);
  const count = Math.min(Number(url.searchParams.get('_count') ?? 20), server.pageMax);
  url.searchParams.set('from', String(from + count));
  const next = server.nextAt ? `${server.nextAt}${url.pathname}${url.search}` : url.href;
  const isMore = found.length > from + count;
  return bundle(found.slice(from, from + count), isMore ? { link: [{ relation: 'next', url: next }] } : {});
}

/** As a server says it that keeps no versions. */
const unversioned = (resource: Resource): Resource =>
  JSON.parse(
    JSON.stringify(resource, (key, value) => (key === 'versionId' || key === 'etag' ? undefined : value)).replaceAll(
      /\/_history\/\d+/g,
      '',
    ),
  );

export async function startCaseServer(): Promise<CaseServer> {
  const held = new Held();
  const requests: CaseServer['requests'] = [];
  const answer = (request: IncomingMessage, body: string): Resource => {
    if (one.mode === 'away') throw new Refused(503);
    if (one.mode === 'blind' && request.method !== 'POST') throw new Refused(403);
    if (one.mode === 'bare' && request.url?.includes('_history')) throw new Refused(405);
    if (request.method !== 'POST') return look(held, one, request.url ?? '');
    const { meanwhile } = one;
    one.meanwhile = undefined;
    meanwhile?.();
    return transact(held, JSON.parse(body));
  };
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const { method = '', url = '', headers } = request;
    requests.push({ method, url, authorization: headers.authorization, body });
    const say = (status: number, resource: unknown) =>
      response.writeHead(status, { 'content-type': 'application/fhir+json' }).end(JSON.stringify(resource));
    if (one.mode === 'telltale') {
      const issue = [{ severity: 'error', code: 'exception', diagnostics: `${url} ${body}` }];
      return void say(500, { resourceType: 'OperationOutcome', issue });
    }
    try {
      const whole = answer(request, body);
      const done = one.mode === 'bare' ? unversioned(whole) : whole;
      if (one.mode === 'lost') return void request.socket.destroy();
      say(200, one.mode === 'half' ? { ...done, entry: [] } : done);
    } catch (error) {
      const status = error instanceof Refused ? error.status : 400;
      say(status, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'invalid' }] });
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const one: CaseServer = {
    url: `http://${host}/fhir`,
    host,
    mode: 'well',
    nextAt: undefined,
    meanwhile: undefined,
    pageMax: 50,
    requests,
    all: () => held.all().map((resource) => ({ resource, version: Number(resource.meta?.versionId) })),
    write: (resource) => held.put(resource, resource.id ?? held.newId()) as typeof resource & { id: string },
    remove: (id) => {
      for (const key of held.byKey.keys()) if (key.endsWith(`/${id}`)) held.byKey.delete(key);
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
  return one;
}
