import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import type { Actor } from '../referral/actor.ts';
import { safeReturn } from './return-path.ts';
import { viewerOf } from './sessions.ts';

export const areas = ['/refer', '/practice', '/worklist', '/team', '/admin'] as const;
export type Area = (typeof areas)[number];

/** The one table of who may open which pages. Whose rows they then see is the store's scope. */
const mayOpenTable: Readonly<Record<Actor['role'], readonly Area[]>> = {
  practice: ['/refer', '/practice'],
  wally: ['/worklist'],
  'team-lead': ['/team'],
  administrator: ['/admin'],
  'practice-system': [],
  organisation: [],
  line: [],
};

export function mayOpen(role: Actor['role'], area: Area): boolean {
  return mayOpenTable[role].includes(area);
}

/** The area a path lies in; undefined for pages that are open to all. */
export function areaOf(path: string): Area | undefined {
  return areas.find((area) => path === area || path.startsWith(`${area}/`) || path.startsWith(`${area}?`));
}

export interface Refused {
  readonly status: 401 | 403;
  readonly reason: 'signed-out' | 'role' | 'csrf' | 'cross-site';
}

/** Shows the page of a refusal; given by web, which knows how pages look. */
export type ShowRefusal = (request: Request, response: Response, refused: Refused) => void;

/**
 * Middleware of one area. Nobody signed in: a GET goes to the log-in page and comes back, anything else is a 401 page.
 * Signed in without the right role: a 403 page.
 */
export function requireRole(area: Area, show: ShowRefusal): RequestHandler {
  return (request, response, next) => {
    const viewer = viewerOf(request);
    if (viewer && mayOpen(viewer.actor.role, area)) return next();
    response.setHeader('Cache-Control', 'no-store');
    if (viewer) return show(request, response, { status: 403, reason: 'role' });
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return show(request, response, { status: 401, reason: 'signed-out' });
    }
    const back = safeReturn(request.originalUrl);
    response.redirect(303, back ? `/login?return=${encodeURIComponent(back)}` : '/login');
  };
}

/**
 * Whether a browser says that another site made it send this request. Sec-Fetch-Site decides where it exists: under
 * `Referrer-Policy: no-referrer` browsers write `Origin: null` even on our own forms.
 */
export function isCrossSite(request: IncomingMessage, publicUrl: string): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin } = request.headers;
  return origin !== undefined && origin !== new URL(publicUrl).origin;
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Middleware of every POST of a page, behind the body parser: field `csrf` must be the viewer's, and the sender our own page. */
export function requireCsrf(publicUrl: string, show: ShowRefusal): RequestHandler {
  return (request, response, next) => {
    if (isCrossSite(request, publicUrl)) return show(request, response, { status: 403, reason: 'cross-site' });
    const viewer = viewerOf(request);
    const given = (request.body as { csrf?: unknown } | undefined)?.csrf;
    if (viewer && typeof given === 'string' && sameText(given, viewer.csrf)) return next();
    show(request, response, viewer ? { status: 403, reason: 'csrf' } : { status: 401, reason: 'signed-out' });
  };
}
