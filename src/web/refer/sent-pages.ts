import { type FormFields, fieldNames } from '../../intake/refer/fields.ts';
import { phoneOf } from '../../referral/assignment.ts';
import { isOpen } from '../../referral/lifecycle/lifecycle.ts';
import { csrfField } from '../acting.ts';
import { dayText, html, type Markup, sayIn, timeText } from '../html.ts';
import {
  appointmentsPart,
  comingAppointments,
  facts,
  recognition,
  type Shown,
  telLink,
} from '../journey/referral-view.ts';
import type { Viewer } from '../page.ts';
import { stateWords } from '../words.ts';
import { hiddenFields } from './controls.ts';

/** The same form came again with something else in it: what was sent stands, and the change did not go along. */
export function alreadySentPage(
  earlier: { readonly journey: string; readonly number: string },
  fields: FormFields,
  viewer: Viewer,
): Markup {
  const t = sayIn(viewer.language);
  // The first question is asked anew (H1), and a new referral has a number of its own.
  const again = fieldNames.filter((one) => !['form', 'danger', 'number', 'numberSystem'].includes(one));
  return html`<h1>${t('Dit formulier is al verstuurd', 'This form was sent already')}</h1>
<p>${t(
    `De verwijzing heeft nummer ${earlier.number}. Wat u daarna hebt veranderd, is niet meegegaan.`,
    `The referral has number ${earlier.number}. What you changed afterwards did not go along.`,
  )}</p>
<p>${t(
    'Klopt de verwijzing niet? Neem die eerst terug of trek die in. Maak daarna een nieuwe.',
    'Is the referral wrong? First take it back or withdraw it. Then make a new one.',
  )}</p>
<form method="post" action="/refer" class="buttons">${csrfField(viewer)}${hiddenFields(fields, again)}
<a class="button" href="/refer/sent/${earlier.journey}">${t('Naar de verwijzing', 'To the referral')}</a>
<button class="quiet">${t('Nieuwe verwijzing met wat u invulde', 'New referral with what you filled in')}</button></form>`;
}

