import { appoint, attempt, attemptWays, contactMade, endAppointment } from '../../feedback/contact.ts';
import { giveUp } from '../../feedback/ending.ts';
import type { Said } from '../../fhir/outcome.ts';
import { extensions } from '../../fhir/systems.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { Journey } from '../../referral/journey.ts';
import { attemptDays, attemptDaysMin, attemptParts, type DayPart, dayParts } from '../../referral/task-output.ts';
import type { Fault } from '../form-controls.ts';
import { dayText, html, type Markup, sayIn } from '../html.ts';
import { localInstant } from '../worklist/report-fields.ts';
import { button, dayAndTime, type MoveForm, type MoveParts, moveForm, nothing, type Read, textBox } from './forms.ts';

type Way = (typeof attemptWays)[number];

const waySaid: Record<Way, Said> = {
  phone: { nl: 'Gebeld', en: 'Called' },
  'text-message': { nl: 'Bericht gestuurd', en: 'Sent a message' },
  letter: { nl: 'Brief gestuurd', en: 'Sent a letter' },
  visit: { nl: 'Langs geweest', en: 'Visited' },
  mail: { nl: 'Gemaild', en: 'Mailed' },
};

/** H2: where it is not safe at home, what someone else can hear or read is not even offered. */
function safeWays({ index, serviceRequest }: Journey): Way[] {
  const safe = serviceRequest.resource.extension?.find((one) => one.url === extensions.safeContact)?.extension;
  const noLetters = safe?.some((one) => one.url === 'noLetters' && one.valueBoolean === true) === true;
  return attemptWays.filter(
    (way) => way === 'phone' || way === 'visit' || (!index.unsafeContact && !(way === 'letter' && noLetters)),
  );
}

const timeFormat = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Amsterdam', timeStyle: 'short' });

const noMoment: Said = { nl: 'Vul een dag en een tijd in die bestaan.', en: 'Fill in a day and a time that exist.' };

/** The moment of two fields: noon when only a day is given, this day when only a time is; undefined when both are empty. */
function momentOf(on: string, at: string, now: Date): string | undefined | Fault['said'] {
  if (!on && !at) return undefined;
  const today = localDay(now);
  const instant = localInstant(on || today, at || '12:00');
  if (!instant) return noMoment;
  // Of today without a time all that is known is that it was before now.
  return !at && on === today && Date.parse(instant) > now.getTime() ? now.toISOString() : instant;
}

const dayPartSaid: Record<DayPart, Said> = {
  morning: { nl: 'ochtend', en: 'morning' },
  afternoon: { nl: 'middag', en: 'afternoon' },
  evening: { nl: 'avond', en: 'evening' },
};

/** How far the no-contact protocol is (H14), in words. */
function attemptsText(parts: Pick<MoveParts, 'journey' | 'viewer' | 'today'>): string | undefined {
  const days = [...attemptDays(parts.journey.task.resource)];
  if (days.length === 0) return undefined;
  const { language } = parts.viewer;
  const t = sayIn(language);
  const said = days.map((day) => dayText(day, language, parts.today)).join(', ');
  const count = Math.min(days.length, attemptDaysMin);
  const tried = t(
    `Geprobeerd op ${count} van de ${attemptDaysMin} dagen: ${said}.`,
    `Tried on ${count} of the ${attemptDaysMin} days: ${said}.`,
  );
  const times = attemptParts(parts.journey.task.resource);
  const others = dayParts.filter((part) => !times.has(part)).map((part) => dayPartSaid[part][language]);
  if (times.size > 1) return tried;
  const elsewhere = others.join(t(' of ', ' or '));
  return `${tried} ${t(`Probeer het ook eens in de ${elsewhere}.`, `Try it in the ${elsewhere} too.`)}`;
}

const attemptForm = moveForm({
  key: 'attempt',
  move: 'attempt',
  title: { nl: 'Geprobeerd, niet bereikt', en: 'Tried, not reached' },
  done: { nl: 'De poging is genoteerd.', en: 'The attempt was noted.' },
  shown: true,
  names: ['way', 'attemptOn', 'attemptAt'],
  body: (parts) => {
    const t = sayIn(parts.viewer.language);
    const text = attemptsText(parts);
    const typed = parts.fields.attemptOn || parts.fields.attemptAt || parts.faults.length > 0;
    return html`
      ${text && html`<p>${text}</p>`}
      <p class="buttons">${safeWays(parts.journey).map(
        (way) => html`<button name="way" value="${way}" class="quiet">${waySaid[way][parts.viewer.language]}</button> `,
      )}</p>
      <details${typed && html` open`}>
        <summary>${t('Was het eerder?', 'Was it earlier?')}</summary>
        ${dayAndTime(
          parts,
          { name: 'attemptOn', label: t('Dag van de poging', 'Day of the attempt') },
          { name: 'attemptAt', label: t('Tijd van de poging', 'Time of the attempt') },
          { max: parts.today },
        )}
      </details>`;
  },
  read: (fields, { now }): Read<{ way: Way; at?: string }> => {
    const way = attemptWays.find((one) => one === fields.way);
    const at = momentOf(fields.attemptOn ?? '', fields.attemptAt ?? '', now);
    if (typeof at === 'object') return { faults: [{ field: 'attemptOn', said: at }] };
    if (!way)
      return {
        faults: [{ field: 'attemptOn', said: { nl: 'Kies hoe u het probeerde.', en: 'Choose how you tried.' } }],
      };
    return { input: { way, ...(at && { at }) } };
  },
  act: attempt,
});

