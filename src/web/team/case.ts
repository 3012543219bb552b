import { localDay } from '../../referral/deadlines.ts';
import type { Journey } from '../../referral/journey.ts';
import { isOpen } from '../../referral/lifecycle/lifecycle.ts';
import { isWithdrawn } from '../../referral/minimise.ts';
import { httpStatus } from '../../referral/refusal.ts';
import { readEvents } from '../../store/queue/deliveries.ts';
import { readJourney } from '../../store/referrals.ts';
import { actingFor, journeyOf, noteView, query, send, sendNotFound, sentences, type Visit } from '../acting.ts';
import { clocksPart } from '../clock-words.ts';
import { html, type Markup, sayIn } from '../html.ts';
import { eventsPart } from '../journey/history-view.ts';
import { agreedPart, involvedPart } from '../journey/involved.ts';
import { facts, reachPart, recognition, show } from '../journey/referral-view.ts';
import { linksPart } from '../link/part.ts';
import { safetyMark } from '../marks.ts';
import { renewForm } from '../moves/consent.ts';
import { contactForms } from '../moves/contact.ts';
import { type MoveForm, movesPart, type PanelParts, type Posted, postedFaults } from '../moves/forms.ts';
import { acceptForm, endForm, recallForm } from '../moves/hand.ts';
import { linkForms } from '../moves/onward.ts';
import { doneNotice, type MovePlace, postMove } from '../moves/pages.ts';
import { stopForms, waitingForms } from '../moves/waiting.ts';
import type { PageParts } from '../page.ts';
import type { Site } from '../site.ts';
import { stateWords } from '../words.ts';
import { caseNote } from '../worklist/case-note.ts';
import { ownRecordNotice, ownRecordPart, postOwnRecord } from '../worklist/own-record.ts';
import { nextUnconfirmed } from '../worklist/own-record-list.ts';
import { assignForm, type TeamParts } from './view.ts';

/** What a team lead may do: the owner's moves with a reason where the table lets her deviate (H18), and her own. */
const leadForms: readonly MoveForm[] = [
  acceptForm,
  renewForm,
  ...stopForms,
  ...contactForms,
  ...waitingForms,
  ...linkForms,
  endForm,
  recallForm,
];

/** The referral when this team has it, and the practice can no longer take it back unseen (H3); else undefined. */
export async function readOfTeam(site: Site, team: string, id: string): Promise<Journey | undefined> {
  const journey = await readJourney(site.store, { kind: 'team', team }, id);
  const { undoUntil } = journey?.index ?? {};
  return undoUntil && undoUntil > site.store.clock().toISOString() ? undefined : journey;
}

/** Who of the team could have it: to assign what nobody has, or to hand over. */
function assignPart(journey: Journey, parts: TeamParts): Markup | undefined {
  const { index, id } = journey;
  if (!isOpen(index.taskStatus)) return undefined;
  const t = sayIn(parts.viewer.language);
  const title = index.owner ? t('Overdragen', 'Hand over') : t('Wie neemt dit op zich?', 'Who takes this on?');
  return html`
    <section aria-labelledby="assign"><h2 id="assign">${title}</h2>${assignForm({ ...index, journey: id }, parts)}</section>`;
}

