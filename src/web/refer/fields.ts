import { type FormFields, fieldNames, readDay } from '../../intake/refer/fields.ts';
import type { Sentences } from '../../referral/directory/standard-sentences.ts';
import { type LifeArea, lifeAreaCodes, lifeAreas } from '../../referral/life-area.ts';
import { suggestedAreas } from '../../referral/social-icpc.ts';
import { csrfField } from '../acting.ts';
import { errorSummary, radiosOf } from '../form-controls.ts';
import { html, type Markup, sayIn } from '../html.ts';
import { phrasesPart } from '../worklist/phrases.ts';
import {
  areaOf,
  consentGivenOf,
  draftNote,
  type FormParts,
  hiddenFields,
  lineOf,
  optionalMark,
  safeContactOf,
  tickOf,
} from './controls.ts';
import { personPart } from './person-fields.ts';
import { slotPart } from './slot.ts';

/** The ICPC codes of the record that opened this form. */
const knownCodes = ({ knownIcpc = '' }: FormFields) =>
  knownIcpc.split(' ').filter((code) => /^[A-Z]\d{2}(\.\d{2})?$/.test(code));

function whyPart(parts: FormParts & { readonly sentences: Sentences | undefined }): Markup {
  const { language } = parts.viewer;
  const t = sayIn(language);
  const likely = suggestedAreas(knownCodes(parts.fields));
  const discreet = t(
    'Geen diagnoses of medicijnen. Noem andere mensen niet bij naam.',
    'No diagnoses or medicines. Do not name other people.',
  );
  const readBack = t(
    'Lees hem voor aan de inwoner. Zo hoeft de inwoner het niet nog eens te vertellen.',
    'Read it back to the resident. That way the resident need not tell it again.',
  );
  return html`<h2>${t('Wat is de vraag?', 'What is the question?')}</h2>
${areaOf(parts, {
  name: 'reason',
  label: t('Waarom verwijst u?', 'Why do you refer?'),
  hint: `${t('In uw eigen woorden.', 'In your own words.')} ${discreet}`,
  rows: 4,
})}
${phrasesPart('reason', t('waarom u verwijst', 'why you refer'), parts.sentences, parts.viewer)}
${areaOf(parts, {
  name: 'question',
  optional: true,
  label: t('De vraag van de inwoner, in eigen woorden', "The resident's question, in their own words"),
  hint: `${readBack} ${discreet}`,
  rows: 3,
})}
<fieldset><legend>${t('Waar gaat het over?', 'What is it about?')}${optionalMark(parts.viewer)}</legend>${
    likely.length > 0 &&
    html`<p class="hint">${t('Past bij de episodes in uw dossier', 'Fits the episodes in your record')}:
${likely.map((code) => lifeAreas[code][language]).join('; ')}.
${t('Kies alleen wat de inwoner wil delen.', 'Choose only what the resident wants to share.')}</p>`
  }<div class="choices">
${lifeAreaCodes.map((code: LifeArea) => tickOf(parts, `area-${code}`, lifeAreas[code][language]))}</div></fieldset>`;
}

function reachPart(parts: FormParts): Markup {
  const t = sayIn(parts.viewer.language);
  return html`<h2>${t('Hoe bereikt de Wally de inwoner veilig?', 'How does the Wally reach the resident safely?')}</h2>
<p class="hint">${t(
    'Vraag het de inwoner. Thuis mag misschien niet iedereen dit weten.',
    'Ask the resident. Perhaps not everyone at home may know.',
  )}</p>
${safeContactOf(parts, t('Wat moet de Wally weten?', 'What must the Wally know?'))}
<h2>${t('Contactpersoon', 'Contact person')}${optionalMark(parts.viewer)}</h2>
<p class="hint">${t(
    'Bijvoorbeeld een mantelzorger. Alleen als de inwoner dat wil.',
    'For example an informal carer. Only if the resident wants it.',
  )}</p>
<div class="row">
${lineOf(parts, { name: 'contactName', label: t('Naam van de contactpersoon', 'Name of the contact person') })}
${lineOf(parts, {
  name: 'contactPhone',
  label: t('Telefoon van de contactpersoon', 'Phone of the contact person'),
  inputmode: 'tel',
})}</div>
${lineOf(parts, {
  name: 'contactRelation',
  label: t('Wie is dat van de inwoner?', 'Who is that to the resident?'),
  hint: t('Bijvoorbeeld: dochter, buurman', 'For example: daughter, neighbour'),
})}`;
}

