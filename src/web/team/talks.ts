import { type RequestHandler, Router } from 'express';
import { endTalk, planTalk } from '../../feedback/talk.ts';
import type { Said } from '../../fhir/outcome.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { Practice } from '../../referral/directory/directory.ts';
import { httpStatus, isRefusal, issue, refuse } from '../../referral/refusal.ts';
import { type Talk, withoutTalk } from '../../referral/talk.ts';
import { readTalks } from '../../store/talks.ts';
import {
  decide,
  field,
  noteList,
  query,
  send,
  sendNotFound,
  sentences,
  type ViewerOf,
  type Visit,
  visiting,
} from '../acting.ts';
import { errorSummary } from '../form-controls.ts';
import { html, type Markup, sayIn } from '../html.ts';
import type { PageParts, Viewer } from '../page.ts';
import type { Site } from '../site.ts';
import { sendCalendar, toCalendar } from '../worklist/calendar.ts';
import { readTalk } from './talk-form.ts';
import { areaFor, areaOf, listPart, practicePart, practicesOf, type Reader, type Typed } from './talk-view.ts';

const doneSaid: Record<string, Said> = {
  planned: { nl: 'Het gesprek staat. Wie erbij is, krijgt bericht.', en: 'The talk stands. Who takes part is told.' },
  fulfilled: { nl: 'Het gesprek is gehouden.', en: 'The talk was held.' },
  cancelled: {
    nl: 'Het gesprek is afgezegd. Wie erbij was, krijgt bericht.',
    en: 'The talk was cancelled. Who took part is told.',
  },
};
async function sendTalks(
  site: Site,
  visit: Visit,
  notice: PageParts['notice'],
  status = 200,
  typed?: Typed & { readonly practice: string },
): Promise<void> {
  const { viewer, request } = visit;
  const t = sayIn(viewer.language);
  const directory = await site.directory();
  const practices = practicesOf(viewer, directory);
  const asked = typed?.practice ?? query(request, 'practice');
  const practice = asked === '' && practices.length === 1 ? practices[0] : practices.find((one) => one.id === asked);
  if (asked !== '' && !practice) return sendNotFound(visit);
  await noteList(site, viewer.actor, 'talks', practice ? 1 : practices.length);
  const title = t('Kwartaalgesprek', 'Quarterly talk');
  const body = practice
    ? await practicePart(site, visit, practice, directory, typed)
    : await listPart(site, viewer, practices, directory);
  const wrong = typed && typed.faults.length > 0 ? t('Fout: ', 'Error: ') : '';
  const main = html`
    ${errorSummary(typed?.faults ?? [], viewer)}
    <h1>${title}</h1>
    <p>${t(
      'Elk kwartaal praten Wally en praktijk over de samenwerking.',
      'Every quarter Wally and practice talk about how they work together.',
    )}</p>
    ${body}`;
  send(visit, { title: `${wrong}${title}`, main, ...(notice && { notice }) }, status);
}

const changed = refuse(
  issue('conflict', 'changed-meanwhile', 'Appointment', {
    nl: 'Iemand anders veranderde dit gesprek intussen. Kijk eerst hoe het nu staat.',
    en: 'Someone else changed this talk meanwhile. First look how it stands now.',
  }),
);

/** The talk with this id, when its practice is one of this person's. */
async function readOwn(
  site: Site,
  viewer: Viewer,
  id: string,
): Promise<{ talk: Talk; practice: Practice } | undefined> {
  const practices = practicesOf(viewer, await site.directory());
  const talks = await readTalks(
    site.store,
    practices.map((one) => one.id),
  );
  const talk = talks.find((one) => one.resource.id === id);
  const practice = practices.find((one) => one.id === talk?.practice);
  return talk && practice && { talk, practice };
}

