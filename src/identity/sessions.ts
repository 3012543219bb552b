import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { CookieOptions, Request, RequestHandler, Response } from 'express';
import { type Language, preferredLanguage } from '../fhir/outcome.ts';
import type { Actor } from '../referral/actor.ts';
import { localDay } from '../referral/deadlines.ts';
import { type Directory, hasLeft } from '../referral/directory/directory.ts';
import { endSession, readSession, startSession } from '../store/access/sessions.ts';
import type { Store } from '../store/store.ts';

/** The same as Viewer of web/page.ts, which identity may not import. */
export interface Viewer {
  readonly actor: Actor;
  readonly language: Language;
  readonly csrf: string;
}

/** A working day, and no longer: practices share computers. */
const sessionLifetimeMs = 8 * 3_600_000;
const sessionIdleMs = 30 * 60_000;
/** Who came from the practice's own system is there for one referral, and can come again with one click. */
export const launchLifetimeMs = 60 * 60_000;

const viewers = new WeakMap<IncomingMessage, Viewer>();

/** Who is signed in on this request; undefined when nobody is. */
export function viewerOf(request: IncomingMessage): Viewer | undefined {
  return viewers.get(request);
}

/** The value of a cookie of ours; undefined when absent or not of the alphabet we write. */
export function readCookie(request: IncomingMessage, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const equals = part.indexOf('=');
    if (equals < 0 || part.slice(0, equals).trim() !== name) continue;
    const value = part.slice(equals + 1).trim();
    return /^[\w-]+$/.test(value) ? value : undefined;
  }
  return undefined;
}

/** Over https the prefix makes browsers hold the cookie to this host, to TLS and to the whole site (RFC 6265bis §4.1.3). */
export function cookieName(publicUrl: string, name: string): string {
  return publicUrl.startsWith('https:') ? `__Host-${name}` : name;
}

export function cookieOptions(publicUrl: string): CookieOptions {
  return { httpOnly: true, sameSite: 'lax', path: '/', secure: publicUrl.startsWith('https:') };
}

const sessionCookie = 'kl_session';

function csrfOf(key: Buffer, token: string): string {
  return createHmac('sha256', key).update(token).digest('base64url');
}

/**
 * Middleware: finds out who looks, from the session cookie; goes before every page. Nobody signed in is no error. A session
 * does not outlive its person: of who left by the directory, or is locked out, it opens nothing from then on.
 */
export function readViewer(
  site: { readonly store: Store; readonly directory: () => Promise<Directory> },
  publicUrl: string,
): RequestHandler {
  const { store, directory } = site;
  const key = store.master.derive('csrf');
  const name = cookieName(publicUrl, sessionCookie);
  return async (request, _response, next) => {
    const token = readCookie(request, name);
    const actor = token && (await readSession(store, token, sessionIdleMs));
    if (actor && !hasLeft(await directory(), actor.id, localDay(store.clock()))) {
      const language = preferredLanguage(request.headers['accept-language']);
      viewers.set(request, { actor, language, csrf: csrfOf(key, token) });
    }
    next();
  };
}

/** Starts a session with a token of its own and ends the one this browser had: a planted token never becomes a session. */
export async function openSession(
  store: Store,
  publicUrl: string,
  request: Request,
  response: Response,
  actor: Actor,
  lifetimeMs = sessionLifetimeMs,
): Promise<void> {
  const name = cookieName(publicUrl, sessionCookie);
  const before = readCookie(request, name);
  if (before) await endSession(store, before);
  response.cookie(name, await startSession(store, actor, lifetimeMs), cookieOptions(publicUrl));
}

/** Ends the session of this browser, here and in the browser. */
export async function closeSession(
  store: Store,
  publicUrl: string,
  request: Request,
  response: Response,
): Promise<void> {
  const name = cookieName(publicUrl, sessionCookie);
  const token = readCookie(request, name);
  if (token) await endSession(store, token);
  response.clearCookie(name, cookieOptions(publicUrl));
  viewers.delete(request);
}
