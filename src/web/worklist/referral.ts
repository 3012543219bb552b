import type { Actor } from '../../referral/actor.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { Journey } from '../../referral/journey.ts';
import { transition } from '../../referral/lifecycle/lifecycle.ts';
import { isWithdrawn } from '../../referral/minimise.ts';
import { isRefusal } from '../../referral/refusal.ts';
import { type EarlierReferral, earlierReferrals } from '../../store/earlier.ts';
import { isVisible, readCarriages } from '../../store/lists/lists.ts';
import { readEvents } from '../../store/queue/deliveries.ts';
import { readJourney } from '../../store/referrals.ts';
import { actingFor, csrfField, noteView, send, type Visit } from '../acting.ts';
import { keysOn } from '../admin/keys.ts';
import { clocksPart } from '../clock-words.ts';
import { dayText, html, type Markup, sayIn } from '../html.ts';
import { eventsPart, feedbackPart } from '../journey/history-view.ts';
import { agreedPart, involvedPart } from '../journey/involved.ts';
import { lettersPart } from '../journey/letters.ts';
import {
  appointmentsPart,
  consentPart,
  reachPart,
  recognition,
  type Shown,
  show,
  whoPart,
  whyPart,
} from '../journey/referral-view.ts';
import { acuteNote, referrerPart } from '../journey/referrer-view.ts';
import { linksPart } from '../link/part.ts';
import { dueMark, urgencyMark } from '../marks.ts';
import { renewForm } from '../moves/consent.ts';
import { contactForms } from '../moves/contact.ts';
import { type MoveForm, movesPart, type PanelParts, type Posted, postedFaults } from '../moves/forms.ts';
import { handForms, offeredForms } from '../moves/hand.ts';
import { leadForm } from '../moves/lead.ts';
import { onwardForms } from '../moves/onward.ts';
import { residentForms } from '../moves/resident.ts';
import { stopForms, waitingForms } from '../moves/waiting.ts';
import type { PageParts } from '../page.ts';
import { objectionPart } from '../rights/objection.ts';
import type { Site } from '../site.ts';
import { type Pressing, pressing, stateWords } from '../words.ts';
import { caseNote } from './case-note.ts';
import { ownRecordPart } from './own-record.ts';

/** The referral when this Wally owns it now and it was delivered to the worklist; else undefined. */
export async function readOwn(site: Site, actor: Actor, id: string): Promise<Journey | undefined> {
  const journey = await readJourney(site.store, { kind: 'owner', owner: actor.id }, id);
  return journey && (await isVisible(site.store, journey.id, journey.index.assignment)) ? journey : undefined;
}

/**
 * The referral when this Wally has it, is offered it, or is acted for: who does not own it may look, and make the moves
 * that the table gives her. What was recalled or whose consent was withdrawn stays findable, without content (H3, H10).
 */
export async function readForWally(site: Site, actor: Actor, id: string): Promise<Journey | undefined> {
  const journey = await readJourney(site.store, { kind: 'wally', owner: actor.id }, id);
  return journey && (await isVisible(site.store, journey.id, journey.index.assignment)) ? journey : undefined;
}

/** Every move that a Wally makes, in the order of the page. */
export const wallyForms: readonly MoveForm[] = [
  ...offeredForms,
  renewForm,
  ...stopForms,
  ...contactForms,
  ...waitingForms,
  ...onwardForms,
  leadForm,
  ...handForms,
  ...residentForms,
];

function actions(shown: Shown): Markup {
  const t = sayIn(shown.viewer.language);
  const may = (move: 'accept' | 'report') => !isRefusal(transition(shown.journey, move, shown.viewer.actor));
  const address = `/worklist/${shown.journey.id}`;
  if (may('accept'))
    return html`
      <form method="post" action="${address}/accept" class="buttons at-hand">
        ${csrfField(shown.viewer)}
        <button data-key="a">${t('Aannemen', 'Accept')}</button>
        <button name="and" value="next" class="quiet" data-key="v">${t(
          'Aannemen en volgende',
          'Accept and next',
        )}</button>
      </form>`;
  if (may('report'))
    return html`
      <p class="buttons at-hand"><a class="button" href="${address}/report" data-key="t">${t('Terugkoppelen', 'Report back')}</a></p>`;
  return html``;
}

/** Who does what in whose place, as this reader must know it. */
function standInPart({ journey, directory, viewer }: Shown): Markup | undefined {
  const t = sayIn(viewer.language);
  const { owner, actingFor, proposed } = journey.index;
  const name = (id: string | null) => directory.roles.get(id ?? '')?.name ?? '';
  const me = viewer.actor.id;
  const lines = [
    actingFor && owner === me && t(`U neemt waar voor ${name(actingFor)}.`, `You act for ${name(actingFor)}.`),
    actingFor === me && t(`${name(owner)} neemt waar voor u.`, `${name(owner)} acts for you.`),
    proposed === me && t(`Aangeboden door ${name(owner)}.`, `Offered by ${name(owner)}.`),
    proposed &&
      owner === me &&
      t(
        `Aangeboden aan ${name(proposed)}. Tot die aanneemt, is de verwijzing van u.`,
        `Offered to ${name(proposed)}. Until they accept, the referral is yours.`,
      ),
  ].filter(Boolean);
  return lines.length > 0 ? html`<div class="panel">${lines.map((one) => html`<p>${one}</p>`)}</div>` : undefined;
}

const earlierMax = 3;

