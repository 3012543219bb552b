import { type LifeArea, lifeAreas } from '../referral/life-area.ts';
import { type FeedbackAnswer, outcomes } from './answer.ts';

/** Who writes, about which referral; dates are local days. */
export interface LetterHead {
  readonly number: string;
  readonly practiceReferralId: string;
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

/** The letter in B1 Dutch: answer first, then what was done and agreed, by whom, and what the GP needs to do. */
export function letterText(answer: FeedbackAnswer, head: LetterHead): string {
  const lines = [
    firstLine(answer, head.closureOnly),
    '',
    `Terugkoppeling van uw verwijzing ${head.practiceReferralId} (Kortelijn ${head.number}).`,
    answer.final
      ? 'Dit is het laatste bericht: de Wally heeft de verwijzing afgesloten.'
      : 'De Wally gaat verder; u krijgt nog een bericht bij het afsluiten.',
  ];
  if (!head.closureOnly) {
    lines.push('', contactLine(answer));
    if (answer.plan) lines.push('', 'Afgesproken met de inwoner:', answer.plan);
    if (answer.appointment) {
      const at = new Date(answer.appointment.at);
      const said = new Intl.DateTimeFormat('nl-NL', {
        dateStyle: 'full',
        timeStyle: 'short',
        timeZone: 'Europe/Amsterdam',
      }).format(at);
      lines.push('', `Volgende afspraak: ${said}${answer.appointment.place ? `, ${answer.appointment.place}` : ''}.`);
    }
    if (answer.outcomes.length > 0) {
      lines.push(
        '',
        'Uitkomst:',
        ...answer.outcomes.map((one) => `- ${lifeAreas[one.lifeArea as LifeArea].nl}: ${outcomes[one.outcome].nl}`),
      );
    }
  }
  lines.push(
    '',
    'Wat u hoeft te doen: niets.',
    '',
    `${head.sender}, sociaal werker (Wally), ${head.team}`,
    dutchDate(head.writtenOn),
  );
  if (head.phone) lines.push(`Telefoon: ${head.phone}`);
  return lines.join('\n');
}
