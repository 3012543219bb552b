import type { Said } from '../../fhir/outcome.ts';
import { asksCustody, type FormFields, fieldNames } from '../../intake/refer/fields.ts';
import { custodies, custodyCodes } from '../../referral/custody.ts';
import { type Choice, type Controls, type Fault, faultOf, hintOf, radiosOf, ties } from '../form-controls.ts';
import { html, type Markup, sayIn } from '../html.ts';
import type { Viewer } from '../page.ts';

/** The controls of this form, whose fields are all known by name. */
export type FormParts = Controls & { readonly fields: FormFields };

export interface Line {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly type?: 'text' | 'date' | 'email';
  readonly inputmode?: 'tel' | 'numeric' | 'email';
  readonly short?: boolean;
  readonly optional?: boolean;
  readonly max?: string;
}

/** What need not be filled in says so behind its name. */
export function optionalMark(viewer: Viewer): Markup {
  return html` <span class="hint">${sayIn(viewer.language)('mag leeg blijven', 'may stay empty')}</span>`;
}

/** One line of text. Browsers must not remember it: practices share computers. */
export function lineOf(parts: FormParts, line: Line): Markup {
  const { name, label, hint, type = 'text', inputmode, max } = line;
  return html`<div class="field${line.short && ' short'}">
<label for="${name}">${label}${line.optional && optionalMark(parts.viewer)}</label>
${hintOf(name, hint)}${faultOf(parts, name)}
<input type="${type}" id="${name}" name="${name}" value="${parts.fields[name]}"${type !== 'date' && html` maxlength="200"`}${
    max && html` max="${max}"`
  }${inputmode && html` inputmode="${inputmode}"`} autocomplete="off"${ties(parts, name, Boolean(hint))}></div>`;
}

/** Several lines of text. */
export function areaOf(
  parts: FormParts,
  area: { name: string; label: string; hint: string; rows: number; optional?: boolean },
): Markup {
  const { name, label, hint, rows } = area;
  return html`<div class="field"><label for="${name}">${label}${area.optional && optionalMark(parts.viewer)}</label>
${hintOf(name, hint)}${faultOf(parts, name)}
<textarea id="${name}" name="${name}" rows="${rows}"
maxlength="8000"${ties(parts, name, hint !== '')}>${parts.fields[name]}</textarea></div>`;
}

export function tickOf(parts: FormParts, name: string, label: string): Markup {
  return html`<div class="choice">
<input type="checkbox" id="${name}" name="${name}" value="yes"${parts.fields[name] === 'yes' && html` checked`}>
<label for="${name}">${label}</label></div>`;
}

/** Who has custody of who may be under 16 (H6); for anyone else it is not asked, and what was chosen stays behind. */
export function custodyOf(parts: FormParts, today: string): Markup | undefined {
  if (!asksCustody(parts.fields, today)) return undefined;
  const { language } = parts.viewer;
  const t = sayIn(language);
  const choices = custodyCodes.map((code): Choice => [code, custodies[code][language]]);
  return html`${radiosOf(
    parts,
    'custody',
    t('Wie heeft het gezag?', 'Who has custody?'),
    [...choices, ['unknown', t('niet bekend', 'not known')]],
    t(
      'Alleen als de inwoner jonger is dan 16. Mag leeg blijven. Hebben beide ouders het gezag? Dan is "de ouders" het ja van allebei.',
      'Only if the resident is younger than 16. May stay empty. Do both parents have custody? Then "the parents" is the yes of both.',
    ),
  )}
<p class="hint">${t(
    'Zegt een jongere van 12 tot en met 15 nee? Dan gaat de verwijzing niet door, ook als de ouders ja zeggen.',
    'Does a young person of 12 to 15 say no? Then the referral does not go ahead, even if the parents say yes.',
  )}</p>`;
}

/** Fields that travel along unseen; empty ones stay behind. */
export function hiddenFields(fields: FormFields, names: readonly string[]): Markup[] {
  return names.flatMap((name) =>
    fields[name] ? [html`<input type="hidden" name="${name}" value="${fields[name]}">`] : [],
  );
}

