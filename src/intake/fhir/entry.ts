import { STATUS_CODES } from 'node:http';
import type { Binary, BundleEntry, Resource } from '@medplum/fhirtypes';
import type { NextFunction, Request, Response, Router } from 'express';
import { admit, callerOf } from '../practice-key.ts';

/** Requests that only look may run beside each other. */
export const besideMax = 8;

/** So many requests go into one Bundle. */
export const entriesMax = 1_000;

/** What the door said to one entry. */
export interface Told {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Resource | undefined;
}

/** What was told of the entry at a place of the Bundle. */
export interface At {
  readonly at: number;
  readonly told: Told;
}

/** Where the entries of a Bundle go: the door's own routes, at its own address. */
export interface Entrance {
  readonly routes: Router;
  /** Base of the door, without a slash at the end. */
  readonly base: string;
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
    get: (name: string) => headers.get(name.toLowerCase()),
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

/** A patch travels in a Bundle as a Binary, with the type of content that it has by itself. */
const patchIn = ({ request, resource }: BundleEntry): Binary | undefined =>
  request?.method === 'PATCH' && resource?.resourceType === 'Binary' ? resource : undefined;

function bodyOf(entry: BundleEntry): Buffer {
  const patch = patchIn(entry);
  if (patch) return Buffer.from(patch.data ?? '', 'base64');
  return entry.resource === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(entry.resource));
}

/** One entry as the request that it stands for: its own method, address, conditions and body; the caller's are the Bundle's. */
export function requestOf(outer: Request, entry: BundleEntry, base: string): Request {
  const { request: asked } = entry;
  const address = (asked?.url ?? '').replace(`${base}/`, '').replace(/^\//, '');
  const headers: Record<string, string> = { 'content-type': patchIn(entry)?.contentType ?? 'application/fhir+json' };
  for (const name of kept) {
    const value = outer.get(name);
    if (value !== undefined) headers[name] = value;
  }
  for (const [name, key] of conditions) {
    const value = asked?.[key];
    if (typeof value === 'string') headers[name] = value;
  }
  const own = {
    // Routes read a method in whatever letters; whoever asks what may be done must read the same.
    method: (asked?.method ?? '').toUpperCase(),
    url: `/${address}`,
    originalUrl: `/${address}`,
    headers,
    body: bodyOf(entry),
    params: {},
    query: {},
  };
  const inner = Object.create(outer, Object.getOwnPropertyDescriptors(own)) as Request;
  admit(inner, callerOf(outer));
  return inner;
}

/** What the door says to one entry, by the routes that a request of its own would take. */
export function runEntry({ routes, base }: Entrance, outer: Request, entry: BundleEntry): Promise<Told> {
  return new Promise((resolve, reject) => {
    routes(requestOf(outer, entry, base), recorder(resolve), ((error: unknown) =>
      reject(error ?? new Error('an entry that no route answered'))) as NextFunction);
  });
}

/** What was told of an entry, as the Bundle answers it (FHIR R4 http.html#transaction-response). */
export function entryOf({ status, headers, body }: Told): BundleEntry {
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