function consentPart(parts: FormParts, today: string): Markup {
  const t = sayIn(parts.viewer.language);
  const on = parts.fields.consentOn ?? '';
  const codes = knownCodes(parts.fields);
  // A date field would show nothing of a day that does not exist: then it is text, and what was typed stays.
  const type = on === '' || (/^\d{4}/.test(on) && readDay(on)) ? 'date' : 'text';
  return html`<h2>${t('Toestemming', 'Consent')}</h2>
<p class="hint">${t('Zonder toestemming gaat er niets uit uw praktijk.', 'Without consent nothing leaves your practice.')}</p>
${consentGivenOf(parts, today)}
${lineOf(parts, {
  name: 'consentOn',
  label: t('Op welke dag?', 'On which day?'),
  type,
  ...(type === 'date' && { max: today }),
  short: true,
})}
${radiosOf(parts, 'feedback', t('Wat mag de Wally u terug laten weten?', 'What may the Wally tell you afterwards?'), [
  ['content', t('hoe het ging en wat is afgesproken', 'how it went and what was agreed')],
  ['closure-only', t('alleen dát het is afgesloten', 'only that it was closed')],
])}
${radiosOf(
  parts,
  'medicalCodes',
  t('Mag er een medische code (ICPC) mee naar de Wally?', 'May a medical code (ICPC) go along to the Wally?'),
  [
    ['no', t('nee', 'no')],
    ['yes', t('ja, de inwoner vindt dat goed', 'yes, the resident agrees')],
  ],
)}
${lineOf(parts, {
  name: 'icpc',
  optional: true,
  label: t('ICPC-code', 'ICPC code'),
  hint: [
    t('Alleen bij ja.', 'Only with yes.'),
    codes.length > 0 && `${t('In uw dossier', 'In your record')}: ${codes.join(', ')}.`,
  ]
    .filter(Boolean)
    .join(' '),
  short: true,
})}`;
}

/** Days before which the Wally calls, as people say them. */
export interface Before {
  readonly routine: string;
  readonly urgent: string;
}

/** The whole form on one page; comes back with what was typed and with its faults. */
export function referForm(
  parts: FormParts & {
    readonly ahead: Markup;
    readonly before: Before;
    readonly today: string;
    readonly slots: readonly string[];
    readonly sentences: Sentences | undefined;
  },
): Markup {
  const { viewer, fields, before } = parts;
  const t = sayIn(viewer.language);
  const unseen = [...fieldNames.slice(0, fieldNames.indexOf('danger')), 'danger'];
  const ownNumber = fields.numberSystem
    ? t(
        'Dit nummer gaf uw systeem. Onder dit nummer komt het antwoord in uw dossier.',
        'Your system gave this number. Under this number the answer comes into your record.',
      )
    : t(
        'Onder dit nummer komt het antwoord terug. Laat u het leeg? Dan maken wij een nummer.',
        'The answer comes back under this number. If you leave it empty, we make one.',
      );
  return html`${errorSummary(parts.faults, viewer)}
<h1>${t('Verwijzen naar de Wally', 'Refer to the Wally')}</h1>
${parts.ahead}
<form method="post" action="/refer" class="form" novalidate data-draft="/refer/draft">${csrfField(viewer)}${hiddenFields(fields, unseen)}
<button class="first" name="step" value="enter"></button>
${personPart(parts)}
${whyPart(parts)}
${radiosOf(
  parts,
  'urgency',
  t('Hoe snel?', 'How soon?'),
  [
    ['routine', t(`gewoon: de Wally belt vóór ${before.routine}`, `routine: the Wally calls before ${before.routine}`)],
    ['urgent', t(`dringend: de Wally belt vóór ${before.urgent}`, `urgent: the Wally calls before ${before.urgent}`)],
  ],
  t(
    'Is het spoed? Verstuur dan niets, maar bel. Bij direct gevaar: 112.',
    'Is it an emergency? Then send nothing, but call. In immediate danger: 112.',
  ),
)}
${slotPart(parts)}
${reachPart(parts)}
${consentPart(parts, parts.today)}
<h2>${t('Uw nummer', 'Your number')}</h2>
${lineOf(parts, {
  name: 'number',
  optional: true,
  label: t('Uw eigen nummer van deze verwijzing', 'Your own number of this referral'),
  hint: ownNumber,
})}
${draftNote(viewer)}
<p class="buttons at-hand"><button name="step" value="preview">${t('Bekijk de verwijzing', 'Preview the referral')}</button></p>
<p class="hint">${t(
    'U ziet eerst wat u verstuurt. Er is nu nog niets verstuurd.',
    'You first see what you send. Nothing has been sent yet.',
  )}</p></form>`;
}
