import type { Communication } from '@medplum/fhirtypes';
import type { Said } from '../../fhir/outcome.ts';
import { localDay } from '../../referral/deadlines.ts';
import { channelAt, type Proof } from '../../referral/directory/channels.ts';
import type { Carriage } from '../../store/lists/lists.ts';
import type { readEvents } from '../../store/queue/deliveries.ts';
import { eventSaid } from '../event-words.ts';
import { dayText, html, type Markup, momentText, sayIn, timeText } from '../html.ts';
import type { Viewer } from '../page.ts';
import { type Fate, fateOf, fates, travelled } from '../words.ts';
import type { Shown } from './referral-view.ts';

export type Event = Awaited<ReturnType<typeof readEvents>>[number];

const lastStep: Record<Proof, (typeof travelled)[number]> = {
  transport: 'received',
  application: 'delivered',
  record: 'filed',
};

/** The state of a message in one word, for lists. */
export function fateWord(carriage: Pick<Carriage, 'state' | 'proof' | 'attempts' | 'reason'>, viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  const fate = fateOf(carriage);
  return html`<span class="fate ${fate}">${t(fates[fate].said.nl, fates[fate].said.en)}</span>`;
}

/** The way of one message as steps, as far as this practice's channel can prove them (H4), and what the present one means. */
function fateSteps(carriage: Carriage, best: Proof, viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  const fate = fateOf(carriage);
  const steps: readonly Fate[] = travelled.slice(0, travelled.indexOf(lastStep[best]) + 1);
  // Held or stopped: what was proven before that still shows.
  const reached = steps.indexOf(fateOf({ ...carriage, state: 'pending' }));
  const at = carriage.landedAt ?? (fate === 'sent' ? carriage.firstSentAt : null);
  const { said, means } = fates[fate];
  const when = at ? ` (${momentText(at, viewer.language)})` : '';
  return html`
    <ol class="steps">
      ${steps.map((step, nth) => {
        const word = t(fates[step].said.nl, fates[step].said.en);
        if (nth < reached) return html`<li class="past">${word}</li>`;
        if (nth === reached) return html`<li class="now" aria-current="step">${word}</li>`;
        return html`<li class="todo">${word}<span class="vh"> (${t('nog niet', 'not yet')})</span></li>`;
      })}
    </ol>
    <p class="fate-line"><strong class="fate ${fate}">${t(said.nl, said.en)}</strong>${when}. ${t(means.nl, means.en)}</p>`;
}

/** What a message is called, by the code of its category. */
export const messageSaid: Record<string, Said> = {
  'feedback-final': { nl: 'Laatste bericht', en: 'Final message' },
  'feedback-interim': { nl: 'Tussenbericht', en: 'Interim message' },
  question: { nl: 'Vraag aan de praktijk', en: 'Question to the practice' },
  answer: { nl: 'Antwoord van de praktijk', en: 'Answer of the practice' },
  'practice-message': { nl: 'Bericht van de praktijk', en: 'Message of the practice' },
  'system-notice': { nl: 'Bericht van Kortelijn', en: 'Message of Kortelijn' },
  recall: { nl: 'Teruggeroepen', en: 'Recalled' },
};

/** One message, where it is now, and whether an earlier way to the practice was given up for another one. */
function feedbackItem(shown: Shown, communication: Communication, carriages: readonly Carriage[]): Markup {
  const { viewer } = shown;
  const t = sayIn(viewer.language);
  const category = communication.category?.[0]?.coding?.[0]?.code ?? '';
  const title = messageSaid[category] ?? messageSaid['feedback-interim'];
  // Our letters hold the whole text second; what the practice says stands alone.
  const letter = (communication.payload?.[1] ?? communication.payload?.[0])?.contentString ?? '';
  const carriage = carriages.at(-1);
  const practice = shown.directory.practices.get(shown.journey.practice);
  const best = (practice && carriage && channelAt(practice, carriage.destination)?.bestProof) ?? 'transport';
  return html`
    <li>
      <h3>
        ${title?.[viewer.language]}${
          communication.sent &&
          html`<span class="when">${momentText(new Date(communication.sent), viewer.language)}</span>`
        }
      </h3>
      ${carriage && fateSteps(carriage, best, viewer)}
      ${
        carriages.length > 1 &&
        html`<p>${t(
          'Eerst lukte het versturen niet. Daarom gaat het bericht nu langs een andere weg naar de praktijk.',
          'At first sending did not work. So the message now goes to the practice by another way.',
        )}</p>`
      }
      <details>
        <summary>${t('Lees het bericht', 'Read the message')}</summary>
        <div class="letter" lang="nl">${letter}</div>
      </details>
    </li>`;
}

/** Every feedback of the journey, newest first, each with where it is now. */
export function feedbackPart(shown: Shown, carriages: readonly Carriage[]): Markup | undefined {
  const t = sayIn(shown.viewer.language);
  const sent = shown.journey.communications.map((one) => one.resource).reverse();
  if (sent.length === 0) return undefined;
  return html`
    <section aria-labelledby="feedback">
      <h2 id="feedback">${t('Terugkoppeling', 'Feedback')}</h2>
      <ul class="feedback">
        ${sent.map((one) =>
          feedbackItem(
            shown,
            one,
            carriages.filter((carriage) => carriage.documentId === one.id),
          ),
        )}
      </ul>
    </section>`;
}

/** What happened to the referral, without content: for everyone who may see it. */
export function eventsPart(shown: Shown, events: readonly Event[]): Markup {
  const t = sayIn(shown.viewer.language);
  return html`
    <section aria-labelledby="history">
      <h2 id="history">${t('Geschiedenis', 'History')}</h2>
      <ol class="events">
        ${events.map((event, nth) => {
          const day = localDay(event.at);
          const before = events[nth - 1];
          const isNewDay = !before || localDay(before.at) !== day;
          const said = eventSaid(event, shown.directory.roles.get(event.owner ?? '')?.name ?? event.owner ?? '');
          return html`
            <li>
              ${
                isNewDay && html`<strong class="day">${dayText(day, shown.viewer.language, shown.today)}</strong>`
              }<time datetime="${event.at.toISOString()}">${timeText(event.at, shown.viewer.language)}</time>
              ${t(said.nl, said.en)}
            </li>`;
        })}
      </ol>
    </section>`;
}
