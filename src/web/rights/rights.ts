import { Router } from 'express';
import type { Said } from '../../fhir/outcome.ts';
import { putTogether } from '../../rights/access.ts';
import { askCorrection, erase, objectTo, setHold, whyNotErase, withdrawConsent } from '../../rights/keep.ts';
import { findJourneys, journeysOf, type Outcome, referencePattern } from '../../rights/rights.ts';
import type { Keeping } from '../../store/keeping.ts';
import type { Carriage } from '../../store/lists/lists.ts';
import { listRightsRequests } from '../../store/rights-requests.ts';
import {
  csrfField,
  field,
  noteList,
  send,
  sendNotFound,
  sentences,
  type ViewerOf,
  type Visit,
  visiting,
} from '../acting.ts';
import type { Fault } from '../form-controls.ts';
import { dayText, html, type Markup, sayIn } from '../html.ts';
import type { Site } from '../site.ts';
import { findPart, foundPart, journeyIdsField, personFields, readPerson } from './find.ts';
import { requestPages } from './request.ts';
import { referenceIn, rightsOf } from './visit.ts';
import { isRight, type Right, rightWords } from './words.ts';

const shownMax = 50;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const noReference: Said = {
  nl: 'Vul het kenmerk van het verzoek in, zonder spaties.',
  en: 'Fill in the reference of the request, without spaces.',
};

function titleOf({ viewer }: Visit, isWrong = false): string {
  const t = sayIn(viewer.language);
  return `${isWrong ? t('Fout: ', 'Error: ') : ''}${t('Rechten van een inwoner', "A resident's rights")}`;
}

async function start(site: Site, visit: Visit, fields: Record<string, string> = {}, faults: readonly Fault[] = []) {
  const practice = visit.viewer.actor.organization ?? '';
  const requests = await listRightsRequests(site.store, practice, shownMax);
  await noteList(site, visit.viewer.actor, 'rights-requests', requests.length);
  const main = findPart({ viewer: visit.viewer, fields, faults }, requests);
  const isWrong = faults.length > 0;
  send(visit, { title: titleOf(visit, isWrong), main }, isWrong ? 422 : 200);
}

async function find(site: Site, visit: Visit): Promise<void> {
  const fields = Object.fromEntries(personFields.map((name) => [name, field(visit.request.body, name)]));
  const person = readPerson(fields);
  const faults = [
    ...(referencePattern.test(fields.reference ?? '') ? [] : [{ field: 'reference', said: noReference }]),
    ...('faults' in person ? person.faults : []),
  ];
  if ('faults' in person || faults.length > 0) return start(site, visit, fields, faults);
  const reference = fields.reference ?? '';
  const found = await findJourneys(rightsOf(site, visit, reference), person);
  send(visit, { title: titleOf(visit), main: foundPart(found, reference, visit.viewer, []) });
}

/** The referrals that were on the page before, and those of them that are still ticked. */
async function asked(site: Site, visit: Visit) {
  const { body } = visit.request;
  const ids = field(body, 'journeys')
    .split(' ')
    .filter((one) => uuid.test(one))
    .slice(0, 100);
  const found = await journeysOf(rightsOf(site, visit, referenceIn(visit)), ids);
  return { found, ticked: found.filter((one) => field(body, `j-${one.journey}`) === 'yes') };
}

const onlyCopyName = 'only-copy';

/** Why it cannot be done for a referral as it now is, so far as that is known before. */
function hindrance(right: Right, one: Keeping, viewer: Visit['viewer']): string | undefined {
  const refused = right === 'erase' ? whyNotErase(one, true) : undefined;
  return refused && sentences(refused, viewer);
}

function surePart(right: Right, journeys: readonly Keeping[], visit: Visit): Markup {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const words = rightWords[right];
  const items = journeys.map((one) => {
    const why = hindrance(right, one, viewer);
    return html`<li><span class="number">${one.number}</span> ${one.practiceNumber}${why && html`<p class="why">${why}</p>`}</li>`;
  });
  const needsWord = right === 'erase' && journeys.some((one) => !whyNotErase(one, true) && whyNotErase(one, false));
  return html`<h1>${words.title[viewer.language]}</h1><p>${words.sure[viewer.language]}</p><ul>${items}</ul>
<form method="post" action="/practice/rights/act" class="form">${csrfField(viewer)}
<input type="hidden" name="reference" value="${referenceIn(visit)}"><input type="hidden" name="right" value="${right}">
${journeyIdsField(journeys)}${journeys.map((one) => html`<input type="hidden" name="j-${one.journey}" value="yes">`)}
${
  needsWord &&
  html`<div class="choice"><input type="checkbox" id="${onlyCopyName}" name="${onlyCopyName}" value="yes">
<label for="${onlyCopyName}">${t(
    'Ook als dit de enige kopie is: de Wally heeft niet bevestigd dat dit in het eigen dossier staat.',
    "Also when this is the only copy: the Wally has not confirmed that it stands in the Wally's own record.",
  )}</label></div>`
}
<p class="buttons"><button name="sure" value="yes" class="${
    right === 'erase' || right === 'withdraw' ? 'danger' : ''
  }">${t('Ja', 'Yes')}: ${words.title[viewer.language].toLowerCase()}</button>
<a class="button quiet" href="/practice/rights">${t('Nee, terug', 'No, go back')}</a></p></form>`;
}

