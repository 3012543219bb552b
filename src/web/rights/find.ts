import { z } from 'zod';
import type { Keeping } from '../../store/keeping.ts';
import type { PersonKey } from '../../store/persons.ts';
import type { RightsRequest } from '../../store/rights-requests.ts';
import { csrfField } from '../acting.ts';
import { type Controls, errorSummary, type Fault, faultOf, hintOf, ties } from '../form-controls.ts';
import { html, type Markup, momentText, type Say, sayIn } from '../html.ts';
import type { Viewer } from '../page.ts';
import { type Right, rightOrder, rightWords } from './words.ts';

export const personFields = ['bsn', 'family', 'birthDate', 'postcode', 'houseNumber', 'reference'] as const;

const text = z.string().trim().max(120);
const form = z.object({
  bsn: text.transform((typed) => typed.replaceAll(/[\s.]/g, '')),
  family: text,
  birthDate: text,
  postcode: text,
  houseNumber: text,
});

/** Who is meant, out of the form: the BSN, or name, birth date and address together; else what is missing. */
export function readPerson(fields: Readonly<Record<string, string>>): PersonKey | { readonly faults: Fault[] } {
  const read = form.safeParse(fields);
  const fault = (field: string, nl: string, en: string) => ({ faults: [{ field, said: { nl, en } }] });
  if (!read.success)
    return fault('bsn', 'Dit is te lang. Controleer wat u typte.', 'This is too long. Check what you typed.');
  const { bsn, family, birthDate, postcode, houseNumber } = read.data;
  if (bsn !== '') {
    if (/^\d{9}$/.test(bsn)) return { bsn };
    return fault('bsn', 'Een BSN heeft 9 cijfers.', 'A BSN has 9 digits.');
  }
  if (family === '' || houseNumber === '' || postcode.length < 6 || !z.iso.date().safeParse(birthDate).success)
    return fault(
      'bsn',
      'Vul het BSN in. Of vul achternaam, geboortedatum, postcode en huisnummer alle vier in.',
      'Fill in the BSN. Or fill in all four of family name, birth date, postcode and house number.',
    );
  return { family, birthDate, postcode, houseNumber };
}

interface Line {
  readonly name: (typeof personFields)[number];
  readonly label: string;
  readonly hint?: string;
  readonly type?: 'date';
}

function line(parts: Controls, { name, label, hint, type }: Line): Markup {
  return html`<div class="field"><label for="${name}">${label}</label>${hintOf(name, hint)}${faultOf(parts, name)}
<input type="${type ?? 'text'}" id="${name}" name="${name}" value="${parts.fields[name]}"${!type && html` maxlength="120"`}
autocomplete="off"${ties(parts, name, Boolean(hint))}></div>`;
}

const referenceHint = (t: Say) =>
  t(
    'Het nummer waaronder het verzoek bij u is opgeslagen, zonder spaties. Bijvoorbeeld Z-2026-7. Zet hier geen naam.',
    'The number under which the request is filed with you, without spaces. For example Z-2026-7. No name here.',
  );

/** The first page: what one may ask, whom it is about, and the requests that are under way. */
export function findPart(parts: Controls, requests: readonly RightsRequest[]): Markup {
  const { viewer, faults } = parts;
  const t = sayIn(viewer.language);
  return html`<h1>${t('Rechten van een inwoner', "A resident's rights")}</h1>
<p>${t(
    'Vraagt een inwoner wat er bewaard wordt, of wil de inwoner iets laten verbeteren of wissen? Zoek de inwoner hier op. U vindt alleen verwijzingen van uw eigen praktijk.',
    'Does a resident ask what is kept, or want something corrected or erased? Look the resident up here. You find referrals of your own practice only.',
  )}</p>
${errorSummary(faults, viewer)}
<form method="post" action="/practice/rights" class="form" novalidate>${csrfField(viewer)}
${line(parts, { name: 'reference', label: t('Kenmerk van het verzoek', 'Reference of the request'), hint: referenceHint(t) })}
${line(parts, {
  name: 'bsn',
  label: 'BSN',
  hint: t(
    'Of laat dit leeg en vul de vier velden hieronder in.',
    'Or leave this empty and fill in the four fields below.',
  ),
})}
${line(parts, { name: 'family', label: t('Achternaam', 'Family name') })}
${line(parts, { name: 'birthDate', label: t('Geboortedatum', 'Date of birth'), type: 'date' })}
<div class="row">${line(parts, { name: 'postcode', label: t('Postcode', 'Postcode') })}
${line(parts, { name: 'houseNumber', label: t('Huisnummer', 'House number') })}</div>
<p class="buttons"><button>${t('Zoek', 'Search')}</button></p></form>
<p class="hint">${t('Elke keer dat u zoekt, komt in het logboek.', 'Every search is written in the log.')}</p>
${requestsPart(requests, viewer, '/practice/rights/requests')}`;
}

