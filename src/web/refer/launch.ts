import express, { type Request, type Response, Router } from 'express';
import { type Language, preferredLanguage, type Said } from '../../fhir/outcome.ts';
import { launchLifetimeMs, openSession } from '../../identity/sessions.ts';
import { mayBeIn } from '../../identity/standing.ts';
import { signChange } from '../../identity/trail.ts';
import {
  beginSmartLaunch,
  finishSmartLaunch,
  type LaunchDoor,
  type LaunchRefused,
  type Opened,
  openSignedLaunch,
} from '../../intake/launch/launch.ts';
import { html } from '../html.ts';
import { page } from '../page.ts';

const again: Said = {
  nl: 'Ga terug naar uw systeem, open de patiënt en klik opnieuw op verwijzen.',
  en: 'Go back to your own system, open the patient and click refer again.',
};
const manager: Said = {
  nl: 'Bel de beheerder van uw regio en noem de code onderaan.',
  en: 'Call the administrator of your region and mention the code below.',
};
const support: Said = {
  nl: 'Bel de leverancier van uw systeem en noem de code onderaan.',
  en: 'Call the supplier of your system and mention the code below.',
};

/** Per reason: what is the matter, what to do, and the status. */
const reasons: Record<LaunchRefused, readonly [status: number, what: Said, todo: Said]> = {
  'unknown-system': [
    403,
    { nl: 'Wij kennen het systeem niet waaruit u komt.', en: 'We do not know the system that you come from.' },
    manager,
  ],
  'unknown-issuer': [
    403,
    { nl: 'Wij kennen het systeem niet waaruit u komt.', en: 'We do not know the system that you come from.' },
    manager,
  ],
  malformed: [
    400,
    { nl: 'De link van uw systeem is niet compleet.', en: 'The link of your system is not complete.' },
    support,
  ],
  signature: [
    403,
    { nl: 'De handtekening van uw systeem klopt niet.', en: 'The signature of your system is not right.' },
    support,
  ],
  audience: [
    403,
    { nl: 'Deze link is niet voor Kortelijn bedoeld.', en: 'This link is not meant for Kortelijn.' },
    support,
  ],
  expired: [
    410,
    { nl: 'Deze link is te oud. Hij werkt vijf minuten.', en: 'This link is too old. It works for five minutes.' },
    again,
  ],
  replayed: [
    410,
    { nl: 'Deze link is al gebruikt. Hij werkt één keer.', en: 'This link was used already. It works once.' },
    again,
  ],
  denied: [
    403,
    {
      nl: 'Uw systeem gaf geen toestemming, of zei niet duidelijk wie u bent.',
      en: 'Your system gave no permission, or did not say clearly who you are.',
    },
    again,
  ],
  unreachable: [
    502,
    { nl: 'Uw systeem geeft nu geen antwoord.', en: 'Your system does not answer at the moment.' },
    {
      nl: 'Probeer het over een paar minuten opnieuw, of vul het formulier zelf in.',
      en: 'Try again in a few minutes, or fill in the form yourself.',
    },
  ],
  'no-smart': [
    502,
    { nl: 'Uw systeem zegt niet hoe wij kunnen inloggen.', en: 'Your system does not say how we can sign in.' },
    support,
  ],
  'other-practice': [
    403,
    {
      nl: 'Deze link noemt een andere praktijk dan die van uw systeem.',
      en: 'This link names another practice than that of your system.',
    },
    support,
  ],
  'unknown-user': [
    403,
    {
      nl: 'U staat bij ons niet bekend als verwijzer van deze praktijk.',
      en: 'We do not know you as a referrer of this practice.',
    },
    {
      nl: 'Vraag de beheerder van uw regio om u toe te voegen, met uw AGB-code. Heeft u een account? Dan kunt u wel inloggen en het formulier zelf invullen.',
      en: 'Ask the administrator of your region to add you, with your AGB code. If you have an account, you can sign in and fill in the form yourself.',
    },
  ],
  'no-patient': [
    422,
    { nl: 'Er was geen patiënt geopend in uw systeem.', en: 'No patient was open in your system.' },
    again,
  ],
  'patient-unfit': [
    422,
    {
      nl: 'Van deze patiënt ontbreekt de naam of de geboortedatum, of de patiënt is overleden.',
      en: 'The name or birth date of this patient is missing, or the patient has died.',
    },
    {
      nl: 'Vul de gegevens aan in uw systeem en klik opnieuw, of vul het formulier zelf in.',
      en: 'Complete the data in your system and click again, or fill in the form yourself.',
    },
  ],
};

