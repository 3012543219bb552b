import { type FormFields, fieldNames } from '../../intake/refer/fields.ts';
import type { Draft } from '../../intake/refer/form.ts';
import { type Assignment, phoneOf } from '../../referral/assignment.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import { isOpen } from '../../referral/lifecycle/lifecycle.ts';
import { csrfField } from '../acting.ts';
import { errorSummary, faultOf, hintOf } from '../form-controls.ts';
import { dayText, html, type Markup, sayIn, timeText } from '../html.ts';
import {
  appointmentsPart,
  comingAppointments,
  consentPart,
  facts,
  reachPart,
  recognition,
  type Shown,
  telLink,
  whoPart,
  whyPart,
} from '../journey/referral-view.ts';
import { homeOf, type Viewer } from '../page.ts';
import { stateWords } from '../words.ts';
import { type FormParts, hiddenFields } from './controls.ts';
import { type Before, typedPerson } from './fields.ts';

/** Who will call, before which day, on which number; said before a word is typed (promise 2). */
export function aheadPart(
  directory: Directory,
  practice: string,
  assignment: Assignment,
  before: Before,
  viewer: Viewer,
): Markup {
  const t = sayIn(viewer.language);
  const { owner, fixed, route } = assignment;
  const team = directory.teams.get(assignment.team)?.name ?? assignment.team;
  const phone = phoneOf(directory, assignment);
  const substitute = directory.roles.get(fixed?.substitute ?? '');
  const hasRules = (directory.practices.get(practice)?.service?.rules?.length ?? 0) > 0;
  const why = {
    'fixed-wally': assignment.rule ? assignment.why[viewer.language] : t('uw vaste Wally', 'your fixed Wally'),
    substitute: t(
      `de vaste vervanger van ${fixed?.name}, die nu afwezig is`,
      `the fixed substitute of ${fixed?.name}, who is absent now`,
    ),
    'team-queue': '',
  }[route];
  const number =
    phone &&
    html`<p>${owner ? t('Nummer', 'Number') : t('Nummer van het team', 'Number of the team')}: ${telLink(phone)}</p>`;
  return html`<section class="panel ahead" aria-labelledby="ahead"><h2 id="ahead">${t('Wie belt de inwoner?', 'Who calls the resident?')}</h2>
${
  owner
    ? html`<p><strong>${owner.name}</strong>, ${why}. ${team}.</p>`
    : html`<p>${t('De vaste Wally en de vervanger zijn afwezig.', 'The fixed Wally and the substitute are absent.')} <strong>${t(`De teamleider van ${team} wijst iemand aan.`, `The team lead of ${team} assigns someone.`)}</strong></p>`
}${number}
<ul class="plain"><li>${t(`Gewoon: belt vóór ${before.routine}`, `Routine: calls before ${before.routine}`)}</li><li>${t(`Dringend: belt vóór ${before.urgent}`, `Urgent: calls before ${before.urgent}`)}</li>
<li>${t('Spoed: verstuur niets, maar bel', 'Emergency: send nothing, but call')}${phone && html` ${telLink(phone)}`}. ${t('Bij direct gevaar:', 'In immediate danger:')} ${telLink('112')}</li></ul>
${hasRules && !assignment.rule && html`<p class="hint">${t('Uw praktijk heeft regels afgesproken. Door leeftijd of leefgebied kan het iemand anders worden; dat ziet u voordat u verstuurt.', 'Your practice has agreed on rules. Age or life area may make it someone else; you see that before you send.')}</p>`}
${
  route === 'fixed-wally' &&
  html`<p class="hint">${t(
    `Is ${owner?.name} er niet? Dan neemt ${substitute ? `${substitute.name} of ` : ''}de teamleider het over. Bij "Onze verwijzingen" ziet u wie het is.`,
    `Is ${owner?.name} away? Then ${substitute ? `${substitute.name} or ` : ''}the team lead takes over. You see who at "Our referrals".`,
  )}</p>`
}</section>`;
}

/** The practice has nobody to refer to yet: said before anything is typed. */
export function noRoutePage(viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  return html`<h1>${t('Verwijzen kan nog niet', 'Referring is not possible yet')}</h1>
<p>${t('Voor uw praktijk is nog geen Wally ingesteld. Bel de beheerder van uw regio. Er is niets verstuurd.', 'No Wally has been set up for your practice yet. Call the administrator of your region. Nothing was sent.')}</p>`;
}