/** The confirmation: who calls, on which number, before which day; and the way back as long as there is one (H3). */
export function sentPage(shown: Shown, now: Date, hasCode: boolean): Markup {
  const { journey, viewer, directory } = shown;
  const t = sayIn(viewer.language);
  const { index, id } = journey;
  const owner = directory.roles.get(index.owner ?? '');
  const team = directory.teams.get(index.team)?.name ?? index.team;
  const phone = phoneOf(directory, { team: index.team, ...(owner && { owner }) });
  const state = stateWords(index.taskStatus, index.businessStatus, 'practice');
  const undoable = index.undoUntil !== null && index.undoUntil > now.toISOString() && index.taskStatus === 'requested';
  const until = undoable && index.undoUntil && timeText(new Date(index.undoUntil), viewer.language);
  const all = html`<p><a href="/practice">${t('Naar onze verwijzingen', 'To our referrals')}</a></p>`;
  if (!isOpen(index.taskStatus)) {
    return html`<h1>${t('Deze verwijzing loopt niet meer', 'This referral is no longer open')}</h1>${recognition(shown, 'p')}
<p class="marks"><span class="state">${t(state.nl, state.en)}</span><span class="number">${index.number}</span></p>
${
  index.businessStatus === 'taken-back' &&
  html`<p>${t(
    'U hebt de verwijzing op tijd teruggenomen: de Wally heeft niets gezien, en niemand belt.',
    'You took it back in time: the Wally has seen nothing, and nobody calls.',
  )}</p>`
}
<p class="buttons"><a class="button" href="/refer">${t('Nieuwe verwijzing', 'New referral')}</a></p>${all}`;
  }
  return html`<h1>${t('De verwijzing is vastgelegd', 'The referral is recorded')}</h1>${recognition(shown, 'p')}
${facts([
  [
    t('Wie belt', 'Who calls'),
    owner
      ? html`<strong>${owner.name}</strong> (${team})`
      : t(`de teamleider van ${team} wijst iemand aan`, `the team lead of ${team} assigns someone`),
  ],
  [t('Belt vóór', 'Calls before'), html`<strong>${dayText(index.callBefore, viewer.language, shown.today)}</strong>`],
  [t('Nummer om te bellen', 'Number to call'), phone && telLink(phone)],
  [t('Nummer van de verwijzing', 'Number of the referral'), index.number],
  [t('Uw eigen nummer', 'Your own number'), index.practiceReferral.value],
])}
${appointmentsPart(shown, now)}
${
  until
    ? html`<div class="panel">
<p>${t(
        `Iets verkeerd? U kunt de verwijzing terugnemen tot ${until} uur. Tot dan ziet de Wally niets.`,
        `Something wrong? You can take the referral back until ${until}. The Wally sees nothing until then.`,
      )}</p>
<form method="post" action="/refer/sent/${id}/undo" class="buttons">${csrfField(viewer)}
<button class="quiet">${t('Terugnemen', 'Take back')}</button></form></div>`
    : html`<p><span class="state">${t(state.nl, state.en)}</span>.
${t('Terugnemen kan niet meer. Intrekken kan bij', 'Taking back is no longer possible. You can withdraw it at')}
<a href="/practice/${id}">${t('deze verwijzing', 'this referral')}</a>.</p>`
}
${
  index.unsafeContact
    ? html`<p class="panel unsafe">${t(
        'Geef niets mee op papier: thuis is het niet veilig. Zeg de inwoner wie er belt en wanneer.',
        'Give nothing on paper to take home: it is not safe there. Tell the resident who calls and when.',
      )}</p>`
    : html`<p><a href="/refer/sent/${id}/slip">${t('Briefje voor de inwoner', 'Slip for the resident')}</a>
<span class="hint">${t(
        'om af te drukken en mee te geven, zonder medische gegevens',
        'to print and hand over, without medical data',
      )}${hasCode && t('; met de code voor "Waar is mijn verwijzing?"', '; with the code for "Where is my referral?"')}</span></p>`
}
${all}`;
}

/** For the resident, in plain Dutch: who calls, when, which number to call. No name, no reason: paper gets lost. */
export function slipPage(shown: Shown, now: Date, code: string | undefined, publicUrl: string): Markup {
  const { journey, viewer, directory } = shown;
  const t = sayIn(viewer.language);
  const { index } = journey;
  const owner = directory.roles.get(index.owner ?? '');
  const team = directory.teams.get(index.team)?.name ?? index.team;
  const phone = phoneOf(directory, { team: index.team, ...(owner && { owner }) });
  const practice = directory.practices.get(journey.practice);
  const before = dayText(index.callBefore, 'nl', shown.today);
  return html`<p class="aside"><a href="/refer/sent/${journey.id}">${t('Terug', 'Back')}</a>
<span class="hint">${t('Druk deze pagina af met Ctrl+P.', 'Print this page with Ctrl+P.')}</span></p>
<section class="slip" lang="nl" aria-labelledby="slip"><h1 id="slip">De Wally belt u</h1>
<p>U hebt met ${practice?.name ?? 'uw huisartsenpraktijk'}
afgesproken dat een sociaal werker u belt. Wij noemen die sociaal werker de Wally.</p>
${facts([
  ['Wie belt u?', html`<strong>${owner?.name ?? `iemand van ${team}`}</strong>${owner && ` van ${team}`}`],
  ['Wanneer?', html`Vóór <strong>${before}</strong>`],
  ['Uw afspraak', comingAppointments(shown, now, 'nl')[0]],
  ['Vragen, of bent u niet gebeld? Bel', phone && html`<strong>${telLink(phone)}</strong>`],
  ['Noem dan dit nummer', index.number],
  ['Of bel uw huisartsenpraktijk', practice?.phone && telLink(practice.phone)],
  [
    'Waar is mijn verwijzing?',
    code && html`Kijk op ${publicUrl}/mijn, met uw geboortedatum en deze code: <strong>${code}</strong>`,
  ],
])}</section>`;
}
