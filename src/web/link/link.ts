import { timingSafeEqual } from 'node:crypto';
import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import { linkWaits, mailCode, rightCode, stillAsked, workAt, wrongCode } from '../../feedback/by-link.ts';
import { heardSchema, hearOnward } from '../../feedback/onward.ts';
import { answer } from '../../feedback/question.ts';
import { preferredLanguage } from '../../fhir/outcome.ts';
import {
  clearLinkSession,
  formToken,
  isOwnForm,
  linkSessionMs,
  linkSessionOf,
  setLinkSession,
} from '../../identity/link-session.ts';
import { addressKey, SignInThrottle } from '../../identity/throttle.ts';
import type { Actor } from '../../referral/actor.ts';
import type { Journey } from '../../referral/journey.ts';
import { isLive, type Link, linkCodesMax, linkState } from '../../referral/link.ts';
import { isRefusal } from '../../referral/refusal.ts';
import { linkBySession, linkByToken, linkCode, newLinkSession } from '../../store/access/links.ts';
import { readJourney } from '../../store/referrals.ts';
import { ContentErased } from '../../store/store.ts';
import { actingFor, decide, field, noteView, query, send, sentences, type Visit } from '../acting.ts';
import type { Site } from '../site.ts';
import { casePage, codePage, donePage, type Ended, endedPage, waitingPage } from './pages.ts';
import { type CaseFields, readReply } from './reply.ts';

/** A link that opens something, with what it is about. */
export interface Opened {
  readonly link: Link;
  readonly journey: Journey;
  readonly actor: Actor;
}

async function actorOf(site: Site, link: Link): Promise<Actor> {
  const { teams, practices } = await site.directory();
  const { recipient: organization } = link;
  const id = `link-${link.id}`;
  if (link.purpose === 'question')
    return { id, name: practices.get(organization)?.name ?? '', role: 'practice-system', organization };
  return { id, name: teams.get(organization)?.name ?? '', role: 'organisation', organization };
}

/** What a link opens now, or why it opens nothing: it dies with the work, the consent, the question and the content. */
async function openLink(site: Site, link: Link | undefined): Promise<Opened | { ended: Ended; journey?: Journey }> {
  if (!link || link.purpose === 'resident') return { ended: 'unknown' };
  let journey: Journey | undefined;
  try {
    journey = await readJourney(site.store, { kind: 'practice', practice: link.practice }, link.journey);
  } catch (error) {
    if (!(error instanceof ContentErased)) throw error;
  }
  const now = site.store.clock();
  if (!journey) return { ended: 'over' };
  if (!isLive(link, now)) return { ended: linkState(link, now) as Ended, journey };
  return stillAsked(journey, link) ? { link, journey, actor: await actorOf(site, link) } : { ended: 'over', journey };
}

function visitOf(request: Request, response: Response, actor: Actor, csrf: string): Visit {
  return { request, response, viewer: { actor, language: preferredLanguage(request.get('accept-language')), csrf } };
}

const stranger: Actor = { id: 'link', name: '', role: 'organisation' };
const sameText = (one: string, other: string) =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));

/**
 * The pages of who has no account: a mailed link, its code (H12), and then one question, to be answered there. Looking
 * changes nothing, so that a mail scanner uses nothing up; after the code no secret stands in an address.
 */
