import { type RequestHandler, Router } from 'express';
import { endTalk, planTalk } from '../../feedback/talk.ts';
import type { Said } from '../../fhir/outcome.ts';
import type { Actor } from '../../referral/actor.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { Directory, Practice } from '../../referral/directory/directory.ts';
import { httpStatus, isRefusal, issue, refuse } from '../../referral/refusal.ts';
import { participantsOf, type Talk, wallysOfPractice, withoutTalk } from '../../referral/talk.ts';
import { readTalks } from '../../store/talks.ts';
import {
  csrfField,
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
import { errorSummary, type Fault } from '../form-controls.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import { facts } from '../journey/referral-view.ts';
import type { PageParts, Viewer } from '../page.ts';
import type { Site } from '../site.ts';
import { sendCalendar, toCalendar } from '../worklist/calendar.ts';
import { agendaOf, agendaPart } from './talk-agenda.ts';
import { readTalk, type TalkFields, talkForm } from './talk-form.ts';

/** Where each of the three has the pages of talks. */
const areaOf = { wally: '/worklist', 'team-lead': '/team', practice: '/practice' } as const;
type Reader = keyof typeof areaOf;
const isReader = (role: Actor['role']): role is Reader => role in areaOf;
const areaFor = ({ actor }: Viewer) => (isReader(actor.role) ? areaOf[actor.role] : '');

/** The practices whose talks are this person's: the own one, those she looks after, those of the team. */
function practicesOf({ actor }: Viewer, directory: Directory): Practice[] {
  const served = [...directory.practices.values()].filter((one) => one.service !== undefined);
  if (actor.role === 'practice') return served.filter((one) => one.id === actor.organization);
  if (actor.role === 'team-lead') return served.filter((one) => one.service?.team === actor.organization);
  return served.filter((one) => wallysOfPractice(directory, one).some((role) => role.id === actor.id));
}

const statusSaid: Record<string, Said> = {
  booked: { nl: 'gepland', en: 'planned' },
  fulfilled: { nl: 'gehouden', en: 'held' },
  cancelled: { nl: 'afgezegd', en: 'cancelled' },
};
const doneSaid: Record<string, Said> = {
  planned: { nl: 'Het gesprek staat. Wie erbij is, krijgt bericht.', en: 'The talk stands. Who takes part is told.' },
  fulfilled: { nl: 'Het gesprek is gehouden.', en: 'The talk was held.' },
  cancelled: {
    nl: 'Het gesprek is afgezegd. Wie erbij was, krijgt bericht.',
    en: 'The talk was cancelled. Who took part is told.',
  },
};
const notPlannedSaid: Said = { nl: 'Nog niet gepland dit kwartaal', en: 'Not planned yet this quarter' };

interface Typed {
  readonly fields: TalkFields;
  readonly faults: readonly Fault[];
  /** The talk that it would move. */
  readonly talk?: string;
}

/** One talk: when, where, with whom; as long as it stands, what may be done with it. */
function talkItem(
  talk: Talk,
  at: { directory: Directory; practice: Practice; viewer: Viewer; now: Date },
  typed?: Typed,
) {
  const { directory, practice, viewer, now } = at;
  const t = sayIn(viewer.language);
  const area = areaFor(viewer);
  const { resource } = talk;
  const who = participantsOf(resource).map(
    (id) => directory.roles.get(id)?.name ?? t('iemand die er niet meer is', 'someone who left'),
  );
  const button = (status: 'fulfilled' | 'cancelled', label: string) =>
    html`<form method="post" action="${area}/talks/${resource.id}" class="buttons">${csrfField(viewer)}<input type="hidden" name="version" value="${String(talk.version)}"><button name="status" value="${status}" class="quiet">${label}</button></form>`;
  const isPast = Date.parse(resource.start ?? '') <= now.getTime();
  const moves =
    resource.status === 'booked' &&
    html`<p><a href="${area}/talks/${resource.id}.ics" download>${t('Zet in uw agenda', 'Put in your calendar')}</a></p>
${isPast && button('fulfilled', t('Het gesprek is gehouden', 'The talk was held'))}${button('cancelled', t('Zeg het gesprek af', 'Cancel the talk'))}
<details${typed && html` open`}><summary>${t('Verzetten', 'Move')}</summary>${talkForm({ area, practice, directory, viewer }, talk, typed)}</details>`;
  return html`<li class="referral"><div class="lead"><strong>${momentText(new Date(resource.start ?? 0), viewer.language)}</strong> <span class="state">${statusSaid[resource.status ?? '']?.[viewer.language]}</span></div>
${facts([
  [t('Waar', 'Where'), resource.comment],
  [t('Met', 'With'), who.join(', ')],
])}${moves}</li>`;
}

async function practicePart(site: Site, visit: Visit, practice: Practice, directory: Directory, typed?: Typed) {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const now = site.store.clock();
  const today = localDay(now);
  const talks = await readTalks(site.store, [practice.id]);
  const agenda = await agendaOf(site, practice, today, viewer.actor.id);
  const standing = talks.filter((one) => one.resource.status === 'booked');
  const others = talks.filter((one) => one.resource.status !== 'booked');
  const isUnplanned = withoutTalk(directory, talks, today).includes(practice.id);
  const item = (one: Talk) =>
    talkItem(one, { directory, practice, viewer, now }, typed?.talk === one.resource.id ? typed : undefined);
  const area = areaFor(viewer);
  const isNew = typed && !typed.talk ? typed : undefined;
  // One form of this kind on a page: its fields have ids.
  const form = standing.length === 0 && talkForm({ area, practice, directory, viewer }, undefined, isNew);
  return html`<h2>${practice.name}</h2>${isUnplanned && html`<p class="soon">${notPlannedSaid[viewer.language]}.</p>`}
${standing.length > 0 ? html`<ul class="referrals">${standing.slice(0, 1).map(item)}</ul>` : form}
${agendaPart(agenda, area, viewer)}
${others.length > 0 && html`<h2>${t('Eerdere gesprekken', 'Earlier talks')}</h2><ul class="referrals">${others.map(item)}</ul>`}`;
}

async function listPart(
  site: Site,
  viewer: Viewer,
  practices: readonly Practice[],
  directory: Directory,
): Promise<Markup> {
  const talks = await readTalks(
    site.store,
    practices.map((one) => one.id),
  );
  const missing = withoutTalk(directory, talks, localDay(site.store.clock()));
  const next = (id: string) =>
    talks.filter((one) => one.practice === id && one.resource.status === 'booked').at(-1)?.resource.start;
  const rows = practices.map((one) => {
    const start = next(one.id);
    return html`<li><a href="${areaFor(viewer)}/talks?practice=${one.id}">${one.name}</a>: ${start ? momentText(new Date(start), viewer.language) : missing.includes(one.id) ? html`<strong>${notPlannedSaid[viewer.language]}</strong>` : statusSaid.fulfilled?.[viewer.language]}</li>`;
  });
  return html`<ul class="plain">${rows}</ul>`;
}

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
  const main = html`${errorSummary(typed?.faults ?? [], viewer)}<h1>${title}</h1>
<p>${t('Elk kwartaal praten Wally en praktijk over de samenwerking.', 'Every quarter Wally and practice talk about how they work together.')}</p>${body}`;
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
  return html`<p class="hint"><a href="${areaFor(viewer)}/talks">${t(`Kwartaalgesprek: bij ${count} ${count === 1 ? 'praktijk' : 'praktijken'} nog niet gepland`, `Quarterly talk: not planned yet with ${count} ${count === 1 ? 'practice' : 'practices'}`)}</a></p>`;
}
