import { Router } from 'express';
import { type Acting, accept, seen } from '../feedback/moves.ts';
import type { Said } from '../fhir/outcome.ts';
import type { Actor } from '../referral/actor.ts';
import { localDay } from '../referral/deadlines.ts';
import { httpStatus } from '../referral/refusal.ts';
import { countFolders, type ListedReferral, listReferrals } from '../store/lists.ts';
import {
  actingFor,
  decide,
  journeyOf,
  noteList,
  noteView,
  query,
  send,
  sendNotFound,
  sentences,
  type ViewerOf,
  type Visit,
  visiting,
} from './acting.ts';
import { sendCalendar, toCalendar } from './calendar.ts';
import { type CallPlace, callsLink, noteReadAloud, sendCalls } from './calls.ts';
import { clockSaid, isOverdue } from './clock-words.ts';
import { fateWord } from './history-view.ts';
import { birthDateText, dayText, html, type Markup, sayIn } from './html.ts';
import { openLetter } from './letter-download.ts';
import { dueMark, safetyMark, urgencyMark } from './marks.ts';
import { doneNotice, type MovePlace, postMove } from './move-pages.ts';
import { openReport, postReport } from './report-pages.ts';
import type { Site } from './site.ts';
import { talkNotice } from './talks.ts';
import { isAcute, pressing, stateWords } from './words.ts';
import { readForWally, readOwn, sendReferral, wallyForms } from './worklist-referral.ts';

const shownMax = 200;
const folders = ['new', 'me', 'others', 'overdue', 'done'] as const;
type WallyFolder = (typeof folders)[number];

const folderSaid: Record<WallyFolder, Said> = {
  new: { nl: 'Nieuw', en: 'New' },
  me: { nl: 'Wacht op mij', en: 'Waiting for me' },
  others: { nl: 'Wacht op anderen', en: 'Waiting for others' },
  overdue: { nl: 'Te laat', en: 'Overdue' },
  done: { nl: 'Klaar', en: 'Done' },
};

/** An address that someone kept from before: what ran stood in one folder. */
const formerly: Readonly<Record<string, WallyFolder>> = { open: 'me' };

const doneSaid: Record<string, Said> = {
  accepted: { nl: 'U hebt de verwijzing aangenomen.', en: 'You accepted the referral.' },
  reported: {
    nl: 'Uw tussenbericht gaat naar de praktijk. Bij "Terugkoppeling" ziet u hoe ver het is.',
    en: 'Your interim message goes to the practice. At "Feedback" you see how far it is.',
  },
  closed: {
    nl: 'De verwijzing is afgesloten. Uw laatste bericht gaat naar de praktijk. Bij "Terugkoppeling" ziet u hoe ver het is.',
    en: 'The referral is closed. Your final message goes to the practice. At "Feedback" you see how far it is.',
  },
};

/** In whose place, from whom or to whom; what everyone else must know before anything else. */
function standIns(referral: ListedReferral, { viewer }: Visit, { directory }: Acting): Markup[] {
  const t = sayIn(viewer.language);
  const { owner, actingFor, proposed } = referral;
  const name = (id: string | null) => directory.roles.get(id ?? '')?.name ?? '';
  const me = viewer.actor.id;
  const said = [
    actingFor && owner === me && t(`U neemt waar voor ${name(actingFor)}`, `You act for ${name(actingFor)}`),
    actingFor === me && t(`${name(owner)} neemt waar voor u`, `${name(owner)} acts for you`),
    proposed === me && t(`Aangeboden door ${name(owner)}`, `Offered by ${name(owner)}`),
    proposed && owner === me && t(`Aangeboden aan ${name(proposed)}`, `Offered to ${name(proposed)}`),
  ];
  return said.flatMap((one) => (one ? [html`<span class="mark stand-in">${one}</span>`] : []));
}

/** What has the reader wait, or is late: the first clock of each, and the appointment that stands. */
function waits(referral: ListedReferral, { viewer }: Visit, today: string): Markup[] {
  const { language } = viewer;
  const t = sayIn(language);
  // The promise to the GP has a mark of its own.
  const isPressing = pressing(referral, today) === 'late';
  const late = referral.clocks.find(
    (one) => isOverdue(one, today) && !(isPressing && ['open', 'attempt', 'contact'].includes(one.kind)),
  );
  const waiting = referral.clocks.find((one) => ['stop', 'answer', 'onward', 'rest', 'confirm'].includes(one.kind));
  const { appointmentOn } = referral;
  const on = appointmentOn && appointmentOn >= today && dayText(appointmentOn, language, today);
  return [
    ...(late ? [html`<strong class="mark late">${clockSaid(late, 'wally', today)[language]}</strong>`] : []),
    ...(waiting && waiting !== late ? [html`<span>${clockSaid(waiting, 'wally', today)[language]}</span>`] : []),
    ...(on ? [html`<span>${t(`Afspraak op ${on}`, `Appointment on ${on}`)}</span>`] : []),
  ];
}