/** Requests for access as they stand; without an address to go to, by reference only (the administrator). */
export function requestsPart(requests: readonly RightsRequest[], viewer: Viewer, address?: string): Markup {
  const t = sayIn(viewer.language);
  const item = (one: RightsRequest) => {
    const state = one.givenAt
      ? t(`gegeven op ${momentText(one.givenAt, 'nl')}`, `given on ${momentText(one.givenAt, 'en')}`)
      : t('nog niet gegeven', 'not given yet');
    return html`<li class="referral"><div class="lead">
${address ? html`<a href="${address}/${one.id}">${one.reference}</a>` : html`<strong>${one.reference}</strong>`}
<span class="state">${state}</span></div>
<div class="more"><span>${t('gevraagd', 'asked')} ${momentText(one.askedAt, viewer.language)}</span>
<span>${one.journeys.length} ${one.journeys.length === 1 ? t('verwijzing', 'referral') : t('verwijzingen', 'referrals')}</span>
${!address && one.practice && html`<span>${one.practice}</span>`}</div></li>`;
  };
  return html`<h2>${t('Verzoeken om inzage', 'Requests for access')} <span class="count">${requests.length}</span></h2>
${
  requests.length > 0
    ? html`<ul class="referrals">${requests.map(item)}</ul>`
    : html`<p class="empty">${t('Er zijn geen verzoeken.', 'There are no requests.')}</p>`
}`;
}

function marks(one: Keeping, viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  const on = (at: Date) => momentText(at, viewer.language);
  return html`<span class="state">${one.erasedAt ? t('gewist', 'erased') : one.over ? t('klaar', 'done') : t('loopt', 'open')}</span>
${one.heldAt && html`<span>${t('vastgehouden voor', 'held for')} ${one.heldFor}</span>`}${
  one.objectedAt && html`<span>${t('bezwaar', 'objection')} ${on(one.objectedAt)}</span>`
}${one.transferredAt && html`<span>${t('staat in het dossier van de Wally', "in the Wally's own record")}</span>`}`;
}

/** What was found, and each right as a choice: nothing is done before the next page asked once more. */
export function foundPart(
  found: readonly Keeping[],
  reference: string,
  viewer: Viewer,
  faults: readonly Fault[],
): Markup {
  const t = sayIn(viewer.language);
  if (found.length === 0)
    return html`<h1>${t('Niemand gevonden', 'Nobody found')}</h1>
<p>${t(
      'Bij uw praktijk is geen verwijzing van deze inwoner bekend, of zij is gewist. Controleer wat u typte: een typefout vindt niemand.',
      'Your practice has no referral of this resident, or it was erased. Check what you typed: a typing error finds nobody.',
    )}</p>
<p><a href="/practice/rights">${t('Opnieuw zoeken', 'Search again')}</a></p>`;
  const parts: Controls = { viewer, fields: {}, faults };
  const ticks = found.map(
    (one) =>
      html`<div class="choice">
<input type="checkbox" id="j-${one.journey}" name="j-${one.journey}" value="yes" checked>
<label for="j-${one.journey}"><span class="number">${one.number}</span> ${one.practiceNumber},
${momentText(one.receivedAt, viewer.language)} ${marks(one, viewer)}</label>
<a href="/practice/${one.journey}/looked">${t('Wie heeft gekeken', 'Who looked')}<span class="vh"> ${one.number}</span></a></div>`,
  );
  const choice = (right: Right, nth: number) =>
    html`<div class="choice"><input type="radio" id="${nth === 0 ? 'right' : `right-${right}`}" name="right" value="${right}">
<label for="${nth === 0 ? 'right' : `right-${right}`}">${rightWords[right].title[viewer.language]}
<span class="hint">${rightWords[right].hint[viewer.language]}</span></label></div>`;
  return html`<h1>${t('Wat vraagt de inwoner?', 'What does the resident ask?')}</h1>${errorSummary(faults, viewer)}
<form method="post" action="/practice/rights/act" class="form" novalidate>${csrfField(viewer)}
<input type="hidden" name="reference" value="${reference}">
${journeyIdsField(found)}
<fieldset><legend>${t('Om welke verwijzingen gaat het?', 'Which referrals is it about?')}</legend>${ticks}</fieldset>
<fieldset><legend>${t('Welk recht?', 'Which right?')}</legend>${faultOf(parts, 'right')}${rightOrder.map(choice)}</fieldset>
<p class="buttons"><button>${t('Verder', 'Continue')}</button></p></form>`;
}

/** Ids of journeys travel along as one field: they say nothing of anybody. */
export const journeyIdsField = (journeys: readonly Keeping[]): Markup =>
  html`<input type="hidden" name="journeys" value="${journeys.map((one) => one.journey).join(' ')}">`;
