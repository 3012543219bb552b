import { type FormFields, phoneFields, readDay } from '../../intake/refer/fields.ts';
import { birthDateText, html, type Markup, sayIn } from '../html.ts';
import { facts, postcodeText } from '../journey/referral-view.ts';
import type { Viewer } from '../page.ts';
import { type FormParts, type Line, lineOf, optionalMark } from './controls.ts';

/** Name and birth date as typed, together (H3); nothing as long as they do not make a person. */
export function typedPerson(fields: FormFields, viewer: Viewer): Markup | undefined {
  const t = sayIn(viewer.language);
  const name = [fields.callName || fields.given, fields.family].filter(Boolean).join(' ');
  const day = readDay(fields.birthDate ?? '');
  if (!fields.family || !day) return undefined;
  return html`<p class="recognise"><strong>${name}</strong> <span class="born">${t('geboren', 'born')}
${birthDateText(day, viewer.language)}</span></p>`;
}

const personFields = [
  'callName',
  'given',
  'family',
  'birthDate',
  'gender',
  ...phoneFields,
  'email',
  'street',
  'houseNumber',
  'postcode',
  'city',
  'bsn',
];

function personInputs(parts: FormParts): Markup {
  const { viewer, fields } = parts;
  const t = sayIn(viewer.language);
  const plain = (name: string, nl: string, en: string, more: Partial<Line> = {}) =>
    lineOf(parts, { name, label: t(nl, en), ...more });
  const optional = (name: string, nl: string, en: string, more: Partial<Line> = {}) =>
    plain(name, nl, en, { optional: true, ...more });
  const phones = phoneFields.slice(0, Math.max(2, phoneFields.findLastIndex((one) => fields[one]) + 1));
  const sexes = [
    ['', ''],
    ['female', t('vrouw', 'female')],
    ['male', t('man', 'male')],
    ['other', t('anders', 'other')],
    ['unknown', t('onbekend', 'unknown')],
  ] as const;
  return html`<div class="row">${optional('callName', 'Roepnaam', 'Call name')}
${optional('given', 'Voorletters of namen', 'Initials or names')}</div>
${lineOf(parts, {
  name: 'family',
  label: t('Achternaam, met tussenvoegsel', 'Family name, with its prefix'),
  hint: t('Bijvoorbeeld: van der Berg', 'For example: van der Berg'),
})}
${lineOf(parts, {
  name: 'birthDate',
  label: t('Geboortedatum', 'Birth date'),
  hint: t('Dag, maand, jaar. Bijvoorbeeld: 14-03-1957', 'Day, month, year. For example: 14-03-1957'),
  inputmode: 'numeric',
  short: true,
})}
<div class="field short"><label for="gender">${t('Geslacht', 'Sex')}${optionalMark(viewer)}</label>
<select id="gender" name="gender">
${sexes.map(([value, label]) => html`<option value="${value}"${fields.gender === value && html` selected`}>${label}</option>`)}
</select></div>
<div class="row">
${phones.map((name, nth) =>
  lineOf(parts, {
    name,
    label: nth === 0 ? t('Telefoon', 'Phone') : t(`Telefoon ${nth + 1}`, `Phone ${nth + 1}`),
    inputmode: 'tel',
    optional: true,
  }),
)}</div>
${optional('email', 'E-mail', 'E-mail', { inputmode: 'email' })}
<fieldset><legend>${t('Adres', 'Address')}${optionalMark(viewer)}</legend>
<div class="row">${plain('street', 'Straat', 'Street')}${plain('houseNumber', 'Huisnummer', 'House number', { short: true })}</div>
<div class="row">${plain('postcode', 'Postcode', 'Postcode', { short: true })}${plain('city', 'Woonplaats', 'Town')}</div></fieldset>
${optional('bsn', 'BSN', 'BSN', {
  hint: t(
    'Alleen om het antwoord in uw eigen dossier te zetten. De Wally ziet het BSN niet.',
    'Only to file the answer in your own record. The Wally does not see the BSN.',
  ),
  inputmode: 'numeric',
  short: true,
})}`;
}

/** Typed by hand: all fields. Handed over by the practice's system: to be read, and mended where that is needed. */
export function personPart(parts: FormParts): Markup {
  const { fields, faults, viewer } = parts;
  const t = sayIn(viewer.language);
  const title = html`<h2>${t('Wie verwijst u?', 'Whom do you refer?')}</h2>`;
  if (!fields.knownFamily) return html`${title}${personInputs(parts)}`;
  const street = [fields.street, fields.houseNumber].filter(Boolean).join(' ');
  const town = [postcodeText(fields.postcode ?? ''), fields.city].filter(Boolean).join(' ');
  const wrong = faults.some((one) => personFields.includes(one.field));
  const phones = phoneFields.flatMap((one) => fields[one] || []);
  return html`${title}<div class="panel">${typedPerson(fields, viewer)}${facts([
    [t('Telefoon', 'Phone'), phones.join(', ')],
    ['E-mail', fields.email],
    [t('Adres', 'Address'), [street, town].filter(Boolean).join(', ')],
  ])}<details${wrong && html` open`}>
<summary>${t('Klopt iets niet? Verbeter het hier', 'Something wrong? Correct it here')}</summary>
${personInputs(parts)}</details></div>`;
}
