import { Router } from 'express';
import { takeBack } from '../../feedback/take-back.ts';
import type { Said } from '../../fhir/outcome.ts';
import { agendaOf } from '../../intake/agenda.ts';
import { openContext } from '../../intake/refer/context.ts';
import { type FormFields, fieldsOf, formFields, isFormId, newFormId, readDay } from '../../intake/refer/fields.ts';
import { draftReferral, type ReferFormDoor, sendForm, sentEarlier } from '../../intake/refer/form.ts';
import { assign } from '../../referral/assignment.ts';
import { callBefore, localDay } from '../../referral/deadlines.ts';
import { freeSlots } from '../../referral/directory/consulting-hours.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import { lifeAreaCodes } from '../../referral/life-area.ts';
import { isOpen } from '../../referral/lifecycle/lifecycle.ts';
import { httpStatus, isRefusal, type Refusal } from '../../referral/refusal.ts';
import { readJourney } from '../../store/referrals.ts';
import {
  actingFor,
  decide,
  field,
  journeyOf,
  noteView,
  query,
  send,
  sendNotFound,
  sentences,
  type ViewerOf,
  type Visit,
  visiting,
} from '../acting.ts';
import type { Fault } from '../form-controls.ts';
import { dayText, html, type Markup, sayIn } from '../html.ts';
import { type Shown, show } from '../journey/referral-view.ts';
import { residentCodeOf } from '../link/part.ts';
import type { PageParts } from '../page.ts';
import type { Site } from '../site.ts';
import { withPhrase } from '../worklist/phrases.ts';
import { agesPart, sendClosed } from './closed.ts';
import { faultsOf } from './controls.ts';
import { draftPart, dropForm, keepForm, keptForm } from './draft.ts';
import { type Before, referForm } from './fields.ts';
import { aheadPart, firstPage, noRoutePage, previewPage, stopPage } from './pages.ts';
import { alreadySentPage, sentPage, slipPage } from './sent-pages.ts';

/** The site, and what the door needs to take in a referral. */
export interface ReferSite extends Site, ReferFormDoor {}

const handleGone: Said = {
  nl:
    'Deze link werkt niet (meer). Hij werkt één keer, tien minuten lang, en alleen voor uw eigen praktijk. ' +
    'Open de inwoner opnieuw vanuit uw systeem, of vul het formulier hieronder zelf in.',
  en:
    'This link does not work (any more). It works once, for ten minutes, and only for your own practice. ' +
    'Open the resident again from your system, or fill in the form below yourself.',
};

/**
 * Who would call for this practice today, and before which days, by its rules as far as is filled in; undefined when the
 * practice has no Wally service.
 */
async function aheadOf(
  site: ReferSite,
  visit: Visit,
  fields: FormFields,
): Promise<{ ahead: Markup; before: Before; today: string; slots: string[]; directory: Directory } | undefined> {
  const { actor, language } = visit.viewer;
  const directory = await site.directory();
  const today = localDay(site.store.clock());
  const practice = actor.organization ?? '';
  const role = directory.roles.get(actor.id);
  const agb = role?.organization === practice ? role.agb : undefined;
  const lifeAreas = lifeAreaCodes.filter((code) => fields[`area-${code}`] === 'yes');
  const birthDate = readDay(fields.birthDate ?? '');
  const assignment = assign(directory, practice, agb, today, [], { birthDate, lifeAreas });
  if (!assignment) return undefined;
  const day = (priority: 'routine' | 'urgent') => dayText(callBefore(today, priority), language, today);
  const before = { routine: day('routine'), urgent: day('urgent') };
  const ahead = html`${aheadPart(directory, practice, assignment, before, visit.viewer)}${agesPart(directory, visit.viewer)}`;
  const { booked } = await agendaOf(site.store, directory, practice);
  const slots = freeSlots(directory, practice, assignment, booked, site.store.clock());
  return { ahead, before, today, slots, directory };
}

interface Filled {
  readonly fields: FormFields;
  readonly faults?: readonly Fault[];
  readonly refused?: string;
  readonly status?: number;
}