/** The first question, before all others (H1). What is known already travels along. */
export function firstPage(parts: FormParts & { readonly ahead: Markup }): Markup {
  const { viewer, fields } = parts;
  const t = sayIn(viewer.language);
  return html`${errorSummary(parts.faults, viewer)}<h1>${t('Verwijzen naar de Wally', 'Refer to the Wally')}</h1>
${typedPerson(fields, viewer)}
<form method="post" action="/refer" class="form" novalidate>${csrfField(viewer)}${hiddenFields(
    fields,
    fieldNames.filter((one) => one !== 'danger'),
  )}
<div role="group" aria-labelledby="danger-asked"><h2 id="danger-asked">${t('Is er nu acuut gevaar?', 'Is there acute danger now?')}</h2>
${hintOf('danger', t('Denk aan zelfdoding, geweld, of een kind dat gevaar loopt.', 'Think of suicide, violence, or a child in danger.'))}${faultOf(parts, 'danger')}
<p class="buttons"><button id="danger" name="danger" value="yes" class="quiet">${t('Ja', 'Yes')}</button> <button name="danger" value="no" class="quiet">${t('Nee', 'No')}</button></p></div></form>
<p>${t('Wilt u alleen iets vragen, zonder een naam te noemen?', 'Do you only want to ask something, without naming anyone?')} <a href="/practice/questions">${t('Vraag het de Wally', 'Ask the Wally')}</a></p>
${parts.ahead}`;
}

/** H1: call. Nothing was sent, and from here nothing can be; `again`: where the question is asked once more. */
export function stopPage(viewer: Viewer, again: string): Markup {
  const t = sayIn(viewer.language);
  const line = (name: string, phone: Markup | string, when: string) =>
    html`<li><strong>${name}</strong>: ${phone}<br><span class="hint">${when}</span></li>`;
  return html`<section class="panel acute" role="alert" aria-labelledby="stop"><h1 id="stop">${t('Bel nu', 'Call now')}</h1>
<p>${t('Er is niets verstuurd. Een verwijzing wordt pas op een werkdag gelezen.', 'Nothing was sent. A referral is only read on a working day.')}</p>
<ul class="calls">
${line(t('Direct gevaar', 'Immediate danger'), telLink('112'), t('politie, ambulance, brandweer', 'police, ambulance, fire service'))}
${line(t('Crisisdienst GGZ', 'Mental health crisis service'), t('het overlegnummer van uw regio', 'the consultation number of your region'), t("'s avonds, 's nachts en in het weekend via de huisartsenspoedpost", 'in the evening, at night and at weekends through the out-of-hours GP service'))}
${line(t('Zelfdoding', 'Suicide'), html`${telLink('113')} ${t('of', 'or')} ${telLink('0800-0113')}`, t('Stichting 113, dag en nacht, ook voor overleg', '113 Suicide Prevention, day and night, also for advice'))}
${line('Veilig Thuis', telLink('0800-2000'), t('geweld thuis, verwaarlozing, kind in gevaar; dag en nacht, ook voor overleg', 'violence at home, neglect, child in danger; day and night, also for advice'))}
</ul></section>
<p>${t('Was het geen gevaar?', 'Was it no danger?')} <a href="${again}">${t('Terug naar de vraag', 'Back to the question')}</a></p>
<p><a href="${homeOf(viewer.actor)}">${t('Naar het begin', 'To the start')}</a></p>`;
}

