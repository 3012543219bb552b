import { firstLineMax, outcomeCodes, outcomes } from '../../feedback/answer.ts';
import { type onwardReasons, wantsInterim } from '../../feedback/onward.ts';
import type { Said } from '../../fhir/outcome.ts';
import { type LifeArea, lifeAreas } from '../../referral/life-area.ts';
import { csrfField } from '../acting.ts';
import { type Choice, type Controls, faultOf, hintOf, radiosOf, ties } from '../form-controls.ts';
import { html, type Markup, sayIn } from '../html.ts';
import { noNames } from '../moves/forms.ts';
import { answerMax } from '../moves/waiting.ts';
import type { Viewer } from '../page.ts';
import { type At, areasOf, outcomeField } from './reply.ts';

const reasonSaid: Record<keyof typeof onwardReasons, Said> = {
  duplicate: {
    nl: 'wij kennen deze inwoner al, met deze vraag',
    en: 'we know this resident already, with this question',
  },
  'wrong-person': { nl: 'het gaat over een andere persoon', en: 'it is about another person' },
  'no-consent': {
    nl: 'de inwoner weet er niet van of gaf geen toestemming',
    en: 'the resident does not know of it or did not consent',
  },
  'resident-declines': { nl: 'de inwoner wil geen contact', en: 'the resident wants no contact' },
};

function form(viewer: Viewer, what: string, label: string, kind: '' | 'quiet', body?: Markup): Markup {
  return html`<form method="post" action="/link/case/${what}" class="form" novalidate>${csrfField(viewer)}${body}
<p class="buttons"><button class="${kind}">${label}</button></p></form>`;
}

function textarea(parts: Controls, name: string, label: string, max: number, hint: string): Markup {
  return html`<div class="field"><label for="${name}">${label}</label>${hintOf(name, hint)}${faultOf(parts, name)}
<textarea id="${name}" name="${name}" rows="3" maxlength="${max}"${ties(parts, name, true)}>${parts.fields[name]}</textarea></div>`;
}

/** The answer to the Wally's question. */
export function answerForm(parts: Controls): Markup {
  const { viewer } = parts;
  const t = sayIn(viewer.language);
  return form(
    viewer,
    'answer',
    t('Geef antwoord', 'Answer'),
    '',
    textarea(parts, 'answerText', t('Uw antwoord', 'Your answer'), answerMax, noNames(viewer)),
  );
}

/** What the organisation may do with the referral: take it on, tell how it goes, close it, or not take it on. */
export function replyForms(parts: Controls, at: At): Markup {
  const { viewer, faults } = parts;
  const { language } = viewer;
  const t = sayIn(language);
  const work = at.journey.children.find((one) => one.resource.id === at.link.subject)?.resource;
  const reasons = Object.entries(reasonSaid).map(([code, said]): Choice => [code, said[language]]);
  const select = (area: LifeArea) => {
    const name = outcomeField(area);
    const label = area === 'other' ? t('Uitkomst', 'Outcome') : lifeAreas[area][language];
    return html`<div class="field"><label for="${name}">${label}</label>${faultOf(parts, name)}
<select id="${name}" name="${name}"${ties(parts, name, false)}>
<option value="">${t('Kies een uitkomst', 'Choose an outcome')}</option>
${outcomeCodes.map(
  (code) =>
    html`<option value="${code}"${parts.fields[name] === code && html` selected`}>${
      code === 'helped' ? t('geholpen', 'helped') : outcomes[code][language]
    }</option>`,
)}
</select></div>`;
  };
  const declines = faults.some((one) => one.field === 'reason');
  return html`<section class="moves" aria-labelledby="reply"><h2 id="reply">${t('Wat doet u?', 'What do you do?')}</h2>
${work?.status === 'requested' && form(viewer, 'accept', t('Wij nemen dit aan', 'We take this on'), '')}
${
  work &&
  wantsInterim(work) &&
  html`<section class="move" aria-labelledby="interim">
<h3 id="interim">${t('Nog bezig? Laat weten hoe het gaat', 'Still at it? Tell how it goes')}</h3>
${form(
  viewer,
  'interim',
  t('Stuur een tussenbericht', 'Send an interim message'),
  'quiet',
  textarea(parts, 'interimText', t('Hoe gaat het?', 'How does it go?'), answerMax, noNames(viewer)),
)}</section>`
}
<section class="move" aria-labelledby="report">
<h3 id="report">${t('Klaar? Laat weten hoe het ging', 'Finished? Tell how it went')}</h3>
${form(
  viewer,
  'report',
  t('Verstuur en sluit af', 'Send and close'),
  work?.status === 'requested' ? 'quiet' : '',
  html`${textarea(
    parts,
    'firstLine',
    t('In het kort', 'In short'),
    firstLineMax,
    `${t(`Hooguit ${firstLineMax} tekens.`, `At most ${firstLineMax} characters.`)} ${noNames(viewer)}`,
  )}
${areasOf(at).map(select)}`,
)}</section>
<details class="move"${declines && html` open`}>
<summary>${t('Wij nemen dit niet aan', 'We do not take this on')}</summary>
${form(
  viewer,
  'decline',
  t('Neem niet aan', 'Decline'),
  'quiet',
  radiosOf(parts, 'reason', t('Waarom niet?', 'Why not?'), reasons),
)}</details></section>`;
}
