import type { Actor } from '../referral/actor.ts';
import { localDay } from '../referral/deadlines.ts';
import type { Journey } from '../referral/journey.ts';
import { transition } from '../referral/lifecycle.ts';
import { isRefusal } from '../referral/refusal.ts';
import { readEvents } from '../store/deliveries.ts';
import { isVisible, readCarriages } from '../store/lists.ts';
import { readJourney } from '../store/referrals.ts';
import { actingFor, csrfField, noteView, send, type Visit } from './acting.ts';
import { eventsPart, feedbackPart } from './history-view.ts';
import { html, type Markup, sayIn } from './html.ts';
import { lettersPart } from './letters.ts';
import { dueMark, urgencyMark } from './marks.ts';
import type { PageParts } from './page.ts';
import {
  acuteNote,
  appointmentsPart,
  consentPart,
  reachPart,
  recognition,
  referrerPart,
  type Shown,
  show,
  whoPart,
  whyPart,
} from './referral-view.ts';
import type { Site } from './site.ts';
import { pressing, stateWords } from './words.ts';

/** The referral when this Wally owns it now and it was delivered to the worklist; else undefined. */
export async function readOwn(site: Site, actor: Actor, id: string): Promise<Journey | undefined> {
  const journey = await readJourney(site.store, { kind: 'owner', owner: actor.id }, id);
  return journey && (await isVisible(site.store, journey.id, journey.index.assignment)) ? journey : undefined;
}

function actions(shown: Shown): Markup {
  const t = sayIn(shown.viewer.language);
  const may = (move: 'accept' | 'report') => !isRefusal(transition(shown.journey, move, shown.viewer.actor));
  const address = `/worklist/${shown.journey.id}`;
  if (may('accept'))
    return html`<form method="post" action="${address}/accept" class="buttons">${csrfField(shown.viewer)}<button>${t('Aannemen', 'Accept')}</button></form>`;
  if (may('report'))
    return html`<p class="buttons"><a class="button" href="${address}/report">${t('Terugkoppelen', 'Report back')}</a></p>`;
  return html``;
}

/** The page of one referral; that it was looked at is committed before it is sent. */
export async function sendReferral(
  site: Site,
  visit: Visit,
  journey: Journey,
  notice: PageParts['notice'],
  status: number,
): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const acting = await actingFor(site, viewer.actor);
  const today = localDay(acting.now);
  const [events, carriages] = await Promise.all([
    readEvents(site.store, journey.id),
    readCarriages(site.store, journey.id),
  ]);
  await noteView(site, journey, acting);
  const shown = show(journey, acting.directory, viewer, today);
  const { index } = journey;
  const called = events.some((event) => event.kind === 'contact');
  const state = stateWords(index.taskStatus, index.businessStatus, 'wally');
  const due = dueMark(pressing({ ...index, called }, today), index.callBefore, shown);
  const reach = reachPart(shown);
  const main = html`<p><a href="/worklist">${t('Terug naar de werklijst', 'Back to the worklist')}</a></p>
${recognition(shown, 'h1')}
<p class="marks"><span class="state">${t(state.nl, state.en)}</span>${due}${index.priority !== 'routine' && urgencyMark(index.priority, t)}<span class="number">${index.number}</span></p>
${acuteNote(shown)}${index.unsafeContact && reach}${actions(shown)}
<div class="columns"><div>${!index.unsafeContact && reach}${appointmentsPart(shown, acting.now)}${whyPart(shown)}${lettersPart(shown)}${feedbackPart(shown, carriages)}</div>
<div>${whoPart(shown)}${referrerPart(shown)}${consentPart(shown)}</div></div>${eventsPart(shown, events)}`;
  send(visit, { title: `${t('Verwijzing', 'Referral')} ${index.number}`, main, ...(notice && { notice }) }, status);
}
