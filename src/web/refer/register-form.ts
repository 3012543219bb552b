import { fieldNames } from '../../intake/refer/fields.ts';
import { callersOf, practicesOf, type RegisterDraft } from '../../intake/refer/register-form.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import { lifeAreaCodes, lifeAreas } from '../../referral/life-area.ts';
import { csrfField } from '../acting.ts';
import { errorSummary, faultOf, radiosOf, ties } from '../form-controls.ts';
import { dayText, html, type Markup, sayIn } from '../html.ts';
import {
  consentPart,
  reachPart,
  recognition,
  type Shown,
  telLink,
  whoPart,
  whyPart,
} from '../journey/referral-view.ts';
import {
  areaOf,
  consentGivenOf,
  type FormParts,
  hiddenFields,
  lineOf,
  looksPart,
  optionalMark,
  safeContactOf,
  tickOf,
} from './controls.ts';

type RegisterParts = FormParts & { readonly directory: Directory; readonly today: string };

/** Who called, per practice of the team: the answer goes to that person's practice. */
function callerPart(parts: RegisterParts): Markup {
  const { viewer, directory, fields } = parts;
  const t = sayIn(viewer.language);
  const groups = practicesOf(directory, viewer.actor).map(
    (practice) =>
      html`<optgroup label="${practice.name}">
${callersOf(directory, practice.id).map(
  (role) => html`<option value="${role.id}"${fields.caller === role.id && html` selected`}>${role.name}</option>`,
)}</optgroup>`,
  );
  return html`<div class="field"><label for="caller">${t('Wie belde?', 'Who called?')}</label>
${faultOf(parts, 'caller')}<select id="caller" name="caller"${ties(parts, 'caller', false)}>
<option value=""></option>${groups}</select></div>`;
}

function personPart(parts: RegisterParts): Markup {
  const t = sayIn(parts.viewer.language);
  return html`<h2>${t('Over wie gaat het?', 'Whom is it about?')}</h2>
<p class="hint">${t('Lees naam en geboortedatum voor aan wie belt.', 'Read name and birth date back to the caller.')}</p>
<div class="row">${lineOf(parts, { name: 'callName', optional: true, label: t('Roepnaam', 'Call name') })}
${lineOf(parts, { name: 'family', label: t('Achternaam, met tussenvoegsel', 'Family name, with its prefix') })}</div>
${lineOf(parts, {
  name: 'birthDate',
  label: t('Geboortedatum', 'Birth date'),
  hint: t('Dag, maand, jaar. Bijvoorbeeld: 14-03-1957', 'Day, month, year. For example: 14-03-1957'),
  inputmode: 'numeric',
  short: true,
})}
<div class="row">${lineOf(parts, { name: 'phone1', optional: true, label: t('Telefoon', 'Phone'), inputmode: 'tel' })}
${lineOf(parts, { name: 'phone2', optional: true, label: t('Telefoon 2', 'Phone 2'), inputmode: 'tel' })}</div>`;
}

function questionPart(parts: RegisterParts): Markup {
  const { language } = parts.viewer;
  const t = sayIn(language);
  const discreet = t(
    'Geen diagnoses of medicijnen. Noem andere mensen niet bij naam.',
    'No diagnoses or medicines. Do not name other people.',
  );
  return html`<h2>${t('Wat is de vraag?', 'What is the question?')}</h2>
${areaOf(parts, { name: 'reason', label: t('Waarom verwijst de praktijk?', 'Why does the practice refer?'), hint: discreet, rows: 4 })}
${areaOf(parts, {
  name: 'question',
  optional: true,
  label: t('De vraag van de inwoner, in eigen woorden', "The resident's question, in their own words"),
  hint: discreet,
  rows: 3,
})}
<fieldset><legend>${t('Waar gaat het over?', 'What is it about?')}${optionalMark(parts.viewer)}</legend>
<div class="choices">
${lifeAreaCodes.map((code) => tickOf(parts, `area-${code}`, lifeAreas[code][language]))}</div></fieldset>
${radiosOf(parts, 'urgency', t('Hoe snel?', 'How soon?'), [
  ['routine', t('gewoon', 'routine')],
  ['urgent', t('dringend', 'urgent')],
])}`;
}

