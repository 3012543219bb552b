import { Router } from 'express';
import { accept, seen } from '../../feedback/moves.ts';
import type { Said } from '../../fhir/outcome.ts';
import type { Actor } from '../../referral/actor.ts';
import { httpStatus } from '../../referral/refusal.ts';
import {
  actingFor,
  decide,
  field,
  journeyOf,
  noteView,
  query,
  sendNotFound,
  sentences,
  type ViewerOf,
  type Visit,
  visiting,
} from '../acting.ts';
import { switchKeys } from '../admin/keys.ts';
import { openJson, openPdf } from '../journey/download.ts';
import { openLetter } from '../journey/letter-download.ts';
import { doneNotice, type MovePlace, postMove } from '../moves/pages.ts';
import type { Site } from '../site.ts';
import { type CallPlace, noteReadAloud, sendCalls } from '../team/calls.ts';
import { sendCalendar, toCalendar } from './calendar.ts';
import { nextNew, sendFound, sendList } from './list.ts';
import { ownRecordNotice, postOwnRecord } from './own-record.ts';
import { nextUnconfirmed } from './own-record-list.ts';
import { readForWally, readOwn, sendReferral, wallyForms } from './referral.ts';
import { openReport, postReport } from './report-pages.ts';

const doneSaid: Record<string, Said> = {
  accepted: { nl: 'U hebt de verwijzing aangenomen.', en: 'You accepted the referral.' },
  'accepted-before': {
    nl: 'U hebt de vorige verwijzing aangenomen. Dit is de volgende.',
    en: 'You accepted the previous referral. This is the next one.',
  },
  reported: {
    nl: 'Uw tussenbericht gaat naar de praktijk. Bij "Terugkoppeling" ziet u hoe ver het is.',
    en: 'Your interim message goes to the practice. At "Feedback" you see how far it is.',
  },
  closed: {
    nl: 'De verwijzing is afgesloten. Uw laatste bericht gaat naar de praktijk. Bij "Terugkoppeling" ziet u hoe ver het is.',
    en: 'The referral is closed. Your final message goes to the practice. At "Feedback" you see how far it is.',
  },
};

const callPlace = (actor: Actor): CallPlace => ({
  scope: { kind: 'owner', owner: actor.id },
  path: '/worklist/calls',
  back: { nl: 'Terug naar de werklijst', en: 'Back to the worklist' },
});

async function open(site: Site, visit: Visit, id: string): Promise<void> {
  const { actor, language } = visit.viewer;
  const first = await readForWally(site, actor, id);
  if (!first) return sendNotFound(visit);
  const opening = seen(first, await actingFor(site, actor));
  // Someone else was at it in the same moment: then it is not the first opening any more, and only the view is noted.
  const opened = opening && (await site.store.commit(opening)).ok;
  const journey = opened ? await readForWally(site, actor, id) : first;
  if (!journey) return sendNotFound(visit);
  const done = doneSaid[query(visit.request, 'done')];
  const notice = done
    ? { kind: 'done' as const, text: done[language] }
    : (doneNotice(visit, wallyForms) ?? ownRecordNotice(query(visit.request, 'done'), visit.viewer));
  await sendReferral(site, visit, journey, notice, 200);
}

async function acceptIt(site: Site, visit: Visit, id: string): Promise<void> {
  const { actor } = visit.viewer;
  const outcome = await decide(
    site,
    actor,
    () => readOwn(site, actor, id),
    (journey, acting) =>
      // Tapped twice: what was asked for is so.
      journey.task.resource.status === 'accepted' ? undefined : accept(journey, acting),
  );
  if (outcome === 'done') {
    if (field(visit.request.body, 'and') !== 'next')
      return visit.response.redirect(303, `/worklist/${id}?done=accepted`);
    const next = await nextNew(site, visit);
    return visit.response.redirect(303, next ? `/worklist/${next}?done=accepted-before` : '/worklist?done=accepted');
  }
  const journey = outcome === 'absent' ? undefined : await readOwn(site, actor, id);
  if (outcome === 'absent' || !journey) return sendNotFound(visit);
  await sendReferral(
    site,
    visit,
    journey,
    { kind: 'refused', text: sentences(outcome, visit.viewer) },
    httpStatus(outcome),
  );
}