/** The first question or, once it is answered with no, the form. Without a Wally service neither. */
async function sendForms(site: ReferSite, visit: Visit, filled: Filled): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const known = await aheadOf(site, visit, filled.fields);
  if (!known)
    return send(
      visit,
      { title: t('Verwijzen kan nog niet', 'Referring is not possible yet'), main: noRoutePage(viewer) },
      409,
    );
  const faults = filled.faults ?? [];
  const fields = isFormId(filled.fields.form) ? filled.fields : { ...filled.fields, form: newFormId(known.today) };
  const { sentences: own } = known.directory.practices.get(viewer.actor.organization ?? '') ?? {};
  const parts = { viewer, fields, faults, sentences: own, ...known };
  if (sendClosed(visit, known.directory, fields.birthDate, known.today)) return;
  const isEmpty = Object.values(filled.fields).every((value) => value === '');
  const draft = isEmpty && !filled.refused ? await draftPart(site, visit) : undefined;
  const main = fields.danger === 'no' ? referForm(parts) : html`${draft}${firstPage(parts)}`;
  const title = `${faults.length > 0 ? t('Fout: ', 'Error: ') : ''}${t('Verwijzen', 'Refer')}`;
  send(
    visit,
    { title, main, ...(filled.refused && { notice: { kind: 'refused', text: filled.refused } }) },
    filled.status ?? 200,
  );
}

async function open(site: ReferSite, visit: Visit): Promise<void> {
  const { request, viewer } = visit;
  const handle = query(request, 'handle');
  // A HEAD, or a browser that only looks ahead, must not use up the link.
  if (!handle || request.method !== 'GET' || request.get('sec-purpose')?.includes('prefetch'))
    return sendForms(site, visit, { fields: {} });
  const context = await openContext(site.store, viewer.actor, handle);
  if (context) return sendForms(site, visit, { fields: fieldsOf(context) });
  await sendForms(site, visit, { fields: {}, refused: handleGone[viewer.language], status: 410 });
}

/** A form that is not filled in right is 422, also where a message of a system would be forbidden. */
function formStatus(refusal: Refusal): number {
  const status = httpStatus(refusal);
  return status === 409 || status === 503 ? status : 422;
}

/** What is refused goes to its fields; what belongs to no field stands above the page. */
async function sendRefused(site: ReferSite, visit: Visit, fields: FormFields, refusal: Refusal): Promise<void> {
  const faults = faultsOf(refusal.refused);
  const rest = refusal.refused.filter((one) => !faults.some((fault) => fault.field === one.path));
  const refused = rest.length > 0 ? sentences({ refused: rest }, visit.viewer) : '';
  await sendForms(site, visit, { fields, faults, ...(refused && { refused }), status: formStatus(refusal) });
}

async function preview(site: ReferSite, visit: Visit, fields: FormFields): Promise<void> {
  const { viewer } = visit;
  const draft = await draftReferral(site, viewer.actor, fields);
  if (isRefusal(draft)) return sendRefused(site, visit, fields, draft);
  const shown = show(draft.journey, await site.directory(), viewer, localDay(site.store.clock()));
  const title = sayIn(viewer.language)('Klopt deze verwijzing?', 'Is this referral right?');
  send(visit, { title, main: previewPage(draft, shown, fields, site.store.clock()) });
}

async function sendIt(site: ReferSite, visit: Visit, fields: FormFields): Promise<void> {
  const { viewer, response } = visit;
  const outcome = await sendForm(site, viewer.actor, fields);
  if (!isRefusal(outcome)) {
    await dropForm(site, viewer.actor);
    return response.redirect(303, `/refer/sent/${outcome.journey}`);
  }
  const { refused } = outcome;
  const earlier = refused.some((one) => one.code === 'conflict')
    ? await sentEarlier(site, viewer.actor, fields)
    : undefined;
  if (!earlier) return sendRefused(site, visit, fields, outcome);
  // Unchanged, and taken back since: what it came to stands on its own page.
  if (refused.some((one) => one.reason === 'cancelled-earlier'))
    return response.redirect(303, `/refer/sent/${earlier.journey}`);
  const title = sayIn(viewer.language)('Al verstuurd', 'Sent already');
  send(visit, { title, main: alreadySentPage(earlier, fields, viewer) }, 409);
}

