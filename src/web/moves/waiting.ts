import { firstLineMax } from '../../feedback/answer.ts';
import { answer, ask, openQuestion } from '../../feedback/question.ts';
import { hold, restDaysMax, restSchema, resume } from '../../feedback/rest.ts';
import { agreeToStop, refuseToStop } from '../../feedback/stop.ts';
import type { Said } from '../../fhir/outcome.ts';
import { renewalDue } from '../../referral/consent.ts';
import { addDays } from '../../referral/deadlines.ts';
import type { Journey } from '../../referral/journey.ts';
import { radiosOf } from '../form-controls.ts';
import { html, type Markup, sayIn } from '../html.ts';
import {
  button,
  type MoveForm,
  type MoveParts,
  moveForm,
  noNames,
  nothing,
  type Read,
  textBox,
  textMax,
} from './forms.ts';

/** A text that must be there and fit; `said` is told when it is not so. */
export function readText(field: string, text: string | undefined, max: number, said: Said): Read<string> {
  const one = (text ?? '').trim();
  return one.length > 0 && one.length <= max ? { input: one } : { faults: [{ field, said }] };
}

/** The question that waits for the practice, in the Wally's own words. */
export function questionPart(journey: Journey): Markup | undefined {
  const text = openQuestion(journey)?.payload?.[0]?.contentString;
  return text ? html`<blockquote class="said" lang="nl">${text}</blockquote>` : undefined;
}

const askForm = moveForm({
  key: 'ask',
  move: 'ask',
  title: { nl: 'Iets vragen aan de praktijk', en: 'Ask the practice something' },
  done: { nl: 'Uw vraag gaat naar de praktijk.', en: 'Your question goes to the practice.' },
  names: ['question'],
  texts: ['question'],
  // What she writes goes to the practice: first the resident is asked (H6).
  when: ({ journey, today }) => renewalDue(journey, today) === undefined,
  body: (parts) => {
    const t = sayIn(parts.viewer.language);
    const hint = t(`Hooguit ${firstLineMax} tekens.`, `At most ${firstLineMax} characters.`);
    return html`
      ${textBox(parts, {
        name: 'question',
        label: t('Uw vraag', 'Your question'),
        hint: `${hint} ${noNames(parts.viewer)}`,
        max: firstLineMax,
        rows: 2,
      })}
      ${button(t('Stel de vraag', 'Ask'))}`;
  },
  read: ({ question }): Read<{ text: string }> => {
    const said = {
      nl: `Schrijf uw vraag, in hooguit ${firstLineMax} tekens.`,
      en: `Write your question, in at most ${firstLineMax} characters.`,
    };
    const found = readText('question', question?.replaceAll(/\s+/g, ' '), firstLineMax, said);
    return 'input' in found ? { input: { text: found.input } } : found;
  },
  act: ask,
});

export const answerMax = 2000;
const noAnswer: Said = { nl: 'Schrijf het antwoord.', en: 'Write the answer.' };

/** The answer to the open question: by the practice itself, or as the Wally heard it on the telephone. */
export const answerForm = (by: 'practice' | 'phone'): MoveForm =>
  moveForm({
    key: 'answer',
    move: 'answer',
    title:
      by === 'phone'
        ? { nl: 'De praktijk gaf per telefoon antwoord', en: 'The practice answered by telephone' }
        : { nl: 'De Wally vraagt u iets', en: 'The Wally asks you something' },
    done:
      by === 'phone'
        ? { nl: 'Het antwoord is genoteerd.', en: 'The answer was noted.' }
        : { nl: 'Uw antwoord staat bij de Wally.', en: 'Your answer is with the Wally.' },
    ...(by === 'practice' && { shown: true as const }),
    names: ['answerText'],
    texts: ['answerText'],
    body: (parts) => {
      const t = sayIn(parts.viewer.language);
      const hint = noNames(parts.viewer);
      return html`
        ${questionPart(parts.journey)}
        ${textBox(parts, {
          name: 'answerText',
          label: by === 'phone' ? t('Wat de praktijk zei', 'What the practice said') : t('Uw antwoord', 'Your answer'),
          hint,
          max: answerMax,
          rows: 4,
        })}
        ${button(by === 'phone' ? t('Noteer het antwoord', 'Note the answer') : t('Geef antwoord', 'Answer'))}`;
    },
    read: ({ answerText }): Read<{ text: string; by: 'practice' | 'phone' }> => {
      const found = readText('answerText', answerText, answerMax, noAnswer);
      return 'input' in found ? { input: { text: found.input, by } } : found;
    },
    act: answer,
  });

type Rest = ReturnType<typeof restSchema.parse>;

