import { isOnlyLaunch } from '../../referral/directory/launch-system.ts';
import { lifeAreaCodes, lifeAreas } from '../../referral/life-area.ts';
import { csrfField } from '../acting.ts';
import { errorSummary } from '../form-controls.ts';
import { html, type Markup, sayIn } from '../html.ts';
import { areaOf, type FormParts, lineOf, tickOf } from '../refer/controls.ts';
import { type Book, of } from './book.ts';
import { closurePart } from './closures.ts';
import { daySaid, hoursMax, weekDays } from './hours.ts';
import { launchPart } from './launch.ts';
import { launchesMax, levelNames, organisations, rulesMax, type Thing, wallys, waysMax } from './things.ts';
import { type Options, selectOf } from './values.ts';
import { roleSaid } from './words.ts';

export interface ThingParts extends FormParts {
  readonly book: Book;
  readonly thing: Thing;
  /** Absent for a new one. */
  readonly id?: string;
  /** The versions that the form shows: of two who change it at once the later one looks again. */
  readonly versions: string;
  readonly today: string;
}

function practicePart(parts: ThingParts): Markup {
  const { book, viewer } = parts;
  const t = sayIn(viewer.language);
  const ways = book.versions.flatMap(({ resource }) =>
    resource.resourceType === 'Endpoint' && !isOnlyLaunch(resource)
      ? [[resource.id, resource.name ?? resource.id] as const]
      : [],
  );
  const launching = of(book, 'Endpoint').flatMap((one) =>
    isOnlyLaunch(one) ? [[one.id, one.name ?? one.id] as const] : [],
  );
  const levels: Record<(typeof levelNames)[number], string> = {
    open: t('geopend', 'opened'),
    attempt: t('contactpoging', 'contact attempt'),
    contact: t('contact of eerste bericht', 'contact or first message'),
    news: t('weer nieuws', 'news again'),
    answer: t('antwoord van de praktijk', "the practice's answer"),
    stop: t('antwoord op een verzoek om te stoppen', 'answer to a request to stop'),
    confirm: t('bevestiging na een telefoontje', 'confirmation after a call'),
  };
  const rules = Array.from({ length: rulesMax }, (_, n) => n + 1).map(
    (n) =>
      html`<fieldset><legend>${t(`Regel ${n}`, `Rule ${n}`)}</legend>
${lineOf(parts, { name: `under${n}`, label: t('Jonger dan (jaar)', 'Younger than (years)'), inputmode: 'numeric', short: true })}
${selectOf(
  parts,
  `area${n}`,
  t('Gaat over', 'About'),
  lifeAreaCodes.map((code) => [code, lifeAreas[code][viewer.language]] as const),
)}${selectOf(parts, `to${n}`, t('Gaat naar', 'Goes to'), wallys(book))}</fieldset>`,
  );
  const hours = Array.from({ length: hoursMax }, (_, n) => n + 1).map(
    (n) =>
      html`<fieldset><legend>${t(`Spreekuur ${n} in de praktijk`, `Consulting hours ${n} at the practice`)}</legend>${selectOf(
        parts,
        `day${n}`,
        t('Dag', 'Day'),
        weekDays.map((day) => [day, daySaid[day][viewer.language]] as const),
      )}<div class="row">${lineOf(parts, { name: `begin${n}`, label: t('Van (uu:mm)', 'From (hh:mm)'), short: true })}
${lineOf(parts, { name: `end${n}`, label: t('Tot (uu:mm)', 'Until (hh:mm)'), short: true })}</div></fieldset>`,
  );
  const text = (name: string, nl: string, en: string) =>
    areaOf(parts, { name, label: t(nl, en), hint: '', rows: 2, optional: true });
  return html`<div class="row">
${lineOf(parts, { name: 'agb', label: t('AGB-code van de praktijk', 'AGB code of the practice'), inputmode: 'numeric', short: true })}
${lineOf(parts, { name: 'phone', label: t('Telefoon', 'Phone'), inputmode: 'tel' })}</div>
${lineOf(parts, {
  name: 'email',
  optional: true,
  type: 'email',
  label: t('Mail voor berichten zonder inhoud', 'Mail for messages without content'),
})}
<h2>${t('Wally', 'Wally')}</h2>
${selectOf(parts, 'team', t('Organisatie van de Wally', 'Organisation of the Wally'), organisations(book, 'teams'))}
${selectOf(parts, 'wally', t('Vaste Wally', 'Fixed Wally'), wallys(book))}
${hours}
<div class="row">
${lineOf(parts, {
  name: 'agesFrom',
  label: t('Voor inwoners vanaf (jaar)', 'For residents from (years)'),
  inputmode: 'numeric',
  short: true,
})}
${lineOf(parts, { name: 'agesUpTo', label: t('Jonger dan (jaar)', 'Younger than (years)'), inputmode: 'numeric', short: true })}</div>
${closurePart(parts)}
<h2>${t('Wegen voor de terugkoppeling', 'Ways for feedback')}</h2>
<p class="hint">${t('Van boven naar beneden geprobeerd.', 'Tried from top to bottom.')}</p>
${Array.from({ length: waysMax }, (_, n) => selectOf(parts, `way${n + 1}`, t(`Weg ${n + 1}`, `Way ${n + 1}`), ways))}
${
  launching.length > 0 &&
  html`<h2>${t('Alleen om Kortelijn te openen', 'Only to open Kortelijn')}</h2>
${Array.from({ length: launchesMax }, (_, n) => selectOf(parts, `launch${n + 1}`, t(`Systeem ${n + 1}`, `System ${n + 1}`), launching))}`
}
<h2>${t('Afgesproken werkdagen', 'Agreed working days')}</h2>
<p class="hint">${t('Laat leeg wat gewoon is.', 'Leave empty what is usual.')}</p>
<div class="row">
${levelNames.map((one) => lineOf(parts, { name: `level-${one}`, label: levels[one], inputmode: 'numeric', short: true }))}</div>
<h2>${t('Regels', 'Rules')}</h2>
<p class="hint">${t(
    'Alleen als de praktijk het vraagt. De eerste regel die past, telt.',
    'Only when the practice asks for it. The first rule that fits counts.',
  )}</p>
${rules}
<h2>${t('Samenwerking', 'Cooperation')}</h2>
${text('goal', 'Doel', 'Goal')}${text('tasks', 'Taken van de Wally', 'Tasks of the Wally')}
${text('problems', 'Wat de praktijk het meest ziet', 'What the practice sees most')}
${text('mayShare', 'Wat gedeeld mag worden', 'What may be shared')}
<div class="row">
${lineOf(parts, { name: 'agreedOn', optional: true, type: 'date', label: t('Afgesproken op', 'Agreed on') })}
${lineOf(parts, { name: 'agreedWith', optional: true, label: t('Afgesproken met', 'Agreed with') })}
${lineOf(parts, { name: 'evaluateOn', optional: true, type: 'date', label: t('Evalueren op', 'Evaluate on') })}</div>
${tickOf(parts, 'printCode', t('Zet de code van de inwoner meteen op het briefje', "Put the resident's code on the slip at once"))}
${tickOf(
  parts,
  'interimLetters',
  t(
    'De praktijk wil tussenberichten, naast contact-en-plan en het afsluiten',
    'The practice wants interim messages, besides contact-and-plan and the closing',
  ),
)}`;
}

