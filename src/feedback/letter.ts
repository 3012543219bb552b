import { type LifeArea, lifeAreas } from '../referral/life-area.ts';
import { type FeedbackAnswer, outcomes } from './answer.ts';

/** Who writes, about which referral; dates are local days. */
export interface LetterHead {
  readonly number: string;
  readonly practiceReferralId: string;
  /** Name of the practice it goes to. */
  readonly practice?: string;
  readonly sender: string;
  readonly team: string;
  readonly phone?: string;
  readonly writtenOn: string;
  /** The content may not go to the GP: the resident did not agree. */
  readonly closureOnly: boolean;
}

const months = [
  'januari',
  'februari',
  'maart',
  'april',
  'mei',
  'juni',
  'juli',
  'augustus',
  'september',
  'oktober',
  'november',
  'december',
];

/** "26 november 2026" */
export function dutchDate(day: string): string {
  const [year, month, date] = day.split('-').map(Number);
  return `${date} ${months[(month ?? 1) - 1]} ${year}`;
}

const contactLine = (answer: FeedbackAnswer): string => {
  const on = answer.contactOn ? ` op ${dutchDate(answer.contactOn)}` : '';
  if (answer.contact === 'made') return `Contact met de inwoner: ja,${on || ' gesproken'}.`;
  return answer.contact === 'attempted'
    ? `Contact met de inwoner: geprobeerd${on}, niet gelukt.`
    : 'Contact met de inwoner: nog niet.';
};

/** The line that stands first in the record: the answer itself, or that there is nothing more to tell. */
export function firstLine(answer: FeedbackAnswer, closureOnly: boolean): string {
  if (!closureOnly) return answer.firstLine;
  return answer.final
    ? 'De Wally heeft de verwijzing afgesloten. De inwoner deelt verder niets met de huisarts.'
    : 'De verwijzing is in behandeling bij de Wally. De inwoner deelt verder niets met de huisarts.';
}

/**
 * One part of the letter: its lines as they stand in the text. `text` is what no rule of ours wrote: a letter of
 * another hand.
 */
export interface LetterPart {
  readonly kind: 'answer' | 'about' | 'contact' | 'plan' | 'appointment' | 'outcomes' | 'todo' | 'from' | 'text';
  readonly lines: readonly string[];
}

/** How the parts that have a label begin; a letter that was kept is taken apart by these words. */
const begins = {
  about: 'Terugkoppeling van uw verwijzing ',
  contact: 'Contact met de inwoner: ',
  plan: 'Afgesproken met de inwoner:',
  appointment: 'Volgende afspraak: ',
  outcomes: 'Uitkomst:',
  todo: 'Wat u hoeft te doen: ',
} as const;

const goesOn = 'De Wally gaat verder; u krijgt nog een bericht bij het afsluiten.';

/** Whether a letter that was kept is a report of work that goes on: not a closing one, a question or a notice. */
export const isReportUnderway = (text: string): boolean =>
  readLetter(text).some((part) => part.kind === 'about' && part.lines.includes(goesOn));

const fromPart = (head: LetterHead): LetterPart => {
  const lines = [`${head.sender}, sociaal werker (Wally), ${head.team}`, dutchDate(head.writtenOn)];
  if (head.phone) lines.push(`Telefoon: ${head.phone}`);
  return { kind: 'from', lines };
};

/** A letter that is no report: a question, a no, a notice. `todo`: what the GP needs to do, as a sentence. */
export function shortLetter(
  head: Pick<LetterHead, 'number' | 'practiceReferralId' | 'sender' | 'team' | 'phone' | 'writtenOn'>,
  said: { readonly answer: string; readonly lines?: readonly string[]; readonly todo?: string },
): string {
  return textOf([
    { kind: 'answer', lines: [said.answer] },
    { kind: 'about', lines: [`${begins.about}${head.practiceReferralId} (Kortelijn ${head.number}).`] },
    ...(said.lines ?? []).map((line): LetterPart => ({ kind: 'text', lines: [line] })),
    { kind: 'todo', lines: [`${begins.todo}${said.todo ?? 'niets.'}`] },
    fromPart({ ...head, closureOnly: false }),
  ]);
}

