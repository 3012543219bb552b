import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { type Language, preferredLanguage, type Said } from '../fhir/outcome.ts';
import { areaOf, isCrossSite, mayOpen, type Refused, requireCsrf, type ShowRefusal } from '../identity/access.ts';
import { demoAllowed, otherLoopbackName } from '../identity/accounts.ts';
import type { ErrorPage, Issuer } from '../identity/issuer.ts';
import type { Relying } from '../identity/relying.ts';
import { safeReturn } from '../identity/return-path.ts';
import { closeSession, openSession, viewerOf } from '../identity/sessions.ts';
import { openSignIn, type SignIn } from '../identity/sign-in.ts';
import { mayBeIn } from '../identity/standing.ts';
import type { Actor } from '../referral/actor.ts';
import { html, sayIn } from './html.ts';
import { type DemoPerson, loginForm } from './login-form.ts';
import { homeOf, page } from './page.ts';
import type { Site } from './site.ts';
import { type Unfinished, unfinished } from './unfinished.ts';

const languageOf = (request: Request): Language => preferredLanguage(request.headers['accept-language']);

/** A page that says one thing and offers one way on. */
function sayPage(language: Language, title: Said, text: Said, link: readonly [path: string, said: Said]): string {
  return page({
    title: title[language],
    language,
    main: html`<h1>${title[language]}</h1><p>${text[language]}</p><p><a class="button" href="${link[0]}">${link[1][language]}</a></p>`,
  });
}

function send(response: Response, status: number, body: string): void {
  response.status(status).set('Cache-Control', 'no-store').type('html').send(body);
}

const again = ['/login', { nl: 'Opnieuw inloggen', en: 'Sign in again' }] as const;
const noEntry: Said = { nl: 'U kunt hier niet verder', en: 'You cannot go on here' };
const notIn: Said = { nl: 'Inloggen is niet gelukt', en: 'Signing in did not work' };

const refusals: Record<Refused['reason'], readonly [title: Said, text: Said]> = {
  'signed-out': [
    { nl: 'U bent niet meer ingelogd', en: 'You are no longer signed in' },
    {
      nl: 'Wat u net deed, is niet opgeslagen. Log opnieuw in en doe het daarna nog een keer.',
      en: 'What you just did was not saved. Sign in again, then do it once more.',
    },
  ],
  role: [
    noEntry,
    {
      nl: 'Deze pagina is niet voor uw rol. Gebruik het menu bovenaan.',
      en: 'This page is not for your role. Use the menu at the top.',
    },
  ],
  csrf: [
    noEntry,
    {
      nl: 'Deze pagina was te oud. Er is niets opgeslagen. Ga terug, ververs de pagina en probeer het nog een keer.',
      en: 'This page was too old. Nothing was saved. Go back, refresh the page and try again.',
    },
  ],
  'cross-site': [
    noEntry,
    {
      nl: 'Deze opdracht kwam van een andere website. Er is niets opgeslagen.',
      en: 'This came from another website. Nothing was saved.',
    },
  ],
};

/** The 401 and 403 pages of every area; give it to requireRole and requireCsrf. */
export const showRefusal: ShowRefusal = (request, response, { status, reason }) => {
  const viewer = viewerOf(request);
  const language = languageOf(request);
  const [title, text] = refusals[reason];
  const [path, said] = viewer
    ? ([homeOf(viewer.actor), { nl: 'Naar mijn eerste pagina', en: 'To my first page' }] as const)
    : again;
  const main = html`<h1>${title[language]}</h1><p>${text[language]}</p><p><a class="button" href="${path}">${said[language]}</a></p>`;
  send(response, status, page({ title: title[language], language, ...(viewer && { viewer }), main }));
};

/** What the embedded issuer shows when it cannot go on; for mountIssuer. */
export const issuerErrorPage: ErrorPage = (language) =>
  sayPage(
    language,
    notIn,
    { nl: 'Deze inlogpagina is verlopen of al gebruikt.', en: 'This sign-in page has expired or was used before.' },
    again,
  );

function showUnfinished(request: Request, response: Response, why: Unfinished): void {
  const [status, text] = unfinished[why];
  send(response, status, sayPage(languageOf(request), notIn, text, again));
}

/** The log-in form of the embedded issuer, and what is typed into it. */
function interactionPages(
  site: Site,
  issuer: Issuer,
  signIn: SignIn,
  people: readonly DemoPerson[],
): Record<'show' | 'check', RequestHandler<{ uid: string }>> {
  const form = (request: Request<{ uid: string }>, username: string, problem?: Said): string =>
    loginForm(languageOf(request), {
      uid: request.params.uid,
      username,
      demo: demoAllowed(request, site.publicUrl) ? people : [],
      ...(problem && { problem: problem[languageOf(request)] }),
    });
  return {
    show: async (request, response) => {
      if (!(await issuer.isWaiting(request, response, request.params.uid))) {
        return showUnfinished(request, response, 'expired');
      }
      send(response, 200, form(request, ''));
    },
    check: async (request, response) => {
      if (isCrossSite(request, site.publicUrl)) {
        return showRefusal(request, response, { status: 403, reason: 'cross-site' });
      }
      if (!(await issuer.isWaiting(request, response, request.params.uid))) {
        return showUnfinished(request, response, 'expired');
      }
      const checked = await signIn.check(request, request.body);
      if (checked.outcome === 'right') return issuer.complete(request, response, checked.username);
      if (checked.outcome === 'wrong') return send(response, 401, form(request, checked.username, wrong));
      response.set('Retry-After', String(checked.waitS));
      send(response, 429, form(request, checked.username, tooOften(checked.waitS)));
    },
  };
}