export function linkPages(site: Site): Router {
  const { store, publicUrl } = site;
  const router = Router();
  const key = store.master.derive('csrf');
  const throttle = new SignInThrottle();

  const showEnded = async (visit: Visit, at: { ended: Ended; journey?: Journey }) => {
    const directory = await site.directory();
    const parts = endedPage(visit.viewer, at.ended, directory, at.journey?.index);
    send(visit, parts, at.ended === 'unknown' ? 404 : 410);
  };

  /** What comes before the code: the page of a link that opens something. */
  const before = (handle: (visit: Visit, at: Opened, token: string) => Promise<void>): RequestHandler => {
    return async (request, response) => {
      const token = String(request.params.token);
      const visit = visitOf(request, response, stranger, formToken(key, token));
      const at = await openLink(site, await linkByToken(store, token));
      if (!('link' in at)) return showEnded(visit, at);
      if (request.method === 'POST' && !isOwnForm(request, publicUrl, key, token))
        return send(visit, codePage(visit.viewer, at.link, token, 'again'), 403);
      await handle(visit, at, token);
    };
  };

  /** What comes after it. */
  const inside = (handle: (visit: Visit, at: Opened) => Promise<void>): RequestHandler => {
    return async (request, response) => {
      const session = linkSessionOf(request, publicUrl);
      const at = await openLink(site, session ? await linkBySession(store, session) : undefined);
      const csrf = formToken(key, session ?? '');
      if (!('link' in at)) return showEnded(visitOf(request, response, stranger, csrf), at);
      const visit = visitOf(request, response, at.actor, csrf);
      if (linkWaits(at.journey, at.link, store.clock()))
        return send(visit, waitingPage(visit.viewer, await site.directory(), at.journey.index), 403);
      if (request.method === 'POST' && !(session && isOwnForm(request, publicUrl, key, session)))
        return send(visit, endedPage(visit.viewer, 'unknown', await site.directory(), at.journey.index), 403);
      await handle(visit, at);
    };
  };

  const tryCode = async (visit: Visit, at: Opened, token: string): Promise<void> => {
    const { request, response, viewer } = visit;
    const { link, journey } = at;
    const show = (why: Parameters<typeof codePage>[3], status: number, tries = link.tries) =>
      send(visit, codePage(viewer, { ...link, tries }, token, why), status);
    const typed = field(request.body, 'code').replaceAll(/\D/g, '');
    // An empty field is a slip, not a guess.
    if (typed === '') return show('empty', 422);
    const address = addressKey(request.ip);
    const refused = throttle.begin(link.id, address, store.clock().getTime());
    if (refused) {
      response.set('Retry-After', String(refused.waitS));
      return show('wait', 429);
    }
    const acting = await actingFor(site, at.actor);
    if (!sameText(typed, linkCode(store.master, link.id))) {
      const noted = await store.commit(wrongCode(journey, link, acting));
      // Somebody tried at the same moment: whatever it was, it was not counted, so nothing is said about it.
      if (!noted.ok) return show('again', 409);
      const after = await openLink(site, await linkByToken(store, token));
      return 'link' in after ? show('wrong', 403, after.link.tries) : showEnded(visit, after);
    }
    const session = newLinkSession();
    const until = new Date(acting.now.getTime() + linkSessionMs).toISOString();
    const opened = await store.commit(rightCode(journey, link, acting, { hash: session.hash, until }));
    if (!opened.ok) return show('again', 409);
    throttle.succeeded(link.id, address);
    setLinkSession(response, publicUrl, session.token);
    response.redirect(303, '/link/case');
  };

  const sendCode = async (visit: Visit, at: Opened, token: string): Promise<void> => {
    const { link, journey } = at;
    if (link.codes >= linkCodesMax) return send(visit, codePage(visit.viewer, link, token, 'no-more'), 429);
    const done = await store.commit(mailCode(journey, link, await actingFor(site, at.actor)));
    const now = done.ok ? { ...link, codes: link.codes + 1 } : link;
    send(visit, codePage(visit.viewer, now, token, 'mailed'), 200);
  };

  const showCase = async (visit: Visit, at: Opened, faults: CaseFields = { fields: {}, faults: [] }, status = 200) => {
    const acting = await actingFor(site, at.actor);
    await noteView(site, at.journey, acting);
    const page = casePage(visit.viewer, at, acting, faults, query(visit.request, 'done'));
    send(visit, page, status);
  };

  const reply = async (visit: Visit, at: Opened): Promise<void> => {
    const { request, response } = visit;
    const { link } = at;
    const read = readReply(String(request.params.what), request.body, at);
    if ('faults' in read) return showCase(visit, at, read, 422);
    const again = async () => {
      const opened = await openLink(site, await linkBySession(store, linkSessionOf(request, publicUrl) ?? ''));
      return 'link' in opened ? opened.journey : undefined;
    };
    const outcome = await decide(site, at.actor, again, (journey, acting) =>
      link.purpose === 'question'
        ? answer(journey, { text: read.text ?? '', by: 'practice' }, acting)
        : hearOnward(journey, heardSchema.parse({ task: workAt(journey, link.subject)?.task, ...read.heard }), acting),
    );
    if (outcome === 'absent') return showEnded(visit, { ended: 'over', journey: at.journey });
    if (isRefusal(outcome))
      return showCase(visit, at, { fields: {}, faults: [], refused: sentences(outcome, visit.viewer) }, 409);
    const goesOn = (['accepted', 'interim'] as const).find((one) => one === read.heard?.outcome);
    if (goesOn) return response.redirect(303, `/link/case?done=${goesOn}`);
    clearLinkSession(response, publicUrl);
    response.redirect(303, '/link/done');
  };

  router.use('/link', (_request, response, next) => {
    response.set('Referrer-Policy', 'no-referrer').set('Cache-Control', 'no-store');
    next();
  });
  router.use('/link', express.urlencoded({ extended: false, limit: 50_000, parameterLimit: 100 }));
  router.get('/link/done', (request, response) => {
    const visit = visitOf(request, response, stranger, '');
    send(visit, donePage(visit.viewer));
  });
  router.get(
    '/link/case',
    inside((visit, at) => showCase(visit, at)),
  );
  router.post('/link/case/:what', inside(reply));
  router.get(
    '/link/:token',
    before(async (visit, { link }, token) => send(visit, codePage(visit.viewer, link, token))),
  );
  router.post('/link/:token', before(tryCode));
  router.post('/link/:token/code', before(sendCode));
  return router;
}