/** The fields that a person sees; those before it only travel along. */
const seenFrom = fieldNames.indexOf('danger');

/** Faults from the door's refusal, in the order of the form: its paths are the names of fields. */
export function faultsOf(refused: readonly { readonly path: string; readonly said: Said }[]): Fault[] {
  return refused
    .map(({ path, said }) => ({ field: path, said }))
    .filter(({ field }) => fieldNames.indexOf(field) >= seenFrom)
    .toSorted((a, b) => fieldNames.indexOf(a.field) - fieldNames.indexOf(b.field));
}

/** What its writer must look at again before it goes (H2, H17). */
export function looksPart(looks: readonly Said[], viewer: Viewer): Markup | undefined {
  if (looks.length === 0) return undefined;
  const t = sayIn(viewer.language);
  return html`<section class="note" aria-labelledby="looks">
<h2 id="looks">${t('Kijk hier nog eens naar', 'Look at this once more')}</h2>
<ul>${looks.map((one) => html`<li>${one[viewer.language]}</li>`)}</ul></section>`;
}

/** What the script says about keeping the form; without a script the form is kept at each step. */
export function draftNote(viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  const kept = t('Wat u typte is bewaard. Er is nog niets verstuurd.', 'What you typed is kept. Nothing was sent yet.');
  const lost = t(
    'Geen verbinding, of u bent uitgelogd. Wat u typte staat hier nog. Probeer het zo opnieuw.',
    'No connection, or you are signed out. What you typed is still here. Try again in a moment.',
  );
  return html`<p class="hint" id="draft-note" role="status" tabindex="-1"
data-kept="${kept}" data-lost="${lost}"></p>`;
}

/** How the resident is reached without harm (H2): the same for who refers and for who writes down what was told by phone. */
export function safeContactOf(parts: FormParts, legend: string): Markup {
  const t = sayIn(parts.viewer.language);
  return html`<div class="row">
${lineOf(parts, { name: 'safePhone', optional: true, label: t('Veilig nummer', 'Safe number'), inputmode: 'tel' })}
${lineOf(parts, { name: 'safeTimes', optional: true, label: t('Wanneer bellen', 'When to call') })}</div>
<fieldset><legend>${legend}</legend>
${tickOf(parts, 'noVoicemail', t('Geen voicemail inspreken', 'Leave no voicemail'))}
${tickOf(parts, 'noLetters', t('Geen brieven sturen', 'Send no letters'))}
${tickOf(
  parts,
  'unsafe',
  t('Het is thuis niet veilig: niemand thuis mag dit weten', 'It is not safe at home: nobody at home may know'),
)}</fieldset>`;
}

/** Who gave consent and how (H6), nothing of it chosen beforehand; the day is asked by the form itself. */
export function consentGivenOf(parts: FormParts, today: string): Markup {
  const t = sayIn(parts.viewer.language);
  return html`${radiosOf(
    parts,
    'consentBy',
    t('Wie gaf toestemming?', 'Who gave consent?'),
    [
      ['resident', t('de inwoner', 'the resident')],
      ['parents', t('de ouders of de voogd', 'the parents or guardian')],
      ['resident-and-parents', t('de inwoner én de ouders', 'the resident and the parents')],
      [
        'representative',
        t(
          'de vertegenwoordiger: mentor, curator of gemachtigde',
          'the representative: mentor, curator or authorised person',
        ),
      ],
    ],
    t(
      'Jonger dan 12: de ouders. 12 tot en met 15: allebei. Vanaf 16: de inwoner.',
      'Younger than 12: the parents. 12 to 15: both. From 16: the resident.',
    ),
  )}
${custodyOf(parts, today)}
${radiosOf(parts, 'consentHow', t('Hoe is de toestemming gegeven?', 'How was consent given?'), [
  ['spoken', t('mondeling', 'spoken')],
  ['written', t('schriftelijk', 'in writing')],
])}`;
}
