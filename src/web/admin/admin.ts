import { Router } from 'express';
import type { Said } from '../../fhir/outcome.ts';
import type { Replaying } from '../../intake/replay.ts';
import { looksPersonal } from '../../referral/looks-personal.ts';
import { field, query, sendNotFound, type ViewerOf, type Visit, visiting } from '../acting.ts';
import type { PageParts } from '../page.ts';
import { actOn, editAddress, type Pressed, reassign, retryFromList } from '../queue/actions.ts';
import { beginJob, previewPage } from '../queue/bulk.ts';
import { classesPage, sayOfClass } from '../queue/classes.ts';
import { deliveryPage } from '../queue/delivery.ts';
import { destinationPage, moveDestinationBy } from '../queue/destination.ts';
import { address, filterOf, queryOf } from '../queue/filter.ts';
import { jobPage, jobsPage, turnJob, undoJobBy } from '../queue/jobs.ts';
import { journeysPage } from '../queue/journeys.ts';
import { listPaths } from '../queue/lists.ts';
import { queuePage } from '../queue/queue.ts';
import { adminLine } from '../queue/reason.ts';
import { refusedMessagePage, refusedPage, takeRefused } from '../queue/refused.ts';
import { undoPresses } from '../queue/undo.ts';
import type { Site } from '../site.ts';

const doneSaid: Readonly<Record<string, Said>> = {
  retried: { nl: 'Het bericht wordt nu opnieuw geprobeerd.', en: 'The message is now tried again.' },
  yes: { nl: 'Gedaan. Het staat in het logboek.', en: 'Done. It stands in the audit trail.' },
  undone: { nl: 'Ongedaan gemaakt. Het staat in het logboek.', en: 'Undone. It stands in the audit trail.' },
  taken: { nl: 'Het bericht is aangenomen.', en: 'The message was taken in.' },
};
const refusedSaid: Readonly<Record<string, Said>> = {
  busy: {
    nl: 'Iemand anders veranderde dit op hetzelfde moment. Probeer het nog een keer.',
    en: 'Someone else changed this at the same moment. Please try again.',
  },
  personal: {
    nl: 'Deze naam lijkt iets over een persoon te zeggen. Het filter is niet bewaard. Kies een andere naam.',
    en: 'This name seems to say something about a person. The filter was not saved. Choose another name.',
  },
};

function noticeOf(visit: Visit): PageParts['notice'] {
  const done = query(visit.request, 'done');
  const refused = refusedSaid[done];
  if (refused) return { kind: 'refused', text: refused[visit.viewer.language] };
  const said = doneSaid[done];
  return said && { kind: 'done', text: said[visit.viewer.language] };
}

/** The filter that a form carries as text, checked anew. */
const filterIn = (text: string) => {
  const given = new URLSearchParams(text);
  return filterOf((name) => given.get(name) ?? '');
};

/** A search comes back as an address that holds what was filled in and nothing else. */
async function find(visit: Visit): Promise<void> {
  const { body } = visit.request;
  const path = listPaths.find((one) => one === field(body, 'path')) ?? '/admin';
  visit.response.redirect(
    303,
    address(
      filterOf((name) => field(body, name)),
      path,
    ),
  );
}

/** Whether a name that was typed is of a person, and not of a practice or a Wally in the directory (H17). */
async function isPersonal(site: Site, name: string): Promise<boolean> {
  const looks = looksPersonal(name);
  if (looks.length === 0) return false;
  const { practices, roles, teams } = await site.directory();
  const named = [practices, roles, teams].flatMap((all) => [...all.values()].map((one) => one.name)).join('\n');
  return looks.some((one) => !named.includes(one.found));
}

/** Keeps the filter of a list under a name, or forgets it; each administrator has their own. */
async function saveView(site: Site, visit: Visit): Promise<void> {
  const { viewer, request, response } = visit;
  const name = field(request.body, 'name').replaceAll('\n', ' ').slice(0, 60);
  const text = queryOf(filterIn(field(request.body, 'query')));
  const by = viewer.actor.id;
  const isSave = field(request.body, 'do') === 'save';
  if (isSave && text !== '' && (await isPersonal(site, name)))
    return response.redirect(303, `/admin?${text}&done=personal`);
  if (name !== '' && text !== '') {
    const at = site.store.clock().toISOString();
    await site.store.commit({
      scope: { practice: '' },
      queue: [isSave ? { to: 'view-saved', by, name, query: text } : { to: 'view-removed', by, name }],
      audit: [adminLine(viewer.actor, at, isSave ? 'view-saved' : 'view-removed')],
    });
  }
  response.redirect(303, text === '' ? '/admin' : `/admin?${text}`);
}

