import type { TalkPlan } from '../../feedback/talk.ts';
import type { Said } from '../../fhir/outcome.ts';
import type { Directory, Practice } from '../../referral/directory/directory.ts';
import { looksPersonal } from '../../referral/looks-personal.ts';
import { participantsOf, peopleOfPractice, type Talk, wallysOfPractice } from '../../referral/talk.ts';
import { csrfField, field } from '../acting.ts';
import { type Controls, type Fault, faultOf, hintOf, ties } from '../form-controls.ts';
import { html, type Markup, sayIn } from '../html.ts';
import type { Viewer } from '../page.ts';
import { localInstant } from '../worklist/report-fields.ts';

const placeMax = 120;

const said = {
  on: { nl: 'Kies een dag en een tijd.', en: 'Choose a day and a time.' },
  place: {
    nl: `Schrijf waar, of op welk nummer, in hooguit ${placeMax} tekens.`,
    en: `Write where, or on which number, in at most ${placeMax} characters.`,
  },
  bsn: { nl: 'Er staat een burgerservicenummer in. Haal het weg.', en: 'There is a BSN in it. Remove it.' },
  who: { nl: 'Kies wie er bij is.', en: 'Choose who takes part.' },
} as const satisfies Record<string, Said>;

/** What was typed, for the same form again. */
export type TalkFields = Readonly<Record<string, string>>;

/** Who may take part in the talk of a practice: its Wallys, and its own people. */
const mayTakePart = (directory: Directory, practice: Practice) => [
  ...wallysOfPractice(directory, practice),
  ...peopleOfPractice(directory, practice.id),
];

/** A posted plan: what it says, or what is wrong with it. */
export function readTalk(
  body: unknown,
  directory: Directory,
  practice: Practice,
): { readonly fields: TalkFields; readonly plan?: TalkPlan; readonly faults: readonly Fault[] } {
  const who = mayTakePart(directory, practice)
    .map((role) => role.id)
    .filter((id) => field(body, `with-${id}`) === 'yes');
  const [on, time, place] = [field(body, 'on'), field(body, 'time'), field(body, 'place')];
  const fields = { on, time, place, ...Object.fromEntries(who.map((id) => [`with-${id}`, 'yes'])) };
  const at = /^\d{4}-\d\d-\d\d$/.test(on) && /^\d\d:\d\d$/.test(time) ? localInstant(on, time) : undefined;
  const isLong = place === '' || place.length > placeMax;
  const isBsn = looksPersonal(place).some((one) => one.isCertain);
  const faults: Fault[] = [
    ...(at ? [] : [{ field: 'on', said: said.on }]),
    ...(isLong ? [{ field: 'place', said: said.place }] : []),
    ...(isBsn ? [{ field: 'place', said: said.bsn }] : []),
    ...(who.length > 0 ? [] : [{ field: 'who', said: said.who }]),
  ];
  return { fields, faults, ...(at && faults.length === 0 && { plan: { at, place, who } }) };
}

/** What a talk that stands would look like as typed. */
export function fieldsOf(talk: Talk): TalkFields {
  const { resource } = talk;
  const [on = '', time = ''] = new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'Europe/Amsterdam',
    dateStyle: 'short',
    timeStyle: 'short',
  })
    .format(new Date(resource.start ?? 0))
    .split(' ');
  const who = participantsOf(resource).map((id) => [`with-${id}`, 'yes']);
  return { on, time, place: resource.comment ?? '', ...Object.fromEntries(who) };
}

/** Day, time, place or number, and who takes part; for a new talk, or to move `talk`. */
export function talkForm(
  at: { readonly area: string; readonly practice: Practice; readonly directory: Directory; readonly viewer: Viewer },
  talk: Talk | undefined,
  typed: { readonly fields: TalkFields; readonly faults: readonly Fault[] } | undefined,
): Markup {
  const { area, practice, directory, viewer } = at;
  const t = sayIn(viewer.language);
  const parts: Controls = {
    viewer,
    fields: typed?.fields ?? (talk ? fieldsOf(talk) : {}),
    faults: typed?.faults ?? [],
  };
  const box = (name: string, label: string, type: string) => html`
    <div class="field">
      <label for="${name}">${label}</label>
      ${faultOf(parts, name)}
      <input type="${type}" id="${name}" name="${name}" value="${parts.fields[name]}"${ties(parts, name, false)}>
    </div>`;
  const people = mayTakePart(directory, practice).map(
    (role, nth) => html`
      <div class="choice">
        <input type="checkbox" id="${nth === 0 ? 'who' : `with-${role.id}`}" name="with-${role.id}"
          value="yes"${parts.fields[`with-${role.id}`] === 'yes' && html` checked`}>
        <label for="${nth === 0 ? 'who' : `with-${role.id}`}">${role.name}</label>
      </div>`,
  );
  const hint = t('Noem geen inwoner.', 'Name no resident.');
  return html`
    <form method="post" action="${area}/talks" class="form" novalidate>
      ${csrfField(viewer)}
      <input type="hidden" name="practice" value="${practice.id}">
      ${
        talk &&
        html`
          <input type="hidden" name="talk" value="${talk.resource.id}">
          <input type="hidden" name="version" value="${String(talk.version)}">`
      }
      <div class="row">${box('on', t('Dag', 'Day'), 'date')}${box('time', t('Tijd', 'Time'), 'time')}</div>
      <div class="field">
        <label for="place">${t('Waar, of op welk nummer', 'Where, or on which number')}</label>
        ${hintOf('place', hint)}
        ${faultOf(parts, 'place')}
        <input type="text" id="place" name="place" value="${parts.fields.place}" maxlength="${String(placeMax)}"
          autocomplete="off"${ties(parts, 'place', true)}>
      </div>
      <fieldset><legend>${t('Wie is erbij?', 'Who takes part?')}</legend>${faultOf(parts, 'who')}${people}</fieldset>
      <p class="buttons">
        <button>${talk ? t('Verzet het gesprek', 'Move the talk') : t('Plan het gesprek', 'Plan the talk')}</button>
      </p>
    </form>`;
}
