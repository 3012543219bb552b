import express, { type NextFunction, type Request, type RequestHandler, type Response, type Router } from 'express';
import { z } from 'zod';
import { preferredLanguage } from '../../fhir/outcome.ts';
import { type DemoPlace, demoTrusted } from '../../identity/accounts.ts';
import { type PracticeJwt, verifyPracticeJwt } from '../../identity/practice-jwt.ts';
import type { Log } from '../../log.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import type { LaunchSystem } from '../../referral/directory/launch-system.ts';
import type { Store } from '../../store/store.ts';
import { type CardLink, callSchema, cardsFor, services } from './cds-cards.ts';

export interface CdsDoor {
  readonly store: Store;
  readonly directory: () => Promise<Directory>;
  readonly publicUrl: string;
  readonly log: Log;
  readonly demo: DemoPlace;
}

const path = '/cds-services';
const bodyBytesMax = 1_048_576;
const outcomes = ['accepted', 'overridden'] as const;
/** What people did with our cards (CDS Hooks 2.0, Feedback): counted, never kept. */
const feedbackSchema = z.looseObject({ feedback: z.array(z.looseObject({ outcome: z.enum(outcomes) })).max(100) });

/** Browsers of systems that the directory lists may read our answers, and nobody else's. */
function cors(directory: CdsDoor['directory']): RequestHandler {
  return async (request, response, next) => {
    const origin = request.get('origin');
    response.vary('Origin');
    const allowed =
      origin !== undefined &&
      [...(await directory()).practices.values()].some((one) =>
        one.launches?.some((system) => system.origins.includes(origin)),
      );
    if (allowed)
      response.set({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': 'WWW-Authenticate' });
    if (request.method !== 'OPTIONS') return next();
    if (allowed) {
      response.set({
        'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
        'Access-Control-Allow-Headers': 'Authorization, Content-Type, Accept-Language',
        'Access-Control-Max-Age': '600',
      });
    }
    response.status(204).end();
  };
}

/** Who calls, with the launches of that practice. */
type Caller = PracticeJwt & { readonly launches: readonly LaunchSystem[] };
const callers = new WeakMap<Request, Caller>();

/**
 * CDS Hooks 2.0 at /cds-services: discovery, one service per hook, and feedback. The client's JWT is checked before a byte
 * of the body is read. Nothing here calls out, and nothing is written but the id of that JWT and a line of the trail.
 */
export function cdsRouter(door: CdsDoor): Router {
  const { store, directory, publicUrl, log, demo: place } = door;
  const router = express.Router();
  const refuse = (response: Response, status: number, error: string, paths?: readonly string[]) => {
    if (status === 401) response.set('WWW-Authenticate', 'Bearer realm="kortelijn"');
    log.info('cds-refused', { door: 'cds-hooks', code: error, status });
    response.status(status).json({ error, ...(paths && { paths }) });
  };
  const onlyKnown: RequestHandler = async (request, response, next) => {
    const token = /^Bearer ([\w.-]{20,8000})$/.exec(request.get('authorization') ?? '')?.[1];
    const audience = `${publicUrl}${request.originalUrl.split('?')[0]}`;
    if (!token) return refuse(response, 401, 'malformed');
    const known = await directory();
    const demo = demoTrusted(request, publicUrl, place);
    const caller = await verifyPracticeJwt(store, known, token, { audience, needs: ['exp'], demo });
    if ('fault' in caller) return refuse(response, 401, caller.fault);
    callers.set(request, { ...caller, launches: known.practices.get(caller.practice)?.launches ?? [] });
    next();
  };
  const body = express.json({ limit: bodyBytesMax });
  const callerOf = (request: Request): Caller => {
    const caller = callers.get(request);
    if (!caller) throw new Error('a route that anyone may call');
    return caller;
  };
  const linkFor = ({ launches }: Caller): CardLink =>
    launches.some((one) => one.client)
      ? { url: `${publicUrl}/launch`, type: 'smart' }
      : { url: `${publicUrl}/refer`, type: 'absolute' };

  router.use(path, cors(directory));
  router.get(path, (_request, response) => void response.json({ services }));
  router.post(`${path}/:service/feedback`, onlyKnown, body, (request, response) => {
    if (!services.some((one) => one.id === request.params.service)) return refuse(response, 404, 'unknown-service');
    const given = feedbackSchema.safeParse(request.body);
    if (!given.success) return refuse(response, 400, 'body', ['feedback']);
    const { practice } = callerOf(request);
    for (const { outcome } of given.data.feedback) log.info('cds-feedback', { door: 'cds-hooks', practice, outcome });
    response.status(200).end();
  });
  router.post(`${path}/:service`, onlyKnown, body, async (request, response) => {
    const service = services.find((one) => one.id === request.params.service);
    if (!service) return refuse(response, 404, 'unknown-service');
    const call = callSchema.safeParse(request.body);
    if (!call.success) {
      const paths = [...new Set(call.error.issues.map((one) => one.path.join('.')))];
      return refuse(response, 400, 'body', paths);
    }
    if (call.data.hook !== service.hook) return refuse(response, 400, 'other-hook', ['hook']);
    const caller = callerOf(request);
    const { practice, system } = caller;
    const language = preferredLanguage(request.get('accept-language'));
    const cards = cardsFor(call.data, linkFor(caller), language, store.newId);
    const at = store.clock().toISOString();
    const actor = { id: system.id, role: 'practice-system', organization: practice };
    const noted = await store.commit({
      scope: { practice },
      audit: [{ event: 'cds-asked', at, actor, action: 'R', outcome: 'ok', purpose: 'TREAT' }],
    });
    if (!noted.ok) throw new Error('an audit line could not be kept');
    log.info('cds-asked', { door: 'cds-hooks', practice, route: service.id, count: cards.length });
    response.json({ cards });
  });
  router.use(path, (error: unknown, _request: Request, response: Response, next: NextFunction) => {
    const { status, type } = error as { status?: number; type?: string };
    if (response.headersSent) return next(error);
    if (type === 'entity.too.large') return refuse(response, 413, 'too-large');
    if (status !== undefined && status < 500) return refuse(response, status, 'body');
    log.bug('cds-hooks', error, { door: 'cds-hooks' });
    refuse(response, 500, 'failed');
  });
  return router;
}
