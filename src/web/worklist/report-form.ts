import { firstLineMax, outcomeCodes, outcomes } from '../../feedback/answer.ts';
import { asksNoMore } from '../../feedback/report-rules.ts';
import { renewalDue } from '../../referral/consent.ts';
import { type LifeArea, lifeAreaCodes, lifeAreas } from '../../referral/life-area.ts';
import { csrfField } from '../acting.ts';
import { type Controls, errorSummary, type Fault, faultOf, hintOf, radiosOf, ties } from '../form-controls.ts';
import { html, type Markup, sayIn } from '../html.ts';
import { getsPart } from '../journey/receiver-view.ts';
import { recognition, type Shown } from '../journey/referral-view.ts';
import { acuteNote } from '../journey/referrer-view.ts';
import type { Viewer } from '../page.ts';
import { phrasesPart } from './phrases.ts';
import { contentMayReturn, outcomeField, planMax, type ReportFields } from './report-fields.ts';

interface Given {
  readonly shown: Shown;
  readonly fields: ReportFields;
  readonly faults: readonly Fault[];
}

type FormParts = Given & Controls;

function box(parts: FormParts, name: string, label: string, hint: string, control: (ties: Markup) => Markup): Markup {
  return html`
    <div class="field">
      <label for="${name}">${label}</label>
      ${hintOf(name, hint)}
      ${faultOf(parts, name)}
      ${control(ties(parts, name, hint !== ''))}
    </div>`;
}

function outcomeSelect(parts: FormParts, area: LifeArea): Markup {
  const { language } = parts.shown.viewer;
  const t = sayIn(language);
  const name = outcomeField(area);
  return box(
    parts,
    name,
    lifeAreas[area][language],
    '',
    (tied) => html`<select id="${name}" name="${name}"${tied}>
        <option value="">${t('Kies een uitkomst', 'Choose an outcome')}</option>
        ${outcomeCodes.map(
          (code) =>
            html`<option value="${code}"${parts.fields[name] === code && html` selected`}>${outcomes[code][language]}</option>`,
        )}
      </select>`,
  );
}

function outcomesPart(parts: FormParts): Markup {
  const t = sayIn(parts.shown.viewer.language);
  const asked = parts.shown.journey.index.lifeAreas;
  const others = lifeAreaCodes.filter((one) => !asked.includes(one));
  const open =
    asked.length === 0 ||
    others.some(
      (one) => parts.fields[outcomeField(one)] || parts.faults.some((fault) => fault.field === outcomeField(one)),
    );
  return html`
    <fieldset>
      <legend>${t('Uitkomst per leefgebied', 'Outcome per life area')}</legend>
      <p class="hint">${t(
        'Bij afsluiten is dit nodig. Bij een tussenbericht mag het leeg blijven.',
        'Needed when you close. May stay empty in an interim message.',
      )}</p>
      ${asked.map((area) => outcomeSelect(parts, area))}
      <details${open && html` open`}>
        <summary>${t('Ander leefgebied toevoegen', 'Add another life area')}</summary>
        ${others.map((area) => outcomeSelect(parts, area))}
      </details>
    </fieldset>`;
}

/** How much of the first line is left: as it was when the page was made, and live where there is a script. */
function countLine(typed: string, viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  const left = (n: number | string) =>
    t(`Nog ${n} van de ${firstLineMax} tekens.`, `${n} of ${firstLineMax} characters left.`);
  return html`<p class="hint" id="firstLine-count" data-left="${left('#')}">${left(firstLineMax - typed.length)}</p>`;
}

