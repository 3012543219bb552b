import { Router } from 'express';
import { takeBack } from '../feedback/take-back.ts';
import type { Said } from '../fhir/outcome.ts';
import type { Actor } from '../referral/actor.ts';
import { practiceSees } from '../referral/consent-waits.ts';
import { localDay } from '../referral/deadlines.ts';
import type { Directory } from '../referral/directory/directory.ts';
import type { Journey } from '../referral/journey.ts';
import { isOpen } from '../referral/lifecycle/lifecycle.ts';
import { httpStatus } from '../referral/refusal.ts';
import { countFolders } from '../store/lists/folders.ts';
import { type ListedReferral, listReferrals, readCarriages } from '../store/lists/lists.ts';
import { readEvents } from '../store/queue/deliveries.ts';
import { readJourney } from '../store/referrals.ts';
import {
  actingFor,
  decide,
  field,
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
import { breakNews } from './admin/break-news.ts';
import { clocksPart } from './clock-words.ts';
import { birthDateText, html, type Markup, momentText, sayIn } from './html.ts';
import { eventsPart, fateWord, feedbackPart } from './journey/history-view.ts';
import { agreedPart, involvedPart } from './journey/involved.ts';
import { seesPart } from './journey/receiver-view.ts';
import { consentPart, facts, recognition, show } from './journey/referral-view.ts';
import { codePart, residentCodeOf } from './link/part.ts';
import { addressFrom, askedSize, type ListPage, noneText, pageOf, pagesPart, placeIn } from './list-pages.ts';
import { urgencyMark } from './marks.ts';
import { movesPart, type PanelParts, type Posted, postedFaults } from './moves/forms.ts';
import { doneNotice, type MovePlace, postMove } from './moves/pages.ts';
import { practiceForms } from './moves/practice.ts';
import type { PageParts } from './page.ts';
import { ownerPart, promise, takeBackPart } from './practice-parts.ts';
import { objectionPart } from './rights/objection.ts';
import type { Site } from './site.ts';
import { wallyNews } from './wally-news.ts';
import { stateWords } from './words.ts';

const doneSaid: Record<string, Said> = {
  undo: {
    nl: 'De verwijzing is teruggenomen. De Wally heeft niets gezien.',
    en: 'The referral was taken back. The Wally has not seen it.',
  },
  withdraw: {
    nl: 'De verwijzing is ingetrokken. Zij staat bij de Wally als ingetrokken.',
    en: 'The referral was withdrawn. The Wally sees it as withdrawn.',
  },
};

function row(referral: ListedReferral, visit: Visit, directory: Directory, today: string): Markup {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const state = stateWords(referral.taskStatus, referral.businessStatus, 'practice');
  return html`<li class="referral"><div class="lead"><a href="/practice/${referral.journey}">${referral.patientName}</a>
<span class="born">${birthDateText(referral.birthDate, viewer.language)}</span></div>
<div class="marks"><span class="state">${t(state.nl, state.en)}</span>${promise(referral, viewer, today)}
${referral.feedback && html`<span>${t('terugkoppeling', 'feedback')}: ${fateWord(referral.feedback, viewer)}</span>`}</div>
<div class="more">${ownerPart(directory, referral, referral.practice, viewer)}
<span>${referral.practiceReferralId}</span><span class="number">${referral.number}</span></div></li>`;
}

async function list(site: Site, visit: Visit, practice: string): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const acting = await actingFor(site, viewer.actor);
  const today = localDay(acting.now);
  const scope = { kind: 'practice', practice } as const;
  const page = async (folder: 'open' | 'done', name: string) => {
    const after = placeIn(visit, name);
    return pageOf(await listReferrals(site.store, scope, folder, askedSize, { after }), after);
  };
  const [counts, open, closed] = await Promise.all([
    countFolders(site.store, scope),
    page('open', 'open'),
    page('done', 'closed'),
  ]);
  await noteList(site, viewer.actor, 'practice', open.rows.length + closed.rows.length);
  const stays = { open: open.after, closed: closed.after };
  const part = (name: keyof typeof stays, what: string, shown: ListPage, total: number) =>
    html`<h2 id="${name}">${what} <span class="count">${total}</span></h2>${
      shown.rows.length > 0
        ? html`<ul class="referrals">${shown.rows.map((one) => row(one, visit, acting.directory, today))}</ul>`
        : noneText(shown, visit, t('Hier staat niets.', 'Nothing here.'))
    }${pagesPart(shown, { total, what, to: (place) => addressFrom('/practice', stays, name, place) }, visit)}`;
  const title = t('Onze verwijzingen', 'Our referrals');
  const news = await wallyNews(site, practice, acting.directory, viewer);
  const looked = await breakNews(site, practice, viewer);
  const main = html`<h1>${title}</h1>${news}${looked}
<p class="buttons"><a class="button" href="/refer">${t('Nieuwe verwijzing', 'New referral')}</a></p>
${part('open', t('Loopt', 'Open'), open, counts.open)}${part('closed', t('Klaar', 'Done'), closed, counts.done)}
<p class="buttons"><a class="button quiet" href="/practice/sentences">${t(
    'Vaste zinnen bij het verwijzen',
    'Standard sentences for referring',
  )}</a></p>`;
  send(visit, { title, main });
}