async function post(site: ReferSite, visit: Visit): Promise<void> {
  const { request, viewer } = visit;
  const typed = formFields(request.body);
  const pressed = field(request.body, 'phrase');
  const own = pressed ? (await site.directory()).practices.get(viewer.actor.organization ?? '')?.sentences : undefined;
  const fields = pressed ? withPhrase(typed, pressed, own) : typed;
  const asked = field(request.body, 'step');
  // Enter in a field presses the first button of the form.
  const step = asked === 'enter' ? 'preview' : asked;
  // H1 goes before every step: whoever said yes gets the numbers to call, and nothing else.
  if (fields.danger === 'yes') {
    // Yes by mistake: the link from the GP system works once, so what it brought is kept as a draft.
    await keepForm(site, viewer.actor, fields);
    return send(visit, { title: sayIn(viewer.language)('Bel nu', 'Call now'), main: stopPage(viewer, '/refer') });
  }
  if (fields.danger !== 'no') {
    const said = { nl: 'Kies ja of nee: is er nu acuut gevaar?', en: 'Choose yes or no: is there acute danger now?' };
    return sendForms(site, visit, { fields, ...(step && { faults: [{ field: 'danger', said }], status: 422 }) });
  }
  if (step === 'send') return sendIt(site, visit, fields);
  await keepForm(site, viewer.actor, fields);
  if (step === 'preview' && sendClosed(visit, await site.directory(), fields.birthDate, localDay(site.store.clock())))
    return;
  if (step === 'preview') return preview(site, visit, fields);
  await sendForms(site, visit, { fields });
}

/** The practice's own referral as this page shows it; a view that is noted before it is sent. */
async function shownOf(site: ReferSite, visit: Visit, id: string): Promise<{ shown: Shown; now: Date } | undefined> {
  const { actor } = visit.viewer;
  const journey = await readJourney(site.store, { kind: 'practice', practice: actor.organization ?? '' }, id);
  if (!journey) return undefined;
  const acting = await actingFor(site, actor);
  await noteView(site, journey, acting);
  return { shown: show(journey, acting.directory, visit.viewer, localDay(acting.now)), now: acting.now };
}

async function sendSent(
  site: ReferSite,
  visit: Visit,
  id: string,
  notice?: PageParts['notice'],
  status = 200,
): Promise<void> {
  const found = await shownOf(site, visit, id);
  if (!found) return sendNotFound(visit);
  const title = `${sayIn(visit.viewer.language)('Verwijzing', 'Referral')} ${found.shown.journey.index.number}`;
  const hasCode = (await residentCodeOf(site, found.shown)) !== undefined;
  send(visit, { title, main: sentPage(found.shown, found.now, hasCode), ...(notice && { notice }) }, status);
}

async function sendSlip(site: ReferSite, visit: Visit, id: string): Promise<void> {
  const found = await shownOf(site, visit, id);
  const index = found?.shown.journey.index;
  // H2: where it is not safe at home there is nothing to take home, whoever asks for it.
  if (!found || !index || index.unsafeContact || !isOpen(index.taskStatus)) return sendNotFound(visit);
  send(visit, {
    title: sayIn(visit.viewer.language)('Briefje voor de inwoner', 'Slip for the resident'),
    main: slipPage(found.shown, found.now, await residentCodeOf(site, found.shown), site.publicUrl),
  });
}

async function undo(site: ReferSite, visit: Visit, id: string): Promise<void> {
  const { actor } = visit.viewer;
  const read = () => readJourney(site.store, { kind: 'practice', practice: actor.organization ?? '' }, id);
  const outcome = await decide(site, actor, read, (journey, acting) =>
    // Tapped twice: what was asked for is so.
    journey.index.businessStatus === 'taken-back' ? undefined : takeBack(journey, 'undo', acting),
  );
  if (outcome === 'absent') return sendNotFound(visit);
  if (outcome === 'done') return visit.response.redirect(303, `/refer/sent/${id}`);
  await sendSent(site, visit, id, { kind: 'refused', text: sentences(outcome, visit.viewer) }, httpStatus(outcome));
}

/**
 * The refer pages at `/refer`, behind sign-in, form parsing and the CSRF check. The address holds a one-time handle or a
 * journey's id, never patient data; what is typed travels in the form until it is sent.
 */
export function referPages(site: ReferSite, viewerOf: ViewerOf): Router {
  const router = Router();
  const own = (handle: (site: ReferSite, visit: Visit, id: string) => Promise<void>) =>
    visiting('practice', viewerOf, async (visit) => {
      const id = journeyOf(visit.request);
      await (id ? handle(site, visit, id) : sendNotFound(visit));
    });
  router.get(
    '/refer',
    visiting('practice', viewerOf, (visit) => open(site, visit)),
  );
  router.post(
    '/refer',
    visiting('practice', viewerOf, (visit) => post(site, visit)),
  );
  router.post(
    '/refer/draft/open',
    visiting('practice', viewerOf, async (visit) =>
      sendForms(site, visit, { fields: await keptForm(site, visit.viewer.actor) }),
    ),
  );
  router.get('/refer/sent/:journey', own(sendSent));
  router.get('/refer/sent/:journey/slip', own(sendSlip));
  router.post('/refer/sent/:journey/undo', own(undo));
  return router;
}