function personPart(parts: ThingParts): Markup {
  const { book, viewer } = parts;
  const t = sayIn(viewer.language);
  const kinds: Options = Object.entries(roleSaid).map(([code, said]) => [code, said[viewer.language]]);
  return html`${selectOf(parts, 'kind', t('Rol', 'Role'), kinds)}
${selectOf(parts, 'organization', t('Praktijk of organisatie', 'Practice or organisation'), organisations(book, 'all'))}
${lineOf(parts, { name: 'agb', optional: true, label: t('AGB-code', 'AGB code'), inputmode: 'numeric', short: true })}
<div class="row">${lineOf(parts, { name: 'phone', optional: true, label: t('Telefoon', 'Phone'), inputmode: 'tel' })}
${lineOf(parts, { name: 'email', optional: true, type: 'email', label: 'E-mail' })}</div>
${selectOf(parts, 'substitute', t('Vaste vervanger (van een Wally)', 'Fixed substitute (of a Wally)'), wallys(book))}
${selectOf(parts, 'wally', t('Eigen vaste Wally (van een huisarts)', 'Own fixed Wally (of a GP)'), wallys(book))}
${parts.fields.absences && html`<p>${t('Afwezig', 'Absent')}: ${parts.fields.absences}</p>`}
<div class="row">
${lineOf(parts, { name: 'absentFrom', optional: true, type: 'date', label: t('Ook afwezig van', 'Also absent from') })}
${lineOf(parts, { name: 'absentTo', optional: true, type: 'date', label: t('tot en met', 'until') })}</div>
${
  (parts.fields.absences || parts.fields.backFrom) &&
  lineOf(parts, {
    name: 'backFrom',
    optional: true,
    type: 'date',
    label: t('Weer aanwezig vanaf', 'Present again from'),
    hint: t(
      'De afwezigheid waar deze dag in valt, eindigt de dag ervoor.',
      'The absence that this day falls in ends the day before.',
    ),
  })
}
${lineOf(parts, {
  name: 'lastDay',
  optional: true,
  type: 'date',
  label: t('Laatste werkdag', 'Last working day'),
  hint: t(
    'Wie weggaat, is daarna afwezig. Draag het werk over bij "Mijn team".',
    'Who leaves is absent after that. Hand the work over at "My team".',
  ),
})}`;
}