const wrong: Said = {
  nl: 'De gebruikersnaam of het wachtwoord klopt niet.',
  en: 'The username or the password is not right.',
};

function tooOften(waitS: number): Said {
  const minutes = Math.ceil(waitS / 60);
  return {
    nl: `Inloggen is te vaak mislukt. Wacht ${minutes} ${minutes === 1 ? 'minuut' : 'minuten'} en probeer het dan nog een keer.`,
    en: `Signing in failed too often. Wait ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}, then try again.`,
  };
}

/** Where someone goes after signing in: back, unless that page is for another role. */
function landing(actor: Actor, returnTo: string | undefined): string {
  const area = returnTo === undefined ? undefined : areaOf(returnTo);
  return returnTo === undefined || (area && !mayOpen(actor.role, area)) ? homeOf(actor) : returnTo;
}

/**
 * Signing in and out: GET /login, GET /login/callback, GET and POST /logout, and with the embedded issuer its log-in
 * form at /oauth/interaction/:uid. Mount behind readViewer and before `issuer.router`. Failed log-ins are counted per
 * `request.ip`: behind a proxy, express' `trust proxy` must name that proxy.
 */
export function loginPages(
  site: Site,
  parts: { readonly relying: Relying; readonly issuer?: Issuer; readonly demoPeople?: readonly DemoPerson[] },
): Router {
  const { store, publicUrl, log } = site;
  const { relying, issuer } = parts;
  const signIn = openSignIn(store, publicUrl, log);
  const router = express.Router();
  const urlencoded = express.urlencoded({ extended: false, limit: '8kb' });

  router.get('/login', async (request, response) => {
    response.set('Cache-Control', 'no-store');
    const returnTo = safeReturn(request.query.return);
    if (otherLoopbackName(request, publicUrl) && request.query.here === undefined) {
      const back = returnTo === undefined ? '' : `&return=${encodeURIComponent(returnTo)}`;
      return response.redirect(303, `${publicUrl}/login?here=1${back}`);
    }
    const viewer = viewerOf(request);
    if (viewer) return response.redirect(303, landing(viewer.actor, returnTo));
    if (!(await relying.begin(request, response, returnTo))) showUnfinished(request, response, 'unreachable');
  });

  router.get('/login/callback', async (request, response) => {
    response.set('Cache-Control', 'no-store');
    const finished = await relying.finish(request, response);
    if (!finished.ok) {
      if (finished.why === 'unknown-role') await signIn.unknownRole(finished.subject);
      return showUnfinished(request, response, finished.why);
    }
    const { actor } = finished;
    if (!(await mayBeIn(site, actor))) {
      await signIn.unknownRole(actor.id);
      return showUnfinished(request, response, 'unknown-role');
    }
    await signIn.signedIn(actor);
    await openSession(store, publicUrl, request, response, actor);
    response.redirect(303, landing(actor, finished.returnTo));
  });

  router.get('/logout', async (request, response) => {
    const viewer = viewerOf(request);
    if (viewer) return response.redirect(303, homeOf(viewer.actor));
    const language = languageOf(request);
    const t = sayIn(language);
    const elsewhere = await relying.signOutUrl();
    const main = html`<h1>${t('U bent uitgelogd', 'You are signed out')}</h1>
${
  elsewhere &&
  html`<p>${t(
    'Op een gedeelde computer: log ook uit bij de inlogdienst.',
    'On a shared computer: sign out of the sign-in service as well.',
  )}
<a href="${elsewhere}">${t('Uitloggen bij de inlogdienst', 'Sign out of the sign-in service')}</a></p>`
}
<p><a class="button" href="/login">${again[1][language]}</a></p>`;
    send(response, 200, page({ title: t('Uitgelogd', 'Signed out'), language, main }));
  });

  const leave: RequestHandler = async (request, response) => {
    const viewer = viewerOf(request);
    await closeSession(store, publicUrl, request, response);
    await issuer?.endSession(request, response);
    if (viewer) await signIn.signedOut(viewer.actor);
    // Pages that a browser kept to go back to are gone too; the cookies are taken away by name.
    response.set('Clear-Site-Data', '"cache", "storage"').redirect(303, '/logout');
  };
  const ownForm = requireCsrf(publicUrl, showRefusal);
  router.post(
    '/logout',
    urlencoded,
    (request, response, next) => {
      // Nobody signed in any more: "you are signed out" is what they wanted. Not on behalf of another site, though: its
      // POST comes without our cookie, and would take it away from the browser all the same.
      if (viewerOf(request) || isCrossSite(request, publicUrl)) ownForm(request, response, next);
      else next();
    },
    leave,
  );

  if (issuer) {
    const { show, check } = interactionPages(site, issuer, signIn, parts.demoPeople ?? []);
    router.get('/oauth/interaction/:uid', show);
    router.post('/oauth/interaction/:uid', urlencoded, check);
  }
  return router;
}
