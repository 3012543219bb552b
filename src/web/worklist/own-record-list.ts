import { type RequestHandler, Router } from 'express';
import type { Actor } from '../../referral/actor.ts';
import { countFolders } from '../../store/lists/folders.ts';
import { type ListedReferral, listReferrals } from '../../store/lists/lists.ts';
import { readJourney } from '../../store/referrals.ts';
import type { Scope } from '../../store/scope.ts';
import { csrfField, field, noteList, query, send, type ViewerOf, type Visit, visiting } from '../acting.ts';
import { errorSummary, type Fault } from '../form-controls.ts';
import { birthDateText, html, type Markup, sayIn } from '../html.ts';
import type { Viewer } from '../page.ts';
import type { Site } from '../site.ts';
import { stateWords } from '../words.ts';
import { confirmOne, meaningText } from './own-record.ts';

/** So many on a page: what is confirmed must be read. */
const shownMax = 50;

/** Whose closed referrals somebody confirms: a Wally her own, a team lead those of the team. */
function scopeOf({ role, id, organization = '' }: Actor): Scope {
  return role === 'team-lead' ? { kind: 'team', team: organization } : { kind: 'wally', owner: id };
}
const listOf = ({ role }: Actor) => (role === 'team-lead' ? '/team' : '/worklist');

async function unconfirmed(site: Site, actor: Actor, limit: number): Promise<ListedReferral[]> {
  const found = await listReferrals(site.store, scopeOf(actor), 'unconfirmed', limit);
  const isOwn = (one: ListedReferral) => one.owner === actor.id || one.actingFor === actor.id;
  return actor.role === 'team-lead' ? found : found.filter(isOwn);
}

/** The referral that waits longest for this reader's word; undefined when there is none, or nothing is ever erased. */
export async function nextUnconfirmed(site: Site, actor: Actor): Promise<string | undefined> {
  return site.retentionDays ? (await unconfirmed(site, actor, 1))[0]?.journey : undefined;
}

/** How many of the reader's closed referrals wait for that word, with the way to them. */
export function unconfirmedLine(site: Site, { actor, language }: Viewer, count: number): Markup | undefined {
  if (!site.retentionDays || count === 0) return undefined;
  const t = sayIn(language);
  const text =
    count === 1
      ? t(
          'Van 1 afgesloten verwijzing weten wij niet of zij in het eigen dossier staat.',
          'Of 1 closed referral we do not know whether it stands in your own record.',
        )
      : t(
          `Van ${count} afgesloten verwijzingen weten wij niet of ze in het eigen dossier staan.`,
          `Of ${count} closed referrals we do not know whether they stand in your own record.`,
        );
  return html`<p class="note">${text} <a href="${listOf(actor)}/own-record">${t('Bekijk en bevestig', 'Look and confirm')}</a></p>`;
}

const box = (id: string) => `j-${id}`;

/** One referral with its box: who it is about with the birth date (H3), as far as the reader may still read that. */
function choice(
  one: ListedReferral,
  viewer: Viewer,
  name: (id: string | null) => string | undefined,
  isTicked: boolean,
) {
  const { language } = viewer;
  const t = sayIn(language);
  const state = stateWords(one.taskStatus, one.businessStatus, viewer.actor.role === 'team-lead' ? 'team' : 'wally');
  const owner = viewer.actor.role === 'team-lead' && (name(one.owner) ?? t('niemand', 'nobody'));
  const who =
    one.taskStatus === 'entered-in-error'
      ? html`<strong class="number">${one.number}</strong>`
      : html`<strong>${one.patientName}</strong> <span class="born">${birthDateText(one.birthDate, language)}</span>
        <span class="number">${one.number}</span>`;
  const id = box(one.journey);
  return html`
    <div class="choice">
      <input type="checkbox" id="${id}" name="${id}" value="yes" aria-describedby="${id}-hint"${isTicked && html` checked`}>
      <label for="${id}">${who}</label>
      <p class="hint" id="${id}-hint">
        ${state[language]}${owner && `, ${owner}`}.
        <a href="${listOf(viewer.actor)}/${one.journey}">${t('Bekijk', 'Look')}<span class="vh"> ${one.number}</span></a>
      </p>
    </div>`;
}

const nothingTicked = (first: string): Fault => ({
  field: first,
  said: { nl: 'Vink minstens één verwijzing aan.', en: 'Tick one referral at least.' },
});

