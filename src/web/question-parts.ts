import type { Said } from '../fhir/outcome.ts';
import type { Directory } from '../referral/directory/directory.ts';
import type { Question } from '../store/questions.ts';
import { csrfField, type Visit } from './acting.ts';
import { type Controls, type Fault, faultOf, hintOf, ties } from './form-controls.ts';
import { html, type Markup, momentText, sayIn } from './html.ts';

/** So long may a question be, and its answer. */
export const textMax = 2000;

/** What was typed into the form, and what was found in it. */
export interface Typed {
  /** The question being answered, or the new one's id. */
  readonly id: string;
  readonly text: string;
  readonly faults: readonly Fault[];
  readonly looks: readonly Said[];
}

/** The form of a question or an answer, which may name nobody. */
export function textForm(
  visit: Visit,
  form: { action: string; id: string; label: Said; button: Said },
  typed?: Typed,
): Markup {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const parts: Controls = { viewer, fields: { text: typed?.text ?? '' }, faults: typed?.faults ?? [] };
  const hint = t(
    'Noem niemand: geen naam, geboortedatum, adres of diagnose.',
    'Name nobody: no name, birth date, address or diagnosis.',
  );
  const looks = typed?.looks ?? [];
  return html`<form method="post" action="${form.action}" class="form" novalidate>${csrfField(viewer)}
<input type="hidden" name="id" value="${form.id}">
${
  looks.length > 0 &&
  html`<div class="note" role="status"><p>${t('Kijk hier nog eens naar:', 'Look at this once more:')}</p>
<ul>${looks.map((one) => html`<li>${one[viewer.language]}</li>`)}</ul></div>
<div class="choice">${faultOf(parts, 'sure')}
<input type="checkbox" id="sure" name="sure" value="yes"${ties(parts, 'sure', false)}>
<label for="sure">${t('Ik heb het nagelezen: er staat niemand in.', 'I read it again: nobody is named.')}</label></div>`
}
<div class="field"><label for="text">${form.label[viewer.language]}</label>${hintOf('text', hint)}
${faultOf(parts, 'text')}
<textarea id="text" name="text" rows="4" maxlength="${String(textMax)}"${ties(parts, 'text', true)}>${typed?.text}</textarea></div>
<p class="buttons"><button>${form.button[viewer.language]}</button></p></form>`;
}

/** A question as it stands in a list, with its answer; `below`: what can be done with it. */
export function questionItem(question: Question, directory: Directory, visit: Visit, below?: Markup): Markup {
  const { language } = visit.viewer;
  const t = sayIn(language);
  const name = (id: string) => directory.roles.get(id)?.name ?? t('iemand die er niet meer is', 'someone who left');
  const { answer } = question;
  return html`<li class="referral"><div class="lead"><strong>${name(question.askedBy)}</strong>,
${directory.practices.get(question.practice)?.name}
<span class="born">${momentText(question.askedAt, language)}</span></div>
<p>${question.text}</p>
${
  answer &&
  html`<div class="more">
<p><strong>${name(answer.by)}</strong> <span class="born">${momentText(answer.at, language)}</span></p>
<p>${answer.text}</p></div>`
}
${below}</li>`;
}

/** Said where no question stands. */
export const emptyList = (visit: Visit) =>
  html`<p class="empty">${sayIn(visit.viewer.language)('Geen vragen.', 'No questions.')}</p>`;
