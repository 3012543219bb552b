import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { preferredLanguage } from '../fhir/outcome.ts';
import { requireCsrf, requireRole } from '../identity/access.ts';
import type { CallBounds } from '../identity/call-bound.ts';
import type { Tokens } from '../identity/callers.ts';
import type { Issuer } from '../identity/issuer.ts';
import type { Relying } from '../identity/relying.ts';
import { readViewer, viewerOf } from '../identity/sessions.ts';
import { addressKey } from '../identity/throttle.ts';
import { definitionsRouter } from '../intake/definitions.ts';
import { type FhirDoor, fhirRouter } from '../intake/fhir/rest.ts';
import { type FormatDoor, formatRouter } from '../intake/format.ts';
import { cdsRouter } from '../intake/launch/cds-hooks.ts';
import type { LaunchDoor } from '../intake/launch/launch.ts';
import { smartRouter, type TokenPlace } from '../intake/launch/smart.ts';
import { referContextRouter } from '../intake/refer/context.ts';
import { adminPages } from './admin/admin.ts';
import { alarmPages } from './admin/alarms.ts';
import { breakGlassPages } from './admin/break-glass.ts';
import { bullPages } from './admin/bull-board.ts';
import { clientPages } from './admin/clients.ts';
import { credentialPages } from './admin/credentials.ts';
import { endpointTestPages } from './admin/endpoint-test.ts';
import { mappingPages } from './admin/mappings.ts';
import { personAccessPages } from './admin/person-access.ts';
import { noteRefusals } from './admin/refused-pages.ts';
import { trailPages } from './admin/trail.ts';
import { directoryPages } from './directory/directory.ts';
import { directoryExchangePages } from './directory/exchange.ts';
import { docsPages } from './docs/docs.ts';
import { type Health, healthRouter } from './health.ts';
import { html, sayIn } from './html.ts';
import { linkPages } from './link/link.ts';
import { loginPages, showRefusal } from './login.ts';
import type { DemoPerson } from './login-form.ts';
import { lookOf } from './look.ts';
import { lookedPages } from './looked.ts';
import { homeOf, page, type Viewer } from './page.ts';
import { practicePages } from './practice.ts';
import { practiceQuestionPages, wallyQuestionPages } from './questions.ts';
import { referDraftPages } from './refer/draft.ts';
import { launchPages } from './refer/launch.ts';
import { referPages } from './refer/refer.ts';
import { registerPages } from './refer/register.ts';
import { requestIds } from './request-ids.ts';
import { minePages } from './rights/mine.ts';
import { rightsPages } from './rights/rights.ts';
import { securityTxt } from './security-txt.ts';
import type { Site } from './site.ts';
import { figurePages } from './team/figures.ts';
import { handoverPages } from './team/handover.ts';
import { sentencePages } from './team/sentences.ts';
import { talkPages } from './team/talks.ts';
import { teamPages } from './team/team.ts';
import { ownRecordPages } from './worklist/own-record-list.ts';
import { worklistPages } from './worklist/worklist.ts';

export interface AppParts extends Site {
  readonly fhir: FhirDoor;
  readonly formats: FormatDoor;
  readonly launch: LaunchDoor;
  /** The embedded issuer; absent when people sign in at another one. */
  readonly issuer: Issuer | undefined;
  readonly demoPeople: readonly DemoPerson[];
  readonly trustedProxies: readonly string[];
  /** Where a weakness can be reported (RFC 9116). */
  readonly securityContact: string | undefined;
  /** The colours of the region: the name of a file in assets/themes. */
  readonly theme: string;
  readonly relying: Relying;
  readonly health: Health;
  /** BullMQ's queues, where this process has them. */
  readonly boards: readonly unknown[];
  /** Someone's absence changed: look again who owns what; gives how many moved. */
  readonly onAbsence: () => Promise<number>;
  /** Tokens of systems, how often anyone may call, and where tokens come from. */
  readonly tokens?: Tokens;
  readonly bounds?: CallBounds;
  readonly tokenPlace?: () => Promise<TokenPlace>;
}