async function sendReferral(
  site: Site,
  visit: Visit,
  whole: Journey,
  notice: PageParts['notice'],
  status: number,
  posted?: Posted,
): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const acting = await actingFor(site, viewer.actor);
  const today = localDay(acting.now);
  const journey = practiceSees(whole, today);
  const [events, carriages] = await Promise.all([
    readEvents(site.store, journey.id),
    readCarriages(site.store, journey.id),
  ]);
  await noteView(site, journey, acting);
  const shown = show(journey, acting.directory, viewer, today);
  const { index } = journey;
  const state = stateWords(index.taskStatus, index.businessStatus, 'practice');
  const called = events.some((event) => ['contact', 'attempt', 'rest'].includes(event.kind));
  const parts: PanelParts = {
    viewer,
    journey,
    directory: acting.directory,
    now: acting.now,
    today,
    address: `/practice/${journey.id}`,
    ...(posted && { posted }),
  };
  // As long as it can be taken back unseen nothing else is needed (H3).
  const isSeen = !(index.undoUntil && index.undoUntil > acting.now.toISOString());
  const residentCode = await residentCodeOf(site, shown);
  const moves = isSeen && movesPart(t('Wat wilt u doen?', 'What do you want to do?'), practiceForms, parts);
  const main = html`<p><a href="/practice">${t('Terug naar onze verwijzingen', 'Back to our referrals')}</a></p>
${postedFaults(parts)}
${recognition(shown, 'h1')}
<p class="marks"><span class="state">${t(state.nl, state.en)}</span>${index.priority !== 'routine' && urgencyMark(index.priority, t)}</p>
${await objectionPart(site, shown, events)}
<div class="columns"><div>
<section aria-labelledby="now">
<h2 id="now">${isOpen(index.taskStatus) ? t('Bij wie is het nu', 'Who has it now') : t('Bij wie was het', 'Who had it')}</h2>
${facts([
  ['Wally', ownerPart(acting.directory, index, journey.practice, viewer)],
  [t('Beloofd', 'Promised'), promise({ ...index, called }, viewer, today)],
  [t('Wat nu', 'What now'), clocksPart(shown, 'practice')],
  [t('Ons nummer', 'Our number'), index.practiceReferral.value],
  [t('Nummer van Kortelijn', "Kortelijn's number"), index.number],
  [t('Verwezen op', 'Referred on'), momentText(new Date(index.authoredOn), viewer.language)],
])}</section>${takeBackPart(shown, acting.now)}
${residentCode && codePart(site, shown, residentCode)}
${moves}${feedbackPart(shown, carriages)}</div>
<div>${agreedPart(shown)}${involvedPart(shown)}${consentPart(shown)}${seesPart(shown)}${eventsPart(shown, events)}</div></div>`;
  const wrong = posted && posted.faults.length > 0 ? t('Fout: ', 'Error: ') : '';
  send(
    visit,
    { title: `${wrong}${t('Verwijzing', 'Referral')} ${index.number}`, main, ...(notice && { notice }) },
    status,
  );
}

async function open(site: Site, visit: Visit, practice: string, id: string): Promise<void> {
  const journey = await readJourney(site.store, { kind: 'practice', practice }, id);
  if (!journey) return sendNotFound(visit);
  const done = doneSaid[query(visit.request, 'done')];
  const notice = done ? { kind: 'done' as const, text: done[visit.viewer.language] } : doneNotice(visit, practiceForms);
  await sendReferral(site, visit, journey, notice, 200);
}

async function takeItBack(site: Site, visit: Visit, practice: string, id: string): Promise<void> {
  const { actor } = visit.viewer;
  const how = field(visit.request.body, 'how') === 'undo' ? 'undo' : 'withdraw';
  const read = () => readJourney(site.store, { kind: 'practice', practice }, id);
  const outcome = await decide(site, actor, read, (journey, acting) => takeBack(journey, how, acting));
  if (outcome === 'done') return visit.response.redirect(303, `/practice/${id}?done=${how}`);
  const journey = outcome === 'absent' ? undefined : await read();
  if (outcome === 'absent' || !journey) return sendNotFound(visit);
  await sendReferral(
    site,
    visit,
    journey,
    { kind: 'refused', text: sentences(outcome, visit.viewer) },
    httpStatus(outcome),
  );
}

const movePlace = (site: Site, practice: string): MovePlace => ({
  forms: practiceForms,
  list: '/practice',
  read: (_, id) => readJourney(site.store, { kind: 'practice', practice }, id),
  page: (visit, journey, notice, status, posted) => sendReferral(site, visit, journey, notice, status, posted),
});

/** The practice's pages, with their whole addresses, behind sign-in, form parsing and the CSRF check. */
export function practicePages(site: Site, viewerOf: ViewerOf): Router {
  const router = Router();
  const organizationOf = (actor: Actor) => actor.organization ?? '';
  const own = (handle: (site: Site, visit: Visit, practice: string, id: string) => Promise<void>) =>
    visiting('practice', viewerOf, async (visit) => {
      const id = journeyOf(visit.request);
      await (id ? handle(site, visit, organizationOf(visit.viewer.actor), id) : sendNotFound(visit));
    });
  router.get(
    '/practice',
    visiting('practice', viewerOf, (visit) => list(site, visit, organizationOf(visit.viewer.actor))),
  );
  router.get('/practice/:journey', own(open));
  router.post('/practice/:journey/take-back', own(takeItBack));
  router.post(
    '/practice/:journey/move/:move',
    own((here, visit, practice, id) => postMove(here, visit, movePlace(here, practice), id)),
  );
  return router;
}