function contentPart(parts: FormParts): Markup {
  const t = sayIn(parts.shown.viewer.language);
  const { fields, shown } = parts;
  const own = shown.directory.teams.get(shown.journey.index.team)?.sentences;
  const noNames = t('Noem geen andere mensen bij naam.', 'Do not name other people.');
  const due = renewalDue(shown.journey, shown.today);
  if (due)
    return html`
      <p class="panel">
        <strong>${due[shown.viewer.language]}</strong>
        ${t(
          'Tot dan hoort de huisarts alleen dát de verwijzing loopt of is afgesloten.',
          'Until then the GP only hears that the referral is in progress or closed.',
        )}
      </p>`;
  if (!contentMayReturn(shown.journey, shown.today)) {
    return html`<p class="panel">${t(
      'Bij de verwijzing is afgesproken dat er geen inhoud teruggaat. De huisarts krijgt alleen bericht dát de verwijzing loopt of is afgesloten.',
      'At the referral it was agreed that no content goes back. The GP only hears that the referral is in progress or closed.',
    )}</p>`;
  }
  const hint = t(
    `Hooguit ${firstLineMax} tekens. Dit leest de huisarts het eerst.`,
    `At most ${firstLineMax} characters. The GP reads this first.`,
  );
  const planHint = t(
    'Wat gaat er gebeuren, en wie doet wat? Mag leeg blijven.',
    'What will happen, and who does what? May stay empty.',
  );
  const line = (tied: Markup) =>
    html`<textarea id="firstLine" name="firstLine" rows="2" maxlength="${firstLineMax}"
      data-count="${firstLineMax}"${tied}>${fields.firstLine}</textarea>${countLine(fields.firstLine ?? '', shown.viewer)}`;
  const plan = (tied: Markup) =>
    html`<textarea id="plan" name="plan" rows="5" maxlength="${planMax}"${tied}>${fields.plan}</textarea>`;
  const lineLabel = t('Eerste regel: het antwoord aan de huisarts', 'First line: the answer to the GP');
  const planLabel = t('Afgesproken met de inwoner', 'Agreed with the resident');
  return html`
    ${box(parts, 'firstLine', lineLabel, `${hint} ${noNames}`, line)}
    ${phrasesPart('firstLine', t('eerste regel', 'first line'), own, shown.viewer)}
    ${box(parts, 'plan', planLabel, `${planHint} ${noNames}`, plan)}
    ${phrasesPart('plan', t('afgesproken met de inwoner', 'agreed with the resident'), own, shown.viewer)}`;
}

function agreedPart(parts: FormParts): Markup | undefined {
  if (!contentMayReturn(parts.shown.journey, parts.shown.today)) return undefined;
  const t = sayIn(parts.shown.viewer.language);
  const hint = t(
    'Vraag het de inwoner. Zonder dit vinkje krijgt de huisarts alleen bericht dát de verwijzing loopt of is afgesloten. Uw tekst gaat dan niet mee en wordt niet bewaard.',
    'Ask the resident. Without this tick the GP only hears that the referral is in progress or closed. Your text then does not go along and is not kept.',
  );
  const act = t(
    'Zet in de eerste regel wat. Onder het bericht staat dan niet "niets", maar "zie de eerste regel".',
    'Put in the first line what. The message then does not end with "nothing to do", but with "see the first line".',
  );
  const { fields } = parts;
  return html`
    ${tick(
      'residentAgreed',
      t('De inwoner is het ermee eens dat dit naar de huisarts gaat', 'The resident agrees that this goes to the GP'),
      hint,
      fields.residentAgreed === 'yes',
    )}
    ${tick('gpMustAct', t('De huisarts moet iets doen', 'The GP must do something'), act, fields.gpMustAct === 'yes')}`;
}

function tick(name: string, label: string, hint: string, isTicked: boolean): Markup {
  return html`
    <div class="field choice">
      <input type="checkbox" id="${name}" name="${name}" value="yes"${isTicked && html` checked`} aria-describedby="${name}-hint">
      <label for="${name}">${label}</label>
      ${hintOf(name, hint)}
    </div>`;
}