/** No script, no style and no frame but our own (ASVS 5, V3); forms post to ourselves only. */
const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    styleSrc: ["'self'"],
    scriptSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
  },
};

/**
 * Asking for a token too often is held by address: who asks is known only after the work is done. Every post counts: the
 * issuer also takes `/TOKEN` and `/token/`.
 */
function tokenBound({ bounds }: AppParts): RequestHandler[] {
  if (!bounds) return [];
  return [
    (request, response, next) => {
      const often = request.method === 'POST' ? bounds.known.take(`token ${addressKey(request.ip)}`) : undefined;
      if (!often) return next();
      response.set('Retry-After', String(often.waitS)).status(429).json({ error: 'temporarily_unavailable' });
    },
  ];
}

function pagesOf(parts: AppParts): express.Router {
  const router = express.Router();
  const viewer = (request: Request): Viewer => {
    const found = viewerOf(request);
    if (!found) throw new Error('page without a viewer');
    return found;
  };
  router.use(readViewer(parts, parts.publicUrl));
  router.use(noteRefusals(parts));
  router.get('/', (request, response) => {
    const seen = viewerOf(request);
    response.redirect(303, seen ? homeOf(seen.actor) : '/login');
  });
  const { issuer, relying, demoPeople } = parts;
  // People sign in at our own issuer only when it is the one for people.
  router.use(loginPages(parts, { relying, demoPeople, ...(issuer?.people && { issuer }) }));
  // The issuer reads its own bodies: the parser of our forms comes after it.
  if (issuer) router.use('/oauth', ...tokenBound(parts), issuer.router);
  // A whole directory is more than a form: only from who may take one in.
  const whole = express.urlencoded({ extended: false, limit: 5_000_000, parameterLimit: 10 });
  router.post('/admin/directory/import', requireRole('/admin', showRefusal), whole);
  router.use(express.urlencoded({ extended: false, limit: 200_000, parameterLimit: 300 }));
  const areas = [
    ['/refer', referDraftPages(parts, viewer)],
    ['/refer', referPages(parts, viewer)],
    ['/practice', practiceQuestionPages(parts, viewer)],
    ['/practice', talkPages(parts, viewer, 'practice')],
    ['/practice', rightsPages(parts, viewer)],
    ['/practice', lookedPages(parts, viewer)],
    ['/practice', sentencePages(parts, viewer, 'practice')],
    ['/practice', practicePages(parts, viewer)],
    ['/worklist', registerPages(parts, viewer)],
    ['/worklist', wallyQuestionPages(parts, viewer)],
    ['/worklist', talkPages(parts, viewer, 'wally')],
    ['/worklist', ownRecordPages(parts, viewer, 'wally')],
    ['/worklist', worklistPages(parts, viewer)],
    ['/team', handoverPages(parts, viewer)],
    ['/team', talkPages(parts, viewer, 'team-lead')],
    ['/team', ownRecordPages(parts, viewer, 'team-lead')],
    ['/team', sentencePages(parts, viewer, 'team-lead')],
    ['/team', teamPages(parts, viewer, parts.onAbsence)],
    ['/admin', mappingPages(parts, viewer, parts.formats.mappings)],
    ['/admin', directoryExchangePages(parts, viewer, parts.onAbsence, parts.fhir.outbound)],
    ['/admin', endpointTestPages(parts, viewer)],
    ['/admin', personAccessPages(parts, viewer)],
    ['/admin', directoryPages(parts, viewer, parts.onAbsence, parts.fhir.outbound)],
    ['/admin', alarmPages(parts, viewer)],
    ['/admin', adminPages(parts, viewer, parts.formats.mappings)],
    ['/admin', trailPages(parts, viewer)],
    ['/admin', clientPages(parts, viewer)],
    ['/admin', credentialPages(parts, viewer)],
    ['/admin', bullPages(parts, viewer)],
    ['/admin', breakGlassPages(parts, viewer)],
    ['/report', figurePages(parts, viewer)],
  ] as const;
  const ownForm = requireCsrf(parts.publicUrl, showRefusal);
  const guardWrites: RequestHandler = (request, response, next) =>
    request.method === 'GET' || request.method === 'HEAD' ? next() : ownForm(request, response, next);
  for (const [area, pages] of areas) {
    router.use(area, requireRole(area, showRefusal), guardWrites);
    router.use(pages);
  }
  return router;
}