/** One referral for the team lead: who has it and how far it is, not why; and what may be done in the owner's place. */
async function sendCase(
  site: Site,
  visit: Visit,
  team: string,
  journey: Journey,
  notice: PageParts['notice'],
  status: number,
  posted?: Posted,
): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const acting = await actingFor(site, viewer.actor);
  const today = localDay(acting.now);
  const events = await readEvents(site.store, journey.id);
  const differs = await caseNote(site, viewer, journey, events);
  await noteView(site, journey, acting);
  const shown = show(journey, acting.directory, viewer, today);
  const { index } = journey;
  const name = (id: string | null) => acting.directory.roles.get(id ?? '')?.name;
  const state = stateWords(index.taskStatus, index.businessStatus, 'team');
  const parts: PanelParts = {
    viewer,
    journey,
    directory: acting.directory,
    now: acting.now,
    today,
    address: `/team/${journey.id}`,
    ...(posted && { posted }),
  };
  const title = `${t('Verwijzing', 'Referral')} ${index.number}`;
  const isGone = isWithdrawn(journey);
  const main = html`
    <p><a href="/team">${t('Terug naar mijn team', 'Back to my team')}</a></p>
    ${postedFaults(parts)}
    ${isGone ? html`<h1>${title}</h1>` : recognition(shown, 'h1')}
    <p class="marks">
      <span class="state">${t(state.nl, state.en)}</span>
      ${index.unsafeContact && safetyMark(t)}
      <span class="number">${index.number}</span>
    </p>
    ${differs}
    ${facts([
      [t('Bij wie', 'With whom'), name(index.owner) ?? t('nog niemand', 'nobody yet')],
      [t('Neemt waar voor', 'Acts for'), name(index.actingFor)],
      [t('Aangeboden aan', 'Offered to'), name(index.proposed)],
      [t('Praktijk', 'Practice'), acting.directory.practices.get(journey.practice)?.name],
      [t('Wat nu', 'What now'), clocksPart(shown, 'team')],
    ])}
    <div class="columns">
      <div>
        ${assignPart(journey, { ...parts, team })}
        ${!isGone && movesPart(t('Afwijken, met reden', 'Deviate, with a reason'), leadForms, parts)}
      </div>
      <div>
        ${!isGone && html`${reachPart(shown)}${await linksPart(site, shown)}${agreedPart(shown)}${involvedPart(shown)}`}
        ${eventsPart(shown, events)}
      </div>
    </div>
    ${await ownRecordPart(site, shown, acting, `/team/${journey.id}`)}`;
  const wrong = posted && posted.faults.length > 0 ? t('Fout: ', 'Error: ') : '';
  send(visit, { title: `${wrong}${title}`, main, ...(notice && { notice }) }, status);
}

export async function openCase(site: Site, visit: Visit, team: string): Promise<void> {
  const id = journeyOf(visit.request);
  const journey = id && (await readOfTeam(site, team, id));
  if (!journey) return sendNotFound(visit);
  const notice = doneNotice(visit, leadForms) ?? ownRecordNotice(query(visit.request, 'done'), visit.viewer);
  await sendCase(site, visit, team, journey, notice, 200);
}

/** "Staat in ons eigen dossier", said by the team lead, or that it does not after all. */
export async function keepOwnOfTeam(site: Site, visit: Visit, team: string): Promise<void> {
  const id = journeyOf(visit.request);
  if (!id) return sendNotFound(visit);
  const { viewer } = visit;
  await postOwnRecord(site, visit, id, {
    list: '/team',
    read: (journey) => readOfTeam(site, team, journey),
    next: () => nextUnconfirmed(site, viewer.actor),
    refused: (journey, refusal) =>
      sendCase(site, visit, team, journey, { kind: 'refused', text: sentences(refusal, viewer) }, httpStatus(refusal)),
    absent: () => sendNotFound(visit),
  });
}

export async function postCaseMove(site: Site, visit: Visit, team: string): Promise<void> {
  const id = journeyOf(visit.request);
  if (!id) return sendNotFound(visit);
  const place: MovePlace = {
    forms: leadForms,
    list: '/team',
    read: (_, journey) => readOfTeam(site, team, journey),
    page: (at, journey, notice, status, posted) => sendCase(site, at, team, journey, notice, status, posted),
  };
  await postMove(site, visit, place, id);
}

/** Folders of the team's cases; the queue stands apart. */
export const teamFolders = ['new', 'me', 'others', 'overdue', 'done'] as const;
export type TeamFolder = (typeof teamFolders)[number];

/** The folder that the address names; undefined: everything that runs. */
export const folderOf = (visit: Visit): TeamFolder | undefined =>
  teamFolders.find((one) => one === query(visit.request, 'folder'));