/** Who it is about (H3), what to look at again (H2, H17), exactly what the Wally will see, and what not (promise 4). */
export function previewPage(draft: Draft, shown: Shown, fields: FormFields, now: Date): Markup {
  const { viewer } = shown;
  const t = sayIn(viewer.language);
  const { promise } = draft.answer;
  const before = dayText(promise.callBefore, viewer.language, shown.today);
  const who =
    promise.name ??
    t(
      `Iemand van ${promise.team}, aangewezen door de teamleider,`,
      `Someone of ${promise.team}, assigned by the team lead,`,
    );
  const kept = [
    fields.bsn && t('het BSN: dat blijft bij uw praktijk', 'the BSN: it stays with your practice'),
    fields.localValue && t('het nummer van de inwoner in uw systeem', "the resident's number in your system"),
  ].filter(Boolean);
  return html`<h1>${t('Klopt deze verwijzing?', 'Is this referral right?')}</h1>
<div class="person">${recognition(shown, 'p')}</div>
${
  draft.looks.length > 0 &&
  html`<section class="note" aria-labelledby="looks"><h2 id="looks">${t('Kijk hier nog eens naar', 'Look at this once more')}</h2><ul>${draft.looks.map((one) => html`<li>${one[viewer.language]}</li>`)}</ul></section>`
}
<p>${t(`${who} belt vóór ${before}.`, `${who} calls before ${before}.`)}${promise.phone && html` ${t('Nummer', 'Number')}: ${telLink(promise.phone)}`}</p>
${appointmentsPart(shown, now)}<section class="seen" aria-labelledby="seen"><h2 id="seen">${t('Dit ziet de Wally', 'This is what the Wally sees')}</h2>
<div class="columns"><div>${reachPart(shown)}${whyPart(shown)}</div><div>${whoPart(shown)}${consentPart(shown)}</div></div></section>
${kept.length > 0 && html`<h2>${t('Dit ziet de Wally niet', 'This the Wally does not see')}</h2><ul>${kept.map((one) => html`<li>${one}</li>`)}</ul>`}
<p>${t('Na het versturen kunt u de verwijzing nog twee minuten terugnemen.', 'After sending you can take the referral back for two minutes.')}</p>
<form method="post" action="/refer" class="buttons">${csrfField(viewer)}${hiddenFields(fields, fieldNames)}
<button name="step" value="send">${t('Versturen', 'Send')}</button><button name="step" value="edit" class="quiet">${t('Terug en aanpassen', 'Back to change it')}</button></form>`;
}

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
<p>${t(`De verwijzing heeft nummer ${earlier.number}. Wat u daarna hebt veranderd, is niet meegegaan.`, `The referral has number ${earlier.number}. What you changed afterwards did not go along.`)}</p>
<p>${t('Klopt de verwijzing niet? Neem die eerst terug of trek die in. Maak daarna een nieuwe.', 'Is the referral wrong? First take it back or withdraw it. Then make a new one.')}</p>
<form method="post" action="/refer" class="buttons">${csrfField(viewer)}${hiddenFields(fields, again)}<a class="button" href="/refer/sent/${earlier.journey}">${t('Naar de verwijzing', 'To the referral')}</a>
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
  const all = html`<p><a href="/practice">${t('Naar onze verwijzingen', 'To our referrals')}</a></p>`;
  if (!isOpen(index.taskStatus)) {
    return html`<h1>${t('Deze verwijzing loopt niet meer', 'This referral is no longer open')}</h1>${recognition(shown, 'p')}
<p class="marks"><span class="state">${t(state.nl, state.en)}</span><span class="number">${index.number}</span></p>
${index.businessStatus === 'taken-back' && html`<p>${t('U hebt de verwijzing op tijd teruggenomen: de Wally heeft niets gezien, en niemand belt.', 'You took it back in time: the Wally has seen nothing, and nobody calls.')}</p>`}
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
  undoable && index.undoUntil
    ? html`<div class="panel"><p>${t(`Iets verkeerd? U kunt de verwijzing terugnemen tot ${timeText(new Date(index.undoUntil), viewer.language)} uur. Tot dan ziet de Wally niets.`, `Something wrong? You can take the referral back until ${timeText(new Date(index.undoUntil), viewer.language)}. The Wally sees nothing until then.`)}</p>
<form method="post" action="/refer/sent/${id}/undo" class="buttons">${csrfField(viewer)}<button class="quiet">${t('Terugnemen', 'Take back')}</button></form></div>`
    : html`<p><span class="state">${t(state.nl, state.en)}</span>. ${t('Terugnemen kan niet meer. Intrekken kan bij', 'Taking back is no longer possible. You can withdraw it at')} <a href="/practice/${id}">${t('deze verwijzing', 'this referral')}</a>.</p>`
}
${
  index.unsafeContact
    ? html`<p class="panel unsafe">${t('Geef niets mee op papier: thuis is het niet veilig. Zeg de inwoner wie er belt en wanneer.', 'Give nothing on paper to take home: it is not safe there. Tell the resident who calls and when.')}</p>`
    : html`<p><a href="/refer/sent/${id}/slip">${t('Briefje voor de inwoner', 'Slip for the resident')}</a> <span class="hint">${t('om af te drukken en mee te geven, zonder medische gegevens', 'to print and hand over, without medical data')}${hasCode && t('; met de code voor "Waar is mijn verwijzing?"', '; with the code for "Where is my referral?"')}</span></p>`
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
  return html`<p class="aside"><a href="/refer/sent/${journey.id}">${t('Terug', 'Back')}</a> <span class="hint">${t('Druk deze pagina af met Ctrl+P.', 'Print this page with Ctrl+P.')}</span></p>
<section class="slip" lang="nl" aria-labelledby="slip"><h1 id="slip">De Wally belt u</h1>
<p>U hebt met ${practice?.name ?? 'uw huisartsenpraktijk'} afgesproken dat een sociaal werker u belt. Wij noemen die sociaal werker de Wally.</p>
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