/** The form to report back; comes back with what was typed and with its faults. */
export function reportForm(given: Given): Markup {
  const parts: FormParts = { ...given, viewer: given.shown.viewer };
  const { shown, fields } = parts;
  const t = sayIn(shown.viewer.language);
  const address = `/worklist/${shown.journey.id}`;
  return html`
    <p><a href="${address}">${t('Terug naar de verwijzing', 'Back to the referral')}</a></p>
    <h1>${t('Terugkoppelen aan de huisarts', 'Report back to the GP')}</h1>
    ${errorSummary(parts.faults, shown.viewer)}
    ${recognition(shown, 'p')}
    ${acuteNote(shown)}
    <form method="post" action="${address}/report" class="form" novalidate>
      ${csrfField(shown.viewer)}
      <input type="hidden" name="version" value="${fields.version}">
      <button class="first"></button>
      ${radiosOf(parts, 'contact', t('Is er contact geweest met de inwoner?', 'Was there contact with the resident?'), [
        ['made', t('Ja, gesproken', 'Yes, spoken')],
        ['attempted', t('Geprobeerd, niet gelukt', 'Tried, not reached')],
        ['none', t('Nog niet', 'Not yet')],
      ])}
      ${box(
        parts,
        'contactOn',
        t('Op welke dag?', 'On which day?'),
        t('Niet nodig bij "nog niet".', 'Not needed for "not yet".'),
        (tied) =>
          html`<input type="date" id="contactOn" name="contactOn" value="${fields.contactOn}" max="${shown.today}"${tied}>`,
      )}
      ${contentPart(parts)}
      <fieldset>
        <legend>${t('Volgende afspraak', 'Next appointment')}</legend>
        <p class="hint">${t('Leeg laten als er geen is.', 'Leave empty if there is none.')}</p>
        <div class="row">
          ${box(
            parts,
            'appointmentOn',
            t('Dag', 'Day'),
            '',
            (tied) =>
              html`<input type="date" id="appointmentOn" name="appointmentOn" value="${fields.appointmentOn}"${tied}>`,
          )}
          ${box(
            parts,
            'appointmentAt',
            t('Tijd', 'Time'),
            '',
            (tied) =>
              html`<input type="time" id="appointmentAt" name="appointmentAt" value="${fields.appointmentAt}"${tied}>`,
          )}
          ${box(
            parts,
            'appointmentPlace',
            t('Plaats', 'Place'),
            '',
            (tied) => html`<input type="text" id="appointmentPlace" name="appointmentPlace"
                value="${fields.appointmentPlace}" maxlength="200" autocomplete="off"${tied}>`,
          )}
        </div>
      </fieldset>
      ${outcomesPart(parts)}
      ${agreedPart(parts)}
      ${radiosOf(parts, 'final', t('Wat voor bericht is dit?', 'What kind of message is this?'), [
        [
          'interim',
          t('Tussenbericht', 'Interim message'),
          asksNoMore(shown.journey, shown.directory)
            ? t(
                'deze praktijk vraagt ze niet: alleen als de huisarts iets moet doen',
                'this practice does not ask for them: only when the GP must do something',
              )
            : t('u gaat verder met de inwoner', 'you continue with the resident'),
        ],
        [
          'final',
          t('Afsluiten', 'Close'),
          t('laatste bericht; de verwijzing gaat dicht', 'last message; the referral is closed'),
        ],
      ])}
      <p class="buttons at-hand">
        <button name="step" value="preview">${t('Bekijk het bericht', 'Preview the message')}</button>
      </p>
    </form>`;
}

/** Exactly what will be sent, and about whom (H3), before it is sent. */
export function reportPreview(parts: {
  shown: Shown;
  fields: ReportFields;
  letter: string;
  withheld: boolean;
  final: boolean;
}): Markup {
  const { shown, fields } = parts;
  const t = sayIn(shown.viewer.language);
  const practice = shown.directory.practices.get(shown.journey.practice)?.name ?? shown.journey.practice;
  const hidden = Object.entries(fields).filter(([, value]) => value !== '');
  return html`
    <h1>${t('Klopt dit bericht?', 'Is this message right?')}</h1>
    ${recognition(shown, 'p')}
    ${acuteNote(shown)}
    <p>${t(`Dit gaat naar ${practice}:`, `This goes to ${practice}:`)}</p>
    <div class="letter" lang="nl">${parts.letter}</div>
    ${
      parts.withheld &&
      html`<p class="panel">${t(
        'Er gaat geen inhoud mee: de inwoner heeft daar geen toestemming voor gegeven. Uw tekst wordt niet verstuurd en niet bewaard. Klopt dat niet? Ga dan terug.',
        'No content goes along: the resident has not agreed to it. Your text is not sent and not kept. Is that wrong? Then go back.',
      )}</p>`
    }
    ${getsPart(shown)}
    ${
      parts.final &&
      html`<p>${t('Na het versturen is de verwijzing afgesloten.', 'After sending the referral is closed.')}</p>`
    }
    <form method="post" action="/worklist/${shown.journey.id}/report" class="buttons">
      ${csrfField(shown.viewer)}
      ${hidden.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
      <button name="step" value="send">${
        parts.final ? t('Versturen en afsluiten', 'Send and close') : t('Versturen', 'Send')
      }</button>
      <button name="step" value="edit" class="quiet">${t('Terug om te wijzigen', 'Back to change it')}</button>
    </form>`;
}