const restForm = moveForm({
  key: 'hold',
  move: 'hold',
  title: { nl: 'Rust tot een dag', en: 'Rest until a day' },
  done: {
    nl: 'De verwijzing rust. Op de laatste dag staat zij weer bij u.',
    en: 'The referral rests. On the last day it is with you again.',
  },
  names: ['restWhy', 'restUntil'],
  body: (parts: MoveParts) => {
    const t = sayIn(parts.viewer.language);
    const { today, fields } = parts;
    return html`
      ${radiosOf(parts, 'restWhy', t('Waarom?', 'Why?'), [
        ['time', t('de inwoner wil tijd', 'the resident wants time')],
        ['waiting-list', t('er is een wachtlijst', 'there is a waiting list')],
        ['illness', t('de inwoner is ziek', 'the resident is ill')],
        ['other', t('iets anders', 'something else')],
      ])}
      <div class="field">
        <label for="restUntil">${t('Tot en met', 'Until')}</label>
        ${parts.faults
          .filter((one) => one.field === 'restUntil')
          .map((one) => html`<p class="error" id="restUntil-error">${one.said[parts.viewer.language]}</p>`)}
        <input type="date" id="restUntil" name="restUntil" value="${fields.restUntil}" min="${addDays(today, 1)}"
          max="${addDays(today, restDaysMax)}">
      </div>
      ${button(t('Laat rusten', 'Let it rest'))}`;
  },
  read: ({ restWhy, restUntil }): Read<Rest> => {
    const parsed = restSchema.safeParse({ why: restWhy, until: restUntil });
    if (parsed.success) return { input: parsed.data };
    const wrong = new Set(parsed.error.issues.map((one) => one.path[0]));
    return {
      faults: [
        ...(wrong.has('why') ? [{ field: 'restWhy', said: { nl: 'Kies waarom.', en: 'Choose why.' } }] : []),
        ...(wrong.has('until')
          ? [{ field: 'restUntil', said: { nl: 'Kies de laatste dag.', en: 'Choose the last day.' } }]
          : []),
      ],
    };
  },
  act: hold,
});

const resumeForm = moveForm({
  key: 'resume',
  move: 'resume',
  title: { nl: 'Weer oppakken', en: 'Take it up again' },
  done: { nl: 'U hebt de verwijzing weer opgepakt.', en: 'You took the referral up again.' },
  shown: true,
  names: [],
  body: ({ viewer }) => button(sayIn(viewer.language)('Pak weer op', 'Take it up again')),
  read: nothing,
  act: (journey, _, acting, deviating) => resume(journey, acting, deviating),
});

const askedBy = ({ journey }: MoveParts): Markup | undefined => {
  const text = journey.requests.find((one) => one.resource.status === 'requested')?.resource.reasonCode?.text;
  return text ? html`<blockquote class="said" lang="nl">${text}</blockquote>` : undefined;
};

const agreeForm = moveForm({
  key: 'agree-to-stop',
  move: 'agree-to-stop',
  title: { nl: 'De praktijk vraagt om te stoppen: stoppen', en: 'The practice asks to stop: stop' },
  done: { nl: 'U bent gestopt. De praktijk krijgt bericht.', en: 'You stopped. The practice is told.' },
  sure: {
    nl: 'De verwijzing stopt, ook bij andere organisaties, en de praktijk krijgt bericht.',
    en: 'The referral stops, also with other organisations, and the practice is told.',
  },
  shown: true,
  names: ['stopNote'],
  texts: ['stopNote'],
  body: (parts) => {
    const t = sayIn(parts.viewer.language);
    return html`
      ${askedBy(parts)}
      ${textBox(parts, {
        name: 'stopNote',
        label: t('Wilt u er iets bij zeggen? (mag leeg)', 'Do you want to add something? (may be empty)'),
        hint: noNames(parts.viewer),
        max: textMax,
        rows: 2,
      })}
      ${button(t('Stop, zoals gevraagd', 'Stop, as asked'), 'danger')}`;
  },
  read: ({ stopNote = '' }): Read<string> =>
    stopNote.length <= textMax
      ? { input: stopNote }
      : { faults: [{ field: 'stopNote', said: { nl: 'Maak dit korter.', en: 'Make this shorter.' } }] },
  act: agreeToStop,
});

const goOnForm = moveForm({
  key: 'refuse-to-stop',
  move: 'refuse-to-stop',
  title: { nl: 'De praktijk vraagt om te stoppen: doorgaan', en: 'The practice asks to stop: go on' },
  done: { nl: 'U gaat door. De praktijk leest waarom.', en: 'You go on. The practice reads why.' },
  shown: true,
  names: ['goOnWhy'],
  texts: ['goOnWhy'],
  body: (parts) => {
    const t = sayIn(parts.viewer.language);
    return html`
      ${textBox(parts, {
        name: 'goOnWhy',
        label: t('Waarom gaat u door?', 'Why do you go on?'),
        hint: noNames(parts.viewer),
        max: textMax,
        rows: 2,
      })}
      ${button(t('Ga door', 'Go on'), 'quiet')}`;
  },
  read: ({ goOnWhy }): Read<string> =>
    readText('goOnWhy', goOnWhy, textMax, {
      nl: 'Schrijf waarom u doorgaat. De praktijk leest dit.',
      en: 'Write why you go on. The practice reads this.',
    }),
  act: (journey, why, acting) => refuseToStop(journey, why, acting),
});

/** What the practice asks comes first: it waits for an answer. */
export const stopForms: readonly MoveForm[] = [agreeForm, goOnForm];

/** Waiting, and what ends it. */
export const waitingForms: readonly MoveForm[] = [resumeForm, askForm, answerForm('phone'), restForm];