/** The letter in B1 Dutch: answer first, then what was done and agreed, by whom, and what the GP needs to do. */
export function letterParts(answer: FeedbackAnswer, head: LetterHead): LetterPart[] {
  const parts: LetterPart[] = [
    { kind: 'answer', lines: [firstLine(answer, head.closureOnly)] },
    {
      kind: 'about',
      lines: [
        `${begins.about}${head.practiceReferralId} (Kortelijn ${head.number}).`,
        answer.final ? 'Dit is het laatste bericht: de Wally heeft de verwijzing afgesloten.' : goesOn,
      ],
    },
  ];
  if (!head.closureOnly) {
    parts.push({ kind: 'contact', lines: [contactLine(answer)] });
    if (answer.plan) parts.push({ kind: 'plan', lines: [begins.plan, ...answer.plan.split('\n')] });
    if (answer.appointment) {
      const at = new Date(answer.appointment.at);
      const said = new Intl.DateTimeFormat('nl-NL', {
        dateStyle: 'full',
        timeStyle: 'short',
        timeZone: 'Europe/Amsterdam',
      }).format(at);
      const place = answer.appointment.place ? `, ${answer.appointment.place}` : '';
      parts.push({ kind: 'appointment', lines: [`${begins.appointment}${said}${place}.`] });
    }
    if (answer.outcomes.length > 0) {
      const each = answer.outcomes.map(
        (one) => `- ${lifeAreas[one.lifeArea as LifeArea].nl}: ${outcomes[one.outcome].nl}`,
      );
      parts.push({ kind: 'outcomes', lines: [begins.outcomes, ...each] });
    }
  }
  // What does not go along asks nothing of the GP either.
  const todo = answer.gpMustAct && !head.closureOnly ? 'zie de eerste regel.' : 'niets.';
  return [...parts, { kind: 'todo', lines: [`${begins.todo}${todo}`] }, fromPart(head)];
}

const between = '\n\n';

/** The parts as one text, with an empty line between them. */
export function textOf(parts: readonly LetterPart[]): string {
  return parts.map((part) => part.lines.join('\n')).join(between);
}

/** The letter as text: what stands in the Communication and travels in every format. */
export function letterText(answer: FeedbackAnswer, head: LetterHead): string {
  return textOf(letterParts(answer, head));
}

/**
 * The parts of a letter that was kept as text, so that it can be set in another form without a second wording. Any
 * text comes back whole (`textOf`); one without our parts is answer and `text`. What a Wally wrote stands between
 * our own parts, so it is read from the outside in: a plan keeps its empty lines.
 */
export function readLetter(text: string): LetterPart[] {
  const rest = text.split(between);
  const part = (kind: LetterPart['kind'], paragraphs: readonly string[]): LetterPart[] =>
    paragraphs.length > 0 ? [{ kind, lines: paragraphs.join(between).split('\n') }] : [];
  const about = rest.findIndex((one) => one.startsWith(begins.about));
  const todo = rest.findLastIndex((one) => one.startsWith(begins.todo));
  if (about < 1 || todo <= about) return [...part('answer', rest.slice(0, 1)), ...part('text', rest.slice(1))];
  const middle = rest.slice(about + 1, todo);
  const first = (kind: 'contact') => part(kind, middle[0]?.startsWith(begins[kind]) ? middle.splice(0, 1) : []);
  const last = (kind: 'appointment' | 'outcomes') =>
    part(kind, middle.length > 0 && middle.at(-1)?.startsWith(begins[kind]) ? middle.splice(-1) : []);
  const contact = first('contact');
  const closing = last('outcomes');
  closing.unshift(...last('appointment'));
  return [
    ...part('answer', rest.slice(0, about)),
    ...part('about', rest.slice(about, about + 1)),
    ...contact,
    ...part(middle[0]?.startsWith(begins.plan) ? 'plan' : 'text', middle),
    ...closing,
    ...part('todo', rest.slice(todo, todo + 1)),
    ...part('from', rest.slice(todo + 1)),
  ];
}
