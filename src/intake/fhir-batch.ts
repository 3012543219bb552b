import { STATUS_CODES } from 'node:http';
import type { Bundle, BundleEntry, Resource } from '@medplum/fhirtypes';
import type { NextFunction, Request, Response, Router } from 'express';
import { issue, type Refusal, refuse } from '../referral/refusal.ts';
import { send } from './fhir-reply.ts';
import { isLook, messageOf, type Together, together, tooMany } from './fhir-together.ts';
import { admit, callerOf, sendRefusal } from './practice-key.ts';

/** Requests that only look may run beside each other; what changes something waits its turn. */
const besideMax = 8;

interface Told {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Resource | undefined;
}

/** What a handler says to a response, kept instead of sent. */
function recorder(done: (told: Told) => void) {
  const headers = new Map<string, string>();
  let status = 200;
  const end = (body?: string) => done({ status, headers, body: body ? (JSON.parse(body) as Resource) : undefined });
  const response = {
    status: (code: number) => {
      status = code;
      return response;
    },
    set: (name: string, value: string) => {
      headers.set(name.toLowerCase(), value);
      return response;
    },
    type: () => response,
    send: end,
    end: () => end(),
    destroy: () => end(),
  };
  return response as unknown as Response;
}

const conditions = [
  ['if-none-match', 'ifNoneMatch'],
  ['if-modified-since', 'ifModifiedSince'],
  ['if-match', 'ifMatch'],
  ['if-none-exist', 'ifNoneExist'],
] as const;
const kept = ['accept-language', 'prefer', 'user-agent'];

/** One entry as the request that it stands for: its own method, address, conditions and body; the caller's are the batch's. */
function requestOf(outer: Request, entry: BundleEntry, base: string): Request {
  const { request: asked } = entry;
  const address = (asked?.url ?? '').replace(`${base}/`, '').replace(/^\//, '');
  const headers: Record<string, string> = { 'content-type': 'application/fhir+json' };
  for (const name of kept) {
    const value = outer.get(name);
    if (value !== undefined) headers[name] = value;
  }
  for (const [name, key] of conditions) {
    const value = asked?.[key];
    if (typeof value === 'string') headers[name] = value;
  }
  const body = entry.resource === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(entry.resource));
  const own = {
    method: asked?.method ?? '',
    url: `/${address}`,
    originalUrl: `/${address}`,
    headers,
    body,
    params: {},
    query: {},
  };
  const inner = Object.create(outer, Object.getOwnPropertyDescriptors(own)) as Request;
  admit(inner, callerOf(outer));
  return inner;
}

function run(routes: Router, outer: Request, entry: BundleEntry, base: string): Promise<Told> {
  return new Promise((resolve, reject) => {
    routes(requestOf(outer, entry, base), recorder(resolve), ((error: unknown) =>
      reject(error ?? new Error('an entry that no route answered'))) as NextFunction);
  });
}

function entryOf({ status, headers, body }: Told): BundleEntry {
  const [location, etag, modified] = ['location', 'etag', 'last-modified'].map((name) => headers.get(name));
  const isOutcome = body?.resourceType === 'OperationOutcome';
  return {
    ...(body && !isOutcome && { resource: body }),
    response: {
      status: `${status} ${STATUS_CODES[status] ?? ''}`.trim(),
      ...(location && { location }),
      ...(etag && { etag }),
      ...(modified && { lastModified: new Date(modified).toISOString() }),
      ...(isOutcome && { outcome: body }),
    },
  };
}

async function runAll(routes: Router, outer: Request, entries: readonly BundleEntry[], base: string): Promise<Told[]> {
  const told: Told[] = [];
  for (let at = 0; at < entries.length; ) {
    const writes = entries.slice(at).findIndex((one) => !isLook(one));
    const looks = writes < 0 ? entries.length - at : writes;
    const beside = entries.slice(at, at + Math.max(1, Math.min(looks, besideMax)));
    told.push(...(await Promise.all(beside.map((entry) => run(routes, outer, entry, base)))));
    at += beside.length;
  }
  return told;
}