const movePlace = (site: Site): MovePlace => ({
  forms: wallyForms,
  list: '/worklist',
  read: (visit, id) => readForWally(site, visit.viewer.actor, id),
  page: (visit, journey, notice, status, posted) => sendReferral(site, visit, journey, notice, status, posted),
});

/** "Staat in ons eigen dossier", or that it does not after all. */
async function keepOwn(site: Site, visit: Visit, id: string): Promise<void> {
  const { actor } = visit.viewer;
  await postOwnRecord(site, visit, id, {
    list: '/worklist',
    read: (journey) => readForWally(site, actor, journey),
    next: () => nextUnconfirmed(site, actor),
    refused: (journey, refusal) =>
      sendReferral(
        site,
        visit,
        journey,
        { kind: 'refused', text: sentences(refusal, visit.viewer) },
        httpStatus(refusal),
      ),
    absent: () => sendNotFound(visit),
  });
}

/** The appointment that stands, as a file for the Wally's own calendar. */
async function openCalendar(site: Site, visit: Visit, id: string): Promise<void> {
  const journey = await readOwn(site, visit.viewer.actor, id);
  const planned = journey?.appointments.find((one) => one.resource.status === 'booked');
  if (!journey || !planned) return sendNotFound(visit);
  const acting = await actingFor(site, visit.viewer.actor);
  await noteView(site, journey, acting);
  sendCalendar(visit.response, toCalendar(planned, acting.now));
}

/** The Wally's pages, with their whole addresses, behind sign-in, form parsing and the CSRF check. */
export function worklistPages(site: Site, viewerOf: ViewerOf): Router {
  const router = Router();
  const own = (handle: (site: Site, visit: Visit, id: string) => Promise<void>) =>
    visiting('wally', viewerOf, async (visit) => {
      const id = journeyOf(visit.request);
      await (id ? handle(site, visit, id) : sendNotFound(visit));
    });
  router.get(
    '/worklist',
    visiting('wally', viewerOf, (visit) => sendList(site, visit, callPlace(visit.viewer.actor))),
  );
  router.post(
    '/worklist/search',
    visiting('wally', viewerOf, (visit) => sendFound(site, visit)),
  );
  router.get('/worklist/search', (_request, response) => response.redirect(303, '/worklist'));
  router.post(
    '/worklist/keys',
    visiting('wally', viewerOf, async (visit) => switchKeys(site, visit)),
  );
  router.get(
    '/worklist/calls',
    visiting('wally', viewerOf, (visit) => sendCalls(site, visit, callPlace(visit.viewer.actor))),
  );
  router.post(
    '/worklist/calls/:delivery',
    visiting('wally', viewerOf, (visit) => noteReadAloud(site, visit, callPlace(visit.viewer.actor))),
  );
  router.get('/worklist/:journey', own(open));
  router.post('/worklist/:journey/accept', own(acceptIt));
  router.post(
    '/worklist/:journey/move/:move',
    own((here, visit, id) => postMove(here, visit, movePlace(here), id)),
  );
  router.get('/worklist/:journey/appointment.ics', own(openCalendar));
  router.get('/worklist/:journey/letter/:letter', own(openLetter));
  router.get('/worklist/:journey/journey.json', own(openJson));
  router.get('/worklist/:journey/journey.pdf', own(openPdf));
  router.get('/worklist/:journey/report', own(openReport));
  router.post('/worklist/:journey/report', own(postReport));
  router.post('/worklist/:journey/own-record', own(keepOwn));
  return router;
}
