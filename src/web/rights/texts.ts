import type { RedactionItem } from '../../feedback/personal-file.ts';
import type { RightsRequest } from '../../store/rights-requests.ts';
import { csrfField } from '../acting.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import type { Viewer } from '../page.ts';

/** As many texts on a page as a person reads at once, and a form may hold. */
export const pageTexts = 40;

const words = (decision: RedactionItem['decision']) =>
  typeof decision === 'object' && decision !== null ? decision.replace : '';
const chosen = (decision: RedactionItem['decision']) =>
  typeof decision === 'object' && decision !== null ? 'replace' : decision;

function textItem(item: RedactionItem, request: RightsRequest, viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  const { id, where, text, file, decision } = item;
  const choice = (value: string, label: string) =>
    html`<div class="choice">
<input type="radio" id="d-${id}-${value}" name="d-${id}" value="${value}"${chosen(decision) === value && html` checked`}>
<label for="d-${id}-${value}">${label}</label></div>`;
  const content = file
    ? html`<p><a href="/practice/rights/requests/${request.id}/text/${id}" download>${t('Bestand openen', 'Open the file')}</a> ${text}</p>`
    : html`<p class="said" lang="nl">${text}</p>`;
  const replacing =
    !file &&
    html`${choice('replace', t('Andere woorden:', 'Other words:'))}
<div class="field"><label class="vh" for="w-${id}">${t('Andere woorden', 'Other words')}, ${id}</label>
<input type="text" id="w-${id}" name="w-${id}" value="${words(decision)}" maxlength="4000" autocomplete="off"></div>`;
  return html`<fieldset>
<legend>${id} <span class="hint">${where[0]?.split('/')[0]}${where.length > 1 && ` (${where.length}×)`}</span></legend>
${content}
${choice('keep', t('Blijft staan', 'Stays'))}
${choice('remove', t('Weglaten: gaat over iemand anders', 'Leave out: is about someone else'))}
${replacing}</fieldset>`;
}

function pagesPart(
  list: readonly RedactionItem[],
  from: number,
  request: RightsRequest,
  viewer: Viewer,
): Markup | false {
  const t = sayIn(viewer.language);
  if (list.length <= pageTexts) return false;
  const starts = Array.from({ length: Math.ceil(list.length / pageTexts) }, (_, nth) => nth * pageTexts);
  return html`<nav aria-label="${t('Bladzijden', 'Pages')}"><ul class="pills">${starts.map(
    (start, nth) =>
      html`<li><a href="/practice/rights/requests/${request.id}?from=${start}"
${start === from && html` aria-current="page"`}>${nth + 1}</a></li>`,
  )}</ul></nav>`;
}

/** The texts that a person reads before anything is given (H8), a page at a time, and how many are still open. */
export function textsPart(
  request: RightsRequest,
  list: readonly RedactionItem[],
  asked: number,
  viewer: Viewer,
): Markup {
  const t = sayIn(viewer.language);
  const from = asked < list.length ? Math.floor(asked / pageTexts) * pageTexts : 0;
  const shown = list.slice(from, from + pageTexts);
  const left = list.filter((one) => one.decision === null).length;
  const address = `/practice/rights/requests/${request.id}`;
  return html`<h1>${t('Lees eerst elke tekst', 'First read every text')}</h1>
<p>${t(
    'De inwoner krijgt alles over zichzelf, maar niets over anderen. Beslis bij elke tekst. U kunt stoppen en later verdergaan.',
    'The resident gets everything about themselves, and nothing about others. Decide about each text. You can stop and go on later.',
  )}</p>
<p>${t(
    'Wat de Wally zelf bewaart, zoals afspraken en andere organisaties, staat hier niet bij. Daarvoor gaat de inwoner naar de Wally.',
    'What the Wally keeps, such as appointments and other organisations, is not in this. For that the resident goes to the Wally.',
  )}</p>
<p><strong>${
    left === 0
      ? t('Over elke tekst is besloten.', 'Every text was decided on.')
      : t(`Nog ${left} van ${list.length} te beslissen.`, `${left} of ${list.length} still to decide.`)
  }</strong></p>
${
  left === 0 &&
  html`<form method="post" action="${address}/give" class="buttons">${csrfField(viewer)}
<button>${t('Maak de kopie klaar om te geven', 'Make the copy ready to give')}</button></form>`
}
${pagesPart(list, from, request, viewer)}
${
  shown.length > 0 &&
  html`<form method="post" action="${address}/texts" class="form">${csrfField(viewer)}
${shown.map((one) => textItem(one, request, viewer))}
<p class="buttons"><button class="${left === 0 ? 'quiet' : ''}">${t('Bewaren en verder', 'Save and continue')}</button></p></form>`
}`;
}

/** The copy that was given, to take along; who looked is always as of now. */
export function givenPart(request: RightsRequest, viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  const address = `/practice/rights/requests/${request.id}/copy`;
  const given = request.givenAt ? momentText(request.givenAt, viewer.language) : '';
  const file = (name: string, said: string) => html`<li><a href="${address}/${name}" download>${said}</a></li>`;
  return html`<h1>${t('De kopie is klaar', 'The copy is ready')}</h1>
<p>${t(`Klaargemaakt op ${given}.`, `Made ready on ${given}.`)}</p>
<ul>${file('overzicht.html', t('Om te lezen of af te drukken', 'To read or print'))}
${file('bundle.json', t('Voor een computer (FHIR)', 'For a computer (FHIR)'))}
${file('wie-heeft-gekeken.csv', t('Wie heeft gekeken', 'Who looked'))}</ul>
<p class="hint">${t(
    'Geef de bestanden alleen aan de inwoner zelf. Verandert de verwijzing hierna, dan zijn ze hier niet meer op te halen: maak dan een nieuw verzoek.',
    'Give the files to the resident only. When the referral changes after this they cannot be fetched here any more: then make a new request.',
  )}</p>`;
}