function shapeIssues(bundle: Bundle): Refusal | undefined {
  const entries: unknown = bundle.entry ?? [];
  const wrong = (Array.isArray(entries) ? entries : [undefined]).flatMap((entry: BundleEntry | undefined, nth) =>
    typeof entry?.request?.method === 'string' && typeof entry.request.url === 'string'
      ? []
      : [
          issue('required', 'missing-field', `Bundle.entry[${nth}].request`, {
            nl: 'Zeg bij elke regel wat ermee moet gebeuren (request.method en request.url).',
            en: 'Say of every entry what is to be done with it (request.method and request.url).',
          }),
        ],
  );
  return wrong.length > 0 ? refuse(...wrong) : undefined;
}

/** One write, made of two entries, and the looks beside it: the answers in the places of what was sent. */
async function runTogether(
  routes: Router,
  outer: Request,
  entries: readonly BundleEntry[],
  { entry, task, message, taskId }: Together,
  base: string,
): Promise<Told[]> {
  const made = await run(routes, outer, entry, base);
  if (made.status >= 400) return entries.map(() => made);
  const rest = entries.map((one, nth) => (isLook(one) ? one : nth === task ? lookAt(`Task/${taskId}`) : undefined));
  const looked = await runAll(
    routes,
    outer,
    rest.flatMap((one) => one ?? []),
    base,
  );
  const places = rest.flatMap((one, nth) => (one ? [nth] : []));
  const told = new Map(places.map((nth, place) => [nth, looked[place]]));
  const now = told.get(task)?.body;
  const named = now?.resourceType === 'Task' ? messageOf(now) : undefined;
  const location = named && `${base}/${named}/_history/1`;
  const sent: Told = { status: 201, headers: new Map(location ? [['location', location]] : []), body: undefined };
  return entries.map((_, nth) => (nth === task ? made : nth === message ? sent : (told.get(nth) ?? made)));
}

const lookAt = (url: string): BundleEntry => ({ request: { method: 'GET', url } });

/**
 * A batch, each entry as the single request it is (http.html#batch): one that fails fails alone. Of a transaction of
 * single requests the first that fails is the answer: it writes once at most, or what is one move together.
 */
export async function answerEntries(
  routes: Router,
  request: Request,
  response: Response,
  bundle: Bundle,
  base: string,
): Promise<void> {
  const wrong = shapeIssues(bundle);
  if (wrong) return sendRefusal(request, response, wrong, 400);
  const entries = bundle.entry ?? [];
  const isBatch = bundle.type === 'batch';
  // What changes something goes first: what is looked at then is how it became.
  const order = isBatch
    ? [...entries.keys()]
    : [...entries.keys()].sort((a, b) => Number(isLook(entries[a] ?? {})) - Number(isLook(entries[b] ?? {})));
  const both = isBatch ? undefined : together(bundle);
  const several = isBatch ? undefined : tooMany(bundle);
  if (several) return sendRefusal(request, response, several);
  const ordered = order.flatMap((nth) => entries[nth] ?? []);
  const told = both
    ? await runTogether(routes, request, entries, both, base)
    : await runAll(routes, request, ordered, base);
  const failed = isBatch ? undefined : told.find((one) => one.status >= 400);
  if (failed?.body) return send(response, failed.status, failed.body);
  const answers = new Map((both ? [...entries.keys()] : order).map((nth, place) => [nth, told[place]]));
  const entry = [...entries.keys()].flatMap((nth) => {
    const answer = answers.get(nth);
    return answer ? [entryOf(answer)] : [];
  });
  send(response, 200, {
    resourceType: 'Bundle',
    type: isBatch ? 'batch-response' : 'transaction-response',
    ...(entry.length > 0 && { entry }),
  });
}