function notFound(request: Request, response: Response): void {
  const language = preferredLanguage(request.get('accept-language'));
  const t = sayIn(language);
  response
    .status(404)
    .send(
      plainPage(
        request,
        t('Deze pagina is er niet', 'This page is not here'),
        t('Misschien is het adres verkeerd.', 'Perhaps the address is wrong.'),
      ),
    );
}

/** A page that says one thing and leads back to the start; with the menu for who is signed in. */
function plainPage(request: Request, title: string, text: string): string {
  const language = preferredLanguage(request.get('accept-language'));
  const viewer = viewerOf(request);
  return page({
    title,
    language,
    ...(viewer && { viewer }),
    main: html`<h1>${title}</h1><p>${text}</p>
<p><a href="/">${sayIn(language)('Naar het begin', 'To the start')}</a></p>`,
  });
}

/** The web: doors, pages, log-in, health. Everything it needs is passed in; it listens to nothing itself. */
export async function createApp(parts: AppParts): Promise<express.Express> {
  const app = express();
  const look = await lookOf(parts.theme);
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('trust proxy', [...parts.trustedProxies]);
  app.use(requestIds(parts.store.newId));
  app.use(
    helmet({
      contentSecurityPolicy,
      referrerPolicy: { policy: 'same-origin' },
      crossOriginEmbedderPolicy: false,
      strictTransportSecurity: parts.publicUrl.startsWith('https:'),
    }),
  );
  app.use((_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  app.use(healthRouter(parts.store, parts.health));
  for (const [path, handler] of look) app.get(path, handler);
  app.use(securityTxt(parts.securityContact, parts.publicUrl, parts.store.clock));
  app.use('/fhir/R4', definitionsRouter(parts.publicUrl));
  app.use(smartRouter(parts));
  app.use('/fhir/R4', fhirRouter(parts.fhir));
  app.use('/intake', formatRouter(parts.formats));
  app.use(referContextRouter(parts));
  app.use('/docs', docsPages());
  app.use(linkPages(parts));
  app.use(minePages(parts));
  app.use(cdsRouter(parts.launch));
  app.use(launchPages(parts.launch));
  app.use(pagesOf(parts));
  app.use(notFound);
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    const status = (error as { status?: number }).status;
    if (status === undefined || status >= 500) parts.log.bug('page', error, { method: request.method });
    if (response.headersSent) return void response.destroy();
    const t = sayIn(preferredLanguage(request.get('accept-language')));
    const isTheirs = status !== undefined && status >= 400 && status < 500;
    const said = isTheirs
      ? t(
          'Kortelijn kan dit zo niet aannemen. Er is niets opgeslagen. Ga terug, kijk het na en probeer het nog een keer.',
          'Kortelijn cannot take this as it is. Nothing was saved. Go back, look at it again and try once more.',
        )
      : t(
          'Het ligt aan ons, niet aan u. Wat u al had verstuurd, is bewaard. Probeer het zo opnieuw.',
          'It is our fault, not yours. What you had sent is kept. Try again in a moment.',
        );
    response
      .status(isTheirs ? status : 500)
      .send(plainPage(request, t('Er ging iets mis', 'Something went wrong'), said));
  });
  return app;
}
