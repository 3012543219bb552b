import { Router } from 'express';
import { type Acting, accept, seen } from '../feedback/moves.ts';
import type { Said } from '../fhir/outcome.ts';
import { localDay } from '../referral/deadlines.ts';
import { httpStatus } from '../referral/refusal.ts';
import { countFolders, type ListedReferral, listReferrals } from '../store/lists.ts';
import {
  actingFor,
  decide,
  journeyOf,
  noteList,
  query,
  send,
  sendNotFound,
  sentences,
  type ViewerOf,
  type Visit,
  visiting,
} from './acting.ts';
import { fateWord } from './history-view.ts';
import { birthDateText, html, type Markup, sayIn } from './html.ts';
import { openLetter } from './letter-download.ts';
import { dueMark, safetyMark, urgencyMark } from './marks.ts';
import { openReport, postReport } from './report-pages.ts';
import type { Site } from './site.ts';
import { isAcute, pressing, stateWords } from './words.ts';
import { readOwn, sendReferral } from './worklist-referral.ts';

const shownMax = 200;
const folders = ['new', 'open', 'done'] as const;
type WallyFolder = (typeof folders)[number];

const folderSaid: Record<WallyFolder, Said> = {
  new: { nl: 'Nieuw', en: 'New' },
  open: { nl: 'Loopt', en: 'Open' },
  done: { nl: 'Klaar', en: 'Done' },
};

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

function row(referral: ListedReferral, visit: Visit, acting: Acting): Markup {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const today = localDay(acting.now);
  const state = stateWords(referral.taskStatus, referral.businessStatus, 'wally');
  return html`<li class="referral"><div class="lead"><a href="/worklist/${referral.journey}">${referral.patientName}</a>
<span class="born">${birthDateText(referral.birthDate, viewer.language)}</span></div>
<div class="marks">${dueMark(pressing(referral, today), referral.callBefore, { viewer, today })}${referral.priority !== 'routine' && urgencyMark(referral.priority, t)}${referral.unsafeContact && safetyMark(t)}</div>
<div class="more"><span>${t(state.nl, state.en)}</span>${referral.feedback && html`<span>${t('bericht', 'message')}: ${fateWord(referral.feedback, viewer)}</span>`}<span>${acting.directory.practices.get(referral.practice)?.name}</span><span class="number">${referral.number}</span></div></li>`;
}

/** Acute first, then by the day of the promised call. */
function pressingFirst(a: ListedReferral, b: ListedReferral): number {
  return Number(isAcute(b.priority)) - Number(isAcute(a.priority)) || a.callBefore.localeCompare(b.callBefore);
}

async function list(site: Site, visit: Visit): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const asked = query(visit.request, 'folder');
  const folder = folders.find((one) => one === asked) ?? 'new';
  const scope = { kind: 'owner', owner: viewer.actor.id } as const;
  const acting = await actingFor(site, viewer.actor);
  const [counts, found] = await Promise.all([
    countFolders(site.store, scope),
    listReferrals(site.store, scope, folder, shownMax),
  ]);
  await noteList(site, viewer.actor, `worklist/${folder}`, found.length);
  const rows = folder === 'done' ? found : found.toSorted(pressingFirst);
  const title = `${t('Mijn werklijst', 'My worklist')}: ${folderSaid[folder][viewer.language].toLowerCase()}`;
  const main = html`<h1>${t('Mijn werklijst', 'My worklist')}</h1>
<nav class="folders" aria-label="${t('Mappen', 'Folders')}"><ul>${folders.map((one) => html`<li><a href="/worklist?folder=${one}"${one === folder && html` aria-current="page"`}>${folderSaid[one][viewer.language]} <span class="count">${counts[one]}</span></a></li>`)}</ul></nav>
<h2 class="vh">${folderSaid[folder][viewer.language]}</h2>
${rows.length > 0 ? html`<ul class="referrals">${rows.map((one) => row(one, visit, acting))}</ul>` : html`<p class="empty">${folder === 'new' ? t('Geen nieuwe verwijzingen.', 'No new referrals.') : t('Hier staat niets.', 'Nothing here.')}</p>`}
${counts[folder] > found.length && html`<p>${t(`U ziet er ${found.length} van ${counts[folder]}.`, `You see ${found.length} of ${counts[folder]}.`)}</p>`}`;
  send(visit, { title, main });
}

async function open(site: Site, visit: Visit, id: string): Promise<void> {
  const { actor, language } = visit.viewer;
  const first = await readOwn(site, actor, id);
  if (!first) return sendNotFound(visit);
  const opening = seen(first, await actingFor(site, actor));
  // Someone else was at it in the same moment: then it is not the first opening any more, and only the view is noted.
  const opened = opening && (await site.store.commit(opening)).ok;
  const journey = opened ? await readOwn(site, actor, id) : first;
  if (!journey) return sendNotFound(visit);
  const done = doneSaid[query(visit.request, 'done')];
  await sendReferral(site, visit, journey, done && { kind: 'done', text: done[language] }, 200);
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
  router.get('/worklist/:journey', own(open));
  router.post('/worklist/:journey/accept', own(acceptIt));
  router.get('/worklist/:journey/letter/:letter', own(openLetter));
  router.get('/worklist/:journey/report', own(openReport));
  router.post('/worklist/:journey/report', own(postReport));
  return router;
}
