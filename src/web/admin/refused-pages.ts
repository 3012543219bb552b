import type { RequestHandler } from 'express';
import { areaOf } from '../../identity/access.ts';
import { viewerOf } from '../../identity/sessions.ts';
import type { Actor } from '../../referral/actor.ts';
import { actorInLine } from '../../referral/audit-line.ts';
import type { AuditLine } from '../../referral/change.ts';
import { readKeeping } from '../../store/keeping.ts';
import type { Site } from '../site.ts';

const journeyIn = /\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\/|$)/;
/** Not yours and not there look alike to who asks; in the trail both stand. */
const refusals = new Set([401, 403, 404]);

const lineFor = (actor: Actor, status: number, method: string, at: string): AuditLine => ({
  event: 'page-refused',
  at,
  actor: actorInLine(actor),
  action: method === 'GET' || method === 'HEAD' ? 'R' : 'U',
  outcome: 'refused',
  code: String(status),
  purpose: 'HOPERAT',
});

/**
 * Middleware behind the log-in: someone who is signed in and is refused a page leaves a line (NEN 7513), under the referral
 * that was asked for when there is one. Of strangers nothing is kept: they could fill the trail.
 */
export function noteRefusals({ store, log }: Pick<Site, 'store' | 'log'>): RequestHandler {
  return (request, response, next) => {
    const { originalUrl, method } = request;
    const path = originalUrl.split('?')[0] ?? '';
    const actor = viewerOf(request)?.actor;
    if (!actor || !areaOf(path)) return next();
    const note = async () => {
      const [journey] = await readKeeping(store, journeyIn.exec(path)?.slice(1, 2) ?? []);
      const line = lineFor(actor, response.statusCode, method, store.clock().toISOString());
      const done = await store.commit({
        scope: { practice: journey?.practice ?? '' },
        ...(journey && { journey: journey.journey }),
        audit: [line],
      });
      if (!done.ok) throw new Error('a refusal could not be noted');
    };
    response.once('finish', () => {
      if (refusals.has(response.statusCode)) note().catch((error: unknown) => log.bug('page', error, { method }));
    });
    next();
  };
}