function row(referral: ListedReferral, visit: Visit, acting: Acting): Markup {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const today = localDay(acting.now);
  const state = stateWords(referral.taskStatus, referral.businessStatus, 'wally');
  // What was recalled was never hers to read: the number alone is left (H3).
  const isRecalled = referral.taskStatus === 'entered-in-error';
  const who = isRecalled
    ? html`<a href="/worklist/${referral.journey}">${referral.number}</a>`
    : html`<a href="/worklist/${referral.journey}">${referral.patientName}</a>
<span class="born">${birthDateText(referral.birthDate, viewer.language)}</span>`;
  return html`<li class="referral"><div class="lead">${who}</div>
<div class="marks">${standIns(referral, visit, acting)}${dueMark(pressing(referral, today), referral.callBefore, { viewer, today })}${waits(referral, visit, today)}${referral.priority !== 'routine' && urgencyMark(referral.priority, t)}${referral.unsafeContact && safetyMark(t)}</div>
<div class="more"><span>${t(state.nl, state.en)}</span>${referral.feedback && html`<span>${t('bericht', 'message')}: ${fateWord(referral.feedback, viewer)}</span>`}<span>${acting.directory.practices.get(referral.practice)?.name}</span><span class="number">${referral.number}</span></div></li>`;
}

/** Acute first, then by the day of the promised call. */
function pressingFirst(a: ListedReferral, b: ListedReferral): number {
  return Number(isAcute(b.priority)) - Number(isAcute(a.priority)) || a.callBefore.localeCompare(b.callBefore);
}

const callPlace = (actor: Actor): CallPlace => ({
  scope: { kind: 'owner', owner: actor.id },
  path: '/worklist/calls',
  back: { nl: 'Terug naar de werklijst', en: 'Back to the worklist' },
});

async function list(site: Site, visit: Visit): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const asked = query(visit.request, 'folder');
  const folder = folders.find((one) => one === asked) ?? formerly[asked] ?? 'new';
  const scope = { kind: 'wally', owner: viewer.actor.id } as const;
  const acting = await actingFor(site, viewer.actor);
  const [counts, found, calls, talks] = await Promise.all([
    countFolders(site.store, scope),
    listReferrals(site.store, scope, folder, shownMax),
    callsLink(site, visit, callPlace(viewer.actor)),
    talkNotice(site, viewer),
  ]);
  await noteList(site, viewer.actor, `worklist/${folder}`, found.length);
  const rows = folder === 'done' ? found : found.toSorted(pressingFirst);
  const title = `${t('Mijn werklijst', 'My worklist')}: ${folderSaid[folder][viewer.language].toLowerCase()}`;
  const main = html`<h1>${t('Mijn werklijst', 'My worklist')}</h1>${calls}${talks}
<nav class="folders" aria-label="${t('Mappen', 'Folders')}"><ul>${folders.map((one) => html`<li><a href="/worklist?folder=${one}"${one === folder && html` aria-current="page"`}>${folderSaid[one][viewer.language]} <span class="count">${counts[one]}</span></a></li>`)}</ul></nav>
<h2 class="vh">${folderSaid[folder][viewer.language]}</h2>
${rows.length > 0 ? html`<ul class="referrals">${rows.map((one) => row(one, visit, acting))}</ul>` : html`<p class="empty">${folder === 'new' ? t('Geen nieuwe verwijzingen.', 'No new referrals.') : t('Hier staat niets.', 'Nothing here.')}</p>`}
${counts[folder] > found.length && html`<p>${t(`U ziet er ${found.length} van ${counts[folder]}.`, `You see ${found.length} of ${counts[folder]}.`)}</p>`}`;
  const notice = doneNotice(visit, wallyForms);
  send(visit, { title, main, ...(notice && { notice }) });
}

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
  const notice = done ? { kind: 'done' as const, text: done[language] } : doneNotice(visit, wallyForms);
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
  if (outcome === 'done') return visit.response.redirect(303, `/worklist/${id}?done=accepted`);
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
    visiting('wally', viewerOf, (visit) => list(site, visit)),
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
  router.get('/worklist/:journey/report', own(openReport));
  router.post('/worklist/:journey/report', own(postReport));
  return router;
}
