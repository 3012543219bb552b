import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import type { Actor } from '../referral/actor.ts';
import { safeReturn } from './return-path.ts';
import { viewerOf } from './sessions.ts';

export const areas = ['/refer', '/practice', '/worklist', '/team', '/admin', '/report'] as const;
export type Area = (typeof areas)[number];

/** What may be done with a type of resource: the codes of FHIR (type- and system-restful-interaction). */
export const interactionCodes = [
  'read',
  'vread',
  'history-instance',
  'search-type',
  'history-type',
  'create',
  'update',
  'patch',
  'delete',
] as const;
export type Interaction = (typeof interactionCodes)[number];

type Resources = Readonly<Record<string, readonly Interaction[]>>;

/** What a role may do, and for what purpose its acts stand in the trail (NEN 7513, v3-PurposeOfUse). */
interface Row {
  readonly purpose: 'TREAT' | 'HOPERAT' | 'SYSADMIN';
  readonly pages: readonly Area[];
  /** At the FHIR door, where only systems come: people read and write by their pages. */
  readonly resources: Resources;
}

const looking = ['read', 'vread', 'history-instance', 'search-type', 'history-type'] as const;
const lookingUp = ['read', 'vread', 'history-instance', 'search-type'] as const;
const ownLines = ['read', 'search-type'] as const;
const each = (types: readonly string[], may: readonly Interaction[]): Resources =>
  Object.fromEntries(types.map((type) => [type, may]));
const directory = ['Organization', 'HealthcareService', 'Practitioner', 'PractitionerRole', 'CareTeam', 'Location'];
const read = ['ServiceRequest', 'Task', 'Patient', 'Consent', 'Communication', 'Appointment', 'Provenance'];

/** What a system asks to be told of; each sees its own only. */
const subscribing = ['read', 'search-type', 'create', 'update', 'patch', 'delete'] as const;

/** Everything a system sees of its own referrals; which those are is the caller's scope. */
const ofReferrals: Resources = {
  ...each([...read, 'DocumentReference'], looking),
  ...each(directory, lookingUp),
  AuditEvent: ownLines,
  Binary: ['read'],
};

/**
 * The one table of who may do what: role × page area, role × type of resource × interaction, and its purpose. Pages,
 * routers and the FHIR door ask it and nothing else. Whose rows they then see is the store's scope; what the sender of a
 * token may do is its role's row and the token's scopes together.
 */
const table: Readonly<Record<Actor['role'], Row>> = {
  practice: { purpose: 'TREAT', pages: ['/refer', '/practice'], resources: {} },
  wally: { purpose: 'TREAT', pages: ['/worklist'], resources: {} },
  'team-lead': { purpose: 'HOPERAT', pages: ['/team'], resources: {} },
  coordinator: { purpose: 'HOPERAT', pages: ['/report'], resources: {} },
  administrator: { purpose: 'SYSADMIN', pages: ['/admin'], resources: {} },
  'practice-system': {
    purpose: 'TREAT',
    pages: [],
    resources: {
      ...ofReferrals,
      ServiceRequest: [...looking, 'create', 'update'],
      // Made: the request to stop begun work (Task abort).
      Task: [...looking, 'create', 'update', 'patch'],
      Communication: [...looking, 'create', 'update'],
      Appointment: [...looking, 'create', 'update', 'patch'],
      Subscription: subscribing,
    },
  },
  'wally-system': {
    purpose: 'TREAT',
    pages: [],
    resources: {
      ...ofReferrals,
      Task: [...looking, 'update', 'patch'],
      Communication: [...looking, 'create', 'update'],
      Appointment: [...looking, 'create', 'update', 'patch'],
      Subscription: subscribing,
    },
  },
  // Numbers only, and none of them is a resource yet.
  'coordinator-system': { purpose: 'HOPERAT', pages: [], resources: {} },
  'administrator-system': {
    purpose: 'SYSADMIN',
    pages: [],
    resources: {
      ...each([...directory, 'Endpoint'], [...lookingUp, 'create', 'update', 'patch']),
      AuditEvent: ownLines,
    },
  },
  // Comes in by a link and sees the one case that it is for.
  organisation: { purpose: 'TREAT', pages: [], resources: {} },
  // Comes in by a code on paper and sees where the own referral is; may stop it (H10).
  resident: { purpose: 'TREAT', pages: [], resources: {} },
  line: { purpose: 'HOPERAT', pages: [], resources: {} },
};

/** Every role, in the order of the table. */
export const roles = Object.keys(table) as readonly Actor['role'][];

export function purposeOf(role: Actor['role']): Row['purpose'] {
  return table[role].purpose;
}

/** Whether a role may do this with a type of resource at the FHIR door. */
export function mayDo(role: Actor['role'], type: string, interaction: Interaction): boolean {
  return Object.hasOwn(table[role].resources, type) && table[role].resources[type]?.includes(interaction) === true;
}

/** Whether anybody may: what nobody may is not there, rather than forbidden. */
export function isDone(type: string, interaction: Interaction): boolean {
  return roles.some((role) => mayDo(role, type, interaction));
}

export function mayOpen(role: Actor['role'], area: Area): boolean {
  return table[role].pages.includes(area);
}

/** The area a path lies in, in whatever letters, as the routes read it; undefined for pages that are open to all. */
export function areaOf(path: string): Area | undefined {
  const [first = ''] = path.toLowerCase().split(/(?<=.)[/?]/);
  return areas.find((area) => area === first);
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