async function sendList(site: Site, visit: Visit, faults: readonly Fault[] = []): Promise<void> {
  const { viewer, request } = visit;
  const t = sayIn(viewer.language);
  const { actor } = viewer;
  const [found, counts, { roles }] = await Promise.all([
    unconfirmed(site, actor, shownMax),
    countFolders(site.store, scopeOf(actor)),
    site.directory(),
  ]);
  await noteList(site, actor, `${listOf(actor).slice(1)}/own-record`, found.length);
  const days = site.retentionDays ?? 0;
  const path = `${listOf(actor)}/own-record`;
  const isTicked = query(request, 'all') === 'yes';
  const title = t('Staat het in het eigen dossier?', 'Does it stand in your own record?');
  const confirmed = Number(query(request, 'done')) || 0;
  const form =
    found.length > 0 &&
    html`
      <p>${meaningText(viewer, days)}</p>
      <p>${
        isTicked
          ? html`<a href="${path}">${t('Vink alles uit', 'Untick all')}</a>`
          : html`<a href="${path}?all=yes">${t(`Vink alle ${found.length} aan`, `Tick all ${found.length}`)}</a>`
      }</p>
      <form method="post" action="${path}" class="form">
        ${csrfField(viewer)}
        <fieldset>
          <legend>${t('Deze staan in ons eigen dossier', 'These stand in our own record')}</legend>
          ${found.map((one) => choice(one, viewer, (id) => roles.get(id ?? '')?.name, isTicked))}
        </fieldset>
        <p class="buttons"><button>${t('Bevestig wat is aangevinkt', 'Confirm what is ticked')}</button></p>
      </form>
      ${
        counts.unconfirmed > found.length &&
        found.length === shownMax &&
        html`<p>${t(
          `U ziet er ${found.length} van ${counts.unconfirmed}. De rest komt hierna.`,
          `You see ${found.length} of ${counts.unconfirmed}. The rest comes after these.`,
        )}</p>`
      }`;
  const none =
    days === 0
      ? t(
          'Kortelijn wist hier nooit iets. U hoeft niets te bevestigen.',
          'Kortelijn never erases anything here. You need not confirm anything.',
        )
      : t('Alles is bevestigd. U hoeft niets te doen.', 'Everything is confirmed. You need not do anything.');
  const main = html`
    <p><a href="${listOf(actor)}?folder=done">${t('Terug naar wat klaar is', 'Back to what is done')}</a></p>
    <h1>${title} <span class="count">${found.length}</span></h1>
    ${errorSummary(faults, viewer)}
    ${days > 0 && form ? form : html`<p class="empty">${none}</p>`}`;
  const said =
    confirmed === 1
      ? t('1 verwijzing bevestigd.', '1 referral confirmed.')
      : t(`${confirmed} verwijzingen bevestigd.`, `${confirmed} referrals confirmed.`);
  const wrong = faults.length > 0 ? t('Fout: ', 'Error: ') : '';
  send(
    visit,
    {
      title: `${wrong}${title}`,
      main,
      ...(confirmed > 0 && { notice: { kind: 'done' as const, text: said } }),
    },
    faults.length > 0 ? 422 : 200,
  );
}

/** Confirms what was ticked, each by itself: one that is refused leaves the others alone. */
async function postList(site: Site, visit: Visit): Promise<void> {
  const { actor } = visit.viewer;
  const found = site.retentionDays ? await unconfirmed(site, actor, shownMax) : [];
  const ticked = found.filter((one) => field(visit.request.body, box(one.journey)) === 'yes');
  if (ticked.length === 0) return sendList(site, visit, found[0] ? [nothingTicked(box(found[0].journey))] : []);
  let done = 0;
  for (const { journey } of ticked)
    if ((await confirmOne(site, visit, () => readJourney(site.store, scopeOf(actor), journey))) === 'done') done += 1;
  visit.response.redirect(303, `${listOf(actor)}/own-record?done=${done}`);
}

/** Closed referrals of which nobody said yet that they stand in the receiver's own record (H16): looked at, ticked, confirmed. */
export function ownRecordPages(site: Site, viewerOf: ViewerOf, role: 'wally' | 'team-lead'): Router {
  const router = Router();
  const path = role === 'team-lead' ? '/team/own-record' : '/worklist/own-record';
  const on = (handle: (visit: Visit) => Promise<void>): RequestHandler => visiting(role, viewerOf, handle);
  router.get(
    path,
    on((visit) => sendList(site, visit)),
  );
  router.post(
    path,
    on((visit) => postList(site, visit)),
  );
  return router;
}
