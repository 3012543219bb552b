import { Router } from 'express';
import { takeBack } from '../feedback/take-back.ts';
import type { Said } from '../fhir/outcome.ts';
import type { Actor } from '../referral/actor.ts';
import { practiceSees } from '../referral/consent-waits.ts';
import { localDay } from '../referral/deadlines.ts';
import type { Directory } from '../referral/directory.ts';
import type { Journey } from '../referral/journey.ts';
import { isOpen, transition } from '../referral/lifecycle.ts';
import { httpStatus, isRefusal } from '../referral/refusal.ts';
import { readEvents } from '../store/deliveries.ts';
import { countFolders } from '../store/folders.ts';
import { type ListedReferral, listReferrals, readCarriages } from '../store/lists.ts';
import { readJourney } from '../store/referrals.ts';
import {
  actingFor,
  csrfField,
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
import { birthDateText, dayText, html, type Markup, momentText, sayIn } from './html.ts';
import { eventsPart, fateWord, feedbackPart } from './journey/history-view.ts';
import { agreedPart, involvedPart } from './journey/involved.ts';
import { seesPart } from './journey/receiver-view.ts';
import { consentPart, facts, recognition, type Shown, show, telLink } from './journey/referral-view.ts';
import { codePart, residentCodeOf } from './link/part.ts';
import { addressFrom, askedSize, type ListPage, noneText, pageOf, pagesPart, placeIn } from './list-pages.ts';
import { urgencyMark } from './marks.ts';
import { movesPart, type PanelParts, type Posted, postedFaults } from './moves/forms.ts';
import { doneNotice, type MovePlace, postMove } from './moves/pages.ts';
import { practiceForms } from './moves/practice.ts';
import type { PageParts, Viewer } from './page.ts';
import { objectionPart } from './rights/objection.ts';
import type { Site } from './site.ts';
import { wallyNews } from './wally-news.ts';
import { pressing, stateWords } from './words.ts';

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

/** Who has it now, with a number to call: the owner's, else the team's (promise 2); and in whose place. */
function ownerPart(
  directory: Directory,
  { owner, actingFor }: { readonly owner: string | null; readonly actingFor: string | null },
  practice: string,
  viewer: Viewer,
): Markup {
  const t = sayIn(viewer.language);
  const team = directory.teams.get(directory.practices.get(practice)?.service?.team ?? '');
  const role = directory.roles.get(owner ?? '');
  const phone = role?.phone ?? team?.phone;
  const name =
    role?.name ?? t('nog niemand; de teamleider wijst iemand aan', 'nobody yet; the team lead assigns someone');
  const absent = owner && directory.roles.get(actingFor ?? '')?.name;
  return html`<span class="owner">${name}</span>${absent && html` <span>${t(`neemt waar voor ${absent}`, `acts for ${absent}`)}</span>`}${phone && html` ${telLink(phone)}`}`;
}

/** What was promised at the click, and plainly so when it was not kept. */
function promise(referral: Parameters<typeof pressing>[0], viewer: Viewer, today: string): Markup | undefined {
  const t = sayIn(viewer.language);
  const due = pressing(referral, today);
  if (due === 'kept') return undefined;
  const day = dayText(referral.callBefore, viewer.language, today);
  if (due !== 'late') return html`<span class="due">${t(`belt vóór ${day}`, `calls before ${day}`)}</span>`;
  return html`<strong class="mark late">${t(`nog niet gebeld; beloofd was vóór ${day}`, `not called yet; promised before ${day}`)}</strong>`;
}

function row(referral: ListedReferral, visit: Visit, directory: Directory, today: string): Markup {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const state = stateWords(referral.taskStatus, referral.businessStatus, 'practice');
  return html`<li class="referral"><div class="lead"><a href="/practice/${referral.journey}">${referral.patientName}</a>
<span class="born">${birthDateText(referral.birthDate, viewer.language)}</span></div>
<div class="marks"><span class="state">${t(state.nl, state.en)}</span>${promise(referral, viewer, today)}${referral.feedback && html`<span>${t('terugkoppeling', 'feedback')}: ${fateWord(referral.feedback, viewer)}</span>`}</div>
<div class="more">${ownerPart(directory, referral, referral.practice, viewer)}<span>${referral.practiceReferralId}</span><span class="number">${referral.number}</span></div></li>`;
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
<p class="buttons"><a class="button quiet" href="/practice/sentences">${t('Vaste zinnen bij het verwijzen', 'Standard sentences for referring')}</a></p>`;
  send(visit, { title, main });
}

/** What the practice may still do: undo while nobody saw it (H3), withdraw while the Wally has not reported, else call. */
function takeBackPart(shown: Shown, now: Date): Markup | undefined {
  const { journey, viewer, directory } = shown;
  const t = sayIn(viewer.language);
  const { undoUntil, taskStatus } = journey.index;
  const may = (move: 'undo' | 'withdraw') => !isRefusal(transition(journey, move, viewer.actor));
  const form = (how: 'undo' | 'withdraw', label: string) =>
    html`<form method="post" action="/practice/${journey.id}/take-back" class="buttons">${csrfField(viewer)}<button name="how" value="${how}" class="${how === 'undo' ? '' : 'danger'}">${label}</button></form>`;
  if (undoUntil && undoUntil > now.toISOString() && may('undo')) {
    const until = new Intl.DateTimeFormat(viewer.language === 'en' ? 'en-GB' : 'nl-NL', {
      timeStyle: 'short',
      timeZone: 'Europe/Amsterdam',
    }).format(new Date(undoUntil));
    return html`<div class="panel"><p>${t(`U kunt deze verwijzing tot ${until} uur nog terugnemen. Tot dan ziet de Wally niets.`, `You can take this referral back until ${until}. The Wally sees nothing until then.`)}</p>${form('undo', t('Terugnemen', 'Take back'))}</div>`;
  }
  if (may('withdraw')) {
    return html`<details class="panel"><summary>${t('Verwijzing intrekken', 'Withdraw the referral')}</summary>
<p>${t('De Wally stopt dan en ziet dat u de verwijzing hebt ingetrokken. Dit kan niet ongedaan worden gemaakt.', 'The Wally then stops and sees that you withdrew the referral. This cannot be undone.')}</p>${form('withdraw', t('Ja, intrekken', 'Yes, withdraw'))}</details>`;
  }
  if (!isOpen(taskStatus)) return undefined;
  if (journey.requests.some((one) => one.resource.status === 'requested'))
    return html`<p class="panel">${t('U hebt gevraagd om te stoppen. De Wally overlegt met de inwoner en geeft u antwoord.', 'You asked to stop. The Wally talks with the resident and answers you.')}</p>`;
  return html`<p class="panel">${t('De Wally is al met de inwoner bezig. Wilt u stoppen? Vraag het hieronder, of bel:', 'The Wally is already working with the resident. Do you want to stop? Ask below, or call:')} ${ownerPart(directory, journey.index, journey.practice, viewer)}</p>`;
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
<p class="marks"><span class="state">${t(state.nl, state.en)}</span>${index.priority !== 'routine' && urgencyMark(index.priority, t)}</p>${await objectionPart(site, shown, events)}
<div class="columns"><div><section aria-labelledby="now"><h2 id="now">${isOpen(index.taskStatus) ? t('Bij wie is het nu', 'Who has it now') : t('Bij wie was het', 'Who had it')}</h2>
${facts([
  ['Wally', ownerPart(acting.directory, index, journey.practice, viewer)],
  [t('Beloofd', 'Promised'), promise({ ...index, called }, viewer, today)],
  [t('Wat nu', 'What now'), clocksPart(shown, 'practice')],
  [t('Ons nummer', 'Our number'), index.practiceReferral.value],
  [t('Nummer van Kortelijn', "Kortelijn's number"), index.number],
  [t('Verwezen op', 'Referred on'), momentText(new Date(index.authoredOn), viewer.language)],
])}</section>${takeBackPart(shown, acting.now)}${residentCode && html`<section aria-labelledby="resident-code"><h2 id="resident-code">${t('Code voor de inwoner', 'Code for the resident')}</h2>${codePart(site, shown, residentCode)}</section>`}${moves}${feedbackPart(shown, carriages)}</div>
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