const contactForm = moveForm({
  key: 'contact',
  move: 'contact',
  title: { nl: 'Contact gehad', en: 'Contact made' },
  done: { nl: 'Het contact is genoteerd.', en: 'The contact was noted.' },
  names: ['contactOn', 'contactAt'],
  body: (parts) => {
    const t = sayIn(parts.viewer.language);
    const fields = { contactOn: parts.today, contactAt: timeFormat.format(parts.now), ...parts.fields };
    return html`
      ${dayAndTime(
        { ...parts, fields },
        { name: 'contactOn', label: t('Dag van het contact', 'Day of the contact') },
        { name: 'contactAt', label: t('Tijd van het contact', 'Time of the contact') },
        { max: parts.today },
      )}
      ${button(t('Noteer het contact', 'Note the contact'))}`;
  },
  read: (fields, { now }): Read<string> => {
    const at = momentOf(fields.contactOn ?? '', fields.contactAt ?? '', now) ?? noMoment;
    return typeof at === 'string' ? { input: at } : { faults: [{ field: 'contactOn', said: at }] };
  },
  act: contactMade,
});

const planned = ({ appointments }: Journey) =>
  appointments.find((one) => one.resource.status === 'booked')?.resource.start;

const appointForm = moveForm({
  key: 'appoint',
  move: 'appoint',
  title: { nl: 'Afspraak maken of verzetten', en: 'Make or move an appointment' },
  done: { nl: 'De afspraak staat.', en: 'The appointment was made.' },
  names: ['appointOn', 'appointAt', 'appointPlace'],
  texts: ['appointPlace'],
  body: (parts) => {
    const t = sayIn(parts.viewer.language);
    return html`
      ${
        planned(parts.journey) &&
        html`<p>${t('De afspraak die er al staat, vervalt.', 'The appointment that is there already is cancelled.')}</p>`
      }
      ${dayAndTime(
        parts,
        { name: 'appointOn', label: t('Dag van de afspraak', 'Day of the appointment') },
        { name: 'appointAt', label: t('Tijd van de afspraak', 'Time of the appointment') },
        { min: parts.today },
      )}
      ${textBox(parts, { name: 'appointPlace', label: t('Plaats (mag leeg)', 'Place (may be empty)'), max: 200 })}
      ${button(t('Leg de afspraak vast', 'Make the appointment'))}`;
  },
  read: (fields): Read<{ at: string; place?: string }> => {
    const { appointOn = '', appointAt = '', appointPlace = '' } = fields;
    const at = appointOn && appointAt ? localInstant(appointOn, appointAt) : undefined;
    if (!at) return { faults: [{ field: 'appointOn', said: noMoment }] };
    if (appointPlace.length > 200)
      return {
        faults: [{ field: 'appointPlace', said: { nl: 'Maak de plaats korter.', en: 'Make the place shorter.' } }],
      };
    return { input: { at, ...(appointPlace && { place: appointPlace }) } };
  },
  act: appoint,
});

const cancelForm = moveForm({
  key: 'cancel-appointment',
  move: 'cancel-appointment',
  title: { nl: 'Afspraak afzeggen', en: 'Cancel the appointment' },
  done: { nl: 'De afspraak is afgezegd.', en: 'The appointment was cancelled.' },
  names: [],
  body: ({ viewer }) => button(sayIn(viewer.language)('Zeg de afspraak af', 'Cancel the appointment'), 'quiet'),
  read: nothing,
  act: (journey, _, acting, deviating) => endAppointment(journey, 'cancel-appointment', acting, deviating),
});

const noShowForm = moveForm({
  key: 'no-show',
  move: 'no-show',
  title: { nl: 'Niet op de afspraak gekomen', en: 'Did not come to the appointment' },
  done: { nl: 'Genoteerd: de inwoner kwam niet.', en: 'Noted: the resident did not come.' },
  names: [],
  body: ({ viewer }) => button(sayIn(viewer.language)('De inwoner kwam niet', 'The resident did not come'), 'quiet'),
  read: nothing,
  when: ({ journey, now }) => Date.parse(planned(journey) ?? '') <= now.getTime(),
  act: (journey, _, acting, deviating) => endAppointment(journey, 'no-show', acting, deviating),
});

const giveUpForm = moveForm({
  key: 'give-up',
  move: 'give-up',
  title: { nl: 'Afsluiten: niet bereikt', en: 'Close: not reached' },
  done: {
    nl: 'De verwijzing is afgesloten als niet bereikt. De praktijk krijgt bericht, met de dagen waarop u het probeerde.',
    en: 'The referral was closed as not reached. The practice is told, with the days on which you tried.',
  },
  sure: {
    nl: 'De verwijzing gaat dicht, en de praktijk krijgt bericht dat u de inwoner niet hebt bereikt.',
    en: 'The referral is closed, and the practice is told that you did not reach the resident.',
  },
  names: [],
  body: (parts): Markup => {
    const t = sayIn(parts.viewer.language);
    const text = attemptsText(parts);
    return html`${text && html`<p>${text}</p>`}${button(t('Sluit af met "niet bereikt"', 'Close with "not reached"'), 'danger')}`;
  },
  read: nothing,
  act: (journey, _, acting, deviating) => giveUp(journey, acting, deviating),
});

/** Reaching the resident and meeting them, in the order in which it goes. */
export const contactForms: readonly MoveForm[] = [
  attemptForm,
  contactForm,
  appointForm,
  cancelForm,
  noShowForm,
  giveUpForm,
];
