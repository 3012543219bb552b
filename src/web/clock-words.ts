import type { Said } from '../fhir/outcome.ts';
import { type Clock, type ClockKind, clocksOf } from '../referral/clocks.ts';
import { dayText, html, type Markup } from './html.ts';
import type { Shown } from './journey/referral-view.ts';
import type { Reader } from './words.ts';

/** What must happen, as the one who must do it reads it, and as the practice does; undefined is not that reader's business. */
const toDo: Record<ClockKind, { readonly wally: Said; readonly practice?: Said }> = {
  open: {
    wally: { nl: 'Open deze verwijzing', en: 'Open this referral' },
    practice: { nl: 'De Wally opent de verwijzing', en: 'The Wally opens the referral' },
  },
  attempt: {
    wally: { nl: 'Probeer de inwoner te bereiken', en: 'Try to reach the resident' },
    practice: { nl: 'De Wally probeert de inwoner te bereiken', en: 'The Wally tries to reach the resident' },
  },
  contact: {
    wally: {
      nl: 'Spreek de inwoner, of laat de praktijk iets weten',
      en: 'Speak with the resident, or tell the practice',
    },
    practice: {
      nl: 'De Wally spreekt de inwoner, of laat u iets weten',
      en: 'The Wally speaks with the resident, or tells you',
    },
  },
  news: {
    wally: { nl: 'Laat de praktijk weten hoe het gaat', en: 'Tell the practice how it goes' },
    practice: { nl: 'De Wally laat weten hoe het gaat', en: 'The Wally tells you how it goes' },
  },
  rest: {
    wally: { nl: 'Rust. Daarna gaat u verder', en: 'Rest. After that you go on' },
    practice: { nl: 'Rust, op verzoek of in overleg', en: 'Rest, as asked or agreed' },
  },
  answer: {
    wally: { nl: 'Wacht op antwoord van de praktijk', en: 'Waits for an answer of the practice' },
    practice: { nl: 'U geeft antwoord op de vraag van de Wally', en: "You answer the Wally's question" },
  },
  onward: {
    wally: { nl: 'Wacht op de andere organisatie', en: 'Waits for the other organisation' },
    practice: { nl: 'De andere organisatie antwoordt', en: 'The other organisation answers' },
  },
  stop: {
    wally: { nl: 'Geef antwoord: de praktijk vraagt om te stoppen', en: 'Answer: the practice asks to stop' },
    practice: { nl: 'De Wally antwoordt op uw vraag om te stoppen', en: 'The Wally answers your request to stop' },
  },
  confirm: {
    wally: { nl: 'De praktijk bevestigt deze verwijzing', en: 'The practice confirms this referral' },
    practice: { nl: 'U bevestigt deze verwijzing', en: 'You confirm this referral' },
  },
};

export const isOverdue = (clock: Clock, today: string): boolean => clock.dueOn < today;

/** One clock in words: who does what, until and including which day, and plainly so when that day has passed. */
export function clockSaid(clock: Clock, reader: Reader, today: string): Said {
  const { wally, practice = wally } = toDo[clock.kind];
  const what = reader === 'practice' ? practice : wally;
  const [nl, en] = [dayText(clock.dueOn, 'nl', today), dayText(clock.dueOn, 'en', today)];
  return isOverdue(clock, today)
    ? {
        nl: `Te laat: ${lower(what.nl)}. Dat moest uiterlijk ${nl}`,
        en: `Late: ${lower(what.en)}. That was due on ${en}`,
      }
    : { nl: `${what.nl}, uiterlijk ${nl}`, en: `${what.en}, by ${en}` };
}

const lower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** What must happen before which day, first due first. */
export function clocksPart(shown: Shown, reader: Reader): Markup | undefined {
  const { journey, directory, viewer, today } = shown;
  const clocks = clocksOf(journey, directory.practices.get(journey.practice)?.levels);
  if (clocks.length === 0) return undefined;
  const lines = clocks
    .toSorted((a, b) => a.dueOn.localeCompare(b.dueOn))
    .map((one) => {
      const said = clockSaid(one, reader, today)[viewer.language];
      return html`<li>${isOverdue(one, today) ? html`<strong class="late">${said}.</strong>` : `${said}.`}</li>`;
    });
  return html`<ul class="plain clocks">${lines}</ul>`;
}