/** The page of a launch that opened nothing: what is the matter, what to do, and that nothing was sent. */
function launchRefusedPage(language: Language, code: LaunchRefused): string {
  const title: Said = { nl: 'Verwijzen kon niet worden geopend', en: 'Referring could not be opened' };
  const [, what, todo] = reasons[code];
  const nothing: Said = { nl: 'Er is niets verstuurd.', en: 'Nothing was sent.' };
  const byHand: Said = { nl: 'Zelf het formulier invullen', en: 'Fill in the form yourself' };
  return page({
    title: title[language],
    language,
    main: html`<h1>${title[language]}</h1><p>${what[language]} ${nothing[language]}</p><p><strong>${todo[language]}</strong></p>
<p><a class="button" href="/refer">${byHand[language]}</a></p><p class="hint">Code: ${code}</p>`,
  });
}

/**
 * The ways in from a practice's own system, before sign-in: GET /launch (SMART), its callback, and GET or POST /launch/jwt.
 * Each ends in a short session of that person and a one-time link to the filled refer page.
 */
export function launchPages(door: LaunchDoor): Router {
  const router = Router();
  const { store, publicUrl } = door;
  const refused = (request: Request, response: Response, code: LaunchRefused) => {
    const language = preferredLanguage(request.get('accept-language'));
    response.status(reasons[code][0]).type('html').send(launchRefusedPage(language, code));
  };
  const enter = async (request: Request, response: Response, opened: Opened) => {
    if ('refused' in opened) return refused(request, response, opened.refused);
    if (!(await mayBeIn(door, opened.actor))) return refused(request, response, 'unknown-user');
    // Written before the session starts: a log-in that cannot be written down does not happen.
    const noted = await store.commit(signChange('sign-in', opened.actor, store.clock().toISOString()));
    if (!noted.ok) throw new Error('the audit line could not be written');
    await openSession(store, publicUrl, request, response, opened.actor, launchLifetimeMs);
    response.redirect(303, opened.url);
  };
  // What works once is not used up by a HEAD, or by a browser that only looks ahead.
  router.use('/launch', (request, response, next) => {
    const looks = request.method === 'HEAD' || request.get('sec-purpose')?.includes('prefetch') === true;
    if (looks) response.status(204).end();
    else next();
  });
  router.get('/launch', async (request, response) => {
    const stopped = await beginSmartLaunch(door, request, response);
    if (stopped) refused(request, response, stopped.refused);
  });
  router.get('/launch/callback', async (request, response) =>
    enter(request, response, await finishSmartLaunch(door, request, response)),
  );
  router.get('/launch/jwks.json', async (_request, response) => {
    response.json(await door.smart.jwks());
  });
  const tokenIn = (from: unknown): string => {
    const { token } = (from ?? {}) as { token?: unknown };
    return typeof token === 'string' ? token : '';
  };
  router.get('/launch/jwt', async (request, response) =>
    enter(request, response, await openSignedLaunch(door, request, tokenIn(request.query))),
  );
  router.post('/launch/jwt', express.urlencoded({ extended: false, limit: '16kb' }), async (request, response) =>
    enter(request, response, await openSignedLaunch(door, request, tokenIn(request.body))),
  );
  return router;
}
