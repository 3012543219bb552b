import { type FormFields, fieldNames } from '../../intake/refer/fields.ts';
import type { Draft } from '../../intake/refer/form.ts';
import { type Assignment, phoneOf } from '../../referral/assignment.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import { csrfField } from '../acting.ts';
import { errorSummary, faultOf, hintOf } from '../form-controls.ts';
import { dayText, html, type Markup, sayIn } from '../html.ts';
import {
  appointmentsPart,
  consentPart,
  reachPart,
  recognition,
  type Shown,
  telLink,
  whoPart,
  whyPart,
} from '../journey/referral-view.ts';
import { homeOf, type Viewer } from '../page.ts';
import { type FormParts, hiddenFields, looksPart } from './controls.ts';
import type { Before } from './fields.ts';
import { typedPerson } from './person-fields.ts';

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
  return html`<section class="panel ahead" aria-labelledby="ahead">
<h2 id="ahead">${t('Wie belt de inwoner?', 'Who calls the resident?')}</h2>
${
  owner
    ? html`<p><strong>${owner.name}</strong>, ${why}. ${team}.</p>`
    : html`<p>${t('De vaste Wally en de vervanger zijn afwezig.', 'The fixed Wally and the substitute are absent.')}
<strong>${t(`De teamleider van ${team} wijst iemand aan.`, `The team lead of ${team} assigns someone.`)}</strong></p>`
}${number}
<ul class="plain"><li>${t(`Gewoon: belt vóór ${before.routine}`, `Routine: calls before ${before.routine}`)}</li>
<li>${t(`Dringend: belt vóór ${before.urgent}`, `Urgent: calls before ${before.urgent}`)}</li>
<li>${t('Spoed: verstuur niets, maar bel', 'Emergency: send nothing, but call')}${phone && html` ${telLink(phone)}`}.
${t('Bij direct gevaar:', 'In immediate danger:')} ${telLink('112')}</li></ul>
${
  hasRules &&
  !assignment.rule &&
  html`<p class="hint">${t(
    'Uw praktijk heeft regels afgesproken. Door leeftijd of leefgebied kan het iemand anders worden; dat ziet u voordat u verstuurt.',
    'Your practice has agreed on rules. Age or life area may make it someone else; you see that before you send.',
  )}</p>`
}
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
<p>${t(
    'Voor uw praktijk is nog geen Wally ingesteld. Bel de beheerder van uw regio. Er is niets verstuurd.',
    'No Wally has been set up for your practice yet. Call the administrator of your region. Nothing was sent.',
  )}</p>`;
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
${hintOf('danger', t('Denk aan zelfdoding, geweld, of een kind dat gevaar loopt.', 'Think of suicide, violence, or a child in danger.'))}
${faultOf(parts, 'danger')}
<p class="buttons"><button id="danger" name="danger" value="yes" class="quiet">${t('Ja', 'Yes')}</button>
<button name="danger" value="no" class="quiet">${t('Nee', 'No')}</button></p></div></form>
<p>${t(
    'Wilt u alleen iets vragen, zonder een naam te noemen?',
    'Do you only want to ask something, without naming anyone?',
  )} <a href="/practice/questions">${t('Vraag het de Wally', 'Ask the Wally')}</a></p>
${parts.ahead}`;
}

/** H1: call. Nothing was sent, and from here nothing can be; `again`: where the question is asked once more. */
export function stopPage(viewer: Viewer, again: string): Markup {
  const t = sayIn(viewer.language);
  const line = (name: string, phone: Markup | string, when: string) =>
    html`<li><strong>${name}</strong>: ${phone}<br><span class="hint">${when}</span></li>`;
  return html`<section class="panel acute" role="alert" aria-labelledby="stop"><h1 id="stop">${t('Bel nu', 'Call now')}</h1>
<p>${t(
    'Er is niets verstuurd. Een verwijzing wordt pas op een werkdag gelezen.',
    'Nothing was sent. A referral is only read on a working day.',
  )}</p>
<ul class="calls">
${line(t('Direct gevaar', 'Immediate danger'), telLink('112'), t('politie, ambulance, brandweer', 'police, ambulance, fire service'))}
${line(
  t('Crisisdienst GGZ', 'Mental health crisis service'),
  t('het overlegnummer van uw regio', 'the consultation number of your region'),
  t(
    "'s avonds, 's nachts en in het weekend via de huisartsenspoedpost",
    'in the evening, at night and at weekends through the out-of-hours GP service',
  ),
)}
${line(
  t('Zelfdoding', 'Suicide'),
  html`${telLink('113')} ${t('of', 'or')} ${telLink('0800-0113')}`,
  t('Stichting 113, dag en nacht, ook voor overleg', '113 Suicide Prevention, day and night, also for advice'),
)}
${line(
  'Veilig Thuis',
  telLink('0800-2000'),
  t(
    'geweld thuis, verwaarlozing, kind in gevaar; dag en nacht, ook voor overleg',
    'violence at home, neglect, child in danger; day and night, also for advice',
  ),
)}
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
${looksPart(draft.looks, viewer)}
<p>${t(`${who} belt vóór ${before}.`, `${who} calls before ${before}.`)}${
    promise.phone && html` ${t('Nummer', 'Number')}: ${telLink(promise.phone)}`
  }</p>
${appointmentsPart(shown, now)}<section class="seen" aria-labelledby="seen">
<h2 id="seen">${t('Dit ziet de Wally', 'This is what the Wally sees')}</h2>
<div class="columns"><div>${reachPart(shown)}${whyPart(shown)}</div><div>${whoPart(shown)}${consentPart(shown)}</div></div></section>
${
  kept.length > 0 &&
  html`<h2>${t('Dit ziet de Wally niet', 'This the Wally does not see')}</h2><ul>${kept.map((one) => html`<li>${one}</li>`)}</ul>`
}
<p>${t(
    'Na het versturen kunt u de verwijzing nog twee minuten terugnemen.',
    'After sending you can take the referral back for two minutes.',
  )}</p>
<form method="post" action="/refer" class="buttons">${csrfField(viewer)}${hiddenFields(fields, fieldNames)}
<button name="step" value="send">${t('Versturen', 'Send')}</button>
<button name="step" value="edit" class="quiet">${t('Terug en aanpassen', 'Back to change it')}</button></form>`;
}