function organisationPart(parts: ThingParts): Markup {
  const t = sayIn(parts.viewer.language);
  return html`<div class="row">
${lineOf(parts, { name: 'kvk', optional: true, label: 'KvK', inputmode: 'numeric', short: true })}
${lineOf(parts, { name: 'phone', label: t('Telefoon', 'Phone'), inputmode: 'tel' })}</div>
<div class="row">
${lineOf(parts, { name: 'email', optional: true, type: 'email', label: t('E-mail: hier komt een link', 'E-mail: a link goes here') })}
${lineOf(parts, {
  name: 'codeEmail',
  optional: true,
  type: 'email',
  label: t('E-mail van een collega: hier komt de code', "A colleague's e-mail: the code goes here"),
})}</div>
${selectOf(parts, 'basis', t('Grondslag', 'Legal basis'), [
  ['explicit-consent', t('toestemming', 'consent')],
  ['youth-care', t('jeugdhulp (Jeugdwet)', 'youth care (Jeugdwet)')],
])}
${tickOf(
  parts,
  'bsn',
  t(
    'Mag het BSN van wie jonger is dan 18 hebben (alleen jeugdhulp)',
    'May have the BSN of who is under 18 (youth care only)',
  ),
)}`;
}

function endpointPart(parts: ThingParts): Markup {
  const t = sayIn(parts.viewer.language);
  return html`${selectOf(parts, 'connection', t('Soort', 'Kind'), [
    ['hl7-fhir-rest', 'FHIR'],
    ['hl7v2-mllp', 'HL7 v2 (MLLP)'],
    ['secure-email', t('EDIFACT-postbus', 'EDIFACT mailbox')],
  ])}
${lineOf(parts, { name: 'address', label: t('Adres', 'Address'), hint: 'https://…, mllp://…:…, mailto:…' })}
${selectOf(parts, 'proof', t('Beste bewijs', 'Best proof'), [
  ['transport', t('ontvangen', 'received')],
  ['application', t('bezorgd bij de praktijk', 'delivered to the practice')],
  ['record', t('in het dossier', 'in the record')],
])}
${launchPart(parts)}`;
}

const partOf = {
  practices: practicePart,
  people: personPart,
  organisations: organisationPart,
  endpoints: endpointPart,
} as const satisfies Record<Thing, (parts: ThingParts) => Markup>;

/** The form of one thing; every change says from which day it counts. */
export function thingForm(parts: ThingParts): Markup {
  const { viewer, thing, id, versions } = parts;
  const t = sayIn(viewer.language);
  return html`${errorSummary(parts.faults, viewer)}
<form method="post" action="/admin/directory/${thing}/${id ?? 'new'}" class="form" novalidate>${csrfField(viewer)}
<input type="hidden" name="versions" value="${versions}">
${
  !id &&
  lineOf(parts, {
    name: 'id',
    label: t('Korte naam', 'Short name'),
    hint: t(
      'Kleine letters, cijfers en streepjes. Blijft altijd zo.',
      'Lower-case letters, digits and dashes. It stays like this.',
    ),
  })
}
${lineOf(parts, { name: 'name', label: t('Naam', 'Name') })}
${partOf[thing](parts)}
${tickOf(parts, 'active', t('In gebruik', 'In use'))}
${lineOf(parts, {
  name: 'validFrom',
  type: 'date',
  label: t('Geldt vanaf', 'Valid from'),
  hint: t('Leeg: vanaf nu. Een dag in het verleden kan niet.', 'Empty: from now. Not a day in the past.'),
})}
<p class="buttons"><button>${t('Opslaan', 'Save')}</button></p></form>`;
}