/** Referred before by the same practice: that it was, when and how it ended; what it said stays where it is. */
function earlierPart(earlier: readonly EarlierReferral[], { viewer, today }: Shown): Markup | undefined {
  if (earlier.length === 0) return undefined;
  const t = sayIn(viewer.language);
  const lines = earlier.map((one) => {
    const state = stateWords(one.taskStatus, one.businessStatus, 'wally');
    return html`
      <li>
        ${dayText(localDay(one.receivedAt), viewer.language, today)}: ${t(state.nl, state.en)}
        <span class="number">${one.number}</span>
      </li>`;
  });
  return html`
    <div class="panel">
      <p>${t('Deze praktijk verwees deze inwoner al eerder:', 'This practice referred this resident before:')}</p>
      <ul class="plain">${lines}</ul>
    </div>`;
}

/** The promised call; before it is due it is said as what was promised, so that it does not compete with the clocks. */
function promised(due: Pressing, shown: Shown): Markup | undefined {
  const { journey, viewer, today } = shown;
  const { callBefore } = journey.index;
  if (due !== 'later') return dueMark(due, callBefore, shown);
  const day = dayText(callBefore, viewer.language, today);
  return html`<span class="due">${sayIn(viewer.language)(`Beloofd: gebeld vóór ${day}`, `Promised: called before ${day}`)}</span>`;
}

/** The page of one referral; that it was looked at is committed before it is sent. */
export async function sendReferral(
  site: Site,
  visit: Visit,
  journey: Journey,
  notice: PageParts['notice'],
  status: number,
  posted?: Posted,
): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const acting = await actingFor(site, viewer.actor);
  const today = localDay(acting.now);
  const [events, carriages, earlier] = await Promise.all([
    readEvents(site.store, journey.id),
    readCarriages(site.store, journey.id),
    earlierReferrals(site.store, journey.id, earlierMax),
  ]);
  const differs = await caseNote(site, viewer, journey, events);
  await noteView(site, journey, acting);
  const shown = show(journey, acting.directory, viewer, today);
  const { index } = journey;
  const called = events.some((event) => ['contact', 'attempt', 'rest'].includes(event.kind));
  const state = stateWords(index.taskStatus, index.businessStatus, 'wally');
  const due = promised(pressing({ ...index, called }, today), shown);
  const reach = reachPart(shown);
  const back = html`
    <p class="aside"${keysOn(site, visit) && html` data-keys`}>
      <a href="/worklist" data-key="w">${t('Terug naar de werklijst', 'Back to the worklist')}</a>
    </p>`;
  const marks = html`
    <p class="marks">
      <span class="state">${t(state.nl, state.en)}</span>
      ${due}
      ${index.priority !== 'routine' && urgencyMark(index.priority, t)}
      <span class="number">${index.number}</span>
    </p>`;
  const title = `${t('Verwijzing', 'Referral')} ${index.number}`;
  const said = { title, ...(notice && { notice }) };
  const own = await ownRecordPart(site, shown, acting, `/worklist/${journey.id}`);
  if (isWithdrawn(journey)) {
    const main = html`
      ${back}
      <h1>${title}</h1>
      ${marks}
      ${differs}
      <p>${t(
        'Deze verwijzing is gestopt. De gegevens van de inwoner zijn hier niet meer te lezen.',
        "This referral was stopped. The resident's data can no longer be read here.",
      )}</p>
      ${eventsPart(shown, events)}
      ${own}`;
    return send(visit, { ...said, main }, status);
  }
  const parts: PanelParts = {
    viewer,
    journey,
    directory: acting.directory,
    now: acting.now,
    today,
    address: `/worklist/${journey.id}`,
    ...(posted && { posted }),
  };
  const moves = movesPart(t('Wat doet u?', 'What do you do?'), wallyForms, parts);
  const links = await linksPart(site, shown);
  const main = html`
    ${back}
    ${postedFaults(parts)}
    ${recognition(shown, 'h1')}
    ${marks}
    ${differs}
    ${standInPart(shown)}
    ${earlierPart(earlier, shown)}
    ${acuteNote(shown)}
    ${await objectionPart(site, shown, events)}
    ${index.unsafeContact && reach}
    ${clocksPart(shown, 'wally')}
    ${actions(shown)}
    <div class="columns">
      <div>
        ${!index.unsafeContact && reach}
        ${whyPart(shown)}
        ${index.owner === viewer.actor.id && lettersPart(shown)}
        ${appointmentsPart(shown, acting.now, calendarLink(shown))}
        ${links}
        ${moves}
        ${feedbackPart(shown, carriages)}
      </div>
      <div>
        ${whoPart(shown)}
        ${agreedPart(shown)}
        ${referrerPart(shown)}
        ${involvedPart(shown)}
        ${consentPart(shown)}
        ${eventsPart(shown, events)}
      </div>
    </div>
    ${own}`;
  const wrong = posted && posted.faults.length > 0 ? t('Fout: ', 'Error: ') : '';
  send(visit, { ...said, title: `${wrong}${title}`, main }, status);
}

/** The appointment for a calendar of the Wally's own: only for who has the referral. */
function calendarLink({ journey, viewer }: Shown): Markup | undefined {
  const isPlanned = journey.appointments.some((one) => one.resource.status === 'booked');
  if (!isPlanned || journey.index.owner !== viewer.actor.id) return undefined;
  const t = sayIn(viewer.language);
  return html`
    <p>
      <a href="/worklist/${journey.id}/appointment.ics" download>${t('Zet in uw agenda', 'Put in your calendar')}</a>
      (${t('alleen het woord "afspraak" en de tijd', 'only the word "afspraak" and the time')})
    </p>`;
}