function goneItem(one: Carriage, { viewer }: Visit): Markup {
  const t = sayIn(viewer.language);
  const day = one.firstSentAt?.toISOString().slice(0, 10) ?? '';
  const kind = one.kind === 'feedback' ? t('terugkoppeling', 'feedback') : t('verwijzing of mail', 'referral or mail');
  return html`<li>${t('Niet terug te halen', 'Cannot be recalled')}: ${kind}, ${dayText(day, viewer.language, '')}</li>`;
}

function donePart(right: Right, outcomes: readonly (Outcome & { gone?: readonly Carriage[] })[], visit: Visit): Markup {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const words = rightWords[right];
  const items = outcomes.map(({ of, refused, gone = [] }) =>
    refused
      ? html`<li><span class="number">${of.number}</span> <strong>${t('niet gedaan', 'not done')}</strong>
<p class="why">${sentences(refused, viewer)}</p></li>`
      : html`<li><span class="number">${of.number}</span> ${words.done[viewer.language]}
${gone.length > 0 && html`<ul>${gone.map((one) => goneItem(one, visit))}</ul>`}</li>`,
  );
  const isSome = outcomes.some((one) => !one.refused);
  return html`<h1>${words.title[viewer.language]}</h1><ul>${items}</ul>
${isSome && words.next && html`<p class="note">${words.next[viewer.language]}</p>`}
<p><a href="/practice/rights">${t('Terug naar rechten', 'Back to rights')}</a></p>`;
}

async function carriedOut(site: Site, visit: Visit, right: Exclude<Right, 'access'>, journeys: readonly Keeping[]) {
  const rights = rightsOf(site, visit, referenceIn(visit));
  switch (right) {
    case 'correct':
      return askCorrection(rights, journeys);
    case 'object':
      return objectTo(rights, journeys);
    case 'withdraw':
      return withdrawConsent(rights, journeys, visit.viewer.actor, await site.directory());
    case 'erase':
      return erase(rights, journeys, field(visit.request.body, onlyCopyName) === 'yes');
    case 'hold':
    case 'release':
      return setHold(rights, journeys, right === 'hold');
  }
}

/** A right that was chosen: first what it means, and after a yes what became of each referral. */
async function actOn(site: Site, visit: Visit): Promise<void> {
  const { viewer, request } = visit;
  const { found, ticked } = await asked(site, visit);
  const reference = referenceIn(visit);
  if (found.length === 0 || !referencePattern.test(reference)) return sendNotFound(visit);
  const right = field(request.body, 'right');
  if (!isRight(right) || ticked.length === 0) {
    const said: Said = {
      nl: 'Kies één recht, en ten minste één verwijzing.',
      en: 'Choose one right, and at least one referral.',
    };
    const main = foundPart(found, reference, viewer, [{ field: 'right', said }]);
    return send(visit, { title: titleOf(visit, true), main }, 422);
  }
  const title = rightWords[right].title[viewer.language];
  if (field(request.body, 'sure') !== 'yes') return send(visit, { title, main: surePart(right, ticked, visit) });
  if (right === 'access') {
    const { request: id } = await putTogether(rightsOf(site, visit, reference), ticked);
    return visit.response.redirect(303, `/practice/rights/requests/${id}`);
  }
  const outcomes = await carriedOut(site, visit, right, ticked);
  const isDone = outcomes.some((one) => !one.refused);
  send(visit, { title, main: donePart(right, outcomes, visit) }, isDone ? 200 : 409);
}

/** The pages of a person's rights, for the practice and its own referrals; before the pages of one referral. */
export function rightsPages(site: Site, viewerOf: ViewerOf): Router {
  const router = Router();
  router.get(
    '/practice/rights',
    visiting('practice', viewerOf, (visit) => start(site, visit)),
  );
  router.post(
    '/practice/rights',
    visiting('practice', viewerOf, (visit) => find(site, visit)),
  );
  router.post(
    '/practice/rights/act',
    visiting('practice', viewerOf, (visit) => actOn(site, visit)),
  );
  router.use(requestPages(site, viewerOf));
  return router;
}
