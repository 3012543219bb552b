import type { Request, RequestHandler, Response } from 'express';
import { type Acting, auditOf } from '../feedback/moves.ts';
import type { Said } from '../fhir/outcome.ts';
import { purposeOf } from '../identity/access.ts';
import type { Actor } from '../referral/actor.ts';
import { actorInLine } from '../referral/audit-line.ts';
import type { AuditLine, Change } from '../referral/change.ts';
import type { Journey } from '../referral/journey.ts';
import { isRefusal, issue, type Refusal, refuse } from '../referral/refusal.ts';
import { html, type Markup, sayIn } from './html.ts';
import { type PageParts, page, type Viewer } from './page.ts';
import type { Site } from './site.ts';

export type ViewerOf = (request: Request) => Viewer;

/** What a page handler works with: the request, who looks, and the site. */
export interface Visit {
  readonly request: Request;
  readonly response: Response;
  readonly viewer: Viewer;
}

/** A handler for one role. Whoever has another role gets the page that a stranger gets: nothing is here. */
export function visiting(
  role: Actor['role'],
  viewerOf: ViewerOf,
  handle: (visit: Visit) => Promise<void>,
): RequestHandler {
  return async (request, response) => {
    const viewer = viewerOf(request);
    const visit = { request, response, viewer };
    if (viewer.actor.role === role) await handle(visit);
    else sendNotFound(visit);
  };
}

/** A page, never kept by a browser or a proxy: it holds a person's data. */
export function send(
  { request, response, viewer }: Visit,
  parts: Omit<PageParts, 'language' | 'viewer'>,
  status = 200,
): void {
  response
    .status(status)
    .set('Cache-Control', 'no-store')
    .type('html')
    .send(page({ path: request.path, script: true, ...parts, language: viewer.language, viewer }));
}

/** Not there, and not yours: the same page, so that nobody learns which of the two it is. */
export function sendNotFound(visit: Visit): void {
  const t = sayIn(visit.viewer.language);
  const title = t('Niet gevonden', 'Not found');
  const main = html`<h1>${title}</h1>
<p>${t('Deze pagina is er niet, of niet (meer) voor u.', 'This page is not there, or not (any longer) for you.')}</p>
<p><a href="/">${t('Naar het begin', 'To the start')}</a></p>`;
  send(visit, { title, main }, 404);
}

/** One text field of a form as it was typed; empty when absent. */
export function field(body: unknown, name: string): string {
  const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' ? value.replaceAll('\r\n', '\n').trim() : '';
}

/** One parameter of the query; empty when absent or given twice. */
export function query(request: Request, name: string): string {
  const value = request.query[name];
  return typeof value === 'string' ? value : '';
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The journey id in the address; undefined when it cannot be one. */
export function journeyOf(request: Request): string | undefined {
  const id = request.params.journey;
  return typeof id === 'string' && uuid.test(id) ? id : undefined;
}

export async function actingFor(site: Site, actor: Actor): Promise<Acting> {
  return { actor, now: site.store.clock(), newId: site.store.newId, directory: await site.directory() };
}

const tooBusy: Said = {
  nl: 'Iemand anders veranderde dit op hetzelfde moment. Er is niets opgeslagen. Probeer het nog een keer.',
  en: 'Someone else changed this at the same moment. Nothing was saved. Please try again.',
};

/**
 * Reads, decides and commits, up to three times when someone was earlier. Gives `absent` when there is nothing (for
 * this reader), the refusal of the decider, or `done`; a decider that gives undefined had nothing to do.
 */
export async function decide<T>(
  site: Site,
  actor: Actor,
  read: () => Promise<T | undefined>,
  decider: (subject: T, acting: Acting) => Change | Refusal | undefined,
): Promise<'done' | 'absent' | Refusal> {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const acting = await actingFor(site, actor);
    const subject = await read();
    if (subject === undefined) return 'absent';
    const change = decider(subject, acting);
    if (change === undefined) return 'done';
    if (isRefusal(change)) return change;
    const committed = await site.store.commit(change);
    if (committed.ok) return 'done';
  }
  return refuse(issue('conflict', 'changed-meanwhile', '', tooBusy));
}

/** The sentences of a refusal in the reader's language, as one. */
export function sentences(refusal: Refusal, viewer: Viewer): string {
  return refusal.refused.map((one) => one.said[viewer.language]).join(' ');
}

async function mustCommit(site: Site, change: Change): Promise<void> {
  const committed = await site.store.commit(change);
  if (!committed.ok) throw new Error('a view could not be noted');
}

/** Someone looked at one referral: committed before the page is sent (promise 4, NEN 7513). */
export async function noteView(site: Site, journey: Journey, acting: Acting): Promise<void> {
  const audit = [auditOf('referral-viewed', journey, acting, 'R')];
  await mustCommit(site, { scope: { practice: journey.practice }, journey: journey.id, audit });
}

/** Someone looked at a list: one line with how many referrals it showed. */
export async function noteList(site: Site, actor: Actor, object: string, count: number): Promise<void> {
  const line: AuditLine = {
    event: 'list-viewed',
    at: site.store.clock().toISOString(),
    actor: actorInLine(actor),
    action: 'R',
    outcome: 'ok',
    object,
    code: String(count),
    purpose: purposeOf(actor.role),
  };
  const practice = actor.role === 'practice' ? (actor.organization ?? '') : '';
  await mustCommit(site, { scope: { practice }, audit: [line] });
}

/** The hidden field that shows a form is ours. */
export function csrfField(viewer: Viewer): Markup {
  return html`<input type="hidden" name="csrf" value="${viewer.csrf}">`;
}
