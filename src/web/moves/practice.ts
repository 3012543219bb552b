import { confirm } from '../../feedback/confirm.ts';
import { askToStop } from '../../feedback/later.ts';
import { html, sayIn } from '../html.ts';
import { button, type MoveForm, moveForm, noNames, nothing, type Read, textBox, textMax } from './forms.ts';
import { endForm, recallForm } from './hand.ts';
import { residentForms } from './resident.ts';
import { answerForm, readText } from './waiting.ts';

const confirmForm = moveForm({
  key: 'confirm',
  move: 'confirm',
  title: { nl: 'Klopt deze verwijzing?', en: 'Is this referral right?' },
  done: { nl: 'U hebt de verwijzing bevestigd.', en: 'You confirmed the referral.' },
  shown: true,
  names: [],
  body: ({ viewer }) => {
    const t = sayIn(viewer.language);
    return html`
      <p>${t(
        'De Wally schreef deze verwijzing op na een telefoongesprek met uw praktijk.',
        'The Wally wrote this referral down after a telephone call with your practice.',
      )}</p>
      ${button(t('Ja, dit klopt', 'Yes, this is right'))}`;
  },
  read: nothing,
  act: (journey, _, acting) => confirm(journey, acting),
});

const stopForm = moveForm({
  key: 'ask-to-stop',
  move: 'ask-to-stop',
  title: { nl: 'Vragen om te stoppen', en: 'Ask to stop' },
  done: {
    nl: 'Uw vraag staat bij de Wally. Die overlegt met de inwoner en geeft u antwoord.',
    en: 'Your request is with the Wally, who talks with the resident and answers you.',
  },
  names: ['stopWhy'],
  texts: ['stopWhy'],
  body: (parts) => {
    const t = sayIn(parts.viewer.language);
    return html`
      <p>${t(
        'De Wally is al met de inwoner bezig, en beslist samen met de inwoner.',
        'The Wally is already working with the resident, and decides together with the resident.',
      )}</p>
      ${textBox(parts, {
        name: 'stopWhy',
        label: t('Waarom wilt u stoppen?', 'Why do you want to stop?'),
        hint: noNames(parts.viewer),
        max: textMax,
        rows: 2,
      })}
      ${button(t('Vraag om te stoppen', 'Ask to stop'))}`;
  },
  read: ({ stopWhy }): Read<string> =>
    readText('stopWhy', stopWhy, textMax, { nl: 'Schrijf waarom u wilt stoppen.', en: 'Write why you want to stop.' }),
  // One request at a time: a second one would wait for an answer that was given to the first.
  when: ({ journey }) => journey.requests.every((one) => one.resource.status !== 'requested'),
  act: (journey, why, acting) => askToStop(journey, why, acting),
});

/** Every move that a practice makes on its own page, beside taking back; what waits for it comes first. */
export const practiceForms: readonly MoveForm[] = [
  confirmForm,
  answerForm('practice'),
  stopForm,
  endForm,
  recallForm,
  ...residentForms,
];