async function plan(site: Site, visit: Visit): Promise<void> {
  const { viewer, request } = visit;
  const { body } = request;
  const directory = await site.directory();
  const practice = practicesOf(viewer, directory).find((one) => one.id === field(body, 'practice'));
  if (!practice) return sendNotFound(visit);
  const id = field(body, 'talk');
  const { plan: planned, fields, faults } = readTalk(body, directory, practice);
  const typed = { fields, faults, practice: practice.id, ...(id && { talk: id }) };
  if (!planned) return sendTalks(site, visit, undefined, 422, typed);
  const outcome = await decide(
    site,
    viewer.actor,
    async () => (id ? await readOwn(site, viewer, id) : { talk: undefined }),
    ({ talk }, acting) =>
      talk && String(talk.version) !== field(body, 'version') ? changed : planTalk(practice, planned, talk, acting),
  );
  if (outcome === 'absent') return sendNotFound(visit);
  if (isRefusal(outcome))
    return sendTalks(site, visit, { kind: 'refused', text: sentences(outcome, viewer) }, httpStatus(outcome), typed);
  visit.response.redirect(303, `${areaFor(viewer)}/talks?practice=${practice.id}&done=planned`);
}

async function endIt(site: Site, visit: Visit): Promise<void> {
  const { viewer, request } = visit;
  const id = String(request.params.talk);
  const status = field(request.body, 'status') === 'fulfilled' ? 'fulfilled' : 'cancelled';
  const own = await readOwn(site, viewer, id);
  if (!own) return sendNotFound(visit);
  const outcome = await decide(
    site,
    viewer.actor,
    () => readOwn(site, viewer, id),
    ({ talk, practice }, acting) =>
      String(talk.version) === field(request.body, 'version') ? endTalk(practice, talk, status, acting) : changed,
  );
  const typed = { fields: {}, faults: [], practice: own.practice.id };
  if (outcome === 'absent') return sendNotFound(visit);
  if (isRefusal(outcome))
    return sendTalks(site, visit, { kind: 'refused', text: sentences(outcome, viewer) }, httpStatus(outcome), typed);
  visit.response.redirect(303, `${areaFor(viewer)}/talks?practice=${own.practice.id}&done=${status}`);
}

async function calendar(site: Site, visit: Visit): Promise<void> {
  const own = await readOwn(site, visit.viewer, String(visit.request.params.talk));
  if (own?.talk.resource.status !== 'booked') return sendNotFound(visit);
  sendCalendar(visit.response, toCalendar(own.talk, site.store.clock(), 'kwartaalgesprek'));
}

/** The quarterly talk, for the three who plan and hold it; each on pages of the own area. */
export function talkPages(site: Site, viewerOf: ViewerOf, role: Reader): Router {
  const router = Router();
  const area = areaOf[role];
  const own = (handle: (visit: Visit) => Promise<void>): RequestHandler => visiting(role, viewerOf, handle);
  router.get(
    `${area}/talks`,
    own((visit) => {
      const done = doneSaid[query(visit.request, 'done')];
      return sendTalks(site, visit, done && { kind: 'done', text: done[visit.viewer.language] });
    }),
  );
  router.post(
    `${area}/talks`,
    own((visit) => plan(site, visit)),
  );
  router.get(
    `${area}/talks/:talk.ics`,
    own((visit) => calendar(site, visit)),
  );
  router.post(
    `${area}/talks/:talk`,
    own((visit) => endIt(site, visit)),
  );
  return router;
}

/** One line above a list of work: the talks of this quarter that nobody planned yet; undefined when all are. */
export async function talkNotice(site: Site, viewer: Viewer): Promise<Markup | undefined> {
  const directory = await site.directory();
  const ids = practicesOf(viewer, directory).map((one) => one.id);
  const missing = withoutTalk(directory, await readTalks(site.store, ids), localDay(site.store.clock()));
  const count = missing.filter((one) => ids.includes(one)).length;
  if (count === 0) return undefined;
  const t = sayIn(viewer.language);
  return html`
    <p class="hint">
      <a href="${areaFor(viewer)}/talks">${t(
        `Kwartaalgesprek: bij ${count} ${count === 1 ? 'praktijk' : 'praktijken'} nog niet gepland`,
        `Quarterly talk: not planned yet with ${count} ${count === 1 ? 'practice' : 'practices'}`,
      )}</a>
    </p>`;
}