/**
 * The administrator's pages, with their whole addresses, behind sign-in, form parsing and the CSRF check. No patient data.
 * `mappings`: to read a kept message once more.
 */
export function adminPages(site: Site, viewerOf: ViewerOf, mappings: Replaying['mappings']): Router {
  const router = Router();
  const on = (handle: (visit: Visit) => Promise<void>) => visiting('administrator', viewerOf, handle);
  const pressed = (press: (site: Site, visit: Visit) => Promise<Pressed>) =>
    on(async (visit) => {
      const done = await press(site, visit);
      if (done === 'absent') sendNotFound(visit);
      else if ('location' in done) visit.response.redirect(303, done.location);
      else await deliveryPage(site, mappings, visit, { kind: 'refused', text: done.text }, done.status);
    });
  router.get(
    '/admin',
    on((visit) => queuePage(site, visit, noticeOf(visit))),
  );
  router.get(
    '/admin/journeys',
    on((visit) => journeysPage(site, visit)),
  );
  router.post('/admin/find', on(find));
  router.post(
    '/admin/views',
    on((visit) => saveView(site, visit)),
  );
  router.get(
    '/admin/errors',
    on((visit) => classesPage(site, visit, noticeOf(visit))),
  );
  router.post(
    '/admin/errors',
    on((visit) => sayOfClass(site, visit)),
  );
  router.post(
    '/admin/errors/undo',
    on((visit) => undoPresses.class(site, visit, (...said) => classesPage(site, visit, ...said))),
  );
  router.get(
    '/admin/destination',
    on((visit) => destinationPage(site, visit, noticeOf(visit))),
  );
  router.post(
    '/admin/destination',
    on((visit) => moveDestinationBy(site, visit)),
  );
  router.post(
    '/admin/destination/undo',
    on((visit) => undoPresses.destination(site, visit, (...said) => destinationPage(site, visit, ...said))),
  );
  router.get(
    '/admin/bulk',
    on((visit) => jobsPage(site, visit)),
  );
  router.post(
    '/admin/bulk',
    on((visit) => beginJob(site, visit)),
  );
  router.post(
    '/admin/bulk/preview',
    on((visit) => previewPage(site, visit)),
  );
  router.get(
    '/admin/bulk/:id',
    on((visit) => jobPage(site, visit)),
  );
  router.post(
    '/admin/bulk/:id/stop',
    on((visit) => turnJob(site, visit, 'job-stopped')),
  );
  router.post(
    '/admin/bulk/:id/resume',
    on((visit) => turnJob(site, visit, 'job-resumed')),
  );
  router.post(
    '/admin/bulk/:id/undo',
    on((visit) => undoJobBy(site, visit)),
  );
  router.get(
    '/admin/refused',
    on((visit) => refusedPage(site, visit)),
  );
  router.get(
    '/admin/refused/:id',
    on((visit) => refusedMessagePage(site, mappings, visit, noticeOf(visit))),
  );
  router.post(
    '/admin/refused/:id/take',
    on((visit) => takeRefused(site, mappings, visit)),
  );
  router.get(
    '/admin/deliveries/:id',
    on((visit) => deliveryPage(site, mappings, visit, noticeOf(visit))),
  );
  router.post(
    '/admin/deliveries/:id/undo',
    on((visit) => undoPresses.delivery(site, visit, (...said) => deliveryPage(site, mappings, visit, ...said))),
  );
  router.post('/admin/deliveries/:id/act', pressed(actOn));
  router.post('/admin/deliveries/:id/reassign', pressed(reassign));
  router.post('/admin/deliveries/:id/address', pressed(editAddress));
  router.post(
    '/admin/deliveries/:id/retry',
    on((visit) => retryFromList(site, visit, address(filterIn(field(visit.request.body, 'back'))))),
  );
  return router;
}