function safePart(parts: RegisterParts): Markup {
  const t = sayIn(parts.viewer.language);
  return html`<h2>${t('Hoe bereikt u de inwoner veilig?', 'How do you reach the resident safely?')}</h2>
<p class="hint">${t(
    'Vraag het aan wie belt. Thuis mag misschien niet iedereen dit weten.',
    'Ask the caller. Perhaps not everyone at home may know.',
  )}</p>
${safeContactOf(parts, t('Waar let u op?', 'What must you mind?'))}`;
}

function agreedPart(parts: RegisterParts): Markup {
  const t = sayIn(parts.viewer.language);
  return html`<h2>${t('Toestemming', 'Consent')}</h2>
<p class="hint">${t(
    'Vraag ernaar. Is er geen toestemming? Dan kunt u niets noteren.',
    'Ask for it. Without consent you cannot write anything down.',
  )}</p>
${consentGivenOf(parts, parts.today)}
${lineOf(parts, {
  name: 'consentOn',
  label: t('Op welke dag?', 'On which day?'),
  hint: t('Bijvoorbeeld: 23-11-2026', 'For example: 23-11-2026'),
  short: true,
})}
${radiosOf(parts, 'feedback', t('Wat mag de praktijk terug horen?', 'What may the practice hear back?'), [
  ['content', t('hoe het ging en wat is afgesproken', 'how it went and what was agreed')],
  ['closure-only', t('alleen dát het is afgesloten', 'only that it was closed')],
])}`;
}

/** The refer form as a Wally fills it in while someone of the practice is on the phone; fewer fields, the same duties. */
export function registerForm(parts: RegisterParts): Markup {
  const { viewer, fields } = parts;
  const t = sayIn(viewer.language);
  return html`${errorSummary(parts.faults, viewer)}
<h1>${t('Noteren na een telefoongesprek', 'Register after a telephone call')}</h1>
<p>${t(
    'Belt een praktijk met een verwijzing? Schrijf die hier op. De praktijk krijgt bericht en bevestigt dat het klopt.',
    'Does a practice call with a referral? Write it down here. The practice is told and confirms that it is right.',
  )}</p>
<form method="post" action="/worklist/new" class="form" novalidate>${csrfField(viewer)}
${hiddenFields({ ...fields, medicalCodes: 'no' }, ['form', 'medicalCodes'])}
${radiosOf(parts, 'danger', t('Is er nu acuut gevaar?', 'Is there acute danger now?'), [
  ['yes', t('Ja', 'Yes')],
  ['no', t('Nee', 'No')],
])}
${callerPart(parts)}${personPart(parts)}${questionPart(parts)}${safePart(parts)}${agreedPart(parts)}
<p class="buttons"><button name="step" value="preview">${t('Bekijk de verwijzing', 'Preview the referral')}</button></p>
<p class="hint">${t('Er is nu nog niets genoteerd.', 'Nothing has been written down yet.')}</p></form>`;
}

/** What it comes to, to read back to the caller (H3). */
export function registerPreview(draft: RegisterDraft, shown: Shown, fields: FormParts['fields']): Markup {
  const { viewer } = shown;
  const t = sayIn(viewer.language);
  const { promise } = draft.answer;
  const before = dayText(promise.callBefore, viewer.language, shown.today);
  const practice = shown.directory.practices.get(shown.journey.practice)?.name;
  return html`<h1>${t('Klopt deze verwijzing?', 'Is this referral right?')}</h1>
<div class="person">${recognition(shown, 'p')}</div>
${looksPart(draft.looks, viewer)}
<p>${t(`Voor ${practice}.`, `For ${practice}.`)}
${t(
  `${promise.name ?? promise.team} belt vóór ${before}.`,
  `${promise.name ?? promise.team} calls before ${before}.`,
)}${promise.phone && html` ${t('Nummer', 'Number')}: ${telLink(promise.phone)}`}</p>
<div class="columns"><div>${reachPart(shown)}${whyPart(shown)}</div><div>${whoPart(shown)}${consentPart(shown)}</div></div>
<form method="post" action="/worklist/new" class="buttons">${csrfField(viewer)}${hiddenFields(fields, [...fieldNames, 'caller'])}
<button name="step" value="send">${t('Noteren', 'Write it down')}</button>
<button name="step" value="edit" class="quiet">${t('Terug en aanpassen', 'Back to change it')}</button></form>`;
}
